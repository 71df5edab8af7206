"""Other people's loops: a stack as an ordinary Gymnasium wrapper."""

from statewrap.gym.wrapper import GymWrapper, below_env

__all__ = ["GymWrapper", "below_env"]
