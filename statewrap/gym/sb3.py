"""The rows of Stable-Baselines3's wrappers; see `known`. None of its modules is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import statewrap.wrappers
from statewrap.core.borders import freeze
from statewrap.core.messages import Act, TimeStep
from statewrap.gym import held
from statewrap.gym.known import nothing, register_twin
from statewrap.wrappers import Moments
from statewrap.wrappers.vec_normalize import Running

_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "ClipRewardEnv": {},
    "EpisodicLifeEnv": {},
    "FireResetEnv": {},
    "MaxAndSkipEnv": {"skip": "_skip"},
    "Monitor": {"allow_early_resets": "allow_early_resets", "info_keywords": "info_keywords"},
    "NoopResetEnv": {"noop_max": "noop_max"},
    "StickyActionEnv": {"action_repeat_probability": "action_repeat_probability"},
    "VecTransposeImage": {"skip": "skip"},
    "WarpFrame": {"width": "width", "height": "height"},
}
"""Name, to the arguments of statewrap's wrapper and where an instance has them."""

_AS_THERE: Final[Mapping[str, Mapping[str, Any]]] = {
    "FireResetEnv": {"stale_frames": True},
    "MaxAndSkipEnv": {"stale_frames": True},
}
_DRAWS: Final = "draws from a key in production"
_LEFT_OUT: Final = {
    "AtariWrapper": "left out: it is made of the layers before it",
    "DummyVecEnv": "left out: a deployment opens the next episode itself",
    "VecCheckNan": "left out: it only looks",
    "VecMonitor": "left out: a deployment has statistics",
    "VecVideoRecorder": "left out; a sink: sinks=[statewrap.sinks.RecordVideo(...)]",
}


def _arguments(name: str) -> Callable[[Any], dict[str, Any]]:
    def arguments(layer: Any) -> dict[str, Any]:
        found = {key: getattr(layer, own) for key, own in _ATTRIBUTES[name].items()}
        return {**_AS_THERE.get(name, {}), **found}

    return arguments


def _normalizing(layer: Any) -> dict[str, Any]:
    """Return the settings of a `VecNormalize`; its statistics too, if it learns no more."""
    names = ("norm_obs", "norm_reward", "clip_obs", "clip_reward", "gamma", "epsilon")
    settings = {name: getattr(layer, name) for name in names}
    if layer.norm_obs_keys is not None and isinstance(layer.obs_rms, dict):
        settings["norm_obs_keys"] = layer.norm_obs_keys
    if layer.training:
        return {**settings, "mode": "learn"}
    return {**settings, "mode": "frozen", "statistics": layer}


def _stacking(layer: Any) -> dict[str, Any]:
    """Return the arguments of a `VecFrameStack`, whose orders of channels are known by now."""
    stacks = layer.stacked_obs
    parts = getattr(stacks, "sub_stacked_observations", None)
    order = _order(stacks) if parts is None else {key: _order(one) for key, one in parts.items()}
    return {"n_stack": stacks.n_stack, "channels_order": order}


def _order(stacks: Any) -> str:
    return "first" if stacks.channels_first else "last"


def _lives(layer: Any, wrapper: Any, initial: Any) -> Any:  # noqa: ARG001 - as all readers
    return initial._replace(left=int(layer.lives), over=bool(layer.was_real_done))


def _frames(layer: Any, wrapper: Any, initial: Any) -> Any:
    return held.skipped(layer, wrapper, initial)


def _last(layer: Any, wrapper: Any, initial: Any) -> Any:  # noqa: ARG001 - as all readers
    act = Act(freeze(getattr(layer, "_sticky_action", 0)))
    return initial._replace(act=act, draws=held.generator_of(layer) or initial.draws)


def _sums(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Add the rewards of a `Monitor` up again, as it does at the end of the episode."""
    if layer.needs_reset:
        return initial
    memory, _ = wrapper.on_state(initial, TimeStep(None, first=True))
    for reward in layer.rewards:
        memory, _ = wrapper.on_state(memory, TimeStep(None, reward))
    return memory


def _running(layer: Any, wrapper: Any, initial: Any) -> Any:  # noqa: ARG001 - as all readers
    """Read a `VecNormalize`, while it learns."""
    if initial is None:
        return None
    observed = layer.obs_rms if layer.norm_obs else None
    if isinstance(observed, dict):
        observed = {key: held.moments(part) for key, part in observed.items()}
    elif observed is not None:
        observed = held.moments(observed)
    mean, var, count = held.moments(layer.ret_rms)
    return Running(observed, Moments(float(mean), float(var), count), float(layer.returns[0]))


def _stacked(layer: Any, wrapper: Any, initial: Any) -> Any:  # noqa: ARG001 - as all readers
    """Read what a `VecFrameStack` showed last."""
    parts = getattr(layer.stacked_obs, "sub_stacked_observations", None)
    if parts is None:
        return freeze(layer.stacked_obs.stacked_obs[0])
    return {key: freeze(one.stacked_obs[0]) for key, one in parts.items()}


def _left_out(**_: Any) -> None:
    return None


def enter() -> None:
    """Enter all of them."""
    readers = {
        "EpisodicLifeEnv": _lives,
        "MaxAndSkipEnv": _frames,
        "Monitor": _sums,
        "StickyActionEnv": _last,
        "VecNormalize": _running,
        "VecFrameStack": _stacked,
    }
    arguments = {name: _arguments(name) for name in _ATTRIBUTES}
    arguments |= {"VecNormalize": _normalizing, "VecFrameStack": _stacking}
    notes = {"NoopResetEnv": _DRAWS, "StickyActionEnv": _DRAWS}
    for name, read in arguments.items():
        register_twin(
            f"stable_baselines3.common:{name}",
            getattr(statewrap.wrappers, name),
            arguments=read,
            memory=readers.get(name, nothing),
            note=notes.get(name, ""),
        )
    for name, note in _LEFT_OUT.items():
        register_twin(
            f"stable_baselines3.common:{name}", _left_out, arguments=lambda _: {}, note=note
        )
