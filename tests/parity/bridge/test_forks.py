"""What no loop can do: cut a call, take a step back, fork it, and serve several at once."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.envs.classic_control import CartPoleEnv

from statewrap import Deployment, Stack
from statewrap.core.errors import PolicyError, WrapperError
from statewrap.core.same import difference
from statewrap.gym.bridge import Bridge
from tests.parity.bridge import hostile, hostile_state
from tests.parity.bridge.proofs import ANY, Scripted, deployed, played, shown

MAKE = CartPoleEnv


def repeats(env):
    """Skip in a wrapper that writes before and after each inner step."""
    return theirs.TimeLimit(hostile.WritesBeforeAndAfter(env), 30)


def sticks(env):
    """Draw, skip, and keep frames."""
    return theirs.FrameStackObservation(hostile.RandomInnerSteps(env), 3)


def learns(env):
    """Learn below a skip and above it."""
    env = theirs.RepeatAction(theirs.NormalizeObservation(env), 3)
    return theirs.RecordEpisodeStatistics(theirs.NormalizeReward(env))


STACKS = (repeats, sticks, learns, hostile.StepInsideReset, hostile.ResetInsideStep)


class Halts:
    """A policy that acts on what it is shown, and raises when it is told to."""

    def __init__(self) -> None:
        self.raises, self.seen = False, []

    def __call__(self, observation):
        self.seen.append(np.array(observation, copy=True))
        if self.raises:
            raise OSError("the network is down")
        return int(np.sum(observation) > 0)


def opened(number):
    """Open an episode unasked."""
    return {"observation": shown(number).observation}


@pytest.mark.parametrize("cut", range(1, 7))
@pytest.mark.parametrize("factory", [repeats, sticks, learns], ids=lambda f: f.__name__)
def test_a_call_that_is_cut_never_happened(factory, cut):
    """An episode that opens unasked takes back the call that was under way, and no other.

    Gymnasium's own loop is given the same without the steps of that call.
    """
    policy = Halts()
    deployment = deployed_with(policy, factory)
    deployment.act(**opened(1))
    asked = [0]
    for number in range(2, 2 + cut):
        deployment.act(shown(number).observation, shown(number).reward)
        if len(policy.seen) > len(asked):
            asked.append(number - 1)
    deployment.reset(**opened(50))
    for number in range(51, 63):
        deployment.act(shown(number).observation, shown(number).reward)

    whole = [shown(number) for number in range(1, asked[-1] + 2 if len(asked) > 1 else 2)]
    expected, _ = cut_natively(factory, whole, [shown(n) for n in range(50, 63)])
    assert difference(expected[: len(policy.seen)], policy.seen) is None
    assert len(policy.seen) >= len(expected) - 1


def cut_natively(factory, before, after):
    """Run a wrapper over whole calls, then reset it, and go on."""
    env = Scripted(MAKE(), before)
    wrapper = factory(env)
    with np.errstate(all="ignore"):
        said = [wrapper.reset()[0]]
        while env.script:
            said.append(wrapper.step(int(np.sum(said[-1]) > 0))[0])
        env.script = list(after)
        said.append(wrapper.reset()[0])
        while env.script:
            try:
                said.append(wrapper.step(int(np.sum(said[-1]) > 0))[0])
            except IndexError:
                break
    return said, env.commands


def deployed_with(policy, factory):
    """Deploy a policy over the bridge."""
    return Deployment(
        policy,
        Stack(Bridge(factory)),
        observation_space=ANY,
        action_space=MAKE().action_space,
        sinks=(),
        clock=lambda: 0.0,
        check="never",
        seed=3,
    )


@pytest.mark.parametrize("factory", STACKS, ids=lambda f: f.__name__)
def test_a_policy_that_raises_is_asked_again(factory):
    """The same call again goes on as if nothing had been."""
    calm, nervous = Halts(), Halts()
    one, other = deployed_with(calm, factory), deployed_with(nervous, factory)
    one.act(**opened(1))
    other.act(**opened(1))
    raised = 0
    for number in range(2, 40):
        given = (shown(number).observation, shown(number).reward)
        expected = one.act(*given)
        nervous.raises = True
        try:
            found = other.act(*given)
        except PolicyError:
            raised += 1
            nervous.raises = False
            found = other.act(*given)
        assert expected == found
    assert raised > 3
    assert one.snapshot() == other.snapshot()


class Picky(hostile_state.Counts):
    """Skips, counts, and raises on what it cannot read, after it has counted."""

    count = 0

    def step(self, action):
        for _ in range(3):
            self.count += 1
            answer = self.env.step(action)
            if np.isnan(answer[0]).any():
                raise ValueError("this is no number")
            if answer[2] or answer[3]:
                break
        return answer[0] + self.count, *answer[1:]


def test_a_wrapper_that_raises_is_as_it_was():
    """What it counted in the call is taken back as far as the message that it raised on."""
    policy = Halts()
    deployment, other = deployed_with(policy, Picky), deployed_with(Halts(), Picky)
    wrong = np.full(4, np.nan, np.float32)
    deployment.act(**opened(1))
    other.act(**opened(1))
    for number in range(2, 20):
        before = deployment.snapshot()
        with pytest.raises(WrapperError, match="this is no number"):
            deployment.act(wrong, 0.0)
        assert before == deployment.snapshot()
        assert deployment.act(shown(number).observation, 1.0) == other.act(
            shown(number).observation, 1.0
        )


@pytest.mark.parametrize("factory", STACKS, ids=lambda f: f.__name__)
def test_a_fork_goes_its_own_way(factory):
    """Each goes on as if it were alone, whoever acts first, mid-call or not."""
    calls = played(MAKE, deployed(MAKE, Stack(Bridge(factory)))).calls
    turned = [c.given | {"observation": -c.given["observation"]} for c in calls]
    compared = 0
    for cut in (5, 6, 7, 8):
        alone, forked = (deployed(MAKE, Stack(Bridge(factory))) for _ in range(2))
        for call in calls[:cut]:
            alone.act(**call.given)
            forked.act(**call.given)
        twin = forked.fork()
        for call, other in zip(calls[cut:], turned[cut:], strict=True):
            if len(call.given) < 3:
                break
            twin.act(**other)
            assert alone.act(**call.given) == forked.act(**call.given)
            compared += 1
        assert alone.snapshot() == forked.snapshot()
    assert 10 < compared


@pytest.mark.parametrize("factory", STACKS, ids=lambda f: f.__name__)
def test_sessions_of_one_bridge_do_not_touch(factory):
    """Two sessions of the same object, in turns, answer as each would alone."""
    stack = Stack(Bridge(factory))
    calls = played(MAKE, deployed(MAKE, stack)).calls
    later = calls[11:] if len(calls[11].given) < 3 else calls
    one, other = deployed(MAKE, stack), deployed(MAKE, stack)
    alone = deployed(MAKE, Stack(Bridge(factory)))
    expected = [alone.act(**call.given) for call in later if call is not None]
    found = []
    for number, call in enumerate(later):
        one.act(**calls[number].given)
        found.append(other.act(**call.given))
    assert difference(expected, found) is None


def test_threads_may_share_a_bridge():
    """Sessions of the same object in several threads answer as each would alone."""
    stack = Stack(Bridge(sticks))
    calls = played(MAKE, deployed(MAKE, stack), 200).calls
    expected, wrong = [call.action for call in calls], []

    def serve():
        deployment = deployed(MAKE, stack)
        found = [deployment.act(**call.given) for call in calls]
        pairs = enumerate(zip(expected, found, strict=True))
        wrong.extend(number for number, (one, other) in pairs if one != other)

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == wrong
