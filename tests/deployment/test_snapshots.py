"""Snapshots, forks and restarts of a deployment."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap import Deployment, Over, SnapshotError, TimeStep, Wanted, same
from statewrap.wrappers import (
    FrameStackObservation,
    NormalizeObservation,
    RandomReset,
    RepeatAction,
    TimeLimit,
    TransformReward,
)
from tests.deployment.actors import Remember, echo

BOX = Box(-500.0, 500.0, (2,), np.float32)


def rich(policy=None, **options):
    """Make a deployment whose every part remembers something."""
    stack = (
        RandomReset(noop_max=3, action=0)
        | RepeatAction(3)
        | NormalizeObservation(mode="learn")
        | FrameStackObservation(2)
        | TimeLimit(4)
    )
    policy = Remember() if policy is None else policy
    known = {"observation_space": BOX, "sinks": (), "clock": lambda: 0.0, "seed": 5}
    return Deployment(policy, stack, **known | options)


def world(n):
    """Return what the n-th call is given: every 17th opens, every 17th before it ended."""
    observation = np.array([n, -n % 7], np.float32)
    if n % 17 == 0:
        return (observation,)
    return observation, 0.1 * n, n % 17 == 16, False, {"n": n}


class TestRoundTrip:
    """A session goes on from its snapshot, bit for bit."""

    def test_at_every_call_another_deployment_goes_on_equally(self):
        """In the middle of a skip, of a random reset, after an end: actions and counts agree."""
        for cut in range(40):
            original, other = rich(), rich(seed=99)
            for n in range(cut):
                original.act(*world(n))
            other.restore(original.snapshot())
            for n in range(cut, cut + 25):
                assert same(original.act(*world(n)), other.act(*world(n)))
            assert original.snapshot() == other.snapshot()

    def test_a_fresh_interpreter_goes_on_equally(self, tmp_path):
        """With another hash seed, from a file, in mid-skip."""
        original = rich()
        for n in range(8):
            original.act(*world(n))
        (tmp_path / "state").write_bytes(original.snapshot())
        script = f"""
            import sys
            from tests.deployment.test_snapshots import rich, world
            deployment = rich(seed=1)
            deployment.restore(open({str(tmp_path / "state")!r}, "rb").read())
            print([deployment.act(*world(n)) for n in range(8, 40)], deployment.statistics)
        """
        found = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": "77", "PYTHONPATH": "."},
        ).stdout
        expected = [original.act(*world(n)) for n in range(8, 40)]
        assert f"{expected} {original.statistics}\n" == found

    def test_a_wanted_decision_survives(self):
        """The pause is a value: a decision can be given to the restored one."""
        deployment = Deployment(None, TimeLimit(3), sinks=(), clock=lambda: 0.0)
        wanted = deployment.observe(1)
        other = Deployment(None, TimeLimit(3), sinks=(), clock=lambda: 0.0)
        other.restore(deployment.snapshot())
        assert Wanted(TimeStep(1, first=True)) == wanted
        assert wanted.timestep == other.wanted == deployment.wanted
        assert deployment.decide(4) == other.decide(4)
        assert other.wanted is None

    def test_number_and_last_answer_survive(self):
        """A host that repeats its last call after a crash gets the same answer."""
        deployment = rich()
        answers = [deployment.act(*world(n), step=n) for n in range(6)]
        other = rich()
        other.restore(deployment.snapshot())
        assert answers[-1] == other.act(*world(5), step=5)
        assert deployment.act(*world(6), step=6) == other.act(*world(6), step=6)

    def test_time_goes_on(self):
        """The session's seconds count on from the snapshot."""
        now = [100.0]
        deployment = Deployment(None, sinks=(), clock=lambda: now[0])
        now[0] = 103.0
        data = deployment.snapshot()
        now[0] = 5000.0
        deployment.restore(data)
        now[0] = 5001.0
        assert 4.0 == deployment.observe(1).timestep.time

    def test_what_was_ended_survives(self):
        """The report of the last call is in the snapshot."""
        deployment = rich(echo_zero)
        for n in range(17):
            deployment.act(*world(n))
        other = rich(echo_zero)
        other.restore(deployment.snapshot())
        assert deployment.ended == other.ended
        assert 1 == len(other.ended)


class TestFork:
    """What if?"""

    def test_a_fork_leaves_the_original_alone(self):
        """Both go on from here, each on its own."""
        deployment = rich()
        for n in range(9):
            deployment.act(*world(n))
        before = deployment.snapshot()
        fork = deployment.fork()
        for n in range(9, 16):
            fork.act(*world(n))
        assert before == deployment.snapshot()
        assert 16 == fork.step

    def test_a_fork_draws_alike_and_with_a_seed_otherwise(self):
        """A seed replaces the keys and nothing else."""
        deployment = rich()
        alike, other = deployment.fork(), deployment.fork(seed=8)

        def run(which):
            return [which.act(*world(n)) for n in range(60)]

        expected = run(deployment)
        assert expected == run(alike)
        assert run(rich(seed=8)) == run(other)
        assert expected != run(rich(seed=8))

    def test_reset_with_a_seed_draws_as_a_new_deployment(self):
        """What was learned stays; what is drawn is as if made with that seed."""
        deployment = rich()
        for n in range(30):
            deployment.act(*world(n))
        learned = deployment.memory.wrappers[2]
        first = deployment.reset(*world(0)[:1], seed=8)
        fresh = rich(seed=8)
        assert fresh.reset(*world(0)[:1]) == first
        assert learned.count == deployment.memory.wrappers[2].count
        for n in range(1, 17):
            assert fresh.act(*world(n)) == deployment.act(*world(n))

    def test_a_seed_voids_what_the_old_one_still_owed(self):
        """An end inside a random reset is no reason to draw otherwise."""
        stack = RandomReset(noop_max=30, action=0)
        deployment, fresh = (Deployment(echo, stack, sinks=(), seed=s) for s in (1, 8))
        deployment.act(1)
        assert deployment.act(2, 0.0, True) is None
        assert fresh.act(5) == deployment.reset(5, seed=8)
        for n in range(40):
            assert fresh.act(n, 0.0) == deployment.act(n, 0.0)


