"""AddRenderObservation: the picture on a time step is shown, alone or beside the observation."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import (
    Act,
    Below,
    BindError,
    Deployment,
    SpaceError,
    Stack,
    TimeStep,
    WrapperError,
    same,
)
from statewrap.testing import play
from statewrap.wrappers import AddRenderObservation, RepeatAction
from tests.wrappers.pictures import GymWrapper, lived, make

PICTURES = Box(0, 255, (2, 3, 3), np.uint8)
STATE = Box(-1.0, 1.0, (2,), np.float32)
KNOWN = Below(observation_space=STATE, frame_space=PICTURES)


def announced(wrapper: AddRenderObservation, below: Below):
    """Return the observation space above."""
    return wrapper.bind(below).above(below).observation_space


def test_shows_the_picture_in_place_of_the_observation() -> None:
    """Reward, flags and info stay, and so does the picture where it was."""
    step = TimeStep("f1", reward=1.0, truncated=True, info={"a": 1}, frame="p1")

    replies = play(
        AddRenderObservation(), TimeStep("f0", first=True, frame="p0"), step, below=KNOWN
    )

    assert [
        TimeStep("p0", first=True, frame="p0"),
        TimeStep("p1", reward=1.0, truncated=True, info={"a": 1}, frame="p1"),
    ] == replies


def test_shows_the_picture_beside_the_observation() -> None:
    """An observation that is no Dict becomes a dict of two."""
    wrapper = AddRenderObservation(render_only=False, render_key="p", obs_key="o")

    (reply,) = play(wrapper, TimeStep("f0", first=True, frame="p0"), below=KNOWN)

    assert {"o": "f0", "p": "p0"} == reply.observation
    assert Dict({"o": STATE, "p": PICTURES}) == announced(wrapper, KNOWN)


@pytest.mark.parametrize("sort_keys", [True, False])
def test_adds_the_picture_to_a_dict(sort_keys) -> None:
    """It comes first, the others keep their order, and the dict that was shown is not changed."""
    space = Dict({"z": STATE, "a": Discrete(2)}, sort_keys=sort_keys)
    below = Below(observation_space=space, frame_space=PICTURES)
    wrapper, given = AddRenderObservation(render_only=False), {"z": "z0", "a": "a0"}

    (reply,) = play(wrapper, TimeStep(given, first=True, frame="p0"), below=below)

    assert [("pixels", "p0"), ("z", "z0"), ("a", "a0")] == [*reply.observation.items()]
    assert {"z": "z0", "a": "a0"} == given
    expected = Dict({"pixels": PICTURES, **space.spaces}, sort_keys=sort_keys)
    assert expected == announced(wrapper, below)
    assert [*expected.spaces] == [*announced(wrapper, below).spaces]


def test_pictures_alone_need_no_observation_space() -> None:
    """It is replaced in any case."""
    assert PICTURES == announced(AddRenderObservation(), Below(frame_space=PICTURES))


@pytest.mark.parametrize(
    ("wrapper", "below", "kind", "words"),
    [
        (
            AddRenderObservation(),
            Below(STATE),
            ValueError,
            r"requires render_mode to be not None and not 'human', got None.*frame_space=Box\(",
        ),
        (
            AddRenderObservation(),
            Below(STATE, render_mode="human", frame_space=PICTURES),
            ValueError,
            "requires render_mode to be not None and not 'human', got human",
        ),
        (
            AddRenderObservation(),
            Below(STATE, render_mode="ansi"),
            TypeError,
            r"expects env.render\(\) to return a numpy array.*'ansi'",
        ),
        (
            AddRenderObservation(),
            Below(STATE, frame_space=Discrete(2)),
            TypeError,
            "expects env.render",
        ),
        (
            AddRenderObservation(False, "a"),
            Below(Dict(a=STATE), frame_space=PICTURES),
            ValueError,
            "render_key 'a' already exists in the observation space",
        ),
        (AddRenderObservation(False, "a", "a"), KNOWN, ValueError, "Choose two"),
    ],
)
def test_refuses_what_does_not_fit(wrapper, below, kind, words) -> None:
    """With Gymnasium's words, and its type of error as the cause."""
    with pytest.raises(BindError, match=words) as told:
        wrapper.bind(below)

    assert isinstance(told.value.__cause__, kind)


