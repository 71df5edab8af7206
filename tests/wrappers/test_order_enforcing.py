"""OrderEnforcing."""

import gymnasium as gym
import pytest
from gymnasium.error import ResetNeeded

from statewrap.core.errors import WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.order_enforcing import OrderEnforcing
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

GO = Act("go")


@pytest.mark.parametrize("before", [(), (Reset(),)], ids=["at once", "after a reset"])
def test_refuses_an_act_before_anything_was_shown(before) -> None:
    """With Gymnasium's error and words; a reset that was not answered yet opens nothing."""
    words = r"Cannot call env.step\(\) before calling env.reset\(\)"
    with pytest.raises(WrapperError, match=f"ResetNeeded.*{words}") as caught:
        play(OrderEnforcing(), *before, GO)

    assert isinstance(caught.value.__cause__, ResetNeeded)
    with pytest.raises(ResetNeeded, match=words):
        gym.wrappers.OrderEnforcing(scripted(VECTOR, [3])).step(0)


def test_lets_everything_pass_once_something_was_shown() -> None:
    """Over the end of an episode too: only the very first act is looked at."""
    end = TimeStep("f1", terminated=True)
    dialogue = [Reset(seed=3), FIRST, GO, end, GO, Reset(), FIRST, FIRST, GO]

    assert dialogue == play(OrderEnforcing(), *dialogue)


def test_the_memory_is_whether_something_was_shown() -> None:
    """Plain bools, and nothing is made anew."""
    wrapper, key = OrderEnforcing(), Key.from_seed(0)

    assert wrapper.initial(key) is False
    assert (True, FIRST) == wrapper.on_state(wrapper.renew(True, key), FIRST)
    assert FIRST is wrapper.on_state(False, FIRST)[1]
    assert (True, GO) == wrapper.on_action(True, GO)


@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name) -> None:
    """Nothing is changed on the way, over whole episodes."""
    theirs, ours = both(
        OrderEnforcing(),
        gym.wrappers.OrderEnforcing,
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


def test_agrees_with_gymnasium_on_every_end() -> None:
    """Terminated, truncated and both, after one step and after more."""
    theirs, ours = both(
        OrderEnforcing(),
        gym.wrappers.OrderEnforcing,
        lambda: scripted(VECTOR, [1, 2, 3]),
        pick,
        episodes=9,
    )

    assert difference(theirs, ours) is None


def test_describes_itself() -> None:
    """The argument, which a stack has no use for, is kept for the Gymnasium wrapper made of it."""
    wrapper = OrderEnforcing(disable_render_order_enforcing=True)

    assert "OrderEnforcing(disable_render_order_enforcing=True)" == repr(wrapper)
    assert wrapper == eval(repr(wrapper))  # noqa: S307 - the point of this repr
    assert wrapper != OrderEnforcing()
