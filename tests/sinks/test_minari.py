"""Whole episodes: put together from facts, and as data sets that Minari loads."""

from __future__ import annotations

import json
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple

from statewrap import Below, BindError, Deployment, MissingExtraError, Stack, Wrapper
from statewrap.gym import GymWrapper
from statewrap.sinks import JsonLinesSink, MinariSink, TrajectoryWatcher
from statewrap.sinks.watcher import Missed
from statewrap.wrappers import RejectInvalidAction, RepeatAction, TimeLimit
from tests.sinks.worlds import Countdown, agent_over, by_parity, run

minari = pytest.importorskip("minari")


class Kept(TrajectoryWatcher):
    """Keeps the episodes."""

    def __init__(self, *, gap=0) -> None:
        super().__init__(gap=gap)
        self.kept = []

    def episode(self, trajectory):
        self.kept.append(trajectory)

    @property
    def short(self):
        """Return observations, actions, and how each episode ended, short."""
        return [
            ("".join(t.observations), t.actions, t.terminations[-1], t.truncations[-1])
            for t in self.kept
        ]


def watched(stack=None, gap=0, **options):
    """Return a watcher, and a deployment whose policy counts its decisions."""
    watcher, count = Kept(gap=gap), iter(range(100))
    agent = Deployment(lambda _: next(count), stack, sinks=[watcher], **options)
    return watcher, agent


def test_an_episode_has_its_final_state() -> None:
    """One observation more than actions; all that was shown."""
    watcher, agent = watched()
    agent.act("a", info={"n": 0})
    agent.act("b", 1, info={"n": 1})
    agent.act("c", np.float32(2.5), terminated=True, info={"n": 2})

    [episode] = watcher.kept
    assert ("a", "b", "c") == episode.observations
    assert ((0, 1), (1.0, 2.5)) == (episode.actions, episode.rewards)
    assert ((False, True), (False, False)) == (episode.terminations, episode.truncations)
    assert ({"n": 0}, {"n": 1}, {"n": 2}) == episode.infos


def test_at_the_bottom_are_the_frames_and_at_the_top_the_decisions() -> None:
    """A skip is several steps of the environment, and one of the policy."""
    bottom, top = Kept(), Kept(gap=-1)
    agent = Deployment(len, RepeatAction(2), sinks=[bottom, top])
    agent.act("a")
    agent.act("b", 1.0)
    agent.act("c", 1.0, truncated=True)

    assert [("abc", (1, 1), False, True)] == bottom.short
    assert [("ac", (1,), False, True)] == top.short
    assert (2.0,) == top.kept[0].rewards


def test_an_episode_that_was_given_up_is_cut_off() -> None:
    """By a reset, by a close, or by an environment that opens another; without steps it is none."""
    watcher, agent = watched()
    agent.act("a")
    agent.act("b", 1.0)
    agent.reset("c")
    agent.reset("d")
    agent.act("e", 1.0)
    agent.close()

    assert [("ab", (0,), False, True), ("de", (3,), False, True)] == watcher.short


def test_the_last_time_step_may_come_with_the_close() -> None:
    """It is the final state."""
    watcher, agent = watched()
    agent.act("a")
    agent.close("b", 1.0, terminated=True)

    assert [("ab", (0,), True, False)] == watcher.short


def test_an_episode_that_goes_on_is_two() -> None:
    """Where the stack alone ended it: the first is cut off, the second opens where it stood."""
    watcher, agent = watched(TimeLimit(1))
    for number, name in enumerate("abc"):
        agent.act(name, *[1.0] * bool(number))

    assert [("ab", (0,), False, True), ("bc", (1,), False, True)] == watcher.short


def test_a_refused_action_is_a_step_of_the_policy_alone() -> None:
    """The environment never heard of it."""
    tries = iter([0, 1, 1])
    bottom, top = Kept(), Kept(gap=-1)
    agent = Deployment(
        lambda _: next(tries), RejectInvalidAction(), action_space=Discrete(2), sinks=[bottom, top]
    )
    agent.act("a", info={"action_mask": np.array([0, 1])})
    agent.act("b", 1.0, terminated=True)

    assert [("ab", (1,), True, False)] == bottom.short
    assert [("aab", (0, 1), True, False)] == top.short


class Explodes(Wrapper[None]):
    """Raises at "x"."""

    def on_state(self, memory, timestep):
        if timestep.observation == "x":
            raise OSError
        return memory, timestep


