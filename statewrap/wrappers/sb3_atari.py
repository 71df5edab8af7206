"""The other Atari wrappers of Stable-Baselines3, and all of them in one stack."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap.core.draws import KeyDraws, NumpyDraws, given_draws
from statewrap.core.fields import argument, derived, whole
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.wrapper import Below, Stack, Wrapper, bound
from statewrap.wrappers.atari_parts import hold_sends
from statewrap.wrappers.below import box_below, locked, owned, refusal
from statewrap.wrappers.pictures import opencv
from statewrap.wrappers.sb3_starts import EpisodicLifeEnv, FireResetEnv, NoopResetEnv


class Last(NamedTuple):
    """The act that was sent last, and what is drawn from."""

    act: Act
    draws: KeyDraws | NumpyDraws


def _probability(value: Any) -> Any:
    if not 0 <= value <= 1:
        raise ValueError(
            f"action_repeat_probability is {value!r}, expected a number from 0 to 1: "
            "StickyActionEnv(0.25)."
        )
    return value


@attrs.frozen
class StickyActionEnv(Wrapper[Last]):
    """With a given probability, send the last action again in place of the policy's.

    Before an episode's first action it is the action 0. One number is drawn for each act. Mirrors
    `stable_baselines3.common.atari_wrappers.StickyActionEnv`, which draws from its environment's
    generator, where this draws from the wrapper's own key; with `draws` bit for bit.

        policy               a     b     c
        drawn (p = 0.25)     0.1   0.8   0.2
        StickyActionEnv      0     b     b

    Source: Machado et al., "Revisiting the Arcade Learning Environment" (2018), section 5.2.

    Args:
        action_repeat_probability: the probability, from 0 to 1.
        draws: None, or an `np.random.Generator`, or its `bit_generator.state`, or a `NumpyDraws`,
            from which is drawn in place of the wrapper's key, over all episodes.

    Raises:
        ValueError: if the probability is outside 0..1.
        TypeError: if it is no number, or `draws` no generator.
        BindError: at `bind`, if 0 is not in the action space below, though it may be sent.

    >>> sticky = StickyActionEnv(1.0)
    >>> sticky.on_action(sticky.initial(Key(0, 0)), Act(3))[1]
    Act(0)
    """

    memory_types = (Last, Key, KeyDraws, NumpyDraws)

    action_repeat_probability: float = attrs.field(converter=_probability)
    draws: Any = argument(None, kw_only=True, converter=given_draws)

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """Whether draws go on from episode to episode: where they are given."""
        return False if self.draws is None else frozenset({"draws"})

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an episode depends on how long the earlier ones were: where draws go on."""
        return self.draws is not None

    def bind(self, below: Below) -> StickyActionEnv:
        """Check what it may send.

        Raises:
            BindError: if 0 is not in the action space below, and actions may stick.
        """
        if self.action_repeat_probability > 0:
            hold_sends(self, below, 0)
        return self

    def initial(self, key: Key) -> Last:
        """Return a memory in which the no-op was sent."""
        return Last(Act(0), KeyDraws(key) if self.draws is None else self.draws)

    def renew(self, memory: Last, key: Key) -> Last:
        """Forget the last action; draw from the new key, or go on with the draws given."""
        return self.initial(key) if self.draws is None else Last(Act(0), memory.draws)

    def on_action(self, memory: Last, act: Act) -> tuple[Last, Act]:
        """Send the policy's act, or the last one again."""
        draw, draws = memory.draws.uniform()
        sent = act if draw >= self.action_repeat_probability else memory.act
        return Last(sent, draws), sent


class Repeated(NamedTuple):
    """The act being repeated, how often it is still due, the reward so far, and frames."""

    act: Act | None
    """None between two decisions."""
    due: int
    reward: float
    frames: tuple[Any, ...]
    """The last frames that the act led to, two at most; with `stale_frames` always two."""


