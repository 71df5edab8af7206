"""The environment that is not there: what it answers, and what it refuses."""

from __future__ import annotations

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers as gw
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, TimeStep
from statewrap.core.errors import WrapperError
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.errors import EnvironmentMissingError, NotBridgeableError
from statewrap.testing import play
from tests.gym.bridge.factories import BELOW, opening, seen

FRAMES = Box(0, 255, (4, 6, 3), np.uint8)
PICTURED = Below(
    BELOW.observation_space,
    Discrete(3),
    render_mode="rgb_array",
    metadata={"render_modes": ["rgb_array"], "render_fps": 30},
    frame_space=FRAMES,
)


class Asks(gymnasium.Wrapper):
    """Calls a function with its environment in each step, and puts what it returns into info."""

    def __init__(self, env, ask):
        super().__init__(env)
        self.ask = ask

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, {**info, "told": self.ask(self.env)}


def told(ask, below=BELOW, info=None, **described):
    """Return what a question is answered in a step."""
    description = Description(info=info or {}, **described)
    bridge = Bridge(lambda env: Asks(env, ask), below, mode="replay", describe=description)
    frame = np.full(FRAMES.shape, 7, np.uint8)
    step = seen(1, info=info or {}, frame=frame)
    (*_, shown) = play(bridge, opening(frame=frame, info=info or {}), Act(1), step, below=below)
    return shown.info["told"]


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda env: env.observation_space == BELOW.observation_space, True),
        (lambda env: env.unwrapped.action_space == Discrete(3), True),
        (lambda env: env.metadata, {"render_modes": []}),
        (lambda env: env.render_mode, None),
        (lambda env: env.render(), None),
        (lambda env: env.spec, None),
        (lambda env: env.unwrapped.np_random_seed, -1),
        (lambda env: env.unwrapped.np_random is env.np_random, True),
        (lambda env: env.close(), None),
        (lambda env: env.has_wrapper_attr("action_space"), True),
    ],
)
def test_it_answers_what_every_environment_does(ask, expected):
    """Spaces, metadata, a generator: as a wrapper finds them, through `unwrapped` too."""
    assert expected == told(ask)


def test_it_answers_what_is_described():
    """A spec with the limit that is known, meanings, a frame skip, attributes."""
    description = Description.of(gymnasium.make("CartPole-v1"), frameskip=2)
    described = gymnasium.spec("CartPole-v1")

    assert "CartPole-v1" == told(lambda env: env.spec.id, spec=description.spec)
    assert 10 == told(lambda env: env.spec.max_episode_steps, spec=description.spec)
    unlimited = attrs.evolve(BELOW, max_episode_steps=None)
    assert told(lambda env: env.spec.max_episode_steps, unlimited, spec=described) is None
    assert 500 == described.max_episode_steps
    assert ["NOOP"] == told(lambda e: e.unwrapped.get_action_meanings(), action_meanings=["NOOP"])
    assert 2 == told(lambda env: env.unwrapped._frameskip, frameskip=description.frameskip)
    assert 9.8 == told(lambda env: env.get_wrapper_attr("g"), attributes={"g": 9.8})


def test_what_is_asked_of_what_is_described_is_noted():
    """A spec, which a wrapper may read anything from."""
    described = Description(spec=gymnasium.make("CartPole-v1").spec)
    asks, does_not = (
        Bridge(lambda env, ask=ask: Asks(env, ask), BELOW, mode="replay", describe=described)
        for ask in (lambda env: env.spec.id, lambda env: env.render_mode)
    )

    assert "spec" in asks.seen.asked
    assert {} == does_not.seen.asked


@pytest.mark.parametrize("name", ["host", "sets", "emulator", "stands_in", "is_missing"])
def test_what_a_stub_needs_for_itself_is_not_found_in_the_environment(name):
    """A robot's environment may have a host; described, it is that."""
    with pytest.raises(EnvironmentMissingError, match=f"asks its environment for '{name}'"):
        told(lambda env: getattr(env.unwrapped, name, None))

    given = {name: "10.0.0.7"}
    assert "10.0.0.7" == told(lambda env: getattr(env.unwrapped, name), attributes=given)


def test_a_limit_below_is_found_by_its_class():
    """As TimeAwareObservation looks for it."""
    found = told(lambda env: isinstance(env, gw.TimeLimit) and env._max_episode_steps)

    assert 10 == found
    aware = Bridge(lambda env: gw.TimeAwareObservation(env, flatten=False), BELOW, mode="replay")
    assert "time" in aware.above(BELOW).observation_space.spaces


def test_a_picture_is_that_of_the_last_time_step():
    """A copy, which the wrapper may change."""
    assert 7 == told(lambda env: int(env.render().max()), below=PICTURED)


