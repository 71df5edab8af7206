"""Search for scenes: hypothesis chooses where it is installed, dice where it is not."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, Literal, get_args

from statewrap.core.words import brief
from statewrap.testing.draws.choices import Choices, Dice

Engine = Literal["hypothesis", "dice"]


def engine_of(name: Engine | None) -> Engine:
    """Return the engine of a name; None is hypothesis where it is installed.

    Raises:
        ValueError: if there is no such engine.
        MissingExtraError: if hypothesis is asked for and not installed.
    """
    if name is None:
        return "hypothesis" if _hypothesis_is_free() else "dice"
    if name not in get_args(Engine):
        raise ValueError(f"engine is {brief(name)}, expected one of {get_args(Engine)} or None.")
    if name == "hypothesis":
        from statewrap.testing import strategies  # noqa: F401, PLC0415 - it names the extra
    return name


def _hypothesis_is_free() -> bool:
    """Tell whether hypothesis is installed, and not at work already: a test of its cannot nest."""
    if importlib.util.find_spec("hypothesis") is None:
        return False
    import hypothesis  # noqa: PLC0415 - an extra

    return not hypothesis.currently_in_test_context()


def search(
    draw: Callable[[Choices], Any],
    visit: Callable[[Any], bool],
    *,
    examples: int,
    seed: int,
    engine: Engine,
) -> None:
    """Draw examples and visit each, until all are visited or a visit says that it is enough.

    Args:
        draw: draws an example by a source of choices.
        visit: looks at one, and says whether to stop.
        examples: how many to draw.
        seed: the same seed draws the same examples.
        engine: who chooses.
    """
    if engine == "hypothesis":
        _by_hypothesis(draw, visit, examples, seed)
    else:
        for number in range(examples):
            if visit(draw(Dice(seed * 1_000_003 + number))):
                return


def _by_hypothesis(
    draw: Callable[[Choices], Any], visit: Callable[[Any], bool], examples: int, seed: int
) -> None:
    """Let hypothesis draw only: what is found is made small by ourselves, in every engine alike."""
    import hypothesis as hyp  # noqa: PLC0415 - an extra

    from statewrap.testing.strategies import ByHypothesis  # noqa: PLC0415 - an extra

    enough = False

    @hyp.seed(seed)
    @hyp.settings(
        max_examples=examples,
        phases=[hyp.Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(hyp.HealthCheck),
        verbosity=hyp.Verbosity.quiet,
    )
    @hyp.given(hyp.strategies.data())
    def visit_each(data: Any) -> None:
        nonlocal enough
        example = draw(ByHypothesis(data.draw))  # hypothesis wants to see the same draws each time
        if not enough:
            enough = visit(example)

    visit_each()
