"""Autoreset."""

import copy

import gymnasium as gym
import numpy as np
import pytest

from statewrap.core.borders import freeze
from statewrap.core.drivers import pull
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Stack
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.autoreset import Autoreset
from statewrap.wrappers.time_limit import TimeLimit
from tests.wrappers.scripted import VECTOR, WORLDS, Reused, pick, scripted
from tests.wrappers.twins import answers, below, both, make

GO, NEXT = Act("go"), Act("next")
F1 = TimeStep("f1", reward=1.0)
G0 = TimeStep("g0", first=True, info={"new": True})


@pytest.mark.parametrize("flags", [(True, False), (False, True), (True, True)])
def test_an_act_after_an_end_becomes_a_reset(flags) -> None:
    """It is dropped, and the opening that answers rises in its place."""
    end = F1.replace(terminated=flags[0], truncated=flags[1])

    replies = play(Autoreset(), FIRST, GO, end, NEXT, G0, NEXT)

    assert [FIRST, GO, end, Reset(), G0, NEXT] == replies


def test_a_reset_after_an_end_is_the_callers() -> None:
    """Its seed and options arrive, and the next act is an act."""
    end = F1.replace(terminated=True)
    request = Reset(seed=3, options={"level": 2})

    assert [request, G0, GO] == play(Autoreset(), FIRST, GO, end, request, G0, GO)[3:]


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_an_opening_at_any_moment_forgets_the_end(before) -> None:
    """Also where the environment opens the next episode by itself."""
    end = F1.replace(terminated=True)

    assert [G0, GO] == play(Autoreset(), FIRST, end, *before, G0, GO)[-2:]


def test_nothing_else_is_changed() -> None:
    """Within an episode everything passes as it is."""
    wrapper = Autoreset()

    assert F1 is wrapper.on_state(False, F1)[1]
    assert GO is wrapper.on_action(False, GO)[1]
    assert wrapper.initial(Key.from_seed(0)) is False
    assert bool is type(wrapper.on_state(False, F1.replace(terminated=np.True_))[0])


def test_wrappers_below_are_asked_for_an_episode_and_those_above_are_told() -> None:
    """A limit below counts anew, and one above does too, for the opening is a `first` to it."""
    stack = TimeLimit(1) | Autoreset() | TimeLimit(9)
    cut = F1.replace(truncated=True)

    replies = play(stack, FIRST, GO, F1, GO, FIRST, GO, F1)

    assert [FIRST, GO, cut, Reset(), FIRST, GO, cut] == replies
    assert (0, False, 0) == _after(stack, FIRST, GO, F1, GO, FIRST).wrappers


def _after(stack, *messages):
    """Return a stack's memory after a dialogue."""
    memory = stack.initial(Key.from_seed(0))
    for message in messages:
        memory, _ = stack.route(memory, message)
    return memory


def stepped(env, actions) -> list:
    """Return what Gymnasium's loop shows if it resets once and only steps from then on."""
    shown = [copy.deepcopy(env.reset(seed=7))]
    return shown + [copy.deepcopy(env.step(action)) for action in actions]


def pulled(env, wrapper, actions) -> list:
    """Return what the same loop is shown by a stack."""
    stack, answer = Stack(wrapper).bind(below(env)), answers(env)
    memory, t = pull(stack, stack.initial(Key.from_seed(0)), Reset(seed=7), answer)
    shown = [(t.observation, t.info)]
    for action in actions:
        memory, t = pull(stack, memory, Act(freeze(action)), answer)
        shown.append((t.observation, t.reward, t.terminated, t.truncated, t.info))
    return shown


@pytest.mark.parametrize("name", WORLDS)
def test_a_loop_that_only_steps_agrees_with_gymnasium(name) -> None:
    """What is shown and what the environment is told are bit-equal over at least three episodes."""
    generator = np.random.default_rng(3)
    actions = [WORLDS[name](generator) for _ in range(100)]
    one, other = (make(name, max_episode_steps=20) for _ in range(2))

    theirs = stepped(gym.wrappers.Autoreset(one), actions), one.actions
    ours = pulled(other, Autoreset(), actions), other.actions

    assert difference(theirs, ours) is None
    assert sum(len(step) == 5 and step[1] == 0.0 for step in theirs[0]) >= 3


@pytest.mark.parametrize("present", [Reused, lambda: lambda observation: observation])
def test_agrees_over_episodes_of_every_length(present) -> None:
    """Every kind of end, after one step too, and over a buffer that is reused."""
    one, other = (scripted(VECTOR, [1, 3, 1, 2], present=present()) for _ in range(2))
    actions = [i % 3 for i in range(40)]

    theirs = stepped(gym.wrappers.Autoreset(one), actions), one.actions
    ours = pulled(other, Autoreset(), actions), other.actions

    assert difference(theirs, ours) is None


def test_a_loop_that_resets_agrees_with_gymnasium() -> None:
    """Nothing is reset twice."""
    theirs, ours = both(
        Autoreset(), gym.wrappers.Autoreset, lambda: scripted(VECTOR, [1, 2, 3]), pick, episodes=9
    )

    assert difference(theirs, ours) is None


def test_describes_itself() -> None:
    """It has no arguments."""
    assert "Autoreset()" == repr(Autoreset())
    assert Autoreset() == eval(repr(Autoreset()))  # noqa: S307 - the point of this repr
