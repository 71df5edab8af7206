"""The rows of Gymnasium's wrappers; see `known`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import statewrap.wrappers
from statewrap.core.wrapper import Wrapper
from statewrap.gym import held
from statewrap.gym.known import nothing, recorded_arguments, register_twin

AS_GYMNASIUM: Final[Mapping[str, Mapping[str, Any]]] = {
    "AddWhiteNoise": {"wide_noise": True},
    "AtariPreprocessing": {"stale_frames": True},
    "MaxAndSkipObservation": {"stale_frames": True},
    "NormalizeObservation": {"mode": "learn"},
    "NormalizeReward": {"mode": "learn", "carry_return": True},
    "ObstructView": {"wide_noise": True},
    "RescaleObservation": {"keep_dtype": True},
}
"""Name, to the arguments with which statewrap's wrapper does as Gymnasium's does."""

SET_LATER: Final[Mapping[str, Mapping[str, str]]] = {
    "DelayObservation": {"delay": "delay"},
    "JaxToTorch": {"device": "device"},
    "MaxAndSkipObservation": {"skip": "_skip"},
    "NormalizeObservation": {"epsilon": "epsilon"},
    "NormalizeReward": {"gamma": "gamma", "epsilon": "epsilon"},
    "NumpyToTorch": {"device": "device"},
    "RepeatAction": {"num_repeats": "num_repeats"},
    "StickyAction": {"repeat_action_probability": "repeat_action_probability"},
    "TimeLimit": {"max_episode_steps": "_max_episode_steps"},
    "TransformAction": {"func": "func"},
    "TransformObservation": {"func": "func"},
    "TransformReward": {"func": "func"},
}
"""Name, to the arguments that an attribute of the instance tells, since people set it."""

MEMORIES: Final[Mapping[str, Callable[[Any, Any, Any], Any]]] = {
    "AtariPreprocessing": held.game,
    "Autoreset": held.attribute("autoreset"),
    "DelayObservation": held.replayed("observation_queue"),
    "FrameStackObservation": held.replayed("obs_queue"),
    "MaxAndSkipObservation": held.skipped,
    "NormalizeObservation": held.observed,
    "NormalizeReward": held.returned,
    "OrderEnforcing": held.attribute("has_reset"),
    "PassiveEnvChecker": held.checked,
    "RecordEpisodeStatistics": held.tally,
    "StickyAction": held.stuck,
    "TimeAwareObservation": held.attribute("timesteps"),
    "TimeLimit": held.attribute("_elapsed_steps"),
}
"""Name, to what reads the memory of an instance."""

NAMES: Final = (
    *("AddRenderObservation", "AddWhiteNoise", "ArrayConversion", "AtariPreprocessing"),
    *("Autoreset", "ClipAction", "ClipReward", "DelayObservation", "DiscretizeAction"),
    *("DiscretizeObservation", "DtypeObservation", "FilterObservation", "FlattenObservation"),
    *("FrameStackObservation", "GrayscaleObservation", "JaxToNumpy", "JaxToTorch"),
    *("MaxAndSkipObservation", "NormalizeObservation", "NormalizeReward", "NumpyToTorch"),
    *("ObstructView", "OrderEnforcing", "PassiveEnvChecker", "RecordEpisodeStatistics"),
    *("RepeatAction", "RescaleAction", "RescaleObservation", "ReshapeObservation"),
    *("ResizeObservation", "StickyAction", "TimeAwareObservation", "TimeLimit"),
    *("TransformAction", "TransformObservation", "TransformReward"),
)
"""Gymnasium's wrappers that have a part in the conversation."""
SINKS: Final = ("HumanRendering", "RecordVideo", "RenderCollection")
"""What has no part in the conversation, and is left out."""

NOTES: Final = {
    "OrderEnforcing": "a deployment holds the order as well",
    "PassiveEnvChecker": "warnings: sinks=[statewrap.sinks.PassiveEnvChecker()]",
    "StickyAction": "draws from a key in production",
    "AddWhiteNoise": "draws from a key in production; pass act(..., frame=...)",
    "AddRenderObservation": "pass act(..., frame=...)",
    "ObstructView": "draws from a key in production; pass act(..., frame=...)",
    "AtariPreprocessing": "draws from a key in production",
}


def _maker(name: str) -> Callable[..., Wrapper[Any]]:
    """Return what makes statewrap's wrapper do as Gymnasium's of the name."""

    def make(**given: Any) -> Wrapper[Any]:
        native: Any = getattr(statewrap.wrappers, name)
        if name.startswith("JaxTo"):  # which record what they pass to `ArrayConversion`
            given = {key: given[key] for key in inspect.signature(native).parameters}
        made: Wrapper[Any] = native(**{**AS_GYMNASIUM.get(name, {}), **given})
        return made

    return make


def _arguments(name: str) -> Callable[[Any], dict[str, Any]]:
    """Return what reads the arguments of an instance."""

    def arguments(layer: Any) -> dict[str, Any]:
        later = {key: getattr(layer, name) for key, name in SET_LATER.get(name, {}).items()}
        return {**recorded_arguments(layer), **later}

    return arguments


def _normalizing(name: str, rms: str) -> Callable[[Any], dict[str, Any]]:
    """Return what reads the arguments of a wrapper that may have been told to learn no more."""

    def arguments(layer: Any) -> dict[str, Any]:
        known = _arguments(name)(layer)
        if layer.update_running_mean:
            return known
        return {**known, "mode": "frozen", "statistics": held.moments(getattr(layer, rms))}

    return arguments


def _left_out(**_: Any) -> None:
    return None


def enter() -> None:
    """Enter all of them."""
    readers = {
        "NormalizeObservation": _normalizing("NormalizeObservation", "obs_rms"),
        "NormalizeReward": _normalizing("NormalizeReward", "return_rms"),
    }
    for name in NAMES:
        register_twin(
            f"gymnasium.wrappers:{name}",
            _maker(name),
            arguments=readers.get(name, _arguments(name)),
            memory=MEMORIES.get(name, nothing),
            note=NOTES.get(name, ""),
        )
    for name in SINKS:
        note = f"left out; a sink: sinks=[statewrap.sinks.{name}(...)]"
        register_twin(f"gymnasium.wrappers:{name}", _left_out, note=note)
