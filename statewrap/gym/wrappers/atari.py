"""The twin that plays Atari games."""

# ruff: noqa: FBT001, FBT002 - Gymnasium's order of arguments
from __future__ import annotations

from typing import Any

from gymnasium.utils import RecordConstructorArgs

import statewrap.wrappers
from statewrap.core.events import Fact
from statewrap.core.messages import Message, TimeStep
from statewrap.core.wrapper import StackMemory
from statewrap.gym.drawing import shared
from statewrap.gym.pulled import Stepped
from statewrap.gym.twin import Env, Twin


class AtariPreprocessing(Twin):
    """Statewrap's `AtariPreprocessing` as a Gymnasium wrapper.

    Screens and lives are taken from what the environment shows, made with `obs_type="rgb"` or
    "grayscale". The numbers of no-ops are drawn from the environment's generator.
    """

    def __init__(
        self,
        env: Env,
        noop_max: int = 30,
        frame_skip: int = 4,
        screen_size: int | tuple[int, int] = 84,
        terminal_on_life_loss: bool = False,
        grayscale_obs: bool = True,
        grayscale_newaxis: bool = False,
        scale_obs: bool = False,
        *,
        stale_frames: bool = True,
    ) -> None:
        RecordConstructorArgs.__init__(
            self,
            noop_max=noop_max,
            frame_skip=frame_skip,
            screen_size=screen_size,
            terminal_on_life_loss=terminal_on_life_loss,
            grayscale_obs=grayscale_obs,
            grayscale_newaxis=grayscale_newaxis,
            scale_obs=scale_obs,
            stale_frames=stale_frames,
        )
        arguments: dict[str, Any] = {
            "noop_max": noop_max,
            "frame_skip": frame_skip,
            "screen_size": screen_size,
            "terminal_on_life_loss": terminal_on_life_loss,
            "grayscale_obs": grayscale_obs,
            "grayscale_newaxis": grayscale_newaxis,
            "scale_obs": scale_obs,
            "stale_frames": stale_frames,
        }
        statewrap.wrappers.AtariPreprocessing(**arguments)  # its refusals come first
        _check_game(env, frame_skip, noop_max)
        super().__init__(env, **arguments)
        self.lives = 0
        """The lives left at the last reset; with `terminal_on_life_loss` at the last step."""
        self.game_over = False

    @property
    def screen_size(self) -> tuple[int, int]:
        """Width and height of what is shown, in pixels."""
        size = self.wrapper.screen_size
        return (size, size) if isinstance(size, int) else size

    @property
    def ale(self) -> Any:
        """The emulator."""
        return self.env.unwrapped.ale  # type: ignore[attr-defined]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Open an episode after a random number of no-ops."""
        observation, info = super().reset(seed=seed, options=options)
        self.lives = info.get("lives", 0)
        return observation, info

    def step(self, action: Any) -> Stepped:
        """Repeat an action, and show the greater of the last two screens."""
        stepped = super().step(action)
        self.game_over = stepped[2]
        if self.wrapper.terminal_on_life_loss:
            self.lives = stepped[4]["lives"]
        return stepped

    def _routed(
        self, memory: StackMemory, message: Message, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, Message]:
        if type(message) is TimeStep and message.first:
            return shared(self, memory, message, super()._routed, facts)
        return super()._routed(memory, message, facts)


def _check_game(env: Env, frame_skip: int, noop_max: int) -> None:
    """Ask the environment what only an Atari game can tell.

    Raises:
        ValueError: if it skips frames itself, or its action 0 is no no-op.
    """
    game: Any = env.unwrapped
    if frame_skip > 1 and getattr(game, "_frameskip", None) != 1:
        raise ValueError(
            "Disable frame-skipping in the original env. Otherwise, more than one frame-skip will "
            'happen as through this wrapper: gymnasium.make("ALE/Pong-v5", frameskip=1).'
        )
    if noop_max > 0 and game.get_action_meanings()[0] != "NOOP":
        raise ValueError("When noop_max > 0, the first action meaning must be 'NOOP'")
