"""Layers that have no twin, as bridges: which of them together, and with which memory."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import attrs
import gymnasium

from statewrap.core.draws import NumpyDraws
from statewrap.core.errors import BindError, ConfigurationError
from statewrap.core.key import Key
from statewrap.core.registry import qualified_name
from statewrap.core.words import sentence
from statewrap.core.wrapper import Below
from statewrap.gym import held
from statewrap.gym.behind import NotCopiedError, PartError
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.bridge import Mode
from statewrap.gym.bridge.errors import EnvironmentMissingError, UntriedError
from statewrap.gym.bridge.seen import Seen
from statewrap.gym.bridge.stub import Limited
from statewrap.gym.copies import Copied, Made
from statewrap.gym.graft import graft
from statewrap.gym.known import entry_point
from statewrap.gym.plain import said
from statewrap.gym.replaced import replaced
from statewrap.gym.unshared import draws_from

_ANY: Final = Key.from_seed(0)
MOST_RUNS: Final = 32
"""How many steps of the environment a call may take for which two layers share a bridge."""


@attrs.frozen
class Bridged:
    """Neighbouring layers as one bridge."""

    bridge: Bridge
    """Unbound."""
    bound: Bridge
    memory: Any
    """What the layers remember."""
    fresh: Any
    """What layers remember that were made a moment ago."""
    below: Below
    """What is known below them."""
    above: Below
    """What is known above them."""


def hold_mode(mode: Any) -> None:
    """Hold that a mode is one that a bridge may have.

    Raises:
        ValueError: if it is not.
    """
    field: Any = attrs.fields(Bridge).mode
    field.validator(None, field, mode)


def bridged(
    outer: Any,
    env: Any,
    below: Below,
    key: Key,
    describe: Description | None = None,
    mode: Mode = "auto",
) -> Bridged:
    """Put the layers from `outer` down to those directly above `env` into a bridge.

    The environment is neither stepped nor reset, and no reference to it is kept.

    Args:
        outer: the outermost of the layers.
        env: what they lie on.
        below: what is known of that.
        key: from which they draw whose environment has no generator.
        describe: what is to be said of the environment, before what is found there.
        mode: as for `Bridge`.

    Raises:
        ConfigurationError: if they cannot be copied.
        BindError: if the bridge refuses them.
    """
    if not isinstance(outer, gymnasium.Wrapper):
        raise ConfigurationError(
            "it wraps a vector of environments, and a bridge takes wrappers of one environment"
        )
    copied, description = _copied(outer, env), Description.with_more(env, describe)
    start = held.generator_of(outer) or key
    making = partial(Bridge, describe=description, mode=mode)
    made = made_of_arguments(outer, env)
    if made is not None:
        with contextlib.suppress(Exception):  # of any kind, from a constructor over a stub
            return _over(env, _bridged(making(made), copied, below, start))
    return _over(env, _bridged(making(copied), copied, below, start))


def _over(env: Any, made: Bridged) -> Bridged:
    """Return a bridge that draws from no space but the environment's own.

    A twin announces a space of its own: where a generator stands that a wrapper of Gymnasium's
    announces is unknown to it.

    Raises:
        PartError: if it does.
    """
    engine: Any = made.bound._engine  # noqa: SLF001 - of one package
    if made.bound.seen is None or made.bound.seen.mode == "greenlet":
        return made
    live = engine.workshop.take()
    engine.workshop.put(live)
    for name in ("observation_space", "action_space"):
        own = getattr(env, name, None) is getattr(env.unwrapped, name, None)
        if not own and _is_drawn_from(vars(live.stub).get(name), live):
            raise PartError(
                f"It draws from the {name} of {type(env).__name__}, whose generator stands "
                "somewhere in training; let it draw from self.np_random"
            )
    return made


def _is_drawn_from(space: Any, live: Any) -> bool:
    """Tell whether a space was drawn from when a wrapper was tried out."""
    places = {live.graph.index.get(id(generator)) for generator in draws_from(space)}
    return bool(places & live.hot) if live.hot is not None else bool(places)


def _copied(outer: Any, env: Any) -> Copied:
    """Copy layers.

    Raises:
        NotCopiedError: if they cannot be copied, with what to do.
    """
    try:
        return Copied.of(outer, env)
    except PartError:
        raise
    except NotCopiedError as error:
        name = type(outer).__name__
        raise NotCopiedError(
            f"{sentence(error)} What was begun here cannot go on elsewhere; it can begin anew in a "
            f"stack that you write, with Bridge(lambda env: {name}(env, ...), mode='greenlet') "
            "where it is one that cannot be run again"
        ) from error


def _bridged(bridge: Bridge, copied: Copied, below: Below, start: Key | NumpyDraws) -> Bridged:
    """Bind a bridge, and take over what the layers remember.

    Raises:
        BindError: if the bridge refuses them, or cannot hold what they remember.
    """
    bound = bridge.bind(below)
    _hold_drawn(bound, start)
    above, waits = bound.above(below), bound.seen is not None and bound.seen.mode == "greenlet"
    if waits:
        if bridge.factory is not copied:
            raise BindError("What a wrapper holds that cannot be run again is in its copy alone.")
        begun: Any = bound.initial(_ANY)
        begun = begun.starting(start)
        return Bridged(bridge, bound, begun, begun, below, above)
    fresh = bound.initial(_ANY)._replace(draws=start)
    state = fresh.state if bridge.factory is copied else carried(bound, copied)
    return Bridged(bridge, bound, fresh._replace(state=state), fresh, below, above)


def _hold_drawn(bound: Bridge, start: Key | NumpyDraws) -> None:
    """Hold that a wrapper that draws goes on from a generator of the kind that a bridge has.

    Raises:
        BindError: if it does not.
    """
    seen = bound.seen
    draws = seen is not None and (seen.draws or seen.mode == "greenlet")
    if draws and isinstance(start, NumpyDraws) and start.kind != "PCG64":
        raise BindError(
            f"It may draw from its environment's generator, which is a {start.kind} here, and a "
            "bridge goes on from a PCG64, as env.reset(seed=...) makes it."
        )


def carried(bound: Bridge, copied: Copied) -> Any:
    """Return what copied layers remember, as a state of a bridge that makes them anew.

    Raises:
        BindError: if they hold something that the bridge could not make.
    """
    engine: Any = bound._engine  # noqa: SLF001 - of one package
    live = engine.workshop.another()
    ground: Any = live.outer
    while isinstance(ground, gymnasium.Wrapper) and not isinstance(ground, Limited):
        ground = ground.env
    graft(copied(ground), live.outer)
    return live.state()


def made_of_arguments(outer: Any, env: Any) -> Made | None:
    """Return what makes layers anew of the arguments that they have recorded, if all have.

    Where a method was replaced on an instance there is none: what is seen of a wrapper that was
    made anew would not hold for it.
    """
    layers = []
    while outer is not env:
        given = getattr(outer, "_saved_kwargs", None)
        if given is None or qualified_name(type(outer)) is None or replaced(outer):
            return None
        if not _has_plain_form(given):
            return None
        arguments = {name: value for name, value in given.items() if name != "env"}
        layers.append((entry_point(type(outer)), copy.deepcopy(arguments)))
        outer = outer.env
    return Made(tuple(layers[::-1]))


def _has_plain_form(value: Any) -> bool:
    """Tell whether a value can be said to another process."""
    return said(value) is not value


def deepest(count: int, attempt: Callable[[int], Bridged]) -> tuple[int, Bridged, str]:
    """Bridge a layer alone, or together with as few of those below it as will do.

    A layer that asks something of what lies below it, or holds a part of it, finds it where that is
    in the bridge too; so does one that reads what another puts into an info.

    Args:
        count: how many layers there are, this one included.
        attempt: bridges that many.

    Returns:
        How many, the bridge, and why the layer is not alone in it.

    Raises:
        ConfigurationError: if the layer cannot be bridged.
        BindError: the same.
    """
    refusal: BindError | ConfigurationError | None = None
    for number in range(1, count + 1):
        try:
            return number, attempt(number), _why_not_alone(refusal)
        except (EnvironmentMissingError, PartError, UntriedError) as error:
            refusal = refusal or error
        except (BindError, ConfigurationError) as error:
            raise refusal or error from None
    assert refusal is not None  # noqa: S101 - there was one attempt at least
    raise refusal


def _why_not_alone(refusal: Exception | None) -> str:
    if isinstance(refusal, UntriedError):
        return "without which no step of it came to its end"
    return "which looks for it"


def cheaper_joined(below: Seen | None, above: Seen | None) -> bool:
    """Tell whether a bridge for two neighbours is cheaper than one for each.

    It is made ready and put back once for both. But where the upper layer's call is run again at
    each answer, all that the lower one does with earlier answers is done again as well: that is
    worth it only if the lower one's calls are run again anyway.

    Args:
        below: what was seen of the lower one alone.
        above: what was seen of the upper one.
    """
    if below is None or above is None or not below.calls or not above.calls:
        return False
    if above.path.name != "again":
        return True
    return below.path.name == "again" and _most(below) * _most(above) <= MOST_RUNS


def _most(seen: Seen) -> int:
    return max(span[1] for span in (seen.steps_per_step or (0, 1), seen.steps_per_reset or (0, 0)))
