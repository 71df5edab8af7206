"""Ends that come in the middle of something: what came last has to matter there too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from statewrap.core.messages import TimeStep
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.testing.laws.law import Broken
from statewrap.testing.laws.replay import Heard, Part, answer
from statewrap.testing.laws.variations import others, unlike


def hold_ends_that_cut_short(part: Part, random: np.random.Generator) -> None:
    """Find an end that is shown blank, where the wrapper would have gone on by itself.

    A wrapper may show what it likes at an end, zeros too. But if it shows observations elsewhere,
    and here one that depends on nothing, only because the end came before it was done, then it
    has forgotten this case.

    Raises:
        Broken: if there is one.
    """
    if not any(_matters(part, heard, random) for heard in part.heard if _goes_on(heard)):
        return
    for heard in part.heard:
        if _is_cut_short(part, heard) and not _matters(part, heard, random):
            reply: Any = heard.reply
            raise Broken(
                f"At turn {heard.turn} the episode ends before {brief(part.wrapper)} was done, and "
                f"it shows the observation {brief(reply.observation)}, whatever the environment "
                "showed last.",
                turn=heard.turn,
                before=heard.before,
                after=heard.after,
            )


def _goes_on(heard: Heard) -> bool:
    """Tell whether something is shown in the middle of an episode."""
    return _shows(heard) and not heard.message.first and not heard.message.last  # type: ignore[union-attr]


def _shows(heard: Heard) -> bool:
    return type(heard.message) is TimeStep and type(heard.reply) is TimeStep


def _is_cut_short(part: Part, heard: Heard) -> bool:
    """Tell whether a last time step is shown which, were it not last, would not be."""
    if not _shows(heard) or not heard.message.last:  # type: ignore[union-attr]
        return False
    open_ended = heard.message.replace(terminated=False, truncated=False)  # type: ignore[union-attr]
    reply = _answer(part, heard, open_ended)
    return reply is not None and type(reply) is not TimeStep


def _matters(part: Part, heard: Heard, random: np.random.Generator) -> bool:
    """Tell whether with another observation another one is shown, or nothing can be said."""
    shown: Any = heard.reply
    replies = list(_with_others(part, heard, random))
    return not replies or any(not same(shown.observation, one.observation) for one in replies)


def _with_others(part: Part, heard: Heard, random: np.random.Generator) -> Iterator[TimeStep]:
    message: Any = heard.message
    was = message.observation
    for other in unlike(was, others(part.below.observation_space, was, random)):
        reply = _answer(part, heard, message.replace(observation=other))
        if type(reply) is TimeStep:
            yield reply


def _answer(part: Part, heard: Heard, message: TimeStep) -> Any:
    """Ask again with another message; None if the wrapper raises."""
    try:
        return answer(part.wrapper, heard.before, message, heard.key)[1]
    except Exception:  # noqa: BLE001 - what is made up may not please it
        return None
