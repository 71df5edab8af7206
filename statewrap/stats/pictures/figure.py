"""An episode as a figure of matplotlib, which is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from statewrap.core.errors import MissingExtraError
from statewrap.stats.pictures.episodes import Reading, Source, one_of
from statewrap.stats.pictures.lines import Points, lines_of, runs
from statewrap.stats.pictures.rows import FALLBACK
from statewrap.stats.pictures.text import named
from statewrap.stats.pictures.views import EpisodeView

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Axis = Literal["step", "time"]

_MARKED: Final = {
    "opened": "tab:green",
    "reset": "tab:purple",
    "ended": "black",
    "abandoned": "tab:red",
    "interrupted": "tab:red",
    "restored": "tab:blue",
    "missed": "tab:red",
    "fallback": "tab:red",
    "event": "tab:brown",
}
_ANSWERED: Final = {
    "decides": "tab:blue",
    "acts": "tab:orange",
    "shows": "tab:red",
    "resets": "tab:purple",
    "falls back": "tab:red",
}
_SKIPPED: Final = "#f1e8d6"
_FEW: Final = 150


def plot(source: Source | EpisodeView, *, episode: int = -1, axis: Axis = "step") -> Figure:
    """Draw an episode: reward, action, and who answered when, with skips and resets marked.

    The figure belongs to nobody: no window opens, and nothing global is changed. A notebook shows
    it, `figure.savefig("episode.png")` writes it. Lines are labelled, actions that are whole
    numbers are steps, and of others the first 8 components have a line each.

    Args:
        source: a `Record`, what it has recorded, its file, or an episode of a `Reading`.
        episode: which episode of the record, from 0; -1 is the last.
        axis: what lies from left to right: the environment's "step", or "time" in seconds.

    Raises:
        MissingExtraError: if matplotlib is not installed.
        InputError: if there is no such episode.
        ConfigurationError: if the file holds no record.
        ValueError: if `axis` is another word.

    >>> from statewrap import Deployment
    >>> from statewrap.sinks import Record
    >>> record = Record()
    >>> agent = Deployment(abs, sinks=[record])
    >>> _ = agent.act(-1), agent.act(-2, 0.5), agent.act(-3, 1.5, terminated=True)
    >>> [line.get_ydata().tolist() for line in plot(record).axes[0].lines[:1]]
    [[0.5, 1.5]]
    """
    if axis not in ("step", "time"):
        raise ValueError(f"axis={axis!r} was given, expected step or time.")
    try:
        from matplotlib.figure import Figure as Made  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("statewrap.stats.plot", "matplotlib", "plot") from error
    view = source if isinstance(source, EpisodeView) else one_of(Reading(source), episode)
    lanes = len(view.header.wrappers) + 2
    made = Made(figsize=(10, 4.6 + 0.25 * lanes), layout="constrained")
    heights = [2.0, 2.0, 0.25 * lanes]
    upper, middle, lower = made.subplots(3, 1, sharex=True, height_ratios=heights)
    _Plot(view, axis).on(upper, middle, lower)
    return made


class _Plot:
    """An episode on three axes."""

    def __init__(self, view: EpisodeView, axis: Axis) -> None:
        self.view, self.rows, self.axis = view, view.rows, axis
        self.lines = lines_of(view.rows)

    def on(self, upper: Any, middle: Any, lower: Any) -> None:
        """Draw all of it."""
        self._numbers(upper, {"environment": self.lines.reward})
        if list(self.lines.reward) != list(self.lines.processed):
            self._numbers(upper, {"shown to the policy": self.lines.processed})
        style = "steps-post" if self.lines.discrete else "default"
        self._numbers(middle, self.lines.actions, drawstyle=style)
        self._answers(lower)
        for axes in (upper, middle):
            self._skips(axes)
            self._marks(axes)
            if len(axes.lines) and (axes is upper or len(self.lines.actions) > 1):
                axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        upper.set_title(f"Episode {self.view.number}: {self.view.outcome}", loc="left")
        upper.set_ylabel("reward")
        middle.set_ylabel("action")
        if self.lines.discrete:
            middle.yaxis.get_major_locator().set_params(integer=True)
        lower.set_xlabel("step of the environment" if self.axis == "step" else "seconds")

    def x(self, row: int) -> float:
        """Return where a row lies."""
        return row if self.axis == "step" else self.rows[row].time

    def _numbers(self, axes: Any, lines: Mapping[str, Points], **options: Any) -> None:
        for name, points in lines.items():
            marker = "." if len(points) <= _FEW else ""
            across, up = [self.x(at) for at, _ in points], [value for _, value in points]
            axes.plot(across, up, label=name, linewidth=1.2, marker=marker, **options)

    def _skips(self, axes: Any) -> None:
        """Shade the steps that the policy was not shown."""
        skipped = [at for at, row in enumerate(self.rows) if not row.shown]
        spans = [(self._edge(first), self._edge(last + 1)) for first, last in runs(skipped)]
        if spans:
            bars = [(begin, end - begin) for begin, end in spans]
            whole = axes.get_xaxis_transform()
            axes.broken_barh(
                bars, (0, 1), transform=whole, color=_SKIPPED, label="skipped", zorder=0
            )

    def _edge(self, row: int) -> float:
        """Return where a row begins: half a step, or the time between, before it."""
        if self.axis == "step":
            return row - 0.5
        return self.x(min(max(row - 1, 0), len(self.rows) - 1))

    def _marks(self, axes: Any) -> None:
        found: dict[str, list[float]] = {}
        for at, row in enumerate(self.rows):
            for mark in row.marks:
                found.setdefault(mark.kind, []).append(self.x(at))
        for kind, places in found.items():
            if kind in _MARKED:
                axes.vlines(
                    sorted(set(places)),
                    *(0, 1),
                    transform=axes.get_xaxis_transform(),
                    colors=_MARKED[kind],
                    linestyles="dotted",
                    label=kind,
                )

    def _answers(self, axes: Any) -> None:
        """Draw a lane for each wrapper, and one for the policy on top."""
        wrappers = self.view.header.wrappers
        names = [*map(named, wrappers), "policy"]
        lanes = {(len(wrappers), "decides"): self._by(len(wrappers))}
        if self._by(FALLBACK):
            names.append("fallback")
            lanes[len(wrappers) + 1, "falls back"] = self._by(FALLBACK)
        for at, row in enumerate(self.rows):
            for answer in row.answers:
                lanes.setdefault((answer.who, answer.does), []).append(self.x(at))
        for (lane, does), places in lanes.items():
            form = {"marker": "|", "linestyle": "", "markersize": 9, "color": _ANSWERED[does]}
            axes.plot(places, [lane] * len(places), label=does, **form)
        said = dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
        axes.legend(said.values(), said, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.6, len(names) - 0.4)

    def _by(self, who: int) -> list[float]:
        return [self.x(at) for at, row in enumerate(self.rows) if row.by == who]
