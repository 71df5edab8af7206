"""Choosing between running calls again and suspending them, and saying why."""

from __future__ import annotations

import importlib
from typing import Any, Final

import attrs

from statewrap.core.draws import NumpyDraws
from statewrap.core.errors import MissingExtraError
from statewrap.core.wrapper import Below
from statewrap.gym.bridge.choice import Choice, tried
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.engine import Engine
from statewrap.gym.bridge.errors import (
    AfterEndError,
    EnvironmentMissingError,
    InNoModeError,
    NotBridgeableError,
    UntriedError,
)
from statewrap.gym.bridge.seen import Path, Seen
from statewrap.gym.bridge.stub import Factory
from statewrap.gym.bridge.workshop import Workshop

SUSPENDED: Final = Path("suspended", "a call waits in the middle until its environment answers")
_ASKED_FOR: Final = "asked for"


@attrs.frozen
class Waiting:
    """What comes of suspending calls: nothing is tried, for what a trial does cannot be undone."""

    seen: Seen
    factory: Factory
    below: Below
    describe: Description

    def engine(self, workshop: Workshop, draws: NumpyDraws | None) -> Engine:
        """Make what runs it."""
        made: Engine = _greenlets().Greenlets(self.factory, self.below, self.describe, draws)
        return made


def chosen(
    mode: str, workshop: Workshop, factory: Factory, below: Below, describe: Description
) -> Choice | Waiting:
    """Try a wrapper out, or decide that its calls are suspended.

    Args:
        mode: "replay", "greenlet", or "auto": replay if it is accepted, else greenlets; but not
            for a wrapper that has raised the same in all that was tried.
        workshop: makes the wrapper so that its state can be put back.
        factory: makes the wrapper.
        below: what is known of what lies below.
        describe: what else is known of the environment.

    Raises:
        NotBridgeableError: if it can be run in no mode that is allowed.
        MissingExtraError: if greenlets are asked for and not installed.
    """
    if mode == "greenlet":
        return _waiting(_ASKED_FOR, factory, below, describe)
    try:
        return tried(workshop, below, describe.info)
    except (EnvironmentMissingError, InNoModeError):
        raise
    except NotBridgeableError as refusal:
        if _would_fail(refusal):
            raise
        if mode == "replay":
            raise _with_cure(refusal) from refusal.__cause__
        found = _instead(refusal, factory, below, describe)
        return attrs.evolve(found, seen=_rendering(found.seen, workshop))


def _would_fail(refusal: NotBridgeableError) -> bool:
    """Tell whether a wrapper would fail as well if its calls were suspended."""
    after_end = isinstance(refusal.__cause__, AfterEndError)
    return after_end or (isinstance(refusal, UntriedError) and refusal.always)


def _with_cure(refusal: NotBridgeableError) -> NotBridgeableError:
    """Say that another mode takes what replay refuses; an `UntriedError` says so itself."""
    if isinstance(refusal, UntriedError):
        return refusal
    return NotBridgeableError(
        f"{refusal} In mode='greenlet' or 'auto' its calls are suspended instead (the extra "
        "greenlet)."
    )


def _rendering(seen: Seen, workshop: Workshop) -> Seen:
    """Say that a wrapper renders, if it did so before it was refused."""
    found = {name: who for name, who in workshop.asked.found.items() if name == "render"}
    return attrs.evolve(seen, asked={**seen.asked, **found})


def _instead(
    refusal: NotBridgeableError, factory: Factory, below: Below, describe: Description
) -> Waiting:
    try:
        return _waiting(f"it cannot be run again: {refusal}", factory, below, describe)
    except MissingExtraError as missing:
        raise NotBridgeableError(
            f"{refusal} Its calls could be suspended instead, in mode='greenlet': {missing}."
        ) from refusal


def _waiting(why: str, factory: Factory, below: Below, describe: Description) -> Waiting:
    _greenlets()
    asked: dict[str, Any] = {} if below.frame_space is None else {"render": "it may render"}
    seen = Seen(mode="greenlet", why_mode=why, path=SUSPENDED, asked=asked)
    return Waiting(seen, factory, below, describe)


def _greenlets() -> Any:
    """Import what suspends calls.

    Raises:
        MissingExtraError: if greenlet is not installed.
    """
    return importlib.import_module("statewrap.gym.bridge.greenlets")
