"""`statewrap demo`: an environment in one process, its policy in another, and the comparison."""

from __future__ import annotations

import json as json_text
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, Final, TextIO

import attrs
import click

from statewrap.cli.table import table, terminal_width

FOLDER: Final = Path(__file__).parent
FILES: Final[Mapping[str, str]] = {
    "CartPole-v1": "cartpole",
    "Acrobot-v1": "acrobot",
    "Pendulum-v1": "pendulum",
}
_PYTHON: Final = (sys.executable, "-P")  # -P: a script's own folder is not searched for modules
PARTS: Final = ("host", "baseline", "without")


@click.command()
@click.option(
    "--episodes",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Episodes for each environment.",
)
@click.option(
    "--env",
    "names",
    type=click.Choice(list(FILES), case_sensitive=False),
    multiple=True,
    help="One of the environments; may be repeated. [default: all]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The first episode's seed; each further episode has the next one.",
)
@click.option("--json", is_flag=True, help="Print the result as JSON.")
def demo(episodes: int, names: tuple[str, ...], seed: int, json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Play trained policies in environments that own the loop, and compare with Gymnasium.

    For each environment a host process, which knows nothing of statewrap, owns the environment
    and pushes its states through `statewrap act`. Each episode's statistics are logged on
    standard error. Then the same weights play the same seeds in Gymnasium's own loop under
    Gymnasium's own wrappers, and once more without the statistics by which observations are
    normalized, which the stack brings along.

    The exit status is 1 if a single action or return differs.
    """
    asked = names or tuple(FILES)
    bar = Bar(sys.stderr, total=len(asked) * len(PARTS) * episodes)
    try:
        outcomes = [play(name, episodes, seed, bar) for name in asked]
    finally:
        bar.clear()
    if json:
        result = {"same": all(o.difference is None for o in outcomes), "seed": seed}
        environments = [outcome.result() for outcome in outcomes]
        click.echo(json_text.dumps({**result, "environments": environments}, indent=2))
    else:
        click.echo(told(outcomes))
    if any(outcome.difference for outcome in outcomes):
        sys.exit(1)


@attrs.frozen
class Outcome:
    """What came of one environment: an entry per episode from each of the three programs."""

    name: str
    host: list[dict[str, Any]]
    baseline: list[dict[str, Any]]
    without: list[dict[str, Any]]

    @property
    def difference(self) -> str | None:
        """The first difference between host and baseline, or None."""
        return first_difference(self.host, self.baseline)

    @property
    def actions(self) -> int:
        """How many actions the host's environment was given."""
        return sum(len(episode["actions"]) for episode in self.host)

    def mean(self, part: str) -> float:
        """Return the mean return of one of the programs."""
        return fmean(episode["return"] for episode in getattr(self, part))

    def result(self) -> dict[str, Any]:
        """Return everything but the actions themselves."""
        return {
            "environment": self.name,
            "episodes": len(self.host),
            "actions": self.actions,
            "same": self.difference is None,
            "difference": self.difference,
            "mean_return": self.mean("host"),
            "mean_return_in_gymnasium": self.mean("baseline"),
            "mean_return_without_statistics": self.mean("without"),
            "returns": [episode["return"] for episode in self.host],
        }


def first_difference(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str | None:
    """Compare every action and return exactly.

    >>> first_difference([{"seed": 3, "actions": [0, 1]}], [{"seed": 3, "actions": [0, 0]}])
    'seed 3, action 1: 1 here, 0 in Gymnasium'
    """
    if len(ours) != len(theirs):
        return f"{len(ours)} episodes here, {len(theirs)} in Gymnasium"
    for here, there in zip(ours, theirs, strict=True):
        where = f"seed {here['seed']}"
        for index, (a, b) in enumerate(zip(here["actions"], there["actions"], strict=False)):
            if a != b:
                return f"{where}, action {index}: {a} here, {b} in Gymnasium"
        for key in sorted((here.keys() | there.keys()) - {"actions"}):
            if here.get(key) != there.get(key):
                return f"{where}, {key}: {here.get(key)} here, {there.get(key)} in Gymnasium"
        if len(here["actions"]) != len(there["actions"]):
            return f"{where}: {len(here['actions'])} actions, {len(there['actions'])} in Gymnasium"
    return None


def play(name: str, episodes: int, seed: int, bar: Bar) -> Outcome:
    """Run the three programs, one after another."""
    file = FOLDER / FILES[name]
    asked = ["--env", name, "--episodes", str(episodes), "--seed", str(seed)]
    act = [sys.executable, "-m", "statewrap.cli.main", "act", f"{file}.toml"]
    weights = ["--weights", f"{file}.npz"]
    runs = (
        ["host.py", *asked, "--", *act],
        ["baseline.py", *asked, *weights],
        ["baseline.py", *asked, *weights, "--without-statistics"],
    )
    return Outcome(name, *(list(_records(run, name, bar)) for run in runs))


def _records(run: list[str], name: str, bar: Bar) -> Iterator[dict[str, Any]]:
    """Run one of the programs, and yield the episodes that it prints."""
    bar.show(f"{name} {Path(run[0]).stem}")
    command = [*_PYTHON, str(FOLDER / run[0]), *run[1:]]
    with subprocess.Popen(  # noqa: S603 - our own scripts
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        logs = threading.Thread(target=bar.relay, args=(process.stderr,))
        logs.start()
        for line in process.stdout:
            yield json_text.loads(line)
            bar.advance()
        logs.join()
    if process.returncode != 0:
        raise click.ClickException(
            f"{run[0]} ended with status {process.returncode}; see what it wrote above."
        )


def told(outcomes: list[Outcome]) -> str:
    """Tell the outcomes to a person."""
    header = ("environment", "episodes", "return", "in Gymnasium", "unnormalized", "same actions")
    rows = [
        (
            outcome.name,
            str(len(outcome.host)),
            *(f"{outcome.mean(part):.1f}" for part in PARTS),
            f"all {outcome.actions}" if outcome.difference is None else "NO",
        )
        for outcome in outcomes
    ]
    lines = ["", table(header, rows, terminal_width()), ""]
    lines += [f"{o.name}: {o.difference}" for o in outcomes if o.difference]
    if not any(outcome.difference for outcome in outcomes):
        lines.append(
            "Pushed through a pipe or stepped by Gymnasium: the same actions, the same returns."
        )
    return "\n".join(lines)


class Bar:
    """A progress bar under the log, on a terminal; elsewhere the log alone."""

    def __init__(self, stream: TextIO, total: int) -> None:
        """Take where to draw, and how many episodes there will be."""
        self._stream = stream
        self._total = total
        self._done = 0
        self._label = ""
        self._drawn = stream.isatty()
        self._lock = threading.Lock()

    def show(self, label: str) -> None:
        """Say what is running now."""
        with self._lock:
            self._label = label
            self._draw()

    def advance(self) -> None:
        """Count one episode."""
        with self._lock:
            self._done += 1
            self._draw()

    def clear(self) -> None:
        """Wipe the bar away."""
        with self._lock:
            self._wipe()
            self._stream.flush()

    def relay(self, lines: TextIO) -> None:
        """Write the lines of a log above the bar, until they end."""
        for line in lines:
            with self._lock:
                self._wipe()
                self._stream.write(line)
                self._draw()

    def _wipe(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")

    def _draw(self) -> None:
        if self._drawn:
            full = 30 * self._done // self._total
            self._wipe()
            self._stream.write(
                f"[{'#' * full}{'.' * (30 - full)}] {self._label}"[: terminal_width() - 1]
            )
        self._stream.flush()