class Brightest(gymnasium.ObservationWrapper):
    """Shows the greatest number of the picture."""

    def observation(self, observation):
        """Render."""
        return np.full(2, self.env.render().max(), np.float32)


def test_a_map_is_shown_the_picture_of_the_time_step_that_it_maps():
    """At each of them, the opening included."""
    bridge = Bridge(Brightest, PICTURED, mode="replay")
    frames = [np.full(FRAMES.shape, grey, np.uint8) for grey in (5, 6, 7)]

    one, _, two, _, three = play(
        bridge,
        opening(frame=frames[0]),
        Act(1),
        seen(1, frame=frames[1]),
        Act(1),
        seen(2, frame=frames[2]),
        below=PICTURED,
    )

    assert "direct" == bridge.seen.path.name
    assert [5, 6, 7] == [int(shown.observation[0]) for shown in (one, two, three)]


def test_who_renders_needs_frames():
    """It says so to the edge, and what is missing where there is none."""
    factory = gw.AddRenderObservation
    bridge = Bridge(factory, PICTURED, mode="replay")

    assert frozenset({"frame"}) == bridge.needs
    assert FRAMES == bridge.above(PICTURED).observation_space
    with pytest.raises(WrapperError, match=r"AddRenderObservation renders .* has no frame"):
        play(bridge, opening(), below=PICTURED)
    with pytest.raises(NotBridgeableError, match="frame_space="):
        Bridge(factory, attrs.evolve(PICTURED, frame_space=None))


def test_lives_and_screens_are_read_from_the_time_step():
    """Of a game that is described as one."""
    screen = Box(0, 255, (5, 4, 3), np.uint8)
    below = Below(screen, Discrete(3))
    shown = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)

    def ask(env):
        ale, onto = env.unwrapped.ale, np.zeros((5, 4), np.uint8)
        ale.getScreenGrayscale(onto)
        return ale.lives(), ale.getScreenRGB().tolist(), onto.shape

    bridge = Bridge(
        lambda env: Asks(env, ask),
        below,
        mode="replay",
        describe=Description(ale=True, info={"lives": 3}),
    )
    told = {"lives": 2}
    first, step = TimeStep(shown, first=True, info=told), TimeStep(shown, info=told)
    (*_, last) = play(bridge, first, Act(1), step, below=below)

    assert (2, shown.tolist(), (5, 4)) == last.info["told"]
    with pytest.raises(WrapperError, match='no "lives" in it'):
        play(bridge, first, Act(1), TimeStep(shown), below=below)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda env: env.unwrapped.state, "Asks asks its environment for 'state'"),
        (lambda env: env.get_wrapper_attr("state"), "for 'state'"),
        (lambda env: env.has_wrapper_attr("state"), "for 'state'"),
        (lambda env: getattr(env.unwrapped, "state", 0), "for 'state'"),
        (lambda env: env.unwrapped.ale.lives(), r"for 'ale'.*Description\(ale=True"),
        (lambda env: env.unwrapped.get_action_meanings(), "action_meanings="),
        (lambda env: env.unwrapped._frameskip, "frameskip=1"),
        (lambda env: env.set_wrapper_attr("state", 1), "for 'state'"),
        (lambda env: setattr(env, "_max_episode_steps", 3), "for '_max_episode_steps'"),
        (lambda env: setattr(env, "step", len), "for 'step'"),
    ],
)
def test_anything_else_is_refused_as_the_wrapper_is_tried_out(ask, words):
    """By the names of the wrapper and of what it asks for, with the cure; `hasattr` too."""
    with pytest.raises(EnvironmentMissingError, match=words):
        told(ask)


def test_what_is_asked_while_it_is_made_is_refused_as_well():
    """A step in a constructor, and an attribute."""

    class Makes(gymnasium.Wrapper):
        def __init__(self, env, make):
            super().__init__(env)
            make(env)

    with pytest.raises(EnvironmentMissingError, match="while it is made"):
        Bridge(lambda env: Makes(env, lambda env: env.step(0)), BELOW)
    with pytest.raises(EnvironmentMissingError, match="Makes asks its environment for 'gravity'"):
        Bridge(lambda env: Makes(env, lambda env: env.unwrapped.gravity), BELOW)
    made = Bridge(lambda env: Makes(env, lambda env: env.reset(seed=1)), BELOW, mode="replay")
    assert opening() == play(made, opening(), below=BELOW)[0]


def test_an_unknown_space_says_which_to_give():
    """Where a wrapper cannot do without it."""
    with pytest.raises(EnvironmentMissingError, match=r"below=Below\(observation_space=\.\.\.\)"):
        Bridge(lambda env: gw.FrameStackObservation(env, 2), Below(action_space=Discrete(2)))
