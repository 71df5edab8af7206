"""What goes wrong with other people's wrappers: what cannot be bridged, and what gives way."""

from __future__ import annotations

import contextlib
from typing import Final

from statewrap.core.errors import BindError, StatewrapError


class NotBridgeableError(BindError):
    """A wrapper cannot be run over a stub; the message says which, where, and why."""


class EnvironmentMissingError(NotBridgeableError, AttributeError):
    """A wrapper asked its environment for something that only a real one has."""


class UntriedError(NotBridgeableError):
    """No step of a trial came to its end."""

    def __init__(self, message: str, wanted: str | None = None, *, always: bool = False) -> None:
        super().__init__(message)
        self.wanted = wanted
        """A key that the wrapper did not find, in info perhaps."""
        self.always = always
        """Whether all calls of the trial came to the same end, so that others would too."""


class InNoModeError(NotBridgeableError):
    """A wrapper cannot be run over a stub, whichever way its calls wait."""


class SharedError(InNoModeError):
    """All that a factory makes hold the same object, and change it."""


class DivergedError(StatewrapError):
    """A call, run again with the same answers, did something else than before."""


class AfterEndError(DivergedError):
    """A wrapper asked for an act where the episode is over."""


class CannotGoBackError(StatewrapError):
    """A session whose calls are suspended is not where a memory says that it is."""

    statewrap_cure = " Nothing was done."
    """How to go on is in the message itself: this call cannot be made again."""


_HAPPENED: Final = (
    " In greenlet mode what the wrapper did before it raised is not taken back, and its session is "
    "over: make a new deployment."
)


def cannot_be_made_again(error: BaseException) -> None:
    """Let whoever reports an error know that what failed has happened."""
    with contextlib.suppress(AttributeError):  # it takes no attributes
        error.statewrap_cure = _HAPPENED  # type: ignore[attr-defined]


class UnreadableError(Exception):
    """Something that a wrapper holds cannot be written; where it lies is added on the way up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = ""

    @classmethod
    def too_deep(cls) -> UnreadableError:
        """Return the error of objects that hold one another deeper than Python follows."""
        return cls(
            "what holds objects in one another, deeper than Python can follow (a linked list)"
        )

    def within(self, step: str) -> UnreadableError:
        """Add a step of the way to it."""
        self.path = step + self.path
        return self
