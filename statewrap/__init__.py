"""Gymnasium wrapper stacks as explicit state machines, for environments that own the loop."""

from statewrap.core.borders import freeze
from statewrap.core.drivers import pull, push
from statewrap.core.errors import (
    BindError,
    BusyError,
    ConfigurationError,
    InputError,
    MissingExtraError,
    PolicyError,
    ProtocolError,
    SettleError,
    SnapshotError,
    SpaceError,
    StatewrapError,
    WrapperError,
)
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.policy import FunctionPolicy, Policy
from statewrap.core.registry import register
from statewrap.core.same import same
from statewrap.core.session import Command, Over, Wanted
from statewrap.core.wrapper import Below, Stack, Wrapper, bound
from statewrap.deployment import Deployment

__all__ = [
    "Act",
    "Below",
    "BindError",
    "BusyError",
    "Command",
    "ConfigurationError",
    "Deployment",
    "FunctionPolicy",
    "InputError",
    "Key",
    "MissingExtraError",
    "Over",
    "Policy",
    "PolicyError",
    "ProtocolError",
    "Reset",
    "SettleError",
    "SnapshotError",
    "SpaceError",
    "Stack",
    "StatewrapError",
    "TimeStep",
    "Wanted",
    "Wrapper",
    "WrapperError",
    "argument",
    "bound",
    "derived",
    "freeze",
    "pull",
    "push",
    "register",
    "same",
]
