"""A package that imports what it offers when it is asked for it, and not before (PEP 562).

The public names of a package stand in its stub, `__init__.pyi`, one import a line, where type
checkers and editors find them. The same lines say at run time where each name is at home.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from typing import Any, Final

_LINE: Final = re.compile(r"^from ([\w.]+) import (\w+) as \2$", re.MULTILINE)


def offer(package: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__all__`, `__getattr__` and `__dir__`, of the imports in its stub.

    >>> names, find, _ = offer("statewrap")
    >>> "TimeStep" in names, find("TimeStep")
    (True, <class 'statewrap.core.messages.TimeStep'>)
    """
    homes = homes_of(package)
    module = sys.modules[package]

    def find(name: str) -> Any:
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=module)
        found = getattr(importlib.import_module(homes[name]), name)
        setattr(module, name, found)  # the next look goes past this function
        return found

    def listing() -> list[str]:
        return sorted({*vars(module), *homes})

    return sorted(homes), find, listing


def homes_of(package: str) -> dict[str, str]:
    """Read a package's stub: each name that it offers, and the module where that is at home."""
    stub = pkgutil.get_data(package, "__init__.pyi") or b""
    return {name: home for home, name in _LINE.findall(stub.decode())}
