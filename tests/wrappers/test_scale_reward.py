"""ScaleReward."""

from __future__ import annotations

import numpy as np
import pytest

from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.testing import FIRST, play
from statewrap.wrappers import ScaleReward


def test_each_reward_is_multiplied() -> None:
    """Nothing else is changed; an opening, which has none, is left alone."""
    step = TimeStep("f1", reward=3.0, truncated=True, info={"a": 1})

    replies = play(ScaleReward(-0.5), FIRST, Act(1), step, Reset(2))

    assert [FIRST, Act(1), step.replace(reward=-1.5), Reset(2)] == replies


@pytest.mark.parametrize("reward", [1.1, 3, np.float32(1.1), np.float64(1.1), np.int64(3)])
@pytest.mark.parametrize("scale", [0.1, 2, np.float32(0.3)])
def test_the_product_is_that_of_the_numbers(reward, scale) -> None:
    """In their types."""
    shown = play(ScaleReward(scale), FIRST, Act(1), TimeStep("f1", reward=reward))[-1].reward

    assert same(reward * scale, shown)


@pytest.mark.parametrize(
    ("scale", "kind"),
    [
        *(("2", TypeError), (None, TypeError), (True, TypeError), ([2.0], TypeError)),
        *((float("nan"), ValueError), (float("inf"), ValueError)),
    ],
)
def test_the_scale_is_a_finite_number(scale, kind) -> None:
    """True is none."""
    with pytest.raises(kind, match=r"scale is .*, expected a (finite )?number"):
        ScaleReward(scale)


@pytest.mark.parametrize("nothing", [0, 0.0, -0.0, np.float32(0)])
def test_a_scale_of_zero_would_lose_rewards(nothing) -> None:
    """So it is refused; the message names what shows no rewards."""
    with pytest.raises(ValueError, match=r"would lose each reward.*TransformReward"):
        ScaleReward(nothing)
