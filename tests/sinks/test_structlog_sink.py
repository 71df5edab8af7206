"""StructlogSink: reports as events, at a level for their kind."""

from __future__ import annotations

import io
import json
import logging
import threading

import numpy as np
import pytest
import structlog

from statewrap.core.fold import Report
from statewrap.sinks import StructlogSink

END = Report("episode_end", {"session": "robot 7", "episode": 3, "step": 41, "return": 9.0})


def step(number=0, **values) -> Report:
    """Return the report of a step."""
    return Report("step", {"session": "robot 7", "episode": 3, "step": number, **values})


def told(sink, number) -> None:
    """Tell a sink of a step, if it wants to hear of it."""
    if sink.wants("step"):
        sink(step(number))


def lines(stream: io.StringIO) -> list[dict]:
    """Read what was logged."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream():
    """Configure structlog as a host would, writing JSON, and put its settings back."""
    stream = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    yield stream
    structlog.contextvars.clear_contextvars()
    structlog.configure(**before)


def test_a_report_is_one_line_that_a_store_can_query(stream) -> None:
    """Its name is the event, its values are fields, its level that of its kind."""
    StructlogSink()(END)

    assert [{**END.values, "event": "episode_end", "level": "info"}] == lines(stream)


def test_a_level_for_each_kind(stream) -> None:
    """None is never; what failed is a warning; what is not named is at info."""
    sink = StructlogSink(levels={"episode_end": "error", "progress": None})

    for name in ("episode_end", "progress", "statistic_failed", "deployment_closed"):
        sink(Report(name, {}))

    told = [(line["event"], line["level"]) for line in lines(stream)]
    failed, closed = ("statistic_failed", "warning"), ("deployment_closed", "info")
    assert [("episode_end", "error"), failed, closed] == told


@pytest.mark.parametrize("level", ["inof", "INFO", 20])
def test_a_level_that_is_none_is_refused(level) -> None:
    """With the nearest, and all there are."""
    with pytest.raises(ValueError, match=r"levels\['step'\]=.* no level.*Levels: debug, info"):
        StructlogSink(levels={"step": level})


@pytest.mark.parametrize(
    ("kind", "meant"), [("epsiode_end", "episode_end"), ("steps", "step"), ("closed", None)]
)
def test_a_level_for_what_is_never_reported_is_refused(kind, meant) -> None:
    """With the nearest, and all there are."""
    hint = f"did you mean {meant!r}" if meant else "no report"
    with pytest.raises(ValueError, match=f"levels .*{kind!r}.*{hint}.*Reports: step, episode_end"):
        StructlogSink(levels={kind: "debug"})


@pytest.mark.parametrize("levels", ["debug", ["debug"], 10])
def test_levels_that_are_no_mapping_are_refused(levels) -> None:
    """With an example."""
    with pytest.raises(TypeError, match=r"levels=.* was given, expected a mapping .*step"):
        StructlogSink(levels=levels)


def test_steps_are_wanted_only_where_their_level_is_on(stream) -> None:
    """Without a level, never; with one, as structlog's filter says."""
    assert not StructlogSink().wants("step")
    assert not StructlogSink(levels={"step": "debug"}).wants("step")
    assert StructlogSink(levels={"step": "info"}).wants("step")


def test_a_step_that_was_made_for_another_sink_is_not_logged(stream) -> None:
    """Without a level it is none of this one's business."""
    StructlogSink()(step())

    assert [] == lines(stream)


def test_settings_of_structlog_count_from_the_next_episode_on(stream) -> None:
    """They are read anew after each report that is no step's."""
    sink = StructlogSink(levels={"step": "debug"})
    assert not sink.wants("step")

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    assert not sink.wants("step")
    sink(END)
    assert sink.wants("step")


def test_a_logger_that_cannot_tell_its_level_is_asked_nothing(stream) -> None:
    """One that takes every name for a level would log the question."""
    structlog.configure(wrapper_class=structlog.BoundLogger)

    assert StructlogSink(levels={"step": "info"}).wants("step")
    assert "" == stream.getvalue()


def test_the_standard_librarys_levels_are_asked(stream) -> None:
    """They may change at any moment."""
    host = logging.getLogger("host")
    logger = structlog.wrap_logger(host, wrapper_class=structlog.stdlib.BoundLogger)
    sink = StructlogSink(logger, levels={"step": "info"})

    wanted = []
    for level in (logging.WARNING, logging.INFO):
        host.setLevel(level)
        wanted.append(sink.wants("step"))

    assert [False, True] == wanted


def test_what_the_host_has_bound_is_on_every_line(stream) -> None:
    """By its own logger, or by structlog's context variables."""
    structlog.contextvars.bind_contextvars(request="r1")
    StructlogSink(structlog.get_logger("mine").bind(plant="north"))(END)

    [line] = lines(stream)
    assert ("r1", "north") == (line["request"], line["plant"])