@attrs.frozen
class MaxAndSkipEnv(Wrapper[Repeated]):
    """Send each action `skip` times; show the greater of the last two frames, and all rewards.

    The repetition stops where the episode ends. The reward is a Python float, the sum from 0.0
    on. An opening is shown as it is. Mirrors
    `stable_baselines3.common.atari_wrappers.MaxAndSkipEnv` with one difference: where an episode
    ends early, the last two frames that the act led to are shown, or the only one. That shows
    frames of an earlier decision then, or zeros; `stale_frames=True` does that too, bit for bit.
    With a skip of 1 it compares each frame with zeros for ever, which is the same for pictures.

        env               f0*        f1        f2        f3
        MaxAndSkipEnv(3)  ↑  a↓      ↺ a       ↺ a       ↑ max(f2, f3), r1+r2+r3
        policy            f0*  a                         (* first; ↺ answered here)

    Args:
        skip: how often each action is sent, at least 1.
        stale_frames: whether an early end shows what Stable-Baselines3 shows. The frames outlive
            the episodes then.

    Raises:
        TypeError: if `skip` is no int.
        ValueError: if it is below 1.
        BindError: at `bind`, if the observation space below is unknown or has no shape.

    >>> twice = MaxAndSkipEnv(2).bind(Below(Box(0.0, 9.0, (2,))))
    >>> memory, down = twice.on_action(twice.initial(Key(0, 0)), Act(1))
    >>> memory, again = twice.on_state(memory, TimeStep(np.float32([1, 5]), reward=1.0))
    >>> twice.on_state(memory, TimeStep(np.float32([2, 0]), reward=2.0))[1]
    TimeStep(array([2., 5.], dtype=float32), reward=3.0)
    """

    memory_types = (Repeated,)

    skip: int = attrs.field(default=4, validator=whole(1))
    stale_frames: bool = attrs.field(default=False, kw_only=True)
    dtype: np.dtype[Any] | None = derived()
    start: Any = derived()

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """Whether frames outlive an episode: with `stale_frames`."""
        return frozenset({"frames"}) if self.stale_frames else False

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is shown depends on earlier episodes: with `stale_frames`."""
        return self.stale_frames

    @property
    def delays(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an observation may be shown later than it came: with `stale_frames`."""
        return self.stale_frames

    def bind(self, below: Below) -> MaxAndSkipEnv:
        """Read the observation space.

        Raises:
            BindError: if it is unknown or has no shape.
        """
        space = below.require("observation_space", self)
        if space.shape is None or space.dtype is None:
            words = "No shape or dtype defined for the observation space"
            raise refusal(AssertionError, f"{words} {space} below {self!r}, which compares arrays.")
        blank = locked(np.zeros(space.shape, space.dtype))
        start = Repeated(None, 0, 0.0, (blank, blank) if self.stale_frames else ())
        return bound(self, dtype=np.dtype(space.dtype), start=start)  # type: ignore[no-any-return]

    def initial(self, key: Key) -> Repeated:
        """Return a memory of no act and no frames."""
        return self.start  # type: ignore[no-any-return]

    def renew(self, memory: Repeated, key: Key) -> Repeated:
        """Forget everything, but for frames that are to become stale."""
        start: Repeated = self.start
        return start._replace(frames=memory.frames) if self.stale_frames else start

    def on_action(self, memory: Repeated, act: Act) -> tuple[Repeated, Act]:
        """Send an act for the first time, and hold it."""
        frames = memory.frames if self.stale_frames else ()
        return Repeated(act, self.skip - 1, 0.0, frames), act

    def on_state(self, memory: Repeated, timestep: TimeStep) -> tuple[Repeated, Message]:
        """Answer with the held act while it is due, then show the frames and all rewards."""
        act, due, reward, frames = memory
        if act is None:
            return memory, timestep
        reward += float(timestep.reward)
        frames = self._seen(frames, due, timestep.observation)
        if due and not (timestep.terminated or timestep.truncated):
            return Repeated(act, due - 1, reward, frames), act
        shown = timestep.replace(observation=self._greatest(frames), reward=reward)
        return Repeated(None, 0, 0.0, frames if self.stale_frames else ()), shown

    def _seen(self, frames: tuple[Any, ...], due: int, frame: Any) -> tuple[Any, ...]:
        """Return the last two frames; stale ones are replaced at the end of a whole skip only."""
        if not self.stale_frames:
            return (*frames[-1:], frame)
        if due > 1:
            return frames
        return (frame, frames[1]) if due == 1 else (frames[0], frame)

    def _greatest(self, frames: tuple[Any, ...]) -> Any:
        """Return the greater of two frames, element by element; of a single one itself."""
        arrays = [self._array(frame) for frame in frames]
        return arrays[0][()] if len(arrays) == 1 else locked(np.maximum(*arrays))

    def _array(self, frame: Any) -> np.ndarray[Any, Any]:
        """Return a frame as an array in the dtype of the space, which nobody can write to."""
        return owned(np.asarray(frame, self.dtype))


_MORE: Final = np.float64(1.0)
_NONE: Final = np.float64(0.0)
_LESS: Final = np.float64(-1.0)


