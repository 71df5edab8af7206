"""PassiveEnvChecker: the spaces, the first opening and the first step are looked at, no more."""

from __future__ import annotations

import re
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import Act, Below, BindError, Deployment, Stack, TimeStep, WrapperError
from statewrap.testing import FIRST, play
from statewrap.wrappers import PassiveEnvChecker
from statewrap.wrappers.passive_env_checker import (
    Checked,
    of_opening,
    of_rendering,
    of_space,
    of_step,
)


class Fussy(spaces.Space):
    """Raises when it is asked."""

    def contains(self, x):
        raise OSError("not now")


BOX = spaces.Box(0.0, 1.0, (1,), np.float32)
PAIR = spaces.Tuple((BOX, spaces.Discrete(2)))
NAMED = spaces.Dict(a=BOX, b=spaces.Dict(c=spaces.Discrete(2)))
GOOD = np.array([0.5], np.float32)


class World(gym.Env):
    """Shows what it is given."""

    metadata = {"render_modes": []}

    def __init__(self, space, seen, reward=0.0, info=None, action_space=None) -> None:
        self.observation_space = space
        self.action_space = spaces.Discrete(2) if action_space is None else action_space
        self.seen, self.reward = seen, reward
        self.info = {} if info is None else info

    def reset(self, *, seed=None, options=None):
        return self.seen, {}

    def step(self, action):
        return self.seen, self.reward, False, False, dict(self.info)


def said_by_gymnasium(call) -> tuple[list[str], str | None]:
    """Return the warnings of a call, sorted, and the words of the assertion it ends with."""
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except AssertionError as raised:
            error = str(raised)
    return sorted(text for text in _words(caught) if "share an object" not in text), error


def said_here(remarks) -> tuple[list[str], str | None]:
    """Return the remarks that warn, up to the first that is fatal, and that."""
    texts, fatal = [], None
    with warnings.catch_warnings(record=True) as caught:  # some spaces warn by themselves
        warnings.simplefilter("always")
        for remark in remarks:
            if remark.fatal:
                fatal = remark.text
                break
            texts.append(remark.text)
    return sorted([*_words(caught), *texts]), fatal


def _words(caught) -> list[str]:
    """Return what warnings say, without colours."""
    return [re.sub(r"\x1b\[\d+m|WARN: ", "", str(warning.message)) for warning in caught]


SEEN = [
    (BOX, GOOD),
    (BOX, np.array([2.0], np.float32)),
    (BOX, np.array([0.5])),
    (BOX, np.array([0.5, 0.5], np.float32)),
    (BOX, 0.5),
    (spaces.Box(0.0, 1.0, ()), np.float32(0.5)),
    (spaces.Discrete(2), 1),
    (spaces.Discrete(2), np.int32(1)),
    (spaces.Discrete(2), np.int64(7)),
    (spaces.MultiDiscrete([2, 2]), np.array([0, 1])),
    (spaces.MultiDiscrete([2, 2]), [0, 1]),
    (spaces.MultiBinary(2), np.array([0, 1], np.int8)),
    (spaces.MultiBinary(2), (0, 1)),
    (spaces.Text(3), "ab"),
    (spaces.Text(1), "abc"),
    (PAIR, (GOOD, 1)),
    (PAIR, [GOOD, 1]),
    (PAIR, (GOOD, 1, 1)),
    (PAIR, (GOOD, 1.0)),
    (NAMED, {"a": GOOD, "b": {"c": 1}}),
    (NAMED, {"a": GOOD, "b": {"c": 5}}),
    (NAMED, {"a": GOOD, "b": {}}),
    (NAMED, {"a": GOOD, "b": 3}),
    (NAMED, {"a": GOOD}),
    (NAMED, "text"),
    (spaces.Tuple((NAMED, BOX)), ({"a": GOOD}, 1)),
    (Fussy(), 1),
]


@pytest.mark.parametrize(("space", "seen"), SEEN)
def test_says_of_observations_what_gymnasium_says(space, seen) -> None:
    """The same words in the same order, and the same of them are fatal."""
    world, check = World(space, seen), gym.utils.passive_env_checker.env_step_passive_checker

    opened = said_by_gymnasium(gym.wrappers.PassiveEnvChecker(world).reset)
    stepped = said_by_gymnasium(lambda: check(world, 0))

    assert opened == said_here(of_opening(space, TimeStep(seen, first=True)))
    assert stepped == said_here(of_step(space, TimeStep(seen)))


