"""Hold the laws against a wrapper, alone, over drawn scenes; and say what was found."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from gymnasium.spaces import Space

from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.check.examination import Examination
from statewrap.testing.check.habitats import habitats_of
from statewrap.testing.check.report import CheckFailed, Report
from statewrap.testing.check.search import Engine, engine_of, search
from statewrap.testing.draws.choices import Choices
from statewrap.testing.draws.scenes import Scene, draw_scene
from statewrap.testing.draws.spaces import Infos
from statewrap.testing.elsewhere import stop_elsewhere
from statewrap.testing.laws import LAWS, every_message_is_answered, survives_a_fresh_interpreter
from statewrap.testing.laws.law import Law
from statewrap.testing.laws.specification import agrees_with_its_oracle
from statewrap.testing.laws.surroundings import Surroundings

EXAMPLES: Final = 100


def check_wrapper(wrapper: Wrapper[Any], **options: Any) -> Report:
    """Hold every law against a wrapper or an unbound stack, alone, and report.

    Args:
        wrapper: the wrapper. What a law could mistake for a fault it declares itself: `keeps`,
            `learns`, `delays`, `needs`.
        options: those of `examine`: below, oracle, laws, info, examples, seed, raises, engine.

    Raises:
        CheckFailed: an AssertionError, if a law is broken. It says which, shows the smallest
            dialogue that was found (a `play(...)` call to be pasted into a test), the memory
            before and after, and the likely cure.

    >>> from statewrap.wrappers import RepeatAction
    >>> check_wrapper(RepeatAction(2), examples=5).findings
    ()
    """
    report = examine(wrapper, **options)
    if report.findings:
        raise CheckFailed(report)
    return report


def hold_law(law: Law | str, wrapper: Wrapper[Any], **options: Any) -> None:
    """Hold one law against a wrapper, over drawn scenes.

    Args:
        law: the law, or its name.
        wrapper: the wrapper or an unbound stack.
        options: those of `examine`, but `laws`.

    Raises:
        LawBroken: with the evidence, as `check_wrapper` gives it.
    """
    report = examine(wrapper, laws=(law,), alone=True, **options)
    if report.findings:
        raise report.findings[0]


def laws_for(laws: Sequence[Law | str] | None = None, oracle: Any = None) -> tuple[Law, ...]:
    """Return the laws that are held: those given, by name or themselves; else every one.

    Args:
        laws: which laws; None for every one.
        oracle: a specification, which adds the law `agrees_with_its_oracle` to every one.

    Raises:
        ValueError: if a name is no law's.
        TypeError: if something is no law.
    """
    every = [every_message_is_answered, *LAWS, survives_a_fresh_interpreter]
    if oracle is not None:
        every.append(_agreement(oracle))
    if laws is None:
        return tuple(every)
    by_name = {law.__name__: law for law in every}
    several = isinstance(laws, (list, tuple)) and laws
    if not several or not all(isinstance(one, str) or hasattr(one, "sentence") for one in laws):
        raise TypeError(f"laws is {brief(laws)}, expected a list of laws or of their names.")
    for law in laws:
        if isinstance(law, str) and law not in by_name:
            given = " It wants oracle=..." if law == agrees_with_its_oracle.__name__ else ""
            raise ValueError(f"There is no law {law!r}.{given} The laws are: {', '.join(by_name)}.")
    return tuple(by_name[law] if isinstance(law, str) else law for law in laws)


def examine(
    wrapper: Wrapper[Any],
    *,
    below: Below | Sequence[Below] | None = None,
    oracle: Any = None,
    laws: Sequence[Law | str] | None = None,
    info: Infos | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    raises: tuple[type[Exception], ...] = (),
    engine: Engine | None = None,
    alone: bool = False,
) -> Report:
    """Hold laws against a wrapper over drawn scenes, and return what was found.

    Args:
        wrapper: the wrapper or an unbound stack.
        below: what is known of the environment, or several such. If not given, spaces of every
            kind are drawn, and those where the wrapper cannot be bound or played are left out.
        oracle: a readable specification, made by `as_oracle`, that it has to agree with.
        laws: which laws, by name or themselves; every one if not given.
        info: what infos hold, for each name a space or a sequence of values, beside and in place
            of some usual entries (`lives`, `score`, `position`, `action_mask`).
        examples: how many scenes to draw.
        seed: the same seed draws the same scenes.
        raises: what the wrapper raises on purpose; a scene in which it does is left out.
        engine: "hypothesis" or "dice", which the library brings; None is hypothesis where it is
            installed.
        alone: whether a scene that cannot be played to its end is passed over, as far as the laws
            given have nothing to say about it. Otherwise the law that says why is held as well.

    Raises:
        TypeError, ValueError: if an argument is of no use.
        BindError: if the wrapper cannot be bound to the `below` given.
    """
    stop_elsewhere()
    _check_arguments(wrapper, examples, seed, raises, info)
    held, choose = laws_for(laws, oracle), engine_of(engine)
    with Surroundings(*Stack(wrapper)) as around:
        habitats = habitats_of(wrapper, below, info, seed)
        examination = Examination(wrapper, held, raises, habitats.homes, around, alone=alone)

        def draw(choices: Choices) -> Scene:
            return draw_scene(choices, wrapper, choices.pick(habitats.homes), info)

        if habitats.homes:
            with quiet():
                search(draw, examination.visit, examples=examples, seed=seed, engine=choose)
                examination.finish()
        return examination.report(habitats)


@contextmanager
def quiet() -> Iterator[None]:
    """Let infinities pass, which are drawn where they are allowed, and what is said about them."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        yield


def _check_arguments(wrapper: Any, examples: Any, seed: Any, raises: Any, info: Any) -> None:
    if not isinstance(wrapper, Wrapper):
        raise TypeError(
            f"check_wrapper takes a wrapper or a stack, got {brief(wrapper)}."
            + (" An instance of it is meant." if isinstance(wrapper, type) else "")
        )
    if type(examples) is not int or examples < 1:
        raise ValueError(f"examples is {brief(examples)}, expected an int of at least 1.")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed is {brief(seed)}, expected an int of at least 0.")
    kinds = raises if isinstance(raises, tuple) else (raises,)
    if not all(isinstance(kind, type) and issubclass(kind, Exception) for kind in kinds):
        raise TypeError(f"raises is {brief(raises)}, expected exceptions: (ValueError,).")
    _check_info(info)


def _check_info(info: Any) -> None:
    if info is None:
        return
    if not isinstance(info, Mapping):
        raise TypeError(
            f"info is {brief(info)}, expected what infos hold by name: "
            '{"lives": Discrete(4), "mode": ["day", "night"]}.'
        )
    for name, what in info.items():
        if not isinstance(what, (Space, Sequence)) or (isinstance(what, Sequence) and not what):
            raise TypeError(
                f"info[{name!r}] is {brief(what)}, expected a space, or a list of values to pick "
                "from."
            )


def _agreement(oracle: Any) -> Law:
    held: Any = functools.partial(agrees_with_its_oracle, oracle=oracle)
    functools.update_wrapper(held, agrees_with_its_oracle)
    return held  # type: ignore[no-any-return]
