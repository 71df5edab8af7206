"""The pages are tests: their examples run. A page that needs an extra is skipped without it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

EXTRAS = {"deploy-sb3.md": "stable_baselines3"}
"""Page, to the package that its examples import."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the pages whose package is not installed."""
    for item in items:
        package = EXTRAS.get(item.path.name)
        if package and find_spec(package) is None:
            item.add_marker(pytest.mark.skip(reason=f"{item.path.name} needs {package}"))
