"""What a deployment withstands: interrupts, broken sinks, bad objects, wrappers that misbehave."""

from __future__ import annotations

import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import structlog
from gymnasium.spaces import Discrete

from statewrap import (
    Act,
    Deployment,
    InputError,
    Policy,
    PolicyError,
    ProtocolError,
    Reset,
    SpaceError,
    StatewrapError,
    TimeStep,
    Wrapper,
    WrapperError,
)
from statewrap.core.protocol import State
from statewrap.wrappers import (
    ClipReward,
    RandomReset,
    TimeLimit,
    TransformAction,
    TransformReward,
)
from tests.deployment.actors import Explode, echo

FROZEN = {"sinks": (), "clock": lambda: 0.0, "seed": 1}


@attrs.frozen
class Send(Wrapper[None]):
    """Send the same thing whatever is decided."""

    what: Any

    def on_action(self, memory, act):
        return None, Act(self.what)


@attrs.frozen
class AskWith(Wrapper[None]):
    """Give each reset options of its own."""

    options: Any

    def on_reset(self, memory, request):
        return None, Reset(options=self.options)


class Unprintable:
    """An object whose repr raises."""

    def __repr__(self):
        raise ValueError("no words")


def test_interrupts_at_any_moment_leave_it_usable():
    """A signal never leaves the lock held, and what was not committed did not happen.

    In a process of its own: an interrupt in the middle of a coverage tracer locks the tracer.
    """
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.deployment.interrupts"],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ("usable\n", "", 0) == (done.stdout, done.stderr, done.returncode)


class TestSinks:
    """Whatever they do, no act is lost."""

    def test_a_log_that_is_broken_itself_loses_no_act(self):
        """Also where the failure cannot be logged; it is counted."""

        def broken(*_, **__):
            raise BrokenPipeError

        structlog.configure(processors=[broken])
        try:
            deployment = Deployment(echo, clock=lambda: 0.0)
            deployment.act(1)
            assert deployment.act(2, 1.0, True) is None
            assert 1 == deployment.sink_failures
        finally:
            structlog.reset_defaults()

    def test_a_sink_may_do_with_a_report_what_it_likes(self):
        """The others, and the deployment, have their own."""
        told = []
        sinks = [lambda report: report.values.clear(), lambda report: told.append(report.values)]
        deployment = Deployment(echo, **{**FROZEN, "sinks": sinks})
        deployment.act(1)
        deployment.act(2, 1.0, True)
        assert 1.0 == told[0]["return"] == deployment.ended[0]["return"]


class TestHostObjects:
    """What a host passes."""

    @pytest.mark.parametrize(
        "observation",
        [threading.Lock(), types.MappingProxyType({}), Unprintable()],
        ids=["lock", "proxy", "mute"],
    )
    def test_what_cannot_be_copied_is_refused(self, observation):
        """By name, and nothing happens; what only cannot be printed is no matter."""
        deployment = Deployment(lambda _: 1, **FROZEN)
        if isinstance(observation, Unprintable):
            assert 1 == deployment.act(observation)
            return
        with pytest.raises(InputError, match="cannot be copied"):
            deployment.act(observation)
        assert 0 == deployment.step

    def test_a_list_that_contains_itself_is_refused(self):
        """It would be copied for ever."""
        endless: list[Any] = []
        endless.append(endless)
        with pytest.raises(InputError, match="cannot be copied"):
            Deployment(lambda _: 1, **FROZEN).act(endless)

    @pytest.mark.parametrize(
        "reward",
        [10**5000, Unprintable(), "", [], np.zeros(2)],
        ids=["huge", "mute", "", "[]", "2"],
    )
    def test_odd_rewards_are_refused_on_every_call(self, reward):
        """Whatever their conversion or their text raises."""
        deployment = Deployment(echo, **FROZEN)
        with pytest.raises(InputError, match="reward"):
            deployment.act(1, reward)
        deployment.act(1)
        with pytest.raises(InputError, match="reward"):
            deployment.act(2, reward)

    @pytest.mark.parametrize("step", [-1, 10**5000], ids=["negative", "huge"])
    def test_odd_numbers_are_refused(self, step):
        """On a fresh session too, where nothing can be repeated."""
        with pytest.raises(InputError, match="expected 0"):
            Deployment(echo, **FROZEN).act(1, step=step)

    @pytest.mark.parametrize("seed", [-1, "a", 1.0])
    def test_a_seed_is_checked_wherever_it_is_given(self, seed):
        """Deployment, reset and fork say the same."""
        deployment = Deployment(echo, **FROZEN)
        for given in (
            lambda: Deployment(echo, seed=seed),
            lambda: deployment.reset(1, seed=seed),
            lambda: deployment.fork(seed=seed),
        ):
            with pytest.raises(InputError, match="seed="):
                given()

    def test_info_that_is_kept_is_copied_both_ways(self):
        """While a decision is wanted, neither side can change what the other sees."""
        deployment, mask = Deployment(None, **FROZEN), np.array([1, 1])
        answer = deployment.observe(1, info={"mask": mask}, step=0)
        mask[:] = 0
        answer.timestep.info["mask"][:] = 0
        assert [1, 1] == deployment.wanted.info["mask"].tolist()
        again = deployment.observe(1, step=0).timestep.info["mask"]
        assert [1, 1] == again.tolist()

    def test_a_dict_that_the_host_uses_again_changes_nothing(self):
        """What was shown stays as it was shown."""
        info = {"n": 1}
        deployment = Deployment(echo, **FROZEN)
        deployment.act(1, info=info)
        deployment.act(2, 0.0, info=info)
        info["n"] = 2
        assert {"n": 1} == deployment.last_trace.at(0)[0].info

    def test_views_and_masks_are_copied_as_they_are(self):
        """A structured scalar is a view; a masked array is more than its numbers."""
        rows = np.zeros(1, [("x", "f4")])
        deployment = Deployment(RepeatsWhatItSees(), **FROZEN)
        deployment.act(rows[0])
        rows[0]["x"] = 5
        assert 0 == deployment.act(1, 0.0)["x"]
        masked = np.ma.masked_array([1.0, 2.0], mask=[True, False])
        assert np.ma.is_masked(Deployment(lambda seen: seen, **FROZEN).act(masked))

    def test_half_a_last_time_step_is_refused(self):
        """A reward without an observation would be lost."""
        deployment = Deployment(echo, **FROZEN)
        deployment.act(1)
        with pytest.raises(InputError, match="without the observation"):
            deployment.close(reward=5.0, terminated=True)
        deployment.close(2, 5.0)
        deployment.close(2, 5.0)
        assert 5.0 == deployment.statistics["return"]

    def test_the_pending_reset_is_a_copy(self):
        """An environment may take its options apart."""
        stack = AskWith({"level": 3}) | TimeLimit(1)
        deployment = Deployment(echo, stack, on_reset="request", **FROZEN)
        deployment.act(1)
        assert deployment.act(2, 1.0) is None
        deployment.pending.options.pop("level")
        assert {"level": 3} == deployment.pending.options


