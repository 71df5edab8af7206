"""Models of Stable-Baselines3 as policies: real ones, and fakes with the same `predict`."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import (
    Below,
    BindError,
    ConfigurationError,
    Key,
    MissingExtraError,
    PolicyError,
    TimeStep,
    same,
)
from statewrap.deployment import Deployment
from statewrap.package import configuration
from statewrap.policies.sb3 import Mind, SB3Policy
from statewrap.wrappers import FrameStackObservation

KEY = Key.from_seed(3)
FLOATS = Box(-10.0, 10.0, (2,), np.float32)
STACKED = Box(-10.0, 10.0, (3, 2), np.float32)
IMAGE = Box(0, 255, (1, 8, 9), np.uint8)
FRAME = np.array([0.5, -1.0], np.float32)


class Fake:
    """A model whose action is a float32 (1,), and that records what it was asked."""

    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, observation_space=FLOATS) -> None:
        self.observation_space = observation_space
        self.asked: list[dict[str, Any]] = []

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        """Answer half of the first number, and write into what was given."""
        self.asked.append({"state": state, "start": episode_start, "best": deterministic})
        action = np.array([observation[0] / 2], np.float32)
        observation[:] = 99.0
        return action, state


class Counting(Fake):
    """A recurrent model: its hidden state counts the decisions of the episode."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        """Answer the count, and count on in the array that was given."""
        count = np.zeros((1, 1), np.float32) if state is None else state[0]
        count *= not episode_start
        count += 1
        return np.array([count[0, 0] / 100], np.float32), (count,)


class Slow(Fake):
    """A model that takes its time, and notes how many are inside with it."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.inside = 0, []

    def predict(self, *arguments, **options):
        """Answer after a while."""
        self.now += 1
        time.sleep(0.01)
        self.inside.append(self.now)
        self.now -= 1
        return super().predict(*arguments, **options)


class Exploring(Fake):
    """A model of DQN's kind."""

    exploration_rate = 0.05


def decided(policy: SB3Policy, observation: object, key: Key = KEY) -> Any:
    """Ask a policy for its action at an episode's start."""
    return policy.decide(policy.initial(key), TimeStep(observation, first=True))[1].action


def test_a_model_may_write_into_the_observation_it_is_given() -> None:
    """It is given a copy: the stack's array, which is read-only, stays as it was."""
    frame = FRAME.copy()
    frame.setflags(write=False)

    action = decided(SB3Policy(Fake()), frame)

    assert same(np.array([0.25], np.float32), action)
    assert same(FRAME, frame)


def test_an_episodes_start_is_told_and_nothing_is_remembered_from_before() -> None:
    """`episode_start` is True on a first time step alone, and the state is None there."""
    model = Counting()
    deployment = Deployment(SB3Policy(model), sinks=())

    actions = [deployment.reset(FRAME)]
    actions += [deployment.act(FRAME, 0.0) for _ in range(2)]
    deployment.act(FRAME, 0.0, terminated=True)
    actions += [deployment.act(FRAME), deployment.act(FRAME, 0.0)]

    assert [1, 2, 3, 1, 2] == [round(float(action[0]) * 100) for action in actions]


def test_a_hidden_state_is_part_of_the_snapshot() -> None:
    """A deployment restored in mid-episode goes on with the recurrent state it had."""
    deployment = Deployment(SB3Policy(Counting()), sinks=())
    deployment.reset(FRAME)
    deployment.act(FRAME, 0.0)
    restored = Deployment(SB3Policy(Counting()), sinks=())
    restored.restore(deployment.snapshot())

    assert same(deployment.act(FRAME, 0.0), restored.act(FRAME, 0.0))


def test_a_hidden_state_cannot_be_changed_by_the_model_afterwards() -> None:
    """The memory holds copies, read-only; the model is given writable ones."""
    policy = SB3Policy(Counting())

    memory, _ = policy.decide(policy.initial(KEY), TimeStep(FRAME, first=True))

    assert memory == Mind((np.ones((1, 1), np.float32),), KEY)
    assert memory.state is not None
    assert not memory.state[0].flags.writeable


