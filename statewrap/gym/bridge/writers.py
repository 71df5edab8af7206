"""How each kind of object that a wrapper may make is written; see `codec`."""

from __future__ import annotations

import enum
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from gymnasium.spaces import Space

from statewrap.core.draws import state_of
from statewrap.core.registry import qualified_name
from statewrap.core.tensors import library_of
from statewrap.gym.bridge import kinds, tensors
from statewrap.gym.bridge.blocks import block, overlaps
from statewrap.gym.bridge.errors import UnreadableError
from statewrap.gym.bridge.kinds import Names
from statewrap.gym.bridge.matchers import as_it_was
from statewrap.gym.bridge.views import hold_told, lies, root_of

if TYPE_CHECKING:
    from statewrap.gym.bridge.codec import Writer


def frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Copy an array; the copy is read-only."""
    twin = array.__copy__()  # which is copy("K")
    twin.setflags(False)  # type: ignore[call-arg]  # by position it takes half the time
    return twin


def _tuple(writer: Writer, value: Any) -> Any:
    return ("tuple", writer.all(value))


def _record(writer: Writer, value: Any) -> Any:
    if kinds.has_more(value):
        raise UnreadableError(kinds.MORE)
    return ("record", _class(writer, type(value)), writer.all(value))


def _list(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("list", writer.all(value))


def _deque(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("deque", value.maxlen, writer.all(value))


def _dict(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("dict", type(value).__name__, writer.all(value), writer.all(value.values()))


def _defaultdict(writer: Writer, value: Any) -> Any:
    factory = writer.write(value.default_factory)
    writer.enter(value)
    return ("defaultdict", factory, writer.all(value), writer.all(value.values()))


def _set(writer: Writer, value: Any) -> Any:
    if type(value) is set:
        writer.enter(value)
    before = writer.met
    items = writer.all(value)
    settled = writer.met == before  # else the order says which number a member has
    return (type(value).__name__, frozenset(items) if settled else items)


def _bytearray(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("bytearray", bytes(value))


def _array(writer: Writer, value: Any) -> Any:
    known = writer.before.get(id(value))
    if known is not None and known[0] is value and not writer.tensors:
        form = known[1]
        if as_it_was(value, form):
            writer.kept[id(value)] = known
            writer.enter(value)
            return form
    return _array_anew(writer, value)


def _array_anew(writer: Writer, value: Any) -> Any:
    if value.dtype.hasobject:
        if isinstance(value.base, np.ndarray):
            raise UnreadableError("a view of an array of objects, made while it runs")
        if value.dtype != np.object_:
            raise UnreadableError(
                f"an array of the dtype {value.dtype}, made while it runs; keep its objects apart, "
                "in an array of their own"
            )
        writer.enter(value)
        return ("objects", value.shape, writer.all(value.ravel().tolist()))
    root = root_of(value)
    if type(root) is not np.ndarray:
        _alone(value, writer.tensors)
        if root is not None:
            _alone(value, writer.blocks)
        writer.enter(value)
        form = ("array", frozen(value), value.flags.writeable)
        if root is None:
            writer.kept[id(value)] = (value, form)
        return form
    hold_told(value)
    whole = writer.write(root)
    writer.enter(value)
    return ("view", whole, lies(value, root))


def _generator(writer: Writer, value: Any) -> Any:
    writer.enter(value)
    return ("generator", state_of(value))


def _tensor(writer: Writer, value: Any) -> Any:
    library = library_of(value)
    lies = block(value)
    if lies is not None:
        _alone(value, (*writer.blocks, *writer.tensors, *map(block, writer.made)))
        writer.tensors.append(lies)
    writer.enter(value)
    kinds.hold_known(value)
    if library == "jax":
        return ("tensor", value)
    return ("torch", _class(writer, type(value)), tensors.content(value))


def _alone(value: Any, others: Any) -> None:
    """Refuse what looks at memory of others; numpy's own views are known by their base."""
    if others and overlaps(block(value), (other for other in others if other is not None)):
        raise UnreadableError(
            "a tensor or array, made while it runs, that shares its memory with another"
        )


