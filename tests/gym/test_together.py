"""Which layers have to share a bridge: those that would do otherwise behind a border."""

from __future__ import annotations

import contextlib
import random
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.wrappers import ClipReward, DelayObservation, FrameStackObservation, TimeLimit

from statewrap import Below, Deployment
from statewrap.core.errors import ConfigurationError
from statewrap.core.same import difference
from statewrap.gym import Bridge, explain, from_env, from_spec
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.rehearsal import Border, Stage
from tests.gym.sharing import (
    SPACE,
    Buffers,
    Calls,
    Deciding,
    Fetches,
    FetchesByClass,
    FetchesByName,
    FetchesFromTheOneAfterNext,
    FetchesIfThere,
    FetchesLate,
    HalvesAction,
    IsCalled,
    KeepsActions,
    KeepsOptions,
    KeepsRewards,
    KeepsThree,
    OneActionBuffer,
    OneReward,
    Opens,
    PaysForAction,
    Plant,
    SetsAttribute,
    SetsByName,
    ShowsBuffer,
    StepsPast,
    StepsPastInStep,
    StepsTheBareOne,
    TwoSteps,
    answered,
    both,
    played_on,
)


def limit(env: gym.Env) -> gym.Env:
    """Put a twin between that passes on the very objects."""
    return TimeLimit(env, 99)


SHARING = {
    "a buffer is kept": lambda env: KeepsThree(limit(ShowsBuffer(env))),
    "past two twins": lambda env: KeepsThree(limit(ClipReward(ShowsBuffer(env), 0, 1))),
    "a twin keeps it": lambda env: FrameStackObservation(ShowsBuffer(env), 3),
    "a twin keeps it, past another": lambda env: FrameStackObservation(limit(ShowsBuffer(env)), 3),
    "a twin shows it late": lambda env: DelayObservation(ShowsBuffer(env), 2),
    "a call holds it": lambda env: TwoSteps(limit(ShowsBuffer(env))),
    "an action is kept": lambda env: OneActionBuffer(limit(KeepsActions(env))),
    "an action is changed": lambda env: PaysForAction(limit(HalvesAction(env))),
    "a reward is kept": lambda env: KeepsRewards(limit(OneReward(env))),
    "options are kept": lambda env: Opens(limit(KeepsOptions(env))),
}
LOOKING = {
    "fetched": lambda env: Fetches(Buffers(env)),
    "fetched by name": lambda env: FetchesByName(limit(Buffers(env))),
    "fetched from the second": lambda env: FetchesFromTheOneAfterNext(limit(Buffers(env))),
    "fetched if there": lambda env: FetchesIfThere(Buffers(env)),
    "fetched if there, over a limit": lambda env: FetchesIfThere(Buffers(limit(env))),
    "fetched by class": lambda env: FetchesByClass(limit(Buffers(env))),
    "fetched late": lambda env: FetchesLate(limit(Buffers(env))),
    "an attribute is set": lambda env: SetsAttribute(Buffers(limit(env))),
    "an attribute is set by name": lambda env: SetsByName(limit(Buffers(env))),
    "stepped past": lambda env: StepsPast(TimeLimit(env, 7)),
    "stepped past, found anew": lambda env: StepsPastInStep(TimeLimit(env, 7)),
    "stepped at the bottom": lambda env: StepsTheBareOne(TimeLimit(env, 7)),
    "called back": lambda env: IsCalled(Calls(env)),
}


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("wrap", [*SHARING.values(), *LOOKING.values()], ids=[*SHARING, *LOOKING])
def test_layers_that_share_objects_do_as_in_gymnasiums_own_loop(wrap, before):
    """Bit for bit: what is kept is what the other one goes on writing into."""
    expected, shown, _ = both(wrap, before, more=45)

    assert difference(expected, shown) is None


