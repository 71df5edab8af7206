"""The environment that is not there: what a bridged wrapper is put around.

It is stepped and reset by whoever is its host: a run that knows the answers, or does not yet.
Everything else it answers from what was said of the environment, or from the last time step.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import attrs
import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from statewrap.core.borders import ARRAY, thaw
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below
from statewrap.gym.bridge.asked import Asked, asking
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.emulator import Emulator
from statewrap.gym.bridge.errors import EnvironmentMissingError, NotBridgeableError
from statewrap.gym.unshared import unshared

Handed = list[tuple[str, Any, Any]]
"""What a wrapper was given: what it is, as it was, and the copy that it may change."""
Stepped = tuple[Any, Any, Any, Any, dict[str, Any]]


class Host(Protocol):
    """Who answers for the environment."""

    handed: Handed | None
    """Where to note what was handed out, if that is to be looked at later."""

    def act(self, action: Any) -> TimeStep:
        """Return what an action leads to."""

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Return what opens an episode."""

    def generator(self) -> np.random.Generator:
        """Return the generator that wrappers draw from; always the same object."""

    def newest(self, what: str) -> TimeStep:
        """Return the last time step, from which `what` is to be read."""


class Stub(gymnasium.Env[Any, Any]):
    """Stands for an environment: its spaces, and what else is known of it."""

    __slots__ = ("statewrap_metadata",)

    statewrap_stands_in: Final = True
    """There is no environment behind it."""

    def __init__(self, below: Below, description: Description, asked: Asked, host: Host) -> None:
        known = {
            "observation_space": unshared(below.observation_space),
            "action_space": unshared(below.action_space),
            "_frameskip": description.frameskip,
        }
        parts: dict[str, Any] = {name: part for name, part in known.items() if part is not None}
        vars(self).update(parts)
        vars(self).update(description.attributes)
        self.metadata = copy.deepcopy(dict(below.metadata or {"render_modes": []}))
        self.render_mode = below.render_mode
        self._known_spec = _spec(description.spec, below.max_episode_steps)
        self.statewrap_host = host
        self._description = description
        self._asked = asked
        self.statewrap_emulator = Emulator(self)
        self.statewrap_sets.clear()

    @property
    def statewrap_sets(self) -> list[str]:
        """The names of the attributes that were set since it was made.

        "metadata" is there as well if it was asked for: who has it can change it.
        """
        return vars(self).setdefault("_sets", [])  # type: ignore[no-any-return]

    @property
    def metadata(self) -> dict[str, Any]:
        """What is said of it, which nobody changes as long as nobody asks for it."""
        if "metadata" not in self.statewrap_sets:
            self.statewrap_sets.append("metadata")
        return self.statewrap_metadata  # type: ignore[no-any-return]  # it is one

    @metadata.setter
    def metadata(self, value: dict[str, Any]) -> None:
        object.__setattr__(self, "statewrap_metadata", value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _SETTABLE and name not in vars(self) and "_asked" in vars(self):
            raise self.statewrap_is_missing(name)
        object.__setattr__(self, name, value)
        self.statewrap_sets.append(name)

    def step(self, action: Any) -> Stepped:
        """Ask the host, and give out copies, which a wrapper may change."""
        host = self.statewrap_host
        shown = host.act(action)
        observation, reward = shown.observation, shown.reward
        if type(observation) is ARRAY and not observation.dtype.hasobject:  # `thaw`, without a call
            observation = observation.__copy__()
        else:
            observation = thaw(observation)
        info = told(shown.info) if shown.info else {}
        if host.handed is not None:
            self._note_handed(shown, observation, info)
        if type(reward) is not float:
            reward = thaw(reward)
        return observation, reward, shown.terminated, shown.truncated, info

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Ask the host, and give out copies."""
        shown = self.statewrap_host.open(seed, options)
        observation, info = thaw(shown.observation), told(shown.info)
        if self.statewrap_host.handed is not None:
            self._note_handed(shown, observation, info)
        return observation, info

    def _note_handed(self, shown: TimeStep, observation: Any, info: dict[str, Any]) -> None:
        assert self.statewrap_host.handed is not None  # noqa: S101 - for that it was called
        self.statewrap_host.handed.append(("observation", shown.observation, observation))
        self.statewrap_host.handed.append(("info", shown.info, info))

    def render(self) -> Any:
        """Return a copy of the last time step's frame.

        Raises:
            NotBridgeableError: if it has none.
        """
        who = self._asked.note("render")
        if self.render_mode is None:
            return None
        frame = self.statewrap_host.newest("frame").frame
        if frame is None:
            raise NotBridgeableError(
                f"{who} renders the environment, but the time step has no frame. Give one with "
                "each observation, as in deployment.act(observation, frame=...), and say what "
                "they are like: below=Below(..., render_mode='rgb_array', frame_space=Box(...))."
            )
        return thaw(frame)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # an attribute elsewhere
        """The spec as described, with the limit that is known of what lies below."""
        if self._known_spec is not None:
            self._asked.note("spec")
        return self._known_spec

    @property
    def np_random(self) -> np.random.Generator:
        """The generator whose state is in the wrapper's memory."""
        return self.statewrap_host.generator()

    @np_random.setter
    def np_random(self, value: np.random.Generator) -> None:
        self.statewrap_host.generator().bit_generator.state = value.bit_generator.state

    @property
    def np_random_seed(self) -> int:
        """-1, which says that the seed is not known."""
        return -1

    @property
    def ale(self) -> Emulator:
        """What stands for the emulator of an Atari game."""
        if not self._description.ale:
            raise self.statewrap_is_missing("ale")
        self._asked.note("ale")
        return self.statewrap_emulator

    @property
    def get_action_meanings(self) -> Callable[[], list[str]]:
        """What returns what the actions mean, as described; who looks whether it is there asks."""
        meanings = self._description.action_meanings
        if meanings is None:
            raise self.statewrap_is_missing("get_action_meanings")
        self._asked.note("get_action_meanings")
        return lambda: list(meanings)

    def __getattr__(self, name: str) -> Any:
        raise self.statewrap_is_missing(name)

    def __copy__(self) -> Any:
        raise self._cannot_be_copied()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        raise self._cannot_be_copied()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise self._cannot_be_copied()

    def _cannot_be_copied(self) -> EnvironmentMissingError:
        words = (
            f"{asking()} copies its environment, to try something out in the copy, but {_NONE}. "
            "Give it a model of the environment of its own."
        )
        self._asked.unknown.setdefault("copy", words)
        return EnvironmentMissingError(words)

    def statewrap_is_missing(self, name: str) -> AttributeError:
        """Say who asked for what only an environment has."""
        asked = vars(self).get("_asked")
        if name.startswith("__") or asked is None:
            return AttributeError(name)
        if name in self._description.absent:
            asked.note(name, missing=True)
            return AttributeError(f"The environment has no {name!r}, as described.")
        cure = _CURES.get(name, _CURE.format(name=name))
        words = f"{asking()} asks its environment for {name!r}, but {_NONE}. {cure}"
        if name not in ("observation_space", "action_space"):  # a bridge asks for these itself
            asked.unknown.setdefault(name, words)
        return EnvironmentMissingError(words)


_SETTABLE: Final = frozenset(
    {"observation_space", "action_space", "np_random", "statewrap_emulator", "metadata"}
)
_NONE: Final = (
    "under a bridge there is no environment, only its spaces, what is described of it, and the "
    "time steps"
)
_CURE: Final = (
    "If it is a constant, describe it: Bridge(..., describe=Description(attributes={{{name!r}: "
    "...}})); if environments have no such attribute: Description(absent=[{name!r}]). If it "
    "changes, the wrapper has to take it from the observation or info."
)
_CURES: Final = {
    "ale": "For an Atari game: Bridge(..., describe=Description(ale=True, action_meanings=..., "
    "frameskip=1)), with the lives in each info.",
    "get_action_meanings": "Describe them: Bridge(..., describe=Description("
    'action_meanings=("NOOP", "FIRE", ...))); if environments have none: Description('
    'absent=["get_action_meanings"]).',
    "_frameskip": "Describe it: Bridge(..., describe=Description(frameskip=1)).",
    "observation_space": "The observation space below is unknown: give below=Below("
    "observation_space=...).",
    "action_space": "The action space below is unknown: give below=Below(action_space=...).",
}


def told(info: Mapping[str, Any]) -> dict[str, Any]:
    """Copy an info for a wrapper that may change it, or what is in it."""
    return {key: thaw(value) for key, value in info.items()} if info else {}


def _spec(spec: EnvSpec | None, limit: int | None) -> EnvSpec | None:
    if spec is None:
        return None
    spec = copy.deepcopy(spec)
    spec.max_episode_steps = limit
    return spec


_NOT_ITS_OWN: Final = frozenset({"_max_episode_steps", "env", "step", "reset"})


class Limited(gymnasium.wrappers.TimeLimit):
    """A limit that is known of what lies below, for wrappers that look for a `TimeLimit`.

    It counts nothing: whoever is below has counted already. So it knows no number of steps, and
    nothing can be set in it.
    """

    def __init__(self, stub: Stub, limit: int) -> None:
        super().__init__(stub, limit)
        own = vars(self)
        del own["_elapsed_steps"]
        own.update(step=stub.step, reset=stub.reset)  # it lets all pass

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # an attribute elsewhere
        """That of the stub, which has the limit, and notes who asks."""
        return self.env.spec

    def __getattr__(self, name: str) -> Any:
        stub = vars(self).get("env")
        if stub is None or name in vars(stub) or hasattr(type(stub), name):
            raise AttributeError(name)  # as of any wrapper, which forwards nothing
        raise stub.statewrap_is_missing(name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = name in vars(self) or isinstance(getattr(type(self), name, None), property)
        if "step" in vars(self) and (name in _NOT_ITS_OWN or not own):
            raise self.env.statewrap_is_missing(name)  # type: ignore[attr-defined]  # the stub
        super().__setattr__(name, value)


def of_its_own(below: Below) -> Below:
    """Return what is known, with spaces that stay as they are when others draw from theirs.

    A space makes its generator when it is asked for it: then two stubs would not be alike.
    """
    observed, acted = unshared(below.observation_space), unshared(below.action_space)
    return attrs.evolve(below, observation_space=observed, action_space=acted)


def around(stub: Stub, below: Below) -> gymnasium.Env[Any, Any]:
    """Return what a factory is given: the stub, under its limit if one is known."""
    if below.max_episode_steps is None:
        return stub
    return Limited(stub, below.max_episode_steps)


Factory = Callable[[Any], Any]
