"""VecNormalize, against Stable-Baselines3's over a DummyVecEnv of one."""

import math
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from numpy import array
from stable_baselines3.common.vec_env import DummyVecEnv
from stable_baselines3.common.vec_env import VecNormalize as Theirs

from statewrap.core.errors import BindError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below, Stack
from statewrap.package.configuration import build
from statewrap.testing.dialogue import play
from statewrap.wrappers.normalize_observation import Moments
from statewrap.wrappers.vec_normalize import Running, VecNormalize
from tests.wrappers.scripted import pick, push, scripted
from tests.wrappers.twins import make
from tests.wrappers.vec_envs import both, numbers, shown_by_sb3, shown_by_statewrap, without_ends

PICTURE = Box(0, 255, (6, 7, 3), np.uint8)
PARTS = Dict(a=Box(-3, 3, (2,), np.float32), b=PICTURE, c=Discrete(4), d=Box(-1, 1, (), np.float64))
LINE = Below(Box(-9.0, 9.0, (1,)))
LENGTHS = (5, 1, 7)


def six_torques(generator):
    """Draw an action for HalfCheetah."""
    return generator.uniform(-1, 1, 6).astype(np.float32)


ENVS = {
    "CartPole": (lambda: make("CartPole-v1"), pick),
    "Pendulum": (lambda: make("Pendulum-v1", max_episode_steps=40), push),
    "HalfCheetah": (lambda: make("HalfCheetah-v5", max_episode_steps=40), six_torques),
    "pictures": (lambda: scripted(PICTURE, LENGTHS), pick),
    "float64": (lambda: scripted(Box(-9, 9, (3, 2), np.float64), LENGTHS), pick),
    "a number": (lambda: scripted(Box(-9, 9, (), np.float32), LENGTHS), pick),
    "integers": (lambda: scripted(Box(-9, 9, (2,), np.int64), LENGTHS), pick),
    "large float32 rewards": (
        lambda: scripted(LINE.observation_space, LENGTHS, reward=lambda r: np.float32(99 * r)),
        pick,
    ),
}
SETTINGS = [
    {},
    {"clip_obs": 0.5, "clip_reward": 0.3, "gamma": 0.5, "epsilon": 1e-2},
    {"norm_reward": False},
    {"norm_obs": False},
]


def trained(new, draw, **settings):
    """Return one of theirs that has learned over two episodes."""
    theirs = Theirs(DummyVecEnv([new]), **settings)
    shown_by_sb3(theirs, numbers(draw, 8), 2)
    return theirs


def again(theirs, venv, *, training):
    """Put a copy of one of theirs around another environment."""
    twin = pickle.loads(pickle.dumps(theirs))  # noqa: S301 - a copy of our own
    twin.set_venv(venv)
    twin.training = training
    return twin


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", ENVS)
def test_learns_as_stable_baselines3_learns(name, settings) -> None:
    """Bit for bit what the policy decides on; an end's observation is told otherwise."""
    new, draw = ENVS[name]

    told, found = both(
        VecNormalize(mode="learn", **settings), lambda venv: Theirs(venv, **settings), new, draw
    )

    assert difference(without_ends(told[0]), without_ends(found[0])) is None
    assert difference(told[1], found[1]) is None


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", ENVS)
def test_puts_to_use_what_stable_baselines3_learned(name, settings) -> None:
    """Bit for bit, ends included."""
    new, draw = ENVS[name]
    theirs = trained(new, draw, **settings)

    told, found = both(
        VecNormalize.from_sb3(theirs),
        lambda venv: again(theirs, venv, training=False),
        new,
        draw,
    )

    assert difference(told, found) is None


@pytest.mark.parametrize("name", ["Pendulum", "pictures"])
def test_goes_on_learning_where_stable_baselines3_stopped(name) -> None:
    """The discounted return begins anew, as when theirs is loaded."""
    new, draw = ENVS[name]
    theirs = trained(new, draw)

    told, found = both(
        VecNormalize.from_sb3(theirs, mode="learn"),
        lambda venv: again(theirs, venv, training=True),
        new,
        draw,
    )

    assert difference(without_ends(told[0]), without_ends(found[0])) is None


