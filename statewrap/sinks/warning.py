"""Warnings as Gymnasium gives them, so that its filters and its `logger.min_level` hold."""

from gymnasium import logger


def warn(text: str) -> None:
    """Warn, unless Gymnasium's logger is told to keep quiet."""
    logger.warn("%s", text, stacklevel=2)
