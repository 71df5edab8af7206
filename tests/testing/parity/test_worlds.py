"""Worlds of all kinds are played, and nobody stumbles over what they show."""

from __future__ import annotations

import attrs
import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, BindError, Policy, Wrapper
from statewrap.testing.parity import Parity, ParityError, assert_parity
from statewrap.testing.parity.forms import FORMS
from statewrap.testing.parity.shims import Ends, Reuses, tamed
from statewrap.testing.parity.worlds import EVERY_END, GENERATED
from statewrap.wrappers import ClipReward, FrameStackObservation, RepeatAction, TimeLimit
from tests.testing.parity.ported import OldSkip, Skip, cart_pole

SPACES = (
    Box(-np.inf, np.inf, (2, 3), np.float32),
    Box(0, 255, (4, 3, 3), np.uint8),
    Box(-5, 5, (), np.float64),
    Discrete(4, start=-1),
    spaces.MultiDiscrete([2, 3]),
    spaces.MultiBinary(3),
    spaces.Dict(a=Box(-1.0, 1.0, (2,)), b=spaces.Tuple((Discrete(3), Box(0, 9, (1,), np.int32)))),
    spaces.Text(4),
)


class Anything(gym.Env):
    """Shows samples of a space, and takes those of another."""

    def __init__(self, observation_space: gym.Space, action_space: gym.Space) -> None:
        self.observation_space, self.action_space = observation_space, action_space
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        """Begin anew."""
        super().reset(seed=seed)
        self.steps = 0
        return self._sample(), {}

    def step(self, action):
        """Take what is in the space, and nothing else."""
        assert self.action_space.contains(action), action
        self.steps += 1
        return self._sample(), float(self.np_random.random()), self.steps > 12, False, {}

    def _sample(self):
        self.observation_space.seed(int(self.np_random.integers(2**31)))
        return self.observation_space.sample()


@pytest.mark.parametrize(
    ("observation_space", "action_space"),
    list(zip(SPACES, SPACES[3:] + SPACES[:3], strict=True)),
    ids=[type(space).__name__ for space in SPACES],
)
def test_any_space_is_played(observation_space, action_space) -> None:
    """The policy acts in all of them, and every form is made of them."""

    def make_env() -> gym.Env:
        return Anything(observation_space, action_space)

    report = assert_parity(make_env, RepeatAction(2), episodes=1, seeds=(0,))

    tried = {one.world for one in report.played if not one.not_tried}
    assert {"as it is", *(world.name for world in GENERATED)} == tried


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_in_the_space_that_it_announces(form) -> None:
    """But for the one that goes beyond every bound."""
    of, space_of = FORMS[form]
    space = Box(-1.0, 1.0, (3,), np.float32)

    shown = of(space, np.array([0.5, -0.25, 1.0], np.float32))

    assert space_of(space).contains(shown) or form in ("with NaN", "at the edges")


def test_an_episode_ends_at_every_offset_of_a_call() -> None:
    """From 1 to 12 and after, in each of three ways."""
    lengths = {(length, *flags) for length, *flags in EVERY_END}
    flags = ((True, False), (False, True), (True, True))

    assert lengths >= {(k, *kind) for k in range(1, 14) for kind in flags}


def test_an_environment_that_ends_by_itself_can_be_overruled() -> None:
    """It is reset on the quiet, and goes on."""
    env = Ends(cart_pole(), [(100, False, True)], overrules=True)
    env.reset(seed=0)

    flags = [env.step(1)[2:4] for _ in range(100)]

    assert [(False, False)] * 99 + [(False, True)] == flags


def test_a_world_that_reuses_its_buffers_spoils_what_it_is_given() -> None:
    """Observation and info are the same objects; the action's array is written over."""
    env = Reuses(Anything(SPACES[6], Box(-1.0, 1.0, (1,))))
    first, told = env.reset(seed=0)
    action = np.zeros(1, np.float32)

    second, _, _, _, again = env.step(action)

    assert told is again
    assert first["a"] is second["a"]
    assert [77.0] == action.tolist()


@pytest.mark.parametrize(
    ("space", "action", "expected"),
    [
        (Discrete(3), np.array(7), 1),
        (Discrete(3, start=5), np.int64(6), 6),
        (Box(-1.0, 1.0, (2,), np.float32), np.array([np.nan, 9.0]), [0.0, 1.0]),
        (spaces.MultiBinary(2), "no", [0, 0]),
    ],
)
def test_what_an_environment_would_refuse_it_never_sees(space, action, expected) -> None:
    """What it sees depends on the action, whatever that is."""
    taken = tamed(space, action)

    assert space.contains(taken)
    assert np.array_equal(expected, taken)


def test_a_wrapper_that_fits_some_spaces_says_so_at_bind() -> None:
    """And is not tried elsewhere."""

    @attrs.frozen
    class Vectors(Wrapper[None]):
        def bind(self, below: Below):
            if below.observation_space.shape != (4,):
                raise BindError("Vectors needs vectors of length 4. Put it elsewhere.")
            return self

    report = assert_parity(cart_pole, Vectors(), original=gym.Wrapper, seeds=(0,))

    reasons = {one.world: one.not_tried for one in report.played if one.not_tried}
    assert "Vectors needs vectors of length 4. Put it elsewhere." in set(reasons.values())
    assert "observations as pictures" in reasons
    assert "observations in float64" not in reasons


