"""Answers on their way out to the host, which may change what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from statewrap.core.borders import freeze, thaw
from statewrap.core.messages import TimeStep
from statewrap.core.protocol import State
from statewrap.core.session import Answer, Command, Over, Session, Wanted


def settled(session: Session) -> bool:
    """Tell whether the decision that was wanted has been made."""
    return session.state in (State.ACTING, State.OVER)


def given(answer: Answer | None) -> Answer:
    """Copy an answer for the host, which may change what it gets."""
    assert answer is not None  # noqa: S101 - every act, observe, decide and reset leaves one
    ended = None if answer.ended is None else shown(answer.ended)
    if type(answer) is Command:
        return Command(thaw(answer.action), ended)
    return Wanted(shown(answer.timestep), ended) if type(answer) is Wanted else Over(ended)


def shown(timestep: TimeStep) -> TimeStep:
    """Copy a time step for the host."""
    info = {key: _or_itself(thaw, part) for key, part in timestep.info.items()}
    return timestep.replace(observation=thaw(timestep.observation), info=info)


def kept(info: Mapping[str, Any]) -> dict[str, Any]:
    """Copy what a session without a policy may keep until a decision comes."""
    return {key: _or_itself(freeze, part) for key, part in info.items()}


def _or_itself(copied: Callable[[Any], Any], part: Any) -> Any:
    """Copy a part of info, where it can be copied; a handle or a lock cannot."""
    try:
        return copied(part)
    except Exception:  # noqa: BLE001 - whatever its copying raises
        return part
