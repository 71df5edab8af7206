"""From Gymnasium to statewrap: an environment or a spec becomes a stack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from gymnasium.envs.registration import EnvSpec

from statewrap.core.errors import BindError, ConfigurationError
from statewrap.core.key import Key
from statewrap.core.words import sentence
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.copies import Made
from statewrap.gym.known import Row, row_of
from statewrap.gym.learned import with_statistics
from statewrap.gym.plain import imported, read
from statewrap.gym.production import taken
from statewrap.gym.recognition import refusal_error, superfluous, unknown_error
from statewrap.gym.specs import BOTTOM, saying
from statewrap.gym.standin import Said, found_over, hold_apart

OWN = "statewrap.gym.wrapper:GymWrapper"


def from_env(
    env: Any, *, seed: int = 0, learn: bool = True, describe: Description | None = None
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

    Returns:
        A stack, unbound, and a memory of it: what was learned, and in the middle of an episode
        what is held. It goes into `Deployment(..., memory=memory)`.

    Raises:
        TypeError: if `env` is something else.
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
    stack, memory, _ = taken(env, Key.from_seed(seed), learn=learn, describe=describe)
    return stack, memory


def from_spec(
    spec: EnvSpec | str | Mapping[str, Any],
    *,
    statistics: Mapping[str, Any] | None = None,
    trust: bool = False,
    below: Below | None = None,
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

    Returns:
        A stack, unbound: that of `from_env`, except where Gymnasium's spec says less than there
        is (a limit above other wrappers is said as one below them).

    Raises:
        TypeError: if `spec` is None or no spec.
        ConfigurationError: if it cannot be read, or wrappers are not known; it names all of them.
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
    try:
        stack = _stack(_spec(spec), below, trust=trust)
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


def _stack(spec: EnvSpec, below: Below | None, *, trust: bool) -> Stack:
    said = list(_said(spec))
    unknown = tuple(name for name, _ in said if _is_unknown(name))
    if unknown and not trust:
        raise unknown_error(unknown)
    if unknown and below is not None:
        return _tried_out(said, below, spec)
    found: list[Wrapper[Any]] = []
    done = 0
    for is_unknown, layers in groupby(said, lambda layer: _is_unknown(layer[0])):
        together = list(layers)
        if is_unknown:
            bridges = any(isinstance(one, Bridge) for one in found)
            found.append(_bridge(together, spec, () if bridges else said[done:]))
        else:
            found.extend(w for name, kwargs in together for w in _known(name, kwargs, trust=trust))
        done += len(together)
    return _merged(Stack(*found))


def _tried_out(said: list[Said], below: Below, spec: EnvSpec) -> Stack:
    """Return what `from_env` would, over what is known of an environment."""
    _import(said)
    found = found_over(said, below, _bare(spec))
    if found.refused:
        raise refusal_error(found.refused)
    return found.stack


def _is_unknown(name: str) -> bool:
    return name != OWN and row_of(name) is None


def _known(name: str, kwargs: Mapping[str, Any] | None, *, trust: bool) -> tuple[Wrapper[Any], ...]:
    if name == OWN:
        return Stack(read((kwargs or {})["stack"], trust=trust)).wrappers
    row = row_of(name)
    assert row is not None  # noqa: S101 - it is known
    return _made(row, name, kwargs, trust=trust)


def _bridge(layers: list[Said], spec: EnvSpec, above: list[Said] | tuple[()]) -> Bridge:
    """Put neighbours that have no twin into one bridge; they may look for each other.

    Args:
        layers: the neighbours.
        spec: of the whole.
        above: they and all above them, if theirs is the lowest bridge, which looks whether those
            may lie in several.
    """
    _import(layers)
    made = Made(tuple((name, kwargs or {}) for name, kwargs in layers))
    if len(above) > len(layers):
        twins = frozenset(name for name, _ in above if not _is_unknown(name))
        made.look(partial(hold_apart, above, twins, _bare(spec)))
    return Bridge(made, describe=Description(spec=_bare(spec)))


def _import(layers: list[Said]) -> None:
    """Import the modules of layers.

    Raises:
        ConfigurationError: if one does not say its arguments, or cannot be imported.
    """
    for name, kwargs in layers:
        if kwargs is None:
            raise _silent(name)
    for name, _ in layers:
        imported(name)


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
            raise ConfigurationError(
                f"This is no EnvSpec as JSON: {type(error).__name__}: {sentence(error)} "
                "Give what env.spec.to_json() returns."
            ) from error
    if isinstance(spec, EnvSpec):
        return spec
    raise TypeError(
        f"from_spec takes an EnvSpec or its JSON, got {spec!r}. An environment that gymnasium.make "
        "did not make has no spec: use from_env."
    )


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
