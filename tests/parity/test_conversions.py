"""Stacks that end in arrays of another library, over drawn wrappers; all three loops agree.

`STATEWRAP_FULL=1` draws many more of them.
"""

from __future__ import annotations

import os

import attrs
import pytest

from tests.parity.draws import drawn_case
from tests.parity.loops import all_three
from tests.parity.recipes import layer

for _needed in ("jax", "torch", "array_api_compat"):
    pytest.importorskip(_needed)

MANY = 60 if os.environ.get("STATEWRAP_FULL") else 2
TO_JAX = layer("ArrayConversion", env_xp="numpy", target_xp="jax.numpy")
TO_TORCH = layer("ArrayConversion", env_xp="numpy", target_xp="torch")
ENDS = {
    "NumpyToTorch": ((), (layer("NumpyToTorch"),)),
    "JaxToNumpy": ((TO_JAX, layer("JaxToNumpy")), ()),
    "JaxToTorch": ((), (TO_JAX, layer("JaxToTorch"))),
    "ArrayConversion": ((), (TO_TORCH,)),
}
"""What stands below the drawn wrappers, and above them."""
HARMLESS = {
    "Autoreset",
    "ClipReward",
    "DelayObservation",
    "FrameStackObservation",
    "OrderEnforcing",
    "RecordEpisodeStatistics",
    "RepeatAction",
    "StickyAction",
    "TimeLimit",
    "TransformReward",
}
"""Wrappers that take observations and actions as they come."""

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.mark.parametrize("number", range(MANY))
@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
@pytest.mark.parametrize("kind", ENDS)
def test_all_three_loops_agree(kind, name, number):
    """With those of the drawn wrappers between that take whatever comes."""
    below, above = ENDS[kind]
    drawn = drawn_case(name, 1000 + number)
    world = attrs.evolve(drawn.world, form="as given", pictured=False)
    between = tuple(one for one in drawn.layers if one.name in HARMLESS)
    case = attrs.evolve(drawn, world=world, layers=(*below, *between, *above))

    found = all_three(case, 3)

    assert found is None, found
