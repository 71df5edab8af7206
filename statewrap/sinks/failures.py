"""What the sinks of one session raise: counted all, and logged so that no log is flooded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final, final

import structlog

from statewrap.core.fold import AnySink
from statewrap.core.words import brief

_WIDEST: Final = 300


class SeveralError(ExceptionGroup[Exception]):
    """What a sink raised since it was last told, where that was more than once."""

    count: int
    """How many there were, those included that were not kept."""

    @classmethod
    def of(cls, sink: AnySink, errors: Sequence[Exception], count: int) -> SeveralError:
        """Return a group of errors that were kept, of so many."""
        several = cls(f"{brief(sink)} raised {count} times", errors)
        several.count = count
        return several


@final
class Failures:
    """Counts what sinks raise, and logs it as `sink_failed`.

    The first error of a kind is logged whole, with its traceback; of the later ones the tenth, the
    hundredth, and so on, each as one line: a traceback is dear, and a sink that fails with each
    step would cost more than the policy. A kind is the sink, what it was told, the error's type and
    number, and the line that raised it.

    >>> def broken(report):
    ...     raise OSError("disk full")
    >>> failures = Failures()
    >>> with structlog.testing.capture_logs() as logs:
    ...     told = [failures.tell(broken, "step", broken, None) for _ in range(25)]
    >>> failures.count, [line["failures"] for line in logs]
    (25, [1, 10])
    """

    def __init__(self) -> None:
        self.count = 0
        """How many there were, in all."""
        self.stop: KeyboardInterrupt | SystemExit | None = None
        """What came while a sink was told, and is to go on once all are."""
        self._kinds: dict[tuple[Any, ...], int] = {}

    def tell(self, sink: AnySink, what: str, tell: Callable[..., Any], *told: Any) -> bool:
        """Tell a sink; note what it raises, which is no concern of the act, and say whether.

        What is to end the process, a KeyboardInterrupt or a SystemExit, is kept for `go_on`.
        """
        try:
            tell(*told)
        except (KeyboardInterrupt, SystemExit) as error:
            self.stop = self.stop or error
            return True
        except BaseException as error:  # noqa: BLE001 - whatever it is
            self.note(sink, what, error)
            return True
        return False

    def go_on(self) -> None:
        """Raise what came meanwhile to end the process.

        Raises:
            KeyboardInterrupt, SystemExit: once.
        """
        stop, self.stop = self.stop, None
        if stop is not None:
            raise stop

    def note(self, sink: AnySink, what: str, error: BaseException) -> None:
        """Count an error, and log it if it is its turn; of several, each."""
        if type(error) is not SeveralError:
            self._one(sink, what, error)
            return
        for one in error.exceptions:
            self._one(sink, what, one)
        self.count += error.count - len(error.exceptions)

    def _one(self, sink: AnySink, what: str, error: BaseException) -> None:
        self.count += 1
        kind = (id(sink), what, type(error), _number(error), _where(error))
        number = self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if number == 1:
            _log(sink, what, error, failures=1, exc_info=error)
        elif _is_power_of_ten(number):
            _log(sink, what, error, failures=number)


def _number(error: BaseException) -> int | None:
    """Return the operating system's number of an error, such as 28 for a full disk."""
    number = error.errno if isinstance(error, OSError) else None
    return number if type(number) is int else None


def _where(error: BaseException) -> tuple[str, int] | None:
    """Return the file and the line that raised an error."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step and (step.tb_frame.f_code.co_filename, step.tb_lineno)


def _is_power_of_ten(number: int) -> bool:
    text = str(number)
    return text == f"1{'0' * (len(text) - 1)}"


def _log(sink: AnySink, what: str, error: BaseException, **more: Any) -> None:
    with contextlib.suppress(Exception):  # it may be the log that is broken
        log = structlog.get_logger("statewrap")
        told = brief(error, _WIDEST)
        log.error("sink_failed", sink=brief(sink), report=what, error=told, **more)
