"""The protocols of who is told: a pure fold over the facts of each committed call, and sinks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from statewrap.core.events import Fact
from statewrap.core.wrapper import Stack


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


class FactSink(Protocol):
    """A sink that watches: it takes every hop and event of each committed call.

    It may raise, as any sink; `statewrap.sinks.Watcher` is one to begin with.
    """

    def bind(self, stack: Stack) -> None:
        """Learn what is known at each gap of the bound stack (`stack.gaps`), before any fact.

        What it raises is raised where the sink was given.
        """

    def wants_frame(self, *, first: bool) -> bool:
        """Tell whether a picture is wanted on the raw time step that comes next."""

    def observe(self, facts: Sequence[Fact], top: int) -> None:
        """Take the facts of one call; `top` is the gap below the policy."""


AnySink = Sink | FactSink
"""Who is told: of reports, of facts, or of both."""
