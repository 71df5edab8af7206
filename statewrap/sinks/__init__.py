"""Sinks with effects: they log, draw, write files and warn, outside the stack, fed by its hops."""

from statewrap.sinks.human_rendering import HumanRendering
from statewrap.sinks.passive_env_checker import PassiveEnvChecker
from statewrap.sinks.record_video import RecordVideo, capped_cubic_video_schedule
from statewrap.sinks.render_collection import RenderCollection
from statewrap.sinks.structlog_sink import StructlogSink
from statewrap.sinks.watcher import Watcher

__all__ = [
    "HumanRendering",
    "PassiveEnvChecker",
    "RecordVideo",
    "RenderCollection",
    "StructlogSink",
    "Watcher",
    "capped_cubic_video_schedule",
]
