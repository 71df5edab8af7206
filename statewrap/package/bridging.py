"""Gymnasium's own wrappers in documents: `{type = "Bridge", wrapper = "package.module:Class"}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from statewrap.core.fields import a_function, argument
from statewrap.gym.bridge import Bridge


@attrs.frozen
class GymnasiumWrapper:
    """Puts a Gymnasium wrapper on an environment, with arguments by name.

    >>> from gymnasium.wrappers import RepeatAction
    >>> GymnasiumWrapper(RepeatAction, {"num_repeats": 2})
    GymnasiumWrapper(wrapper=gymnasium.wrappers.stateful_action:RepeatAction, arguments={...: 2})
    """

    wrapper: Callable[..., Any] = argument(validator=a_function)
    arguments: Mapping[str, Any] = argument(factory=dict)

    def __call__(self, env: Any) -> Any:
        """Wrap an environment."""
        return self.wrapper(env, **self.arguments)


def bridge(
    factory: Callable[[Any], Any] | None = None,
    *,
    wrapper: Callable[..., Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    **options: Any,
) -> Bridge:
    """Make a `Bridge`, of a function of an environment or of a wrapper's class.

    Args:
        factory: puts wrappers on an environment.
        wrapper: the class of a Gymnasium wrapper, in place of a factory.
        arguments: what the class is given beside the environment.
        options: other arguments of `Bridge`.

    Raises:
        ValueError: if it is neither, or both.
    """
    if (factory is None) == (wrapper is None) or (factory is not None and arguments):
        raise ValueError('expected wrapper = "package.module:Class" with arguments, or a factory.')
    if wrapper is not None:
        factory = GymnasiumWrapper(wrapper, arguments or {})
    assert factory is not None  # noqa: S101 - one of the two is given
    return Bridge(factory, **options)
