"""A slow sink behind a queue, with a thread of its own."""

from __future__ import annotations

import atexit
import contextvars
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from typing import Any, Final, final

from statewrap.core.events import Closed, Fact
from statewrap.core.fold import AnySink, Report
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack
from statewrap.sinks.failures import SeveralError
from statewrap.sinks.watcher import Missed

_MOST_ERRORS: Final = 100
_LAST_PATIENCE: Final = 5.0
"""How many seconds the end of the process waits."""


@final
class Buffered:
    """Put what a sink is told into a queue, from which a thread of its own tells it.

    So a slow sink (a network, a disk) never holds an act up. Where the queue is full, what comes
    is dropped and counted, but for the end of a session; a sink of whole episodes is told that it
    missed something, and leaves the open one out. What the sink raises is raised when the next
    report or call is put into the queue, and so logged and counted as any sink's; it is in
    `untold`, and so in `Deployment.sink_failures`, as soon as it was raised. The end of a session
    waits until all is told, and so does the end of the process.

    Args:
        sink: any sink; it is called from one thread alone, in the host's context variables.
        size: how many reports and calls may wait.
        patience: how many seconds the end of a session waits, at most.

    Raises:
        TypeError: if `sink` is no sink.
        ValueError: if a number is below its least.

    >>> from statewrap import Deployment
    >>> reports = []
    >>> buffered = Buffered(reports.append, size=100)
    >>> with Deployment(abs, sinks=[buffered]) as agent:
    ...     _ = agent.act(-1), agent.act(-2, 0.5, terminated=True)
    >>> [report.name for report in reports], buffered.dropped
    (['episode_end', 'deployment_closed'], 0)
    """

    def __init__(self, sink: AnySink, *, size: int = 1000, patience: float = 5.0) -> None:
        if not callable(sink) and not hasattr(sink, "observe"):
            raise TypeError(
                f"{brief(sink)} is no sink: expected a function of a Report, or an instance of a "
                "statewrap.sinks.Watcher."
            )
        if not size >= 1:
            raise ValueError(f"size={size!r} was given, expected a whole number from 1.")
        if not patience >= 0:
            raise ValueError(f"patience={patience!r} was given, expected seconds, 0 or above.")
        self.sink, self.size, self.patience = sink, size, patience
        self.takes_facts = hasattr(sink, "observe") and getattr(sink, "takes_facts", True)
        """Whether the sink is to be shown facts."""
        self.takes_steps = hasattr(sink, "wants") and getattr(sink, "takes_steps", True)
        """Whether the sink may come to want reports of steps."""
        self.dropped = 0
        """How many reports and calls were dropped, for the queue was full."""
        self._missed = 0
        self._worker = _Worker()
        weakref.finalize(self, self._worker.stop).atexit = False

    @property
    def waiting(self) -> int:
        """How many reports and calls wait."""
        return self._worker.waiting

    @property
    def untold(self) -> int:
        """How often the sink has raised since that was last raised here."""
        return self._worker.untold

    def bind(self, stack: Stack) -> None:
        """Let the sink learn what is known, at once: what it raises, is raised here."""
        bind: Callable[[Stack], None] | None = getattr(self.sink, "bind", None)
        if bind is not None:
            bind(stack)

    def wants(self, name: str) -> bool:
        """Tell whether the sink wants reports of a kind that is made on demand."""
        asked: Callable[[str], bool] | None = getattr(self.sink, "wants", None)
        return asked is not None and asked(name)

    def wants_frame(self, *, first: bool) -> bool:
        """Tell whether the sink wants a picture. It may not have been told all there is by now."""
        asked: Callable[..., bool] | None = getattr(self.sink, "wants_frame", None)
        return asked is not None and asked(first=first)

    def __call__(self, report: Report) -> None:
        """Put a report into the queue.

        Raises:
            Exception: whatever the sink has raised since this was called last.
        """
        ended = report.name == "deployment_closed"
        if callable(self.sink):
            self._put(self.sink, report, always=ended)
        self._settle(ended=ended)

    def observe(self, facts: Sequence[Fact], top: int) -> None:
        """Put the facts of a call into the queue.

        Raises:
            Exception: whatever the sink has raised since this was called last.
        """
        observe = self.sink.observe  # type: ignore[union-attr]  # it has one
        ended = bool(facts) and type(facts[-1][1]) is Closed
        is_hole = self._missed or self._worker.forgot
        hole: tuple[Any, ...] = ((top, Missed(self._missed)),) if is_hole else ()
        put = self._put(observe, (*hole, *facts), top, always=ended)
        self._missed = 0 if put else self._missed + 1
        self._worker.forgot = self._worker.forgot and not put
        self._settle(ended=ended)

    def drain(self, patience: float | None = None) -> bool:
        """Wait until all is told that is in the queue now; tell whether it was, in time.

        Args:
            patience: seconds; by default the sink's own.
        """
        return self._worker.drain(self.patience if patience is None else patience)

    def _put(self, tell: Callable[..., Any], *told: Any, always: bool) -> bool:
        """Append to the queue, which waits for nothing; where it is full, count instead."""
        if self.waiting >= self.size and not always:
            self.dropped += 1
            return False
        self._worker.put(tell, *told)
        return True

    def _settle(self, *, ended: bool) -> None:
        """Wait at the end of a session, and raise what the sink has raised meanwhile."""
        late = ended and not self.drain()
        errors, count = self._worker.failed()
        if count > 1:
            raise SeveralError.of(self.sink, errors, count)
        if errors:
            raise errors[0]
        if late:
            raise TimeoutError(
                f"{self.waiting} reports and calls still wait for {brief(self.sink)} after "
                f"{self.patience} s. They are told as long as the process lives."
            )

    def __repr__(self) -> str:
        return f"Buffered({brief(self.sink)}, size={self.size})"


