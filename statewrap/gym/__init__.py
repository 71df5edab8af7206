"""Other people's loops: stacks as Gymnasium wrappers, and Gymnasium's wrappers as stacks."""

from statewrap.gym import rows, sb3
from statewrap.gym.explain import Explanation, explain
from statewrap.gym.known import register_twin
from statewrap.gym.translation import from_env, from_spec
from statewrap.gym.wrapper import GymWrapper, below_env

__all__ = [
    "Explanation",
    "GymWrapper",
    "below_env",
    "explain",
    "from_env",
    "from_spec",
    "register_twin",
]

rows.enter()
sb3.enter()
