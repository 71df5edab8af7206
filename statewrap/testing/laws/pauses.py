"""Laws about pauses: between two messages a session may be saved, moved, and others served."""

from __future__ import annotations

import copy
import os
import pickle
import pickletools
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, zip_longest
from typing import Any, Final

from statewrap.core.errors import StatewrapError
from statewrap.core.key import Key
from statewrap.core.messages import Message
from statewrap.core.same import difference
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.testing.elsewhere import CHECKS_ON_IMPORT, HERE, stop_elsewhere
from statewrap.testing.laws.law import Broken, Setting, agree, agree_turn_by_turn, law
from statewrap.testing.laws.surroundings import Surroundings
from statewrap.testing.script import Turn, converse

OTHER_HASHES: Final = ("1", "2")
"""Seeds of the hashes elsewhere: with one alone a set of few words may keep its order by chance."""

Encode = Callable[[Any, tuple[type, ...]], bytes]
Decode = Callable[[bytes, tuple[type, ...]], Any]


@law(
    cure="Keep what belongs to a session in the memory, not in the wrapper, its class, a "
    "module or a closure."
)
def sessions_interleaved(setting: Setting) -> None:
    """Sessions of one stack that take turns get the answers that each would get alone.

    What lies around the wrappers (their modules, classes, closures) is put back before each session
    that is alone, and once before all of them together.
    """
    around = Surroundings(*setting.stack)

    def session(number: int) -> Iterator[Turn]:
        turned = number % max(len(setting.episodes), 1)
        episodes = [*setting.episodes[turned:], *setting.episodes[:turned]]
        return converse(setting.stack, episodes, setting.policy, Key.from_seed(number))

    def later(number: int) -> Iterator[Turn | None]:
        """Begin some rounds later, so that no two sessions are at the same place of a script."""
        yield from [None] * number
        yield from session(number)

    alone = []
    for number in range(3):
        around.put_back()
        alone.append(list(session(number)))
    around.put_back()
    rounds = list(zip_longest(*(later(number) for number in range(3))))
    for number, expected in enumerate(alone):
        together = [turn for turns in rounds if (turn := turns[number]) is not None]
        agree_turn_by_turn(expected, together, f"Session {number}, among others")


@law(
    cure="Keep all that an episode depends on in the memory, as plain data, and name its classes "
    "in memory_types; keep nothing in the wrapper, its class, a module or a closure."
)
def survives_a_pause(
    setting: Setting, encode: Encode | None = None, decode: Decode | None = None
) -> None:
    """Saved before every message and restored into a fresh copy, a session goes on all the same.

    Each copy is one of the unbound stack, made before anything was played, and bound anew. While
    the session is away, another is served.
    """
    save, load = plain_coders(encode, decode)
    paused = Paused(setting, save, load)
    undisturbed = list(setting.turns())
    restored = converse(paused, setting.episodes, setting.policy)
    agree_turn_by_turn(undisturbed, restored, "Restored into a fresh copy")


def plain_coders(encode: Encode | None, decode: Decode | None) -> tuple[Encode, Decode]:
    """Return the given coders, or those of snapshots."""
    from statewrap.package import plain  # noqa: PLC0415 - a dialogue does without it

    return encode or plain.encode, decode or plain.decode


def memory_types(stack: Stack) -> tuple[type, ...]:
    """Return the classes that a stack's memory is made of, each once."""
    kinds = dict.fromkeys((StackMemory, Key))
    for wrapper in stack:
        kinds.update(dict.fromkeys(wrapper.memory_types))
    return tuple(kinds)


