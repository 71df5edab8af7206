"""What every test of `statewrap act` stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.filters import Act, written


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Write the small deployment, and return the configuration's path."""
    return written(tmp_path)


@pytest.fixture
def act(toml: Path) -> Iterator[Callable[..., Act]]:
    """Start `statewrap act` on the small deployment; every process ends with the test."""
    started: list[Act] = []

    def start(*arguments: object, file: Path = toml, **options) -> Act:
        started.append(Act(file, *arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()
