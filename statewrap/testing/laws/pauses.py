"""Laws about pauses: between two messages a session may be saved, moved, and others served."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from statewrap.core.key import Key
from statewrap.core.messages import Message
from statewrap.core.same import difference
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.testing.laws.law import Broken, Setting, agree, agree_turn_by_turn, law
from statewrap.testing.script import Turn, converse

Encode = Callable[[Any, tuple[type, ...]], bytes]
Decode = Callable[[bytes, tuple[type, ...]], Any]


@law(
    cure="Keep what belongs to a session in the memory, not in the wrapper, its class, a "
    "module or a closure."
)
def sessions_interleaved(setting: Setting) -> None:
    """Sessions of one stack that take turns get the answers that each would get alone."""

    def session(number: int) -> Iterator[Turn]:
        turned = number % max(len(setting.episodes), 1)
        episodes = [*setting.episodes[turned:], *setting.episodes[:turned]]
        return converse(setting.stack, episodes, setting.policy, Key.from_seed(number))

    alone = [list(session(number)) for number in range(3)]
    rounds = list(zip_longest(*(session(number) for number in range(3))))
    for number, expected in enumerate(alone):
        together = [turns[number] for turns in rounds if turns[number] is not None]
        agree_turn_by_turn(expected, together, f"Session {number}, among others")


@law(cure="Keep plain data in the memory, all of it, and name its classes in memory_types.")
def survives_a_pause(
    setting: Setting, encode: Encode | None = None, decode: Decode | None = None
) -> None:
    """Saved to bytes and restored before every message, a session goes on as if it had not been."""
    save, load = plain_coders(encode, decode)
    paused = Paused(setting.stack, save, load)
    agree_turn_by_turn(
        setting.turns(), converse(paused, setting.episodes, setting.policy), "Paused"
    )


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
    """A bound stack whose memory goes through bytes before each message."""

    def __init__(self, stack: Stack, encode: Encode, decode: Decode) -> None:
        self._stack, self._encode, self._decode = stack, encode, decode
        self._types = memory_types(stack)

    def initial(self, key: Key) -> StackMemory:
        """Start as it does."""
        return self._stack.initial(key)

    def route(self, memory: StackMemory, message: Message, hops: Any) -> tuple[Any, Message]:
        """Save, restore, and go on."""
        return self._stack.route(self.through_bytes(memory), message, hops)

    def through_bytes(self, memory: StackMemory) -> Any:
        """Save a memory and restore it.

        Raises:
            SnapshotError: if it cannot be saved.
            Broken: if it comes back different.
        """
        restored = self._decode(self._encode(memory, self._types), self._types)
        found = difference(memory, restored)
        if found:
            raise Broken(f"The memory comes back different: {found}.")
        return restored


@law(
    cure="Keep all that matters in the memory, define classes and functions at the top of a "
    "module, and do not depend on `hash` or `id`."
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
    for number, (turn, answer) in enumerate(zip(turns, _elsewhere(luggage, letters), strict=True)):
        agree(
            (turn.after, turn.reply),
            answer,
            f"Memory and reply of turn {number} (here != elsewhere)",
        )


def _elsewhere(luggage: Any, letters: Any) -> Any:
    """Have each message answered in a fresh interpreter that hashes differently."""
    hashes_here = os.environ.get("PYTHONHASHSEED", "")
    elsewhere = {
        **os.environ,
        "PYTHONHASHSEED": "2" if hashes_here == "1" else "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    try:
        packed = pickle.dumps((luggage, letters))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise Broken(
            f"The stack cannot travel ({error}): give its functions and classes names that can "
            "be imported, at the top of a module."
        ) from error
    done = subprocess.run(
        [sys.executable, "-m", "statewrap.testing.elsewhere"],
        input=packed,
        env=elsewhere,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Broken(f"A fresh interpreter could not go on:\n{done.stderr.decode()}")
    return pickle.loads(done.stdout)  # noqa: S301 - what our own process wrote
