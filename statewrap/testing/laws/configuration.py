"""Laws about a wrapper's configuration: what it prints, what it takes, what it does not notice."""

from __future__ import annotations

import copy
from typing import Any

import attrs

from statewrap.core.errors import StatewrapError
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.laws.arguments import arguments, is_plain, scope
from statewrap.testing.laws.law import Broken, Setting, law


@law(
    cure="Make the class `@attrs.frozen`, let `repr` and `==` cover every argument, and declare "
    "one that may be an array, a function or a space by `x: Any = statewrap.argument()`."
)
def repr_rebuilds(setting: Setting) -> None:
    """A wrapper equals its copy, and its `repr`, evaluated, is that wrapper again.

    The latter where all arguments are plain: numbers, strings, arrays, and containers and records
    of them. A class without attrs that holds nothing has nothing to say.
    """
    for wrapper in setting.unbound:
        held = arguments(wrapper)
        if held or attrs.has(type(wrapper)):
            plain = all(map(is_plain, held.values()))
            _equals_its_copy(wrapper, plain=plain)
            _equals_its_repr(wrapper, plain=plain)


def _equals_its_copy(wrapper: Wrapper[Any], *, plain: bool) -> None:
    try:
        twin = copy.deepcopy(wrapper)
    except Exception:  # noqa: BLE001 - what cannot be copied has no copy to be equal to
        return
    if not _equal(wrapper, twin) and plain:
        raise Broken(f"{brief(wrapper)} is not equal to a copy of itself.")
    try:
        one, other = _fingerprint(wrapper), _fingerprint(twin)
    except (StatewrapError, TypeError):  # other laws tell what cannot be saved
        return
    label = None if one.opaque else one.first_difference(other)
    if label:
        raise Broken(
            f"To a snapshot, {brief(wrapper)} and a copy of it are two: {label} is "
            f"{one.parts.get(label)}, and in the copy {other.parts.get(label)}."
        )


def _equal(one: Wrapper[Any], other: Wrapper[Any]) -> bool:
    try:
        return bool(one == other)
    except Exception as error:
        what = f"== raises {type(error).__name__}: {sentence(error)}"
        name = _incomparable(arguments(one), arguments(other))
        if name is None:
            raise Broken(
                f"{brief(one)} cannot be compared with a copy of itself: {what}"
            ) from error
        raise Broken(
            f"{brief(one)} cannot be compared with a copy of itself, for its argument {name!r} "
            f"is or holds an array: {what}",
            cure=f"Declare it `{name}: Any = statewrap.argument()`, which compares by content and "
            "prints to the last bit.",
        ) from error


def _incomparable(held: dict[str, Any], copied: dict[str, Any]) -> str | None:
    """Name the argument whose comparison raises."""
    for name, value in held.items():
        try:
            bool(value == copied[name])
        except Exception:  # noqa: BLE001 - that is what is asked
            return name
    return None


def _fingerprint(wrapper: Wrapper[Any]) -> Any:
    from statewrap.package.fingerprint import fingerprint  # noqa: PLC0415 - a dialogue does without

    return fingerprint(Stack(wrapper), Below())


def _equals_its_repr(wrapper: Wrapper[Any], *, plain: bool) -> None:
    text = _repr(wrapper)
    if not plain:
        return
    try:
        again = eval(text, scope(wrapper))  # noqa: S307 - the wrapper's own words
    except Exception as error:
        raise Broken(
            f"Its repr, evaluated, raises {type(error).__name__}: {sentence(error)}"
        ) from error
    same_class = type(again) is type(wrapper)
    found = difference(arguments(wrapper), arguments(again)) if same_class else brief(again)
    if found:
        raise Broken(f"Its repr, evaluated, is another wrapper (this != that): {found}.")
    if not _equal(wrapper, again):
        raise Broken("Its repr, evaluated, has the same arguments, but is not equal (==) to it.")


def _repr(wrapper: Wrapper[Any]) -> str:
    try:
        return repr(wrapper)
    except Exception as error:
        raise Broken(
            f"The repr of a {type(wrapper).__name__} raises {type(error).__name__}: "
            f"{sentence(error)}"
        ) from error
