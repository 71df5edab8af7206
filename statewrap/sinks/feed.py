"""How an edge feeds its sinks: after each committed call, and whatever they raise.

A sink that has `observe` may say `takes_facts = False`: then it is shown no facts after all. One
that has `wants` may say `takes_steps = False`: then it is not asked whether it wants steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from statewrap.core.borders import sealed
from statewrap.core.events import Event, Fact
from statewrap.core.fold import AnySink, FactSink, Report
from statewrap.core.messages import Act, TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack
from statewrap.sinks.failures import Failures
from statewrap.sinks.watcher import Missed, give_back, session_of

_OF_A_WATCHER: Final = ("bind", "wants_frame")


def listed(sinks: Iterable[AnySink]) -> tuple[AnySink, ...]:
    """Return sinks as a tuple.

    Raises:
        TypeError: if one sink is given in place of a list, or something that is no sink, or what
            has `observe` and not all that goes with it.
    """
    if callable(sinks) or hasattr(sinks, "observe"):
        raise TypeError(f"sinks={sinks!r} was given, expected a list of sinks: sinks=[...].")
    every = tuple(sinks)
    for sink in every:
        lacks = [name for name in _OF_A_WATCHER if not callable(getattr(sink, name, None))]
        if hasattr(sink, "observe") and lacks:
            raise TypeError(
                f"sinks holds {brief(sink)}, which has `observe`, but no `{lacks[0]}`: subclass "
                "statewrap.sinks.Watcher, which has it."
            )
        if not callable(sink) and not hasattr(sink, "observe"):
            raise TypeError(
                f"sinks holds {brief(sink)}, which is no sink: expected a function of a Report, or "
                "an instance of a statewrap.sinks.Watcher."
            )
    return every


def watchers(sinks: Iterable[AnySink], stack: Stack) -> tuple[FactSink, ...]:
    """Bind those of some sinks that take facts to a bound stack, and return them.

    Where one refuses that, none is bound.
    """
    found: list[Any] = [sink for sink in sinks if hasattr(sink, "observe")]
    before = [session_of(watcher) for watcher in found]
    try:
        for watcher in found:
            watcher.bind(stack)
    except BaseException:
        for watcher, session in zip(found, before, strict=True):
            give_back(watcher, session)
        raise
    return tuple(watcher for watcher in found if getattr(watcher, "takes_facts", True))


def wants_frame(watching: Iterable[FactSink], failures: Failures, *, first: bool) -> bool:
    """Tell whether one of some sinks wants a picture on the raw time step that comes next.

    One that raises wants none; that is noted.
    """
    wanted = any(_wants(watcher, failures, first=first) for watcher in watching)
    failures.go_on()
    return wanted


def _wants(watcher: FactSink, failures: Failures, *, first: bool) -> bool:
    wants: list[bool] = []
    failures.tell(
        watcher, "wants_frame", lambda: wants.append(bool(watcher.wants_frame(first=first)))
    )
    return any(wants)


def steppers(sinks: Iterable[AnySink]) -> tuple[Any, ...]:
    """Return those of some sinks that may come to want reports of steps."""
    may = (sink for sink in sinks if hasattr(sink, "wants"))
    return tuple(sink for sink in may if getattr(sink, "takes_steps", True))


def wanting(sinks: Iterable[Any], name: str, failures: Failures) -> list[Any]:
    """Return those of some sinks that want reports of a name now; one that raises wants none."""
    wants: list[Any] = []
    for sink in sinks:
        try:
            if sink.wants(name):
                wants.append(sink)
        except BaseException as error:  # noqa: BLE001 - whatever it is
            failures.tell(sink, "wants", _raise, error)
    return wants


def _raise(error: BaseException) -> None:
    raise error


def report_to(sinks: Iterable[AnySink], report: Report, failures: Failures) -> None:
    """Give each sink that takes reports a copy of its own; note what they raise."""
    name, values = report
    for sink in sinks:
        if callable(sink):
            failures.tell(sink, name, sink, Report(name, sealed(dict(values))))


def show_to(
    watching: Iterable[FactSink], facts: Sequence[Fact], top: int, failures: Failures
) -> None:
    """Give each sink the facts of one call, a copy of its own; note what they raise."""
    for sink in watching:
        failures.tell(sink, "facts", sink.observe, _own(facts), top)
    failures.go_on()


def restored(watching: Iterable[FactSink], top: int, failures: Failures) -> None:
    """Tell each sink that what it was shown last did not go on: a session was restored."""
    missed: Any = Missed(0)  # a fact for sinks alone
    show_to(watching, [(top, missed)], top, failures)


def _own(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Copy facts as far as a sink could write into them: arrays are read-only."""
    return tuple((gap, _unshared(what)) for gap, what in facts)


def _unshared(what: Any) -> Any:
    """Copy the containers of a message, and of an event that has some."""
    if type(what) is TimeStep:
        return what.replace(observation=sealed(what.observation), info=sealed(dict(what.info)))
    if type(what) is Event:
        return Event(what.name, **what.fields)
    return Act(sealed(what.action)) if type(what) is Act else what
