"""The preprocessing of Atari games of Machado et al., as one wrapper."""

from __future__ import annotations

from operator import index
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.borders import freeze
from statewrap.core.draws import NumpyDraws, given_draws
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.atari_parts import hold_sends, lives_of, noops_drawn
from statewrap.wrappers.below import box_below, locked, owned, refusal
from statewrap.wrappers.pictures import ale_grey, opencv

NOOP: Final = Act(0)

Screen = Any
"""An array of uint8: (h, w), or (h, w, 3) with red first."""


class Start(NamedTuple):
    """What is still to be done before an episode opens for those above."""

    due: int
    """No-ops still to be sent; -1 before their number is drawn."""
    asked: bool
    """Whether the wrapper itself sent the `Reset` that is to be answered."""
    info: dict[str, Any]
    """The infos since the environment's opening, of each key the newest."""
    key: Key
    """From which the number of no-ops is drawn."""


class Held(NamedTuple):
    """The act being repeated, how often it is still due, and the reward so far."""

    act: Act
    due: int
    reward: Any


class Game(NamedTuple):
    """Where a game stands."""

    start: Start | None = None
    """None while an episode is open."""
    held: Held | None = None
    """None between two decisions."""
    lives: int = 0
    """How many were left, where a lost life ends an episode."""
    screens: tuple[Screen, ...] = ()
    """The screen before the newest that the act led to. With `stale_frames` two pictures: what
    is shown next unless the act is repeated in full, and the one to compare it with."""
    draws: NumpyDraws | None = None
    """What the next number of no-ops is drawn from, if not from a key."""


def _count(value: Any) -> int:
    if index(value) < 0:
        raise ValueError(f"Expect the `noop_max` to be non-negative, actually: {value}.")
    return index(value)


def _skip(value: Any) -> int:
    if value <= 0:
        raise ValueError(
            f"Expect the `frame_skip` to be positive, actually: {value}. Each act is sent that "
            "often: AtariPreprocessing(frame_skip=4)."
        )
    return index(value)


def _size(value: Any) -> int | tuple[int, int]:
    """Return a size as an int or a pair of ints; a list is a pair, as configurations write it."""
    if isinstance(value, int) and value > 0:
        return value
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    if len(pair) == 2 and all(isinstance(size, int) and size > 0 for size in pair):
        return pair
    raise ValueError(
        f"Expect the `screen_size` to be positive, actually: {value!r}. Give the length of a side, "
        "or (width, height): AtariPreprocessing(screen_size=84)."
    )


