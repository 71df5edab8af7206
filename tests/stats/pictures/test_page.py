"""The page: it needs nothing else, it is safe, and its numbers are the deployment's."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Deployment, Event, InputError, TimeStep
from statewrap.cli.main import main
from statewrap.sinks import Record, Recording
from statewrap.sinks.watcher import Missed
from statewrap.stats import Reading, report, write_report
from statewrap.stats.pictures.drawing import draw
from statewrap.stats.pictures.lines import runs, thin
from statewrap.stats.pictures.text import number
from statewrap.wrappers import RepeatAction, TimeLimit
from tests.sinks.worlds import Countdown, agent_over, run
from tests.stats.pictures.worlds import COUNTS, STACK, recorded

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Notes what is on a page, and complains of a tag that does not close."""

    def __init__(self, text) -> None:
        super().__init__()
        self.open, self.tags, self.links, self.anchors, self.cells = [], [], [], [], []
        self.text = ""
        self.feed(text)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.anchors += [f"#{value}" for name, value in attrs if name == "id"]
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert tag == self.open.pop()

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("td", "th", "a") and self.cells:
            self.cells[-1] += data


def played(stack=None, episodes=1, path=None, length=4) -> Record:
    """Record some episodes of a countdown."""
    record = Record(path)
    run(Countdown(length), agent_over(Countdown(), stack, sinks=[record]), episodes=episodes)
    return record


def svg_of(view) -> ET.Element:
    """Return an episode's picture; it is XML too."""
    return ET.fromstring(draw(view))  # noqa: S314 - our own


def test_the_numbers_are_the_deployments() -> None:
    """Totals, and a line for each episode."""
    record, agent, ended = recorded()
    page = Page(report(record))

    for name in COUNTS:
        assert number(agent.statistics[name]) == page.cells[page.cells.index(name) + 1]
    at = page.cells.index("outcome") + 1 + len(COUNTS)
    for index, values in enumerate(ended):
        line = page.cells[at : at + 2 + len(COUNTS)]
        assert [f"{index}", values["outcome"], *(number(values[n]) for n in COUNTS)] == line
        at += len(line)
        assert f"pace{number(values['pace'])}" in page.text.replace("\n", "")


def test_the_page_needs_nothing_else() -> None:
    """No script, no server, no other file; its links lead to itself."""
    text = report(recorded()[0])
    page = Page(text)

    assert {"svg", "table", "style"} <= set(page.tags)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert ["#episode-0", "#episode-1", "#episode-2"] == page.links
    assert set(page.links) <= set(page.anchors)
    assert "url(" not in text
    assert "prefers-color-scheme:dark" in text


def test_the_stack_is_drawn_with_the_spaces_at_each_gap() -> None:
    """The policy on top, the environment below."""
    text = Page(report(recorded()[0])).text

    order = ["policy", "TimeLimit(", "FrameStackObservation(", "RandomReset(", "environment"]
    places = [text.index(name, text.index("The stack")) for name in order]
    assert places == sorted(places)
    assert "(2, 4), float32)" in text


def test_who_answered_is_drawn_in_a_lane_each() -> None:
    """At the place of its step, in the wrapper's own lane."""
    (view,) = Reading(played(RepeatAction(2), length=8))
    acts = [p.get("d") for p in svg_of(view).iter("path") if p.get("class") == "acts"]

    (path,) = acts
    places = [float(x) for x in re.findall(r"M([\d.]+) ", path)]
    assert 4 == len(places)
    gaps = np.diff(places)
    assert np.allclose(gaps, 2 * (960 - 190 - 16) / 9, atol=0.2)


def test_marks_are_named_and_skips_are_shaded() -> None:
    """Opened, ended, a reset, and an outside event."""
    views = list(Reading(recorded()[0]))
    marks = {path.get("class") for view in views for path in svg_of(view).iter("path")}
    words = {text.text for view in views for text in svg_of(view).iter("text")}

    assert {"mark m-opened", "mark m-ended", "mark m-reset", "mark m-abandoned", "skip"} <= marks
    assert {"mark m-event", "shows", "acts", "decides"} <= marks
    assert {"opened", "truncated", "reset", "abandoned", "pushed"} <= words


def test_the_lines_are_the_numbers() -> None:
    """Low is at the bottom of the panel, high at its top."""
    record = Record()
    agent = Deployment(lambda seen: seen / 2, sinks=[record])
    agent.act(0.5)
    for at, reward in enumerate([1.0, 3.0, 2.0]):
        agent.act(at, reward)
    (view,) = Reading(record)
    line = next(p for p in svg_of(view).iter("path") if p.get("class").startswith("line"))

    heights = [float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", line.get("d"))]
    low, high, middle = heights
    assert (low - high) / 2 == pytest.approx(low - middle, abs=0.2)
    words = {text.text for text in svg_of(view).iter("text")}
    assert {"1", "3", "environment and policy"} <= words


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (np.array([0.5, -0.5], np.float32), {"action[0]", "action[1]"}),
        ({"a": np.array([[1, 2]]), "b": 3}, {"action[0]", "action[1]", "action[2]"}),
        (True, {"action"}),
        ("left", {"nothing that is a number"}),
        (
            np.arange(100),
            {"action[7]", "Action that the environment was sent (the first 8 of 100 components)"},
        ),
        (np.full(3, np.nan), {"nothing that is a number"}),
        (1e305, {"nothing that is a number"}),
    ],
)
def test_actions_are_drawn_where_they_are_numbers(action, words) -> None:
    """A line for each component."""
    record = Record()
    agent = Deployment(lambda _: action, sinks=[record])
    agent.act(1)
    agent.act(2, 0.5)
    (view,) = Reading(record)

    assert words <= {text.text for text in svg_of(view).iter("text")}


