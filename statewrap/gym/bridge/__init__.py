"""Other people's wrappers, unmodified, under inverted control."""

from statewrap.gym.bridge.bridge import Bridge
from statewrap.gym.bridge.description import Description

__all__ = ["Bridge", "Description"]