@attrs.frozen
class AtariPreprocessing(Wrapper[Game]):
    """Show an Atari game as Machado et al. (2018) do: skipped, pooled, grey and small.

    An episode opens after 1 to `noop_max` no-ops, drawn anew each time. Each act is sent
    `frame_skip` times, and the rewards are added up, from 0.0 on. Shown is the greater of the
    last two screens, pixel by pixel, since some games draw an object in every other frame only;
    in grey, and resized to the mean of the area that a pixel covers (OpenCV's `INTER_AREA`).
    Mirrors `gymnasium.wrappers.AtariPreprocessing`, bit for bit, but for what is said below.

        env             f0*     f1      f2        f3      f4      f5      f6
        two no-ops due  ↺ noop  ↺ noop  ↑*
        frame_skip=4                         a↓   ↺ a     ↺ a     ↺ a     ↑ max(f5, f6)
        policy                          f2*  a                            (* first; ↺ answered)

    Gymnasium's asks the emulator for the lives and the screens. This takes the lives from
    `info["lives"]`, and the screen from the observation, uint8 (h, w, 3) or already in ALE's grey
    (h, w): from the colours follows the emulator's own grey (see `differences.md` for AirRaid).

    If the game ends during the no-ops, a `Reset` is sent and what is still owed follows, as in
    Gymnasium; its seed and options are not sent again. The opening's info has the keys of all
    infos since the environment's opening.

    Where the episode ends before the act was sent `frame_skip` times, or with the last of them,
    the greater of the last two screens that the act led to is shown, or the only one. Gymnasium
    shows what it showed before, whatever happened since; `stale_frames=True` does that too, bit for
    bit, for a policy that was trained so.

    Args:
        noop_max: the greatest number of no-ops, which are the action 0; 0 for none.
        frame_skip: how often each act is sent, at least 1; with 1 there is no pooling. The
            environment itself must not skip.
        screen_size: the length of a side, or (width, height), in pixels.
        terminal_on_life_loss: whether a lost life ends the episode. The game goes on: the `Reset`
            that follows is for the environment.
        grayscale_obs: whether to show grey, (h, w), in place of colours, (h, w, 3).
        grayscale_newaxis: whether grey has a third axis, (h, w, 1).
        scale_obs: whether to show float32 in 0..1 in place of uint8 in 0..255.
        stale_frames: whether an end shows what Gymnasium shows.
        draws: None, or an `np.random.Generator`, or its `bit_generator.state`, or a `NumpyDraws`,
            from which the numbers of no-ops are drawn in place of the wrapper's key, over all
            episodes, as Gymnasium draws from its environment's generator.

    Raises:
        ValueError: if `noop_max` is negative, or `frame_skip` or `screen_size` not positive.
        TypeError: if `noop_max` or `frame_skip` is no integer, or `draws` no generator.
        BindError: at `bind`, if the observation space below is unknown or none of such screens, or
            no-ops are to be sent and the action space below has no 0.
        MissingExtraError: at `bind`, if OpenCV is not installed (extra `image`).
        ValueError: at a time step, if a lost life is to end the episode and `info` has no "lives".

    >>> small = AtariPreprocessing(0, frame_skip=2, screen_size=1)
    >>> small = small.bind(Below(Box(0, 255, (2, 2), np.uint8)))
    >>> memory, down = small.on_action(Game(), Act(1))
    >>> memory, again = small.on_state(memory, TimeStep(np.uint8([[8, 0], [0, 0]]), reward=1.0))
    >>> again
    Act(1)
    >>> small.on_state(memory, TimeStep(np.uint8([[0, 0], [0, 8]]), reward=2.0))[1]
    TimeStep(array([[4]], dtype=uint8), reward=3.0)
    """

    memory_types = (Game, Start, Held, Key, NumpyDraws)

    noop_max: int = attrs.field(default=30, converter=_count)
    frame_skip: int = attrs.field(default=4, converter=_skip)
    screen_size: int | tuple[int, int] = attrs.field(default=84, converter=_size)
    terminal_on_life_loss: bool = False
    grayscale_obs: bool = True
    grayscale_newaxis: bool = False
    scale_obs: bool = False
    stale_frames: bool = attrs.field(default=False, kw_only=True)
    draws: Any = argument(None, kw_only=True, converter=given_draws)
    size: tuple[int, int] = derived()
    coloured: bool = derived()
    space: Box | None = derived()

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """Whether draws go on from episode to episode: where they are given."""
        return False if self.draws is None else frozenset({"draws"})

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an episode depends on how many there were: where draws go on."""
        return self.draws is not None

    @property
    def delays(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether a screen may be shown later than it came: with `stale_frames`."""
        return self.stale_frames

    def bind(self, below: Below) -> AtariPreprocessing:
        """Check that screens come, and that OpenCV is there.

        Raises:
            BindError: if the observation space is unknown, or none of screens in colour, or in
                grey where grey is wanted; or if 0 is no action.
            MissingExtraError: if OpenCV is not installed.
        """
        box = box_below(self, below)
        coloured = len(box.shape) == 3 and box.shape[-1] == 3
        grey = len(box.shape) == 2 and self.grayscale_obs
        if box.dtype != np.uint8 or not (coloured or grey):
            raise refusal(
                ValueError,
                f"{self!r} needs screens, uint8 (height, width, 3), or (height, width) where grey "
                f"is wanted, but the observation space below it is {box}. Put it next to the "
                'environment, made with obs_type="rgb" or "grayscale".',
            )
        if self.noop_max:
            hold_sends(self, below, 0)
        opencv("AtariPreprocessing")
        size = self.screen_size
        size = (size, size) if isinstance(size, int) else size
        return bound(self, size=size, coloured=coloured, space=self._space(size))  # type: ignore[no-any-return]

    def _space(self, size: tuple[int, int]) -> Box:
        shape: tuple[int, ...] = (size[1], size[0])
        if not self.grayscale_obs or self.grayscale_newaxis:
            shape = (*shape, 1 if self.grayscale_obs else 3)
        return Box(0, 1, shape, np.float32) if self.scale_obs else Box(0, 255, shape, np.uint8)

    def above(self, below: Below) -> Below:
        """Announce the pictures."""
        return attrs.evolve(below, observation_space=self.space)

    def initial(self, key: Key) -> Game:
        """Return a game that was not begun."""
        return Game(draws=self.draws)

    def renew(self, memory: Game, key: Key) -> Game:
        """Begin anew, or go on with what is owed where the wrapper asked for this opening.

        Under another seed, of which other key words tell, it begins anew.
        """
        start, draws = memory.start, memory.draws
        if start is not None and start.asked and start.key[:2] == key[:2]:
            return Game(start._replace(asked=False), draws=draws)
        return Game(Start(-1, asked=False, info={}, key=key), draws=draws)

    def on_action(self, memory: Game, act: Act) -> tuple[Game, Act]:
        """Send an act for the first time, and hold it."""
        screens = memory.screens if self.stale_frames else ()
        held = Held(act, self.frame_skip - 1, 0.0)
        return Game(None, held, memory.lives, screens, memory.draws), act

    def on_state(self, memory: Game, timestep: TimeStep) -> tuple[Game, Message]:
        """Answer with no-ops while they are owed, and with the act while it is due; then show."""
        start, held, lives, screens, draws = memory
        if start is not None:
            return self._opening(start, draws, timestep)
        if held is None:  # nobody acted, and it is no opening
            picture = self._picture(timestep.observation)
            return memory, timestep.with_observation(self._resized(picture))
        act, due, reward = held
        reward += timestep.reward
        terminated = timestep.terminated
        if self.terminal_on_life_loss:
            left = lives_of(self, timestep)
            terminated, lives = terminated or left < lives, left
        ended = terminated or timestep.truncated
        if due and not ended:
            kept = self._kept(screens, due, timestep.observation)
            return Game(None, Held(act, due - 1, reward), lives, kept, draws), act
        picture, screens = self._pooled(screens, timestep.observation, ended=ended)
        picture = self._resized(picture)
        shown = timestep.replace(observation=picture, reward=reward, terminated=terminated)
        return Game(None, None, lives, screens, draws), shown

    def _opening(
        self, start: Start, draws: NumpyDraws | None, timestep: TimeStep
    ) -> tuple[Game, Message]:
        """Send what is owed; then open the episode."""
        due, _, info, key = start
        if due < 0:
            due, draws = noops_drawn(self.noop_max, key, draws) if self.noop_max else (0, draws)
        if timestep.last:
            return Game(Start(due, asked=True, info={}, key=key), draws=draws), Reset()
        if due:
            info = {**info, **freeze(dict(timestep.info))}
            return Game(Start(due - 1, asked=False, info=info, key=key), draws=draws), NOOP
        info = {**info, **timestep.info}
        lives = lives_of(self, timestep) if self.terminal_on_life_loss else 0
        picture = self._picture(timestep.observation)
        screens = (owned(picture), locked(np.zeros_like(picture))) if self.stale_frames else ()
        shown = timestep.replace(
            observation=self._resized(picture), reward=0.0, info=info, first=True
        )
        return Game(None, None, lives, screens, draws), shown

    def _kept(self, screens: tuple[Screen, ...], due: int, screen: Screen) -> tuple[Screen, ...]:
        """Return the screens to keep within a skip: the last as it came, or Gymnasium's buffers."""
        if not self.stale_frames:
            return (screen,)
        return (screens[0], locked(self._picture(screen))) if due == 1 else screens

    def _pooled(
        self, screens: tuple[Screen, ...], screen: Screen, *, ended: bool
    ) -> tuple[Screen, tuple[Screen, ...]]:
        """Return the picture to show, and the screens to keep for the next decision."""
        if not self.stale_frames:
            return self._picture(*screens, screen), ()
        newest, other = screens
        if not ended:
            newest = locked(self._picture(screen))
        if self.frame_skip > 1:
            newest = locked(np.maximum(newest, other))
        return newest, (newest, other)

    def _picture(self, *screens: Screen) -> Screen:
        """Return a screen, or the greater of two; in grey, if that is wanted."""
        if self.coloured and self.grayscale_obs:
            return ale_grey(opencv("AtariPreprocessing"), *screens)
        return np.maximum(*screens) if len(screens) == 2 else screens[0]

    def _resized(self, picture: Screen) -> np.ndarray[Any, Any]:
        """Return a picture as the policy sees it."""
        cv2 = opencv("AtariPreprocessing")
        shown = cv2.resize(picture, self.size, interpolation=cv2.INTER_AREA)
        if self.scale_obs:
            shown = shown.astype(np.float32) / np.float32(255)
        if self.grayscale_obs and self.grayscale_newaxis:
            shown = shown[..., np.newaxis]
        return locked(shown)  # type: ignore[no-any-return]
