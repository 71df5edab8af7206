"""What is seen of a layer, in words."""

from __future__ import annotations

from types import FunctionType
from typing import Any, Final

from statewrap.core.registry import qualified_name
from statewrap.gym.bridge.seen import NOT_SEEN, NOT_TRIED, Seen, Span, ranged
from statewrap.gym.copies import Copied
from statewrap.gym.recognition import Layer
from statewrap.gym.tried import measured

INFO: Final[dict[str, Any]] = {"lives": 3}
"""What the infos of made-up time steps hold."""
HERE: Final = "in this process"
"""How a memory can be saved that no other process can be sure to restore."""


def calls(steps: Span | None, resets: Span | None, steps_per_reset: Span | None) -> str:
    """Say how often the environment is called.

    >>> calls((1, 4), (0, 1), (0, 0))
    'seen: 1 to 4 a step, resets within a step'
    """
    if steps is None:
        return NOT_SEEN
    told = [f"seen: {ranged(steps)} a step"]
    if resets is not None and resets[1]:
        told.append("resets within a step")
    if steps_per_reset is not None and steps_per_reset[1]:
        told.append(f"{ranged(steps_per_reset)} a reset")
    return ", ".join(told)


def runs(seen: Seen) -> str:
    """Say how often a bridge runs the code of a layer for an act."""
    name = seen.path.name
    if name != "again":
        return {"direct": "mapped", "once": "1 run an act"}.get(name, "1 run an act, suspended")
    steps, resets = seen.steps_per_step, seen.resets_per_step or (0, 0)
    if steps is None:
        return "a run more than environment calls"
    return f"seen: {ranged((steps[0] + 1, steps[1] + resets[1] + 1))} runs an act"


def learning(wrapper: Any, seen: Seen | None = None) -> str:
    """Say whether a wrapper learns from one episode for others, and whether that can be stopped.

    Args:
        wrapper: one of statewrap's.
        seen: what a bridge has seen, if it is one.

    >>> from statewrap.wrappers import MaxAndSkipObservation, NormalizeObservation
    >>> learning(NormalizeObservation(mode="learn"))
    'yes'
    >>> learning(MaxAndSkipObservation(4)), learning(MaxAndSkipObservation(4, stale_frames=True))
    ('no', 'yes, also with learn=False')
    """
    if seen is not None and not seen.learns:
        return NOT_SEEN
    if seen is not None and not seen.calls:
        return NOT_TRIED
    if getattr(wrapper, "mode", None) == "learn":
        return "yes"
    return "yes, also with learn=False" if wrapper.learns else "no"


def savable(seen: Seen, factory: Any = None) -> str:
    """Say whether what a bridge remembers can be saved.

    A copy is told from others by what it held, whether or not that still changes: elsewhere there
    is one like it only if the same was copied there.
    """
    if seen.mode == "greenlet":
        return "between calls, if it is plain"
    if seen.snapshot_safe is None:
        return NOT_SEEN
    if not seen.snapshot_safe:
        return f"no: {'; '.join(seen.unsafe)}"
    return HERE if isinstance(factory, Copied) or _has_no_name(factory) else "yes"


def elsewhere(saved: str, factory: Any) -> str:
    """Say how what can be saved in this process can be saved for others."""
    if saved != HERE:
        return ""
    if not isinstance(factory, Copied):
        return "; its factory has no name: put the function at the top of a module"
    return (
        "; a copy: another process can restore its snapshots if a wrapper that holds the same is "
        "copied there (from one pickle), if it records its arguments (RecordConstructorArgs), or "
        "if you write Bridge(factory)"
    )


def _has_no_name(factory: Any) -> bool:
    """Tell whether a factory is a function that no other process finds by its name."""
    return isinstance(factory, FunctionType) and qualified_name(factory) is None


def with_time(cost: str, layer: Layer, number: int) -> str:
    """Add what an act costs, in microseconds."""
    taken = measured(layer.wrappers[number], layer.gaps[number], INFO)
    return f"{cost}, {NOT_SEEN}" if taken is None else f"{cost}, {taken:.1f} µs an act"
