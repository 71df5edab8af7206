"""What the sinks of one session raise: counted all, and logged so that no log is flooded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, final

import structlog

from statewrap.core.fold import AnySink
from statewrap.core.words import brief, sentence


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
    step would cost more than the policy. A kind is the sink, what it was told, and the error's
    type and number.

    Args:
        count: how many are counted already.

    >>> def broken(report):
    ...     raise OSError("disk full")
    >>> failures = Failures()
    >>> with structlog.testing.capture_logs() as logs:
    ...     told = [failures.tell(broken, "step", broken, None) for _ in range(25)]
    >>> failures.count, [line["failures"] for line in logs]
    (25, [1, 10])
    """

    def __init__(self, count: int = 0) -> None:
        self.count = count
        """How many there were, in all."""
        self._kinds: dict[tuple[Any, ...], int] = {}

    def tell(self, sink: AnySink, what: str, tell: Callable[..., Any], *told: Any) -> bool:
        """Tell a sink; note what it raises, which is no concern of the act, and say whether."""
        try:
            tell(*told)
        except Exception as error:  # noqa: BLE001 - whatever it is
            self.note(sink, what, error)
            return True
        return False

    def note(self, sink: AnySink, what: str, error: Exception) -> None:
        """Count an error, and log it if it is its turn; of several, each."""
        if type(error) is not SeveralError:
            self._one(sink, what, error)
            return
        for one in error.exceptions:
            self._one(sink, what, one)
        self.count += error.count - len(error.exceptions)

    def _one(self, sink: AnySink, what: str, error: Exception) -> None:
        self.count += 1
        kind = (id(sink), what, type(error), getattr(error, "errno", None))
        number = self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if number == 1:
            _log(sink, what, error, failures=1, exc_info=error)
        elif _is_power_of_ten(number):
            _log(sink, what, error, failures=number)


def untold(sinks: Iterable[AnySink]) -> int:
    """Return how often sinks behind a buffer have raised since that was last counted."""
    return sum(getattr(sink, "untold", 0) for sink in sinks)


def _is_power_of_ten(number: int) -> bool:
    text = str(number)
    return text == f"1{'0' * (len(text) - 1)}"


def _log(sink: AnySink, what: str, error: Exception, **more: Any) -> None:
    with contextlib.suppress(Exception):  # it may be the log that is broken
        told = f"{type(error).__name__}: {sentence(error)}"
        log = structlog.get_logger("statewrap")
        log.error("sink_failed", sink=brief(sink), report=what, error=told, **more)
