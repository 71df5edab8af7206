"""Other people's loops: stacks as Gymnasium wrappers, and Gymnasium's wrappers as stacks."""

from statewrap.gym import rows, sb3
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.explain import Explained, Explanation, explain
from statewrap.gym.known import register_twin
from statewrap.gym.sampling import sample_observations
from statewrap.gym.translation import from_env, from_spec
from statewrap.gym.wrapper import GymWrapper, below_env

__all__ = [
    "Bridge",
    "Description",
    "Explained",
    "Explanation",
    "GymWrapper",
    "below_env",
    "explain",
    "from_env",
    "from_spec",
    "register_twin",
    "sample_observations",
]

rows.enter()
sb3.enter()
