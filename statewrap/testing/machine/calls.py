"""What an environment shows next, and the calls that no deployment can use."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from statewrap.core.protocol import State
from statewrap.deployment import Deployment
from statewrap.testing.machine.rig import Call, saved

WRONG_REWARDS: Final = (None, float("nan"), "much", b"1", [1.0, 2.0])
WRONG_FLAGS: Final = (None, 1, "no")
WRONG_INFOS: Final = (None, 3, "x", [1])
WRONG_SEEDS: Final = (-1, 0.5, "7", True)
ODD: Final[tuple[Any, ...]] = (
    None,
    "x",
    3,
    float("nan"),
    [],
    {},
    {"x": 1},
    np.zeros(7),
    np.full(2, np.nan),
)
"""What is hardly an observation; where it is none, it is refused or makes somebody raise."""


class Step(NamedTuple):
    """What an environment shows next."""

    observation: Any
    reward: Any
    info: dict[str, Any]
    frame: Any = None

    @property
    def picture(self) -> dict[str, Any]:
        """The picture as an option of a call, where there is one."""
        return {} if self.frame is None else {"frame": self.frame}


def unusable(real: Deployment, step: Step, push: str) -> list[Call]:
    """List the calls that a deployment must refuse as it is now; `push` is "act" or "observe"."""
    opens = real.state is not State.ACTING
    shown, reward, info, number = step.observation, step.reward, step.info, real.step
    picture = step.picture
    snapshot = saved(real)
    calls = [
        *(Call("reset", (shown, wrong), picture) for wrong in WRONG_INFOS),
        *(Call("reset", (shown, info), {**picture, "seed": wrong}) for wrong in WRONG_SEEDS),
        *(
            Call("reset", (shown, info), {**picture, "step": wrong})
            for wrong in (number + 1, number - 2, "0", True, 0.0)
        ),
        *(Call("restore", (wrong,)) for wrong in (b"", "text", b"x" * 99, snapshot[:-1])),
        Call("restore", (snapshot[:-9] + bytes([snapshot[-9] ^ 1]) + snapshot[-8:],)),
        *(Call("fork", (), {"seed": wrong}) for wrong in WRONG_SEEDS),
        Call("close", (), {"reward": 1.0}),
        Call("close", (), {"terminated": True}),
    ]
    if real.state is State.WANTED:
        return [*calls, Call("decide", (None,)), Call("decide", (0,), {"step": number})]
    if opens:
        wrong_openings = ((1.0, False, False), (0.0, True, False), (0.0, False, True))
        return [
            *calls,
            *(Call(push, (shown, *wrong, info), picture) for wrong in wrong_openings),
        ]
    return [
        *calls,
        Call(push, (shown,), {"info": info, **picture}),
        *(Call(push, (shown, wrong), picture) for wrong in WRONG_REWARDS),
        *(Call(push, (shown, reward, wrong), picture) for wrong in WRONG_FLAGS),
        *(Call(push, (shown, reward, False, wrong), picture) for wrong in WRONG_FLAGS),
        *(Call(push, (shown, reward, False, False, wrong), picture) for wrong in WRONG_INFOS),
    ]
