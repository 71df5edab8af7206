"""Twins that convert arrays of one library to those of another."""

from __future__ import annotations

from typing import Any

from gymnasium.utils import RecordConstructorArgs

from statewrap.gym.twin import Env, Twin


class _Converting(Twin):
    """A twin whose pictures are converted as well."""

    def render(self) -> Any:
        """Render the environment, as arrays of the policy's library."""
        return self.stack[0].up(super().render())  # type: ignore[attr-defined]


class ArrayConversion(_Converting):
    """Statewrap's `ArrayConversion` as a Gymnasium wrapper."""

    def __init__(
        self,
        env: Env,
        env_xp: Any,
        target_xp: Any,
        env_device: Any = None,
        target_device: Any = None,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            _disable_deepcopy=True,  # of modules, which cannot be copied
            env_xp=env_xp,
            target_xp=target_xp,
            env_device=env_device,
            target_device=target_device,
        )
        super().__init__(
            env,
            env_xp=env_xp,
            target_xp=target_xp,
            env_device=env_device,
            target_device=target_device,
        )


class JaxToNumpy(_Converting):
    """Statewrap's `JaxToNumpy` as a Gymnasium wrapper."""

    def __init__(self, env: Env) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)


class JaxToTorch(_Converting):
    """Statewrap's `JaxToTorch` as a Gymnasium wrapper."""

    def __init__(self, env: Env, device: Any = None) -> None:
        RecordConstructorArgs.__init__(self, device=device)
        super().__init__(env, device=device)


class NumpyToTorch(_Converting):
    """Statewrap's `NumpyToTorch` as a Gymnasium wrapper."""

    def __init__(self, env: Env, device: Any = None) -> None:
        RecordConstructorArgs.__init__(self, device=device)
        super().__init__(env, device=device)
