"""What a deployment is made of: the arguments of `statewrap.Deployment` as one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from statewrap.core.checks import Check, OnReset
from statewrap.core.fields import argument
from statewrap.core.policy import Policy
from statewrap.core.wrapper import Below, Stack, StackMemory


@attrs.frozen
class Origin:
    """How a document made an object: what it named, and what it gave to that."""

    thing: Any
    name: str
    maker: Any
    positional: tuple[Any, ...] = ()
    arguments: dict[str, Any] = attrs.field(factory=dict)
    partial: bool = False


@attrs.frozen
class Configuration:
    """What `statewrap.Deployment` is to be made of; None, or an empty list, is what is not said."""

    policy: Policy[Any] | None = None
    stack: Stack = attrs.field(factory=Stack)
    below: Below = attrs.field(factory=Below)
    seed: int | None = None
    memory: StackMemory | None = None
    on_reset: OnReset = "continue"
    check: Check = "first"
    fallback: Any = argument(None)
    report_every: int | None = None
    statistics: Any = ()
    sinks: tuple[Any, ...] | None = None
    session: str | None = None
    clock: Callable[[], float] | None = None
    environment: str | None = attrs.field(default=None, eq=False)
    """The name of Gymnasium's environment that `below` was taken from."""
    origins: tuple[Origin, ...] = attrs.field(default=(), eq=False, repr=False)
    """How its objects were made, for those that cannot tell."""

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `Deployment`, those left out that are as if not said.

        >>> Configuration(seed=7).arguments()
        {'seed': 7}
        """
        nothing = Configuration()
        every = {a.name: getattr(self, a.name) for a in attrs.fields(Configuration) if a.eq}
        return {
            name: given for name, given in every.items() if _said(given, getattr(nothing, name))
        }

    def origin(self, thing: Any) -> Origin | None:
        """Return how an object was made, if a document did."""
        return next((origin for origin in self.origins if origin.thing is thing), None)


def _said(given: Any, nothing: Any) -> bool:
    """Tell whether an argument was given; an array is never nothing."""
    return type(given) is not type(nothing) or bool(given != nothing)
