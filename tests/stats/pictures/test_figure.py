"""The figure of matplotlib: its data are the episode's."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from statewrap import Deployment, MissingExtraError
from statewrap.sinks import Record
from statewrap.stats import Reading, plot
from statewrap.wrappers import RepeatAction
from tests.sinks.worlds import Countdown, agent_over, run
from tests.stats.pictures.worlds import recorded

pytest.importorskip("matplotlib")


def lines(axes) -> dict[str, tuple[list[float], list[float]]]:
    """Return the data of each line under its name."""
    return {
        line.get_label(): (np.asarray(line.get_xdata()).tolist(), line.get_ydata().tolist())
        for line in axes.lines
    }


def places(axes, name) -> list[float]:
    """Return where the marks of a name stand."""
    (found,) = [c for c in axes.collections if c.get_label() == name]
    return [float(segment[0][0]) for segment in found.get_segments()]


def spans(axes) -> list[tuple[float, float]]:
    """Return what is shaded."""
    (found,) = [c for c in axes.collections if c.get_label() == "skipped"]
    boxes = [path.get_extents() for path in found.get_paths()]
    return [(float(box.x0), float(box.x1)) for box in boxes]


def played() -> Record:
    """Record a countdown of four steps, two frames a decision."""
    record, clock = Record(), iter(np.arange(99) / 4)
    agent = agent_over(Countdown(4), RepeatAction(2), sinks=[record], clock=clock.__next__)
    run(Countdown(4), agent)
    return record


def test_rewards_and_actions_are_drawn_by_step() -> None:
    """Actions that are whole numbers are steps."""
    upper, middle, _ = plot(played()).axes

    assert {
        "environment": ([1, 2, 3, 4], [1.0] * 4),
        "shown to the policy": ([2, 4], [2.0, 2.0]),
    } == lines(upper)
    assert {"action": ([0, 1, 2, 3], [1.0, 1.0, 2.0, 2.0])} == lines(middle)
    assert "steps-post" == middle.lines[0].get_drawstyle()


def test_skips_and_resets_are_marked() -> None:
    """In both panels: where a step was not shown, and where a reset was sent."""
    upper, middle, _ = plot(played()).axes

    for axes in (upper, middle):
        assert [(0.5, 1.5), (2.5, 3.5)] == spans(axes)
        assert [0.0] == places(axes, "opened")
        assert [4.0] == places(axes, "ended") == places(axes, "reset")


def test_who_answered_has_a_lane() -> None:
    """The wrapper's and the policy's."""
    lower = plot(played()).axes[2]

    assert {"acts": ([1, 3], [0, 0]), "decides": ([0, 2], [1, 1])} == lines(lower)
    names = [tick.get_text() for tick in lower.get_yticklabels()]
    assert ["RepeatAction(num_repeats=2)", "policy"] == names


def test_it_may_be_drawn_by_time() -> None:
    """In the seconds of the deployment's clock; a skipped step is shaded from the one before."""
    upper, middle, lower = plot(played(), axis="time").axes

    assert [0.5, 0.75, 1.0, 1.25] == lines(upper)["environment"][0]
    assert [(0.25, 0.5), (0.75, 1.0)] == spans(middle)
    assert "seconds" == lower.get_xlabel()


def test_each_component_of_a_box_has_a_line() -> None:
    """Not as steps."""
    record = Record()
    agent = Deployment(lambda seen: np.array([seen, -seen]), sinks=[record])
    agent.act(0.5)
    agent.act(0.25, 1.0)
    middle = plot(record).axes[1]

    assert {"action[0]": ([0, 1], [0.5, 0.25]), "action[1]": ([0, 1], [-0.5, -0.25])} == lines(
        middle
    )
    assert {"default"} == {line.get_drawstyle() for line in middle.lines}


def test_an_episode_is_chosen_by_number_or_given() -> None:
    """The last by itself; what was given up says so."""
    record, _, _ = recorded()
    views = list(Reading(record))

    assert "Episode 2: truncated" == plot(record).axes[0].get_title(loc="left")
    for figure in (plot(record, episode=1), plot(views[1])):
        assert "Episode 1: abandoned" == figure.axes[0].get_title(loc="left")
        assert [float(len(views[1].rows) - 1)] == places(figure.axes[0], "abandoned")
    rewards = [row.reward for row in views[1].rows if row.reward is not None]
    assert rewards == lines(plot(record, episode=1).axes[0])["environment"][1]


def test_a_fallback_has_a_lane_and_a_mark() -> None:
    """Above the policy's."""
    record = Record()
    agent = Deployment(lambda seen: 1 / seen, fallback=9, sinks=[record])
    agent.act(1)
    agent.act(0, 0.5)
    upper, _, lower = plot(record).axes

    assert ([1], [1]) == lines(lower)["falls back"]
    assert [1.0] == places(upper, "fallback")


def test_an_empty_episode_can_be_drawn(tmp_path) -> None:
    """And written to a file; so can a long one."""
    record = Record(calls=1)
    agent = Deployment(len, sinks=[record])
    agent.act("a")
    agent.reset("b")
    plot(record, episode=0).savefig(tmp_path / "empty.png")
    for _ in range(200):
        record.calls, _ = 1, agent.act("b", 1.0)
    plot(record).savefig(tmp_path / "last.png", dpi=30)

    assert b"\x89PNG" == (tmp_path / "empty.png").read_bytes()[:4]
    assert b"\x89PNG" == (tmp_path / "last.png").read_bytes()[:4]


def test_a_word_that_is_no_axis_is_told() -> None:
    """With those that are."""
    with pytest.raises(ValueError, match="axis='seconds' was given, expected step or time"):
        plot(Record(), axis="seconds")


def test_without_matplotlib_the_extra_is_named(monkeypatch) -> None:
    """The page does not need it."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtraError, match=r"statewrap\[plot\]"):
        plot(played())
