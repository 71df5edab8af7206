"""Saying what a wrapper raised of which no step came to its end, and what may be the matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below
from statewrap.gym.bridge.errors import UntriedError


def untried(
    error: UntriedError,
    failures: Mapping[tuple[str, str], Exception],
    below: Below,
    info: Mapping[str, Any],
    *,
    opens: bool,
) -> UntriedError:
    """Return the error to raise where nothing more can be tried.

    Args:
        error: of the last trial.
        failures: of all trials, by the class of the exception and where it came from.
        below: what was said to lie below.
        info: what infos held.
        opens: whether it raised before it called its environment to open an episode: it may want
            options, which its host may give.
    """
    told = "; ".join(_told(kind, place, one) for (kind, place), one in failures.items())
    once = len(failures) == 1
    told += " It does so each time." * once + " Its reset was called without options." * opens
    known = f"no more than {brief(dict(info))}" if info else "nothing"
    return UntriedError(
        f"{error}: {told} So nobody has seen what it does. Is it true that observations below it "
        f"lie in {brief(below.observation_space)} and actions in {brief(below.action_space)}? Does "
        f"it read a key of info? Those that were made up held {known}; say what they are like: "
        "describe=Description(info={...}). If all of that is right, and it only dislikes what is "
        "made up, mode='greenlet' runs it untried.",
        error.wanted,
        always=once and not opens,
    )


def _told(kind: str, place: str, failure: Exception) -> str:
    """Say what was raised, and where."""
    where = f" ({place})" if place else ""
    return f"{kind}: {sentence(failure).removesuffix('.')}{where}."
