"""Each wrapper on the page of the laws is found by `examine`, by the law that it stands under."""

from __future__ import annotations

import doctest
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from statewrap.testing import examine

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "laws.md"
CALL = re.compile(r"^broken\((\w+), (.*?)(, oracle=.*)?\)$")


def examples() -> dict[str, tuple[int, str]]:
    """Find the calls on the page: the law, to the number of its example and the wrapper."""
    found = {}
    parsed = doctest.DocTestParser().get_examples(PAGE.read_text(encoding="utf-8"))
    for number, example in enumerate(parsed):
        call = CALL.match(example.source.strip())
        if call and call[3] is None and call[1] != "rewards_are_small":
            found[call[1]] = number, call[2]
    return found


@pytest.fixture(scope="module")
def names():
    """Run the page, each example once."""
    names = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()):
        for example in doctest.DocTestParser().get_examples(PAGE.read_text(encoding="utf-8")):
            exec(compile(example.source, "laws.md", "single"), names)  # noqa: S102 - our own page
    return names


@pytest.mark.parametrize("law", examples())
def test_a_wrapper_of_the_page_is_found_by_its_law(law, names) -> None:
    """Over drawn scenes, as by its own scene."""
    wrapper = eval(examples()[law][1], names)  # noqa: S307 - our own page
    info = {"mask": names["Box"](0.0, 1.0, (2,))}

    report = examine(wrapper, below=names["below"], laws=[law], info=info, examples=40)

    assert law in [finding.law.__name__ for finding in report.findings]