def untold(sinks: Iterable[AnySink]) -> int:
    """Return how often those of some sinks that are buffered have raised, and not yet said so."""
    return sum(sink.untold for sink in sinks if isinstance(sink, Buffered))


_Task = tuple[contextvars.Context, Callable[..., Any], tuple[Any, ...]]
"""Something to tell: in which context, whom, and what."""


class _Worker:
    """A queue, and the thread that empties it; the thread is started when it is needed."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []
        self._noting = threading.Lock()
        self.untold = 0
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self.forgot = False
        """Whether a forked process has left to the other one what waited."""

    def forget(self) -> None:
        """Begin anew in a forked process: what waits, and was raised, is the other process's."""
        self.__init__()  # type: ignore[misc]  # locks too may be held by a thread that is not here
        self.forgot = True

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return self._tasks.qsize()

    def put(self, tell: Callable[..., Any], *told: Any) -> None:
        """Append a task, which waits for no one."""
        if self._thread is None or not self._thread.is_alive():
            self._start()
        self._tasks.put((contextvars.copy_context(), tell, told))

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="statewrap", daemon=True)
                self._thread.start()
                _WORKERS.add(self)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            context, tell, told = task
            try:
                context.run(tell, *told)
            except Exception as error:  # noqa: BLE001 - raised where the deployment counts it
                self._note(error)
            except BaseException as error:  # noqa: BLE001 - ends no thread that others wait for
                self._note(_no_end(error))
            del task, context, tell, told  # nothing is kept while there is nothing to do

    def drain(self, patience: float) -> bool:
        """Wait until what is in the queue now is told; tell whether it was, in time."""
        if self._thread is None:
            return True
        done = threading.Event()
        self.put(done.set)
        return done.wait(patience)

    def _note(self, error: Exception) -> None:
        """Count an error, and keep it if it is among the first."""
        with self._noting:
            self.untold += 1
            if len(self._errors) < _MOST_ERRORS:
                self._errors.append(error)

    def failed(self) -> tuple[list[Exception], int]:
        """Take the errors that were raised and not yet told, and how many they were."""
        if not self.untold:
            return [], 0
        with self._noting:
            errors, self._errors = self._errors, []
            count, self.untold = self.untold, 0
        return errors, count

    def stop(self) -> None:
        """Let the thread end once all is told; a later task starts another."""
        self._tasks.put(None)


def _no_end(error: BaseException) -> RuntimeError:
    """Return an error for one, as SystemExit, that would end the thread or the process."""
    failure = RuntimeError(f"The sink raised {brief(error)}. It runs in a thread, and goes on.")
    failure.__cause__ = error
    return failure


_WORKERS: Final[weakref.WeakSet[_Worker]] = weakref.WeakSet()
"""Those that may have something to tell when the process ends."""


def _forget_all() -> None:
    for worker in list(_WORKERS):
        worker.forget()


if hasattr(os, "register_at_fork"):  # there is none where there is no fork
    os.register_at_fork(after_in_child=_forget_all)


@atexit.register
def _drain_all() -> None:
    """Wait at the end of the process, all workers side by side, as daemon threads die with it."""
    until = time.monotonic() + _LAST_PATIENCE
    for worker in list(_WORKERS):
        worker.drain(max(0.0, until - time.monotonic()))