@pytest.mark.parametrize(
    "reward", [0.0, 1, np.float32(1.0), np.int64(3), float("nan"), float("inf"), "1", None, True]
)
def test_says_of_rewards_what_gymnasium_says(reward) -> None:
    """NaN, infinity, and what is no number."""
    world = World(BOX, GOOD, reward)
    check = gym.utils.passive_env_checker.env_step_passive_checker

    expected = said_by_gymnasium(lambda: check(world, 0))

    assert expected == said_here(of_step(BOX, TimeStep(GOOD, reward)))


def test_says_of_flags_and_infos_what_gymnasium_says() -> None:
    """A flag that is no bool is odd, an info that is no dict is fatal."""
    odd = TimeStep(GOOD, 0.0, 1, None, [])

    found, fatal = said_here(of_step(BOX, odd))

    assert [
        "Expects `terminated` signal to be a boolean, actual type: <class 'int'>",
        "Expects `truncated` signal to be a boolean, actual type: <class 'NoneType'>",
    ] == found
    assert (
        "The `info` returned by `step()` must be a python dictionary, actual type: <class 'list'>"
        == fatal
    )
    opening = said_here(of_opening(BOX, TimeStep(GOOD, info=(), first=True)))[1]
    assert "The second element returned by `env.reset()` was not a dictionary" in opening


def _without(space, **changed):
    """Return a space that says of itself what it cannot be made with."""
    for name, value in changed.items():
        setattr(space, name, value)
    return space


FLAT = spaces.Box(np.zeros(2, np.float32), np.array([0, 1], np.float32))
SPACES = [
    BOX,
    FLAT,
    spaces.Tuple((FLAT, FLAT)),
    _without(spaces.Discrete(2), n=0),
    _without(spaces.MultiDiscrete([2, 2]), nvec=np.array([2, 0])),
    _without(spaces.MultiBinary(2), _shape=(0,)),
    spaces.Tuple(()),
    spaces.Dict(),
    spaces.Dict(a=spaces.Dict()),
    spaces.Text(3),
    _without(spaces.Box(0.0, 1.0, (1,)), low=np.ones(1), high=np.zeros(1)),
]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", ["observation", "action"])
def test_says_of_spaces_what_gymnasium_says(space, kind) -> None:
    """And what Gymnasium refuses when its wrapper is made is refused at `bind`."""
    check = getattr(gym.utils.passive_env_checker, f"check_{kind}_space")

    found, fatal = said_by_gymnasium(lambda: check(space))

    assert (found, fatal) == said_here(of_space(space, kind))
    below = Below(BOX, space) if kind == "action" else Below(space, spaces.Discrete(2))
    if fatal is None:
        assert PassiveEnvChecker() == PassiveEnvChecker().bind(below)
    else:
        with pytest.raises(BindError, match=re.escape(fatal)) as told:
            PassiveEnvChecker().bind(below)
        assert isinstance(told.value.__cause__, AssertionError)


@pytest.mark.parametrize(
    ("below", "kind", "words"),
    [
        (Below(), AttributeError, "The environment must specify an action space. https://"),
        (Below(BOX), AttributeError, "The environment must specify an action space. https://"),
        (
            Below(action_space=BOX),
            AttributeError,
            "The environment must specify an observation space. https://",
        ),
        (
            Below("error", BOX),
            TypeError,
            "observation space does not inherit from `gymnasium.spaces.Space`, actual type: <class",
        ),
        (Below(BOX, "error"), TypeError, "action space does not inherit from"),
    ],
)
def test_a_space_has_to_be_known_and_one(below, kind, words) -> None:
    """With Gymnasium's words, and its error as the cause."""
    with pytest.raises(BindError, match=re.escape(words)) as told:
        PassiveEnvChecker().bind(below)

    assert type(told.value.__cause__) is kind
    assert str(told.value.__cause__).startswith(words)


@pytest.mark.parametrize(
    ("below", "name"),
    [(Below(BOX), "action_space"), (Below(action_space=BOX), "observation_space")],
)
def test_an_unknown_space_is_to_be_given_to_the_driver(below, name) -> None:
    """As every wrapper says that needs one."""
    with pytest.raises(BindError, match=rf"as in Deployment\(\.\.\., {name}=\.\.\.\)"):
        PassiveEnvChecker().bind(below)


def test_everything_passes() -> None:
    """Messages are not changed, and what was looked at is kept in mind over episodes."""
    below, step = Below(BOX, spaces.Discrete(2)), TimeStep(GOOD, 1.0)
    opening, checker = TimeStep(GOOD, first=True), PassiveEnvChecker().bind(below)

    assert [opening, Act(0), step] == play(PassiveEnvChecker(), opening, Act(0), step, below=below)
    memory = checker.initial(None)
    assert Checked(opening=False, step=False) == memory
    memory, _ = checker.on_state(checker.renew(memory, None), opening)
    assert Checked(opening=True, step=False) == memory
    memory, _ = checker.on_state(memory, step)
    assert Checked(opening=True, step=True) == checker.renew(memory, None)