def test_session_and_episode_are_bound_to_the_logger() -> None:
    """So a processor finds them in the context, before the values of the event."""
    bound = []

    class Logger:
        def bind(self, **context):
            bound.append(context)
            return structlog.testing.CapturingLogger()

    sink = StructlogSink(Logger(), levels={"step": "info"})
    for report in (END, step(1), step(2), Report("deployment_closed", {"episodes": 4})):
        sink(report)

    context = {"session": "robot 7", "episode": 3}
    assert [context, context, {}] == bound


def test_each_nth_step_is_logged_and_the_others_are_counted(stream) -> None:
    """The count stands on the next line, and in all on the sink."""
    sink = StructlogSink(levels={"step": "info"}, every=3)
    for number in range(8):
        told(sink, number)

    assert [(0, None), (3, 2), (6, 2)] == [(a["step"], a.get("left_out")) for a in lines(stream)]
    assert 5 == sink.left_out


def test_no_more_steps_are_logged_than_the_limit_allows(stream) -> None:
    """A burst of a second's worth, and then as many as the clock has earned."""
    now = [0.0]
    sink = StructlogSink(levels={"step": "info"}, per_second=2, clock=lambda: now[0])
    for number in range(10):
        now[0] = 0.25 * number
        told(sink, number)
    now[0] = 100.0
    for number in range(10, 15):
        told(sink, number)

    logged = [line["step"] for line in lines(stream)]
    assert [0, 1, 2, 4, 6, 8, 10, 11] == logged
    assert 7 == sink.left_out


def test_a_clock_that_goes_back_earns_nothing(stream) -> None:
    """And costs nothing."""
    now = [5.0]
    sink = StructlogSink(levels={"step": "info"}, per_second=1, clock=lambda: now[0])
    for at in (5.0, 1.0, 2.0):
        now[0] = at
        told(sink, 0)

    assert [None, 1] == [line.get("left_out") for line in lines(stream)]


@pytest.mark.parametrize("wrong", [{"every": 0}, {"per_second": 0}, {"per_second": float("nan")}])
def test_a_number_below_its_least_is_refused(wrong) -> None:
    """With what was expected."""
    with pytest.raises(ValueError, match=r"was given, expected a .*number"):
        StructlogSink(**wrong)


def test_a_line_for_each_statistic(stream) -> None:
    """What says where it belongs is on each of them."""
    values = {"session": "a", "episode": 1, "step": 7, "outcome": "truncated"}
    StructlogSink(apart=True)(Report("episode_end", {**values, "return": 9.0, "length": 5}))

    about = {**values, "event": "episode_end", "level": "info"}
    expected = [
        {**about, "statistic": "return", "value": 9.0},
        {**about, "statistic": "length", "value": 5},
    ]
    assert expected == lines(stream)


def test_numpys_values_become_json(stream) -> None:
    """NaN is no JSON, so it is a string; a value named as the event steps aside."""
    values = {"mean": np.float32(0.5), "each": np.arange(2), "none": np.nan, "event": 3}
    StructlogSink()(Report("kpi", values))

    logged = {"mean": 0.5, "each": [0, 1], "none": "NaN", "event_": 3}
    assert [{**logged, "event": "kpi", "level": "info"}] == lines(stream)


def test_steps_that_nobody_would_log_are_not_counted(stream) -> None:
    """Nothing is left out where nothing is wanted."""
    sink = StructlogSink(levels={"step": "debug"}, every=2)
    for number in range(4):
        told(sink, number)

    assert (0, []) == (sink.left_out, lines(stream))


def test_people_read_the_same_lines(stream) -> None:
    """The renderer is the host's choice."""
    console = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    structlog.configure(processors=[structlog.processors.add_log_level, console])

    StructlogSink()(Report("episode_end", {"episode": 3, "return": 9.0}))

    assert "[info ] episode_end episode=3 return=9.0" == " ".join(stream.getvalue().split())


def test_nothing_is_configured(stream) -> None:
    """The settings are those of before."""
    before = structlog.get_config()
    sink = StructlogSink(levels={"step": "info"}, every=2)
    sink.wants("step")
    sink(step())
    sink(END)

    assert before == structlog.get_config()


def test_sessions_in_threads_share_a_sink(stream) -> None:
    """No line has another session's context."""
    sink = StructlogSink(levels={"step": "info"})

    def session(name):
        for number in range(200):
            sink.wants("step")
            sink(Report("step", {"session": name, "episode": 0, "step": number, "who": name}))

    threads = [threading.Thread(target=session, args=(f"s{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = [
        json.loads(part) for part in stream.getvalue().replace("}{", "}\n{").split("\n") if part
    ]
    assert 800 == len(told)
    assert all(line["session"] == line["who"] for line in told)
