"""Twins that keep frames."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.borders import thaw
from statewrap.core.spaces import nearest_to_zero
from statewrap.gym.twin import Env, Observing, Twin


class FrameStackObservation(Twin):
    """Statewrap's `FrameStackObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, stack_size: int, *, padding_type: Any = "reset") -> None:
        RecordConstructorArgs.__init__(self, stack_size=stack_size, padding_type=padding_type)
        super().__init__(env, stack_size=stack_size, padding_type=padding_type)

    @property
    def obs_queue(self) -> deque[Any]:
        """The frames that are shown, oldest first; copies. Zeros before the first reset."""
        frames = self.held or (nearest_to_zero(self.env.observation_space),) * self.stack_size
        return deque(thaw(frames), maxlen=self.stack_size)

    @property
    def stack_size(self) -> int:
        """How many frames are shown."""
        size: int = self.wrapper.stack_size
        return size


class DelayObservation(Observing):
    """Statewrap's `DelayObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, delay: int) -> None:
        RecordConstructorArgs.__init__(self, delay=delay)
        super().__init__(env, delay=delay)

    @property
    def observation_queue(self) -> deque[Any]:
        """The observations that are still to be shown, oldest first; copies."""
        return deque(thaw(self.held))


class MaxAndSkipObservation(Twin):
    """Statewrap's `MaxAndSkipObservation` as a Gymnasium wrapper."""

    def __init__(self, env: Env, skip: int = 4, *, stale_frames: bool = True) -> None:
        RecordConstructorArgs.__init__(self, skip=skip, stale_frames=stale_frames)
        super().__init__(env, skip=skip, stale_frames=stale_frames)

    @property
    def _skip(self) -> int:
        skip: int = self.wrapper.skip
        return skip

    @property
    def _obs_buffer(self) -> Any:
        """The two frames that are compared, or as many as there are."""
        return np.array(self.held.frames)