class Paused:
    """A stack that is put away after each message: its memory as bytes, its wrappers as new."""

    def __init__(
        self, setting: Setting, encode: Encode, decode: Decode, *, anew: bool = True
    ) -> None:
        """Copy the unbound stack; `anew` says whether each message finds a new copy of it."""
        self._setting, self._encode, self._decode = setting, encode, decode
        self._pristine = copied(setting.unbound) if anew else None
        self._types = memory_types(setting.stack)
        self._others = _another_session(setting)

    def initial(self, key: Key) -> StackMemory:
        """Start as the stack does."""
        return self._fresh().initial(key)

    def route(self, memory: StackMemory, message: Message, hops: Any) -> tuple[Any, Message]:
        """Save, serve another, restore into a fresh copy, and go on."""
        saved = self._encode(memory, self._types)
        next(self._others, None)
        restored = self._decode(saved, self._types)
        found = difference(memory, restored)
        if found:
            raise Broken(f"The memory comes back different: {found}.")
        return self._fresh().route(restored, message, hops)

    def _fresh(self) -> Stack:
        if self._pristine is None:
            return self._setting.stack
        wrappers = zip(copied(self._pristine), self._setting.stack.gaps or (), strict=False)
        return Stack(*(wrapper.bind(below) for wrapper, below in wrappers))


def copied(stack: Stack) -> Stack:
    """Copy an unbound stack; one with something in it that cannot be copied is taken as it is."""
    try:
        return copy.deepcopy(stack)
    except Exception:  # noqa: BLE001 - an argument of the user's own may raise anything
        return stack


def _another_session(setting: Setting) -> Iterator[Turn]:
    """Play the scene over and over with other draws, until a wrapper refuses."""
    with suppress(StatewrapError):
        for number in count(1):
            yield from converse(
                setting.stack, setting.episodes, setting.policy, Key.from_seed(number)
            )


@law(
    cure="Keep all that matters in the memory, define classes and functions at the top of a "
    "module, and do not depend on `hash` or `id`.",
    costly=True,
)
def survives_a_fresh_interpreter(
    setting: Setting, encode: Encode | None = None, decode: Decode | None = None
) -> None:
    """Restored in another process with other hashes, a session goes on as it would have here.

    Every message of the scene is answered there once, from the memory as it was saved before
    it. The stack travels by pickle, so its classes and functions must have importable names.
    """
    save, load = plain_coders(encode, decode)
    types, turns = memory_types(setting.stack), list(setting.turns())
    luggage = (setting.unbound, setting.below, types, load)
    letters = [(save(turn.memory, types), turn.message) for turn in turns]
    for hashes in OTHER_HASHES:
        answers = _elsewhere(luggage, letters, hashes)
        for number, (turn, answer) in enumerate(zip(turns, answers, strict=True)):
            what = f"Memory and reply of turn {number} (here != elsewhere)"
            agree((turn.after, turn.reply), answer, what)


class StaysHome(Broken):
    """A stack without importable names has no way into another process: opaque, not wrong."""


def _elsewhere(luggage: Any, letters: Any, hashes: str) -> Any:
    """Have each message answered in a fresh interpreter that hashes differently."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hashes,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    try:
        packed = pickle.dumps((luggage, letters))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise StaysHome(
            f"The stack cannot travel ({error}): give its functions and classes names that can "
            "be imported, at the top of a module."
        ) from error
    stop_elsewhere()
    done = subprocess.run(
        [sys.executable, "-m", "statewrap.testing.elsewhere"],
        input=pickle.dumps((_files(packed), packed)),
        env=environment | {HERE: "1"},
        capture_output=True,
        check=False,
    )
    if done.returncode == CHECKS_ON_IMPORT:
        raise StaysHome(
            "The script holds laws when it is imported, which another process does. Put that part "
            'under `if __name__ == "__main__":`.'
        )
    if done.returncode:
        raise Broken(f"A fresh interpreter could not go on:\n{done.stderr.decode()}")
    return pickle.loads(done.stdout)  # noqa: S301 - what our own process wrote


def _files(packed: bytes) -> dict[str, str]:
    """Find the modules that a pickle names, and their files, for where they cannot be imported.

    Raises:
        StaysHome: if something is defined where there is no file, as at a prompt.
    """
    words = {word for _, word, _ in pickletools.genops(packed) if isinstance(word, str)}
    names = {part for word in words for part in word.split()[:1] if part in sys.modules}
    files = {name: getattr(sys.modules[name], "__file__", None) for name in names}
    if "__main__" in files and files["__main__"] is None:
        raise StaysHome(
            "The stack is defined at a prompt, which another process cannot import. Put it into a "
            "file."
        )
    return {name: file for name, file in files.items() if file}
