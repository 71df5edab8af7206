"""Reports as metrics of OpenTelemetry."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable
from typing import Any, final

from statewrap.core.errors import MissingExtraError
from statewrap.core.fold import Report
from statewrap.sinks.kinds import check_kinds
from statewrap.sinks.plain import PLACES, TOTALS, numbers, sayable


@final
class OpenTelemetrySink:
    """Record the numbers of reports with instruments of a meter.

    * `statewrap.episodes`: a counter of the episodes that ended, with the attribute `outcome`.
    * `statewrap.<count>`: counters of what `totals` names, added up.
    * `statewrap.<kind>.<value>`: a gauge for each number of each kind of report, such as
      `statewrap.episode_end.return`; those of a mapping have the attribute `key`.

    All have the attribute `session`, if the session has a name. Sessions may share a sink. Where
    the metrics go is the host's affair: its meter provider's. Needs the extra `otel`.

    Args:
        meter: an OpenTelemetry `Meter`; by default that of the host's provider for "statewrap".
        kinds: which reports have gauges; steps cost their price for each act.
        totals: values to count up, none of which is ever negative.
        counted: the kind of reports that they are added up from; "progress" for a world that
            never ends.
        prefix: how all names begin.

    Raises:
        MissingExtraError: if `meter` is left out, and opentelemetry is not installed.
        ValueError: if there are no reports of a kind.
    """

    def __init__(
        self,
        meter: Any = None,
        *,
        kinds: Iterable[str] = ("episode_end", "epoch_end", "progress"),
        totals: Iterable[str] = TOTALS,
        counted: str = "episode_end",
        prefix: str = "statewrap",
    ) -> None:
        self.meter, self.prefix = meter, prefix
        self.kinds, self.totals, self.counted = tuple(kinds), tuple(totals), counted
        check_kinds(self.kinds, f"kinds={list(self.kinds)!r}")
        check_kinds([counted], f"{counted=}")
        self._meter = _metrics().get_meter("statewrap") if meter is None else meter
        self.takes_steps = "step" in self.kinds
        self._instruments: dict[str, Any] = {}
        self._lock = threading.Lock()

    def wants(self, name: str) -> bool:
        """Tell whether reports of a kind are wanted."""
        return name in self.kinds

    def __call__(self, report: Report) -> None:
        """Record the numbers of one report."""
        values = report.values
        about = {"session": sayable(str(values["session"]))} if "session" in values else {}
        if report.name == "episode_end":
            outcome = {**about, "outcome": str(values.get("outcome", ""))}
            self._instrument("create_counter", "episodes").add(1, outcome)
        if report.name == self.counted:
            for name in self.totals:
                if name in values:
                    self._instrument("create_counter", name).add(values[name], about)
        if report.name in self.kinds:
            self._set(report, about)

    def _set(self, report: Report, about: dict[str, str]) -> None:
        for path, number in numbers(report.values):
            name, _, key = path.partition("/")
            if name not in PLACES:
                gauge = self._instrument("create_gauge", f"{report.name}.{name}")
                gauge.set(number, {**about, "key": key} if key else about)

    def _instrument(self, make: str, name: str) -> Any:
        """Return an instrument, made when it is first asked for."""
        with self._lock:
            if name not in self._instruments:
                full = ".".join(part for part in (self.prefix, name) if part)
                self._instruments[name] = getattr(self._meter, make)(full)
            return self._instruments[name]

    def __repr__(self) -> str:
        return f"OpenTelemetrySink(prefix={self.prefix!r})"


def _metrics() -> Any:
    try:
        return importlib.import_module("opentelemetry.metrics")
    except ImportError as error:
        raise MissingExtraError("OpenTelemetrySink", "opentelemetry-api", "otel") from error
