"""Episodes as training data: data sets of Minari."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final, final

from gymnasium.spaces import Dict, Space, Tuple

from statewrap.core.errors import BindError, MissingExtraError
from statewrap.core.wrapper import Stack
from statewrap.sinks.trajectories import Trajectory, TrajectoryWatcher

_WRITING: Final = threading.Lock()
"""Held while a file is written, as HDF5 lets one writer in at a time."""


@final
class MinariSink(TrajectoryWatcher):
    """Append each episode to a data set of Minari, which `minari.load_dataset` loads.

    An episode is n steps and n + 1 observations, the final one included, bit for bit (pictures
    are not compressed). One that was given up is cut off: its last truncation is True. Episodes of
    later sessions are added to the same data set. Needs the extra `minari`.

    Args:
        dataset_id: its name, such as "plant/pump-v0".
        root: the folder of data sets; by default Minari's own, `MINARI_DATASETS_PATH`. A relative
            one is below the folder that is the current one when the sink is made.
        gap: whose steps: 0 the environment's, as a `DataCollector` around it would see them; -1
            the policy's, to learn by imitation.
        infos: keys of `info` to record. Each has to be there at every step, openings included.
        metadata: further facts for a new data set: algorithm_name, author, author_email,
            code_permalink, description, requirements.

    Raises:
        MissingExtraError: if minari (with h5py) is not installed.
        ValueError: if the name is none, or has no version.
    """

    def __init__(
        self,
        dataset_id: str,
        *,
        root: str | PathLike[str] | None = None,
        gap: int = 0,
        infos: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(gap=gap)
        self.dataset_id, self.metadata = dataset_id, metadata
        self.root = None if root is None else Path(root).absolute()  # Minari cannot write to others
        self.infos = tuple(infos)
        self._minari = _minari()
        self._check_name()
        self._storage: Any = None

    @property
    def path(self) -> Path:
        """The data set's folder of data: `minari.MinariDataset(path)` reads it."""
        if self.root is not None:
            return Path(self.root, self.dataset_id, "data")
        return Path(self._minari.storage.get_dataset_path(self.dataset_id), "data").absolute()

    def _check_name(self) -> None:
        """Refuse what Minari takes for no name, and a name without a version."""
        try:
            self._minari.dataset.minari_dataset.parse_dataset_id(self.dataset_id)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"dataset_id={self.dataset_id!r} was given, expected a name and its version, such "
                'as "pump-v0", or "plant/pump-v0" in a namespace.'
            ) from error

    def bind(self, stack: Stack) -> None:
        """Take note of the spaces at the gap.

        Raises:
            BindError: if one is unknown, or the data set that is there has others.
        """
        super().bind(stack)
        for name in ("observation_space", "action_space"):
            if getattr(self.below, name) is None:
                raise BindError(
                    f"A Minari data set needs the {name} at gap {self.gap}, which is unknown. Give "
                    f"it to whoever drives the stack: Deployment(..., {name}=...)."
                )
        if (self.path / "metadata.json").exists():
            self._storage = self._minari.dataset.minari_storage.MinariStorage.read(self.path)
            _check_spaces(self._storage, self.below, self.dataset_id)

    def episode(self, trajectory: Trajectory) -> None:
        """Append an episode.

        Raises:
            KeyError: if an `info` lacks a key that is to be recorded.
            OSError: if it cannot be written.
        """
        observations, actions = self.below.observation_space, self.below.action_space
        assert observations is not None  # noqa: S101 - `bind` has looked
        assert actions is not None  # noqa: S101
        buffer = self._minari.data_collector.EpisodeBuffer(
            observations=_columns(observations, trajectory.observations),
            actions=_columns(actions, trajectory.actions),
            rewards=list(trajectory.rewards),
            terminations=list(trajectory.terminations),
            truncations=list(trajectory.truncations),
            infos=self._recorded(trajectory.infos) if self.infos else None,
        )
        with _WRITING:
            if self._storage is None:
                self._storage = self._made()
            self._storage.update_episodes([buffer])

    def _recorded(self, infos: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        for step, info in enumerate(infos):
            for key in self.infos:
                if key not in info:
                    raise KeyError(
                        f"info has no {key!r} at step {step} of the episode, expected it at every "
                        "step, the opening's 0 included. Leave it out of infos=, or give it always."
                    )
        return {key: [info[key] for info in infos] for key in self.infos}

    def _made(self) -> Any:
        """Begin a data set, or go on with one that another session has begun since."""
        storage = self._minari.dataset.minari_storage.MinariStorage
        if (self.path / "metadata.json").exists():
            return storage.read(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = storage.new(
            self.path, self.below.observation_space, self.below.action_space, jpeg_encoding=False
        )
        told = {name: _as_set(name, words) for name, words in (self.metadata or {}).items()}
        about = {"dataset_id": self.dataset_id, "minari_version": self._minari.__version__}
        made.update_metadata({**about, **told})
        return made

    def __repr__(self) -> str:
        return f"MinariSink({self.dataset_id!r})"


def _columns(space: Space[Any], values: Sequence[Any]) -> Any:
    """Turn a list of values into Minari's form: lists of parts, in dicts and tuples."""
    if isinstance(space, Dict):
        parts = space.spaces.items()
        return {key: _columns(part, [value[key] for value in values]) for key, part in parts}
    if isinstance(space, Tuple):
        pairs = enumerate(space.spaces)
        return tuple(_columns(part, [value[i] for value in values]) for i, part in pairs)
    return list(values)


def _as_set(name: str, words: Any) -> Any:
    """Minari keeps authors and their addresses as sets."""
    return {words} if name in ("author", "author_email") and isinstance(words, str) else words


def _check_spaces(storage: Any, below: Any, name: str) -> None:
    for which in ("observation_space", "action_space"):
        there, here = getattr(storage, which), getattr(below, which)
        if there != here:
            raise BindError(
                f"The data set {name!r} has the {which} {there}, but {here} is watched. Write to "
                "another one, such as the next version."
            )


def _minari() -> Any:
    try:
        importlib.import_module("h5py")
        importlib.import_module("minari.dataset.minari_storage")
        importlib.import_module("minari.dataset._storages.hdf5_storage")
        return importlib.import_module("minari")
    except ImportError as error:
        raise MissingExtraError("MinariSink", "minari[hdf5]", "minari") from error
