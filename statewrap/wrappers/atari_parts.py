"""What the wrappers for Atari games have in common."""

from __future__ import annotations

from typing import Any

from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below
from statewrap.wrappers.below import refusal


def lives_of(wrapper: Any, timestep: TimeStep) -> int:
    """Return `info["lives"]`, how many lives are left.

    Args:
        wrapper: who asks, for the error.
        timestep: what the environment showed.

    Raises:
        ValueError: if it does not tell.
    """
    if "lives" not in timestep.info:
        raise ValueError(
            f"{wrapper!r} reads the lives from the info of each time step, but there is no "
            f'"lives" in it: its keys are {sorted(map(str, timestep.info))}. Show how many are '
            "left, as the environments of the Arcade Learning Environment do: "
            'info={"lives": 3}.'
        )
    return int(timestep.info["lives"])


def noops_drawn(noop_max: int, key: Key, draws: NumpyDraws | None) -> tuple[int, NumpyDraws | None]:
    """Draw a number of no-ops from 1 to `noop_max`, by a key or by what else is given."""
    if draws is None:
        return key.integers(1, noop_max + 1)[0], None
    return draws.integers(1, noop_max + 1)


def hold_sends(wrapper: Any, below: Below, *actions: int) -> None:
    """Check that what a wrapper sends by itself is an action, if it is known what one is.

    Raises:
        BindError: if one of the actions is not in the action space below.
    """
    space = below.action_space
    for action in actions if space is not None else ():
        wrong = why_not(space, action, "action")  # type: ignore[arg-type]  # looked at above
        if wrong:
            raise refusal(
                ValueError,
                f"{wrapper!r} sends the action {action} by itself, which must be 'NOOP' (0) or "
                f"'FIRE' (1) of an Atari game, but below it: {wrong}. Leave the wrapper out, or "
                "put it where the actions are the game's.",
            )
