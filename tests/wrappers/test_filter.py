"""FilterObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple

from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import play
from statewrap.wrappers.filter import FilterObservation
from tests.wrappers.maps import environment, found, outcome, same_space, shown

Twin = gym.wrappers.FilterObservation
ARM, CAMERA = Box(-1.0, 1.0, (2,), np.float32), Box(0, 255, (3, 4, 3), np.uint8)
NAMED = Dict(z=ARM, a=Dict(camera=CAMERA, gear=Discrete(3)), t=Text(4))
UNSORTED = Dict({"z": ARM, "a": CAMERA, "m": Discrete(2)}, sort_keys=False)
NUMBERED = Tuple([ARM, CAMERA, Tuple([Discrete(2), ARM]), Dict(x=ARM)])
CASES = [
    (NAMED, ["a"]),
    (NAMED, ("z", "a")),
    (NAMED, ["t", "z", "a"]),
    (NAMED, ["z", "z"]),
    (NAMED, "za"),
    (UNSORTED, ["m", "z"]),
    (UNSORTED, ["z", "a"]),
    (NUMBERED, [2]),
    (NUMBERED, (3, 0)),
    (NUMBERED, [-1, 1]),
    (NUMBERED, [-1, 3]),
    (NUMBERED, [True, 0]),
    (NUMBERED, range(3)),
]


@pytest.mark.parametrize(("space", "keys"), CASES, ids=lambda case: f"{case!r:.30}")
def test_shows_the_parts_that_gymnasium_shows(space, keys) -> None:
    """In its order, bit for bit, over whole episodes; and announces its space."""
    assert same_space(lambda env: Twin(env, keys), FilterObservation(keys), space)
    assert found(lambda env: Twin(env, keys), FilterObservation(keys), space) is None


@pytest.mark.parametrize(("space", "keys"), CASES, ids=lambda case: f"{case!r:.30}")
def test_keys_stand_in_gymnasiums_order(space, keys) -> None:
    """A Dict is shown in the order of the keys, whatever the order of its space is."""
    value = space.sample()

    theirs = Twin(environment(space), keys).observation(value)
    ours = shown(FilterObservation(keys), space, value)

    assert difference(theirs, ours) is None
    assert isinstance(space, Tuple) or list(theirs) == list(ours)


def test_leaves_everything_else_as_it_is() -> None:
    """The parts are passed themselves, whatever they are, and so is the rest of the time step."""
    step = TimeStep({"x": "f1", "y": "f2"}, reward=2.0, truncated=True, info={"i": 1}, time=3.0)
    below = Below(Dict(x=Text(3), y=Text(3)))

    replies = play(FilterObservation(["y"]), step.replace(first=True, truncated=False), below=below)
    _, last = FilterObservation(["y"]).bind(below).on_state(None, step)

    assert {"y": "f2"} == replies[0].observation
    assert step.replace(observation={"y": "f2"}) == last


@pytest.mark.parametrize(
    ("space", "keys"),
    [
        (NAMED, 1),
        (NAMED, False),
        (NAMED, {"a"}),
        (NAMED, np.array(["a"])),
        (NAMED, ()),
        (NAMED, [0]),
        (NAMED, ["a", 0]),
        (NAMED, ["a", "missing"]),
        (NAMED, "key"),
        (NUMBERED, []),
        (NUMBERED, ["a"]),
        (NUMBERED, [0, "a"]),
        (NUMBERED, [0, 0]),
        (NUMBERED, [4]),
        (NUMBERED, [-5]),
        (NUMBERED, [0.0]),
        (ARM, ["a"]),
        (ARM, [0]),
        (Discrete(3), ["a"]),
    ],
    ids=lambda case: f"{case!r:.30}",
)
def test_refuses_what_gymnasium_refuses(space, keys) -> None:
    """With the same kind of error, at once or, where the space decides, at bind."""
    theirs = outcome(Twin, environment(space), keys)

    assert theirs is outcome(lambda: FilterObservation(keys).bind(Below(space)))
    assert issubclass(theirs, Exception)


@pytest.mark.parametrize(
    ("keys", "kind", "words"),
    [
        ("key", BindError, r"All the `filter_keys` must be included in the observation space\."),
        (1, TypeError, "Expects `filter_keys` to be a Sequence, actual type: <class 'int'>"),
        ((), ValueError, "The observation space is empty due to filtering all of the keys"),
        ([0], BindError, r"must be strings for a Dict .* names \[0\], but below it is Dict"),
    ],
)
def test_says_what_gymnasium_says(keys, kind, words) -> None:
    """The words by which its users find the reason."""
    with pytest.raises(kind, match=words):
        FilterObservation(keys).bind(Below(NAMED))


def test_names_what_is_missing() -> None:
    """The keys that are, and what there is."""
    with pytest.raises(BindError, match=r"(?s)names \['arm'\], but below it is Dict\('z'.*Correct"):
        FilterObservation(["a", "arm"]).bind(Below(NAMED))
    with pytest.raises(BindError, match=r"(?s)names \[4\], but below it is Tuple.*Correct"):
        FilterObservation([1, 4]).bind(Below(NUMBERED))
    with pytest.raises(BindError, match="only usable with `Dict` and `Tuple` observations"):
        FilterObservation([1]).bind(Below(ARM))
    with pytest.raises(BindError, match="needs the observation_space"):
        FilterObservation([1]).bind(Below())


def test_keys_are_a_value() -> None:
    """A list and a tuple of them are one, and what the caller does with its list is its affair."""
    given = ["a", "z"]
    wrapper = FilterObservation(given)

    given.append("t")

    assert FilterObservation(("a", "z")) == wrapper == eval(repr(wrapper))  # noqa: S307
    assert FilterObservation(["z", "a"]) != wrapper
