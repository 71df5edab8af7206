"""Run Gymnasium's own tests of its wrappers with statewrap's twins in their place.

    python tests/parity/gymnasium_suite.py CHECKOUT [--own] [arguments of pytest ...]

CHECKOUT is a checkout of Gymnasium's repository, at the tag of the version that is installed:
its tests are not in the wheel. Without arguments of pytest, `tests/wrappers` is run except
`tests/wrappers/vector`. `--own` leaves Gymnasium's wrappers where they are, so that a test that
fails without any twin is told from one that fails because of it.

What is expected to fail is listed in `docs/reference/differences.md`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import types
from pathlib import Path
from typing import Final

import gymnasium
import pytest
from gymnasium import wrappers

NAMES: Final = tuple(name for name in wrappers.__all__ if name != "vector")
"""Every wrapper of a single environment."""
WINDOWLESS: Final = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}


def twins() -> dict[str, type]:
    """Return the twins by name."""
    ours = importlib.import_module("statewrap.gym.wrappers")
    return {name: getattr(ours, name) for name in NAMES if hasattr(ours, name)}


def modules() -> list[types.ModuleType]:
    """Return Gymnasium's modules of wrappers, those that cannot be imported here left out."""
    found = [wrappers]
    for module in pkgutil.iter_modules(wrappers.__path__, "gymnasium.wrappers."):
        try:
            found.append(importlib.import_module(module.name))
        except ImportError as error:
            print(f"{module.name} is left as it is: {error}")  # noqa: T201
    return found


def put_in_place() -> list[str]:
    """Put the twins wherever Gymnasium has a wrapper of the name; return the names without one."""
    by_name = twins()
    importlib.import_module("statewrap.gym")  # which looks at Gymnasium's own as it is imported
    for module in modules():
        for name, twin in by_name.items():
            if module is wrappers or name in vars(module):
                setattr(module, name, twin)
    return [name for name in NAMES if name not in by_name]


def main() -> int:
    """Run the tests; return pytest's exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--own", action="store_true", help="leave Gymnasium's wrappers in place")
    options, arguments = parser.parse_known_args()
    if not (options.checkout / "tests" / "wrappers").is_dir():
        parser.error(f"{options.checkout} has no tests/wrappers: give a checkout of Gymnasium")
    os.environ.update(WINDOWLESS)
    os.chdir(options.checkout)
    sys.path.insert(0, str(options.checkout.absolute()))
    if not options.own:
        print("without a twin:", ", ".join(put_in_place()) or "none")  # noqa: T201
    print(f"gymnasium {gymnasium.__version__}")  # noqa: T201
    default = ["tests/wrappers", "--ignore=tests/wrappers/vector"]
    return int(pytest.main([*(arguments or default), "-p", "no:cacheprovider"]))


if __name__ == "__main__":
    sys.exit(main())
