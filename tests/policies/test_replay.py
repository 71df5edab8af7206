"""ReplayPolicy: the same decisions again, or a clear word where they no longer fit."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from statewrap import ConfigurationError, Deployment, PolicyError
from statewrap.policies.replay import DivergenceError, ReplayPolicy
from statewrap.sinks import ActionRecorder
from statewrap.sinks.action_recorder import Decision, Recorded
from statewrap.wrappers import RepeatAction, StickyAction


def recorded(*episodes, path=None) -> ActionRecorder:
    """Record a policy that decides by length, over texts."""
    recorder = ActionRecorder(path)
    agent = Deployment(len, sinks=[recorder])
    for opening, *others, last in episodes:
        agent.act(opening)
        for shown in others:
            agent.act(shown, 1.0)
        agent.act(last, 1.0, terminated=True)
    agent.close()
    return recorder


def played(policy, stack, seeds, **options):
    """Return every action that an environment is sent, and its reward."""
    env, sent = gym.make("Pendulum-v1", max_episode_steps=30), []
    agent = Deployment(policy, stack, on_reset="request", seed=1, **options)
    for seed in seeds:
        action = agent.reset(*env.reset(seed=seed))
        while action is not None:
            step = env.step(action)
            sent.append((action, step[1]))
            action = agent.act(*step)
    agent.close()
    return sent


def test_a_replay_sends_what_was_sent(tmp_path) -> None:
    """Over the same stack from the decisions, and without it from the commands."""
    stack, draw = RepeatAction(2) | StickyAction(0.3), np.random.default_rng(1)
    sinks = [ActionRecorder(tmp_path / "top"), ActionRecorder(tmp_path / "bottom", gap=0)]
    first = played(lambda _: draw.uniform(-2, 2, 1).astype(np.float32), stack, [3, 4], sinks=sinks)

    again = played(ReplayPolicy.load(tmp_path / "top"), stack, [3, 4], sinks=())
    bare = played(ReplayPolicy.load(tmp_path / "bottom"), None, [3, 4], sinks=())

    assert 60 == len(first)
    assert repr(first) == repr(again) == repr(bare)


def test_another_observation_is_told() -> None:
    """With the place, what was seen, and the cure."""
    policy = ReplayPolicy(recorded(("a", "bb", "c")).episodes)
    agent = Deployment(policy, sinks=())
    agent.act("a")

    with pytest.raises(PolicyError, match=r"Decision 1 of episode 0 .*than 'xx'.*check=False"):
        agent.act("xx", 1.0)
    assert 2 == agent.act("bb", 1.0)


def test_the_least_difference_is_told() -> None:
    """Also of the dtype."""
    recorder = ActionRecorder()
    Deployment(lambda _: 1, sinks=[recorder]).act(np.zeros(3, np.float32))

    for other in (np.zeros(3), np.zeros((1, 3), np.float32), np.array([0, 0, 1e-9], np.float32)):
        with pytest.raises(PolicyError) as error:
            Deployment(ReplayPolicy(recorder.episodes), sinks=()).act(other)
        assert DivergenceError is type(error.value.__cause__)


def test_an_episode_that_goes_on_is_told() -> None:
    """There is nothing more to decide, whether it is checked or not."""
    for check in (True, False):
        policy = ReplayPolicy(recorded(("a", "c")).episodes, check=check)
        agent = Deployment(policy, sinks=())
        agent.act("a")
        with pytest.raises(PolicyError, match="Episode 0 goes on, but 1 decision of it were"):
            agent.act("c", 1.0)


def test_an_episode_that_ends_early_is_told() -> None:
    """As a divergence, unless nothing is checked."""
    episodes = recorded(("a", "bb", "ccc", "d")).episodes
    agent = Deployment(ReplayPolicy(episodes), sinks=())
    agent.act("a")
    with pytest.raises(PolicyError, match="Episode 0 ended after 1 decision, but 3 were recorded"):
        agent.act("d", 1.0, terminated=True)

    lenient = Deployment(ReplayPolicy(episodes, check=False), sinks=())
    lenient.act("other")
    assert lenient.act("d", 1.0, terminated=True) is None


def test_more_episodes_than_were_recorded_are_told() -> None:
    """And none of them is made up."""
    agent = Deployment(ReplayPolicy(recorded(("a", "c")).episodes), sinks=())
    agent.act("a")
    agent.act("c", 1.0, terminated=True)

    with pytest.raises(PolicyError, match=r"Episode 1 \(from 0\) .*but 1 episode were recorded"):
        agent.act("a")


def test_a_replay_survives_a_pause() -> None:
    """Where it stands is in the memory."""
    policy = ReplayPolicy(recorded(("a", "bb", "ccc", "d")).episodes)
    agent = Deployment(policy, sinks=(), seed=1)
    agent.act("a")
    other = Deployment(policy, sinks=(), seed=2)
    other.restore(agent.snapshot())

    assert [2, 3] == [other.act("bb", 1.0), other.act("ccc", 1.0)]


def test_an_episode_that_was_given_up_may_end_anywhere() -> None:
    """If nothing more was decided."""
    recorder = ActionRecorder()
    agent = Deployment(len, sinks=[recorder])
    agent.act("a")
    agent.close()

    again = Deployment(ReplayPolicy(recorder.episodes), sinks=())
    again.act("a")
    assert again.act("b", 1.0, truncated=True) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"no\n", "line 1 is no JSON"),
        (b"{}\n", "line 1 is no step"),
        (b'{"step":0,"action":1,"observation":"a"}\n[1]\n', "line 2 is no step"),
        (b'{"step":1,"action":1,"observation":"a"}\n', "line 1 is step 1, expected 0"),
        (b'{"step":0,"action":{"set":1},"observation":"a"}\n', "is no recorded value"),
    ],
)
def test_a_file_that_holds_no_recording_is_told(tmp_path, text, words) -> None:
    """With its line."""
    (tmp_path / "acts.jsonl").write_bytes(text)

    with pytest.raises(ConfigurationError, match=f"acts.jsonl holds no recording: .*{words}"):
        ReplayPolicy.load(tmp_path / "acts.jsonl")


def test_a_replay_prints_its_size() -> None:
    """Not its actions."""
    policy = ReplayPolicy(recorded(("a", "c"), ("a", "c")).episodes)

    assert "<ReplayPolicy 2 episodes, check=True>" == repr(policy)
    assert policy == ReplayPolicy(list(policy.episodes))


def test_a_document_names_a_replay_by_its_file(tmp_path) -> None:
    """Relative to the document, and without trust; `config` gives it back."""
    recorder = ActionRecorder(tmp_path / "acts.jsonl")
    with Deployment(len, sinks=[recorder]) as agent:
        assert [1, 2] == [agent.act("a"), agent.act("bb", 1.0)]
    for name in ("ReplayPolicy", "statewrap.policies.replay.ReplayPolicy.load"):
        policy = {"type": name, "path": "acts.jsonl", "check": False}

        again = Deployment.from_config({"policy": policy, "sinks": []}, base=tmp_path)

        assert [1, 2] == [again.act("x"), again.act("y", 1.0)]
        said = {"type": "ReplayPolicy", "path": "acts.jsonl", "check": False}
        assert said == again.config(base=tmp_path)["policy"]


def test_a_document_that_names_a_lost_recording_says_so(tmp_path) -> None:
    """And where it says that."""
    with pytest.raises(ConfigurationError, match=r"^policy: .*lost\.jsonl"):
        Deployment.from_config(
            {"policy": {"type": "ReplayPolicy", "path": "lost.jsonl"}}, base=tmp_path
        )


@pytest.mark.parametrize(("ended", "told"), [(False, True), (True, False)])
def test_a_recording_without_an_end_says_what_may_have_cut_it_off(ended, told) -> None:
    """A stack that is not there now, say; one with an end was not cut off."""
    policy = ReplayPolicy([Recorded((Decision(1, None),), ended)], check=False)
    agent = Deployment(policy, sinks=())
    agent.act("a")
    with pytest.raises(PolicyError, match="Episode 0 goes on, but 1 decision") as raised:
        agent.act("b", 1.0)

    assert told == ("as a TimeLimit does. Record at gap=-1" in str(raised.value))
