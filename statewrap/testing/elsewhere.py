"""What `survives_a_fresh_interpreter` runs in the fresh interpreter."""

from __future__ import annotations

import importlib.util
import os
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Final

HERE: Final = "STATEWRAP_ELSEWHERE"
"""Set in the environment of the fresh interpreter."""
CHECKS_ON_IMPORT: Final = 3
"""The exit status if a module holds laws when it is imported: that would never end."""


def stop_elsewhere() -> None:
    """End this process if it is a fresh interpreter of a law's, where no laws are to be held."""
    if os.environ.get(HERE):
        os._exit(CHECKS_ON_IMPORT)


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Read a stack, saved memories and messages; write what each message gives."""
    files, packed = pickle.load(source)  # noqa: S301 - the law's own
    _provide(files)
    (unbound, below, types, decode), letters = pickle.loads(packed)  # noqa: S301 - the same
    stack = unbound.bind(below)
    answers = [stack.route(decode(saved, types), message) for saved, message in letters]
    pickle.dump(answers, target)


def _provide(files: dict[str, str]) -> None:
    """Load from their files the modules that cannot be imported by name."""
    for name, file in files.items():
        if name == "__main__":
            _load_script(file)
        elif not _importable(name):
            sys.modules[name] = _loaded(name, file)


def _load_script(file: str) -> None:
    """Load a script under another name, so that its own main part does not run."""
    script = _loaded(Path(file).stem, file)
    for thing in vars(script).values():
        if getattr(thing, "__module__", None) == script.__name__:
            thing.__module__ = "__main__"  # where the other process knows it
    sys.modules["__main__"] = script


def _loaded(name: str, file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{name} cannot be loaded from {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


if __name__ == "__main__":
    answers_to, sys.stdout = sys.stdout, sys.stderr  # what a module prints is no answer
    main(sys.stdin.buffer, answers_to.buffer)
