"""An environment looked at in passing: its spaces, its first opening, its first step.

What is wrong comes as remarks, in Gymnasium's order and words. Those that are fatal are raised by
the wrapper here; the others are warnings, which are told at the edge: by the sink of the same name
in `statewrap.sinks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium import spaces

from statewrap.core.errors import BindError
from statewrap.core.fields import derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound

_ADVICE: Final = "https://gymnasium.farama.org/introduction/create_custom_env/"


class Remark(NamedTuple):
    """Something that is wrong, in one sentence."""

    fatal: bool
    text: str


class Checked(NamedTuple):
    """What has been looked at."""

    opening: bool = False
    step: bool = False


@attrs.frozen
class PassiveEnvChecker(Wrapper[Checked]):
    """Look at the spaces, the first opening and the first step; let everything pass.

    Raises what `gymnasium.wrappers.PassiveEnvChecker` raises. What that warns of is told by the
    sink of the same name: `Deployment(..., sinks=[statewrap.sinks.PassiveEnvChecker()])`.

    Raises:
        BindError: at `bind`, if a space is unknown or no space, or has no elements.
        AssertionError: at the first opening and the first step, if the observation does not have
            the form of its Dict or Tuple space, or `info` is no dict.

    >>> wrong = TimeStep({"a": 0}, first=True)
    >>> space = spaces.Dict(b=spaces.Discrete(2))
    >>> checker = PassiveEnvChecker().bind(Below(space, spaces.Discrete(2)))
    >>> checker.on_state(Checked(), wrong)
    Traceback (most recent call last):
    AssertionError: The obs returned by the `reset()` method observation keys is not same as ...
    """

    memory_types = (Checked,)
    keeps = True

    space: Any = derived()

    def bind(self, below: Below) -> PassiveEnvChecker:
        """Look at the spaces, the actions' first.

        Raises:
            BindError: if one is unknown, is no space, or has no elements.
        """
        for name, space in (
            ("action", below.action_space),
            ("observation", below.observation_space),
        ):
            if space is None:
                wrong: Exception = AttributeError(
                    f"The environment must specify an {name} space. {_ADVICE}"
                )
                raise _with_cure(below, f"{name}_space", self, wrong) from wrong
            for remark in of_space(space, name):
                if remark.fatal:
                    kind = AssertionError if isinstance(space, spaces.Space) else TypeError
                    wrong = kind(remark.text)
                    raise BindError(f"{self!r} found that {remark.text}") from wrong
        return bound(self, space=below.observation_space)  # type: ignore[no-any-return]

    def initial(self, key: Key) -> Checked:
        """Have looked at nothing."""
        return Checked()

    def renew(self, memory: Checked, key: Key) -> Checked:
        """Keep in mind what was looked at."""
        return memory

    def on_state(self, memory: Checked, timestep: TimeStep) -> tuple[Checked, TimeStep]:
        """Look at the first opening and the first step.

        Raises:
            AssertionError: if one of them cannot be used.
        """
        opening, step = memory
        if opening and (step or timestep.first):
            return memory, timestep
        if timestep.first:
            _raise_fatal(of_opening(self.space, timestep, looked_up=False))
            return Checked(opening=True, step=step), timestep
        if step:
            return memory, timestep
        _raise_fatal(of_step(self.space, timestep, looked_up=False))
        return Checked(opening, step=True), timestep


def _with_cure(below: Below, name: str, checker: Any, wrong: Exception) -> BindError:
    """Say that a space is unknown, where it is given, and what Gymnasium says of it."""
    try:
        below.require(name, checker)
    except BindError as error:
        return BindError(f"{error} {wrong}")
    raise AssertionError(name)  # it was unknown


def _raise_fatal(remarks: Iterator[Remark]) -> None:
    for remark in remarks:
        if remark.fatal:
            raise AssertionError(remark.text)


# -- spaces ------------------------------------------------------------------------------------


def of_space(space: Any, kind: str) -> Iterator[Remark]:
    """Say what is wrong with a space.

    Args:
        space: the space.
        kind: "observation" or "action".
    """
    match space:
        case spaces.Box():
            yield from _of_box(space, kind)
        case spaces.Discrete() if not space.n > 0:
            yield Remark(
                True,
                f"Discrete {kind} space's number of elements must be positive, actual number of "
                f"elements: {space.n}",
            )
        case spaces.MultiDiscrete() if not np.all(space.nvec > 0):
            yield Remark(
                True,
                f"Multi-discrete {kind} space's all nvec elements must be greater than 0, actual "
                f"nvec: {space.nvec}",
            )
        case spaces.MultiBinary() if not np.all(np.asarray(space.shape) > 0):
            yield Remark(
                True,
                f"Multi-binary {kind} space's all shape elements must be greater than 0, actual "
                f"shape: {space.shape}",
            )
        case spaces.Tuple() | spaces.Dict():
            parts = space.spaces if isinstance(space, spaces.Tuple) else space.spaces.values()
            if not parts:
                yield Remark(True, f"An empty {type(space).__name__} {kind} space is not allowed.")
            for part in parts:
                yield from of_space(part, kind)
        case spaces.Space():
            pass
        case _:
            yield Remark(
                True,
                f"{kind} space does not inherit from `gymnasium.spaces.Space`, actual type: "
                f"{type(space)}",
            )


def _of_box(space: spaces.Box, kind: str) -> Iterator[Remark]:
    if np.any(space.low == space.high):
        yield Remark(False, f"A Box {kind} space maximum and minimum values are equal.")
    elif kind == "observation" and np.any(space.high < space.low):
        yield Remark(False, "A Box observation space low value is greater than a high value.")


# -- time steps --------------------------------------------------------------------------------


def of_opening(space: Any, timestep: TimeStep, *, looked_up: bool = True) -> Iterator[Remark]:
    """Say what is wrong with an opening time step; `looked_up` as for `of_observation`."""
    yield from of_observation(space, timestep.observation, "reset", looked_up=looked_up)
    if not isinstance(timestep.info, dict):
        yield Remark(
            True,
            "The second element returned by `env.reset()` was not a dictionary, actual type: "
            f"{type(timestep.info)}",
        )


def of_step(space: Any, timestep: TimeStep, *, looked_up: bool = True) -> Iterator[Remark]:
    """Say what is wrong with a later time step; `looked_up` as for `of_observation`."""
    for name in ("terminated", "truncated"):
        flag = getattr(timestep, name)
        if not isinstance(flag, (bool, np.bool_)):
            yield Remark(
                False, f"Expects `{name}` signal to be a boolean, actual type: {type(flag)}"
            )
    yield from of_observation(space, timestep.observation, "step", looked_up=looked_up)
    yield from _of_reward(timestep.reward)
    if not isinstance(timestep.info, dict):
        yield Remark(
            True,
            "The `info` returned by `step()` must be a python dictionary, actual type: "
            f"{type(timestep.info)}",
        )


def _of_reward(reward: Any) -> Iterator[Remark]:
    kind = type(reward)
    if not (np.issubdtype(kind, np.integer) or np.issubdtype(kind, np.floating)):
        yield Remark(
            False,
            "The reward returned by `step()` must be a float, int, np.integer or np.floating, "
            f"actual type: {kind}",
        )
    elif np.isnan(reward):
        yield Remark(False, "The reward is a NaN value.")
    elif np.isinf(reward):
        yield Remark(False, "The reward is an inf value.")


def of_observation(
    space: Any, seen: Any, method: str, *, looked_up: bool = True
) -> Iterator[Remark]:
    """Say what is wrong with an observation: its form first, then whether it is in the space.

    Nothing follows a fatal remark.

    Args:
        space: the space.
        seen: the observation.
        method: who gave it, "reset" or "step".
        looked_up: whether to ask the space, which is never fatal, and may warn by itself.
    """
    said = f"The obs returned by the `{method}()` method"
    for remark in _of_form(space, seen, method, said, looked_up=looked_up):
        yield remark
        if remark.fatal:
            return
    if not looked_up:
        return
    try:
        inside = seen in space
    except Exception as error:  # noqa: BLE001 - a space of the user's own may raise anything
        text = f"{said} is not within the observation space with exception: {error}"
        yield Remark(False, text)
        return
    if not inside:
        yield Remark(False, f"{said} is not within the observation space.")


def _of_form(space: Any, seen: Any, method: str, said: str, *, looked_up: bool) -> Iterator[Remark]:
    array = isinstance(seen, np.ndarray)
    match space:
        case spaces.Discrete() if not isinstance(seen, (np.int64, int)):
            text = f"{said} should be an int or np.int64, actual type: {type(seen)}"
            yield Remark(False, text)
        case spaces.Box() if space.shape != () and array and seen.dtype != space.dtype:
            yield Remark(
                False,
                f"{said} was expecting numpy array dtype to be {space.dtype}, actual type: "
                f"{seen.dtype}",
            )
        case spaces.Box() if space.shape != () and not array:
            yield _no_array(said, seen)
        case spaces.MultiBinary() | spaces.MultiDiscrete() if not array:
            yield _no_array(said, seen)
        case spaces.Tuple():
            yield from _of_tuple(space, seen, method, said, looked_up=looked_up)
        case spaces.Dict():
            yield from _of_dict(space, seen, method, said, looked_up=looked_up)


def _no_array(said: str, seen: Any) -> Remark:
    return Remark(False, f"{said} was expecting a numpy array, actual type: {type(seen)}")


def _of_tuple(
    space: Any, seen: Any, method: str, said: str, *, looked_up: bool
) -> Iterator[Remark]:
    if not isinstance(seen, tuple):
        yield Remark(False, f"{said} was expecting a tuple, actual type: {type(seen)}")
    if len(seen) != len(space.spaces):
        yield Remark(
            True,
            f"{said} length is not same as the observation space length, obs length: "
            f"{len(seen)}, space length: {len(space.spaces)}",
        )
    else:
        for part, within in zip(seen, space.spaces, strict=True):
            yield from of_observation(within, part, method, looked_up=looked_up)


def _of_dict(space: Any, seen: Any, method: str, said: str, *, looked_up: bool) -> Iterator[Remark]:
    if not isinstance(seen, dict):
        yield Remark(True, f"{said} must be a dict, actual type: {type(seen)}")
    elif seen.keys() != space.spaces.keys():
        yield Remark(
            True,
            f"{said} observation keys is not same as the observation space keys, obs keys: "
            f"{list(seen)}, space keys: {list(space.spaces)}",
        )
    else:
        for key, within in space.spaces.items():
            yield from of_observation(within, seen[key], method, looked_up=looked_up)


# -- pictures ----------------------------------------------------------------------------------


def of_rendering(below: Below, frame: Any) -> Iterator[Remark]:
    """Say what is wrong with what is declared of rendering, and with a picture."""
    metadata, mode = below.metadata or {}, below.render_mode
    modes = metadata.get("render_modes")
    if modes is None:
        yield Remark(
            False,
            "No render modes was declared in the environment (env.metadata['render_modes'] is None "
            "or not defined), you may have trouble when calling `.render()`.",
        )
    else:
        yield from _of_modes(modes, mode, metadata.get("render_fps"))
    if mode is not None:
        yield from _of_frame(mode, frame)


def _of_modes(modes: Any, mode: str | None, fps: Any) -> Iterator[Remark]:
    if not isinstance(modes, (list, tuple)):
        yield Remark(
            False,
            "Expects the render_modes to be a sequence (i.e. list, tuple), actual type: "
            f"{type(modes)}",
        )
    elif not all(isinstance(one, str) for one in modes):
        kinds = [type(one) for one in modes]
        yield Remark(False, f"Expects all render modes to be strings, actual types: {kinds}")
    if len(modes) == 0:
        if mode is not None:
            yield Remark(
                True,
                "With no render_modes, expects the Env.render_mode to be None, actual value: "
                f"{mode}",
            )
        return
    yield from _of_fps(fps)
    if mode is not None and mode not in modes:
        yield Remark(
            True,
            "The environment was initialized successfully however with an unsupported render "
            f"mode. Render mode: {mode}, modes: {modes}",
        )


def _of_fps(fps: Any) -> Iterator[Remark]:
    kind = type(fps)
    if fps is None:
        yield Remark(
            False,
            "No render fps was declared in the environment (env.metadata['render_fps'] is None or "
            "not defined), rendering may occur at inconsistent fps.",
        )
    elif not (np.issubdtype(kind, np.integer) or np.issubdtype(kind, np.floating)):
        yield Remark(
            False,
            "Expects the `env.metadata['render_fps']` to be an integer or a float, actual type: "
            f"{kind}",
        )
    elif not fps > 0:
        yield Remark(
            True,
            "Expects the `env.metadata['render_fps']` to be greater than zero, actual value: "
            f"{fps}",
        )


def _of_frame(mode: str, frame: Any) -> Iterator[Remark]:
    kind, array = type(frame), isinstance(frame, np.ndarray)
    if mode == "human" and frame is not None:
        yield Remark(False, f"Human rendering should return `None`, got {kind}")
    elif mode == "rgb_array" and array:
        yield from _of_picture(frame)
    elif mode == "rgb_array":
        yield Remark(False, f"RGB-array rendering should return a numpy array, got {kind}")
    elif mode == "depth_array" and not array:
        yield Remark(False, f"Depth-array rendering should return a numpy array, got {kind}")
    elif mode == "depth_array" and frame.ndim != 2:
        yield Remark(
            False,
            f"Depth-array rendering should return a numpy array with two axes, got {frame.ndim}",
        )
    elif mode in ("ansi", "ascii") and not isinstance(frame, str):
        yield Remark(False, f"ANSI/ASCII rendering should produce a string, got {kind}")
    elif mode.endswith("_list") and not isinstance(frame, list):
        yield Remark(False, f"Render mode `{mode}` should produce a list, got {kind}")
    elif mode.endswith("_list"):
        for one in frame:
            yield from _of_frame(mode.removesuffix("_list"), one)


def _of_picture(frame: Any) -> Iterator[Remark]:
    expected = "RGB-array rendering should return a numpy array"
    if frame.dtype != np.uint8:
        yield Remark(False, f"{expected} with dtype uint8, got {frame.dtype}")
    if frame.ndim != 3:
        yield Remark(False, f"{expected} with three axes, got {frame.ndim}")
    elif frame.shape[2] != 3:
        text = "in which the last axis has three dimensions, got"
        yield Remark(False, f"{expected} {text} {frame.shape[2]}")
