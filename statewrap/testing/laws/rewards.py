"""The law that every reward counts.

As for what is shown, it asks what depends on what: a reward that came is exchanged, the wrapper
hears the rest as it was, and the rewards that it shows are compared. So they may be clipped,
scaled, shaped or saved up; only a reward that cannot matter is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from statewrap.core.messages import Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.testing.laws.law import Broken, Setting, law
from statewrap.testing.laws.replay import Part, Retold, parts, retell
from statewrap.testing.laws.variations import unlike


@law(
    cure="Add the reward of every time step that is not shown to the next that is; at an early end "
    "too (`if timestep.last: return ..., timestep.replace(reward=memory.reward + "
    "timestep.reward)`). If some are to be dropped on purpose, leave this law out."
)
def no_reward_is_lost(setting: Setting) -> None:
    """Each reward that comes in an episode which runs to its end changes some reward shown in it.

    Each is exchanged for several others. An episode in which no reward matters at all is left
    out, and so are rewards that do not count for what else the time step brings (a mask in the
    info, say), and what comes while no episode is open above. Where a wrapper `delays`, the last
    ones of an episode may be on their way still.
    """
    with np.errstate(all="ignore"):  # what is made up may be too much for its arithmetic
        for part in parts(setting):
            _hold_rewards(part)


class _Span(NamedTuple):
    """An episode above a wrapper that ran to its end."""

    rewarded: tuple[int, ...]
    """The messages that brought a reward while it was open."""
    end: int
    """The message in answer to which its last time step was shown."""


def _hold_rewards(part: Part) -> None:
    for span in _spans(part):
        counted = [_counts(part, index, span.end) for index in span.rewarded]
        for place, index in enumerate(span.rewarded):
            later = counted[place:] if part.wrapper.delays else counted
            lost = counted[place] is False and True in later
            if lost and not _counts_elsewhere(part, index, span.end):
                raise _lost(part, index, span)


def _spans(part: Part) -> Iterator[_Span]:
    """Find the episodes that a wrapper showed from a `first` to a last time step."""
    rewarded: list[int] | None = None
    for index, heard in enumerate(part.heard):
        if type(heard.message) is Reset or (heard.opens and not part.asked_for(index)):
            rewarded = None
        elif type(heard.message) is TimeStep and not heard.opens and rewarded is not None:
            rewarded.append(index)
        if type(heard.reply) is not TimeStep:
            continue
        if heard.reply.first:
            rewarded = []
        if heard.reply.last and rewarded is not None:
            yield _Span(tuple(rewarded), index)
            rewarded = None


def _counts(part: Part, index: int, end: int, timestep: Any = None) -> bool | None:
    """Tell whether a reward matters for those shown up to `end`; None if that cannot be tried.

    It is that of the message at `index`, or of another time step in its place.
    """
    timestep = part.heard[index].message if timestep is None else timestep
    expected = list(_told(part, index, end, timestep))
    outcome = None
    for reward in unlike(timestep.reward, _other_rewards(timestep.reward)):
        changed = _changed(expected, _told(part, index, end, timestep.replace(reward=reward)))
        if changed:
            return True
        outcome = changed if outcome is None else outcome
    return outcome


def _other_rewards(reward: Any) -> tuple[Any, ...]:
    return reward + 1, reward - 1000, 1000 - reward, 0 * reward


def _told(part: Part, index: int, end: int, timestep: TimeStep) -> Iterator[Retold]:
    """Tell a wrapper what it heard from `index` to `end`, with another time step at first."""
    retold = retell(part, index, part.heard[index].before, {index: timestep})
    return islice(retold, end - index + 1)


def _changed(expected: list[Retold], found: Iterator[Retold]) -> bool | None:
    """Tell whether some reward shown is another; None if that cannot be seen.

    That is where the wrapper did not go on to the end, or where a reward shown is infinite or NaN
    (as over an infinite observation), so that whatever was added to it is drowned.
    """
    compared, unseen = 0, False
    for was, now in zip(expected, found, strict=False):
        compared += 1
        if type(was.reply) is TimeStep:
            if not same(was.reply.reward, now.reply.reward):  # type: ignore[union-attr]
                return True
            unseen = unseen or _drowns(was.reply.reward)
        if same(was.after, now.after):
            return None if unseen else False
    return False if 0 < compared == len(expected) and not unseen else None


def _drowns(reward: Any) -> bool:
    """Tell whether a reward is one to which nothing can be added, such as an infinite one."""
    try:
        return not np.isfinite(np.asarray(reward, np.float64)).all()
    except (TypeError, ValueError):  # no number at all: other laws say so
        return False


def _counts_elsewhere(part: Part, index: int, end: int) -> bool:
    """Tell whether the reward would count if its time step brought what others bring."""
    was: Any = part.heard[index].message
    for heard in part.heard:
        if type(heard.message) is not TimeStep or heard.message is was:
            continue
        other = was.replace(observation=heard.message.observation, info=heard.message.info)
        if _counts(part, index, end, other):
            return True
    return False


def _lost(part: Part, index: int, span: _Span) -> Broken:
    heard, end = part.heard[index], part.heard[span.end]
    timestep: Any = heard.message
    shown = "is shown" if type(heard.reply) is TimeStep else "is not shown"
    kind = "the last time step of an episode" if timestep.last else f"a time step that {shown}"
    return Broken(
        f"The reward of turn {heard.turn}, {brief(timestep.reward)}, which comes with {kind}, is "
        f"lost: whatever it is, each reward that {brief(part.wrapper)} shows from there to the "
        f"episode's end, at turn {end.turn}, stays the same.",
        turn=heard.turn,
        before=heard.before,
        after=heard.after,
    )
