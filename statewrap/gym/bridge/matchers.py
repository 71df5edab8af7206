"""How each kind of object that a wrapper may make is compared with its form; see `codec`.

What is not in the table is taken to have changed, and is written anew.
"""

from __future__ import annotations

import types
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from statewrap.core.draws import state_of
from statewrap.core.registry import qualified_name
from statewrap.gym.bridge.kinds import STILL
from statewrap.gym.bridge.views import lies, root_of

if TYPE_CHECKING:
    from statewrap.gym.bridge.codec import Matcher


def as_it_was(value: Any, form: Any) -> bool:
    """Tell whether an array that owns its memory would be written so, bit for bit."""
    twin = form[1]
    return bool(
        value.shape == twin.shape
        and value.dtype is twin.dtype
        and value.strides == twin.strides
        and value.tobytes() == twin.tobytes()
        and value.flags.writeable is form[2]
    )


def _is(matcher: Matcher, value: Any, form: Any) -> bool:
    return matcher.things[form[1]] is value


def _again(matcher: Matcher, value: Any, form: Any) -> bool:
    return form[1] < len(matcher.made) and matcher.made[form[1]] is value


def _tuple(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not tuple or id(value) in matcher.index:
        return False
    return _items(matcher, value, form[1])


def _list(matcher: Matcher, value: Any, form: Any) -> bool:
    return type(value) is list and matcher.enters(value) and _items(matcher, value, form[1])


def _deque(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not deque or value.maxlen != form[1]:
        return False
    return matcher.enters(value) and _items(matcher, value, form[2])


def _items(matcher: Matcher, values: Any, forms: Any) -> bool:
    return len(values) == len(forms) and matcher.all(values, forms)


_NAMED: Final = (type, types.FunctionType, np.ufunc)
_DICTS: Final = {kind: kind.__name__ for kind in (dict, OrderedDict, Counter)}


def _dict(matcher: Matcher, value: Any, form: Any) -> bool:
    if _DICTS.get(type(value)) != form[1] or not matcher.enters(value):
        return False
    return _items(matcher, value, form[2]) and _items(matcher, value.values(), form[3])


def _set(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not set or not matcher.enters(value):
        return False
    return _members(value, form[1])


def _frozenset(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not frozenset or id(value) in matcher.index:
        return False
    return _members(value, form[1])


def _members(members: Any, forms: Any) -> bool:
    """Tell whether members are the very atoms that they were."""
    return {*map(id, members)} == {*map(id, forms)}


def _objects(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not np.ndarray or not value.dtype.hasobject or value.shape != form[1]:
        return False
    if isinstance(value.base, np.ndarray) or not matcher.enters(value):
        return False
    return _items(matcher, value.ravel().tolist(), form[2])


def _bytearray(matcher: Matcher, value: Any, form: Any) -> bool:
    return type(value) is bytearray and matcher.enters(value) and value == form[1]


def _array(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not np.ndarray or value.base is not None:
        return False
    return matcher.enters(value) and as_it_was(value, form)


def _view(matcher: Matcher, value: Any, form: Any) -> bool:
    root = root_of(value) if type(value) is np.ndarray else None
    if type(root) is not np.ndarray or not matcher.one(root, form[1]):
        return False
    return matcher.enters(value) and lies(value, root) == form[2]


def _generator(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) is not np.random.Generator:
        return False
    return matcher.enters(value) and bool(state_of(value) == form[1])


def _object(matcher: Matcher, value: Any, form: Any) -> bool:
    _, name, names, parts, count = form
    kind = type(value)
    if kind not in matcher.names.layouts or not matcher.enters(value):
        return False
    known, slots = matcher.names.layouts[kind]
    held = getattr(value, "__dict__", None)
    if held is not None:
        if id(held) in matcher.numbers or id(held) in matcher.index:
            return False
        matcher.numbers[id(held)] = -1  # it has none of its own
    held = held or {}
    there = [slot for slot in slots if hasattr(value, slot)]
    if name != known or len(held) != count or names != (*held, *there):
        return False
    return matcher.all([*held.values(), *(getattr(value, slot) for slot in there)], parts)


def _opaque(matcher: Matcher, value: Any, form: Any) -> bool:
    return value is form[1] and isinstance(value, STILL) and id(value) not in matcher.index


def _named(matcher: Matcher, value: Any, form: Any) -> bool:
    if type(value) not in _NAMED or id(value) in matcher.index:
        return False
    return bool(qualified_name(value) == form[1])


def _vars(matcher: Matcher, value: Any, form: Any) -> bool:
    made = matcher.made
    return form[1] < len(made) and getattr(made[form[1]], "__dict__", None) is value


MATCHERS: Final[dict[str, Callable[[Matcher, Any, Any], bool]]] = {
    "is": _is,
    "again": _again,
    "vars": _vars,
    "tuple": _tuple,
    "list": _list,
    "deque": _deque,
    "dict": _dict,
    "set": _set,
    "frozenset": _frozenset,
    "bytearray": _bytearray,
    "objects": _objects,
    "array": _array,
    "view": _view,
    "generator": _generator,
    "object": _object,
    "opaque": _opaque,
    "name": _named,
}
