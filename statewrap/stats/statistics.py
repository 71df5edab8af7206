"""What a session counts, as configuration; bound to a stack it is the fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from statewrap.core.fields import a_flag, a_function, argument, whole
from statewrap.core.registry import register
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack
from statewrap.stats.counting import Counting
from statewrap.stats.kpis import Episode
from statewrap.stats.statistic import Statistic


def _statistics(given: Any) -> tuple[Statistic, ...]:
    """Take a list of statistics; one alone is not one."""
    if isinstance(given, (Statistic, str, Mapping)) or not isinstance(given, Iterable):
        raise TypeError(
            f"statistics={brief(given)} was given, expected a list: [Statistic(name, of), ...]."
        )
    return tuple(given)


@register("Statistics")
@attrs.frozen
class Statistics:
    """What is counted beside the counts that every session has, and when it is reported.

    Args:
        statistics: each `Statistic` with a name of its own.
        kpis: name to a pure function of an episode's record that gives a number.
        report_every: report a window each so many steps of the environment.
        report_every_s: report a window each so many seconds, by `TimeStep.time`.
        epoch_every: an epoch is so many episodes; without it, epochs are ended by hand.
        time_wrappers: count how long each wrapper and the policy take; it costs a look at the
            stopwatch for each crossing of a gap.
        stopwatch: gives seconds, by which the agent's own time is told from the wait for its
            answers; by default `time.perf_counter` where that is the deployment's clock, and
            nothing where a clock was given to it.

    Raises:
        ValueError, TypeError: if an argument cannot be used, or two results have one name.

    >>> Statistics([Statistic("speed", "observation", key="speed")], report_every=1000).report_every
    1000
    """

    statistics: tuple[Statistic, ...] = attrs.field(default=(), converter=_statistics)
    kpis: Mapping[str, Callable[[Episode], Any]] = argument(
        default=attrs.Factory(dict), kw_only=True
    )
    report_every: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(whole(1)), kw_only=True
    )
    report_every_s: float | None = attrs.field(default=None, kw_only=True)
    epoch_every: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(whole(1)), kw_only=True
    )
    time_wrappers: bool = attrs.field(default=False, validator=a_flag, kw_only=True)
    stopwatch: Callable[[], float] | None = argument(
        default=None, validator=attrs.validators.optional(a_function), kw_only=True
    )

    @report_every_s.validator
    def _above_zero(self, _: Any, seconds: Any) -> None:
        if seconds is None:
            return
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise TypeError(f"report_every_s is {brief(seconds)}, expected seconds.")
        if not seconds > 0:
            raise ValueError(f"report_every_s is {seconds}, expected more than 0 seconds.")

    def __attrs_post_init__(self) -> None:
        """Refuse two results of one name."""
        for statistic in self.statistics:
            if not isinstance(statistic, Statistic):
                raise TypeError(
                    f"statistics holds {brief(statistic)}, expected Statistic(name, of, ...)."
                )
        for name, function in _functions(self.kpis):
            if not isinstance(name, str) or not callable(function):
                raise TypeError(
                    f"kpis holds {name!r}: {brief(function)}, expected a name and a function of an "
                    "episode, such as {'pace': lambda episode: episode['length']}."
                )
        names = [statistic.name for statistic in self.statistics]
        results = [name for statistic in self.statistics for name in statistic.names]
        every = [*names, *(set(results) - set(names)), *self.kpis, *RESERVED]
        twice = sorted({name for name in every if every.count(name) > 1 or results.count(name) > 1})
        if twice:
            raise ValueError(
                f"{', '.join(map(repr, twice))} would be the name of several results. Names of "
                "statistics, of their results (name_reducer), of kpis, of the counts and of what a "
                "log says beside them differ."
            )

    def bind(self, stack: Stack) -> Counting:
        """Return the fold over the facts of a bound stack.

        Raises:
            BindError: if a statistic names a wrapper that the stack does not have once.
        """
        return Counting(
            stack,
            self.statistics,
            self.kpis,
            self.report_every,
            self.report_every_s,
            self.epoch_every,
            stamps=self.time_wrappers,
            stopwatch=self.stopwatch,
        )


def _functions(kpis: Any) -> Iterable[tuple[Any, Any]]:
    if not isinstance(kpis, Mapping):
        raise TypeError(
            f"kpis={brief(kpis)} was given, expected a mapping of names to functions of an episode."
        )
    return kpis.items()


RESERVED = (
    *("return", "processed_return", "length", "policy_calls", "environment_steps"),
    *("skipped_steps", "fallbacks", "actions", "actions_mean", "actions_std", "actions_outside"),
    *("agent_seconds", "wait_seconds", "wrapper_seconds"),
    *("session", "episode", "step", "outcome", "episodes", "epoch", "statistic", "error", "time"),
    *("event", "level", "reward", "processed_reward", "action"),
    *("self", "method_name", "timestamp", "logger", "logger_name", "level_number"),
    *("exc_info", "exception", "stack_info", "stack", "positional_args"),
    *("_record", "_from_structlog"),
)
"""Names that reports have already, and those that a log takes for its own."""


def taken(given: Any, report_every: int | None = None) -> Statistics:
    """Make statistics of what a deployment was given: themselves, or a list of `Statistic`.

    Raises:
        ValueError: if `report_every` is said twice.
    """
    if not isinstance(given, Statistics):
        return Statistics(given, report_every=report_every)
    if report_every is not None:
        raise ValueError(
            "report_every was given beside statistics=Statistics(...), which has one of its own. "
            "Say Statistics(..., report_every=...)."
        )
    return given
