"""Pictures and pages of what a `statewrap.sinks.Record` has recorded."""

from statewrap.stats.pictures.episodes import Reading
from statewrap.stats.pictures.figure import plot
from statewrap.stats.pictures.page import report, write_report
from statewrap.stats.pictures.rows import FALLBACK, Answer, Mark, Row
from statewrap.stats.pictures.views import EpisodeView, SessionView

__all__ = [
    "FALLBACK",
    "Answer",
    "EpisodeView",
    "Mark",
    "Reading",
    "Row",
    "SessionView",
    "plot",
    "report",
    "write_report",
]