class TestWrappers:
    """What a wrapper does wrong."""

    @pytest.mark.parametrize("reward", [None, "x", np.zeros(2)])
    def test_a_reward_that_is_none_is_the_stacks_fault(self, reward):
        """It is told as such, changes nothing, and the fallback answers."""
        stack = TransformReward(lambda _: reward)
        deployment = Deployment(echo, stack, **FROZEN)
        deployment.act(1)
        before = deployment.snapshot()
        with pytest.raises(ProtocolError, match="TransformReward"):
            deployment.act(2, 1.0)
        assert before == deployment.snapshot()
        safe = Deployment(echo, stack, fallback=7, **FROZEN)
        assert [1, 7] == [safe.act(1), safe.act(2, 1.0)]

    def test_an_action_that_cannot_be_copied_is_never_committed(self):
        """The call can be made again."""
        deployment = Deployment(echo, Send(threading.Lock()), **FROZEN)
        with pytest.raises(Exception, match="lock"):
            deployment.act(1)
        assert (0, State.FRESH) == (deployment.step, deployment.state)

    def test_errors_can_be_told_of_what_cannot_be_printed(self):
        """A wrapper whose repr raises, an exception whose text raises."""

        class Mute(Exception):  # noqa: N818 - only its silence matters
            def __str__(self):
                raise ValueError("no words")

        def raises(_):
            raise Mute

        with pytest.raises(PolicyError, match="its text raises ValueError"):
            Deployment(raises, **FROZEN).act(1)
        assert 3 == Deployment(raises, fallback=3, **FROZEN).act(1)
        with pytest.raises(StatewrapError, match="whose repr raises"):
            Deployment(echo, UnprintableExplode(1), **FROZEN).act(1)

    def test_a_policy_may_return_what_cannot_be_printed(self):
        """It is still told what to return."""
        with pytest.raises(PolicyError, match="whose repr raises ValueError"):
            Deployment(ReturnsTheUnprintable(), **FROZEN).act(1)

    def test_the_wrapper_that_ended_twice_is_named(self):
        """Not one above it that let the end pass; whether it showed an end or sent a reset."""
        for culprit in (ResetsAtOnce(), EndsAtOnce()):
            stack = culprit | ClipReward(-1.0, 1.0)
            deployment = Deployment(echo, stack, **FROZEN)
            with pytest.raises(ProtocolError, match=rf"^{type(culprit).__name__}\(\) ended"):
                deployment.act(1)


