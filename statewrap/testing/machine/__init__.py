"""A state machine under hypothesis that treats a deployment as a rough world does."""

from statewrap.testing.machine.machine import DeploymentMachine
from statewrap.testing.machine.make import deployment_machine

__all__ = ["DeploymentMachine", "deployment_machine"]
