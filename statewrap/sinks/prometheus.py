"""Reports as metrics that Prometheus scrapes."""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Iterable
from typing import Any, Final, final

from statewrap.core.errors import MissingExtraError
from statewrap.core.fold import Report
from statewrap.sinks.kinds import check_kinds
from statewrap.sinks.plain import PLACES, TOTALS, numbers, sayable

_NOT_A_METRIC: Final = re.compile(r"[^a-zA-Z0-9_]+")


@final
class PrometheusSink:
    """Keep the numbers of reports as metrics of a registry.

    * `statewrap_episodes_total{session, outcome}`: a counter of the episodes that ended.
    * `statewrap_<count>_total{session}`: counters of what `totals` names, added up.
    * `statewrap_<kind>_<value>{session}`: a gauge for each number of each kind of report, as it
      was reported last, such as `statewrap_episode_end_return`; those of a mapping have their key
      in the label `key`.

    A thousand sessions may share a sink, from as many threads. A session without a name has an
    empty label. Nothing is served here: scrape the registry with `prometheus_client`, as in
    `start_http_server(9000, registry=sink.collector_registry)`. Needs the extra `prometheus`.

    Args:
        registry: a `prometheus_client.CollectorRegistry`; by default one of the sink's own, and
            never that of the process.
        kinds: which reports have gauges; steps cost their price for each act.
        totals: values to count up, none of which is ever negative.
        counted: the kind of reports that they are added up from; "progress" for a world that
            never ends.
        prefix: how all names begin.
        forget: drop the gauges of a session when it is closed. Counters stay, as Prometheus
            wants it; `forget_session` drops those as well.

    Raises:
        MissingExtraError: if prometheus_client is not installed.
        ValueError: if another sink keeps its metrics in the registry already, or if
            there are no reports of a kind.
    """

    def __init__(
        self,
        registry: Any = None,
        *,
        kinds: Iterable[str] = ("episode_end", "epoch_end", "progress"),
        totals: Iterable[str] = TOTALS,
        counted: str = "episode_end",
        prefix: str = "statewrap",
        forget: bool = True,
    ) -> None:
        self._client = _client()
        self.registry = registry
        self.collector_registry = self._client.CollectorRegistry() if registry is None else registry
        """What to scrape."""
        self.kinds, self.totals, self.counted = tuple(kinds), tuple(totals), counted
        check_kinds(self.kinds, f"kinds={list(self.kinds)!r}")
        check_kinds([counted], f"{counted=}")
        self.prefix, self.forget = prefix, forget
        self.takes_steps = "step" in self.kinds
        self._metrics: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._episodes = self._metric("Counter", "episodes", "Episodes that ended.", "outcome")

    def wants(self, name: str) -> bool:
        """Tell whether reports of a kind are wanted."""
        return name in self.kinds

    def __call__(self, report: Report) -> None:
        """Keep the numbers of one report."""
        session = sayable(str(report.values.get("session", "")))
        if report.name == "episode_end":
            self._episodes.labels(session, str(report.values.get("outcome", ""))).inc()
        if report.name == self.counted:
            self._count(session, report)
        if report.name in self.kinds:
            self._gauge(session, report)
        if report.name == "deployment_closed" and self.forget:
            self._drop(session, "Gauge")

    def _count(self, session: str, report: Report) -> None:
        for name in self.totals:
            if name in report.values:
                counter = self._metric("Counter", name, f"{name}, added up.")
                counter.labels(session).inc(float(report.values[name]))

    def _gauge(self, session: str, report: Report) -> None:
        for path, number in numbers(report.values):
            name, _, key = path.partition("/")
            if name not in PLACES:
                words = f"{name} of the last {report.name}."
                labels = ("key",) if key else ()
                gauge = self._metric("Gauge", f"{report.name}_{name}", words, *labels)
                gauge.labels(session, *([key] if key else [])).set(number)

    def _metric(self, kind: str, name: str, words: str, *labels: str) -> Any:
        """Return a metric, made when it is first asked for."""
        full = _NOT_A_METRIC.sub("_", "_".join(part for part in (self.prefix, name) if part))
        with self._lock:
            if full not in self._metrics:
                make = getattr(self._client, kind)
                try:
                    made = make(full, words, ("session", *labels), registry=self.collector_registry)
                except ValueError as error:
                    raise ValueError(
                        f"{full} cannot be kept in this registry: {error}. Give one and the same "
                        "sink to all sessions, or each sink its own registry or prefix."
                    ) from error
                self._metrics[full] = made
            return self._metrics[full]

    def forget_session(self, session: str) -> None:
        """Drop everything that is kept of a session, its counters too."""
        session = sayable(session)
        self._drop(session, "Counter")
        self._drop(session, "Gauge")

    def _drop(self, session: str, kind: str) -> None:
        with self._lock:
            metrics = list(self._metrics.values())
        for metric in metrics:
            if type(metric).__name__ == kind:
                metric.remove_by_labels({"session": session})

    def __repr__(self) -> str:
        return f"PrometheusSink(prefix={self.prefix!r})"


def _client() -> Any:
    try:
        return importlib.import_module("prometheus_client")
    except ImportError as error:
        raise MissingExtraError("PrometheusSink", "prometheus-client", "prometheus") from error