@attrs.frozen
class ClipRewardEnv(Wrapper[None]):
    """Show the sign of each reward: 1, 0 or -1 as `np.float64`; NaN stays NaN.

    Mirrors `stable_baselines3.common.atari_wrappers.ClipRewardEnv`, bit for bit.

        env             f0*    f1 r=7.0    f2 r=0.0    f3 r=-2
        ClipRewardEnv   f0*    f1 r=1.0    f2 r=0.0    f3 r=-1.0     (* first)

    >>> ClipRewardEnv().on_state(None, TimeStep("f1", reward=7.0))
    (None, TimeStep('f1', reward=np.float64(1.0)))
    """

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Replace the reward, except on an opening time step."""
        if timestep.first:
            return None, timestep
        reward = float(timestep.reward)
        if reward > 0:
            sign = _MORE
        elif reward < 0:
            sign = _LESS
        else:
            sign = _NONE if reward == 0 else np.float64(reward)
        return None, timestep.with_reward(sign)


@attrs.frozen
class WarpFrame(Wrapper[None]):
    """Show pictures in grey and of another size: (h, w, 3) becomes (height, width, 1).

    The grey is OpenCV's, 0.299 red + 0.587 green + 0.114 blue, and a pixel of the new size the
    mean of the area that it covers (`INTER_AREA`). Needs the extra `image`. Mirrors
    `stable_baselines3.common.atari_wrappers.WarpFrame`, bit for bit.

    Args:
        width: of the new pictures in pixels, at least 1.
        height: of the new pictures in pixels, at least 1.

    Raises:
        TypeError: if a size is no int.
        ValueError: if it is below 1.
        BindError: at `bind`, if the observation space below is unknown or no Box (h, w, 3) of
            uint8, uint16 or float32.
        MissingExtraError: at `bind`, if OpenCV is not installed.

    >>> small = WarpFrame(1, 1).bind(Below(Box(0, 255, (1, 2, 3), np.uint8)))
    >>> picture = np.uint8([[[255, 0, 0], [0, 0, 255]]])
    >>> small.on_state(None, TimeStep(picture))[1].observation
    array([[[52]]], dtype=uint8)
    """

    width: int = attrs.field(default=84, validator=whole(1))
    height: int = attrs.field(default=84, validator=whole(1))
    space: Box | None = derived()

    def bind(self, below: Below) -> WarpFrame:
        """Check that pictures come, and that OpenCV is there.

        Raises:
            BindError: if the observation space is unknown, or none of pictures in colour.
            MissingExtraError: if OpenCV is not installed.
        """
        box = box_below(self, below)
        if len(box.shape) != 3 or box.shape[-1] != 3 or box.dtype not in _PICTURES:
            raise refusal(
                AssertionError,
                f"{self!r} needs pictures (height, width, 3) of uint8, uint16 or float32, but the "
                f"observation space below it is {box}. Put it next to the environment.",
            )
        opencv("WarpFrame")
        shape = (self.height, self.width, 1)
        return bound(self, space=Box(0, 255, shape, box.dtype.type))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the pictures."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Weigh the channels, and resize."""
        cv2 = opencv("WarpFrame")
        grey = cv2.cvtColor(timestep.observation, cv2.COLOR_RGB2GRAY)
        size = (self.width, self.height)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)[:, :, np.newaxis]
        return None, timestep.with_observation(locked(small))


_PICTURES: Final = tuple(map(np.dtype, (np.uint8, np.uint16, np.float32)))


def AtariWrapper(  # noqa: N802 - the name and the arguments of Stable-Baselines3
    noop_max: int = 30,
    frame_skip: int = 4,
    screen_size: int = 84,
    terminal_on_life_loss: bool = True,  # noqa: FBT001, FBT002
    clip_reward: bool = True,  # noqa: FBT001, FBT002
    action_repeat_probability: float = 0.0,
    *,
    fire: bool,
    stale_frames: bool = False,
) -> Stack:
    """Return the stack that `stable_baselines3.common.atari_wrappers.AtariWrapper` makes.

    Args:
        noop_max: the greatest number of no-ops before an episode; 0 for none.
        frame_skip: how often each act is sent; 1 for once. The environment must not skip itself.
        screen_size: the length of a side of the pictures, in pixels.
        terminal_on_life_loss: whether a lost life ends the episode.
        clip_reward: whether the reward's sign is shown in its place.
        action_repeat_probability: how probable it is that the last action is sent again.
        fire: whether the game has an action FIRE, which is to be sent at the opening.
            Stable-Baselines3 asks the environment: `"FIRE" in get_action_meanings()`.
        stale_frames: as for `MaxAndSkipEnv` and `FireResetEnv`.

    >>> AtariWrapper(noop_max=0, frame_skip=1, terminal_on_life_loss=False, fire=False)
    WarpFrame(width=84, height=84) | ClipRewardEnv()
    """
    wrappers: list[Wrapper[Any]] = []
    if action_repeat_probability > 0:
        wrappers.append(StickyActionEnv(action_repeat_probability))
    if noop_max > 0:
        wrappers.append(NoopResetEnv(noop_max))
    if frame_skip > 1:
        wrappers.append(MaxAndSkipEnv(frame_skip, stale_frames=stale_frames))
    if terminal_on_life_loss:
        wrappers.append(EpisodicLifeEnv())
    if fire:
        wrappers.append(FireResetEnv(stale_frames=stale_frames))
    wrappers.append(WarpFrame(screen_size, screen_size))
    if clip_reward:
        wrappers.append(ClipRewardEnv())
    return Stack(*wrappers)
