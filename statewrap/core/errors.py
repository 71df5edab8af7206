"""Every error that statewrap raises on purpose.

A message says what happened, where, what was expected, and the cure. All of them are
`StatewrapError`, and whatever raised one left the deployment as it was.
"""

from __future__ import annotations

from typing import Any

from statewrap.core.words import brief, sentence


class StatewrapError(Exception):
    """Base of all errors of this library."""


class ProtocolError(StatewrapError):
    """A call or a message came at a moment when it is not legal."""


class SettleError(ProtocolError):
    """A stack, or a stack and its policy, answered each other without end."""


class BusyError(ProtocolError):
    """A deployment was called while another call of it was still running."""


class InputError(StatewrapError, ValueError):
    """What the host passed (observation, reward, info, step, action) cannot be used."""


class SpaceError(InputError):
    """A value lies outside the space that was announced for it."""


class BindError(StatewrapError, ValueError):
    """A wrapper needs something of what lies below it that is unknown or does not fit."""


class SnapshotError(StatewrapError, ValueError):
    """A snapshot is damaged, unknown, of another stack, or cannot be written."""


class ConfigurationError(StatewrapError, ValueError):
    """A configuration names something that does not exist or does not fit."""


class MissingExtraError(StatewrapError, ImportError):
    """An optional part needs a package that is not installed."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        """Name the feature, the package it lacks and the extra that brings it."""
        super().__init__(
            f"{feature} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'statewrap[{extra}]'"
        )


_AGAIN = " Nothing was changed: the same call can be made again."
_GONE_ON = (
    " A wrapper whose calls are suspended has gone on and cannot go back, so the same call cannot "
    "be made again: make a new deployment."
)


class PlacedError(StatewrapError):
    """What someone else's code raised inside a step; a deployment adds where that was."""

    who: str
    call: str
    cause: BaseException
    episode: int | None = None
    step: int | None = None
    again: bool = True

    def at(self, *, episode: int, step: int, again: bool = True) -> None:
        """Add the episode and the call (both counted from 0) in which it happened.

        Args:
            episode: how many episodes had ended or been given up.
            step: how many calls there were before.
            again: whether the same call can be made again.
        """
        self.episode, self.step, self.again = episode, step, again

    def __str__(self) -> str:
        where = "" if self.step is None else f" (episode {self.episode}, step {self.step})"
        cure = (
            ""
            if self.step is None
            else getattr(self.cause, "statewrap_cure", _AGAIN if self.again else _GONE_ON)
        )
        what = f"{type(self.cause).__name__} in {self.call}{where}: {sentence(self.cause)}"
        return f"{self.who} raised {what}{cure}"


class WrapperError(PlacedError):
    """A wrapper raised, or returned no message. The original is `__cause__`.

    `wrapper`, `index` (0 is nearest to the environment) and `call` say which one and where.
    """

    def __init__(self, wrapper: Any, index: int, call: str, cause: BaseException) -> None:
        """Say which wrapper raised `cause`, and in which of its methods."""
        super().__init__(wrapper, index, call, cause)
        self.wrapper, self.index, self.call, self.cause = wrapper, index, call, cause
        self.who = f"Wrapper {index}, {brief(wrapper)},"


class PolicyError(PlacedError):
    """A policy or a fallback raised, or gave an action that cannot be used; see `__cause__`."""

    def __init__(self, policy: Any, call: str, cause: BaseException) -> None:
        """Say which policy raised `cause`, and in which of its methods."""
        super().__init__(policy, call, cause)
        self.policy, self.call, self.cause = policy, call, cause
        self.who = f"The policy {brief(policy)}"
