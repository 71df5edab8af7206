"""Gymnasium wrapper stacks as explicit state machines, for environments that own the loop.

The public names stand in `__init__.pyi`, and are imported when they are used: `import statewrap`
costs next to nothing, as pytest wants it, which loads this package's plugin in every session.
"""

from statewrap.core.lazy import offer

__all__, __getattr__, __dir__ = offer(__name__)
