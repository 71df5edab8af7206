"""The decorator of messages, memories of stacks, and events: immutable values, cheap to make.

mypy sees `attrs.frozen` and refuses an assignment to a field; the laws of `statewrap.testing` find
one made behind its back. When the program runs the classes are not frozen, because a frozen
one costs four times as much to make and several are made per act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

__all__ = ["value"]