def test_beside_an_observation_its_space_is_needed() -> None:
    """Otherwise the Dict could not be announced."""
    with pytest.raises(BindError, match="needs the observation_space"):
        AddRenderObservation(render_only=False).bind(Below(frame_space=PICTURES))


def test_one_key_may_be_both_where_a_dict_has_a_key_of_its_own() -> None:
    """`obs_key` is of no use there, and `render_key` none where pictures are shown alone."""
    below = Below(observation_space=Dict(b=STATE), frame_space=PICTURES)

    assert ["a", "b"] == [*announced(AddRenderObservation(False, "a", "a"), below).spaces]
    assert PICTURES == announced(AddRenderObservation(True, "a", "a"), KNOWN)


def test_a_missing_picture_is_told() -> None:
    """At the opening by the deployment, and by the wrapper where nothing is checked."""
    with pytest.raises(SpaceError, match=r"act\(\.\.\., frame=\.\.\.\)"):
        Deployment(len, AddRenderObservation(), below=KNOWN, sinks=()).act(np.zeros(2, np.float32))
    with pytest.raises(WrapperError, match=r"without a frame.*act\(\.\.\., frame=picture\)"):
        Deployment(len, AddRenderObservation(), below=KNOWN, check="never", sinks=()).act("f0")


def test_a_skip_shows_its_last_picture() -> None:
    """As Gymnasium's, which renders when the skip is over."""
    opening = TimeStep("f0", first=True, frame="p0")
    steps = [TimeStep(f"f{n}", 1.0, frame=f"p{n}") for n in (1, 2)]
    stack = RepeatAction(2) | AddRenderObservation()

    replies = play(stack, opening, Act("a"), *steps, below=KNOWN)

    assert TimeStep("p2", reward=2.0, frame="p2") == replies[-1]


def test_the_host_may_change_what_it_passed() -> None:
    """The picture is copied once; the policy sees what it was."""
    picture, seen = np.ones((2, 3, 3), np.uint8), []
    agent = Deployment(seen.append, AddRenderObservation(), below=KNOWN, sinks=(), fallback=0)

    agent.act(np.zeros(2, np.float32), frame=picture)
    picture[:] = 7

    assert 1 == seen[0].max()


@pytest.mark.parametrize("render_only", [True, False])
@pytest.mark.parametrize("name", ["CartPole-v1", "MountainCarContinuous-v0"])
def test_agrees_with_gymnasium(name, render_only) -> None:
    """On real environments, over several episodes, spaces included."""
    ours = GymWrapper(make(name), AddRenderObservation(render_only))
    theirs = gym.wrappers.AddRenderObservation(make(name), render_only)

    assert theirs.observation_space == ours.observation_space
    assert same(lived(theirs, 30), lived(ours, 30))


def test_agrees_with_gymnasium_over_a_dict() -> None:
    """The picture comes first there."""
    inner = [gym.wrappers.AddRenderObservation(make(), False, "a") for _ in range(2)]
    ours = GymWrapper(inner[0], AddRenderObservation(False, "b"))
    theirs = gym.wrappers.AddRenderObservation(inner[1], False, "b")

    assert [*theirs.observation_space.spaces] == [*ours.observation_space.spaces]
    assert same(lived(theirs, 30), lived(ours, 30))


def test_what_gymnasium_refuses_is_refused() -> None:
    """An environment that draws nothing, or text."""
    with pytest.raises(ValueError, match="render_mode to be not None and not 'human', got None"):
        GymWrapper(make(mode=None), AddRenderObservation())
    with pytest.raises(BindError, match="numpy array"):
        GymWrapper(make("FrozenLake-v1", "ansi"), Stack(AddRenderObservation()))