@pytest.mark.parametrize("wrap", SHARING.values(), ids=SHARING)
def test_layers_that_share_objects_are_in_one_bridge_with_all_between(wrap):
    """Twins included, as Gymnasium's originals; and it is said why."""
    rows = explain(wrap(Plant())).rows[1:]

    (bridge,) = [row.wrapper for row in rows if row.wrapper]
    assert bridge.count(",") == len(rows) - 1
    assert all("in the bridge of" in row.note for row in rows[:-1])


def test_explain_says_what_is_shared():
    """In words."""
    *_, shows, _, keeps = explain(KeepsThree(limit(ShowsBuffer(Plant())))).rows
    *_, steps = explain(StepsPastInStep(TimeLimit(Plant(), 7))).rows
    *_, pays = explain(PaysForAction(limit(HalvesAction(Plant())))).rows

    assert "an observation that is shown is changed later" in shows.note
    assert "in one bridge with ShowsBuffer, TimeLimit, for an observation" in keeps.note
    assert "StepsPastInStep calls past TimeLimit" in steps.note
    assert "an action that is handed down is changed later" in pays.note


APART = {
    "a copy is kept": lambda env: KeepsThree(limit(KeepsThree(env))),
    "a twin copies it": lambda env: theirs.MaxAndSkipObservation(ShowsBuffer(env), 2),
    "nothing is kept": lambda env: TwoSteps(limit(Buffers(env))),
}


@pytest.mark.parametrize("wrap", APART.values(), ids=APART)
def test_layers_that_share_nothing_stay_apart(wrap):
    """What is made anew may be copied as well."""
    expected, shown, stack = both(wrap)

    assert difference(expected, shown) is None
    assert {"TimeLimit", "MaxAndSkipObservation"} & {type(one).__name__ for one in stack}


def test_what_cannot_be_in_the_bridge_that_it_has_to_be_in_is_refused():
    """With both reasons."""

    class Held(KeepsThree):
        def __init__(self, env):
            super().__init__(env)
            self.numbers = (n for n in range(9))

    def refused(env):
        return Held(limit(ShowsBuffer(env)))

    with pytest.raises(ConfigurationError, match="running generator"):
        from_env(refused(Plant()))


def test_the_layers_see_nothing_of_the_trial():
    """Copies are played."""
    env = KeepsThree(limit(ShowsBuffer(Plant())))
    env.reset(seed=0)
    env.step(np.ones(2))
    before = env.unwrapped.time, len(env.kept), env.env.env.buffer.tolist(), vars(env.env).copy()

    from_env(env)

    after = env.unwrapped.time, len(env.kept), env.env.env.buffer.tolist(), vars(env.env)
    assert (1, 2, [1.0, 2.0]) == before[:3] == after[:3]
    assert before[3] == after[3]


# -- what a layer does outside ---------------------------------------------------------------------


class Appends(gym.Wrapper):
    """Writes a line at each step."""

    def __init__(self, env, path):
        super().__init__(env)
        self.path = path

    def step(self, action):
        """Write it."""
        with open(self.path, "a") as file:  # noqa: PTH123
            file.write("x\n")
        return self.env.step(action)


def test_layers_that_write_files_are_not_played_for_it(tmp_path):
    """The trial of the bridge alone has written some lines."""
    pytest.importorskip("greenlet")
    path = tmp_path / "lines"
    alone = Appends(Plant(), path)
    from_env(alone)
    lines = path.read_text().count("x") if path.exists() else 0
    path.write_text("")

    stack, _ = from_env(KeepsThree(limit(Appends(Plant(), path))))

    assert ["Bridge", "TimeLimit", "Bridge"] == [type(one).__name__ for one in stack]
    assert path.read_text().count("x") <= lines


class Shuffles(gym.RewardWrapper):
    """Draws from a generator that nobody seeds."""

    def reward(self, reward):
        """Draw."""
        return reward + np.random.default_rng().random()


def test_layers_that_never_do_the_same_twice_stay_apart():
    """Whether a border makes a difference cannot be told then."""
    pytest.importorskip("greenlet")

    stack, _ = from_env(KeepsThree(limit(Shuffles(Plant()))))

    assert ["Bridge", "TimeLimit", "Bridge"] == [type(one).__name__ for one in stack]