def test_rewards_that_are_not_finite_are_left_out() -> None:
    """The others are drawn."""
    record = Record()
    shown = [TimeStep("a", first=True), TimeStep("b", 2.5), TimeStep("c", float("inf"))]
    record.observe([(0, timestep) for timestep in shown], 0)
    (view,) = Reading(record)

    assert "2.5" in {text.text for text in svg_of(view).iter("text")}


@pytest.mark.parametrize(
    "nasty", ["<script>alert(1)</script>", "</svg></title>&", "\ud800\x00\x1b"]
)
def test_a_page_is_safe_from_what_it_shows(nasty, tmp_path) -> None:
    """Whatever names, actions, errors and reprs say; it can be written, and its SVG is XML."""

    class Nasty(TimeLimit.__mro__[1]):
        def __repr__(self) -> str:
            return nasty

    record = Record(tmp_path / "record.jsonl")
    agent = Deployment(
        lambda text: nasty + text, Nasty(), sinks=[record], session=nasty, fallback=nasty
    )
    agent.act(nasty, info={nasty: nasty}, events=[Event(nasty, field=nasty)])
    agent.act(nasty, 0.5, True)
    agent.close()
    write_report(record, tmp_path / "page.html")

    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert 1 == page.tags.count("svg")
    (view,) = Reading(record)
    assert "svg" == svg_of(view).tag


def test_many_steps_make_a_small_page() -> None:
    """Lines keep the least and the greatest number of each pixel, and the page says so."""
    record, steps = Record(calls=30_000), 20_000
    rewards = np.random.default_rng(0).normal(size=steps)
    rewards[[777, 12_345]] = 50.0, -50.0
    agent = agent_over(Countdown(), RepeatAction(3), sinks=[record])
    agent.reset(np.zeros(2, np.float32))
    for reward in rewards.tolist():
        agent.act(np.zeros(2, np.float32), reward, events=[Event("tick")])
    text = report(record)

    assert 120_000 > len(text)
    assert "the least and the greatest number of each pixel" in text
    assert {"50", "-50"} <= set(re.findall(r">(-?\d+)<", text))
    assert f"The first 200 of {steps + 1} steps" in text


def test_thinning_keeps_what_stands_out() -> None:
    """In each column, in their order; few points are all kept."""
    points = [(row, float(row % 10)) for row in range(1000)]
    points[500] = (500, 99.0)

    thinned = thin(points, 1000, 10)
    assert (500, 99.0) in thinned
    assert 20 >= len(thinned)
    assert thinned == sorted(thinned)
    assert points == thin(points, 1000, 500)
    assert [] == runs([])


def test_the_last_episodes_have_a_picture_and_all_are_counted() -> None:
    """The others are a line in the list, as far as that reaches."""
    text = report(played(episodes=1030, length=1))
    page = Page(text)

    assert 20 == page.tags.count("svg")
    assert "1030 episodes" in page.text
    assert "The last 1000 are listed" in page.text
    assert "The last 20 have a picture" in page.text
    assert "1030" == page.cells[page.cells.index("episodes") + 1]


def test_one_episode_may_be_asked_for() -> None:
    """By its number, or from the end."""
    record = played(episodes=3)

    assert report(record, episode=2) == report(record, episode=-1)
    assert "Episode 1" in Page(report(record, episode=-2)).text
    assert 1 == Page(report(record, episode=0)).tags.count("svg")
    for episode in 3, -4:
        with pytest.raises(InputError, match=f"episode={episode} was asked for, but 3 were rec"):
            report(record, episode=episode)


def test_what_is_not_in_the_record_is_said(tmp_path) -> None:
    """What memory left out, what was dropped, what a crash has torn, where it was restored."""
    record = Record(calls=3)
    agent = agent_over(Countdown(9), sinks=[record])
    run(Countdown(9), agent)
    text = Page(report(record)).text
    assert "The oldest 8 calls are left out" in text
    assert "Its beginning is not in the record." in text

    path = tmp_path / "record.jsonl"
    record = played(path=path)
    record.observe([(0, Missed(0)), (0, Missed(2))], 0)
    with path.open("ab") as file:
        file.write(b"{}\n" * 7)
    text = Page(report(path)).text
    assert "2 calls were dropped" in text
    assert "Restored 1 times" in text
    assert "7 torn lines were passed over: 9, 10, 11, 12, 13, …" in text


