"""Reports as structlog events. The library configures nothing: structlog's settings are yours."""

from __future__ import annotations

from typing import Any

import structlog

from statewrap.core.fold import Report


class StructlogSink:
    """Log each report at info level, its name as the event and its values as fields.

    >>> import structlog
    >>> with structlog.testing.capture_logs() as logs:
    ...     StructlogSink()(Report("episode_end", {"episode": 0, "return": 9.0}))
    >>> logs
    [{'episode': 0, 'return': 9.0, 'event': 'episode_end', 'log_level': 'info'}]
    """

    def __init__(self, logger: Any = None) -> None:
        """Take a structlog logger; without one, `structlog.get_logger("statewrap")` is asked."""
        self._logger = structlog.get_logger("statewrap") if logger is None else logger

    def __call__(self, report: Report) -> None:
        """Log one report."""
        self._logger.info(report.name, **report.values)
