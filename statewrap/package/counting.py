"""Statistics in documents: a list of what is counted, or a table with KPIs and windows too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from statewrap import stats
from statewrap.package import names
from statewrap.package.grammar import Maker
from statewrap.package.places import told, wrong

_WHAT: Final = "a statistic"


def statistics_of(raw: Any, maker: Maker) -> Any:
    """Return the argument `statistics` of `Deployment`: a `Statistics`, or a tuple of `Statistic`s.

    Raises:
        ConfigurationError: if it is neither a list of tables nor a table.
    """
    if raw is None or isinstance(raw, stats.Statistics):
        return () if raw is None else raw
    if isinstance(raw, (list, tuple)):
        return _listed(raw, maker, "statistics")
    if not isinstance(raw, dict):
        raise wrong(
            "statistics", f"expected tables, each begins with [[statistics]], got {told(raw)}."
        )
    listed = _listed(raw.get("statistics", []), maker, "statistics.statistics")
    table = {"type": "Statistics", **raw, "statistics": list(listed)}
    return _kind(maker.built(table, _known(), "statistics", "statistics"), stats.Statistics)


def _listed(raw: Any, maker: Maker, path: str) -> tuple[Any, ...]:
    if not isinstance(raw, (list, tuple)):
        raise wrong(path, f"expected a list of tables, got {told(raw)}.")
    return tuple(_one(part, maker, f"{path}[{index}]") for index, part in enumerate(raw))


def _one(raw: Any, maker: Maker, path: str) -> Any:
    """Make a statistic; its type goes without saying."""
    if isinstance(raw, stats.Statistic):
        return raw
    table = {"type": "Statistic", **raw} if isinstance(raw, dict) and "_target_" not in raw else raw
    return _kind(maker.built(table, _known(), _WHAT, path), stats.Statistic, path)


def _kind(made: Any, kind: type, path: str = "statistics") -> Any:
    if isinstance(made, kind):
        return made
    raise wrong(path, f"it makes {told(made)}, expected a {kind.__name__}.")


def _known() -> Mapping[str, Any]:
    own = {"Statistic": stats.Statistic, "Statistics": stats.Statistics}
    return {**names.making(stats.Statistic), **own}
