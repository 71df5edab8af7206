"""One decision for several steps, of which the last two frames are shown as one."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from statewrap.core.errors import InputError
from statewrap.core.fields import a_flag, derived
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, real, refusal, unfit

Frames = tuple[Any, ...]


class Skip(NamedTuple):
    """The act being repeated, how often it is still due, the reward so far, and frames."""

    act: Act | None
    """None between two decisions."""
    due: int
    reward: float
    frames: Frames
    """The last frame that the act led to, if any; with `stale_frames` always two."""


def _skip(value: Any) -> int:
    """Return a number of steps as an int."""
    if not np.issubdtype(type(value), np.integer):
        raise TypeError(
            f"The skip is expected to be an integer, actual type: {type(value)}, of {value!r}. "
            "Write MaxAndSkipObservation(4)."
        )
    if value < 2:
        raise ValueError(
            f"The skip value needs to be equal or greater than two, actual value: {value}. "
            "Leave the wrapper out if each step is to be decided on."
        )
    return int(value)


@attrs.frozen
class MaxAndSkipObservation(Wrapper[Skip]):
    """Send each action `skip` times; show the greater of the last two frames, and all rewards.

    The frames of the last two steps are compared element by element, since Atari games draw
    some objects in every other frame only. The repetition stops where the episode ends. The
    reward is the Python float that the sum of `float(reward)` gives, from 0.0 on; flags and info
    are the last step's. An opening is shown as it is. Mirrors
    `gymnasium.wrappers.MaxAndSkipObservation`, with one difference.

        env                       f0*        f1        f2        f3
        MaxAndSkipObservation(3)  ↑  a↓      ↺ a       ↺ a       ↑ max(f2, f3), r1+r2+r3
        policy                    f0*  a                         (* first; ↺ answered here)

    Where an episode ends early, the last two frames that the policy's action led to are shown, or
    the only one. Gymnasium shows frames of an earlier decision then, even of an episode before,
    or zeros; `stale_frames=True` does that too, bit for bit, for a policy that was trained so.

        env (skip=4)              f1 end     f1, f2 end    f1, f2, f3 end
        MaxAndSkipObservation     f1         max(f1, f2)   max(f2, f3)
        with stale_frames         max(s, t)  max(s, t)     max(f3, t)     (s, t: earlier frames)

    Args:
        skip: how often each action is sent, at least 2.
        stale_frames: whether an early end shows what Gymnasium shows. The frames outlive the
            episodes then.

    Raises:
        TypeError: if `skip` is no integer (numpy's are), or `stale_frames` no bool.
        ValueError: if it is below 2.
        BindError: at `bind`, if the observation space below is unknown or has no shape.

    >>> from gymnasium.spaces import Box
    >>> twice = MaxAndSkipObservation(2).bind(Below(Box(0.0, 9.0, (2,))))
    >>> memory, down = twice.on_action(twice.initial(Key(0, 0)), Act("jump"))
    >>> memory, again = twice.on_state(memory, TimeStep(np.float32([1, 5]), reward=1.0))
    >>> again
    Act('jump')
    >>> twice.on_state(memory, TimeStep(np.float32([2, 0]), reward=2.0))[1]
    TimeStep(array([2., 5.], dtype=float32), reward=3.0)
    """

    memory_types = (Skip,)

    skip: int = attrs.field(default=4, converter=_skip)
    stale_frames: bool = attrs.field(default=False, kw_only=True, validator=a_flag)
    below: Any = derived()
    shape: tuple[int, ...] | None = derived()
    dtype: np.dtype[Any] | None = derived()
    blank: Frames = derived(())
    """The frames that a session begins with."""

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

    def bind(self, below: Below) -> MaxAndSkipObservation:
        """Read the observation space.

        Raises:
            BindError: if it is unknown or has no shape.
        """
        space = below.require("observation_space", self)
        if space.shape is None:
            raise refusal(
                ValueError,
                f"The observation space must have the shape attribute. {self!r} compares arrays, "
                f"but the space below it is {space}. Flatten it first.",
            )
        blank: Frames = ()
        if self.stale_frames:
            blank = (locked(np.zeros(space.shape, space.dtype)),) * 2
        return bound(  # type: ignore[no-any-return]
            self, below=space, shape=space.shape, dtype=np.dtype(space.dtype), blank=blank
        )

    def initial(self, key: Key) -> Skip:
        """Return a memory of no act."""
        return Skip(None, 0, 0.0, self.blank)

    def renew(self, memory: Skip, key: Key) -> Skip:
        """Forget everything, but for frames that are to become stale."""
        return Skip(None, 0, 0.0, memory.frames if self.stale_frames else ())

    def on_action(self, memory: Skip, act: Act) -> tuple[Skip, Act]:
        """Send an act for the first time, and hold it."""
        frames = memory.frames if self.stale_frames else ()
        return Skip(act, self.skip - 1, 0.0, frames), act

    def on_state(self, memory: Skip, timestep: TimeStep) -> tuple[Skip, Message]:
        """Answer with the held act while it is due, then show the frames and all rewards."""
        act, due, reward, frames = memory
        if act is None:
            return memory, timestep
        try:
            reward += float(timestep.reward)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{self!r} cannot add up the reward {brief(timestep.reward)}, expected a real "
                "number. Mend what gives the reward."
            ) from error
        frame = timestep.observation
        kept = self._buffered(frames, due, frame) if self.stale_frames else (frame,)
        if due and not (timestep.terminated or timestep.truncated):
            return Skip(act, due - 1, reward, kept), act
        greatest = self._greatest(*(kept if self.stale_frames else (*frames, frame)))
        left = Skip(None, 0, 0.0, kept if self.stale_frames else ())
        return left, timestep.replace(observation=greatest, reward=reward)

    def _buffered(self, frames: Frames, due: int, frame: Any) -> Frames:
        """Put a frame into its place, which only the last two of a whole skip have."""
        if due > 1:
            return frames
        return (frame, frames[1]) if due == 1 else (frames[0], frame)

    def _greatest(self, *frames: Any) -> Any:
        """Return the greater of two frames, element by element; of a single one itself."""
        arrays = [self._array(frame) for frame in frames]
        if len(arrays) == 1:
            return arrays[0][()]  # a scalar where the shape is ()
        if arrays[0].size == 1:  # of NaNs, a reduction of two numbers gives another sign
            greatest = np.maximum.reduce(arrays)
            return greatest if greatest.ndim == 0 else locked(greatest)
        return locked(np.maximum(*arrays, order="C"))

    def _array(self, frame: Any) -> Any:
        """Return a frame in the dtype of the space; itself, if nobody can change it."""
        if type(frame) is np.ndarray and frame.dtype == self.dtype and frame.shape == self.shape:
            return frame if not frame.flags.writeable else locked(frame.copy("K"))
        try:
            real(frame, self.shape)  # type: ignore[arg-type]  # `bind` found it
        except Exception as error:
            raise unfit(self, self.below, frame, error) from error
        return locked(np.asarray(frame).astype(self.dtype))