def test_says_whether_an_episode_starts_and_the_best_action_is_wanted() -> None:
    """`episode_start` is a vector of one, as `predict` wants it; `deterministic` is handed on."""
    model = Fake()
    deployment = Deployment(SB3Policy(model), sinks=())

    deployment.reset(FRAME)
    deployment.act(FRAME, 0.0)

    expected = [
        {"state": None, "start": np.array([first]), "best": True} for first in (True, False)
    ]
    assert same(expected, model.asked)


def test_refuses_to_explore_by_generators_that_no_memory_holds() -> None:
    """DQN draws from numpy's global generator and from the space's."""
    with pytest.raises(ValueError, match="A Exploring explores by generators of its own"):
        SB3Policy(Exploring(), deterministic=False)


def test_what_predicts_nothing_is_no_model() -> None:
    """A path, say; the error shows how a file is read."""
    with pytest.raises(TypeError, match=r"has no predict.*SB3Policy\.load\("):
        SB3Policy("model.zip")


@pytest.mark.parametrize(
    ("space", "observation", "message"),
    [
        (STACKED, FRAME, r"observation has shape \(2,\), expected \(3, 2\)"),
        (FLOATS, np.zeros((3, 2), np.float32), r"has shape \(3, 2\), expected \(2,\)"),
        (FLOATS, np.zeros(2, np.uint8), "has dtype uint8, expected float32"),
        (IMAGE, np.zeros((8, 9), np.uint8), r"has shape \(8, 9\), expected \(1, 8, 9\)"),
        (Dict(x=FLOATS), FRAME, "observation is a ndarray, expected a dict"),
        (Dict(x=FLOATS), {"y": FRAME}, r"has the keys \['y'\], expected \['x'\]"),
        (Dict(x=STACKED), {"x": FRAME}, r"observation\['x'\] has shape \(2,\)"),
        (Discrete(3), 3, "observation is int 3, which is not in"),
    ],
)
def test_refuses_an_observation_that_is_not_of_its_training(space, observation, message) -> None:
    """A raw one for a model that saw stacks, and a stack that would pass for a batch."""
    with pytest.raises(ValueError, match=message):
        decided(SB3Policy(Fake(space)), observation)


def test_a_refused_observation_names_the_stack_as_the_cure() -> None:
    """In a deployment it arrives as a PolicyError, and nothing has happened."""
    deployment = Deployment(SB3Policy(Fake(STACKED)), sinks=())

    with pytest.raises(PolicyError, match=r"Give it the stack of its training.*Nothing was"):
        deployment.reset(FRAME)

    assert deployment.step == 0


@pytest.mark.parametrize("shape", [(1, 8, 9), (8, 9, 1)])
def test_an_image_may_have_its_channels_first_or_last(shape) -> None:
    """Stable-Baselines3 turns it round itself."""
    policy = SB3Policy(Fake(IMAGE))

    bound = policy.bind(Below(observation_space=Box(0, 255, shape, np.uint8)))

    assert policy == bound
    assert decided(policy, np.zeros(shape, np.uint8)) is not None


@pytest.mark.parametrize(
    ("below", "message"),
    [
        (Below(observation_space=STACKED), r"the shape \(3, 2\), which was \(2,\)"),
        (
            Below(observation_space=Box(-1.0, 2.0, (2,))),
            r"the bounds \[-1.0, 2.0\] in component 0 \(and 1 more",
        ),
        (Below(observation_space=Box(-10, 10, (2,), np.int64)), "the dtype int64, which was"),
        (Below(observation_space=Dict(x=FLOATS)), "is Dict.* which was Box"),
        (Below(action_space=Discrete(2)), r"action space is Discrete\(2\), which was Box"),
    ],
)
def test_bind_refuses_another_space_than_that_of_training(below, message) -> None:
    """Bounds count: normalised observations have none, which tells them from raw ones."""
    with pytest.raises(BindError, match=f"^The .*{message}.* in training, so <SB3Policy"):
        SB3Policy(Fake()).bind(below)


@pytest.mark.parametrize(
    "other", [Box(-2.0, 1.0, (300,)), Dict({f"a long name {i}": FLOATS for i in range(99)})]
)
def test_what_bind_says_is_short(other) -> None:
    """However large the spaces are."""
    with pytest.raises(BindError) as told:
        SB3Policy(Fake(Box(-1.0, 1.0, (300,)))).bind(Below(observation_space=other))

    assert len(str(told.value)) < 500


