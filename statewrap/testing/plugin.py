"""The pytest plugin: each law as a test of its own, readable differences, golden dialogues.

Installed with the library, and loaded in every session of everybody who has it: so it imports
pytest alone, and everything else when it is used. `pytest -p no:statewrap` leaves it out.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import pytest

if TYPE_CHECKING:
    from statewrap.testing.beside import GoldenFolder

MARKER = """\
wrapper_laws(wrapper, *more, below=..., laws=..., examples=..., ...): hold every law, or those \
named, against a wrapper or a stack before the test runs, each as a test of its own; the keyword \
arguments are those of statewrap.testing.check_wrapper. The body may be a docstring."""


class HeldLaw(NamedTuple):
    """A law that a test holds against a wrapper."""

    law: Any
    wrapper: Any
    options: dict[str, Any]
    """What `statewrap.testing.check_wrapper` takes beside the wrapper and the laws."""

    def hold(self) -> None:
        """Hold it.

        Raises:
            LawBroken: if it is broken.
        """
        from statewrap.testing.check import hold_law  # noqa: PLC0415 - when it is used

        hold_law(self.law, self.wrapper, **self.options)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("statewrap", "statewrap: laws of wrappers and golden dialogues")
    group.addoption(
        "--statewrap-update",
        action="store_true",
        help="write golden dialogues as they are now, in place of comparing",
    )
    group.addoption(
        "--statewrap-examples",
        type=_positive,
        metavar="N",
        help="hold each law over N drawn scenes, whatever the tests say",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each law."""
    marks = [*metafunc.definition.iter_markers("wrapper_laws")][::-1]
    if not marks:
        return
    held = [one for mark in marks for one in _held(mark, _examples(metafunc.config))]
    if "statewrap_law" not in metafunc.fixturenames:
        metafunc.fixturenames.append("statewrap_law")
    metafunc.parametrize("statewrap_law", held, ids=_ids(held))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker where pytest cannot make tests of it."""
    if not isinstance(item, pytest.Function) or _law_of(item) is not None:
        return
    if item.get_closest_marker("wrapper_laws"):
        pytest.fail(
            "wrapper_laws holds nothing on a method of a unittest.TestCase, which pytest runs "
            "once. Put it on a function, or on a class without a base.",
            pytrace=False,
        )


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Hold the law; the body runs after it."""
    held = _law_of(pyfuncitem)
    if held is None:
        return
    from statewrap.testing.laws.law import LawBroken  # noqa: PLC0415 - when it is used

    try:
        held.hold()
    except LawBroken as broken:
        words = str(broken)
    else:
        return
    pytest.fail(words, pytrace=False)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Tell where messages, dialogues and traces differ."""
    if op != "==" or "statewrap.core.trace" not in sys.modules:
        return None
    from statewrap.core.words import brief  # noqa: PLC0415 - when it is used
    from statewrap.testing.explain import explain  # noqa: PLC0415

    try:
        lines = explain(left, right)
    except Exception:  # noqa: BLE001 - an object that cannot be compared or printed
        return None
    return [f"{brief(left, 60)} == {brief(right, 60)}", *lines] if lines else None


@pytest.fixture
def statewrap_law() -> HeldLaw:
    """The law that was held before the test, with `law`, `wrapper` and `hold()`."""
    pytest.fail(
        "statewrap_law is there where a law is held: @pytest.mark.wrapper_laws(wrapper).",
        pytrace=False,
    )


@pytest.fixture
def statewrap_check(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """Hold the laws: statewrap.testing.check_wrapper, with --statewrap-examples."""
    from statewrap.testing.check import check_wrapper  # noqa: PLC0415 - when it is used

    return functools.partial(check_wrapper, **_examples(pytestconfig))


@pytest.fixture
def statewrap_golden(request: pytest.FixtureRequest) -> Iterator[GoldenFolder]:
    """Lead the golden dialogue of the test with a fresh deployment, within a `with`."""
    from statewrap.testing.beside import GoldenFolder  # noqa: PLC0415 - when it is used

    nodes = [
        node for node in request.node.listchain() if isinstance(node, pytest.Class | pytest.Item)
    ]
    test = ".".join(node.name for node in nodes)
    update = request.config.getoption("statewrap_update")
    folder = GoldenFolder(request.path, test, update=update)
    yield folder
    folder.done()


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} was given, expected a number of 1 or more")
    return int(text)


def _examples(config: pytest.Config) -> dict[str, Any]:
    """Return the arguments that the session sets."""
    examples = config.getoption("statewrap_examples")
    return {} if examples is None else {"examples": examples}


def _held(mark: pytest.Mark, examples: dict[str, Any]) -> Iterator[HeldLaw]:
    """Return what a mark asks for.

    Raises:
        pytest.fail.Exception: if it makes no sense.
    """
    from statewrap.core.registry import nearest  # noqa: PLC0415 - when it is used
    from statewrap.core.wrapper import Wrapper  # noqa: PLC0415
    from statewrap.testing.check import examine, laws_for  # noqa: PLC0415

    if not mark.args:
        _refuse("it has no wrapper: @pytest.mark.wrapper_laws(RepeatAction(2)).")
    for wrapper in mark.args:
        if not isinstance(wrapper, Wrapper):
            _refuse(f"{wrapper!r} was given, expected a wrapper or a stack.")
    known = inspect.signature(examine).parameters.keys()
    for name in mark.kwargs.keys() - known:
        _refuse(f"there is no argument {name!r}{nearest(name, known)}")
    options = {**mark.kwargs, **examples}
    chosen, oracle = options.pop("laws", None), options.pop("oracle", None)
    if chosen is not None and not chosen:
        _refuse("laws is empty: leave it out for every law.")
    words = ""
    try:
        laws = laws_for(chosen, oracle)
    except (TypeError, ValueError) as error:
        words = str(error)
    if words:  # outside of the handler, lest the traceback is shown too
        _refuse(words)
    for wrapper in mark.args:
        yield from (HeldLaw(law, wrapper, options) for law in laws)


def _refuse(words: str) -> NoReturn:
    pytest.fail(f"The marker wrapper_laws cannot be used: {words}", pytrace=False)


def _ids(held: list[HeldLaw]) -> list[str]:
    """Name each by its law, and by its wrapper's class if there are several wrappers."""
    wrappers = [*{id(one.wrapper): one.wrapper for one in held}.values()]
    kinds = [type(wrapper).__name__ for wrapper in wrappers]
    names = {
        id(wrapper): kind if kinds.count(kind) == 1 else f"{kind}{number}"
        for number, (wrapper, kind) in enumerate(zip(wrappers, kinds, strict=True))
    }
    laws = [one.law.__name__ for one in held]
    if len(wrappers) == 1:
        return laws
    return [f"{law}-{names[id(one.wrapper)]}" for law, one in zip(laws, held, strict=True)]


def _law_of(item: pytest.Function) -> HeldLaw | None:
    """Return the law that a test holds."""
    held = getattr(item, "callspec", None) and item.callspec.params.get("statewrap_law")
    return held if isinstance(held, HeldLaw) else None
