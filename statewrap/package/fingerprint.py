"""What makes two stacks the same to a snapshot: spaces, classes, arguments, memories.

A fingerprint is a list of labelled texts, so that a refusal can say where two stacks differ:

    observation space                       gymnasium.spaces.box:Box(shape=tuple(4), ...
    wrapper 0                               statewrap.wrappers.repeat_action:RepeatAction
    wrapper 0, RepeatAction.num_repeats     4
    wrapper 0, RepeatAction's memory        statewrap.wrappers.repeat_action:Held(act, due, reward)

The texts are the same in every process: they are made of names, plain values and digests of
arrays, never of the `repr` of an object that is not plain. What has no such text (a lambda, a
partial, a function that was typed in, an object of the user's) is opaque: its text holds a token
that no other process gives, so that the snapshot can be restored in this process alone.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterator
from os.path import commonprefix
from typing import Any, Final, Self

import attrs
import numpy as np
from gymnasium import spaces

from statewrap.core.errors import SnapshotError
from statewrap.core.opaque import described, opaque
from statewrap.core.registry import name_of
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.package.document import by_name, fields

_PLAIN: Final = frozenset({type(None), bool, float, complex, str, bytes})
_CONTAINERS: Final = frozenset({tuple, list, dict, set, frozenset})
_SPACES: Final[dict[type, tuple[str, ...]]] = {
    spaces.Box: ("shape", "dtype", "low", "high"),
    spaces.Discrete: ("n", "start", "dtype"),
    spaces.MultiDiscrete: ("nvec", "start", "dtype"),
    spaces.MultiBinary: ("shape", "dtype"),
    spaces.Text: ("min_length", "max_length", "character_list"),
    spaces.Sequence: ("feature_space", "stack"),
    spaces.Graph: ("node_space", "edge_space"),
    spaces.OneOf: ("spaces",),
    spaces.Tuple: ("spaces",),
    spaces.Dict: ("spaces",),
}
"""What makes a space of each class; one of any other class is made of its attributes."""

_LONGEST: Final = 1000  # characters; a longer text is kept as its beginning and a digest
_SHOWN: Final = 100  # characters of a text in an error message

_COPIED: Final = "statewrap.gym.copies:Copied("
_COPY: Final = (
    "The wrapper was copied from an environment, with what it held there, and only that process "
    "has this copy. Let it record its arguments (gymnasium.utils.RecordConstructorArgs), or write "
    "the stack with Bridge(factory)."
)
"""Where a wrapper is known by a copy alone, and what to do."""


@attrs.frozen
class Fingerprint:
    """The identity of a stack over its bottom's spaces."""

    parts: dict[str, str]
    """Label to text: the spaces first, then the wrappers from the bottom up."""
    opaque: tuple[str, ...] = ()
    """What is known in this process only: "wrapper 2, TransformReward.func = <lambda> at ..."."""

    @property
    def digest(self) -> str:
        """A hash of all parts: 32 hexadecimal digits."""
        return _digest(json.dumps([*self.parts.items()]).encode())

    def to_json(self) -> dict[str, Any]:
        """Return the fingerprint as plain JSON."""
        return {"digest": self.digest, "parts": dict(self.parts), "opaque": [*self.opaque]}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read what `to_json` returned.

        Raises:
            SnapshotError: if it is anything else.
        """
        try:
            parts, opaque = data["parts"].items(), data["opaque"]
            return cls({str(label): str(text) for label, text in parts}, tuple(map(str, opaque)))
        except (TypeError, KeyError, AttributeError) as error:
            raise SnapshotError(
                f"This is no fingerprint: {type(error).__name__}: {error}."
            ) from error

    def refusal(self, other: Fingerprint) -> str | None:
        """Say why a snapshot with another fingerprint is not restored here; None if it may be.

        Both digests and the first part that differs are named.
        """
        label = self.first_difference(other)
        if label is None:
            return None
        texts = [some.parts.get(label, "missing") for some in (self, other)]
        here, there = _from_where_they_differ(texts)
        why = (
            f"The snapshot does not fit this stack: its fingerprint is {other.digest}, this "
            f"stack's is {self.digest}. First difference: {label} is {here} here, {there} there."
        )
        if any(_COPIED in text for text in texts):
            why = f"{why} {_COPY}"
        if not other.opaque:
            return why
        return (
            f"{why} The snapshot can be restored only in the process that wrote it, because "
            f"elsewhere there is no name for: {'; '.join(other.opaque)}. Put such a function or "
            "class into a module, or register it with @statewrap.register(name)."
        )

    def first_difference(self, other: Fingerprint) -> str | None:
        """Return the label of the first part in which two fingerprints differ, if any."""
        labels = self.parts | other.parts
        return next((x for x in labels if self.parts.get(x) != other.parts.get(x)), None)


def fingerprint(stack: Stack, below: Below) -> Fingerprint:
    """Take the fingerprint of a stack, bound or not, over what lies below it.

    Raises:
        SnapshotError: if a wrapper's `memory_types` cannot be written.

    >>> here = fingerprint(Stack(), Below(action_space=spaces.Discrete(2)))
    >>> there = fingerprint(Stack(), Below(action_space=spaces.Discrete(3)))
    >>> print(here.refusal(there))
    The snapshot does not fit this stack: ... action space is ...Discrete(n=int64(2), ... here, ...
    """
    scribe = _Scribe()
    parts = {label: _shortened(text) for label, text in _parts(stack, below, scribe)}
    return Fingerprint(parts, tuple(scribe.opaque))


def _parts(stack: Stack, below: Below, scribe: _Scribe) -> Iterator[tuple[str, str]]:
    yield "observation space", scribe.text(below.observation_space, "observation space")
    yield "action space", scribe.text(below.action_space, "action space")
    if below.frame_space is not None:
        yield "frame space", scribe.text(below.frame_space, "frame space")
    for index, wrapper in enumerate(stack):
        kind = type(wrapper)
        yield f"wrapper {index}", scribe.text(kind, f"wrapper {index}")
        for name, value in (_made_of(wrapper) or {}).items():
            place = f"wrapper {index}, {kind.__name__}.{name}"
            yield place, scribe.text(value, place)
        yield f"wrapper {index}, {kind.__name__}'s memory", _format(wrapper.memory_types)


class _Scribe:
    """Puts values into words, and notes where only a token can stand for them."""

    def __init__(self) -> None:
        self.opaque: list[str] = []

    def text(self, value: Any, place: str) -> str:
        kind = type(value)
        if kind is int:
            return hex(value) if value.bit_length() > 64 else str(value)
        if kind in _PLAIN:
            return ascii(value)
        if kind in _CONTAINERS:
            return f"{kind.__name__}({', '.join(self.items(value, kind, place))})"
        if isinstance(value, enum.Enum):
            return f"{self.text(kind, place)}.{value.name}"
        if kind is np.ndarray and not value.dtype.hasobject:
            return f"array({value.dtype}, {value.shape}, {_digest(value.tobytes())})"
        if isinstance(value, np.generic):
            return f"{value.dtype}({value.item()!a})"
        if isinstance(value, np.dtype):
            return f"dtype({value})"
        if name := name_of(value):
            return name
        parts = _made_of(value)
        if parts is not None:
            words = (f"{name}={self.text(part, f'{place}.{name}')}" for name, part in parts.items())
            return f"{self.text(kind, place)}({', '.join(words)})"
        self.opaque.append(f"{place} = {described(value)}")
        return opaque(value)

    def items(self, value: Any, kind: type, place: str) -> list[str]:
        if kind is dict:
            keys = {self.text(key, place): item for key, item in value.items()}
            return sorted(f"{key}: {self.text(keys[key], f'{place}[{key}]')}" for key in keys)
        items = [self.text(item, f"{place}[{index}]") for index, item in enumerate(value)]
        return items if kind in (tuple, list) else sorted(items)


def _made_of(value: Any) -> dict[str, Any] | None:
    """Return the parts that make a value what it is, by name, or None if they cannot be told."""
    kind = type(value)
    if kind is spaces.Dict:
        return {ascii(key): space for key, space in value.spaces.items()}  # their order counts
    names = _SPACES.get(kind, fields(kind))
    if names is None and isinstance(value, (spaces.Space, Wrapper)):
        return {name: vars(value)[name] for name in sorted(vars(value)) if name != "_np_random"}
    return None if names is None else {name: getattr(value, name) for name in names}


def _format(types: tuple[type, ...]) -> str:
    """Name the classes that a memory is made of, and their fields or members."""
    named = by_name(types).items()
    return ", ".join(sorted(f"{name}({', '.join(fields(kind) or ())})" for name, kind in named))


def _shortened(text: str) -> str:
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[:_SHOWN]}... {_digest(json.dumps(text).encode())}"
    )


def _from_where_they_differ(texts: list[str]) -> list[str]:
    """Cut texts to what an error message can show, the first difference included."""
    start = max(0, len(commonprefix(texts)) - _SHOWN // 2)  # noqa: RUF071 - of characters
    cut = [("..." if start else "") + text[start : start + _SHOWN] for text in texts]
    return [c + "..." * (start + _SHOWN < len(t)) for c, t in zip(cut, texts, strict=True)]


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