def test_the_bounds_of_a_picture_are_one_pair() -> None:
    """Of another width of integers as well; they are in no component."""
    policy = SB3Policy(Fake(IMAGE))

    assert policy.bind(Below(observation_space=Box(0, 255, IMAGE.shape, np.uint16)))
    with pytest.raises(BindError, match=r"the bounds \[0.0, 9.0\], which were \[0.0, 255.0\]"):
        policy.bind(Below(observation_space=Box(0, 9, IMAGE.shape, np.uint8)))


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (Dict(y=FLOATS), r"observation space has the keys \['y'\], which were \['x'\]"),
        (Dict(x=STACKED), r"observation space\['x'\] has the shape"),
    ],
)
def test_bind_looks_into_a_dict(known, message) -> None:
    """Keys first, then each part."""
    with pytest.raises(BindError, match=message):
        SB3Policy(Fake(Dict(x=FLOATS))).bind(Below(observation_space=known))


@pytest.mark.parametrize(
    "below",
    [
        Below(),
        Below(FLOATS, Fake.action_space),
        Below(Box(-10.0, 10.0, (2,), np.float64)),
    ],
)
def test_bind_accepts_what_is_unknown_or_equal_but_for_the_width_of_floats(below) -> None:
    """A host with float64 sensors is no other world."""
    policy = SB3Policy(Fake())

    assert policy == policy.bind(below)


def test_the_bounds_of_what_is_clipped_are_not_compared() -> None:
    """VecNormalize announces the raw ones, VecFrameStack those of a frame in another order."""
    raw = Box(np.float32([-4.0, -np.inf]), np.float32([4.0, np.inf]))
    policy = SB3Policy(Fake(raw))

    assert policy.bind(Below(observation_space=Box(-10.0, 10.0, (2,), np.float32)))
    swapped = Box(np.float32([-np.inf, -4.0]), np.float32([np.inf, 4.0]))
    assert policy.bind(Below(observation_space=swapped))
    for other in (Box(-np.inf, np.inf, (2,), np.float32), Box(-10.0, 9.0, (2,), np.float32)):
        with pytest.raises(BindError, match="the bounds"):
            policy.bind(Below(observation_space=other))


def test_the_bounds_of_actions_are_always_compared() -> None:
    """A RescaleAction that was forgotten leaves such a pair."""
    with pytest.raises(BindError, match="action space has the bounds"):
        SB3Policy(Fake()).bind(Below(action_space=Box(-2.0, 2.0, (1,), np.float32)))


def test_prints_the_algorithm_and_not_its_weights() -> None:
    """Errors name the policy."""
    assert "<SB3Policy Fake, deterministic=True>" == repr(SB3Policy(Fake()))


@pytest.mark.parametrize("package", ["stable_baselines3", "torch"])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, package) -> None:
    """Reading a file needs Stable-Baselines3, and drawing needs torch."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError, match=rf"'{package.replace('_', '-')}'.*statewrap\[sb3"):
        if package == "torch":
            decided(SB3Policy(Fake(), deterministic=False), FRAME)
        else:
            SB3Policy.load("model.zip", "PPO")


# With the real library


@pytest.fixture(scope="module")
def models():
    """Return Stable-Baselines3, on one thread."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return pytest.importorskip("stable_baselines3")


@pytest.fixture
def model(models):
    """Return an untrained PPO for CartPole, whose actions hang on the observation."""
    return models.PPO("MlpPolicy", "CartPole-v1", seed=0, device="cpu")


def observations(count: int) -> list[Any]:
    """Draw observations as CartPole could show them."""
    generator = np.random.default_rng(1)
    return list(generator.normal(size=(count, 4)).astype(np.float32))


def test_answers_what_the_model_predicts(model) -> None:
    """Numbers for a Discrete space are numpy scalars, as Gymnasium's spaces take them."""
    policy = SB3Policy(model)

    actions = [decided(policy, observation) for observation in observations(20)]

    expected = [model.predict(o, deterministic=True)[0][()] for o in observations(20)]
    assert len(set(actions)) == 2
    assert same(expected, actions)


