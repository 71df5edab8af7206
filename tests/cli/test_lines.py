"""The answers that few sessions ever see."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
from gymnasium.spaces import Discrete

from statewrap import Reset
from statewrap.cli.lines import Lines, refusal

LINES = Lines(Discrete(3))


def test_a_reset_that_the_stack_asked_for_is_told_with_its_options() -> None:
    """Also where no episode ended: the environment is to be opened once more."""
    deployment = SimpleNamespace(pending=Reset(seed=5, options={"level": np.int64(2)}), ended=())

    answer = json.loads(LINES.answer(deployment, None))

    assert {"action": None, "reset": {"seed": 5, "options": {"level": 2}}} == answer


def test_several_episodes_of_one_call_are_all_told() -> None:
    """The last of them as `episode`, as always."""
    first, last = {"episode": 0, "return": 1.0}, {"episode": 1, "return": float("inf")}
    deployment = SimpleNamespace(pending=None, ended=(first, last))

    answer = json.loads(LINES.answer(deployment, 1))

    told = {"episode": 1, "return": "Infinity"}
    assert {"action": 1, "episode": told, "episodes": [first, told]} == answer


def test_a_refusal_is_one_line_whatever_it_says() -> None:
    """Newlines, other alphabets and stray surrogates are escaped."""
    line = refusal("InputError", "a\nb\u2028\ud800")

    assert (1, True) == (line.count(b"\n"), line.isascii())
    assert "a\nb\u2028\ud800" == json.loads(line)["error"]["message"]
