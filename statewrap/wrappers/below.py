"""What several wrappers ask of the spaces below them, and how they refuse."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from statewrap.core.errors import BindError, InputError, SpaceError
from statewrap.core.spaces import why_not
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below


def refusal(kind: type[Exception], words: str) -> BindError:
    """Return a BindError, caused by an exception of the kind that Gymnasium raises there.

    >>> raise refusal(TypeError, "A Box is needed, got Discrete(2).")
    Traceback (most recent call last):
    statewrap.BindError: A Box is needed, got Discrete(2).
    """
    error = BindError(words)
    error.__cause__ = kind(words)
    return error


def box_below(wrapper: Any, below: Below, name: str = "observation_space") -> Box:
    """Return the Box that a wrapper cannot do without.

    Args:
        wrapper: it is named in the error.
        below: what is known.
        name: "observation_space" or "action_space".

    Raises:
        BindError: if the space is unknown or no Box.
    """
    space = below.require(name, wrapper)
    if isinstance(space, Box):
        return space
    words = name.replace("_", " ")
    raise refusal(
        TypeError,
        f"{wrapper!r} requires a Box {words} below it, got {space}. Leave the wrapper out, or put "
        f"it where the {words} is a Box.",
    )


def unfit(
    wrapper: Any, space: Any, value: Any, error: Exception, what: str = "observation"
) -> InputError:
    """Return what is to be raised where a value made an operation fail.

    It is looked at only now, so that one that fits costs nothing.

    Args:
        wrapper: it is named in the error.
        space: the space that was announced for the value.
        value: what came.
        error: what was raised; it tells why, where the value is in the space.
        what: "observation" or "action".
    """
    wrong = why_not(space, value, what)
    who = "what shows it" if what == "observation" else "the policy"
    kind = SpaceError if wrong else InputError
    found = f"the {wrong}" if wrong else f"{brief(value)} came, and: {sentence(error)[:-1]}"
    return kind(
        f"{wrapper!r} cannot use the {what}: {found}. It has to be in {space}. Mend {who}, or the "
        "space that is announced."
    )


def real(value: Any, shape: tuple[int, ...]) -> None:
    """Hold that a value is made of real numbers and has a shape.

    Numpy would make numbers of text, and NaN of None.

    Raises:
        TypeError: if it is made of something else.
        ValueError: if it has another shape.

    >>> real(None, ())
    Traceback (most recent call last):
    TypeError: None is not made of numbers.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{brief(value)} is not made of numbers.")
    if array.shape != shape:
        raise ValueError(f"The shape is {array.shape}, expected {shape}.")


def cast(array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return numbers in another dtype. Floats may be rounded; nothing wraps or becomes infinite.

    Raises:
        TypeError: if the kinds do not fit, as floats do not become integers.
        OverflowError: if an integer has no place in the dtype.
        FloatingPointError: if a float has none.

    >>> cast(np.array([40000]), np.dtype(np.int16))
    Traceback (most recent call last):
    OverflowError: 40000 has no place in int16, which holds -32768 to 32767.
    """
    if array.dtype == dtype:
        return array
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(f"Cannot cast {array.dtype} to {dtype}.")
    if dtype.kind in "iu" and array.size:
        least, most, bounds = int(array.min()), int(array.max()), np.iinfo(dtype)
        if least < bounds.min or most > bounds.max:
            raise OverflowError(
                f"{least if least < bounds.min else most} has no place in {dtype}, which holds "
                f"{bounds.min} to {bounds.max}."
            )
    with np.errstate(over="raise"):
        return array.astype(dtype)


def whole(value: Any) -> int:
    """Return a whole number, also of an array of one, as an int.

    Raises:
        TypeError: if it is none, such as a float.

    >>> whole(np.array([3]))
    3
    """
    try:
        return index(value)
    except TypeError:
        return index(np.asarray(value).item())


def owned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array that nobody can write to: as it is, or copied where somebody could."""
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


def locked(value: Any) -> Any:
    """Return what was just made, so that nobody writes into it."""
    value.setflags(False)  # does nothing to a numpy scalar
    return value