class CountsInItsClass(ShowsBuffer):
    """Counts where all of its kind do, and draws where everybody does."""

    calls = 0
    rows: list[int] = []

    def step(self, action):
        """Count and draw."""
        type(self).calls += 1
        self.rows.append(1)
        random.random()  # noqa: S311 - no secret
        np.random.random()  # noqa: NPY002 - what everybody shares
        return super().step(action)


def test_what_lies_outside_of_layers_is_as_it_was_when_they_were_played():
    """Their classes, and the generators that all share."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002

    stack, _ = from_env(KeepsThree(limit(CountsInItsClass(Plant()))))

    after = random.getstate(), np.random.get_state()  # noqa: NPY002
    assert ["Bridge"] == [type(one).__name__ for one in stack]
    assert (0, []) == (CountsInItsClass.calls, CountsInItsClass.rows)
    assert difference(before, after) is None


class AppendsInSpite(Appends):
    """Goes on whatever is raised."""

    def step(self, action):
        """Write twice."""
        with contextlib.suppress(BaseException):
            super().step(action)
        return super().step(action)


def test_a_layer_that_catches_everything_writes_a_line_at_most(tmp_path):
    """What holds it off is gone once it was caught, which is seen."""
    pytest.importorskip("greenlet")
    path = tmp_path / "lines"
    from_env(AppendsInSpite(Plant(), path))
    alone = path.read_text().count("x")
    path.write_text("")

    stack, _ = from_env(KeepsThree(limit(AppendsInSpite(Plant(), path))))

    assert ["Bridge", "TimeLimit", "Bridge"] == [type(one).__name__ for one in stack]
    assert path.read_text().count("x") <= alone + 1


# -- of several packages ---------------------------------------------------------------------------


def delayed(env: gym.Env) -> gym.Env:
    """Delay observations by SuperSuit."""
    return pytest.importorskip("supersuit").delay_observations_v0(env, 1)


def scaled(env: gym.Env) -> gym.Env:
    """Scale rewards by SuperSuit."""
    return pytest.importorskip("supersuit").reward_lambda_v0(env, lambda reward: reward * 2)


def clipped(env: gym.Env) -> gym.Env:
    """Clip rewards by Stable-Baselines3."""
    atari = pytest.importorskip("stable_baselines3.common.atari_wrappers")
    return atari.ClipRewardEnv(env)


def monitored(env: gym.Env) -> gym.Env:
    """Put Stable-Baselines3's monitor around."""
    return pytest.importorskip("stable_baselines3.common.monitor").Monitor(env)


PACKAGES = {
    "SuperSuit keeps": lambda env: delayed(limit(ShowsBuffer(env))),
    "SuperSuit between": lambda env: KeepsThree(limit(delayed(ShowsBuffer(env)))),
    "three packages": lambda env: KeepsThree(limit(scaled(clipped(ShowsBuffer(env))))),
    "Stable-Baselines3 between": lambda env: KeepsThree(limit(monitored(ShowsBuffer(env)))),
    "learned above": lambda env: theirs.NormalizeObservation(KeepsThree(limit(ShowsBuffer(env)))),
    "learned between": lambda env: delayed(theirs.NormalizeReward(scaled(ShowsBuffer(env)))),
}


@pytest.mark.parametrize("before", [0, 4])
@pytest.mark.parametrize("wrap", PACKAGES.values(), ids=PACKAGES)
def test_layers_of_several_packages_do_as_in_gymnasiums_own_loop(wrap, before):
    """What was learned is carried over, in a bridge as beside it."""
    expected, shown, _ = both(wrap, before, more=40)

    assert difference(expected, shown) is None


def test_a_spec_with_layers_that_record_no_arguments_is_refused():
    """SuperSuit's do not: the environment itself is wanted."""
    spec = delayed(KeepsThree(made())).spec

    with pytest.raises(ConfigurationError, match=r"arguments of supersuit.*Use from_env"):
        from_spec(spec, trust=True, below=BELOW)


