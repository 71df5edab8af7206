"""The commands' logs: structlog on standard error. The library itself configures nothing."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any, TextIO

import structlog


class Unfailing:
    """A stream whose reader may be gone: a log that cannot be written stops no control loop."""

    def __init__(self, stream: TextIO | None) -> None:
        """Wrap a stream, or nothing, where a process was started without one."""
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, or drop what cannot be written."""
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)

    def flush(self) -> None:
        """Flush, or drop what cannot be written."""
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.flush()


def configure(*, json: bool = False) -> None:
    """Send structlog to standard error, for people or as one JSON object a line."""
    colours = sys.stderr is not None and sys.stderr.isatty()
    stream: Any = Unfailing(sys.stderr)
    renderer: Any = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=18)
    if json:
        renderer = structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *([structlog.processors.format_exc_info] if json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