@pytest.mark.parametrize("name", ENVS)
def test_knows_afterwards_what_stable_baselines3_knows(name) -> None:
    """Means, variances, counts and the return."""
    new, draw = ENVS[name]
    theirs = Theirs(DummyVecEnv([new]))
    shown_by_sb3(theirs, numbers(draw), 3)

    _, memory = shown_by_statewrap(new(), VecNormalize(mode="learn"), numbers(draw), 3)

    (running,) = memory.wrappers
    for ours, known in [(running.obs_rms, theirs.obs_rms), (running.ret_rms, theirs.ret_rms)]:
        assert np.array_equal(known.mean, ours.mean)
        assert np.array_equal(known.var, ours.var)
        assert known.count == ours.count
    assert [running.returns] == theirs.returns.tolist()


class Apart(gym.Wrapper):
    """Has a space of its own: theirs writes into the one that it is given."""

    def __init__(self, env) -> None:
        super().__init__(env)
        self.observation_space = Dict(dict(env.observation_space.spaces))
        self.actions = env.actions


@pytest.mark.parametrize("keys", [["a", "b"], ["d"], ["a", "b", "d"]])
def test_normalizes_the_parts_of_a_dict_that_are_named(keys) -> None:
    """And leaves the others alone; the moments are put to use as well."""

    def new():
        return Apart(scripted(PARTS, LENGTHS))

    ours = VecNormalize(mode="learn", norm_obs_keys=keys)
    told, found = both(ours, lambda venv: Theirs(venv, norm_obs_keys=keys), new, pick)
    theirs = trained(new, pick, norm_obs_keys=keys)
    told2, found2 = both(
        VecNormalize.from_sb3(theirs), lambda v: again(theirs, v, training=False), new, pick
    )

    assert difference(without_ends(told[0]), without_ends(found[0])) is None
    assert difference(without_ends(told2[0]), without_ends(found2[0])) is None


def test_normalizes_every_part_if_none_is_named() -> None:
    """All must be Boxes then."""
    boxes = Dict({key: PARTS[key] for key in "abd"})

    def new():
        return Apart(scripted(boxes, LENGTHS))

    told, found = both(VecNormalize(mode="learn"), Theirs, new, pick)

    assert difference(without_ends(told[0]), without_ends(found[0])) is None
    with pytest.raises(BindError, match=r"only supports `gym.spaces.Box`.*'c'"):
        VecNormalize(mode="learn").bind(Below(PARTS))


def line(value, **fields):
    """Return a time step that shows one number."""
    return TimeStep(np.float32([value]), **fields)


def test_counts_an_opening_and_not_an_end() -> None:
    """So many observations and rewards are counted, plus the 1e-4 that counting starts from."""
    stack = Stack(VecNormalize(mode="learn")).bind(LINE)
    memory, counts = stack.initial(Key(0, 0)), []
    messages = [line(1, first=True), Act(0), line(2), Act(0), line(3, truncated=True)]
    for message in messages:
        memory, _ = stack.route(memory, message)
        running = memory.wrappers[0]
        counts.append((round(running.obs_rms.count), round(running.ret_rms.count)))

    assert [(1, 0), (1, 0), (2, 1), (2, 1), (2, 2)] == counts


def test_an_episodes_return_is_its_own() -> None:
    """Also of one that was given up."""
    stack = Stack(VecNormalize(mode="learn", gamma=0.5)).bind(LINE)
    memory, returns = stack.initial(Key(0, 0)), []
    for message in [
        line(1, first=True),
        line(1, reward=8.0),
        line(1, reward=1.0),
        line(1, first=True),
    ]:
        memory, _ = stack.route(memory, message)
        returns.append(memory.wrappers[0].returns)

    assert [0.0, 8.0, 5.0, 0.0] == returns


def known(mean=1.0, var=4.0, ret_var=0.25):
    """Return statistics of one number."""
    return Running(Moments(array([mean]), array([var]), 9.0), Moments(0.0, ret_var, 9.0))


