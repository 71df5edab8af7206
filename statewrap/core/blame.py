"""Who broke a rule: read from the hops of the step in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import attrs

from statewrap.core.events import Fact
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.protocol import wrong_opening
from statewrap.core.words import brief
from statewrap.core.wrapper import Stack


@attrs.frozen
class Blame:
    """Finds the words for a broken rule."""

    stack: Stack
    policy: Policy[Any] | None
    hops: Sequence[Fact]

    def act_after_last(self, act: Act) -> str:
        """Say who sent the environment an act after its last time step."""
        hider = self._who_hid_the_last()
        if hider is not None:
            return (
                f"{hider} was shown the last time step of an episode and showed one that is not "
                f"last, so {brief(act)} followed, but the environment takes no act then. Keep "
                "the flags: `timestep.replace(...)` does."
            )
        who, asked = self._who_began()
        if type(asked) is Reset:
            return (
                f"{who} sent {brief(act)} in place of {brief(asked)}, but the environment's "
                "episode is over, and it takes no act then. Let the reset fall: "
                "`return memory, request`."
            )
        return (
            f"{who} answered the last time step of an episode with {brief(act)}, but the "
            "environment takes no act after it. Let it rise: "
            "`if timestep.last: return memory, timestep`."
        )

    def shown_wrongly(self, wrong: str) -> str:
        """Name the lowest wrapper above which an opening was wrong."""
        rising = ((gap, what) for gap, what in self.hops if type(what) is TimeStep)
        gap = next((gap for gap, what in rising if what.first and wrong_opening(what)), None)
        who = self._name(gap - 1) if gap else brief(self.stack, 400)
        return (
            f"{who} showed {wrong}. A `first` time step opens an episode for those above: it has "
            "reward 0, no flag, and comes before any other."
        )

    def ended_twice(self) -> str:
        """Name who ended an episode that the stack itself had just opened."""
        who = None
        for gap, what in reversed(self._crossings()):
            if type(what) is TimeStep and not what.last:
                break
            if type(what) is TimeStep and gap > 0:
                who = self._name(gap - 1)  # the lowest above which it was a last one
        if who is None:
            answered = [name for name, _, said in self._turns() if type(said) is Reset]
            who = answered[-1] if answered else brief(self.stack, 400)
        return (
            f"{who} ended the episode that was opened in place of an ended one before an action "
            "had left. A stack may end an episode on its own once a call; the next one has to act "
            "first."
        )

    def never_settles(self, decisions: int) -> str:
        """List who answered whom in the last cycle."""
        lines: list[str] = []
        for name, shown, said in reversed(self._turns()):
            line = f"  {name} answered {brief(shown)} with {brief(said)}"
            if line in lines:
                break
            lines.append(line)
        return (
            f"Stack and policy did not settle: {decisions} decisions were made within one step "
            "and none of them led to an act. In the last cycle:\n" + "\n".join(reversed(lines[:20]))
        )

    def _name(self, index: int) -> str:
        if index < len(self.stack):
            return brief(self.stack[index])
        return f"the policy {brief(self.policy)}"

    def _crossings(self) -> list[tuple[int, Message]]:
        return [(gap, what) for gap, what in self.hops if isinstance(what, Message)]

    def _turns(self) -> list[tuple[str, Message, Message]]:
        """List who turned a message round: a name, what it was shown and what it said."""
        turns = []
        for (gap, shown), (after, said) in pairwise(self._crossings()):
            rose = type(shown) is TimeStep
            if gap == after and rose is not (type(said) is TimeStep):
                turns.append((self._name(gap if rose else gap - 1), shown, said))
        return turns

    def _who_began(self) -> tuple[str, Message | None]:
        """Say who sent the act that left, and what that answered."""
        for (above, before), (gap, _) in reversed([*pairwise(self._crossings())]):
            if above != gap + 1 or type(before) is not Act:
                return self._name(gap), before
        return brief(self.stack, 400), None

    def _who_hid_the_last(self) -> str | None:
        """Name who showed something else in place of the environment's last time step."""
        for (gap, shown), (above, said) in reversed([*pairwise(self._crossings())]):
            if type(shown) is not TimeStep or not shown.last:
                continue
            if above == gap + 1 and type(said) is TimeStep and not said.last:
                return self._name(gap)
            if gap == 0:
                break
        return None
