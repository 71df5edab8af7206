"""What users write, checked by mypy --strict; it is never run."""

from __future__ import annotations

from typing import NamedTuple, assert_type

import attrs

from statewrap import Key, Stack, TimeStep, Wrapper


class Count(NamedTuple):
    """How many time steps were seen."""

    seen: int


@attrs.frozen
class CountSteps(Wrapper[Count]):
    """A wrapper with a typed memory."""

    memory_types = (Count,)

    def initial(self, key: Key) -> Count:
        return Count(0)

    def on_state(self, memory: Count, timestep: TimeStep) -> tuple[Count, TimeStep]:
        return Count(memory.seen + 1), timestep


stack = CountSteps() | CountSteps()
assert_type(stack, Stack)
TimeStep("f0").reward = 1.0  # type: ignore[misc]  # messages are immutable