# -- from a spec -----------------------------------------------------------------------------------

gym.register("tests/SharingPlant-v0", entry_point="tests.gym.sharing:Plant")
BELOW = Below(SPACE, Plant().action_space)


def made() -> gym.Env:
    """Make the plant as `gymnasium.make` does."""
    return gym.make("tests/SharingPlant-v0", disable_env_checker=True)


SPECS = {
    "neighbours": lambda env: KeepsThree(ShowsBuffer(env)),
    "past a twin": lambda env: KeepsThree(ClipReward(ShowsBuffer(env), 0.0, 1.0)),
    "a twin keeps it": lambda env: FrameStackObservation(ShowsBuffer(env), 3),
    "fetched by name": lambda env: FetchesByName(ClipReward(Buffers(env), 0.0, 1.0)),
    "apart": lambda env: KeepsThree(theirs.FlattenObservation(KeepsThree(env))),
    "past one that counts": lambda env: KeepsThree(
        theirs.RecordEpisodeStatistics(ShowsBuffer(env))
    ),
}


@pytest.mark.parametrize("wrap", SPECS.values(), ids=SPECS)
def test_a_spec_makes_the_stack_that_the_environment_does(wrap):
    """By the same rule, once it is known what lies below; and it does as the loop does."""
    env = wrap(made())

    stack = from_spec(env.spec.to_json(), trust=True, below=BELOW)

    assert from_env(env)[0] == stack
    plant, _, loop = played_on(env, 0, 30)
    policy = Deciding()
    agent = Deployment(
        policy,
        stack,
        observation_space=BELOW.observation_space,
        action_space=BELOW.action_space,
        on_reset="request",
        sinks=(),
    )
    action = agent.reset(*plant.reset())
    expected = loop()
    assert difference(expected, answered(agent, policy, plant, action, 31)) is None


@pytest.mark.parametrize("name", ["past a twin", "a twin keeps it", "fetched by name"])
def test_a_spec_of_layers_that_have_to_be_together_is_refused_when_it_is_bound(name):
    """Before that nobody knows what lies below; the cure is in the words."""
    stack = from_spec(SPECS[name](made()).spec, trust=True)

    with pytest.raises(NotBridgeableError, match=r"has to be in one bridge with.*below=Below\("):
        stack.bind(BELOW)


@pytest.mark.parametrize(("name", "bridges"), [("neighbours", [2]), ("apart", [1, 1])])
def test_a_spec_of_layers_that_may_be_apart_needs_nothing_more(name, bridges):
    """Neighbours are in one bridge at any rate."""
    stack = from_spec(SPECS[name](made()).spec, trust=True).bind(BELOW)

    held = [len(one.factory.layers) for one in stack if isinstance(one, Bridge)]
    assert bridges == held


def test_a_spec_whose_layers_cannot_be_made_over_spaces_says_so():
    """By the name of the layer."""
    env = SetsByName(Buffers(made()))
    spec = KeepsThree(ShowsBuffer(made())).spec
    spec.additional_wrappers[0].kwargs["size"] = 3

    assert env.spec is not None
    with pytest.raises(NotBridgeableError, match=r"ShowsBuffer cannot be made.*size"):
        from_spec(spec, trust=True, below=BELOW)


def test_statistics_go_to_layers_beside_a_bridge():
    """And what was learned inside of one does not: `from_env` takes that over."""
    env = theirs.NormalizeReward(KeepsThree(theirs.NormalizeObservation(made())))
    with warnings.catch_warnings(action="ignore"):
        env.reset(seed=0)
        for _ in range(9):
            env.step(np.ones(2))
    learned = {"NormalizeObservation": env.env.env.obs_rms, "NormalizeReward": env.return_rms}

    stack = from_spec(env.spec.to_json(), trust=True, below=BELOW, statistics=learned)

    assert from_env(env, learn=False)[0] == stack
    assert ["frozen", "frozen"] == [one.mode for one in stack if hasattr(one, "statistics")]


