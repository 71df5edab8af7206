"""What several wrappers ask of the spaces below them, and the affine map."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import BindError
from statewrap.core.wrapper import Below
from statewrap.wrappers.affine import affine
from statewrap.wrappers.below import box_below, locked, owned, refusal
from statewrap.wrappers.flatten import FlattenObservation

WHO = FlattenObservation()


def test_a_refusal_is_caused_by_gymnasiums_kind_of_error() -> None:
    """So that who stands in for Gymnasium can raise that one, in the same words."""
    error = refusal(TypeError, "No.")

    assert (BindError, "No.") == (type(error), str(error))
    assert (TypeError, "No.") == (type(error.__cause__), str(error.__cause__))


@pytest.mark.parametrize("name", ["observation_space", "action_space"])
def test_asks_for_a_box(name) -> None:
    """Of observations or actions; what is there is shown, and what to do."""
    box = Box(0.0, 1.0, (2,))

    assert box is box_below(WHO, Below(**{name: box}), name)
    with pytest.raises(BindError, match=f"needs the {name}"):
        box_below(WHO, Below(), name)
    with pytest.raises(BindError) as caught:
        box_below(WHO, Below(**{name: Discrete(3)}), name)
    words = name.replace("_", " ")
    assert (
        f"FlattenObservation() requires a Box {words} below it, got Discrete(3). Leave the wrapper "
        f"out, or put it where the {words} is a Box." == str(caught.value)
    )


def test_an_array_is_owned_if_nobody_can_write_to_it() -> None:
    """A read-only one is itself; another is copied, and the original left as it was."""
    mine = np.arange(3.0)
    copied = owned(mine)

    assert mine.flags.writeable
    assert not np.shares_memory(mine, copied)
    assert not copied.flags.writeable
    assert copied is owned(copied)


def test_what_was_made_is_locked() -> None:
    """An array; a scalar is locked by nature."""
    made = np.arange(3.0)

    assert made is locked(made)
    assert not made.flags.writeable
    assert 1.0 == locked(np.float32(1.0))


def test_maps_the_bounds_onto_each_other() -> None:
    """And shifts, or leaves, what is unbounded."""
    inf = np.inf
    box = Box(np.array([0.0, -inf, 5.0, -inf]), np.array([10.0, 7.0, inf, inf]), dtype=np.float64)

    gradient, intercept = affine(
        box, np.array([-1.0, -inf, -1.0, -inf]), np.array([1.0, 4.0, inf, inf])
    )

    assert ([0.2, 1.0, 1.0, 1.0], [-1.0, -3.0, -6.0, 0.0]) == (
        gradient.tolist(),
        intercept.tolist(),
    )
