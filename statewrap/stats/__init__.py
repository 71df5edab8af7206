"""Statistics as a pure fold over facts, and the sink that takes their reports by default."""

from statewrap.sinks import StructlogSink
from statewrap.stats.episodes import Counts, EpisodeStatistics, Tally

__all__ = ["Counts", "EpisodeStatistics", "StructlogSink", "Tally"]
