"""Layers that a spec names, made over something that stands for their environment.

So what a spec says is recognised as what lies around a live environment is: by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import gymnasium
from gymnasium.envs.registration import EnvSpec

from statewrap.core.key import Key
from statewrap.core.spaces import nearest_to_zero
from statewrap.core.words import sentence
from statewrap.core.wrapper import Below
from statewrap.gym.bridge import Description
from statewrap.gym.bridge.bridge import Mode
from statewrap.gym.bridge.errors import EnvironmentMissingError, NotBridgeableError
from statewrap.gym.plain import imported, read
from statewrap.gym.recognition import Layer, Recognised, recognised, refusal_error

Said = tuple[str, dict[str, Any] | None]
"""A layer as a spec says it: `module:Class`, and its arguments."""

_KEY: Final = Key.from_seed(0)
_CURE: Final = (
    "Say what lies below where the stack is made: from_spec(spec, trust=True, below=Below("
    "observation_space=..., action_space=...)); or use from_env."
)


class StandIn(gymnasium.Env[Any, Any]):
    """Has the spaces and the spec of an environment, and cannot be stepped."""

    def __init__(self, below: Below, spec: EnvSpec | None) -> None:
        self.observation_space: Any = below.observation_space
        self.action_space: Any = below.action_space
        self.metadata = dict(below.metadata or {"render_modes": []})
        self.render_mode = below.render_mode
        self.spec = spec
        self._frames = below.frame_space

    def reset(
        self,
        *,
        seed: int | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Show what is nearest to zero, to a constructor that looks."""
        return nearest_to_zero(self.observation_space), {}

    def step(self, action: Any) -> Any:
        """Refuse.

        Raises:
            EnvironmentMissingError: always.
        """
        raise EnvironmentMissingError(
            f"A wrapper steps its environment with {action!r:.60} while it is made, but there is "
            "none where a stack is made of a spec."
        )

    def render(self) -> Any:
        """Show a black picture, if it is known what pictures are like."""
        return None if self._frames is None else nearest_to_zero(self._frames)


def found_over(
    said: Sequence[Said], below: Below, spec: EnvSpec, describe: Description | None, mode: Mode
) -> Recognised:
    """Recognise layers that a spec names, as `from_env` does.

    Args:
        said: the layers, nearest to the environment first; their modules are imported.
        below: what is known below them.
        spec: of the bare environment.
        describe: what else is to be said of it to wrappers in a bridge.
        mode: of each bridge, as for `Bridge`.

    Raises:
        NotBridgeableError: if one cannot be made over what stands for the environment, or `below`
            does not say its spaces.
        ConfigurationError: if layers below that one cannot be used either; it names all of them.
    """
    _hold_spaces(below)
    env, fault = _made_over(said, StandIn(below, spec))
    found = recognised(env, _KEY, describe, mode)
    if fault is not None:
        refused = (*found.refused, fault)
        raise refusal_error(refused) if found.refused else fault.error  # type: ignore[misc]  # it has one
    return found


def _hold_spaces(below: Below) -> None:
    for name in ("observation_space", "action_space"):
        if getattr(below, name) is None:
            raise NotBridgeableError(
                f"below says no {name}, and without spaces nothing can be tried out. Give both, "
                "Below(observation_space=..., action_space=...), or leave below out: then wrappers "
                "are tried out when the stack is bound."
            )


def _made_over(said: Sequence[Said], env: Any) -> tuple[Any, Layer | None]:
    """Put layers around an environment, up to the first that cannot be made, which is told."""
    for number, (name, kwargs) in enumerate(said, 1):
        try:
            env = imported(name)(env, **_arguments(name, kwargs or {}))
        except Exception as error:  # noqa: BLE001 - of any kind, from somebody's constructor
            refusal = NotBridgeableError(
                f"{name} cannot be made over spaces alone, to try it out: {type(error).__name__}: "
                f"{sentence(error)}{' What lies above it was not tried.' * (number < len(said))} "
                "Use from_env."
            )
            refusal.__cause__ = error
            return env, Layer(name, known=False, error=refusal)
    return env, None


def _arguments(name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return arguments; those of statewrap's own are said in their plain form."""
    if not name.startswith("statewrap.gym."):
        return kwargs
    return {key: read(value, trust=True) for key, value in kwargs.items()}


def hold_apart(
    said: Sequence[Said],
    known: frozenset[str],
    spec: EnvSpec,
    describe: Description | None,
    mode: Mode,
    below: Below,
) -> None:
    """Hold that no bridge has to take in a layer that has a twin, over what lies below.

    Raises:
        NotBridgeableError: if one has to.
    """
    if below.observation_space is None or below.action_space is None:
        return
    found = found_over(said, below, spec, describe, mode)
    inside: list[Layer] = []
    for layer in found.layers:
        inside.append(layer)
        if layer.known or layer.wrappers:
            _hold(inside, known)
            inside = []


def _hold(inside: list[Layer], known: frozenset[str]) -> None:
    """Hold that layers that are in one bridge have no twin."""
    *lower, outer = inside
    if outer.known or not any(layer.name in known or layer.known for layer in inside):
        return
    names = ", ".join(layer.name.rpartition(":")[2] for layer in lower)
    who, why = outer.name.rpartition(":")[2], lower[0].note.partition(", ")[2]
    raise NotBridgeableError(f"{who} has to be in one bridge with {names}, {why}. {_CURE}")
