"""The kinds of reports that there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from statewrap.core.registry import nearest
from statewrap.core.words import brief

KINDS: Final = (
    *("step", "episode_end", "progress", "epoch_end", "deployment_closed", "statistic_failed"),
)
"""The names of all reports that a deployment makes."""


def check_kinds(kinds: Iterable[str], given: str) -> None:
    """Refuse the name of a report that is never made: nothing would ever be told.

    Args:
        kinds: the names.
        given: how they were given, as the message begins.

    Raises:
        ValueError: if one is unknown; it names the nearest.

    >>> check_kinds(["epsiode_end"], "kind='epsiode_end'")
    Traceback (most recent call last):
    ValueError: kind='epsiode_end' was given, but no report is named 'epsiode_end'; did you mean ...
    """
    for kind in kinds:
        if kind not in KINDS:
            near = nearest(kind, KINDS) if isinstance(kind, str) else "."
            raise ValueError(
                f"{given} was given, but no report is named {brief(kind)}{near} "
                f"Reports: {', '.join(KINDS)}."
            )
