"""Every fact of a session, kept to be looked at: in memory, or as lines of JSON."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Final, final

import attrs
import numpy as np

from statewrap.core.events import Closed, Fact, Unshown
from statewrap.core.fold import Report
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import same
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack
from statewrap.sinks.appending import Appending, Sync
from statewrap.sinks.plain import line, plain
from statewrap.sinks.recorded import BEFORE, FORMAT, Recording
from statewrap.sinks.watcher import OfOneSession

_MOST_ELEMENTS: Final = 64
_MOST_LETTERS: Final = 400
_NOTHING: Final[Any] = object()
_BEFORE: Final = TimeStep(None)
_ENCODER: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False)


@final
class Record(OfOneSession):
    """Record every message at every gap, every event, and every report, to be looked at later.

    `statewrap.stats.plot(record)` and `statewrap.stats.write_report(record, path)` show it.
    Actions and rewards are recorded whole. Of an observation's array of more than 64 elements
    dtype, shape and range are, and of an `info` the keys. A record belongs to one session.

    Args:
        path: a file to append to, lines of JSON; without one, the last calls are kept. A session
            that was restored goes on in it.
        calls: how many calls are kept in memory; the oldest are left out first, and counted.
        info: whether the values of each `info` are recorded too, those of large arrays apart.
        sync: when the disk itself is waited for: "never", "end" (of a session), or "always".

    Raises:
        ValueError: if `calls` is less than 1, or `sync` is another word.

    >>> from statewrap import Deployment
    >>> record = Record()
    >>> agent = Deployment(abs, sinks=[record])
    >>> _ = agent.act(-1), agent.act(-2, 0.5)
    >>> [fact for call in record.recording.calls() for fact in call.facts][-1]
    (0, Act(2))
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        calls: int = 10_000,
        info: bool = False,
        sync: Sync = "never",
    ) -> None:
        if not calls >= 1:
            raise ValueError(f"calls={calls!r} was given, expected a whole number from 1.")
        self.path, self.calls, self.info, self.sync = path, calls, info, sync
        self._file = None if path is None else Appending(path, sync=sync, begins=b'{"record"')
        self._header = _header(Stack())
        self._kept: deque[bytes] = deque(maxlen=calls)
        self._told: list[list[Any]] = []
        self._call = 0

    @property
    def recording(self) -> Recording:
        """What was recorded so far; read from the file, if there is one."""
        if self.path is not None:
            return Recording.load(self.path)
        kept = (self._header, *self._kept)
        return Recording(lambda: kept, "The record")

    def bind(self, stack: Stack) -> None:
        """Take note of the stack, and of what is known at its gaps.

        Raises:
            ValueError: if another session of this sink is open.
        """
        self.take(stack)
        self._header = _header(stack)
        if self._file is not None:
            self._file.write(self._header)

    def wants_frame(self, *, first: bool) -> bool:
        """Tell that no picture is wanted."""
        return False

    def __call__(self, report: Report) -> None:
        """Keep a report until the facts of its call come, which they do next."""
        self._told.append([report.name, plain(report.values)])

    def observe(self, facts: Sequence[Fact], top: int) -> None:
        """Record the facts of one call.

        Raises:
            OSError: if they cannot be written.
        """
        words = _Words(info=self.info)
        table: dict[str, Any] = {
            "call": self._call,
            "facts": [[gap, type(what).__name__, words.of(what)] for gap, what in facts],
        }
        if self._told:
            table["reports"], self._told = self._told, []
        self._call += 1
        ended = bool(facts) and type(facts[-1][1]) is Closed
        if ended:
            self.leave()
        self._write(_ENCODER.encode(table).encode("ascii") + b"\n")
        if ended and self._file is not None:
            self._file.close()

    def _write(self, text: bytes) -> None:
        if self._file is None:
            self._kept.append(text)
        else:
            self._file.write(text)

    def __repr__(self) -> str:
        return f"Record({'' if self.path is None else repr(str(self.path))})"


class _Words:
    """Puts the facts of one call into words: of each message what the one before did not say."""

    def __init__(self, *, info: bool) -> None:
        self._info = info
        self._before: TimeStep = _BEFORE
        self._said: dict[str, Any] = BEFORE
        self._action: Any = _NOTHING

    def of(self, what: Any) -> dict[str, Any]:
        """Return a fact's fields by name."""
        if type(what) is TimeStep:
            return self._timestep(what)
        if type(what) is Act:
            return self._act(what)
        if type(what) is Unshown:
            return {"timestep": self._timestep(what.timestep)}
        fields = attrs.fields(type(what))
        return {field.name: plain(getattr(what, field.name)) for field in fields}

    def _timestep(self, what: TimeStep) -> dict[str, Any]:
        before, self._before = self._before, what
        values: dict[str, Any] = {}
        if what.observation is not before.observation:  # most wrappers let it pass
            values["observation"] = _short(what.observation)
        if what.reward is not before.reward:
            values["reward"] = _number(what.reward)
        if what.first is not before.first or what.last or before.last:
            values["first"] = bool(what.first)
            values["terminated"] = bool(what.terminated)
            values["truncated"] = bool(what.truncated)
        if what.time is not before.time:
            values["time"] = plain(what.time)
        if what.info or before.info:
            known = _short(what.info) if self._info else dict.fromkeys(map(str, what.info))
            values["info"] = known
        said = self._said
        changed = {name: value for name, value in values.items() if not same(said[name], value)}
        self._said = {**said, **changed} if changed else said
        return changed

    def _act(self, what: Act) -> dict[str, Any]:
        if what.action is self._action:
            return {}
        self._action = what.action
        return {"action": _array(what.action)}


def _header(stack: Stack) -> bytes:
    gaps = stack.gaps or (Below(),) * (len(stack) + 1)
    table = {
        "record": FORMAT,
        "statewrap": _version(),
        "wrappers": [brief(wrapper, _MOST_LETTERS) for wrapper in stack],
        "spaces": [[_space(gap.observation_space), _space(gap.action_space)] for gap in gaps],
    }
    return line(table)


def _space(space: Any) -> str:
    return "unknown" if space is None else brief(space, _MOST_LETTERS)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to import

    try:
        return version("statewrap")
    except PackageNotFoundError:  # it runs from its sources
        return "unknown"


def _number(reward: Any) -> Any:
    """Return a reward as it is counted; what is none, as it is printed."""
    try:
        return plain(float(reward))
    except (TypeError, ValueError, OverflowError):
        return brief(reward)


def _short(value: Any) -> Any:
    """Return a value as JSON has it, arrays of many elements by dtype, shape and range."""
    if isinstance(value, np.ndarray) and value.size > _MOST_ELEMENTS:
        return f"{value.dtype} {value.shape}{_range(value)}"
    if isinstance(value, Mapping):
        return {str(key): _short(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(item) for item in value]
    return _array(value)


def _array(value: Any) -> Any:
    """Return what JSON has for a value; arrays of finite numbers need no second look."""
    if type(value) is np.ndarray and value.dtype.kind in "biuf" and np.isfinite(value).all():
        return value.tolist()
    return plain(value)


def _range(array: np.ndarray[Any, Any]) -> str:
    if array.dtype.kind not in "biuf":
        return ""
    return f", {array.min()!s} to {array.max()!s}"
