"""The twin that looks at an environment in passing."""

from __future__ import annotations

from typing import Any

from gymnasium import logger
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import RecordConstructorArgs
from gymnasium.utils.passive_env_checker import (
    check_action_space,
    check_observation_space,
    env_data_reuse_passive_checker,
    env_render_passive_checker,
    env_reset_passive_checker,
    env_step_passive_checker,
)

from statewrap.core.wrapper import StackMemory
from statewrap.gym.pulled import Stepped
from statewrap.gym.specs import holds, saying
from statewrap.gym.twin import Env, Twin


class PassiveEnvChecker(Twin):
    """Statewrap's `PassiveEnvChecker` as a Gymnasium wrapper.

    It looks at more than crosses a stack's bottom: at the form of what `reset` and `step` return,
    at their arguments, at objects that are used again, and at `render`. So it asks Gymnasium's
    own functions, and nothing passes through the stack.
    """

    def __init__(self, env: Env) -> None:
        RecordConstructorArgs.__init__(self)
        _check_space(env, "action", check_action_space)
        _check_space(env, "observation", check_observation_space)
        super().__init__(env)
        self.checked_reset = self.checked_step = self.checked_render = False
        self.close_called = self.checked_data_reuse = False
        self._previous: Any = None
        """The last observation and info, as long as the next are to be compared with them."""

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's spec, which says that it is checked."""
        below = self.env.spec
        if self._cached_spec is None and below is not None and holds(below) == 0:
            self._cached_spec = saying(below, disable_env_checker=False)
        return super().spec

    @property
    def memory(self) -> StackMemory:
        """What has been looked at."""
        looked = self.held._replace(opening=self.checked_reset, step=self.checked_step)
        return StackMemory((looked,), self._memory.keys)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment; the first time with a look at it."""
        if self.checked_reset:
            return self.env.reset(seed=seed, options=options)
        self.checked_reset = True
        self._previous = env_reset_passive_checker(self.env, seed=seed, options=options)
        opened: tuple[Any, dict[str, Any]] = self._previous
        return opened

    def step(self, action: Any) -> Stepped:
        """Step the environment; the first two times with a look at it."""
        if self.checked_data_reuse:
            return self.env.step(action)
        first, self.checked_step = not self.checked_step, True
        result: Any = env_step_passive_checker(self.env, action) if first else self.env.step(action)
        observation, _, _, _, info = result
        before = "reset" if first else "step"
        env_data_reuse_passive_checker(self._previous, (observation, info), before, "step")
        self._previous = (observation, info) if first else None
        self.checked_data_reuse = not first
        return result  # type: ignore[no-any-return]

    def render(self) -> Any:
        """Render the environment; the first time with a look at it."""
        if self.checked_render:
            return self.env.render()
        self.checked_render = True
        return env_render_passive_checker(self.env)

    def close(self) -> None:
        """Close the environment, and warn if that cannot be done twice."""
        again, self.close_called = self.close_called, True
        try:
            self.env.close()
        except Exception:
            if again:
                logger.warn(
                    "Calling `env.close()` on the closed environment should be allowed, but it "
                    "raised the following exception."
                )
            raise


def _check_space(env: Env, name: str, check: Any) -> None:
    if not hasattr(env, f"{name}_space"):
        raise AttributeError(
            f"The environment must specify an {name} space. "
            "https://gymnasium.farama.org/introduction/create_custom_env/"
        )
    check(getattr(env, f"{name}_space"))
