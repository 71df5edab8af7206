"""The machine for a function that makes deployments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from statewrap.deployment import Deployment
from statewrap.testing.machine.machine import DeploymentMachine


def deployment_machine(make: Callable[..., Deployment], **options: Any) -> Any:
    """Return the `TestCase` of a machine for the deployments that a function makes.

    Args:
        make: `make(**options)` returns `Deployment(policy, stack, ..., **options)`.
        options: the class variables of `DeploymentMachine` (`sessions`, `on_reset`,
            `fresh_interpreters`), and strategies for `observations`, `rewards`, `infos`, `actions`
            and `frames`.

    Raises:
        TypeError: if an option is none of these.

    >>> from gymnasium.spaces import Box, Discrete
    >>> from statewrap.wrappers import RepeatAction
    >>> def make(**options):
    ...     spaces = {"observation_space": Box(-1, 1), "action_space": Discrete(3)}
    ...     return Deployment(lambda observation: 1, RepeatAction(2), **spaces, **options)
    >>> TestMine = deployment_machine(make, sessions=2)
    """
    parts: dict[str, Any] = {
        "make": lambda self, **given: make(**given),  # noqa: ARG005
        "_maker": make,
        "__module__": getattr(make, "__module__", __name__),
        "__doc__": DeploymentMachine.__doc__,
    }
    for name, value in options.items():
        if name in ("observations", "rewards", "infos", "actions", "frames"):
            parts[name] = lambda self, value=value: value  # noqa: ARG005
        elif name in ("sessions", "on_reset", "fresh_interpreters"):
            parts[name] = value
        else:
            raise TypeError(f"deployment_machine has no option {name!r}; see its docstring.")
    name = f"MachineOf_{getattr(make, '__name__', 'make')}"
    return type(name, (DeploymentMachine,), parts).TestCase  # type: ignore[attr-defined]
