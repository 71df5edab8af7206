"""Small wrappers and policies that the tests of the deployment talk to."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs

from statewrap import Act, Key, Policy, Reset, TimeStep, Wrapper


@attrs.frozen
class Explode(Wrapper[int]):
    """Raise when an observation equals `at`; count what it saw."""

    at: Any

    def initial(self, key: Key) -> int:
        return 0

    def on_state(self, memory: int, timestep: TimeStep) -> tuple[int, TimeStep]:
        if timestep.observation == self.at:
            raise RuntimeError("boom")
        return memory + 1, timestep


@attrs.frozen
class AlwaysEnd(Wrapper[None]):
    """Answer every opening with a reset: no episode can ever start."""

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, Any]:
        return None, Reset() if timestep.first else timestep.replace(truncated=True)


@attrs.frozen
class AskForSeed(Wrapper[None]):
    """Turn each reset into one with a seed."""

    def on_reset(self, memory: None, request: Reset) -> tuple[None, Reset]:
        return None, Reset(seed=5, options={"hard": True})


@attrs.frozen
class ActAfterLast(Wrapper[None]):
    """Break the rule: answer the last time step with an act."""

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, Any]:
        return None, Act(0) if timestep.last else timestep


@attrs.frozen
class Refuse(Wrapper[TimeStep | None]):
    """Send the action "no" back with a penalty."""

    def on_state(self, memory: Any, timestep: TimeStep) -> tuple[TimeStep, TimeStep]:
        return timestep, timestep

    def on_action(self, memory: Any, act: Act) -> tuple[Any, Any]:
        if act.action == "no":
            return memory, memory.replace(reward=-1.0, first=False)
        return memory, act


class Seen(NamedTuple):
    """What a policy remembers: how many decisions, and a draw."""

    decisions: int
    draw: float


@attrs.frozen
class Remember(Policy[Seen]):
    """Answer with the number of decisions in this episode."""

    memory_types = (Seen,)

    def initial(self, key: Key) -> Seen:
        return Seen(0, -1.0)

    def renew(self, memory: Seen, key: Key) -> Seen:
        return Seen(0, key.uniform()[0])

    def decide(self, memory: Seen, timestep: TimeStep) -> tuple[Seen, Act]:
        return memory._replace(decisions=memory.decisions + 1), Act(memory.decisions)


def echo(observation: Any) -> Any:
    """Answer with what is seen."""
    return observation
