"""Laws about `|`: how wrappers are joined changes nothing but their order."""

from __future__ import annotations

from typing import Any

from statewrap.core.events import Fact
from statewrap.core.key import Key
from statewrap.core.messages import Message, TimeStep
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from statewrap.testing.laws.law import Broken, Setting, agree, agree_turn_by_turn, law
from statewrap.testing.script import converse


@law(
    cure="Keep nothing outside the memory; `bind` returns a copy (`bound(self, ...)`) and "
    "leaves the wrapper as it was."
)
def identity(setting: Setting) -> None:
    """An empty stack, and a wrapper on top that lets everything pass, make no difference."""
    whole = setting.unbound
    if not Stack() | whole == whole | Stack() == whole:
        raise Broken("Stack() | w, w | Stack() and w are not equal.")
    alone = list(setting.turns())
    padded = (whole | Wrapper()).bind(setting.below)
    agree_turn_by_turn(alone, setting.turns(padded), "Under Wrapper()")


@law(
    cure="Announce in `above` only what follows from `below` and the arguments, and change "
    "nothing in `bind`."
)
def associativity(setting: Setting) -> None:
    """Cut in two anywhere, a stack is equal, announces the same and says the same.

    The two parts are bound one on top of the other and driven one after the other by hand.
    """
    wrappers, whole = tuple(setting.unbound), list(setting.turns())
    for cut in range(len(wrappers) + 1):
        lower, upper = Stack(*wrappers[:cut]), Stack(*wrappers[cut:])
        if not lower | upper == Stack(lower, upper) == setting.unbound:
            raise Broken(f"Cut at {cut} and joined again, the stack is another.")
        lower = lower.bind(setting.below)
        upper = upper.bind(lower.above(setting.below))
        _announce_the_same(setting, upper, cut)
        parts = converse(Parts(lower, upper), setting.episodes, setting.policy)
        agree_turn_by_turn(whole, parts, f"Cut in two at {cut}")


def _announce_the_same(setting: Setting, upper: Stack, cut: int) -> None:
    whole, joined = (setting.stack.gaps or ())[-1], (upper.gaps or ())[-1]
    for name in ("observation_space", "action_space", "max_episode_steps"):
        expected, actual = getattr(whole, name), getattr(joined, name)
        agree(expected, actual, f"Cut in two at {cut}, the {name} announced (whole != parts)")


class Parts:
    """Two bound stacks, one on the other, routed one after the other."""

    def __init__(self, lower: Stack, upper: Stack) -> None:
        self._lower, self._upper = lower, upper

    def initial(self, key: Key) -> tuple[StackMemory, StackMemory]:
        """Start as the whole would."""
        keys = [key.fold(index) for index in range(len(self._lower) + len(self._upper))]
        cut = len(self._lower)
        return _initial(self._lower, keys[:cut]), _initial(self._upper, keys[cut:])

    def route(self, memory: Any, message: Message, hops: list[Fact]) -> tuple[Any, Message]:
        """Carry a message from part to part until one leaves."""
        low, high = memory
        enters_low = type(message) is TimeStep
        while True:
            if enters_low:
                low, message = self._lower.route(low, message)
            else:
                high, message = self._upper.route(high, message)
            rises = type(message) is TimeStep
            if rises is not enters_low:
                return (low, high), message
            enters_low = not rises


def _initial(stack: Stack, keys: list[Key]) -> StackMemory:
    memories = tuple(w.initial(key) for w, key in zip(stack, keys, strict=True))
    return StackMemory(memories, tuple(keys))
