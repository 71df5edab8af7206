"""What is wrong with a golden dialogue, or with what is said now."""

from __future__ import annotations

from typing import Any, Final

from statewrap.core.errors import StatewrapError

CURE: Final = "Take it from version control, or record it anew."

_REWRITE: Final = (
    "If what is said now is right, rewrite the file: run pytest with --statewrap-update, or pass "
    "update=True."
)


class GoldenError(StatewrapError, ValueError):
    """A golden dialogue is missing, damaged or of another format, or cannot be written."""


class GoldenBroken(AssertionError):  # noqa: N818 - no error of this library: a test fails
    """A dialogue differs from the golden one. The message says where, in what, and the cure."""

    def __init__(self, words: str, *, step: int, gap: int | None, who: str, field: str) -> None:
        """Say where two dialogues differ.

        Args:
            words: all that is known of it.
            step: the number of the step.
            gap: where in the stack; None if a call, its answer or the whole stack differs.
            who: the wrapper, "the environment", "the policy", "the host" or "the deployment".
            field: what differs first, with both values.
        """
        super().__init__(f"{words}\n{_REWRITE}")
        self.step, self.gap, self.who, self.field = step, gap, who, field


def hidden(raised: Any) -> bool:
    """Tell pytest to leave this package's frames out of the traceback of these two."""
    return bool(raised.errisinstance((GoldenBroken, GoldenError)))
