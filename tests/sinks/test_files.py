"""JSON Lines, CSV and monitor files: whole lines, read back by other libraries."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import structlog

from statewrap import Deployment, Event
from statewrap.core.fold import Report
from statewrap.sinks import CsvSink, JsonLinesSink, MonitorSink, StructlogSink
from statewrap.sinks.appending import Appending
from statewrap.stats import Statistic
from statewrap.wrappers import RepeatAction
from tests.sinks.worlds import Countdown, agent_over, run

pd = pytest.importorskip("pandas")
monitor = pytest.importorskip("stable_baselines3.common.monitor")

CLOSED = Report("deployment_closed", {})


def end(**values) -> Report:
    """Return the report of an episode."""
    return Report("episode_end", values)


def test_a_line_for_each_report_in_strict_json(tmp_path) -> None:
    """Values of numpy and NaN included; what has no form is printed."""
    sink = JsonLinesSink(tmp_path / "new" / "log.jsonl", clock=lambda: 12.5)
    values = {"a": np.float32(0.5), "b": [np.nan, np.inf, -np.inf], "c": np.int64(3), "d": {4: {5}}}
    sink(Report("kpi", values))
    sink(CLOSED)

    def refuse(token):
        raise AssertionError(token)

    text = (tmp_path / "new" / "log.jsonl").read_text()
    told = [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
    plain = {"a": 0.5, "b": ["NaN", "Infinity", "-Infinity"], "c": 3, "d": {"4": "{5}"}}
    closed = {"event": "deployment_closed", "at": 12.5}
    assert [{"event": "kpi", "at": 12.5, **plain}, closed] == told


def test_a_deployments_log_has_its_counts(tmp_path) -> None:
    """As `Deployment.ended` has them."""
    sink = JsonLinesSink(tmp_path / "log.jsonl")
    agent = agent_over(Countdown(), RepeatAction(2), sinks=[sink], session="r1")
    ended = run(Countdown(), agent, episodes=2)

    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert ["episode_end", "episode_end", "deployment_closed"] == [line["event"] for line in told]
    assert [4.0, 4.0] == [line["return"] for line in told[:2]]
    assert [values["return"] for values in ended] == [line["return"] for line in told[:2]]
    assert {"r1"} == {line["session"] for line in told}


@pytest.mark.parametrize("steps", [True, False])
def test_steps_are_lines_where_they_are_wanted(tmp_path, steps) -> None:
    """And not otherwise, though another sink may have asked for them."""
    sink = JsonLinesSink(tmp_path / "log.jsonl", steps=steps)
    sink(Report("step", {"reward": 1.0}))
    sink(CLOSED)

    told = (tmp_path / "log.jsonl").read_text().splitlines()
    assert (steps, 1 + steps) == (sink.wants("step"), len(told))


def test_sessions_share_a_sink_and_a_file_is_opened_again(tmp_path) -> None:
    """The end of one session is not the end of the file."""
    sink = JsonLinesSink(tmp_path / "log.jsonl")
    for report in (end(episode=0), CLOSED, end(episode=1), CLOSED, CLOSED):
        sink(report)
    again = JsonLinesSink(tmp_path / "log.jsonl", sync="always")
    again(end(episode=2))
    again.close()

    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [0, None, 1, None, None, 2] == [line.get("episode") for line in told]


@pytest.mark.parametrize("torn", [b'{"event":"epi', b'{"a":"\xc3', b'{"x":"' + b"y" * 200_000])
def test_what_a_crash_has_torn_is_taken_away(tmp_path, torn) -> None:
    """The lines before it stay, and the next one is whole."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"event":"a"}\n' + torn)
    sink = JsonLinesSink(path)
    sink(CLOSED)

    assert ["a", "deployment_closed"] == [
        json.loads(line)["event"] for line in path.read_text().splitlines()
    ]


