"""A Gymnasium stack on its way to production."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.key import Key
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.gym.bridge import Description
from statewrap.gym.bridge.bridge import Mode
from statewrap.gym.recognition import recognised, refusal_error


def taken(
    env: Any,
    root: Key,
    *,
    learn: bool,
    describe: Description | None = None,
    mode: Mode = "auto",
) -> tuple[Stack, StackMemory, Below]:
    """Return the stack of an environment's wrappers, its memory, and what is known below it.

    Args:
        env: it is neither called nor changed.
        root: of the keys in the memory.
        learn: whether what learns goes on learning.
        describe: what is to be said of the environment to wrappers in a bridge.
        mode: of each bridge.

    Raises:
        ConfigurationError: if wrappers can be neither read nor bridged; it names all of them.
    """
    found = recognised(env, root, describe, mode)
    if found.refused:
        raise refusal_error(found.refused)
    stack, memory = found.stack, found.memory(root)
    if not learn:
        stack, memory = frozen(stack, memory)
    return stack, memory, found.below


def frozen(stack: Stack, memory: StackMemory) -> tuple[Stack, StackMemory]:
    """Return a stack that puts to use what it has learned, and learns no more.

    Wrappers that learn and have the argument `mode` are made anew, with `mode="frozen"` and
    their memory as `statistics`; others are left as they are.

    >>> from statewrap.wrappers import Moments, NormalizeObservation, TimeLimit
    >>> learning = TimeLimit(9) | NormalizeObservation(mode="learn")
    >>> learned = StackMemory((3, Moments(0.5, 4.0, 10.0)), (Key(0, 0), Key(0, 1)))
    >>> frozen(learning, learned)[0]
    TimeLimit(max_episode_steps=9) | NormalizeObservation(..., mode='frozen')
    """
    pairs = [_frozen(*pair) for pair in zip(stack, memory.wrappers, strict=True)]
    memories = tuple(memory for _, memory in pairs)
    return Stack(*(wrapper for wrapper, _ in pairs)), StackMemory(memories, memory.keys)


def _frozen(wrapper: Any, memory: Any) -> tuple[Wrapper[Any], Any]:
    if getattr(wrapper, "mode", None) != "learn":
        return wrapper, memory
    statistics = getattr(memory, "moments", memory)
    return attrs.evolve(wrapper, mode="frozen", statistics=statistics), None
