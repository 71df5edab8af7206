"""TensorBoard, Prometheus and OpenTelemetry: read back with their own libraries."""

from __future__ import annotations

import errno
import math
import os
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from statewrap import Deployment, MissingExtraError
from statewrap.core.fold import Report
from statewrap.sinks import OpenTelemetrySink, PrometheusSink, TensorBoardSink
from statewrap.wrappers import RepeatAction
from tests.sinks.worlds import Countdown, agent_over, run

for needed in ("tensorboard", "prometheus_client", "opentelemetry.sdk.metrics"):
    pytest.importorskip(needed)

from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from prometheus_client import CollectorRegistry, generate_latest  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

with warnings.catch_warnings(action="ignore"):  # of the packages below tensorboard
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

CLOSED = Report("deployment_closed", {"episodes": 1})


def end(**values) -> Report:
    """Return the report of an episode."""
    return Report("episode_end", {"outcome": "terminated", **values})


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Read a run as TensorBoard does."""
    events = EventAccumulator(str(folder))
    events.Reload()
    tags = events.Tags()["scalars"]
    return {tag: [(at.step, at.value) for at in events.Scalars(tag)] for tag in tags}


def scraped(sink) -> dict[tuple[str, ...], float]:
    """Read what Prometheus would scrape: name and labels, to the value."""
    families = text_string_to_metric_families(generate_latest(sink.collector_registry).decode())
    samples = (sample for family in families for sample in family.samples)
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for sample in samples
        if not sample.name.endswith("_created")
    }


def read(reader) -> dict[tuple[str, ...], float]:
    """Read what OpenTelemetry would send: name and attributes, to the value."""
    found = {}
    for resource in reader.get_metrics_data().resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    found[metric.name, *sorted(point.attributes.values())] = point.value
    return found


def test_tensorboard_reads_a_deployments_curves(tmp_path) -> None:
    """Along the episodes, a run for the session."""
    sink = TensorBoardSink(tmp_path)
    agent = agent_over(Countdown(), RepeatAction(2), sinks=[sink], session="pump")
    run(Countdown(), agent, episodes=3)

    drawn = curves(tmp_path / "pump")
    assert [(0, 4.0), (1, 4.0), (2, 4.0)] == drawn["episode_end/return"]
    assert [(0, 2.0), (1, 2.0), (2, 2.0)] == drawn["episode_end/length"]
    assert "episode_end/episode" not in drawn
    assert 0 == agent.sink_failures


def test_tensorboard_draws_along_what_is_asked_for(tmp_path) -> None:
    """Steps along the steps, epochs along the epochs, others by their count."""
    sink = TensorBoardSink(tmp_path, steps=True, along={"kpi": "day"}, clock=lambda: 1.0)
    sink(Report("step", {"step": 7, "episode": 2, "reward": 0.5, "processed_reward": None}))
    sink(Report("epoch_end", {"epoch": 3, "return_mean": 2.5}))
    sink(Report("kpi", {"day": 11, "mean": np.float32(0.25), "by": {"a": {"b": 2}}}))
    for count in (5, 6):
        sink(Report("other", {"count": count}))
    sink.close()

    drawn = curves(tmp_path)
    assert {
        "step/reward": [(7, 0.5)],
        "epoch_end/return_mean": [(3, 2.5)],
        "kpi/day": [(11, 11.0)],
        "kpi/mean": [(11, 0.25)],
        "kpi/by/a/b": [(11, 2.0)],
        "other/count": [(0, 5.0), (1, 6.0)],
    } == drawn


def test_tensorboard_is_shown_no_steps_by_itself(tmp_path) -> None:
    """Nor does it write those that another sink has asked for."""
    sink = TensorBoardSink(tmp_path)
    sink(Report("step", {"step": 7, "reward": 0.5}))

    assert not sink.wants("step")
    assert [] == list(tmp_path.iterdir())


def test_tensorboard_has_a_new_file_after_the_end(tmp_path) -> None:
    """A session that is restored goes on in the same run."""
    sink = TensorBoardSink(tmp_path)
    for report in (end(episode=0, kpi=1.0), CLOSED, end(episode=1, kpi=math.nan)):
        sink(report)
    sink.close()

    assert 2 == len(list(tmp_path.iterdir()))
    (first, one), (second, other) = curves(tmp_path)["episode_end/kpi"]
    assert (0, 1.0, 1, True) == (first, one, second, math.isnan(other))


def test_tensorboards_file_is_whole_on_a_full_disk(tmp_path, monkeypatch) -> None:
    """What could not be written is not there, and the next curve's point is."""
    sink, write = TensorBoardSink(tmp_path), os.write
    sink(end(episode=0, kpi=1.0))

    def half(where, data):
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(where, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        sink(end(episode=1, kpi=2.0))
    monkeypatch.setattr(os, "write", write)
    sink(end(episode=2, kpi=3.0))
    sink.close()

    assert [(0, 1.0), (2, 3.0)] == curves(tmp_path)["episode_end/kpi"]


def test_prometheus_scrapes_a_deployments_counts() -> None:
    """Counters over all episodes, gauges of the last."""
    sink = PrometheusSink()
    agent = agent_over(Countdown(), RepeatAction(2), sinks=[sink], session="pump")
    for _ in range(3):
        action = agent.reset(np.zeros(2, np.float32))
        agent.act(np.zeros(2, np.float32), 0.5)
        assert action is not None
        agent.act(np.zeros(2, np.float32), -2.0, terminated=True)

    metrics = scraped(sink)
    assert 3.0 == metrics["statewrap_episodes_total", "pump", "terminated"]
    assert 6.0 == metrics["statewrap_environment_steps_total", "pump"]
    assert 3.0 == metrics["statewrap_policy_calls_total", "pump"]
    assert -1.5 == metrics["statewrap_episode_end_return", "pump"]
    assert 0 == agent.sink_failures


def test_prometheus_labels_the_keys_of_a_mapping() -> None:
    """And makes a name of any name."""
    sink = PrometheusSink(prefix="plant")
    sink(end(session="s", actions={"0": 2, "1": 3}, **{"goods sold-mean": 0.5}))

    metrics = scraped(sink)
    assert 3.0 == metrics["plant_episode_end_actions", "1", "s"]
    assert 0.5 == metrics["plant_episode_end_goods_sold_mean", "s"]


def test_a_thousand_sessions_share_a_registry() -> None:
    """From threads of their own; each has its own numbers, and its gauges go when it ends."""
    sink = PrometheusSink()

    def serve(numbers):
        for number in numbers:
            with Deployment(abs, sinks=[sink], session=f"s{number}") as agent:
                agent.act(-1)
                agent.act(-2, float(number), terminated=True)
                if number < 10:
                    agent.restore(agent.snapshot())
                    kept[number] = scraped(sink)["statewrap_episode_end_return", f"s{number}"]

    kept = {}
    threads = [threading.Thread(target=serve, args=(range(i, 1000, 4),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    metrics = scraped(sink)
    assert {number: float(number) for number in range(10)} == kept
    episodes = [value for name, value in metrics.items() if name[0] == "statewrap_episodes_total"]
    assert [1.0] * 1000 == episodes
    assert not [name for name in metrics if name[0] == "statewrap_episode_end_return"]


def test_a_session_can_be_forgotten_and_kept() -> None:
    """Gauges stay where they are asked to; counters go when they are told to."""
    sink = PrometheusSink(forget=False)
    for name in "ab":
        sink(end(session=name, length=3))
        sink(Report("deployment_closed", {"session": name}))
    sink.forget_session("a")

    names = ("episode_end_length", "length_total")
    assert {(f"statewrap_{name}", "b") for name in names} == {
        name for name in scraped(sink) if "length" in name[0]
    }


@pytest.mark.parametrize("make", [PrometheusSink, OpenTelemetrySink])
def test_steps_have_gauges_where_they_are_asked_for(make) -> None:
    """They cost their price for each act."""
    assert make(kinds=["step"]).wants("step")
    assert not make().wants("step")


def test_a_world_that_never_ends_is_counted_by_its_windows() -> None:
    """Its episode never is."""
    prometheus, reader = PrometheusSink(counted="progress"), InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("here")
    telemetry = OpenTelemetrySink(meter, counted="progress")
    sinks = [prometheus, telemetry]
    agent = Deployment(abs, sinks=sinks, session="s", report_every=2)
    agent.act(0)
    for _ in range(6):
        agent.act(0, 1.0)

    assert 6.0 == scraped(prometheus)["statewrap_environment_steps_total", "s"]
    assert 6 == read(reader)["statewrap.environment_steps", "s"]
    assert 2.0 == read(reader)["statewrap.progress.return", "s"]


def test_two_sinks_in_one_registry_are_refused() -> None:
    """With the cure."""
    registry = CollectorRegistry()
    PrometheusSink(registry)

    with pytest.raises(ValueError, match="Give one and the same sink to all sessions"):
        PrometheusSink(registry)
    PrometheusSink(registry, prefix="other")


def test_opentelemetry_reads_a_deployments_counts() -> None:
    """With the host's provider, and the session as an attribute."""
    reader = InMemoryMetricReader()
    sink = OpenTelemetrySink(MeterProvider([reader]).get_meter("here"))
    agent = agent_over(Countdown(), RepeatAction(2), sinks=[sink], session="pump")
    run(Countdown(), agent, episodes=3)
    sink(end(actions={"0": 2}))

    metrics = read(reader)
    assert 3 == metrics["statewrap.episodes", "pump", "terminated"]
    assert 12 == metrics["statewrap.environment_steps", "pump"]
    assert 4.0 == metrics["statewrap.episode_end.return", "pump"]
    assert 2.0 == metrics["statewrap.episode_end.actions", "0"]
    assert 0 == agent.sink_failures


def test_opentelemetry_takes_the_hosts_provider(monkeypatch) -> None:
    """Which the library never sets."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr("opentelemetry.metrics.get_meter", provider.get_meter)
    OpenTelemetrySink()(end(session="s"))

    assert {("statewrap.episodes", "s", "terminated"): 1} == read(reader)


@pytest.mark.parametrize(
    ("module", "make", "extra"),
    [
        ("prometheus_client", PrometheusSink, "prometheus"),
        ("opentelemetry.metrics", OpenTelemetrySink, "otel"),
        ("tensorboard.compat.proto.event_pb2", lambda: TensorBoardSink("x"), "tensorboard"),
    ],
)
def test_what_is_not_installed_is_named(monkeypatch, module, make, extra) -> None:
    """When a sink is made."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError, match=rf"pip install 'statewrap\[{extra}\]'"):
        make()


def test_sinks_print_where_they_write() -> None:
    """As the log of a failure names them."""
    assert "TensorBoardSink('runs')" == repr(TensorBoardSink("runs"))
    assert "PrometheusSink(prefix='statewrap')" == repr(PrometheusSink())
    assert "OpenTelemetrySink(prefix='statewrap')" == repr(OpenTelemetrySink())


@pytest.mark.parametrize("make", [PrometheusSink, OpenTelemetrySink])
@pytest.mark.parametrize("wrong", [{"kinds": ["epsiode_end"]}, {"counted": "episodes_end"}])
def test_metrics_of_what_is_never_reported_are_refused(make, wrong) -> None:
    """With the nearest."""
    with pytest.raises(ValueError, match="did you mean 'episode_end'"):
        make(**wrong)


@pytest.mark.parametrize("huge", [10**400, -(10**400), np.complex64(1j)], ids=lambda n: str(n)[:3])
def test_a_number_that_no_metric_holds_is_left_out_alone(tmp_path, huge) -> None:
    """The report's other numbers are kept."""
    reader, prometheus, board = InMemoryMetricReader(), PrometheusSink(), TensorBoardSink(tmp_path)
    meter = MeterProvider([reader]).get_meter("test")
    for sink in (prometheus, OpenTelemetrySink(meter), board):
        sink(end(huge=huge, **{"return": 0.5}))
    board.close()

    assert {"episode_end/return"} == curves(tmp_path).keys()
    known = read(reader)
    assert 0.5 == known["statewrap.episode_end.return",]
    assert ("statewrap.episode_end.huge",) not in known
    assert 0.5 == scraped(prometheus)[("statewrap_episode_end_return", "")]
    assert ("statewrap_episode_end_huge", "") not in scraped(prometheus)


def test_half_a_surrogate_pair_is_written_as_an_escape(tmp_path) -> None:
    """In the name of a session, and in the key of a mapping; Prometheus can be scraped."""
    reader, prometheus, board = InMemoryMetricReader(), PrometheusSink(), TensorBoardSink(tmp_path)
    meter = MeterProvider([reader]).get_meter("test")
    told = end(session="p\ud800", actions={"\udfff": 3})
    for sink in (prometheus, OpenTelemetrySink(meter), board):
        sink(told)

    assert {"episode_end/actions/\\udfff": [(0, 3.0)]} == curves(tmp_path / "p\\ud800")
    assert 3.0 == scraped(prometheus)[("statewrap_episode_end_actions", "\\udfff", "p\\ud800")]
    assert any("p\\ud800" in key for key in read(reader))
    prometheus.forget_session("p\ud800")
    assert not any("p\\ud800" in key for key in scraped(prometheus))


@pytest.mark.parametrize(
    ("session", "folder"),
    [
        ("../out", "out"),
        ("/etc/x", "etc/x"),
        ("a\\..\\b", "a/b"),
        ("a/b", "a/b"),
        ("\0", "."),
        ("..", "."),
    ],
)
def test_a_sessions_curves_lie_in_the_folder_of_all(tmp_path, session, folder) -> None:
    """Whatever its name is."""
    sink = TensorBoardSink(tmp_path / "runs")
    sink(end(session=session, **{"return": 0.5}))
    sink.close()

    files = [path for path in tmp_path.rglob("events*") if path.is_file()]
    assert [tmp_path / "runs" / folder] == [path.parent for path in files]