def test_a_file_torn_in_its_first_line_begins_anew(tmp_path) -> None:
    """Its header too."""
    path = tmp_path / "episodes.csv"
    path.write_bytes(b"at,epis")
    sink = CsvSink(path, columns=["episode"], clock=lambda: 1.0)
    sink(end(episode=4))
    sink.close()

    assert "at,episode\n1.0,4\n" == path.read_text()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (JsonLinesSink, "Dear diary,"),
        (lambda path: CsvSink(path, columns=["episode"]), "name,age\nAda,36\n"),
        (CsvSink, "name,price\nx,1\n"),
        (CsvSink, "name,price\n"),
        (CsvSink, "at,price\n1.0,2\n"),
        (CsvSink, "episode,outcome\n1,terminated\n"),
        (CsvSink, "Dear diary, it is cold.\n"),
        (CsvSink, "\n"),
        (lambda path: MonitorSink(path.with_name("monitor.csv")), "r,l,t\n"),
    ],
)
def test_a_file_that_holds_something_else_is_left_as_it_is(tmp_path, make, text) -> None:
    """The sink fails each time, and says so; the act goes on."""
    path = tmp_path / "monitor.csv"
    path.write_text(text)
    sink = make(path)

    with pytest.raises(ValueError, match="holds something else, and is left as it is"):
        sink(end(episode=0, outcome="terminated", **{"return": 1.0, "environment_steps": 1}))
    assert text == path.read_text()


WRITER = """
import sys
from statewrap.core.fold import Report
from statewrap.sinks import JsonLinesSink
sink = JsonLinesSink(sys.argv[1])
number = 0
while True:
    sink(Report("step_like", {"number": number, "much": "x" * 500}))
    number += 1
    if number == 200:
        print("going", flush=True)
"""


def test_a_killed_process_leaves_whole_lines(tmp_path) -> None:
    """All that it had written, each of them."""
    path = tmp_path / "log.jsonl"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)

    numbers = [json.loads(line)["number"] for line in path.read_text().splitlines()]
    assert 200 <= len(numbers)
    assert list(range(len(numbers))) == numbers


def test_several_write_whole_lines_into_one_file(tmp_path) -> None:
    """Sinks of their own, in threads of their own."""

    def write(name):
        sink = JsonLinesSink(tmp_path / "log.jsonl")
        for number in range(100):
            sink(Report("kpi", {"name": name, "number": number}))
        sink.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    for name in "abcd":
        assert list(range(100)) == [line["number"] for line in told if line["name"] == name]


@pytest.mark.parametrize("make", [JsonLinesSink, CsvSink, Appending])
def test_a_full_disk_is_told(make) -> None:
    """With the system's own error."""
    sink = make("/dev/full")

    with pytest.raises(OSError, match="No space left") as error:
        sink.write(b"line\n") if isinstance(sink, Appending) else sink(end(episode=0))
    assert errno.ENOSPC == error.value.errno


def test_a_full_disk_costs_no_act() -> None:
    """The deployment counts and logs it, and the other sinks are told."""
    told = []
    agent = Deployment(abs, sinks=[JsonLinesSink("/dev/full"), told.append])

    assert (1, 2) == (agent.act(-1), agent.act(-2, 0.5))
    assert agent.act(-3, 0.5, terminated=True) is None
    agent.close()

    assert 2 == agent.sink_failures
    assert ["episode_end", "deployment_closed"] == [report.name for report in told]


def test_a_file_that_was_closed_by_someone_else_is_opened_again(tmp_path) -> None:
    """One line is lost, and told; the next is written."""
    sink = JsonLinesSink(tmp_path / "log.jsonl")
    agent = Deployment(abs, sinks=[sink])
    for number in range(3):
        agent.act(1)
        agent.act(2, 0.5, terminated=True)
        if number == 0:
            os.close(sink._file._file)
    agent.close()

    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert 1 == agent.sink_failures
    assert [0, 2, None] == [line.get("episode") for line in told]