def test_only_the_first_opening_and_the_first_step_are_looked_at() -> None:
    """The first step may be in a later episode."""
    below, bad = Below(PAIR, spaces.Discrete(2)), (1, 2, 3)
    good, wrong = TimeStep((GOOD, 1)), TimeStep(bad)

    checker = PassiveEnvChecker().bind(below)

    memory, _ = checker.on_state(Checked(), good.replace(first=True))
    assert wrong == checker.on_state(memory, wrong.replace(first=True))[1].replace(first=False)
    with pytest.raises(AssertionError, match="length is not same"):
        checker.on_state(memory, wrong)
    memory, _ = checker.on_state(memory, good)
    assert (memory, wrong) == checker.on_state(memory, wrong)
    with pytest.raises(AssertionError, match=r"`reset\(\)` method length"):
        checker.on_state(Checked(), wrong.replace(first=True))
    seen, _ = checker.on_state(Checked(), good)
    assert Checked(opening=False, step=True) == seen
    assert wrong == checker.on_state(seen, wrong)[1]


def test_a_failed_look_is_taken_again() -> None:
    """A call that raised has not happened; Gymnasium's looks once, whatever comes of it."""
    below = Below(PAIR, spaces.Discrete(2))
    agent = Deployment(lambda _: 0, PassiveEnvChecker(), below=below, check="never", sinks=())

    for _ in range(2):
        with pytest.raises(WrapperError, match="AssertionError in on_state"):
            agent.act((1, 2, 3))
    assert 0 == agent.act((GOOD, 1))
    assert agent.memory.wrappers == (Checked(opening=True, step=False),)


def test_the_wrapper_asks_no_space() -> None:
    """Some warn when they are asked, which is no wrapper's business."""
    below = Below(BOX, spaces.Discrete(2))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reply = play(PassiveEnvChecker(), TimeStep([0.5], first=True), below=below)

    assert [TimeStep([0.5], first=True)] == reply


METADATA = {"render_modes": ["rgb_array", "human"], "render_fps": 30}
RENDERINGS = [
    (METADATA, "rgb_array", np.zeros((2, 2, 3), np.uint8)),
    (METADATA, "rgb_array", np.zeros((2, 2, 3))),
    (METADATA, "rgb_array", np.zeros((2, 2), np.uint8)),
    (METADATA, "rgb_array", np.zeros((2, 2, 4), np.uint8)),
    (METADATA, "rgb_array", "text"),
    (METADATA, "human", None),
    (METADATA, "human", 3),
    (METADATA, None, None),
    (METADATA, "depth_array", np.zeros((2, 2))),
    ({**METADATA, "render_modes": ["depth_array"]}, "depth_array", np.zeros((2, 2, 3))),
    ({**METADATA, "render_modes": ["depth_array"]}, "depth_array", None),
    ({**METADATA, "render_modes": ["ansi"]}, "ansi", 3),
    ({**METADATA, "render_modes": ["ansi"]}, "ansi", "text"),
    ({**METADATA, "render_modes": ["rgb_array_list"]}, "rgb_array_list", [np.zeros((2, 2))]),
    ({**METADATA, "render_modes": ["rgb_array_list"]}, "rgb_array_list", "text"),
    ({}, None, None),
    ({"render_modes": []}, None, None),
    ({"render_modes": []}, "human", None),
    ({"render_modes": "error", "render_fps": 1}, None, None),
    ({"render_modes": [1, "human"], "render_fps": 1}, "human", None),
    ({"render_modes": ["human"]}, "human", None),
    ({"render_modes": ["human"], "render_fps": "fast"}, "human", None),
    ({"render_modes": ["human"], "render_fps": 0}, "human", None),
    ({"render_modes": ("human",), "render_fps": 2.5}, "human", None),
]


@pytest.mark.parametrize(("metadata", "mode", "frame"), RENDERINGS)
def test_says_of_renderings_what_gymnasium_says(metadata, mode, frame) -> None:
    """Of what is declared, then of the picture."""
    world = World(BOX, GOOD)
    world.metadata, world.render_mode, world.render = metadata, mode, lambda: frame

    theirs = said_by_gymnasium(gym.wrappers.PassiveEnvChecker(world).render)

    assert theirs == said_here(of_rendering(Below(render_mode=mode, metadata=metadata), frame))


def test_stands_alone_in_a_stack() -> None:
    """A message that is none of its business passes."""
    below = Below(spaces.Text(2), spaces.Discrete(2))

    assert [FIRST, Act("a")] == play(Stack(PassiveEnvChecker()), FIRST, Act("a"), below=below)
