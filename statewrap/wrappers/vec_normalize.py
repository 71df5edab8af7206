"""Observations and rewards scaled as `VecNormalize` of Stable-Baselines3 scales them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple, Self

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict

from statewrap.core.fields import argument, derived, one_of
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, refusal
from statewrap.wrappers.normalize_observation import Moments
from statewrap.wrappers.sb3_pickle import read_pickle

Mode = Literal["frozen", "learn"]


class Running(NamedTuple):
    """What `VecNormalize` learns, under the names that Stable-Baselines3 has for it."""

    obs_rms: Any
    """The observations' `Moments`, arrays of float64; by key where they are dicts; None where
    observations are left alone."""
    ret_rms: Moments
    """The discounted returns' `Moments`, Python floats."""
    returns: float = 0.0
    """The discounted return of the episode so far."""


class _Part(NamedTuple):
    """An observation, or a part of one, that is normalised."""

    space: Box
    moments: Moments
    """Those that are put to use, or with which learning begins."""
    scale: Any
    """What is divided by: an array of the space's shape."""


_FRESH: Final = Moments(0.0, 1.0, 1e-4)


def _running(given: Any) -> Running | None:
    """Copy statistics out of a `Running`, a `VecNormalize`, or a mapping."""
    if given is None:
        return None
    observed, returned = _get(given, "obs_rms", None), _get(given, "ret_rms", None)
    if observed is None and returned is None:
        raise TypeError(
            f"statistics is {given!r}, expected a VecNormalize of Stable-Baselines3, Running("
            "obs_rms, ret_rms), or a mapping with these keys. A saved file is read by "
            "VecNormalize.from_pickle."
        )
    if isinstance(observed, Mapping) and not _is_moments(observed):
        observed = {key: _moments(part, f"obs_rms[{key!r}]") for key, part in observed.items()}
    elif observed is not None:
        observed = _moments(observed, "obs_rms")
    mean, var, count = _FRESH if returned is None else _moments(returned, "ret_rms")
    return Running(observed, Moments(float(mean), float(var), count))


def _get(given: Any, name: str, *default: Any) -> Any:
    if isinstance(given, Mapping):
        return given.get(name, *default) if default else given[name]
    return getattr(given, name, *default)


def _is_moments(given: Mapping[Any, Any]) -> bool:
    return set(Moments._fields) == given.keys()