def test_half_a_line_is_taken_back(tmp_path, monkeypatch) -> None:
    """The disk is full in the middle of it."""
    write, file = os.write, Appending(tmp_path / "log")
    file.write(b"before\n")

    def half(where, text):
        if len(text) < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(where, text[: len(text) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        file.write(b"a line that is too long\n")
    monkeypatch.setattr(os, "write", write)
    file.write(b"after\n")
    file.close()

    assert b"before\nafter\n" == (tmp_path / "log").read_bytes()


def test_a_write_in_parts_is_whole_in_the_end(tmp_path, monkeypatch) -> None:
    """The system may take a part at a time."""
    write, file = os.write, Appending(tmp_path / "log")
    monkeypatch.setattr(os, "write", lambda where, text: write(where, text[:3]))
    file.write(b"a long line\n")
    file.close()

    assert b"a long line\n" == (tmp_path / "log").read_bytes()


def test_a_file_is_closed_when_its_sink_is_gone(tmp_path) -> None:
    """Not only when a session was closed."""
    file = Appending(tmp_path / "log")
    file.write(b"line\n")
    number = file._file
    del file

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


@pytest.mark.parametrize(("sync", "times"), [("never", 0), ("end", 1), ("always", 3)])
def test_the_disk_is_waited_for_as_asked(tmp_path, monkeypatch, sync, times) -> None:
    """At each write and at the close, at the close, or not at all."""
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    sink = JsonLinesSink(tmp_path / "log.jsonl", sync=sync)
    sink(end(episode=0))
    sink(CLOSED)

    assert times == len(synced)


@pytest.mark.parametrize("make", [JsonLinesSink, CsvSink, MonitorSink, Appending])
def test_an_unknown_word_for_sync_is_refused(tmp_path, make) -> None:
    """When the sink is made."""
    with pytest.raises(ValueError, match="sync='sometimes' was given, expected one of never"):
        make(tmp_path / "log", sync="sometimes")


def test_pandas_reads_the_table(tmp_path) -> None:
    """Columns by the first report; what a later one lacks is empty, what is new is left out."""
    sink = CsvSink(tmp_path / "episodes.csv", clock=iter([1.0, 2.0, 3.0]).__next__)
    sink(end(episode=0, speed=np.float32(0.5), actions={"0": 2, "1": 3}, note='a "b",\nc'))
    sink(Report("progress", {"episode": 0}))
    sink(end(episode=1, speed=np.nan, actions={"0": 9}, note=None, new=4, newer=5))
    sink(end(episode=2, speed=np.inf, actions={}, note="x"))
    sink(CLOSED)

    table = pd.read_csv(tmp_path / "episodes.csv")
    assert ["at", "episode", "speed", "actions", "note"] == list(table.columns)
    assert [{"0": 2, "1": 3}, {"0": 9}, {}] == [json.loads(cell) for cell in table["actions"]]
    assert [0, 1, 2] == list(table["episode"])
    assert ['a "b", c', "x"] == list(table["note"].dropna())
    assert [0.5, np.inf] == list(table["speed"].dropna())
    assert 2 == sink.without_column


def test_a_table_goes_on_with_its_columns(tmp_path) -> None:
    """Those of the file, in their order, whatever a report has first."""
    path = tmp_path / "episodes.csv"
    for values in ({"a": 1, "b": 2}, {"b": 4, "a": 3}, {"b": 6}):
        sink = CsvSink(path, clock=lambda: 0.0)
        sink(end(**values))
        sink.close()

    with path.open(newline="") as file:
        assert [["at", "a", "b"], ["0.0", "1", "2"], ["0.0", "3", "4"], ["0.0", "", "6"]] == list(
            csv.reader(file)
        )


def test_later_groups_are_in_the_table_too(tmp_path) -> None:
    """Whatever the first episode had: a mapping is one cell of JSON."""
    sink = CsvSink(tmp_path / "episodes.csv", clock=lambda: 1.0)
    agent = Deployment(
        len, sinks=[sink], statistics=[Statistic("g", "event", "g", field="n", by="kind")]
    )
    for kind in ("a", "b", "c"):
        agent.act("x", events=[Event("g", n=2.5, kind=kind)])
        agent.act("y", 1.0, terminated=True)
    agent.close()

    table = pd.read_csv(tmp_path / "episodes.csv")
    assert [{"a": 2.5}, {"b": 2.5}, {"c": 2.5}] == [json.loads(cell) for cell in table["g_sum"]]
    assert (0, 0) == (sink.without_column, agent.sink_failures)


def test_a_group_may_have_a_column_of_its_own(tmp_path) -> None:
    """Where it is named; others of the mapping are counted, unless the mapping has one as well."""
    path = tmp_path / "episodes.csv"
    for columns in (["g/a", "g/b/c"], None):  # the second goes on with the file
        sink = CsvSink(path, columns=columns, clock=lambda: 1.0)
        sink(end(g={"a": 1, "b": {"c": np.nan, "d": 3}, "e": 4}))
        sink.close()
        assert 2 == sink.without_column
    both = CsvSink(tmp_path / "both.csv", columns=["g", "g/a"], clock=lambda: 1.0)
    both(end(g={"a": 1, "e": np.inf}))

    assert "at,g/a,g/b/c\n1.0,1,nan\n1.0,1,nan\n" == path.read_text()
    assert 'at,g,g/a\n1.0,"{""a"":1,""e"":""Infinity""}",1\n' == Path(both.path).read_text()
    assert 0 == both.without_column


@pytest.mark.parametrize("kind", ["epsiode_end", "steps", "sink_failed"])
def test_a_table_of_nothing_is_refused(tmp_path, kind) -> None:
    """With what there is."""
    with pytest.raises(ValueError, match=r"^kind='.*' was given.* no report.*Reports: step, epi"):
        CsvSink(tmp_path / "a", kind=kind)


def test_a_close_without_a_time_step_is_no_line_of_a_step(tmp_path) -> None:
    """Nor is the end of an epoch; but a last time step is, and events that no other call told."""
    rows = []
    for close in ({}, {"observation": "z", "reward": 2.0}, {"events": [Event("late")]}):
        log = JsonLinesSink(tmp_path / f"{len(rows)}.jsonl", steps=True)
        asked = StructlogSink(levels={"step": "info"}, every=100)
        with structlog.testing.capture_logs():
            agent = Deployment(len, sinks=[log, asked])
            agent.act("x")
            agent.act("y", 1.0)
            agent.end_epoch()
            agent.close(**close)
        lines = [json.loads(line) for line in Path(log.path).read_text().splitlines()]
        rows.append([line["reward"] for line in lines if line["event"] == "step"])
        assert len(rows[-1]) - 1 == asked.left_out

    assert [[None, 1.0], [None, 1.0, 2.0], [None, 1.0, None]] == rows


def test_a_table_of_steps_asks_for_them(tmp_path) -> None:
    """One kind a table."""
    assert CsvSink(tmp_path / "a", kind="step").wants("step")
    assert not CsvSink(tmp_path / "b").wants("step")


def test_stable_baselines3_loads_the_monitor_file(tmp_path) -> None:
    """With the returns and lengths of a Monitor around the same environment."""
    theirs = monitor.Monitor(Countdown(), str(tmp_path / "theirs" / "x"))
    sink = MonitorSink(tmp_path / "ours" / "x")
    with agent_over(Countdown(), RepeatAction(2), sinks=[sink]) as agent:
        for _ in range(3):
            action = agent.reset(*theirs.reset())
            while action is not None:
                action = agent.act(*theirs.step(action))
    theirs.close()

    ours, others = (monitor.load_results(str(tmp_path / name)) for name in ("ours", "theirs"))
    assert [4.0, 4.0, 4.0] == list(ours["r"])
    assert (list(others["r"]), list(others["l"])) == (list(ours["r"]), list(ours["l"]))
    assert list(ours["t"]) == sorted(ours["t"])


def test_a_monitor_file_goes_on(tmp_path) -> None:
    """Its times count from its own beginning; an abandoned episode is none of Monitor's."""
    for clock in ([100.0, 101.0], [150.0, 160.0]):
        sink = MonitorSink(tmp_path, keywords=["goal"], env_id="Pump", clock=iter(clock).__next__)
        values = {"return": 1.0, "environment_steps": 3, "goal": np.float64(0.5)}
        sink(end(outcome="terminated", **values))
        sink(end(outcome="abandoned", **values))
        sink(CLOSED)

    rows = (tmp_path / "monitor.csv").read_text().splitlines()
    assert ['#{"t_start": 100.0, "env_id": "Pump"}', "r,l,t,goal"] == rows[:2]
    assert ["1.0,3,1.0,0.5", "1.0,3,60.0,0.5"] == rows[2:]
    assert [1.0, 60.0] == list(monitor.load_results(str(tmp_path))["t"])


@pytest.mark.parametrize("first", [b"", b"#{}", b"#[1]\n", b"#{\n"])
def test_a_monitor_file_whose_beginning_is_torn_starts_at_its_own(tmp_path, first) -> None:
    """No time is known of it."""
    (tmp_path / "monitor.csv").write_bytes(first)

    assert 7.0 == MonitorSink(tmp_path, clock=lambda: 7.0)._started


def test_sinks_print_what_they_write(tmp_path) -> None:
    """As the log of a failure names them."""
    assert "JsonLinesSink('a.jsonl')" == repr(JsonLinesSink("a.jsonl"))
    assert "CsvSink('a.csv', kind='episode_end')" == repr(CsvSink("a.csv"))
    assert "MonitorSink('a')" == repr(MonitorSink("a"))


def test_half_a_surrogate_pair_is_an_escape_in_a_table(tmp_path) -> None:
    """It costs no row; in a name of a column neither."""
    sink = CsvSink(tmp_path / "a.csv", clock=lambda: 1.5)
    for _ in range(2):
        sink(Report("episode_end", {"session": "p\ud800", "\udfff": 1}))
    sink.close()

    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert ["at,session,\\udfff", *["1.5,p\\ud800,1"] * 2] == lines
