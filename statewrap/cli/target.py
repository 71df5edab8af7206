"""What is named on the command line: `package.module:object`, or `path/to/file.py:object`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import click

from statewrap.core.registry import nearest
from statewrap.core.words import sentence


def load_target(name: str) -> Any:
    """Import a module, from the current folder too, or a file, and return an object of it.

    Raises:
        click.BadParameter: if there is no such module, file or object, or its import fails.
    """
    place, colon, path = name.rpartition(":")
    if not (colon and place and path):
        raise click.BadParameter(
            f"{name!r} names nothing. Write module:object, as in my_package.wrappers:Skip, or "
            "path/to/file.py:object."
        )
    found = _file(Path(place)) if place.endswith(".py") else _module(place)
    for part in path.split("."):
        if not hasattr(found, part):
            near = nearest(part, [one for one in dir(found) if not one.startswith("_")])
            raise click.BadParameter(f"{place} has no {part!r}{near}")
        found = getattr(found, part)
    return found


def _module(name: str) -> Any:
    if os.getcwd() not in sys.path:  # noqa: PTH109 - sys.path holds strings
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - the same
    return _imported(name)


def _file(path: Path) -> Any:
    """Import a file as the module of its name, beside which its imports are found."""
    if not path.is_file():
        raise click.BadParameter(f"There is no file {path}.")
    taken = getattr(sys.modules.get(path.stem), "__file__", None)
    if path.stem in sys.modules and taken != str(path.resolve()):
        raise click.BadParameter(
            f"{path} cannot be imported: there is another module {path.stem!r} ({taken}). Give the "
            "file another name."
        )
    sys.path.insert(0, str(path.resolve().parent))
    return _imported(path.stem)


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise click.BadParameter(
            f"{name} cannot be imported ({type(error).__name__}): {sentence(error)}"
        ) from error
