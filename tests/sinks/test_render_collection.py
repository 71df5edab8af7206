"""RenderCollection: the pictures since somebody asked for them."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from statewrap import Below, Deployment, Stack, same
from statewrap.gym import GymWrapper
from statewrap.sinks import RenderCollection
from statewrap.wrappers import RepeatAction
from tests.wrappers.pictures import make


def collected(env, render) -> list[list[np.ndarray]]:
    """Return what is collected now and then over several episodes."""
    asked = []
    env.reset(seed=1)
    env.action_space.seed(1)
    for step in range(45):
        if env.step(env.action_space.sample())[2]:
            env.reset()
        if step % 10 == 7:
            asked.append(list(render()))
    env.close()
    return [*asked, list(render())]


@pytest.mark.parametrize("pop_frames", [True, False])
@pytest.mark.parametrize("reset_clean", [True, False])
def test_collects_what_gymnasiums_collects(pop_frames, reset_clean) -> None:
    """The same pictures at the same moments."""
    theirs = gym.wrappers.RenderCollection(make(), pop_frames, reset_clean)
    sink = RenderCollection(pop_frames, reset_clean)
    ours = GymWrapper(make(), Stack(), sinks=[sink])

    assert same(collected(theirs, theirs.render), collected(ours, sink.render))


def test_watches_the_gap_that_is_named() -> None:
    """At the top a skip gives one picture."""
    bottom, top = RenderCollection(), RenderCollection(gap=-1)
    agent = Deployment(len, RepeatAction(2), sinks=[bottom, top])
    agent.act("f0", frame="p0")
    agent.act("f1", 0.0, frame="p1")
    agent.act("f2", 0.0, frame="p2")

    assert ["p0", "p1", "p2"] == bottom.render()
    assert ["p0", "p2"] == top.render()


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (None, "Expected env.render_mode to be not None"),
        ("rgb_array_list", "to not end with '_list', got 'rgb_array_list'"),
    ],
)
def test_a_render_mode_that_gives_no_pictures_one_by_one_is_refused(mode, words) -> None:
    """With Gymnasium's words; a deployment's is not known, for the host draws."""
    with pytest.raises(ValueError, match=words):
        RenderCollection().accept(mode)
    if mode is not None:
        with pytest.raises(ValueError, match=words):
            Deployment(len, below=Below(render_mode=mode), sinks=[RenderCollection()])
    RenderCollection().accept("rgb_array")
    Deployment(len, below=Below(render_mode="rgb_array"), sinks=[RenderCollection()])
