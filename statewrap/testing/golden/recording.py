"""A deployment whose every call is noted, and compared with a recorded one where there is one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from statewrap.core.borders import freeze
from statewrap.core.errors import InputError, ProtocolError
from statewrap.core.events import Fact
from statewrap.core.protocol import State
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below
from statewrap.deployment import Deployment
from statewrap.package.fingerprint import fingerprint
from statewrap.testing.golden.compare import Comparison
from statewrap.testing.golden.dialogue import FORMAT, KIND, Dialogue, Line
from statewrap.testing.golden.errors import hidden
from statewrap.testing.golden.facts import said
from statewrap.testing.golden.files import file_of, save
from statewrap.testing.golden.text import text_of, text_of_given, without_addresses
from statewrap.testing.golden.watch import Watch

__tracebackhide__ = hidden


class Recording:
    """Stands for a fresh deployment, and notes each call, every fact of it, and its answer.

    It is called as the deployment is, and closes it at the end of a `with`. `save` writes the
    dialogue.

    >>> session = Recording(Deployment(lambda observation: observation + 1, sinks=(), seed=0))
    >>> session.reset(1), session.act(5, 1.0)
    (2, 6)
    >>> [call.name for call in session.dialogue.calls]
    ['reset', 'act']
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        times: Callable[[int], float] | None = None,
        recorded: Dialogue | None = None,
        name: str = "The dialogue",
        ending: Callable[[Recording], object] | None = None,
    ) -> None:
        """Begin.

        Args:
            deployment: one that was not called yet.
            times: gives the time of each call, by its number from 0 on, in seconds since the
                session opened; the deployment's own clock does if it is left out.
            recorded: what it has to agree with, call by call.
            name: the name of what was recorded.
            ending: what to do at the end of a `with`, after the deployment is closed.

        Raises:
            TypeError: if it is no deployment.
            ProtocolError: if it was called before.
        """
        _check_fresh(deployment)
        self.deployment = deployment
        self.entered = False
        """Whether a `with` was begun."""
        self._ending = ending
        self.dialogue = Dialogue(_header(deployment))
        self._comparison = None if recorded is None else Comparison(name, recorded, self.dialogue)
        if self._comparison:
            self._comparison.stacks()
        self.watch = Watch(deployment, times)

    def act(self, *args: Any, **kwargs: Any) -> Any:
        """Call `Deployment.act`."""
        return self.call("act", *args, **kwargs)

    def observe(self, *args: Any, **kwargs: Any) -> Any:
        """Call `Deployment.observe`."""
        return self.call("observe", *args, **kwargs)

    def decide(self, *args: Any, **kwargs: Any) -> Any:
        """Call `Deployment.decide`."""
        return self.call("decide", *args, **kwargs)

    def reset(self, *args: Any, **kwargs: Any) -> Any:
        """Call `Deployment.reset`."""
        return self.call("reset", *args, **kwargs)

    def close(self, *args: Any, **kwargs: Any) -> None:
        """Call `Deployment.close`."""
        self.call("close", *args, **kwargs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Make a call, note it, and compare it with what was recorded.

        Raises:
            InputError: if something that is given cannot be written; nothing is called then.
            GoldenBroken: if the call came out otherwise than recorded.
            Exception: what the deployment raises.
        """
        method = getattr(self.deployment, name)
        given = inspect.signature(method).bind(*args, **kwargs).arguments
        before = _Before(self.deployment)
        self.watch.next()
        first: Line = {"step": before.step(name), "call": name, "given": self._texts(name, given)}
        try:
            answer = method(*args, **kwargs)
        except Exception as error:
            self._note(first, [], {"raises": type(error).__name__}, error)
            raise
        lines = said(self.deployment.stack, before.facts(name), first["given"])
        self._note(first, [*lines], {"answer": text_of(answer)})
        return answer

    def save(self, path: Path | str) -> bool:
        """Write the dialogue; a file that holds it already is left as it is, to the byte.

        Args:
            path: a file whose name ends with ".jsonl"; large arrays that were given go to a
                ".npz" beside it.

        Returns:
            Whether anything was written.

        Raises:
            GoldenError: if the name is another.
            OSError: if the file cannot be written.
        """
        return save(self.dialogue, file_of(path))

    def __enter__(self) -> Self:
        self.entered = True
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            return
        self.close()
        if self._comparison:
            self._comparison.finish()
        if self._ending:
            self._ending(self)

    def __getattr__(self, name: str) -> Any:
        """Pass on what only looks: state, statistics, pending, last_trace and so on."""
        if name in ("restore", "fork"):
            raise ProtocolError(
                f"{name} was called on a recording. A golden dialogue opens with a fresh "
                f"deployment and goes on without a jump; call {name} on a deployment that is not "
                "recorded."
            )
        if name.startswith("_") or name == "deployment":  # as before it is there
            raise AttributeError(name)
        return getattr(self.deployment, name)

    def __repr__(self) -> str:
        return f"<Recording of {len(self.dialogue.calls)} calls: {self.deployment!r}>"

    def _texts(self, call: str, given: dict[str, Any]) -> dict[str, Any]:
        """Write what is given, before anybody can change it."""
        texts = {}
        for name, value in given.items():
            try:
                texts[name] = text_of_given(freeze(value), self.dialogue.arrays)
            except Exception as error:
                raise InputError(
                    f"The {name} given to {call}, {brief(value)}, cannot be recorded: "
                    f"{sentence(error)} A golden dialogue holds numbers, strings, arrays, and "
                    "containers of them. Nothing was called."
                ) from error
        return texts

    def _note(
        self, first: Line, said: list[Line], last: Line, error: BaseException | None = None
    ) -> None:
        step = {"step": first["step"]}
        if self.watch.read is not None:
            first["time"] = self.watch.read
        call = self.dialogue.add([first, *({**step, **line} for line in said), {**step, **last}])
        if self._comparison:
            self._comparison.hold(call, error)


class _Before:
    """Where a deployment stood before a call."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self.number, self.state = deployment, deployment.step, deployment.state

    def step(self, call: str) -> int:
        """Return the number of the call; a decision has that of the time step before it."""
        return max(0, self.number - (call == "decide"))

    def facts(self, call: str) -> tuple[Fact, ...]:
        """Return what happened; nothing did if the last answer was only given again."""
        match call:
            case "decide":
                happened = self.state is State.WANTED
            case "close":
                happened = self.state is not State.CLOSED
            case _:
                happened = self.deployment.step > self.number
        return self.deployment.last_trace.facts if happened else ()


def _check_fresh(deployment: Any) -> None:
    if isinstance(deployment, Recording):
        raise TypeError("A recording was given, expected the deployment itself.")
    if not isinstance(deployment, Deployment):
        raise TypeError(f"{brief(deployment)} was given, expected a Deployment.")
    if deployment.state is not State.FRESH or deployment.step:
        raise ProtocolError(
            f"A golden dialogue opens with a fresh deployment, but {brief(deployment)} was called "
            "before. Make a new one."
        )


def _header(deployment: Deployment) -> Line:
    stack = deployment.stack
    mark = fingerprint(stack, stack.gaps[0] if stack.gaps else Below())
    return {
        "statewrap": KIND,
        "format": FORMAT,
        "version": metadata.version("statewrap"),
        "stack": [without_addresses(brief(wrapper, 400)) for wrapper in stack],
        "fingerprint": None if mark.opaque else mark.digest,
        "seed": deployment.seed,
    }
