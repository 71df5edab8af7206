"""A stack whose hops nobody counts calls fewer wrappers; nothing else may differ."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Act, Key, Reset, Stack, TimeStep, Wrapper

FIRST = TimeStep("f0", first=True)
STEP = TimeStep("f1", reward=1.0)
MESSAGES = (FIRST, STEP, STEP.replace(terminated=True), Act("a"), Reset())
SAID = st.sampled_from(("pass", *MESSAGES))
SCRIPT = st.tuples(SAID, SAID)


@attrs.frozen
class Talks(Wrapper[tuple[int, int]]):
    """Answers in turn as its script says, and then lets everything pass."""

    script: tuple[Any, ...]

    def initial(self, key):
        return (0, 0)

    def renew(self, memory, key):
        return (memory[0], memory[1] + 1)

    def _said(self, memory, message):
        turn, renewed = memory
        said = self.script[turn] if turn < len(self.script) else "pass"
        return (turn + 1, renewed), message if said == "pass" else said


class Above(Talks):
    """Hears time steps only."""

    def on_state(self, memory, timestep):
        return self._said(memory, timestep)


class Beneath(Talks):
    """Hears commands only."""

    def on_action(self, memory, act):
        return self._said(memory, act)

    def on_reset(self, memory, request):
        return self._said(memory, request)


class Both(Beneath):
    """Hears all."""

    def on_state(self, memory, timestep):
        return self._said(memory, timestep)


WRAPPERS = st.one_of(
    st.just(Wrapper()), *(st.builds(kind, SCRIPT) for kind in (Above, Beneath, Both))
)


@given(st.lists(WRAPPERS, max_size=5), st.lists(st.sampled_from(MESSAGES), max_size=8))
def test_a_stack_does_the_same_whether_hops_are_counted_or_not(wrappers, messages) -> None:
    """Whoever answers, makes openings up, or turns one command into another."""
    stack = Stack(*wrappers)
    memory = stack.initial(Key.from_seed(0))

    for message in messages:
        counted = stack.route(memory, message, [])
        assert counted == stack.route(memory, message)
        memory, _ = counted
