"""Reports as structlog events. The library configures nothing: structlog's settings are yours."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, final

import structlog

from statewrap.core.fold import Report
from statewrap.core.registry import nearest
from statewrap.core.words import brief
from statewrap.sinks.kinds import check_kinds
from statewrap.sinks.plain import CONTEXT, fields
from statewrap.sinks.sampling import Sampling

Level = Literal["debug", "info", "warning", "error", "critical"]

LEVELS: Final[Mapping[str, Level | None]] = {"statistic_failed": "warning", "step": None}
"""The levels of reports without `levels`; other kinds are logged at "info", None never."""

_NUMBERS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_BOUND: Final[tuple[str, ...]] = ("session", "episode")
_FIXED: Final = "structlog._native"
"""Where structlog's own filtering loggers are at home, whose levels never change."""
_ASIDE: Final = frozenset({*CONTEXT, "step"})


class _Bound(NamedTuple):
    """A logger for the steps of one episode, and whether a level of it is on."""

    context: dict[str, Any]
    logger: Any
    is_on: Callable[[int], Any]


@final
class StructlogSink:
    """Log each report: its name as the event, its values as fields, at a level for its kind.

    `session` and `episode` are bound to the logger of their lines; whatever the host has bound by
    `structlog.contextvars` is on them too, if its processors merge it, as structlog's own do.
    structlog's settings are read anew with each report but those of steps; with those, when
    the report before was of another kind. So a step costs next to nothing where its level is off.

    Args:
        logger: a structlog logger; by default `structlog.get_logger("statewrap")`.
        levels: a level for each kind of report, over the defaults of `LEVELS`; None is never. A
            level for "step" asks for a report of each call.
        every: log each so manieth step; the others are counted in its field `left_out`.
        per_second: log at most so many steps a second, and count the others.
        apart: log a line for each statistic, with the fields `statistic` and `value`, in place of
            one line with all of them.
        clock: gives seconds, for `per_second`.

    Raises:
        ValueError: if a level or a kind of report is unknown, or a number below its least.
        TypeError: if `levels` is no mapping.

    >>> import structlog
    >>> with structlog.testing.capture_logs() as logs:
    ...     StructlogSink()(Report("episode_end", {"episode": 0, "return": 9.0}))
    >>> logs
    [{'episode': 0, 'return': 9.0, 'event': 'episode_end', 'log_level': 'info'}]
    """

    def __init__(
        self,
        logger: Any = None,
        *,
        levels: Mapping[str, Level | None] | None = None,
        every: int = 1,
        per_second: float | None = None,
        apart: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.logger, self.levels, self.apart = logger, levels, apart
        self.every, self.per_second, self.clock = every, per_second, clock
        self._levels = {**LEVELS, **_checked({} if levels is None else levels)}
        self._step_level = self._levels["step"]
        self.takes_steps = self._step_level is not None
        self._step_number = _NUMBERS.get(self._step_level or "", 0)
        self._sampling = Sampling(every, per_second, clock)
        self._steps: _Bound | None = None
        self._is_off = not self.takes_steps
        """Whether steps are known to be off until the settings are read anew."""

    @property
    def left_out(self) -> int:
        """How many steps were left out, in all."""
        return self._sampling.left_out

    def wants(self, name: str) -> bool:
        """Tell whether the step that is made next is to be logged.

        It is if steps have a level, the level is on, and it is the step's turn. Asked once for each
        step; those whose turn it is not are counted.
        """
        if self._is_off:
            return False
        if self._steps is None:
            self._steps = self._bound({})
            self._is_off = self._steps.is_on is _never
        return bool(self._steps.is_on(self._step_number)) and self._sampling.due()

    def __call__(self, report: Report) -> None:
        """Log one report."""
        if report.name == "step":
            self._step(report)
            return
        self._steps, self._is_off = None, not self.takes_steps  # the settings are read anew
        level = self._levels.get(report.name, "info")
        if level is None:
            return
        values = fields(report)
        log = self._logger({name: values.pop(name) for name in _BOUND if name in values})
        write = getattr(log, level)
        if self.apart:
            aside = {name: values.pop(name) for name in tuple(values) if name in _ASIDE}
            for statistic, value in values.items():
                write(report.name, **aside, statistic=statistic, value=value)
        else:
            write(report.name, **values)

    def _step(self, report: Report) -> None:
        """Log a step, whose turn it was."""
        if self._step_level is None:
            return
        values = fields(report)
        context = {name: values.pop(name) for name in _BOUND if name in values}
        bound = self._steps
        if bound is None or context != bound.context:
            bound = self._steps = self._bound(context)
        left_out = self._sampling.taken()
        more = {"left_out": left_out} if left_out else {}
        getattr(bound.logger, self._step_level)("step", **values, **more)

    def _logger(self, context: dict[str, Any]) -> Any:
        logger = structlog.get_logger("statewrap") if self.logger is None else self.logger
        return logger.bind(**context)

    def _bound(self, context: dict[str, Any]) -> _Bound:
        logger = self._logger(context)
        return _Bound(context, logger, _level_of(logger, self._step_number))

    def __repr__(self) -> str:
        return "StructlogSink()"


def _level_of(logger: Any, level: int) -> Callable[[int], Any]:
    """Return what says whether a logger's level is on."""
    if not hasattr(type(logger), "is_enabled_for"):  # some take every name for that of a level
        return _always
    if type(logger).__module__ == _FIXED and not logger.is_enabled_for(level):
        return _never
    return logger.is_enabled_for  # type: ignore[no-any-return]


def _always(level: int) -> bool:  # noqa: ARG001 - a logger is asked so
    return True


def _never(level: int) -> bool:  # noqa: ARG001 - a logger is asked so
    return False


def _checked(levels: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(levels, Mapping):
        raise TypeError(
            f"levels={levels!r} was given, expected a mapping of a kind of report to a level, such "
            'as {"step": "debug"}.'
        )
    check_kinds(levels, f"levels {brief(dict(levels))}")
    for kind, level in levels.items():
        if level is not None and level not in _NUMBERS:
            raise ValueError(
                f"levels[{kind!r}]={level!r} was given, which is no level"
                f"{nearest(str(level), _NUMBERS)} Levels: {', '.join(_NUMBERS)}; None is never."
            )
    return levels
