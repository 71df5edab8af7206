"""Values in error messages: on one line, not too long, whatever their `repr` does."""

from __future__ import annotations

WIDEST = 100


def brief(value: object, widest: int = WIDEST) -> str:
    """Print a value on one line, its middle left out if it is long.

    >>> brief("x" * 200, 20)
    "'xxxxxx ... xxxxxx'"
    """
    try:
        text = " ".join(repr(value).split())
    except Exception as error:  # noqa: BLE001 - a message is no place to fail
        text = f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    if len(text) <= widest:
        return text
    half = (widest - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def sentence(error: BaseException) -> str:
    """Return what an exception says, with a full stop."""
    try:
        words = str(error).strip()
    except Exception as failure:  # noqa: BLE001 - a message is no place to fail
        words = f"<its text raises {type(failure).__name__}>"
    return words if words.endswith((".", "?", "!")) else f"{words}."
