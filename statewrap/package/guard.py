"""What a document that is not trusted may not do: import, write elsewhere, ask for all memory."""

from __future__ import annotations

import math
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.spaces import Box, MultiBinary, Text

from statewrap.core.registry import nearest
from statewrap.package.places import inside, wrong
from statewrap.sinks import MinariSink
from statewrap.wrappers import ArrayConversion

MAX_ELEMENTS: Final = 2**25
"""How many components the spaces of a document may have together: 300 MB of bounds."""

LIBRARIES: Final = ("numpy", "torch", "jax", "jax.numpy")
"""Modules that an argument may name without trust."""

_IMPORTING: Final[Mapping[Any, tuple[str, ...]]] = {ArrayConversion: ("env_xp", "target_xp")}
"""What imports a module that an argument names."""


_HOME: Final[Mapping[Any, str]] = {MinariSink: "root"}
"""What writes to the user's home where an argument does not say a folder."""

_ENDLESS: Final = (stat.S_ISCHR, stat.S_ISBLK, stat.S_ISFIFO, stat.S_ISSOCK)


def no_imports(maker: Any, arguments: Mapping[str, Any], path: str) -> None:
    """Refuse the name of a module that would be imported later.

    Raises:
        ConfigurationError: if it is none of `LIBRARIES`.
    """
    for key in _IMPORTING.get(maker, ()) if isinstance(maker, type) else ():
        name = arguments.get(key)
        if isinstance(name, str) and name not in LIBRARIES:
            raise wrong(
                inside(path, key),
                f"{name!r} would be imported, which needs trust=True{nearest(name, LIBRARIES)} "
                f"Without it: {', '.join(LIBRARIES)}.",
            )


def no_home(maker: Any, arguments: Mapping[str, Any], path: str) -> None:
    """Refuse what would write to the user's home.

    Raises:
        ConfigurationError: if it does not say a folder.
    """
    key = _HOME.get(maker) if isinstance(maker, type) else None
    if key is not None and arguments.get(key) is None:
        raise wrong(path, f"it needs {key!r}, a folder beside the document, or trust=True.")


def no_device(file: Path, path: str) -> Path:
    """Return a file, unless it is a device or a pipe, which may have no end.

    Raises:
        ConfigurationError: if it is one.
    """
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError):
        return file  # whoever opens it says why
    if any(is_endless(mode) for is_endless in _ENDLESS):
        raise wrong(path, f"{str(file)!r} is a device or a pipe, expected a file.")
    return file


def no_way_out(name: str, path: str) -> None:
    """Refuse a name that leads out of the folder of the document.

    Raises:
        ConfigurationError: if it is absolute, begins with "~", or holds "..".
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    out = ".." in windows.parts or posix.root or windows.root or windows.drive
    if out or name.startswith("~"):
        raise wrong(
            path,
            f"{name!r} leads out of the folder of the document, where one that is not trusted "
            "writes nothing. Give a name within it, or say trust=True.",
        )


@attrs.define
class Allowance:
    """How many components the spaces of a document may still have."""

    left: int = MAX_ELEMENTS

    def take(self, maker: Any, arguments: Mapping[str, Any], path: str) -> None:
        """Count the components of a space before it is made.

        Raises:
            ConfigurationError: if there are too many of them.
        """
        for key in _SIZING.get(maker, ()):
            if not _is_shape(arguments.get(key)):
                raise wrong(inside(path, key), "expected a whole number, or a list of such.")
        self.left -= max(0, _components(maker, arguments))
        if self.left < 0:
            raise wrong(
                path,
                f"the spaces have more than {MAX_ELEMENTS} components together. Make such a space "
                "in Python, and give it as an object.",
            )

    def announce(self, size: int, path: str) -> None:
        """Count the components of what a wrapper will show.

        Raises:
            ConfigurationError: if there are too many of them.
        """
        self.left -= size
        if self.left < 0:
            raise wrong(
                path,
                f"it would show {size} components; with the spaces that is more than "
                f"{MAX_ELEMENTS}, which needs trust=True.",
            )


def _components(maker: Any, arguments: Mapping[str, Any]) -> int:
    if maker is MultiBinary:
        return _product(arguments.get("n"))
    if maker is Text:
        least = arguments.get("min_length", 1)
        return least if isinstance(least, int) else 1
    if maker is not Box:
        return 1
    if arguments.get("shape") is not None:
        return _product(arguments["shape"])
    return max(np.size(arguments.get("low", 0)), np.size(arguments.get("high", 0)))


_SIZING: Final[Mapping[Any, tuple[str, ...]]] = {Box: ("shape",), MultiBinary: ("n",)}
"""Arguments of a space that say how many components it has."""


def _is_shape(given: Any) -> bool:
    """Tell whether something is counted as Gymnasium counts it, or not said."""
    axes = given if isinstance(given, (list, tuple, np.ndarray)) else [given]
    return given is None or all(isinstance(axis, (int, np.integer)) for axis in axes)


def _product(shape: Any) -> int:
    """Return how many components a shape has; what is no shape is for the space to refuse."""
    axes = np.ravel(np.asarray(0 if shape is None else shape, object)).tolist()
    return math.prod(map(int, axes))
