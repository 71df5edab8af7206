"""Where live wrappers are made and kept while nobody uses them."""

from __future__ import annotations

from typing import Any, Final, Protocol, Self

from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below
from statewrap.gym.bridge.asked import Asked
from statewrap.gym.bridge.constants import digest_of
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.bridge.graph import FORM, State
from statewrap.gym.bridge.kinds import Names
from statewrap.gym.bridge.live import Live
from statewrap.gym.bridge.stub import Factory, of_its_own


class Shelf(Protocol):
    """Where live wrappers are found."""

    def take(self) -> Live:
        """Return one that nobody uses."""

    def put(self, live: Live) -> None:
        """Put one back."""


class Workshop:
    """Makes live wrappers over what lies below; all of them are alike.

    Several threads may work with one bound stack: each takes a live wrapper of its own, and puts
    it back. What it holds then is left as it is, for the next call may go on from there.
    """

    puts_back: Final = True
    """Whatever one of them holds is put back before it is used: nothing of a session stays here."""

    def __init__(self, factory: Factory, below: Below, description: Description) -> None:
        self._factory = factory
        self._below = of_its_own(below)
        self._spaces = below.observation_space, below.action_space
        self._description = description
        self.asked = Asked()
        """What the wrappers asked of the environment that is not there."""
        self.names = Names()
        self._free: list[Live] = []
        self.hot: frozenset[int] | None = None
        """Which objects change, as far as is known; None for any."""
        self._form: tuple[str, str] | None = None
        self._base: State | None = None
        self._own = 0
        self._constants: str | None = None

    def take(self) -> Live:
        """Return one that nobody uses.

        Raises:
            NotBridgeableError: if the factory has made something else than at first.
        """
        try:
            return self._free.pop()  # which no other thread comes between
        except IndexError:
            return self.another()

    def base(self) -> State:
        """Return the state in which the first of them was made: what it drew, all go on with."""
        if self._base is None:
            self.put(self.another())
        base: State = self._base  # type: ignore[assignment]  # one was made
        if self.hot is None:
            return base
        return {p: c for p, c in base.items() if p in self.hot} | {FORM: self._said()}

    def settle(self, hot: frozenset[int] | None) -> None:
        """Take it that these objects change; those that were made before are forgotten."""
        self.hot = hot
        self._free.clear()
        self._constants = None

    def put(self, live: Live) -> None:
        """Put one back, which nobody uses any more."""
        self._free.append(live)

    def another(self, opening: TimeStep | None = None) -> Live:
        """Make one more, to which an opening is shown if it resets its environment meanwhile.

        Raises:
            NotBridgeableError: if it cannot be put back, or is not like the first.
        """
        known = self._factory, self._below, self._description, self.asked, self.names
        made = Live.make(*known, self._spaces, opening)
        made.hot = self.hot
        self._base = self._base or dict(made.graph.base)
        self._own = made.graph.own
        self._form = self._form or made.graph.form
        if made.graph.form != self._form:
            raise NotBridgeableError(
                f"{self._factory!r:.100} made two wrappers that are not alike. A factory has to "
                "make the same each time: `lambda env: MyWrapper(env, ...)`."
            )
        if self.hot is not None:
            made.graph.base[FORM] = self._said()
        return made

    def _said(self) -> tuple[str, ...]:
        """Return what a state says of what it goes with: forms, and what does not change."""
        base: State = self._base  # type: ignore[assignment]  # one was made
        hot: frozenset[int] = self.hot  # type: ignore[assignment]  # it is known
        if self._constants is None:
            kept = (c for p, c in base.items() if p not in hot and p < self._own)
            self._constants = digest_of(kept)
        return *self._form, self._constants  # type: ignore[misc]  # one was made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the same: nothing of a session is kept here."""
        return self


class Only:
    """A workshop with one live wrapper."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def take(self) -> Live:
        """Return it."""
        return self._live

    def put(self, live: Live) -> None:
        """Do nothing."""