def _object(writer: Writer, value: Any) -> Any:
    try:
        name, slots = writer.names.layout(type(value))
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    writer.enter(value)
    held = _attributes(writer, value)
    there = [(n, getattr(value, n)) for n in slots if hasattr(value, n)]
    names = (*held, *(n for n, _ in there))
    try:
        parts = writer.all([*held.values(), *(part for _, part in there)])
    except UnreadableError as error:
        raise _placed(writer, [*held.items(), *there], error) from None
    return ("object", name, names, parts, len(held))


def _attributes(writer: Writer, value: Any) -> dict[str, Any]:
    """Return the `__dict__` of an object that has just been entered; it may be met on its own."""
    held = getattr(value, "__dict__", None)
    if held is None:
        return {}
    if id(held) in writer.numbers:
        raise UnreadableError("an object of which the `__dict__` is kept beside it")
    writer.numbers[id(held)] = ("vars", len(writer.made) - 1)
    return held  # type: ignore[no-any-return]  # it is one


def _placed(writer: Writer, parts: Any, found: UnreadableError) -> UnreadableError:
    """Find which part of an object could not be written."""
    for name, part in parts:
        try:
            writer.anew().write(part)
        except UnreadableError as error:
            return error.within(f".{name}")
    return UnreadableError(found.reason)


def _class(writer: Writer, kind: type) -> str:
    try:
        return writer.names.enter(kind)
    except ValueError as error:
        raise UnreadableError(str(error)) from error


def _opaque(writer: Writer, value: Any) -> Any:
    writer.opaque.append(value)
    return ("opaque", value)


def _constant(writer: Writer, value: Any) -> Any:
    """Keep what does not change; not what stands for something that does."""
    owner = kinds.behind(value)
    if owner is not None and hasattr(value, "__self__"):
        return ("method", writer.write(owner), value.__name__)
    seeded = isinstance(value, Space) and any(kinds.draws_of(value))
    hides = isinstance(value, kinds.CACHE) and kinds.why_not(value) is not None
    if hides or seeded or not (owner is None or id(owner) in writer.index):
        raise UnreadableError(f"a {type(value).__name__} made while it runs, which hides a state")
    return _opaque(writer, value)


def _named(_: Writer, value: Any) -> Any:
    name = qualified_name(value)
    if name is None:
        raise UnreadableError(
            f"a function made while it runs ({getattr(value, '__qualname__', value)})"
        )
    return ("name", name)


WRITERS: Final[dict[type, Callable[[Writer, Any], Any]]] = {
    tuple: _tuple,
    list: _list,
    deque: _deque,
    dict: _dict,
    OrderedDict: _dict,
    Counter: _dict,
    defaultdict: _defaultdict,
    set: _set,
    frozenset: _set,
    bytearray: _bytearray,
    np.ndarray: _array,
    np.random.Generator: _generator,
}


def writer_of(value: Any, names: Names) -> Callable[[Writer, Any], Any]:
    """Return what writes an object of a kind that is not in the table.

    Raises:
        UnreadableError: if it cannot be written.
    """
    if type(value) in names.layouts and not callable(value):
        return _object
    if isinstance(value, enum.Enum):
        return _enum
    if isinstance(value, types.MethodType):
        return _method
    if isinstance(value, tuple):
        return _record
    if isinstance(value, (type, *kinds.FUNCTIONS)) or (callable(value) and qualified_name(value)):
        return _named
    if isinstance(value, kinds.CONSTANTS):
        return _constant
    if kinds.is_tensor(value):
        return _tensor
    reason = kinds.why_not(value)
    if reason is None and isinstance(value, (*kinds.CONTAINERS, np.ndarray, BaseException)):
        reason = f"an object of the class {type(value).__qualname__}, made while it runs"
    if reason is not None:
        raise UnreadableError(reason)
    return _object


def _method(writer: Writer, value: Any) -> Any:
    """Write a bound method, as the object and the name by which that has it."""
    owner, name = value.__self__, value.__func__.__name__
    if getattr(type(owner), name, None) is not value.__func__:
        return _named(writer, value)
    return ("method", writer.write(owner), name)


def _enum(writer: Writer, value: Any) -> Any:
    return ("enum", _class(writer, type(value)), value.name)