def test_what_a_fallback_answered_is_what_the_environment_was_sent() -> None:
    """Also at an opening, which the stack is shown again."""
    watcher, agent = watched(Explodes(), fallback=9)
    for number, name in enumerate("xbxd"):
        agent.act(name, *[1.0] * bool(number))
    agent.act("e", 1.0, terminated=True)

    assert [("xbxde", (9, 0, 9, 1), True, False)] == watcher.short


def test_an_episode_with_a_hole_is_given_to_nobody() -> None:
    """One that was open when a session was restored, in this process or in another."""
    watcher, agent = watched()
    agent.act("a")
    agent.act("b", 1.0)
    saved = agent.snapshot()
    agent.act("c", 1.0)
    agent.restore(saved)
    agent.act("c", 1.0)
    agent.act("d", 1.0, terminated=True)

    other, again = watched()
    again.restore(saved)
    again.act("c", 1.0)
    again.act("d", 1.0, terminated=True)
    again.act("e")
    again.act("f", 1.0, terminated=True)

    assert (1, []) == (watcher.incomplete, watcher.kept)
    assert (0, [("ef", (1,), True, False)]) == (other.incomplete, other.short)


def test_an_episode_of_which_calls_were_dropped_is_given_to_nobody() -> None:
    """The next one is whole."""
    watcher, agent = watched()
    agent.act("a")
    watcher.observe([(0, Missed(3))], 0)
    watcher.observe([(0, Missed(1))], 0)
    agent.act("d", 1.0, terminated=True)
    agent.act("e")
    agent.act("f", 1.0, terminated=True)

    assert (1, [("ef", (1,), True, False)]) == (watcher.incomplete, watcher.short)


def test_a_training_loop_gives_the_same_episodes() -> None:
    """The same stack, the same watcher."""
    ours, theirs = Kept(), Kept()
    run(Countdown(), agent_over(Countdown(), RepeatAction(2), sinks=[ours]), episodes=2)
    env = GymWrapper(Countdown(), RepeatAction(2), sinks=[theirs])
    for _ in range(2):
        observation, _ = env.reset()
        over = False
        while not over:
            observation, _, over, _, _ = env.step(by_parity(observation))
    env.close()

    told = [[(t.rewards, t.actions, t.terminations) for t in kept.kept] for kept in (ours, theirs)]
    assert told[0] == told[1]
    assert [(1.0,) * 4] * 2 == [t.rewards for t in ours.kept]