def test_the_same_memory_draws_the_same_action(model) -> None:
    """And another key another one, now and then; torch's own generator is left as it was."""
    import torch  # noqa: PLC0415 - an extra

    policy = SB3Policy(model, deterministic=False)
    before = torch.random.get_rng_state()

    once, again = ([decided(policy, o, Key.from_seed(i)) for i in range(20)] for o in 2 * [FOUR])

    assert once == again
    assert len(set(once)) == 2
    assert torch.equal(before, torch.random.get_rng_state())


FOUR = np.zeros(4, np.float32)


def test_two_sessions_never_draw_at_once(models) -> None:
    """Torch has one generator for all threads: who borrows it is alone."""
    model = Slow()
    policy = SB3Policy(model, deterministic=False)
    threads = [threading.Thread(target=decided, args=(policy, FRAME)) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1, 1, 1] == model.inside


def test_draws_go_on_from_step_to_step(model) -> None:
    """The memory's key moves: the same observation does not always give the same action."""
    deployment = Deployment(SB3Policy(model, deterministic=False), seed=0, sinks=())

    actions = [deployment.reset(FOUR), *(deployment.act(FOUR, 0.0) for _ in range(20))]

    assert len(set(actions)) == 2


def test_a_file_is_read_back_as_the_same_policy(model, tmp_path) -> None:
    """A stack of other observations is then refused by its spaces, before any episode."""
    model.save(tmp_path / "model.zip")

    policy = SB3Policy.load(tmp_path / "model.zip", "PPO")

    assert decided(policy, FOUR) == decided(SB3Policy(model), FOUR)
    stacked = FrameStackObservation(2).bind(Below(model.observation_space))
    with pytest.raises(BindError, match=r"shape \(2, 4\), which was \(4,\)"):
        policy.bind(stacked.above(Below(model.observation_space)))


def test_a_trusted_configuration_may_name_a_file(model, tmp_path) -> None:
    """Such a file runs code when it is read, so a document that is not trusted names none."""
    model.save(tmp_path / "model.zip")
    load = "statewrap.policies.sb3:SB3Policy.load"
    document = {"policy": {"type": load, "file": "model.zip", "algorithm": "PPO"}}

    built = configuration.build(document, base=tmp_path, trust=True)

    assert isinstance(built.policy, SB3Policy)
    with pytest.raises(ConfigurationError, match="would be imported"):
        configuration.build(document, base=tmp_path)


def test_an_unknown_algorithm_names_the_nearest(models) -> None:
    """The names are those of the library's classes."""
    with pytest.raises(ConfigurationError, match=r"no algorithm 'PP0'; did you mean 'PPO'\?"):
        SB3Policy.load("model.zip", "PP0")


class TwoSensors(gymnasium.Env[Any, Any]):
    """An environment with a Dict of observations, enough to make a model for."""

    observation_space = Dict(arm=FLOATS, eye=Box(0, 255, (3, 36, 36), np.uint8))
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        """Show anything."""
        return self.observation_space.sample(), {}


def test_a_dict_of_observations_is_taken(models) -> None:
    """As a MultiInputPolicy wants it; the dict is left as it was."""
    settings = {"features_extractor_kwargs": {"cnn_output_dim": 4}}
    model = models.PPO("MultiInputPolicy", TwoSensors(), policy_kwargs=settings, seed=0)
    observation = {"arm": FRAME, "eye": np.full((3, 36, 36), 7, np.uint8)}

    action = decided(SB3Policy(model), observation)

    assert same(model.predict(observation, deterministic=True)[0], action)
    assert same({"arm": FRAME, "eye": np.full((3, 36, 36), 7, np.uint8)}, observation)


def test_a_recurrent_model_answers_as_in_its_own_loop() -> None:
    """Against the loop of sb3-contrib's manual, over two episodes."""
    contrib = pytest.importorskip("sb3_contrib")
    model = contrib.RecurrentPPO("MlpLstmPolicy", "CartPole-v1", seed=0, device="cpu")
    deployment = Deployment(SB3Policy(model), sinks=())
    expected, actual, state = [], [], None
    for number, observation in enumerate(observations(40)):
        start, last = number in (0, 20), number == 19
        given = (observation,) if start else (observation, 0.0, last)
        actual.append(deployment.act(*given))
        action, state = model.predict(
            observation, state=state, episode_start=np.array([start]), deterministic=True
        )
        expected.append(None if last else action[()])

    assert same(expected, actual)
