"""Reading a pickle without running any of it."""

import os
import pickle
import subprocess
import sys
from collections import OrderedDict
from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict

from statewrap.wrappers.sb3_pickle import Dead, read_pickle


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, file) -> None:
        self.file = file

    def __reduce__(self):
        return os.system, (f"touch {self.file}",)


class Slotted:
    """Keeps what it has in slots, and is a list and a dict beside."""

    __slots__ = ("inner",)

    def __init__(self, inner) -> None:
        self.inner = inner


class Listed(list):
    """A list with an attribute."""


class Mapped(dict):
    """A dict with an attribute."""


def test_nothing_is_run(tmp_path) -> None:
    """What would be run when it is loaded becomes dead."""
    file = tmp_path / "trace"
    data = pickle.dumps(SimpleNamespace(name="a", evil=Evil(file)))

    read = read_pickle(data)

    assert not file.exists()
    assert "a" == read.name
    assert Dead is type(read.evil)
    pickle.loads(data)  # noqa: S301 - to show that it would have been
    assert file.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_plain_data_are_read(protocol) -> None:
    """By every protocol."""
    held = {
        "array": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.ones((2, 3), np.float32)),
        "scalar": np.float64(2.5),
        "dtype": np.dtype(np.uint8),
        "plain": [1, 2.5, "x", None, (True, b"y")],
        "ordered": OrderedDict(a=1),
    }
    data = pickle.dumps(SimpleNamespace(**held), protocol)

    read = read_pickle(data)

    assert held.keys() == vars(read).keys()
    assert all(np.array_equal(held[name], getattr(read, name)) for name in ("array", "columns"))
    assert held["columns"].dtype == read.columns.dtype
    rest = ("scalar", "dtype", "plain", "ordered")
    assert [held[name] for name in rest] == [getattr(read, name) for name in rest]


def test_objects_of_all_kinds_become_dead() -> None:
    """Spaces, what has slots, and what is a list or a dict beside."""
    listed, mapped = Listed([1, 2]), Mapped(a=1)
    listed.name = mapped.name = "n"
    whole = SimpleNamespace(
        space=Dict(a=Box(-1, 1, (2,))), slotted=Slotted(7), listed=listed, mapped=mapped
    )
    whole.space.seed(3)

    read = read_pickle(pickle.dumps(whole))

    assert (7, "n", "n") == (read.slotted.inner, read.listed.name, read.mapped.name)
    assert {Dead} == {type(part) for part in vars(read).values()}
    assert (2,) == read.space.spaces["a"].low.shape


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes, is no pickle that can be read"),
        (b"no pickle", "is no pickle that can be read"),
        (pickle.dumps([1]), "holds a list"),
        (pickle.dumps(SimpleNamespace(a=1))[:-3], "is no pickle that can be read"),
    ],
)
def test_what_is_no_saved_object_is_refused(data, words) -> None:
    """And it is said what would be one."""
    with pytest.raises(ValueError, match=words):
        read_pickle(data)


def test_stable_baselines3_is_not_needed(tmp_path) -> None:
    """A robot has none."""
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize  # noqa: PLC0415 - slow

    from tests.wrappers.twins import make  # noqa: PLC0415 - likewise

    file = tmp_path / "vec_normalize.pkl"
    theirs = VecNormalize(DummyVecEnv([lambda: make("CartPole-v1")]), clip_obs=3.0)
    theirs.reset()
    theirs.save(str(file))
    code = (
        "import sys; sys.modules['stable_baselines3'] = sys.modules['torch'] = None\n"
        "from pathlib import Path; from statewrap.wrappers import VecNormalize\n"
        f"read = VecNormalize.from_pickle(Path({str(file)!r}).read_bytes())\n"
        "print(read.clip_obs, read.statistics.obs_rms.mean.tolist())"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert f"3.0 {theirs.obs_rms.mean.tolist()}\n" == found.stdout