def _moments(given: Any, name: str) -> Moments:
    """Copy mean, variance and count out of a mapping or an object."""
    try:
        mean, var = (locked(np.array(_get(given, one), np.float64)) for one in ("mean", "var"))
        count = float(_get(given, "count"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TypeError(
            f"{name} is {given!r} ({type(error).__name__}: {error}). Expected Moments(mean, var, "
            "count), or an object with these attributes such as a RunningMeanStd."
        ) from error
    sound = np.isfinite(mean).all() and np.isfinite(var).all() and (var >= 0).all()
    if not (sound and mean.shape == var.shape and 0 <= count < math.inf):
        raise ValueError(
            f"{name} cannot be used: its mean {mean}, var {var} and count {count} are not finite "
            "numbers of one shape, the last two nowhere negative. Save and give them whole."
        )
    return Moments(mean, var, count)


def _keys(given: Iterable[str] | None) -> tuple[str, ...] | None:
    if isinstance(given, str):
        raise TypeError(f"norm_obs_keys is {given!r}, expected a list: [{given!r}].")
    return None if given is None else tuple(given)


def _above_zero(_: Any, field: Any, given: Any) -> None:
    if not given > 0:
        raise ValueError(f"{field.name} is {given!r}, expected a number above 0.")


@attrs.frozen
class VecNormalize(Wrapper[Running | None]):
    """Show observations and rewards as `VecNormalize` of Stable-Baselines3 does.

    An observation becomes `(observation - mean) / sqrt(var + epsilon)`, held between `-clip_obs`
    and `clip_obs`, in float32; a reward `reward / sqrt(var + epsilon)`, with the variance of the
    discounted returns, held by `clip_reward`, as `np.float32`. A session is one environment: a
    `VecNormalize` over a `DummyVecEnv` of one shows the same, bit for bit.

    In mode "frozen" (`training = False` there) the moments are `statistics`, and nothing is kept.
    In mode "learn" (`training = True`) what arrives is first counted in. The observation with
    which an episode ends is not, as there.

        env        f0*             f1 r1                       f2 r2 end          g0*
        learn      f0 counted      f1, r1 counted              r2 counted         g0 counted
        returns    0               r1                          gamma r1 + r2      0
        shown      f0              f1, r1                      f2, r2             g0    (* first)

    Where it differs: it learns only if it is told to. An end's observation is scaled with what is
    known then; Stable-Baselines3 shows it as `info["terminal_observation"]`, together with the
    next opening, and counts that in first. And the space announced above is the one in which
    the numbers lie.

    Args:
        norm_obs: whether observations are normalised.
        norm_reward: whether rewards are. If not, they become `np.float32` all the same.
        clip_obs: the greatest absolute value of an observation, above 0.
        clip_reward: the greatest absolute value of a reward, above 0.
        gamma: the discount factor.
        epsilon: added to the variances, above 0.
        norm_obs_keys: which parts of a Dict are normalised; None for all.
        statistics: a `VecNormalize` of Stable-Baselines3; a `Running`, such as the memory of a
            session that learned; or a mapping with the keys `obs_rms` and `ret_rms`. It is copied.
        mode: "frozen" or "learn".

    Raises:
        TypeError: if `statistics` lacks a part, or `norm_obs_keys` is a string.
        ValueError: if `statistics` is missing in mode "frozen" or is no mean and variance, or
            another argument is out of its range.
        BindError: at `bind`, if the observation space below is unknown, or is no Box or Dict of
            Boxes, or not of the statistics' shape.

    >>> moments = Moments(mean=np.array([1.0]), var=np.array([4.0]), count=9.0)
    >>> known = Running(obs_rms=moments, ret_rms=Moments(0.0, 0.25, 9.0))
    >>> known = VecNormalize(statistics=known).bind(Below(Box(-9.0, 9.0, (1,))))
    >>> known.on_state(None, TimeStep(np.float32([3.0]), reward=1.0))[1]
    TimeStep(array([1.], dtype=float32), reward=np.float32(2.0))
    """

    memory_types = (Running, Moments)

    norm_obs: bool = attrs.field(default=True, kw_only=True)
    norm_reward: bool = attrs.field(default=True, kw_only=True)
    clip_obs: float = attrs.field(default=10.0, kw_only=True, validator=_above_zero)
    clip_reward: float = attrs.field(default=10.0, kw_only=True, validator=_above_zero)
    gamma: float = attrs.field(default=0.99, kw_only=True)
    epsilon: float = attrs.field(default=1e-8, kw_only=True, validator=_above_zero)
    norm_obs_keys: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, converter=_keys)
    statistics: Any = argument(None, kw_only=True, converter=_running)
    mode: Mode = attrs.field(default="frozen", kw_only=True, validator=one_of("frozen", "learn"))
    whole: _Part | None = derived()
    parts: Any = derived()
    start: Running | None = derived()

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """What outlives an episode: the moments, where they are learned."""
        return frozenset({"obs_rms", "ret_rms"}) if self.mode == "learn" else False

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is shown depends on earlier episodes: in mode "learn"."""
        return self.mode == "learn"

    @mode.validator
    def _sufficient(self, _: Any, mode: str) -> None:
        if mode == "learn" or not (self.norm_obs or self.norm_reward):
            return
        if self.statistics is None or (self.norm_obs and self.statistics.obs_rms is None):
            raise ValueError(
                "VecNormalize has no statistics to normalise with. Give what training learned, as "
                "in VecNormalize(statistics=vec_normalize) or VecNormalize.from_pickle(data), or "
                'learn here: VecNormalize(mode="learn").'
            )

    @classmethod
    def from_sb3(cls, vec_normalize: Any, *, mode: Mode = "frozen") -> Self:
        """Take over all settings and statistics of a `VecNormalize` of Stable-Baselines3.

        Whether that one learns does not matter: `mode` says whether this does.

        Raises:
            TypeError: if it lacks one.
        """
        missing = [name for name in _SETTINGS if not hasattr(vec_normalize, name)]
        if missing:
            raise TypeError(f"{vec_normalize!r} has no {missing[0]}, so it is no VecNormalize.")
        settings = {name: getattr(vec_normalize, name) for name in _SETTINGS[:-1]}
        keys = getattr(vec_normalize, "norm_obs_keys", None)  # files of old have none
        return cls(**settings, norm_obs_keys=keys, statistics=vec_normalize, mode=mode)

    @classmethod
    def from_pickle(cls, data: bytes, *, mode: Mode = "frozen") -> Self:
        """Take over all settings and statistics of a file that `VecNormalize.save` wrote.

        Nothing that the file names is run or imported, and Stable-Baselines3 is not needed:
        `VecNormalize.from_pickle(Path("vec_normalize.pkl").read_bytes())`.

        Raises:
            ValueError: if it is no pickle.
            TypeError: if it is one of something else.
        """
        return cls.from_sb3(read_pickle(data), mode=mode)

    def bind(self, below: Below) -> VecNormalize:
        """Read the observation space.

        Raises:
            BindError: if observations are normalised and it is unknown or does not fit.
        """
        whole, parts = self._whole(below), self._parts(below)
        moments: Any = whole.moments if whole else {key: part[1] for key, part in parts.items()}
        returned = self.statistics.ret_rms if self.statistics else _FRESH
        start = Running(moments if self.norm_obs else None, returned)
        return bound(  # type: ignore[no-any-return]
            self, whole=whole, parts=parts, start=start if self.mode == "learn" else None
        )

    def _whole(self, below: Below) -> _Part | None:
        """Return what is normalised if observations are arrays."""
        if not self.norm_obs:
            return None
        space = below.require("observation_space", self)
        if isinstance(space, Dict):
            return None
        if not isinstance(space, Box):
            raise refusal(
                ValueError,
                "VecNormalize only supports `gym.spaces.Box` and `gym.spaces.Dict` observation "
                f"spaces, not {space}. With norm_obs=False {brief(self)} leaves observations "
                "alone.",
            )
        if self.norm_obs_keys is not None:
            raise refusal(
                ValueError,
                "`norm_obs_keys` param is applicable only with `gym.spaces.Dict` observation "
                f"spaces, but below {brief(self)} is {space}. Leave it out.",
            )
        known = self.statistics and self.statistics.obs_rms
        return self._part(space, known, "of another kind" if isinstance(known, dict) else "")

    def _parts(self, below: Below) -> dict[str, _Part]:
        """Return what is normalised if observations are dicts."""
        space = below.observation_space
        if not (self.norm_obs and isinstance(space, Dict)):
            return {}
        keys = tuple(space.spaces) if self.norm_obs_keys is None else self.norm_obs_keys
        for key in keys:
            if not isinstance(space.spaces.get(key), Box):
                raise refusal(
                    ValueError,
                    f"VecNormalize only supports `gym.spaces.Box` observation spaces but {key!r} "
                    f"is of type {space.spaces.get(key)}. Name those that {brief(self)} is to "
                    "normalise in norm_obs_keys.",
                )
        known = (self.statistics and self.statistics.obs_rms) or {}
        wrong = "of another kind" if isinstance(known, Moments) else ""
        return {
            key: self._part(space[key], None if wrong else known.get(key), wrong)  # type: ignore[arg-type]
            for key in keys
        }

    def _part(self, space: Box, known: Moments | None, wrong: str) -> _Part:
        """Return an array's place, with the moments known of it, or with fresh ones."""
        if self.statistics is not None and known is None:
            wrong = wrong or f"that say nothing of the observations {space}"
        elif not wrong and known is not None and known.mean.shape != space.shape:
            wrong = f"of shape {known.mean.shape} for the observations {space}"
        if wrong:
            raise refusal(
                ValueError,
                f"{brief(self)} has statistics {wrong}. Give those that were learned at this place "
                "in the stack.",
            )
        if known is None:
            ones = locked(np.ones(space.shape))
            known = Moments(locked(np.zeros_like(ones)), ones, _FRESH.count)
        return _Part(space, known, self._scale(known))

    def above(self, below: Below) -> Below:
        """Announce a float32 Box between the clips, or a Dict of them."""
        if not self.norm_obs or below.observation_space is None:
            return below
        if self.whole is not None:
            return attrs.evolve(below, observation_space=self._box(self.whole))
        boxes = {key: self._box(part) for key, part in self.parts.items()}
        spaces = {**below.observation_space.spaces, **boxes}  # type: ignore[attr-defined]
        return attrs.evolve(below, observation_space=Dict(spaces))

    def _box(self, part: _Part) -> Box:
        return Box(-self.clip_obs, self.clip_obs, part.space.shape, np.float32)

    def initial(self, key: Key) -> Running | None:
        """Return what learning starts from; None where nothing is learned."""
        return self.start

    def renew(self, memory: Running | None, key: Key) -> Running | None:
        """Return what was learned; the episode's return begins anew."""
        return memory and Running(memory.obs_rms, memory.ret_rms)

    def on_state(
        self, memory: Running | None, timestep: TimeStep
    ) -> tuple[Running | None, TimeStep]:
        """Count in what is shown, if learning, and scale it."""
        reward = timestep.reward
        if not timestep.first:
            reward = float(np.float32(reward))
        if memory is not None:
            memory = self._learned(memory, timestep, reward)
        if not timestep.first:
            reward = self._rewarded(memory, reward)
        observation = self._observed(memory, timestep.observation)
        return memory, timestep.replace(observation=observation, reward=reward)

    def _learned(self, memory: Running, timestep: TimeStep, reward: float) -> Running:
        """Count in a time step: an opening has no reward, and of an end only that counts."""
        obs_rms, ret_rms, returns = memory
        if not timestep.first:
            returns = returns * self.gamma + reward
            ret_rms = _counted(ret_rms, returns)
        if self.norm_obs and not (timestep.terminated or timestep.truncated):
            obs_rms = self._seen(obs_rms, timestep.observation)
        return Running(obs_rms, ret_rms, returns)

    def _seen(self, moments: Any, observation: Any) -> Any:
        """Count in an observation."""
        if self.whole is not None:
            return _locked(_counted(moments, _array(self.whole, observation)))
        return {
            key: _locked(_counted(moments[key], _array(part, observation[key])))
            for key, part in self.parts.items()
        }

    def _observed(self, memory: Running | None, observation: Any) -> Any:
        """Scale an observation."""
        if self.whole is not None:
            return self._scaled(self.whole, memory and memory.obs_rms, observation)
        if not self.parts:
            return observation
        moments: Any = memory.obs_rms if memory else {}
        scaled = {
            key: self._scaled(part, moments.get(key), observation[key])
            for key, part in self.parts.items()
        }
        return {**observation, **scaled}

    def _scaled(self, part: _Part, moments: Moments | None, observation: Any) -> Any:
        known, scale = part.moments, part.scale
        if moments is not None:
            known, scale = moments, self._scale(moments)
        shown = (_array(part, observation) - known.mean) / scale
        shown = np.minimum(np.maximum(shown, -self.clip_obs), self.clip_obs)
        return locked(shown.astype(np.float32))

    def _scale(self, moments: Moments) -> Any:
        return locked(np.sqrt(moments.var + self.epsilon))

    def _rewarded(self, memory: Running | None, reward: float) -> np.float32:
        """Scale a reward."""
        if self.norm_reward:
            moments = self.statistics.ret_rms if memory is None else memory.ret_rms
            reward /= math.sqrt(moments.var + self.epsilon)
            clip = self.clip_reward
            reward = min(max(reward, -clip), clip)  # NaN stays NaN
        return np.float32(reward)


_SETTINGS: Final = (
    "norm_obs",
    "norm_reward",
    "clip_obs",
    "clip_reward",
    "gamma",
    "epsilon",
    "ret_rms",
)


def _array(part: _Part, observation: Any) -> Any:
    """Return an observation in the dtype of its space, as a `DummyVecEnv` holds it."""
    return np.asarray(observation, part.space.dtype)


def _counted(moments: Moments, value: Any) -> Moments:
    """Count one value in.

    This is the update of Stable-Baselines3 with a batch of one, whose mean is the value, and whose
    variance is 0, or NaN where the value is not finite.

    Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances" (1979).
    """
    mean, var, count = moments
    delta, after = value - mean, count + 1
    spread = var * count + (value - value) + delta * delta * count / after
    return Moments(mean + delta / after, spread / after, after)


def _locked(moments: Moments) -> Moments:
    mean, var, count = moments
    return Moments(locked(mean), locked(var), count)