def test_minari_loads_what_a_deployment_wrote(tmp_path, monkeypatch) -> None:
    """Rewards, lengths and actions equal the log's."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = gym.make("CartPole-v1")
    sent = []

    class Sent(gym.ActionWrapper):
        def action(self, action):
            sent[-1].append(action)
            return action

    env, log = Sent(env), tmp_path / "log.jsonl"
    sinks = [MinariSink("pole/leaning-v0"), JsonLinesSink(log)]
    with agent_over(env, RepeatAction(2), sinks=sinks) as agent:
        for seed in range(4):
            sent.append([])
            action = agent.reset(*env.reset(seed=seed))
            while action is not None:
                action = agent.act(*env.step(action))

    data = minari.load_dataset("pole/leaning-v0")
    episodes = list(data.iterate_episodes())
    told = [json.loads(line) for line in log.read_text().splitlines()][:4]
    assert 0 == agent.sink_failures
    assert [line["return"] for line in told] == [episode.rewards.sum() for episode in episodes]
    assert [line["environment_steps"] for line in told] == [len(episode) for episode in episodes]
    assert sent == [episode.actions.tolist() for episode in episodes]
    assert [len(actions) + 1 for actions in sent] == [len(e.observations) for e in episodes]
    assert [True] * 4 == [bool(e.terminations[-1]) for e in episodes]
    assert (env.observation_space, env.action_space) == (data.observation_space, data.action_space)
    assert (4, sum(map(len, sent))) == (data.total_episodes, data.total_steps)


def test_the_observations_are_bit_for_bit_those_of_the_environment(tmp_path) -> None:
    """The opening and the final one too."""
    env, sink = gym.make("CartPole-v1"), MinariSink("pole-v0", root=tmp_path)
    shown = []
    with agent_over(env, sinks=[sink]) as agent:
        observation, info = env.reset(seed=5)
        shown.append(observation)
        action = agent.reset(observation, info)
        while action is not None:
            step = env.step(action)
            shown.append(step[0])
            action = agent.act(*step)

    [episode] = minari.MinariDataset(sink.path).iterate_episodes()
    assert episode.observations.dtype == np.float32
    assert np.array_equal(np.array(shown), episode.observations)


PLANT = Dict(
    camera=Box(0, 255, (40, 40, 3), np.uint8), parts=Tuple((Discrete(5), Box(-1.0, 1.0, (2,))))
)
COMMAND = Tuple((Discrete(2), Box(-1.0, 1.0, (1,), np.float32)))


def test_pictures_and_nested_spaces_come_back(tmp_path) -> None:
    """Pictures without loss, each part with its dtype."""
    draw = np.random.default_rng(3)
    PLANT.seed(3)
    COMMAND.seed(3)
    shown, sent = [], []

    def see():
        shown.append(PLANT.sample())
        return shown[-1]

    def decide(_):
        sent.append(COMMAND.sample())
        return sent[-1]

    sink = MinariSink("plant-v0", root=tmp_path, infos=["load", "valve"])
    agent = Deployment(decide, below=Below(PLANT, COMMAND), sinks=[sink])
    for number in range(4):
        info = {"load": draw.random(), "valve": np.arange(2) * number, "note": object()}
        agent.act(see(), *[0.5] * bool(number), truncated=number == 3, info=info)

    [episode] = minari.MinariDataset(sink.path).iterate_episodes()
    assert 0 == agent.sink_failures
    assert np.array_equal(np.array([o["camera"] for o in shown]), episode.observations["camera"])
    assert [o["parts"][0] for o in shown] == episode.observations["parts"][0].tolist()
    assert np.array_equal(
        np.array([o["parts"][1] for o in shown]), episode.observations["parts"][1]
    )
    assert [action[0] for action in sent[:3]] == episode.actions[0].tolist()
    assert np.array_equal(np.array([action[1] for action in sent[:3]]), episode.actions[1])
    assert ({"load", "valve"}, (4, 2)) == (set(episode.infos), episode.infos["valve"].shape)


def test_texts_come_back(tmp_path) -> None:
    """As the bytes that Minari gives."""
    sink = MinariSink("talk-v0", root=tmp_path, gap=-1)
    agent = Deployment(len, below=Below(Text(9), Discrete(9)), sinks=[sink])
    agent.act("hello")
    agent.act("you", 1.0, terminated=True)

    [episode] = minari.MinariDataset(sink.path).iterate_episodes()
    assert ["hello", "you"] == [str(np.asarray(o, str)) for o in episode.observations]


def test_later_sessions_add_to_the_data_set(tmp_path) -> None:
    """One that was made before the first episode, and one after; the metadata are the first's."""
    about = {"author": "Ada", "description": "A pump", "algorithm_name": "by parity"}
    first = MinariSink("pump-v1", root=tmp_path, metadata=about)
    agents = [
        agent_over(Countdown(2), sinks=[first]),
        agent_over(Countdown(3), sinks=[MinariSink("pump-v1", root=tmp_path)]),
    ]
    for length, agent in enumerate(agents, 2):
        run(Countdown(length), agent)
    run(Countdown(4), agent_over(Countdown(), sinks=[MinariSink("pump-v1", root=tmp_path)]))

    data = minari.MinariDataset(first.path)
    assert [2, 3, 4] == [len(episode) for episode in data.iterate_episodes()]
    assert [0, 1, 2] == [episode.id for episode in data.iterate_episodes()]
    assert {"Ada"} == data.storage.metadata["author"]
    assert ("A pump", "pump-v1") == (data.storage.metadata["description"], data.spec.dataset_id)


def test_a_data_set_of_other_spaces_is_refused(tmp_path) -> None:
    """Where the sink is given, before anything happens."""
    run(Countdown(), agent_over(Countdown(), sinks=[MinariSink("pump-v1", root=tmp_path)]))

    with pytest.raises(BindError, match=r"'pump-v1' has the observation_space .*Write to another"):
        agent_over(gym.make("CartPole-v1"), sinks=[MinariSink("pump-v1", root=tmp_path)])


@pytest.mark.parametrize("missing", ["observation_space", "action_space"])
def test_spaces_have_to_be_known(tmp_path, missing) -> None:
    """The message names the argument."""
    known = {"observation_space": Discrete(2), "action_space": Discrete(2)}
    known.pop(missing)

    with pytest.raises(
        BindError, match=rf"needs the {missing} at gap 0.*Deployment\(..., {missing}"
    ):
        Deployment(abs, **known, sinks=[MinariSink("pump-v1", root=tmp_path)])


