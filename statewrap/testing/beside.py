"""Golden dialogues in the folder `golden` beside the tests, a file each."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from statewrap.deployment import Deployment
from statewrap.testing.golden import GoldenError, Recording, golden_dialogue, replay
from statewrap.testing.golden.errors import hidden

__tracebackhide__ = hidden

FOLDER: Final = "golden"
LONGEST: Final = 120
"""How many characters a name may have before it is cut."""


class GoldenFolder:
    """The golden dialogues of one test; pytest's fixture `statewrap_golden` gives it."""

    def __init__(self, file: Path, test: str, *, update: bool = False) -> None:
        """Belong to a test.

        Args:
            file: the file in which the test stands.
            test: the name of the test, "TestArm.test_lifts[fast]".
            update: whether to write the dialogues, in place of comparing.
        """
        self._folder, self._update = file.parent / FOLDER, update
        self._test = f"{file.stem}.{test}"
        self._given: list[Path] = []
        self._recordings: dict[Path, Recording] = {}

    def __call__(self, deployment: Deployment, name: str | None = None) -> Recording:
        """Let the test's host talk with a deployment as in the golden dialogue.

        Args:
            deployment: a fresh one; the host calls what `with` gives in its place.
            name: the file's name without ".jsonl", where a test has several dialogues, or tests
                share one; the names of file and test if it is left out.

        Raises:
            GoldenError: if the test has this dialogue already; and as `golden_dialogue`.
        """
        path = self.path(name)
        recording = golden_dialogue(path, deployment, update=self._update)
        self._recordings[path] = recording
        return recording

    def replay(self, deployment: Deployment, name: str | None = None) -> None:
        """Make the calls of a golden dialogue again, as `statewrap.testing.replay` does."""
        replay(self.path(name), deployment, update=self._update)

    def path(self, name: str | None = None) -> Path:
        """Return the path of a dialogue; a test is given each once.

        Raises:
            GoldenError: if it was given before.
        """
        path = self._folder / f"{_file_name(self._test if name is None else name)}.jsonl"
        if path in self._given:
            raise GoldenError(
                f"This test has the golden dialogue {path.name} already. Give each a name of its "
                'own: statewrap_golden(deployment, "second").'
            )
        self._given.append(path)
        return path

    def done(self) -> None:
        """Hold that every dialogue that was asked for was led.

        Raises:
            GoldenError: if one was not, so that nothing was compared.
        """
        for path, recording in self._recordings.items():
            if not recording.entered:
                raise GoldenError(
                    f"The golden dialogue {path.name} was asked for and not led to its end. Write: "
                    "with statewrap_golden(deployment) as recorded: ..."
                )


def _file_name(name: str) -> str:
    """Make a file's name of a test's, another for each."""
    plain = re.sub(r"[^\w.\[\]=-]+", "_", name)[:LONGEST]
    if plain == name:
        return name
    return f"{plain}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
