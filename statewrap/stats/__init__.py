"""Statistics as a pure fold over facts, and the sink that takes their reports by default."""

from statewrap.sinks import StructlogSink
from statewrap.stats.kpis import Episode
from statewrap.stats.pictures import EpisodeView, Reading, plot, report, write_report
from statewrap.stats.quantiles import Quantiles
from statewrap.stats.reducers import Histogram, Reduce, Reducer
from statewrap.stats.statistic import Statistic
from statewrap.stats.statistics import Statistics
from statewrap.stats.training import StatisticsSink

__all__ = [
    "Episode",
    "EpisodeView",
    "Histogram",
    "Quantiles",
    "Reading",
    "Reduce",
    "Reducer",
    "Statistic",
    "Statistics",
    "StatisticsSink",
    "StructlogSink",
    "plot",
    "report",
    "write_report",
]