def test_a_name_that_is_none_is_refused(tmp_path) -> None:
    """With what one looks like."""
    with pytest.raises(ValueError, match="'pump v1!' was given, expected a name and its version"):
        MinariSink("pump v1!", root=tmp_path)


def test_an_info_that_lacks_a_key_costs_the_episode_and_no_act(tmp_path) -> None:
    """It is a failure of the sink; the next episode is written."""
    sink = MinariSink("pump-v1", root=tmp_path, infos=["left"])
    agent = agent_over(Countdown(), sinks=[sink])
    agent.act(np.ones(2, np.float32))
    agent.act(np.ones(2, np.float32), 1.0, terminated=True)
    run(Countdown(), agent)

    assert 1 == agent.sink_failures
    [episode] = minari.MinariDataset(sink.path).iterate_episodes()
    assert [4, 3, 2, 1, 0] == episode.infos["left"].tolist()


def test_nothing_is_written_before_an_episode_has_ended(tmp_path) -> None:
    """Not even a folder."""
    Deployment(
        abs, below=Below(Discrete(2), Discrete(2)), sinks=[MinariSink("a-v0", root=tmp_path)]
    )

    assert [] == list(tmp_path.iterdir())


def test_minari_is_an_extra(monkeypatch) -> None:
    """It is named when a sink is made."""
    monkeypatch.setitem(sys.modules, "h5py", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'statewrap\[minari\]'"):
        MinariSink("pump-v0")


def test_a_stack_may_be_empty(tmp_path) -> None:
    """The spaces are the environment's at both ends."""
    sink = MinariSink("pump-v0", root=tmp_path, gap=-1)
    run(Countdown(), agent_over(Countdown(), Stack(), sinks=[sink]))

    assert 1 == minari.MinariDataset(sink.path).total_episodes
    assert "MinariSink('pump-v0')" == repr(sink)


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_relative_folder_holds_what_was_played(tmp_path, monkeypatch, by) -> None:
    """It is the one below the current folder when the sink is made, wherever one goes then."""
    monkeypatch.chdir(tmp_path)
    if by == "argument":
        sink = MinariSink("pole/a-v0", root="rel")
    else:
        monkeypatch.setenv("MINARI_DATASETS_PATH", "rel")
        sink = MinariSink("pole/a-v0")
    agent = agent_over(Countdown(), sinks=[sink])
    run(Countdown(), agent, episodes=3)

    assert 0 == agent.sink_failures
    assert tmp_path / "rel" / "pole" / "a-v0" / "data" == sink.path
    assert 3 == minari.MinariDataset(sink.path).total_episodes


def test_a_document_says_the_folder_relative_to_itself(tmp_path, monkeypatch) -> None:
    """And what it makes writes there."""
    monkeypatch.chdir(tmp_path)
    known = {"spaces": {"observation": Countdown.observation_space, "action": Discrete(3)}}
    table = {"type": "MinariSink", "dataset_id": "a-v0", "root": "rel"}
    agent = Deployment.from_config(
        {**known, "on_reset": "request", "sinks": [table]}, base=".", policy=by_parity
    )
    run(Countdown(), agent)

    assert [table] == agent.config(plain=False)["sinks"]
    assert 0 == agent.sink_failures
    assert 1 == minari.MinariDataset(tmp_path / "rel" / "a-v0" / "data").total_episodes


def test_an_episode_that_cannot_be_written_is_a_failure(tmp_path) -> None:
    """It is counted, and the next one is written."""
    sink = MinariSink("pump-v1", root=tmp_path)
    agent = agent_over(Countdown(), sinks=[sink])
    sink.path.parent.parent.mkdir(exist_ok=True)
    sink.path.parent.write_text("in the way")
    for _ in range(2):
        action = agent.reset(*(env := Countdown()).reset())
        while action is not None:
            action = agent.act(*env.step(action))
    sink.path.parent.unlink()
    run(Countdown(), agent)

    assert 2 == agent.sink_failures
    assert 1 == minari.MinariDataset(sink.path).total_episodes


@pytest.mark.parametrize("name", ["pole", "a/pole", "pole-v", "pole-vX", ""])
def test_a_name_without_a_version_is_told_what_one_looks_like(tmp_path, name) -> None:
    """As is any other."""
    with pytest.raises(ValueError, match=r"dataset_id='.*' was given, expected .*plant/pump-v0"):
        MinariSink(name, root=tmp_path)
