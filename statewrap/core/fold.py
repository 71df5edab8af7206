"""The protocols of who is told: a pure fold over the facts of each committed call, and sinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from statewrap.core.events import Fact
from statewrap.core.wrapper import Stack


class Report(NamedTuple):
    """Something worth telling the sinks: a name and its values."""

    name: str
    values: Mapping[str, Any]


Span = tuple[float, float]
"""When a call began, and how far it has come, in the seconds of a stopwatch."""


class Stamped(list[Fact]):
    """A list of facts that notes when each of them came.

    >>> from statewrap import TimeStep
    >>> ticks = iter([0.5, 0.75])
    >>> facts = Stamped(lambda: next(ticks))
    >>> facts.append((0, TimeStep("f0", first=True)))
    >>> facts.stamps
    [0.5]
    """

    __slots__ = ("_now", "stamps")

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self.stamps: list[float] = []
        """When each fact came, in the seconds of `now`; as long as the list."""

    def append(self, fact: Fact) -> None:
        """Take a fact, and note the time."""
        super().append(fact)
        self.stamps.append(self._now())


class Fold(Protocol):
    """Statistics: a state that is plain data, and one pure function over it."""

    @property
    def memory_types(self) -> tuple[type, ...]:
        """The classes that the state is made of, for snapshots."""

    @property
    def form(self) -> Any:
        """What the state depends on, as plain JSON: a snapshot of another form is refused."""

    @property
    def stamps(self) -> bool:
        """Whether it is to be known when each fact came: the facts are a `Stamped` list then."""

    def initial(self) -> Any:
        """Return the state of a session that has seen nothing."""

    def observe(
        self, state: Any, facts: Sequence[Fact], top: int, span: Span | None = None
    ) -> tuple[Any, tuple[Report, ...]]:
        """Take in the facts of one call.

        Args:
            state: what was counted before; it is not changed.
            facts: in their order; a `Stamped` list where `stamps` asks for one.
            top: the gap below the policy.
            span: the time of the call so far, where there is a stopwatch.
        """


class Sink(Protocol):
    """Where reports go. A sink may raise: the deployment goes on, and says so.

    A report named `step` is made after each call, and only if a sink has a method
    `wants(name) -> bool` that says yes to "step".
    """

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
