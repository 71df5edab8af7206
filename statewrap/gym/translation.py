"""From Gymnasium to statewrap: an environment or a spec becomes a stack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import gymnasium
from gymnasium.envs.registration import EnvSpec

from statewrap.core.errors import BindError, ConfigurationError
from statewrap.core.key import Key
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.gym.bridge import Bridge, Description, given
from statewrap.gym.bridge.bridge import Mode
from statewrap.gym.bridge.description import hold_description
from statewrap.gym.bridging import hold_mode
from statewrap.gym.copies import Made
from statewrap.gym.known import Row, row_of
from statewrap.gym.learned import with_statistics
from statewrap.gym.plain import imported, read
from statewrap.gym.production import taken
from statewrap.gym.recognition import Layer, refusal_error, superfluous, unknown_error
from statewrap.gym.specs import BOTTOM, saying
from statewrap.gym.standin import Said, StandIn, found_over, hold_apart

OWN = "statewrap.gym.wrapper:GymWrapper"


def from_env(
    env: Any,
    *,
    seed: int = 0,
    learn: bool = True,
    describe: Description | None = None,
    mode: Mode = "auto",
) -> tuple[Stack, StackMemory]:
    """Return the stack of an environment's wrappers, and what they remember.

    The environment is neither called, nor changed, nor kept: what is remembered is copied.

    Args:
        env: a Gymnasium environment in any wrappers: Gymnasium's, statewrap's, Stable-Baselines3's,
            and those registered with `register_twin` become statewrap's, all others run through a
            `Bridge`. Or a `VecEnv` of Stable-Baselines3, of which the first environment is meant.
        seed: of the keys in the memory; a `Deployment` replaces them by its own.
        learn: whether what learns goes on learning. If not, what was learned is among the
            arguments of the stack, `mode="frozen"`, so that the stack alone is enough. What runs
            through a bridge goes on as it does.
        describe: what wrappers in a bridge ask of the environment that cannot be read off it: its
            `attributes`, say. It stands before what `Description.of(env)` finds.
        mode: of each bridge that is made, as for `Bridge`: "replay" refuses here and now what could
            only be suspended, and "greenlet" suspends all.

    Returns:
        A stack, unbound, and a memory of it: what was learned, and in the middle of an episode
        what is held. It goes into `Deployment(..., memory=memory)`.

    Raises:
        TypeError: if an argument is something else.
        ValueError: if there is no such mode, or the seed is negative.
        MissingExtraError: if greenlets are asked for and not installed.
        ConfigurationError: if wrappers can be neither translated nor bridged; it names all of
            them, each with the reason.

    >>> import gymnasium
    >>> from gymnasium.wrappers import NormalizeObservation
    >>> env = NormalizeObservation(gymnasium.make("CartPole-v1"))
    >>> _ = env.reset(seed=0), env.step(1)
    >>> stack, memory = from_env(env)
    >>> print(stack)
    PassiveEnvChecker() | OrderEnforcing(...) | TimeLimit(max_episode_steps=500) |
    NormalizeObservation(epsilon=1e-08, statistics=None, mode='learn')
    >>> memory.wrappers[2], round(memory.wrappers[3].count)
    (1, 2)
    """
    given.hold_flag("learn", learn)
    given.hold_seed(seed)
    if describe is not None:
        hold_description(describe)
    stack, memory, _ = taken(
        env, Key.from_seed(int(seed)), learn=learn, describe=describe, mode=mode
    )
    return stack, memory


def from_spec(
    spec: EnvSpec | str | Mapping[str, Any],
    *,
    statistics: Mapping[str, Any] | None = None,
    trust: bool = False,
    below: Below | None = None,
    describe: Description | None = None,
    mode: Mode = "auto",
) -> Stack:
    """Return the stack of wrappers that a spec says; no environment is made.

    Args:
        spec: `env.spec`, its `to_json()`, or that as a dict.
        statistics: what was learned, which a spec does not know: the class name of a layer of the
            stack to what this layer takes as its `statistics`; a list of these, nearest to the
            environment first, where several layers have the name; None for one that is to stay
            as it is. These layers get `mode="frozen"`. All that learn must be named.
        trust: whether functions and classes are imported that the spec names, which runs code of
            their modules; registered names and the wrappers of the box need none. Wrappers without
            a twin, which run through a `Bridge`, need it.
        below: what is known of the environment: with its spaces, what runs through a `Bridge` is
            tried out at once, and layers that have to share one do, as in `from_env`. Without it
            only neighbours do; where more have to, the stack is refused when it is bound.
        describe: what wrappers in a bridge ask of the environment that its spec does not say.
        mode: of each bridge that is made, as for `Bridge`; with `below` what it does not allow is
            refused at once, otherwise when the stack is bound.

    Returns:
        A stack, unbound: that of `from_env`, except where Gymnasium's spec says less than there
        is (a limit above other wrappers is said as one below them).

    Raises:
        TypeError: if `spec` is None or no spec, or another argument is something else.
        ValueError: if there is no such mode.
        ConfigurationError: if it cannot be read, or wrappers are not known, or cannot be made or
            bridged; it names all of them, each with the reason.
            If `statistics` names others than there are, or not all that learn, or cannot be used.
        NotBridgeableError: with `below`, if what runs through a bridge cannot be made over it.

    >>> import gymnasium
    >>> env = gymnasium.wrappers.NormalizeObservation(gymnasium.make("CartPole-v1"))
    >>> from_spec(env.spec.to_json()) == from_env(env)[0]
    True
    >>> learned = {"NormalizeObservation": env.obs_rms}
    >>> from_spec(env.spec.to_json(), statistics=learned) == from_env(env, learn=False)[0]
    True
    """
    hold_mode(mode)
    given.hold_flag("trust", trust)
    if below is not None:
        given.hold_below(below)
    if describe is not None:
        hold_description(describe)
    try:
        found = _Ground(_spec(spec), below, describe, mode)
        stack = _stack(found, trust=trust)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, (ConfigurationError, BindError)) or not _is_spec(spec):
            raise
        raise ConfigurationError(
            f"The spec cannot be read: {type(error).__name__}: {sentence(error)} Give what "
            "env.spec.to_json() returns."
        ) from error
    return stack if statistics is None else with_statistics(stack, statistics)


def _is_spec(spec: Any) -> bool:
    return isinstance(spec, (EnvSpec, Mapping, str))


class _Ground(NamedTuple):
    """What is known of an environment that is not there, and how bridges over it are to be."""

    spec: EnvSpec
    below: Below | None
    describe: Description | None
    mode: Mode


def _stack(ground: _Ground, *, trust: bool) -> Stack:
    said = list(_said(ground.spec))
    unknown = tuple(name for name, _ in said if _is_unknown(name))
    if unknown and not trust:
        raise unknown_error(unknown)
    known = _read(said, trust=trust)
    if unknown and ground.below is not None:
        bare = _bare(ground.spec)
        found = found_over(said, ground.below, bare, ground.describe, ground.mode)
        if found.refused:
            raise refusal_error(found.refused)
        return found.stack
    made: list[Wrapper[Any]] = []
    done = 0
    for is_bridged, pairs in groupby(zip(said, known, strict=True), lambda pair: pair[1] is None):
        together = list(pairs)
        if is_bridged:
            bridges = any(isinstance(one, Bridge) for one in made)
            layers = [layer for layer, _ in together]
            made.append(_bridge(layers, () if bridges else said[done:], ground))
        else:
            made.extend(wrapper for _, wrappers in together for wrapper in wrappers or ())
        done += len(together)
    return _merged(Stack(*made))


def _read(said: list[Said], *, trust: bool) -> list[tuple[Wrapper[Any], ...] | None]:
    """Make what is known; what is not is imported, and None.

    Raises:
        ConfigurationError: if layers do not say their arguments, cannot be made or not imported; it
            names all of them.
    """
    found: list[tuple[Wrapper[Any], ...] | None] = []
    faults: list[Layer] = []
    for name, kwargs in said:
        try:
            found.append(_read_one(name, kwargs, trust=trust))
        except ConfigurationError as error:
            faults.append(Layer(name, known=not _is_unknown(name), error=error))
    if len(faults) == 1:
        raise faults[0].error  # type: ignore[misc]  # it has one
    if faults:
        raise refusal_error(tuple(faults))
    return found


def _read_one(
    name: str, kwargs: Mapping[str, Any] | None, *, trust: bool
) -> tuple[Wrapper[Any], ...] | None:
    if not _is_unknown(name):
        return _known(name, kwargs, trust=trust)
    if kwargs is None:
        raise _silent(name)
    imported(name)
    return None


def _hold_made_of(name: str, kind: Any, kwargs: Any) -> None:
    """Hold that a wrapper can be made of its arguments, as far as its class says what it takes.

    Raises:
        ConfigurationError: if it cannot be.
    """
    if not callable(kind):
        raise ConfigurationError(f"{name} is {brief(kind)}, expected a class of wrappers.")
    if not isinstance(kwargs, Mapping):
        raise ConfigurationError(
            f"The arguments of {name} are {brief(kwargs)}, expected a dict of them by name."
        )
    problem = given.why_not(kind, **kwargs)
    if problem:
        raise ConfigurationError(
            f"{name} cannot be made of an environment and what the spec says, {brief(kwargs)}: "
            f"{problem} Was the spec written by another version of it?"
        )


def _is_unknown(name: str) -> bool:
    return name != OWN and row_of(name) is None


def _known(name: str, kwargs: Mapping[str, Any] | None, *, trust: bool) -> tuple[Wrapper[Any], ...]:
    if name == OWN:
        return Stack(read((kwargs or {})["stack"], trust=trust)).wrappers
    row = row_of(name)
    assert row is not None  # noqa: S101 - it is known
    return _made(row, name, kwargs, trust=trust)


def _bridge(layers: list[Said], above: list[Said] | tuple[()], ground: _Ground) -> Bridge:
    """Put neighbours that have no twin into one bridge; they may look for each other.

    Args:
        layers: the neighbours.
        above: they and all above them, if theirs is the lowest bridge, which looks whether those
            may lie in several.
        ground: on which the whole lies.
    """
    bare, describe = _bare(ground.spec), ground.describe
    for name, kwargs in layers:
        _hold_made_of(name, imported(name), kwargs)
    made = Made(tuple((name, kwargs or {}) for name, kwargs in layers))
    if len(above) > len(layers):
        twins = frozenset(name for name, _ in above if not _is_unknown(name))
        made.look(partial(hold_apart, above, twins, bare, describe, ground.mode))
    stands: Any = StandIn(ground.below or Below(), bare)
    return Bridge(made, describe=Description.with_more(stands, describe), mode=ground.mode)


def _bare(spec: EnvSpec) -> EnvSpec:
    """Return the spec of the environment without wrappers."""
    return saying(
        spec,
        additional_wrappers=(),
        max_episode_steps=None,
        order_enforce=False,
        disable_env_checker=True,
    )


def _spec(spec: Any) -> EnvSpec:
    if isinstance(spec, Mapping):
        spec = json.dumps(spec)
    if isinstance(spec, str):
        try:
            return EnvSpec.from_json(spec)
        except Exception as error:
            lacks = isinstance(error, KeyError)
            why = f"it has no {error}." if lacks else f"{type(error).__name__}: {sentence(error)}"
            raise ConfigurationError(
                f"This is no EnvSpec as JSON: {why} Give what env.spec.to_json() returns."
            ) from error
    if isinstance(spec, EnvSpec):
        return spec
    cure = (
        " Of an environment: from_spec(env.spec), or from_env(env)."
        if isinstance(spec, gymnasium.Env)
        else " An environment that gymnasium.make did not make has no spec: use from_env."
    )
    raise TypeError(f"from_spec takes an EnvSpec or its JSON, got {brief(spec)}.{cure}")


def _said(spec: EnvSpec) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """List the layers that `gymnasium.make` makes of a spec: class and arguments of each."""
    limit = spec.max_episode_steps
    for wrapper in spec.additional_wrappers:
        if wrapper.entry_point == BOTTOM:
            limit = (wrapper.kwargs or {})["max_episode_steps"]
    if not spec.disable_env_checker:
        yield "gymnasium.wrappers:PassiveEnvChecker", {}
    if spec.order_enforce:
        yield "gymnasium.wrappers:OrderEnforcing", {}
    if limit is not None and limit != -1:
        yield "gymnasium.wrappers:TimeLimit", {"max_episode_steps": limit}
    for wrapper in spec.additional_wrappers:
        if wrapper.entry_point != BOTTOM:
            yield wrapper.entry_point, wrapper.kwargs


def _made(
    row: Row, name: str, kwargs: Mapping[str, Any] | None, *, trust: bool
) -> tuple[Wrapper[Any], ...]:
    if kwargs is None:
        raise _silent(name)
    if name.startswith("statewrap.gym."):  # a twin says its arguments in their plain form
        kwargs = {key: read(value, trust=trust) for key, value in kwargs.items()}
    return row.wrappers({key: _tuples(value) for key, value in kwargs.items()})


def _silent(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"The spec does not say the arguments of {name}: it does not derive from "
        "gymnasium.utils.RecordConstructorArgs. Use from_env."
    )


def _tuples(value: Any) -> Any:
    """Return lists of numbers as tuples, which JSON makes lists of."""
    is_numbers = type(value) is list and all(isinstance(item, (int, float)) for item in value)
    return tuple(value) if is_numbers else value


def _merged(stack: Stack) -> Stack:
    """Leave out what the wrapper directly above makes superfluous, as `from_env` does."""
    kept: list[Wrapper[Any]] = []
    for wrapper in stack:
        if kept and superfluous(kept[-1], wrapper):
            kept.pop()
        kept.append(wrapper)
    return Stack(*kept)