def test_shows_numbers_between_the_clips() -> None:
    """Observations and rewards, in float32."""
    normalize = VecNormalize(statistics=known(), clip_obs=1.5, clip_reward=3.0)

    def shown(value, reward):
        reply = play(normalize, line(0, first=True), Act(0), line(value, reward=reward), below=LINE)
        return reply[-1].observation.tolist(), float(reply[-1].reward)

    assert ([1.0], 2.0) == shown(3, 1.0)
    assert ([1.5], 3.0) == shown(99, 7.0)
    assert ([-1.5], -3.0) == shown(-99, -7.0)


def test_nan_stays_nan() -> None:
    """It is not hidden by a clip."""
    reply = play(
        VecNormalize(statistics=known()),
        line(0, first=True),
        Act(0),
        line(math.nan, reward=math.nan),
        below=LINE,
    )[-1]

    assert np.isnan(reply.observation).all()
    assert np.isnan(reply.reward)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_ruins_the_same_as_in_stable_baselines3(value) -> None:
    """For ever after."""

    def new():
        return scripted(
            Box(-9, 9, (2,), np.float32),
            (3,),
            present=lambda o: np.where(o > 5, np.float32(value), o),
            reward=lambda r: value if r > 1 else r,
        )

    with np.errstate(all="ignore"):
        told, found = both(VecNormalize(mode="learn"), Theirs, new, pick)

    assert difference(without_ends(told[0]), without_ends(found[0])) is None


def test_an_opening_has_no_reward_to_scale() -> None:
    """It is shown as it is."""
    reward = play(VecNormalize(statistics=known()), line(0, first=True), below=LINE)[0].reward

    assert 0.0 == reward
    assert float is type(reward)


def test_what_another_session_learned_is_put_to_use() -> None:
    """Its memory is given as it is."""
    new, draw = ENVS["Pendulum"]
    _, memory = shown_by_statewrap(new(), VecNormalize(mode="learn"), numbers(draw), 2)
    (running,) = memory.wrappers

    frozen = VecNormalize(statistics=running)

    assert difference(running.obs_rms, frozen.statistics.obs_rms) is None
    assert running.ret_rms == frozen.statistics.ret_rms
    assert 0.0 == frozen.statistics.returns


def test_a_saved_file_is_read_as_the_object(tmp_path) -> None:
    """Settings and statistics, with no need of Stable-Baselines3."""
    new, draw = ENVS["CartPole"]
    theirs = trained(new, draw, clip_obs=3.0, gamma=0.9, norm_reward=False)
    file = tmp_path / "vec_normalize.pkl"
    theirs.save(str(file))

    ours = VecNormalize.from_pickle(file.read_bytes())

    assert VecNormalize.from_sb3(theirs) == ours
    assert (3.0, 0.9, False, "frozen") == (ours.clip_obs, ours.gamma, ours.norm_reward, ours.mode)
    assert "learn" == VecNormalize.from_pickle(file.read_bytes(), mode="learn").mode


def test_statistics_are_copied() -> None:
    """Theirs goes on learning by itself."""
    new, draw = ENVS["CartPole"]
    theirs = trained(new, draw)
    theirs.obs_rms.mean = before = theirs.obs_rms.mean.copy()
    ours = VecNormalize.from_sb3(theirs)

    before += 1

    assert not np.array_equal(before, ours.statistics.obs_rms.mean)


@pytest.mark.parametrize(
    "wrapper",
    [
        VecNormalize(mode="learn"),
        VecNormalize(statistics=known(), clip_obs=2.5, norm_obs_keys=["a"]),
        VecNormalize(statistics={"obs_rms": {"a": known().obs_rms}, "ret_rms": known().ret_rms}),
        VecNormalize(norm_obs=False, norm_reward=False),
    ],
    ids=lambda wrapper: wrapper.mode,
)
def test_its_repr_makes_it_again(wrapper) -> None:
    """To the last bit."""
    assert wrapper == eval(repr(wrapper))  # noqa: S307 - our own


def test_a_document_describes_it() -> None:
    """Statistics are tables, of which Stable-Baselines3's names are the keys."""
    obs_rms, ret_rms = {"mean": [1.0], "var": [4.0], "count": 9.0}, {"mean": 0.0, "var": 0.25}
    table = {
        "type": "VecNormalize",
        "norm_obs_keys": ["a"],
        "statistics": {"obs_rms": {"a": obs_rms}, "ret_rms": {**ret_rms, "count": 9.0}},
    }

    (made,) = build({"wrappers": [table]}).stack

    statistics = Running({"a": known().obs_rms}, known().ret_rms)
    assert VecNormalize(norm_obs_keys=["a"], statistics=statistics) == made


