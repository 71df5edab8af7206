"""NestObservation, UnnestObservation, NestAction and UnnestAction."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap.core.errors import BindError, InputError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.wrapper import Below
from statewrap.testing import FIRST, play
from statewrap.wrappers import NestAction, NestObservation, UnnestAction, UnnestObservation

PAIR = Box(-1.0, 1.0, (2,))
BARE, NESTED = Below(PAIR, Discrete(3)), Below(Dict(arm=PAIR), Dict(gear=Discrete(3)))


def test_an_observation_is_put_into_a_dict() -> None:
    """Nothing else is changed, and nothing need be known."""
    step = TimeStep("f1", 1.0, info={"a": 1})

    replies = play(NestObservation("arm"), FIRST, Act(1), step, Reset(2))

    assert [FIRST.replace(observation={"arm": "f0"}), Act(1)] == replies[:2]
    assert [step.replace(observation={"arm": "f1"}), Reset(2)] == replies[2:]


def test_an_observation_is_taken_out_of_its_dict() -> None:
    """The very thing that came."""
    came = np.array([0.5, 0.25], np.float32)

    assert (
        came
        is play(UnnestObservation(), TimeStep({"arm": came}, first=True), below=NESTED)[
            0
        ].observation
    )


def test_an_action_is_taken_out_of_a_dict_and_put_into_one() -> None:
    """What the policy gives is named by what is announced above."""
    assert Act("up") == play(NestAction("lift"), FIRST, Act({"lift": "up"}))[1]
    assert Act({"gear": 2}) == play(UnnestAction(), FIRST, Act(2), below=NESTED)[1]


def test_each_undoes_the_other() -> None:
    """Observation, action and spaces are what they were."""
    there_and_back = (
        NestObservation("a") | UnnestObservation() | NestAction("b") | UnnestAction()
    ).bind(BARE)

    above = there_and_back.above(BARE)
    assert (PAIR, Discrete(3)) == (above.observation_space, above.action_space)
    assert [FIRST, Act(2)] == play(
        NestObservation("a") | UnnestObservation() | NestAction("b") | UnnestAction(),
        FIRST,
        Act(2),
        below=BARE,
    )


def test_announces_a_dict_of_one_key() -> None:
    """Or nothing, where nothing is known."""
    assert Dict(observation=PAIR) == NestObservation().above(BARE).observation_space
    assert Dict(action=Discrete(3)) == NestAction().above(BARE).action_space
    assert Below() == NestObservation().above(Below()) == NestAction().above(Below())


@pytest.mark.parametrize("below", [Below(), BARE, Below(Dict(a=PAIR, b=PAIR), Dict())])
@pytest.mark.parametrize("kind", [UnnestObservation, UnnestAction])
def test_a_dict_of_one_key_is_needed(kind, below) -> None:
    """Of several, nobody knows which."""
    with pytest.raises(BindError, match=r"needs (a Dict of one key|the \w+_space)"):
        kind().bind(below)


@pytest.mark.parametrize("kind", [NestObservation, NestAction])
def test_a_key_is_a_string(kind) -> None:
    """As those of a Dict."""
    with pytest.raises(TypeError, match="key is 3, expected a string"):
        kind(3)


@pytest.mark.parametrize("came", [None, 3, {"other": 1}])
def test_what_is_no_such_dict_is_refused(came) -> None:
    """With what came."""
    with pytest.raises(InputError, match="cannot use the observation"):
        UnnestObservation().bind(NESTED).on_state(None, TimeStep(came))
    with pytest.raises(InputError, match=r"was given the action .*, expected a dict with the key"):
        NestAction("lift").on_action(None, Act(came))