class Explores(gym.Wrapper):
    """Steps with actions that it draws."""

    def __init__(self, env):
        super().__init__(env)
        self.action_space.seed(3)

    def step(self, action):
        """Draw."""
        return self.env.step(self.action_space.sample())


class HandsOutOneInfo(gym.Wrapper):
    """Shows one info again and again."""

    def __init__(self, env):
        super().__init__(env)
        self.info = {}

    def step(self, action):
        """Renew it."""
        *answer, info = self.env.step(action)
        self.info.update(info)
        return *answer, self.info


class KeepsInfos(gym.Wrapper):
    """Changes the infos that it has kept."""

    def __init__(self, env):
        super().__init__(env)
        self.infos = []

    def step(self, action):
        """Say how much is in all of them."""
        *answer, info = self.env.step(action)
        self.infos.append(info)
        info["sum"] = float(sum(map(len, self.infos)))
        return *answer, info


class PassesFirst(gym.Wrapper):
    """Pays for what it saw before."""

    def __init__(self, env):
        super().__init__(env)
        self.seen = 0.0

    def step(self, action):
        """Step, and pay."""
        observation, reward, *rest = self.env.step(action)
        self.seen += float(observation[0])
        return observation, reward + self.seen, *rest


@pytest.mark.parametrize(
    "kinds",
    [
        (Explores, HandsOutOneInfo, KeepsInfos),
        (PassesFirst, HandsOutOneInfo, KeepsInfos),
        (Explores, PassesFirst, HandsOutOneInfo, KeepsInfos),
        (PassesFirst, PassesFirst, HandsOutOneInfo, PassesFirst, KeepsInfos),
    ],
    ids=lambda kinds: "-".join(kind.__name__ for kind in kinds),
)
def test_a_bridge_that_is_made_wider_leaves_no_layer_out(kinds):
    """Layers that were joined before stay together."""
    env = gym.make("CartPole-v1").unwrapped
    for kind in kinds:
        env = kind(env)
    env.reset(seed=0)
    for _ in range(3):
        env.step(0)

    stack, _ = from_env(env)
    held = [name for bridge in stack for name in bridge.factory.names]

    assert [kind.__name__ for kind in kinds] == [name.rpartition(":")[2] for name in held]


class Lower:
    """Stands for the layers below a border: notes what it is given, and shows one array."""

    def __init__(self):
        self.given, self.shown = [], np.zeros(2, np.float32)

    def reset(self, **given):
        """Open an episode."""
        self.given.append(given)
        return self.shown, {"opened": True}

    def step(self, action):
        """Take a step."""
        self.given.append(action)
        return self.shown, 1.0, False, True, {"opened": False}


def test_a_border_hands_on_copies_and_remembers_what_has_passed():
    """Down and up; before anything has passed, the environment's own is the last time step."""
    stage, lower = Stage(BELOW, {}), Lower()
    border = Border(lower, stage)
    options, action = {"from": [1]}, np.zeros(2)
    assert stage.newest("info") is border.newest("info")

    opened = border.open(3, options)
    assert opened is border.newest("info")
    assert (True, {"opened": True}) == (opened.first, opened.info)
    stepped = border.act(action)
    assert stepped is border.newest("info")
    assert (1.0, False, True, False) == (
        stepped.reward,
        stepped.terminated,
        stepped.truncated,
        stepped.first,
    )
    border.open(None, None)

    lower.given[0]["options"]["from"].append(2)
    lower.given[1] += 1
    lower.shown += 1
    assert {"seed": 3, "options": {"from": [1, 2]}} == lower.given[0]
    assert {} == lower.given[2]
    assert ({"from": [1]}, [0.0, 0.0]) == (options, action.tolist())
    assert [0.0, 0.0] == opened.observation.tolist() == stepped.observation.tolist()
