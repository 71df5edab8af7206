"""Twins of what changes pictures, or shows them as observations."""

# ruff: noqa: FBT001, FBT002 - Gymnasium's order of arguments
from __future__ import annotations

from typing import Any

from gymnasium.utils import RecordConstructorArgs

from statewrap.core.borders import freeze, sealed, thaw
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Stack
from statewrap.gym.below import below_env
from statewrap.gym.drawing import drawn
from statewrap.gym.pulled import Stepped
from statewrap.gym.twin import Env, Observing, Twin


class AddRenderObservation(Observing):
    """Statewrap's `AddRenderObservation` as a Gymnasium wrapper."""

    def __init__(
        self,
        env: Env,
        render_only: bool = True,
        render_key: str = "pixels",
        obs_key: str = "state",
    ) -> None:
        RecordConstructorArgs.__init__(
            self, render_only=render_only, render_key=render_key, obs_key=obs_key
        )
        super().__init__(env, render_only=render_only, render_key=render_key, obs_key=obs_key)

    def observation(self, observation: Any) -> Any:
        """Return what becomes of an observation."""
        picture = freeze(self.env.render())
        return thaw(self._asked(TimeStep(freeze(observation), frame=picture)).observation)


class _Noisy(Twin):
    """A twin that changes what `render` gives, and nothing else."""

    def _known(self, stack: Stack) -> Below:
        return below_env(self.env)  # no episode is opened to see what pictures are like

    def step(self, action: Any) -> Stepped:
        """Step the environment."""
        return self.env.step(action)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment."""
        return self.env.reset(seed=seed, options=options)

    def render(self) -> Any:
        """Render the environment, and draw noise from its generator."""
        timestep = TimeStep(None, frame=sealed(self.env.render()))
        noisy = drawn(self, self.stack[0], timestep).frame
        if noisy is not None:
            noisy.setflags(True)  # it was made just now, and nobody else has it
        return noisy


class AddWhiteNoise(_Noisy):
    """Statewrap's `AddWhiteNoise` as a Gymnasium wrapper."""

    def __init__(
        self,
        env: Env,
        probability_of_noise_per_pixel: float,
        is_noise_grayscale: bool = False,
        *,
        wide_noise: bool = True,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            probability_of_noise_per_pixel=probability_of_noise_per_pixel,
            is_noise_grayscale=is_noise_grayscale,
            wide_noise=wide_noise,
        )
        super().__init__(
            env,
            probability_of_noise_per_pixel=probability_of_noise_per_pixel,
            is_noise_grayscale=is_noise_grayscale,
            wide_noise=wide_noise,
        )


class ObstructView(_Noisy):
    """Statewrap's `ObstructView` as a Gymnasium wrapper."""

    def __init__(
        self,
        env: Env,
        obstructed_pixels_ratio: float,
        obstruction_width: int,
        is_noise_grayscale: bool = False,
        *,
        wide_noise: bool = True,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            obstructed_pixels_ratio=obstructed_pixels_ratio,
            obstruction_width=obstruction_width,
            is_noise_grayscale=is_noise_grayscale,
            wide_noise=wide_noise,
        )
        super().__init__(
            env,
            obstructed_pixels_ratio=obstructed_pixels_ratio,
            obstruction_width=obstruction_width,
            is_noise_grayscale=is_noise_grayscale,
            wide_noise=wide_noise,
        )