class TestRefusals:
    """What cannot be restored is refused, and nothing changes."""

    def test_another_stack_is_refused_with_both_fingerprints(self):
        """The first wrapper that differs is named."""
        data = Deployment(echo, TimeLimit(3), sinks=()).snapshot()
        deployment = Deployment(echo, TimeLimit(4), sinks=(), clock=lambda: 0.0)
        before = deployment.snapshot()
        with pytest.raises(SnapshotError, match="max_episode_steps") as caught:
            deployment.restore(data)
        assert 2 == len({w.strip(".,:") for w in str(caught.value).split() if is_digest(w)})
        assert before == deployment.snapshot()

    def test_other_spaces_are_refused(self):
        """A bound that differs is enough."""
        data = Deployment(echo, observation_space=BOX, sinks=()).snapshot()
        other = Deployment(echo, observation_space=Box(-1, 500, (2,), np.float32), sinks=())
        with pytest.raises(SnapshotError, match="observation space"):
            other.restore(data)

    def test_another_policys_memory_is_refused(self):
        """A policy of the same memory may come; one of another may not."""
        data = Deployment(Remember(), sinks=()).snapshot()
        with pytest.raises(SnapshotError, match="policy that remembers"):
            Deployment(echo, sinks=()).restore(data)
        Deployment(Remember(), sinks=()).restore(data)

    @pytest.mark.parametrize(
        "data", ["state.bin", None, b"", b"\x80\x04N.", b"{}", b"null", b'{"statewrap": 3}']
    )
    def test_foreign_data_is_refused(self, data):
        """It is told apart from damage."""
        with pytest.raises(SnapshotError):
            Deployment(echo, sinks=()).restore(data)

    def test_damage_is_noticed(self):
        """One changed byte, or a missing end."""
        data = rich().snapshot()
        flipped = data[:200] + bytes([data[200] ^ 1]) + data[201:]
        for damaged in (data[:-5], flipped, data + b" "):
            with pytest.raises(SnapshotError):
                rich().restore(damaged)

    def test_a_lambda_restores_only_in_its_own_process(self):
        """In this process it does; the snapshot names what is opaque."""
        stack = TransformReward(lambda reward: reward)
        deployment = Deployment(echo, stack, sinks=())
        data = deployment.snapshot()
        deployment.restore(data)
        with pytest.raises(SnapshotError, match="lambda"):
            Deployment(echo, TransformReward(lambda reward: -reward), sinks=()).restore(data)

    def test_what_is_not_plain_is_named(self):
        """The place of an object that cannot be written is in the error."""
        deployment = Deployment(None, sinks=())
        deployment.observe(1, info={"handle": threading_lock()})
        with pytest.raises(SnapshotError, match="handle"):
            deployment.snapshot()

    def test_what_nobody_keeps_need_not_be_plain(self):
        """An info that no wrapper holds on to is not in the snapshot."""
        deployment = Deployment(echo, RepeatAction(2), sinks=())
        deployment.act(1, info={"handle": threading_lock()})
        other = Deployment(echo, RepeatAction(2), sinks=())
        other.restore(deployment.snapshot())
        assert 1 == other.act(2, 0.0)

    def test_over_is_restored_as_over(self):
        """A session between two episodes stays there."""
        deployment = Deployment(None, sinks=())
        deployment.observe(1)
        deployment.decide(1)
        assert isinstance(deployment.observe(2, 0.0, True), Over)
        other = Deployment(None, sinks=())
        other.restore(deployment.snapshot())
        assert (deployment.pending, deployment.state) == (other.pending, other.state)


def echo_zero(observation):
    """Decide nothing interesting."""
    return 0


def threading_lock():
    """Return something that no file can hold."""
    return threading.Lock()


def is_digest(word):
    """Tell whether a word looks like a fingerprint."""
    word = word.strip(".,:()")
    return len(word) >= 8 and all(c in "0123456789abcdef" for c in word)


@pytest.mark.parametrize("clock", [lambda: 3, lambda: np.float64(2.5), lambda: np.float32(1), bool])
def test_a_clock_may_give_any_number(clock) -> None:
    """A snapshot holds seconds as a float."""
    agent = Deployment(lambda _: 0, sinks=(), clock=clock)
    agent.act(1)

    agent.restore(agent.snapshot())

    assert 0 == agent.act(2, 0.0)
