"""What goes wrong with other people's wrappers: what cannot be bridged, and what gives way."""

from __future__ import annotations

from statewrap.core.errors import BindError, StatewrapError


class NotBridgeableError(BindError):
    """A wrapper cannot be run over a stub; the message says which, where, and why."""


class EnvironmentMissingError(NotBridgeableError, AttributeError):
    """A wrapper asked its environment for something that only a real one has."""


class DivergedError(StatewrapError):
    """A call, run again with the same answers, did something else than before."""


class AfterEndError(DivergedError):
    """A wrapper asked for an act where the episode is over."""


class CannotGoBackError(StatewrapError):
    """A session whose calls are suspended is not where a memory says that it is."""


class UnreadableError(Exception):
    """Something that a wrapper holds cannot be written; where it lies is added on the way up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = ""

    def within(self, step: str) -> UnreadableError:
        """Add a step of the way to it."""
        self.path = step + self.path
        return self