def test_several_sessions_are_told_apart(tmp_path) -> None:
    """Each has its stack and its totals."""
    path = tmp_path / "record.jsonl"
    played(path=path)
    played(RepeatAction(2), path=path)
    text = Page(report(path)).text

    assert "Session 0" in text
    assert "Session 1" in text
    assert "2 episodes" in text


def test_an_empty_record_makes_a_page() -> None:
    """It has a stack."""
    assert "0 episodes" in Page(report(Record())).text


def test_an_episode_without_steps_makes_a_picture() -> None:
    """Of one that was given up before the record began."""
    record = Record(calls=1)
    agent = Deployment(len, sinks=[record])
    agent.act("a")
    agent.reset("b")

    assert 2 == Page(report(record)).tags.count("svg")


def test_what_a_fallback_answered_has_a_lane() -> None:
    """Above the policy's."""
    record = Record()
    agent = Deployment(lambda seen: 1 / seen, fallback=9, sinks=[record])
    agent.act(0)
    (view,) = Reading(record)

    assert "fell" in {path.get("class") for path in svg_of(view).iter("path")}
    assert "fallback" in Page(report(record)).text


def test_the_command_writes_the_page(tmp_path) -> None:
    """Beside the record, or where it is told."""
    path, other = tmp_path / "record.jsonl", tmp_path / "other.html"
    played(RepeatAction(2), episodes=2, path=path)

    first = CliRunner().invoke(main, ["report", str(path)])
    second = CliRunner().invoke(main, ["report", str(path), "-o", str(other), "--episode", "0"])

    assert (0, f"{tmp_path / 'record.html'}\n") == (first.exit_code, first.output)
    assert report(path) == (tmp_path / "record.html").read_text(encoding="utf-8")
    assert 0 == second.exit_code
    assert report(path, episode=0) == other.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (b"{}\n", [], "record.jsonl holds no record of facts"),
        (b"", [], "record.jsonl holds no record of facts"),
        (None, ["--episode", "7"], "but 1 were recorded"),
        (None, ["-o", "/no/where.html"], "No such file"),
        (None, ["-o", "record.jsonl"], "is the record itself"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path, monkeypatch, text, arguments, message) -> None:
    """In one line, without a trace; the record is left as it is."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "record.jsonl"
    played(path=path)
    if text is not None:
        path.write_bytes(text)
    before = path.read_bytes()

    told = CliRunner().invoke(main, ["report", str(path), *arguments])

    assert 1 == told.exit_code
    assert told.output.startswith("Error: ")
    assert message in told.output
    assert before == path.read_bytes()


@pytest.fixture(scope="module")
def lines() -> tuple[bytes, ...]:
    """Return a short record with a bit of everything."""
    record, _, _ = recorded(stack=STACK[0] | RepeatAction(2) | TimeLimit(2), fallback=1)
    return tuple(record.recording.lines())


@given(data=st.data())
def test_a_damaged_record_never_breaks_the_page(lines, data) -> None:
    """Whatever a disk, or a person, has done to a line behind the first."""
    at = data.draw(st.integers(1, len(lines) - 1))
    begin = data.draw(st.integers(0, len(lines[at])))
    end = data.draw(st.integers(begin, min(begin + 40, len(lines[at]))))
    words = st.sampled_from([b"", b"null", b"-7", b'"x"', b"[]", b"{}", b"1e999", b"NaN", b"true"])
    damaged = lines[at][:begin] + data.draw(words) + lines[at][end:]
    recording = Recording(lambda: (*lines[:at], damaged, *lines[at + 1 :]), "damaged")

    page, reading = Page(report(recording)), Reading(recording)
    assert len([*reading]) == page.text.count("Episode ")
    assert {*reading.torn} <= {at + 1}
    assert bool(reading.torn) == (f"1 torn lines were passed over: {at + 1}." in page.text)


@given(data=st.data())
def test_a_value_of_another_kind_never_breaks_the_page(lines, data) -> None:
    """It is drawn as far as it can be, or counted as torn."""
    at = data.draw(st.integers(1, len(lines) - 1))
    table = json.loads(lines[at])
    place, keys = table, []
    while isinstance(place, (dict, list)) and place:
        known = sorted(place) if isinstance(place, dict) else range(len(place))
        keys.append(data.draw(st.sampled_from(known)))
        parent, place = place, place[keys[-1]]
    parent[keys[-1]] = data.draw(
        st.sampled_from([None, True, -1, 10**400, 1e308, "x", "NaN", [], [[1]], {}, {"a": None}])
    )
    damaged = json.dumps(table).encode() + b"\n"
    recording = Recording(lambda: (*lines[:at], damaged, *lines[at + 1 :]), "damaged")

    page, reading = Page(report(recording)), Reading(recording)
    assert len([*reading]) == page.text.count("Episode ")
    assert {*reading.torn} <= {at + 1}
    assert bool(reading.torn) == (f"1 torn lines were passed over: {at + 1}." in page.text)
