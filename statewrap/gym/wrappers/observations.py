"""Twins that show another observation, each for itself."""

# ruff: noqa: FBT001, FBT002 - Gymnasium's order of arguments
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gymnasium.spaces import Space
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.borders import thaw
from statewrap.gym.twin import Env, Observing


class DiscretizeObservation(Observing):
    """Statewrap's `DiscretizeObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, bins: int | tuple[int, ...], multidiscrete: bool = False) -> None:
        RecordConstructorArgs.__init__(self, bins=bins, multidiscrete=multidiscrete)
        super().__init__(env, bins=bins, multidiscrete=multidiscrete)

    def revert_observation(self, obs: Any) -> Any:
        """Return the edges of the bin of each component: the lower ones, and the upper ones."""
        return thaw(self.stack[0].revert_observation(obs))  # type: ignore[attr-defined]


class DtypeObservation(Observing):
    """Statewrap's `DtypeObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, dtype: Any) -> None:
        RecordConstructorArgs.__init__(self, dtype=dtype)
        super().__init__(env, dtype=dtype)


class FilterObservation(Observing):
    """Statewrap's `FilterObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, filter_keys: Sequence[str | int]) -> None:
        RecordConstructorArgs.__init__(self, filter_keys=filter_keys)
        super().__init__(env, filter_keys=filter_keys)


class FlattenObservation(Observing):
    """Statewrap's `FlattenObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)


class GrayscaleObservation(Observing):
    """Statewrap's `GrayscaleObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, keep_dim: bool = False) -> None:
        RecordConstructorArgs.__init__(self, keep_dim=keep_dim)
        super().__init__(env, keep_dim=keep_dim)


class RescaleObservation(Observing):
    """Statewrap's `RescaleObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, min_obs: Any, max_obs: Any, *, keep_dtype: bool = True) -> None:
        RecordConstructorArgs.__init__(
            self, min_obs=min_obs, max_obs=max_obs, keep_dtype=keep_dtype
        )
        super().__init__(env, min_obs=min_obs, max_obs=max_obs, keep_dtype=keep_dtype)


class ReshapeObservation(Observing):
    """Statewrap's `ReshapeObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, shape: int | tuple[int, ...]) -> None:
        RecordConstructorArgs.__init__(self, shape=shape)
        super().__init__(env, shape=shape)


class ResizeObservation(Observing):
    """Statewrap's `ResizeObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, shape: tuple[int, int]) -> None:
        RecordConstructorArgs.__init__(self, shape=shape)
        super().__init__(env, shape=shape)


class TransformObservation(Observing):
    """Statewrap's `TransformObservation` as a Gymnasium wrapper."""

    def __init__(
        self, env: Env, func: Callable[[Any], Any], observation_space: Space[Any] | None
    ) -> None:
        RecordConstructorArgs.__init__(self, func=func, observation_space=observation_space)
        super().__init__(env, func=func, observation_space=observation_space)

    @property
    def func(self) -> Callable[[Any], Any]:
        """The function that was given."""
        given: Callable[[Any], Any] = self.wrapper.func
        return given