class TestDecisions:
    """Where decisions come from outside."""

    def test_the_first_command_of_each_episode_is_checked(self):
        """In the opening call, and where the stack opened the episode."""
        stack = TransformAction(lambda action: action * 10, Discrete(3)) | TimeLimit(1)
        deployment = Deployment(None, stack, action_space=Discrete(3), **FROZEN)
        deployment.observe(1)
        with pytest.raises(SpaceError, match="int 10"):
            deployment.decide(1)
        deployment.decide(0)
        deployment.observe(2, 1.0)
        with pytest.raises(SpaceError, match="int 10"):
            deployment.decide(1)

    def test_so_it_is_where_a_policy_decides(self):
        """The episode that the stack opened has a first action as well."""
        stack = TransformAction(lambda action: action * 10, Discrete(3)) | TimeLimit(1)
        deployment = Deployment(lambda seen: seen, stack, action_space=Discrete(3), **FROZEN)
        deployment.act(0)
        with pytest.raises(SpaceError, match="int 10"):
            deployment.act(1, 1.0)

    def test_a_decision_uses_no_number_of_its_own(self):
        """It has its observe's, which can still be repeated."""
        deployment = Deployment(None, **FROZEN)
        for n in range(3):
            wanted = deployment.observe(n, *([1.0] if n else []), step=n)
            command = deployment.decide(n, step=n)
            assert wanted == deployment.observe("again", step=n)
            assert command == deployment.decide("again", step=n)
            assert n + 1 == deployment.step
        with pytest.raises(InputError, match="expected 2"):
            deployment.decide(0, step=1)

    def test_after_a_random_reset_too(self):
        """There the policy's first decision comes in a later call."""
        stack = RandomReset(1, action=0) | TransformAction(lambda action: action * 10, Discrete(3))
        deployment = Deployment(None, stack, action_space=Discrete(3), **FROZEN)
        deployment.observe(1)
        deployment.observe(2, 0.0)
        with pytest.raises(SpaceError, match="int 10"):
            deployment.decide(1)


class TestFallback:
    """Ends that only the fallback saw."""

    def test_a_failing_end_at_close_is_counted(self):
        """The reward is not lost."""
        deployment = Deployment(echo, Explode(2), fallback=0, **FROZEN)
        deployment.act(1)
        deployment.close(2, 5.0)
        assert (5.0, 1, "abandoned") == (
            deployment.statistics["return"],
            deployment.statistics["fallbacks"],
            deployment.ended[0]["outcome"],
        )

    def test_an_opening_that_fails_twice_is_still_to_come(self):
        """The first time step that the stack can take opens the episode."""
        stack = Explode(1) | Explode(2)
        deployment = Deployment(echo, stack, fallback=0, **FROZEN)
        assert [0, 0, 3] == [deployment.act(1), deployment.act(2, 1.0), deployment.act(3, 1.0)]
        shown = deployment.last_trace.at(-1)[0]
        assert (True, 0.0, 2.0) == (shown.first, shown.reward, deployment.statistics["return"])

    def test_an_episode_that_nobody_saw_is_reported(self):
        """Its steps do not count for the next one."""
        deployment = Deployment(echo, Explode(1), fallback=0, **FROZEN)
        assert [0, None] == [deployment.act(1), deployment.act(2, 5.0, True)]
        assert [("abandoned", 5.0)] == [(e["outcome"], e["return"]) for e in deployment.ended]
        deployment.act(3)
        deployment.act(4, 1.0, True)
        assert [1.0] == [episode["return"] for episode in deployment.ended]


def test_what_the_stack_opened_is_told_in_the_trace():
    """Between the reset that left and the opening that came, an event says why."""
    deployment = Deployment(echo, TimeLimit(1), **FROZEN)
    deployment.act(1)
    deployment.act(2, 1.0)
    names = [type(what).__name__ for _, what in deployment.last_trace.facts]
    assert ["Reset", "Continued", "TimeStep"] == names[names.index("Continued") - 1 :][:3]


def test_a_fork_can_be_asked_while_the_original_is_deciding():
    """A policy may look ahead in a copy of its own session."""

    def policy(seen):
        return seen if seen < 5 else ahead.act(1, 0.0)

    deployment = Deployment(policy, **FROZEN)
    deployment.act(1)
    ahead = deployment.fork()
    assert 1 == deployment.act(9, 0.0)


def test_a_training_loop_is_not_told_that_nothing_was_changed():
    """There the environment was stepped; only a deployment can make the call again."""
    error = WrapperError(Explode(1), 0, "on_state", RuntimeError("boom"))
    assert "Wrapper 0, Explode(at=1), raised RuntimeError in on_state: boom." == str(error)


@attrs.frozen(repr=False)
class UnprintableExplode(Explode):
    """A wrapper whose repr raises."""

    def __repr__(self):
        raise ValueError("no words")


@attrs.frozen
class EndsAtOnce(Wrapper[None]):
    """Answer each act with a last time step."""

    def on_action(self, memory, act):
        return None, TimeStep("over", terminated=True)


@attrs.frozen
class ResetsAtOnce(Wrapper[None]):
    """Answer each opening with a reset."""

    def on_state(self, memory, timestep):
        return None, Reset() if timestep.first else timestep


class RepeatsWhatItSees(Policy[Any]):
    """Answer with the first observation of the episode, always."""

    def decide(self, memory, timestep):
        memory = timestep.observation if timestep.first else memory
        return memory, Act(memory)


class ReturnsTheUnprintable(Policy[None]):
    """Return something that is no decision and has no words."""

    def decide(self, memory, timestep):
        return Unprintable()
