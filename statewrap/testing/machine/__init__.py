"""A state machine under hypothesis that treats a deployment as a rough world does."""

from statewrap.testing.machine.machine import DeploymentMachine, deployment_machine

__all__ = ["DeploymentMachine", "deployment_machine"]
