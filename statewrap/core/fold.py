"""The protocol of statistics: a pure fold over the facts of each committed call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from statewrap.core.events import Fact


class Report(NamedTuple):
    """Something worth telling the sinks: a name and its values."""

    name: str
    values: Mapping[str, Any]


class Fold(Protocol):
    """Statistics: a state that is plain data, and one pure function over it."""

    @property
    def memory_types(self) -> tuple[type, ...]:
        """The classes that the state is made of, for snapshots."""

    def initial(self) -> Any:
        """Return the state of a session that has seen nothing."""

    def observe(
        self, state: Any, facts: Sequence[Fact], top: int
    ) -> tuple[Any, tuple[Report, ...]]:
        """Take in the facts of one call; `top` is the gap below the policy."""


class Sink(Protocol):
    """Where reports go. A sink may raise: the deployment goes on, and says so."""

    def __call__(self, report: Report) -> None:
        """Take one report."""
