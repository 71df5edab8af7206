"""What crosses the gaps of a stack, noted on one side and held against it on the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import dropwhile
from typing import Any, Final, NamedTuple

from statewrap.core.borders import freeze
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.same import difference

Hop = tuple[int, Message]
"""A message and the gap that it crossed, counted among the gaps that are compared."""

LONGEST: Final = 200_000
"""More messages than are ever said in a run."""
WATCHED: Final = 256
"""How many messages are watched for being changed after they were sent."""

FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    TimeStep: ("observation", "reward", "terminated", "truncated", "info"),
    Act: ("action",),
    Reset: ("seed", "options"),
}
"""What is compared of a message; times, frames and actors Gymnasium does not tell."""
OPENING: Final = ("observation", "info")
"""What is compared of a time step that opens an episode: `reset` gives no more."""


def unasked(hops: Sequence[Hop]) -> Sequence[Hop]:
    """Leave the first reset out: nobody asks a deployment for its first episode."""
    return list(dropwhile(lambda hop: type(hop[1]) is Reset, hops))


def or_itself(copied: Callable[[Any], Any], value: Any) -> Any:
    """Copy a value if it can be copied; a handle or a lock cannot."""
    try:
        return copied(value)
    except Exception:  # noqa: BLE001 - whatever its copying raises
        return value


def kept(message: Message, ignored: Collection[str] = ()) -> Message:
    """Copy a message as it crosses, without the keys of info that are ignored."""
    if type(message) is TimeStep:
        info = {k: or_itself(freeze, v) for k, v in message.info.items() if k not in ignored}
        return TimeStep(
            freeze(message.observation),
            freeze(message.reward),
            message.terminated,
            message.truncated,
            info,
            message.first,
        )
    if type(message) is Act:
        return Act(freeze(message.action))
    assert type(message) is Reset  # noqa: S101 - there are three messages
    return Reset(message.seed, None if message.options is None else dict(message.options))


class Odd(NamedTuple):
    """Where two runs part: the messages that are there instead of one another."""

    place: int
    """How many messages agreed before."""
    expected: Hop | None
    found: Hop | None
    """What was said; None if nothing was, or an error was raised."""
    path: str
    """The field and the place in it; empty if the messages are of different kinds."""
    detail: str
    """The difference in words, expected != found."""
    error: Exception | None = None
    """What the inverted stack raised."""
    later: bool = False
    """Whether it was right when it was said, and was changed afterwards."""


def compared(place: int, expected: Hop, found: Hop) -> Odd | None:
    """Tell how two messages differ that should be the same, or return None."""
    (gap, a), (other, b) = expected, found
    if gap != other or type(a) is not type(b) or _opens(a) is not _opens(b):
        return Odd(place, expected, found, "", "they go different ways")
    for name in OPENING if _opens(a) else FIELDS[type(a)]:
        odd = difference(getattr(a, name), getattr(b, name), name)
        if odd:
            return Odd(place, expected, found, odd.split(": ", 1)[0], odd)
    return None


def _opens(message: Message) -> bool:
    return type(message) is TimeStep and message.first


class Notes:
    """Collects what crosses the gaps."""

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self.hops: list[Hop] = []
        self.ignored = ignored

    def watch(self, message: Message) -> None:
        """Look away: what is held against these notes is watched, not they."""

    def __call__(self, gap: int, message: Message) -> None:
        """Note a message.

        Raises:
            Endless: if far too much is said.
        """
        if len(self.hops) > LONGEST:
            raise Endless
        self.hops.append((gap, kept(message, self.ignored)))


class Endless(BaseException):
    """A run does not come to an end; no Exception, lest a stack takes it for its own."""


class Over(BaseException):
    """A run said all that was expected; no Exception either."""


class Parted(BaseException):
    """A run said something else than was expected; no Exception either."""

    def __init__(self, odd: Odd) -> None:
        super().__init__(odd.detail)
        self.odd = odd


class Held:
    """Holds what crosses the gaps against what was noted elsewhere, message by message.

    Also keeps an eye on what wrappers said: it must not change any more.
    """

    def __init__(self, expected: Sequence[Hop], ignored: Collection[str] = ()) -> None:
        self.expected, self.ignored = expected, ignored
        self.place = 0
        self.watched: deque[tuple[int, Message, Any]] = deque()

    def __call__(self, gap: int, message: Message) -> None:
        """Compare a message.

        Raises:
            Parted: if it is not what was expected.
            Over: if nothing more is expected.
        """
        if self.place == len(self.expected):
            raise Over
        expected = self.expected[self.place]
        if compared(self.place, expected, (gap, message)):  # which may be but for what is ignored
            odd = compared(self.place, expected, (gap, kept(message, self.ignored)))
            if odd:
                raise Parted(odd)
        self.place += 1

    def watch(self, message: Message) -> None:
        """Watch a message that a wrapper is sending now; the next one to be compared is it.

        Raises:
            Parted: if an earlier one was changed since it was sent.
        """
        self.watched.append((self.place, message, freeze(_content(message))))
        if len(self.watched) > WATCHED:
            self._look(*self.watched.popleft())

    def end(self) -> None:
        """Look once more at what was said last.

        Raises:
            Parted: if it was changed since.
        """
        for one in self.watched:
            self._look(*one)

    @property
    def next(self) -> Hop | None:
        """What is expected next."""
        return self.expected[self.place] if self.place < len(self.expected) else None

    def _look(self, place: int, message: Message, then: Any) -> None:
        """Hold a message against the copy made of it; info is the host's and may change."""
        name = "observation" if type(message) is TimeStep else "action"
        changed = difference(then, freeze(_content(message)), name)
        if changed and place < len(self.expected):
            words = f"changed after it was sent (then != now): {changed}"
            expected = self.expected[place]
            found, path = (expected[0], kept(message)), changed.split(": ", 1)[0]
            raise Parted(Odd(place, expected, found, path, words, later=True))


def _content(message: Message) -> Any:
    """Return what a wrapper makes and must not change."""
    if type(message) is TimeStep:
        return message.observation
    return message.action if type(message) is Act else None