def test_what_a_deployment_does_not_take_is_not_blamed_on_the_wrapper() -> None:
    """A reward that is no number: Gymnasium's loop does not look."""

    class NaN(Anything):
        def step(self, action):
            observation, _, *rest = super().step(action)
            return observation, float("nan"), *rest

    def make_env() -> gym.Env:
        return NaN(SPACES[0], SPACES[3])

    with pytest.raises(ParityError, match=r"cannot be taken in .* The reward is nan"):
        assert_parity(make_env, RepeatAction(1), generate=False)


def test_a_policy_that_works_in_place_cannot_be_deployed() -> None:
    """What it is shown there is read-only."""

    def careless(observation) -> int:
        observation *= 0
        return int(observation[0])

    with pytest.raises(ParityError, match=r"cannot be deployed: .* read-only"):
        assert_parity(cart_pole, TimeLimit(9), careless, generate=False)


def test_a_policy_keeps_its_memory_in_every_loop() -> None:
    """It is renewed with each episode, and shown the end."""

    @attrs.frozen
    class Turns(Policy[int]):
        def initial(self, key):
            return 0

        def decide(self, memory, timestep):
            return memory + 1, Act(memory % 2)

        def finish(self, memory, timestep):
            assert timestep.last
            return memory

    report = assert_parity(cart_pole, TimeLimit(25), Turns(), generate=False)

    assert 9 == report.episodes


def test_a_policy_that_does_not_fit_is_refused() -> None:
    """At once."""

    @attrs.frozen
    class Elsewhere(Policy[None]):
        def bind(self, below):
            raise BindError("Trained for a Box.")

        def decide(self, memory, timestep):
            raise AssertionError

    with pytest.raises(ParityError, match=r"does not fit the stack: Trained for a Box\."):
        assert_parity(cart_pole, TimeLimit(9), Elsewhere())


def test_an_argument_that_gymnasium_does_not_have_is_refused_unless_it_is_the_default() -> None:
    """A twin cannot be made of it."""

    @attrs.frozen
    class TimeLimit(Wrapper[None]):  # the name is Gymnasium's
        max_episode_steps: int
        grace: int = 0

    with pytest.raises(ParityError, match=r"the argument grace=2, which gymnasium.wrappers.TimeL"):
        assert_parity(cart_pole, TimeLimit(10**6, grace=2))
    assert assert_parity(cart_pole, TimeLimit(10**6), generate=False, seeds=(0,)).same


def test_gymnasiums_arguments_may_be_refused_here() -> None:
    """With this wrapper's words."""

    def wrapped(env: gym.Env) -> gym.Env:
        return theirs.RescaleAction(env, 0.0, 1.0)

    def make_env() -> gym.Env:
        return Anything(SPACES[0], Box(-1, 9, (1,), np.int64))

    with pytest.raises(ParityError, match="needs a Box of floats"):
        assert_parity(make_env, wrapped)


def test_a_frame_is_rendered_for_a_wrapper_that_needs_one() -> None:
    """In both loops."""

    @attrs.frozen
    class ShowsFrames(Wrapper[None]):
        needs = frozenset({"frame"})

        def on_state(self, memory, timestep):
            info = {**timestep.info, "pixels": int(timestep.frame.sum())}
            return memory, timestep.replace(info=info)

    class OldFrames(gym.Wrapper):
        def reset(self, **options):
            observation, info = self.env.reset(**options)
            return observation, {**info, "pixels": int(self.render().sum())}

        def step(self, action):
            *rest, info = self.env.step(action)
            return *rest, {**info, "pixels": int(self.render().sum())}

    class Seen(Anything):
        render_mode = "rgb_array"

        def render(self):
            return np.full((2, 2, 3), self.steps, np.uint8)

    def make_env() -> gym.Env:
        return Seen(SPACES[0], SPACES[3])

    assert assert_parity(make_env, ShowsFrames(), original=OldFrames, seeds=(0,)).same


def test_progress_is_told_before_each_trial() -> None:
    """How many are done, of how many, and what is next."""
    told: list[tuple[int, int, str]] = []

    Parity(cart_pole, ClipReward(0, 1), seeds=(3,)).hold(lambda *what: told.append(what))

    total = 1 + len(GENERATED)
    assert (0, total, "looking whether the environment repeats itself") == told[0]
    assert (0, total, "as it is, seed 3") == told[1]
    assert list(range(total)) == [done for done, _, _ in told[1:]]


def test_a_report_says_what_was_compared() -> None:
    """In figures, and as text."""
    stack = FrameStackObservation(2) | Skip(2)
    original = [None, lambda env: OldSkip(env, 2)]

    report = Parity(cart_pole, stack, original=original, generate=False, seeds=(1, 2)).hold()

    text = str(report)
    assert ("FrameStackObservation", "OldSkip") == report.original
    assert (1, 6, (1, 2)) == (report.worlds, report.episodes, report.seeds)
    assert "over      CartPoleEnv (CartPole-v1)" in text
    assert "loops     the original, statewrap pulled, statewrap pushed" in text
    assert f"No difference in 6 episodes, {report.steps} steps, 1 world." in text
    assert report.as_dict()["difference"] is None
