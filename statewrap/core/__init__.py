"""Explicit state machines in place of wrappers: the pieces everything else is made of."""
