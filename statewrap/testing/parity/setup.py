"""From what was given to what is run: the inverted stack, its original, and their gaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from statewrap.core.errors import BindError
from statewrap.core.policy import Policy
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.gaps import Gaps, by_layers, one_to_one
from statewrap.testing.parity.inputs import a_stack, bare
from statewrap.testing.parity.originals import Original, Wrap, layers, original_of, wrapped
from statewrap.testing.parity.players import a_policy
from statewrap.testing.parity.shims import Env
from statewrap.testing.parity.twins import has_a_twin, in_the_box, recognised, twin
from statewrap.testing.parity.unseen import below_of
from statewrap.wrappers import NormalizeObservation, NormalizeReward


@attrs.frozen
class Setup:
    """Who plays."""

    make_env: Callable[[], Env]
    environment: str
    stack: Stack
    original: Original | None
    gaps: Gaps
    policy: Policy[Any] | None
    """Bound to what is known at the top; None for actions of all kinds."""
    by_name: bool
    """Whether the original was made of Gymnasium's wrappers of the same names."""
    limit: int
    """The longest limit that is announced at a gap; 0 if none is."""

    def without(self, silent: Sequence[int]) -> Setup:
        """Leave gaps of the original out, at which nothing is ever said."""
        if self.original is None:
            return self
        gaps = self.gaps.without(silent)
        return attrs.evolve(self, gaps=gaps, original=attrs.evolve(self.original, gaps=gaps))

    def frozen(self, memory: StackMemory) -> Setup | None:
        """Return the same with what was learned given as statistics; None if nothing learns so."""
        pairs = zip(self.stack, memory.wrappers, strict=True)
        wrappers = [_frozen(wrapper, held) for wrapper, held in pairs]
        learns = any(a is not b for a, b in zip(wrappers, self.stack, strict=True))
        if self.original is None or not self.by_name or not learns:
            return None
        original = attrs.evolve(self.original, wraps=tuple(map(twin, wrappers)))
        return attrs.evolve(self, stack=Stack(*wrappers), original=original)


def _frozen(wrapper: Any, held: Any) -> Any:
    if not isinstance(wrapper, (NormalizeObservation, NormalizeReward)) or wrapper.mode != "learn":
        return wrapper
    moments = held.moments if isinstance(wrapper, NormalizeReward) else held
    return attrs.evolve(wrapper, statistics=moments, mode="frozen")


def set_up(make_env: Any, wrapped_or_stack: Any, policy: Any, original: Any) -> Setup:
    """Look at what was given.

    Raises:
        ParityError: if it cannot be compared.
    """
    make, env = (made := bare(make_env)), made()
    given = a_stack(wrapped_or_stack)
    wraps: Wrap | Sequence[Wrap] | None
    if given is None:
        inverted, wraps = _recognised(wrapped_or_stack, original, env), wrapped_or_stack
        stack = Stack(*(wrapper for layer in inverted for wrapper in layer))
    else:
        stack = Stack(given)
        wraps = _wraps(stack, original)
    bound, top = _bound(stack, env)
    names = [type(wrapper).__name__ for wrapper in stack]
    found = None if wraps is None else original_of(wraps, names, env)
    if given is None and found is not None:
        found = attrs.evolve(found, gaps=by_layers([len(layer) for layer in inverted]))
    return Setup(
        make,
        _called(env),
        stack,
        found,
        one_to_one(len(stack)) if found is None else found.gaps,
        _policy(policy, top),
        given is not None and original is None and found is not None,
        max((gap.max_episode_steps or 0 for gap in bound.gaps or ()), default=0),
    )


def _called(env: Env) -> str:
    name = type(env.unwrapped).__name__
    return name if env.spec is None else f"{name} ({env.spec.id})"


def _recognised(function: Wrap, original: Any, env: Env) -> list[tuple[Wrapper[Any], ...]]:
    if original is not None:
        raise ParityError(
            "Both a function of an environment and original= were given. Give the inverted stack "
            "and original=, or the function alone, if all its wrappers are Gymnasium's or have a "
            "registered twin."
        )
    inverted = recognised(layers(wrapped(function, env), env))
    if not any(inverted):
        raise ParityError(
            f"{brief(function)} puts no wrapper around its environment that could be compared."
        )
    return inverted


def _wraps(stack: Stack, original: Any) -> Wrap | list[Wrap] | None:
    """Return what makes the original; None if there is none that could be followed."""
    if original is None:
        strange = [wrapper for wrapper in stack if not has_a_twin(wrapper)]
        if strange and all(map(in_the_box, strange)):
            return None
        return [twin(wrapper) for wrapper in stack]
    if callable(original):
        return original  # type: ignore[no-any-return]
    if not isinstance(original, (list, tuple)):
        raise ParityError(
            f"original is {brief(original)}, expected a function that wraps an environment, "
            "lambda env: OldSkip(env, 3), or a list of them, one for each wrapper of the stack."
        )
    if len(original) != len(stack):
        raise ParityError(
            f"original is a list of {len(original)}, but the stack has {len(stack)} wrappers: "
            f"{brief(stack)}. Give one function for each, the one nearest to the environment "
            "first, or None for Gymnasium's wrapper of the same name."
        )
    return [_one(w, o) for w, o in zip(stack, original, strict=True)]


def _one(wrapper: Wrapper[Any], original: Any) -> Wrap:
    if original is None:
        return twin(wrapper)
    if not callable(original):
        raise ParityError(
            f"The original of {brief(wrapper)} is {brief(original)}, expected a function that "
            "wraps an environment, or None for Gymnasium's wrapper of the same name."
        )
    return original  # type: ignore[no-any-return]


def _bound(stack: Stack, env: Env) -> tuple[Stack, Below]:
    below = below_of(env, stack)
    try:
        bound = stack.bind(below)
    except BindError as error:
        raise ParityError(f"The stack does not fit {_called(env)}: {sentence(error)}") from error
    return bound, bound.above(below)


def _policy(given: Any, top: Below) -> Policy[Any] | None:
    policy = a_policy(given)
    try:
        return None if policy is None else policy.bind(top)
    except BindError as error:
        raise ParityError(f"The policy does not fit the stack: {sentence(error)}") from error
