"""The machine finds what a rough world would bring to light, and nothing where all is right."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from statewrap import Act, Deployment, Key, Policy, TimeStep, Wrapper
from statewrap.testing.machine import DeploymentMachine, deployment_machine
from statewrap.testing.machine.abroad import AFTER_A_FAILURE, Luggage, Travel, name_of
from statewrap.wrappers import RepeatAction, TimeLimit
from tests.laws.mistakes import (
    AppendsToAList,
    AsksForTheHash,
    ComesBackDifferent,
    CountsInSelf,
    DeclaresNothing,
    KeepsTheHostsArray,
    RefusesARetry,
    RollsADie,
)

SPACES = {"observation_space": Box(-9.0, 9.0, (2,), np.float32), "action_space": Discrete(3)}
MASKS = st.sampled_from([0, 1]).map(lambda one: {"mask": np.array([one, 1], np.int8)})
QUICK = settings(
    max_examples=100,
    stateful_step_count=30,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def one(observation: Any) -> int:
    """Choose one."""
    return 1


def finds(machine: type[DeploymentMachine], **options: Any) -> str:
    """Run a machine until it finds something, and return what it says."""
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=settings(QUICK, **options))
    return str(found.value)


class Planted(DeploymentMachine):
    """A stack with a mistake in it."""

    fresh_interpreters = 0
    stack: Any = None
    policy: Any = staticmethod(one)
    kind: Any = Deployment

    def make(self, **options: Any) -> Deployment:
        return self.kind(self.policy, self.stack, **SPACES, **options)

    def infos(self):
        return MASKS


# -- mistakes of wrappers ----------------------------------------------------------------------


@attrs.frozen
class CountsInTheModule(Wrapper[None]):
    """The count is in the module: sessions leak."""

    numbers = itertools.count()

    def on_state(self, memory, timestep):
        """Tell how many time steps there were in all sessions."""
        return None, timestep.replace(observation=timestep.observation + next(self.numbers))


@attrs.frozen
class CountsInItself(Wrapper[None]):
    """The count is in the wrapper: a fork, a restored copy and a retry go wrong."""

    seen: list[int] = attrs.field(factory=list, repr=False, eq=False)

    def on_state(self, memory, timestep):
        """Tell how many time steps there were."""
        self.seen.append(1)
        return None, timestep.replace(reward=timestep.reward * 0 + timestep.first * 0 + 0.0,
                                      info={"seen": len(self.seen)})


class ActsOnInfo(Policy[None]):
    """Let the action show what a wrapper says in the info."""

    def decide(self, memory, timestep):
        """Count modulo three."""
        return None, Act(sum(map(int, np.ravel([v for v in timestep.info.values()]))) % 3)


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (CountsInSelf(), "is answered differently by session"),
        (CountsInTheModule(), "is answered differently by session"),
        (RollsADie(), "is answered differently by session"),
        (RefusesARetry(), ""),
        (AppendsToAList(), "session"),
        (ComesBackDifferent(), "is not as if nothing else had happened: session.agent.stack"),
        (DeclaresNothing(), "cannot be saved"),
        (KeepsTheHostsArray(), "is not as if nothing else had happened: session.agent.stack"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Wrapper) else "",
)
def test_a_mistake_of_a_wrapper_is_found(wrapper, words) -> None:
    """Whichever way it takes to the outside."""
    machine = type("OfAWrapper", (Planted,), {"stack": wrapper, "policy": ActsOnInfo()})

    found = finds(machine)
    print(found)
    assert words in found
