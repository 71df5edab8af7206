"""Statistics as a pure fold over facts, and the sinks that their reports are handed to."""

from statewrap.stats.episodes import Counts, EpisodeStatistics, Tally
from statewrap.stats.structlog_sink import StructlogSink

__all__ = ["Counts", "EpisodeStatistics", "StructlogSink", "Tally"]
