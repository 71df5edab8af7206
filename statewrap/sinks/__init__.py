"""Sinks with effects: they log, draw, write files and warn, outside the stack, fed by its hops."""

from statewrap.sinks.action_recorder import ActionRecorder
from statewrap.sinks.buffered import Buffered
from statewrap.sinks.csv_sink import CsvSink
from statewrap.sinks.human_rendering import HumanRendering
from statewrap.sinks.json_lines import JsonLinesSink
from statewrap.sinks.minari import MinariSink
from statewrap.sinks.monitor import MonitorSink
from statewrap.sinks.opentelemetry import OpenTelemetrySink
from statewrap.sinks.passive_env_checker import PassiveEnvChecker
from statewrap.sinks.prometheus import PrometheusSink
from statewrap.sinks.record import Record
from statewrap.sinks.record_video import RecordVideo, capped_cubic_video_schedule
from statewrap.sinks.recorded import Recording
from statewrap.sinks.render_collection import RenderCollection
from statewrap.sinks.structlog_sink import StructlogSink
from statewrap.sinks.tensorboard import TensorBoardSink
from statewrap.sinks.trajectories import Trajectory, TrajectoryWatcher
from statewrap.sinks.watcher import Watcher

__all__ = [
    "ActionRecorder",
    "Buffered",
    "CsvSink",
    "HumanRendering",
    "JsonLinesSink",
    "MinariSink",
    "MonitorSink",
    "OpenTelemetrySink",
    "PassiveEnvChecker",
    "PrometheusSink",
    "Record",
    "RecordVideo",
    "Recording",
    "RenderCollection",
    "StructlogSink",
    "TensorBoardSink",
    "Trajectory",
    "TrajectoryWatcher",
    "Watcher",
    "capped_cubic_video_schedule",
]
