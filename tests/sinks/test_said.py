"""Sinks in a document: `config()` says them, and `from_config` makes equal ones."""

from __future__ import annotations

import pytest
from gymnasium.spaces import Discrete

import statewrap.sinks
from statewrap import Below, Deployment
from statewrap.sinks import (
    ActionRecorder,
    Buffered,
    CsvSink,
    JsonLinesSink,
    MonitorSink,
    Record,
    StructlogSink,
)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: StructlogSink(), {}),
        (
            lambda _: StructlogSink(levels={"step": "debug"}, every=3, per_second=2.5, apart=True),
            {"levels": {"step": "debug"}, "every": 3, "per_second": 2.5, "apart": True},
        ),
        (lambda f: JsonLinesSink(f / "a", steps=True), {"path": "a", "steps": True}),
        (lambda f: CsvSink(f / "a", columns=["x"]), {"path": "a", "columns": ["x"]}),
        (lambda f: MonitorSink(f / "a", sync="end"), {"filename": "a", "sync": "end"}),
        (lambda f: ActionRecorder(f / "a", gap=0), {"path": "a", "gap": 0}),
        (lambda _: Record(calls=5), {"calls": 5}),
        (
            lambda f: Buffered(JsonLinesSink(f / "a"), size=7),
            {"sink": {"type": "JsonLinesSink", "path": "a"}, "size": 7},
        ),
    ],
)
def test_a_document_says_a_sink_and_makes_it_again(tmp_path, make, said) -> None:
    """By its name and what differs from the defaults."""
    sink = make(tmp_path)
    agent = Deployment(None, below=Below(Discrete(2), Discrete(2)), sinks=[sink])

    document = agent.config(base=tmp_path)

    assert [{"type": type(sink).__name__, **said}] == document["sinks"]
    again = Deployment.from_config(document, base=tmp_path)
    assert document == again.config(base=tmp_path)


@pytest.mark.parametrize("name", ["PrometheusSink", "OpenTelemetrySink", "TensorBoardSink"])
def test_metrics_are_said_as_well(tmp_path, name) -> None:
    """With the host's registry or provider, which no document knows."""
    needed = {"PrometheusSink": "prometheus_client", "OpenTelemetrySink": "opentelemetry.metrics"}
    pytest.importorskip(needed.get(name, "tensorboard"))
    kind = getattr(statewrap.sinks, name)
    sink = kind(tmp_path) if name == "TensorBoardSink" else kind(kinds=["step"])

    document = Deployment(None, sinks=[sink]).config(base=tmp_path)

    arguments = {"logdir": "."} if name == "TensorBoardSink" else {"kinds": ["step"]}
    assert [{"type": name, **arguments}] == document["sinks"]
