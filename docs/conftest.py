"""The pages are tests: their examples run. A page that needs an extra is skipped without it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

EXTRAS = {
    "bring-your-own-gym-wrappers.md": ("greenlet",),
    "coming-from-maze.md": ("cv2",),
    "configuration.md": ("yaml",),
    "deploy-sb3.md": ("stable_baselines3",),
    "episode-report.md": ("matplotlib",),
    "from-a-gymnasium-stack.md": ("stable_baselines3",),
    "sinks.md": ("moviepy", "pygame", "tensorboard", "prometheus_client"),
    "data-for-training.md": ("minari",),
}
"""Page, to the packages that its examples import."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the pages whose package is not installed."""
    for item in items:
        for package in EXTRAS.get(item.path.name, ()):
            if find_spec(package) is None:
                item.add_marker(pytest.mark.skip(reason=f"{item.path.name} needs {package}"))
