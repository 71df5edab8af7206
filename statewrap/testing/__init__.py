"""Tools to test a wrapper alone: dialogues, traces and laws.

The names stand in `__init__.pyi`, and are imported when they are used. Hypothesis strategies are in
`statewrap.testing.strategies`, which needs hypothesis.
"""

from statewrap.core.lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