def test_announces_where_its_numbers_lie() -> None:
    """Theirs announces that of pictures alone."""
    below = Below(Dict(a=PARTS["a"], c=PARTS["c"]), Discrete(2))

    above = VecNormalize(mode="learn", clip_obs=3, norm_obs_keys=("a",)).bind(below).above(below)

    assert Dict(a=Box(-3, 3, (2,), np.float32), c=Discrete(4)) == above.observation_space
    assert Discrete(2) == above.action_space
    left = VecNormalize(mode="learn", norm_obs=False)
    assert below == left.bind(below).above(below)
    assert Below() == left.bind(Below()).above(Below())


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({}, ValueError, "no statistics to normalise with"),
        ({"statistics": Running(None, known().ret_rms)}, ValueError, "no statistics"),
        ({"mode": "train"}, ValueError, "mode"),
        ({"mode": "learn", "clip_obs": 0}, ValueError, "clip_obs is 0, expected a number above 0"),
        ({"mode": "learn", "clip_reward": -1}, ValueError, "clip_reward is -1"),
        ({"mode": "learn", "epsilon": 0}, ValueError, "epsilon is 0"),
        ({"mode": "learn", "norm_obs_keys": "abc"}, TypeError, r"expected a list: \['abc'\]"),
        ({"statistics": 7}, TypeError, "expected a VecNormalize"),
        ({"statistics": {"obs_rms": 7}}, TypeError, "obs_rms is 7"),
        ({"statistics": {"obs_rms": {"a": 7}}}, TypeError, r"obs_rms\['a'\] is 7"),
        ({"statistics": known(var=-1.0)}, ValueError, "obs_rms cannot be used"),
        ({"statistics": known(mean=np.nan)}, ValueError, "obs_rms cannot be used"),
        ({"statistics": known(ret_var=np.inf)}, ValueError, "ret_rms cannot be used"),
    ],
    ids=str,
)
def test_refuses_what_is_of_no_use(arguments, kind, words) -> None:
    """At once, and says what to give."""
    with pytest.raises(kind, match=words):
        VecNormalize(**arguments)


@pytest.mark.parametrize(
    ("wrapper", "space", "words"),
    [
        (VecNormalize(mode="learn"), Discrete(3), "only supports `gym.spaces.Box` and"),
        (VecNormalize(mode="learn", norm_obs_keys=["a"]), PICTURE, "applicable only with"),
        (VecNormalize(mode="learn", norm_obs_keys=["z"]), PARTS, "'z' is of type None"),
        (VecNormalize(statistics=known()), PICTURE, r"statistics of shape \(1,\)"),
        (VecNormalize(statistics=known(), norm_obs_keys=["a"]), PARTS, "of another kind"),
        (
            VecNormalize(statistics=Running({"a": known().obs_rms}, known().ret_rms)),
            LINE.observation_space,
            "of another kind",
        ),
        (
            VecNormalize(
                statistics=Running({"a": known().obs_rms}, known().ret_rms), norm_obs_keys=["d"]
            ),
            PARTS,
            "say nothing of",
        ),
        (VecNormalize(mode="learn"), None, "needs the observation_space"),
    ],
    ids=str,
)
def test_refuses_what_it_cannot_be_bound_to(wrapper, space, words) -> None:
    """Before anything is shown."""
    with pytest.raises(BindError, match=words):
        wrapper.bind(Below(space))


def test_what_is_no_vec_normalize_is_said_to_be_none() -> None:
    """By the first thing that it lacks."""
    with pytest.raises(TypeError, match="has no norm_obs, so it is no VecNormalize"):
        VecNormalize.from_sb3(known())


def test_learning_is_declared() -> None:
    """The moments outlive an episode, where they are learned."""
    learns, frozen = VecNormalize(mode="learn"), VecNormalize(statistics=known())

    assert frozenset({"obs_rms", "ret_rms"}) == learns.keeps
    assert learns.learns
    assert not frozen.keeps
    assert not frozen.learns
