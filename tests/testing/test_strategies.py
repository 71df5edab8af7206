"""What the strategies draw is what the laws ask for."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from gymnasium import spaces as gym_spaces
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from statewrap import Below, Stack
from statewrap.core.spaces import why_not
from statewrap.testing import strategies
from statewrap.wrappers.clip import ClipAction
from statewrap.wrappers.time_limit import TimeLimit


def found(strategy, condition):
    """Draw until the condition holds; nothing is made smaller, which takes long."""
    quick = settings(max_examples=3000, phases=[Phase.generate], derandomize=True, database=None)
    return find(strategy, condition, settings=quick)


BOX = gym_spaces.Box(-np.inf, np.inf, (2, 2), np.float32)


@given(st.data())
def test_values_lie_in_their_space(data) -> None:
    """By Gymnasium's own judgement, and by ours; arrays are read-only."""
    space = data.draw(strategies.spaces())
    value = data.draw(strategies.values(space))

    assert space.contains(value)
    assert why_not(space, value) is None
    assert not any(array.flags.writeable for array in _arrays(value))


def _arrays(value) -> list[np.ndarray]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        return [array for item in value for array in _arrays(item)]
    return [value] if isinstance(value, np.ndarray) else []


def test_spaces_of_every_kind_are_drawn() -> None:
    """Nested ones too."""
    for kind in ("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Dict", "Tuple"):
        space = found(strategies.spaces(), lambda s, kind=kind: type(s).__name__ == kind)
        assert kind == type(space).__name__
    nested = found(strategies.spaces(), lambda s: any(_has_parts(p) for p in _parts(s)))
    assert _has_parts(nested)


def _parts(space) -> list:
    parts = getattr(space, "spaces", [])
    return list(parts.values() if isinstance(parts, dict) else parts)


def _has_parts(space) -> bool:
    return bool(_parts(space))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int8, np.uint8])
def test_boxes_of_every_dtype_are_drawn(dtype) -> None:
    """Those of floats may be unbounded on either side alone."""
    box = found(strategies.boxes(), lambda box: box.dtype == dtype)

    assert dtype == box.dtype
    if np.dtype(dtype).kind == "f":
        one = found(
            strategies.boxes([dtype]), lambda b: np.isinf(b.low).all() > np.isinf(b.high).all()
        )
        assert np.isfinite(one.high).all()


def test_bounds_come_up_as_values() -> None:
    """More often than chance would."""
    box = gym_spaces.Box(-0.1, 1e3, (1,), np.float32)

    for bound in (box.low, box.high):
        assert bound == found(strategies.values(box), lambda v, bound=bound: v == bound)


def test_other_spaces_are_sampled() -> None:
    """From a seed that is drawn."""
    text = gym_spaces.Text(3)

    assert text.contains(found(strategies.values(text), lambda _: True))


@given(strategies.episodes(BOX, st.fixed_dictionaries({"lives": st.integers(0, 3)})))
def test_episodes_follow_the_rules(episodes) -> None:
    """They open rightly, only the final step of each may be last, and time goes on."""
    times = [step.time for episode in episodes for step in episode]

    assert sorted(set(times)) == times
    for opening, *rest in episodes:
        assert (True, 0.0, False) == (opening.first, opening.reward, opening.last)
        assert not any(step.first for step in rest)
        assert not any(step.last for step in rest[:-1])
        assert all(step.info["lives"] in range(4) for step in rest)


def test_episodes_end_in_every_way() -> None:
    """Terminated, truncated, both, and given up; some are an opening alone."""
    drawn = strategies.episodes(BOX, max_steps=3)
    for flags in [(True, False), (False, True), (True, True), (False, False)]:
        episodes = found(drawn, lambda e, flags=flags: len(e[0]) > 1 and flags == _flags(e[0][-1]))
        assert flags == _flags(episodes[0][-1])
    assert 1 == len(found(drawn, lambda e: len(e[0]) == 1)[0])


def _flags(step) -> tuple[bool, bool]:
    return step.terminated, step.truncated


def test_arrays_may_lie_in_either_order() -> None:
    """As a transposed image does."""
    value = found(strategies.values(BOX), lambda v: not v.flags.c_contiguous)

    assert value.flags.f_contiguous


MAKERS = [st.just(TimeLimit(3)), lambda below: st.just(ClipAction())]


@given(strategies.stacks(MAKERS, Below(BOX, gym_spaces.Discrete(2)), max_size=3))
def test_what_cannot_be_bound_is_left_out_of_a_stack(stack) -> None:
    """Here the actions are no Box."""
    assert ClipAction() not in tuple(stack)
    assert stack.gaps is None


def test_stacks_are_drawn_in_every_order_and_size() -> None:
    """Within the given sizes."""
    drawn = strategies.stacks(MAKERS, Below(BOX, BOX), max_size=2)

    for stack in (Stack(), ClipAction() | TimeLimit(3), TimeLimit(3) | ClipAction()):
        assert stack == found(drawn, lambda s, stack=stack: s == stack)
    with pytest.raises(NoSuchExample):
        found(drawn, lambda s: len(s) > 2)


@given(strategies.scenes(MAKERS, action_spaces=st.just(BOX)))
def test_a_scene_fits_together(scene) -> None:
    """Episodes in the observation space, actions in the space above the stack."""
    above = scene.wrapper.above(scene.below)

    for episode in scene.episodes:
        for step in episode:
            assert why_not(scene.below.observation_space, step.observation) is None
    for action in scene.policy.actions:
        assert why_not(above.action_space, action) is None


def test_without_hypothesis_the_strategies_name_the_extra() -> None:
    """And everything else of `statewrap.testing` is there."""
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import statewrap.testing\n"
        "try:\n    import statewrap.testing.strategies\n"
        "except statewrap.MissingExtraError as error:\n    print(error)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "pip install 'statewrap[test]'" in done.stdout
