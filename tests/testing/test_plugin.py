"""The pytest plugin, in sessions of its own."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import statewrap
import statewrap.testing.beside
from statewrap.testing.check import laws_for

pytest_plugins = ["pytester"]

ROOT = Path(statewrap.__file__).parents[1]

LAWFUL = """
import pytest
from statewrap.wrappers import RepeatAction, TimeLimit
"""

BROKEN = (
    LAWFUL
    + """
import attrs
from statewrap import Wrapper

@attrs.frozen
class Silent(Wrapper):
    "Hide every reward, and open an episode at each time step."
    def on_state(self, memory, timestep):
        return memory, timestep.replace(reward=0.0, first=True)
"""
)

DIALOGUE = """
from statewrap import Deployment
from statewrap.wrappers import RepeatAction

def make():
    return Deployment(len, RepeatAction(2), sinks=(), seed=0)

def test_skips(statewrap_golden):
    with statewrap_golden(make()) as deployment:
        deployment.reset("f0")
        deployment.act("f1", 1.0)
        deployment.act("f2", REWARD)
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run pytest on a test file with this plugin and no other, in this process."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(code, *options):
        pytester.makepyfile(test_it=code)
        options = ("-p", "statewrap.testing.plugin", "--strict-markers", *options)
        return pytester.runpytest_inprocess(*options)

    return run


def names(result):
    """Return the names of the tests that ran, as `-v` lists them."""
    lines = [line.split("::", 1)[1] for line in result.outlines if line.startswith("test_it.py::")]
    return [line.split()[0] for line in lines]


def test_each_law_is_a_test_of_its_own(run):
    """Its name is the law's; the body may be a docstring."""
    result = run(
        LAWFUL
        + """
@pytest.mark.wrapper_laws(RepeatAction(2), laws=["identity", "push_is_pull"], examples=2)
def test_repeats():
    "It is lawful."
""",
        "-v",
    )

    result.assert_outcomes(passed=2)
    assert ["test_repeats[identity]", "test_repeats[push_is_pull]"] == names(result)


def test_every_law_is_held_by_default(run):
    """As many as `laws_for` gives."""
    result = run(
        LAWFUL
        + """
@pytest.mark.wrapper_laws(RepeatAction(2), examples=1)
def test_repeats(): pass
""",
        "--collect-only",
        "-q",
    )

    expected = [f"test_repeats[{law.__name__}]" for law in laws_for(None)]
    assert expected == names(result)


def test_a_broken_law_is_told_without_a_traceback(run):
    """What failed is the wrapper, not the test; the law's message is all there is to read."""
    result = run(
        BROKEN
        + """
@pytest.mark.wrapper_laws(Silent(), laws=["episode_rules_at_every_gap"], examples=5)
def test_silent():
    raise ZeroDivisionError("the body ran")
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Silent() breaks the law episode_rules_at_every_gap*", "Cure: *"])
    for word in ("Traceback", "plugin.py", "ZeroDivisionError", "hidden"):
        result.stdout.no_fnmatch_line(f"*{word}*")


def test_the_body_runs_after_the_law(run):
    """It may hold something more, and is given the law."""
    result = run(
        LAWFUL
        + """
@pytest.mark.wrapper_laws(RepeatAction(2), laws=["identity"], examples=2)
def test_repeats(statewrap_law):
    assert "identity" == statewrap_law.law.__name__
    assert RepeatAction(2) == statewrap_law.wrapper
    assert {"examples": 2} == statewrap_law.options
    statewrap_law.hold()
    assert False, "the body ran"
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: the body ran*"])


def test_several_wrappers_are_named(run):
    """By their classes; two of a class by numbers, for a repr may differ between processes."""
    result = run(
        LAWFUL
        + """
@pytest.mark.wrapper_laws(
    RepeatAction(2), TimeLimit(3), RepeatAction(3), laws=["identity"], examples=1
)
def test_lawful(): pass
""",
        "-v",
    )

    assert [
        "test_lawful[identity-RepeatAction0]",
        "test_lawful[identity-TimeLimit]",
        "test_lawful[identity-RepeatAction2]",
    ] == names(result)


def test_marks_add_up(run):
    """On a function, one above the other, and on its class."""
    result = run(
        LAWFUL
        + """
@pytest.mark.wrapper_laws(TimeLimit(3), laws=["identity"], examples=1)
class TestBoth:
    @pytest.mark.wrapper_laws(RepeatAction(2), laws=["identity"], examples=1)
    @pytest.mark.wrapper_laws(RepeatAction(2) | TimeLimit(3), laws=["push_is_pull"], examples=1)
    def test_function(self): pass

    @pytest.mark.parametrize("number", [1, 2])
    def test_class(self, number, statewrap_law): pass
""",
        "-v",
    )

    result.assert_outcomes(passed=5)
    assert [
        "TestBoth::test_function[identity-TimeLimit]",
        "TestBoth::test_function[identity-RepeatAction]",
        "TestBoth::test_function[push_is_pull-Stack]",
        "TestBoth::test_class[identity-1]",
        "TestBoth::test_class[identity-2]",
    ] == names(result)


def test_the_option_says_how_many_examples(run):
    """It is stronger than the marks."""
    result = run(
        LAWFUL
        + """
@pytest.mark.wrapper_laws(RepeatAction(2), laws=["identity"], examples=2)
def test_repeats(statewrap_law):
    assert {"examples": 7} == statewrap_law.options

def test_check(statewrap_check):
    assert {"examples": 7} == statewrap_check.keywords
    assert () == statewrap_check(RepeatAction(2), laws=["identity"]).findings
""",
        "--statewrap-examples=7",
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5"])
def test_a_number_of_examples_that_is_none_is_refused(run, capsys, number):
    """As any wrong option of pytest."""
    result = run(LAWFUL, f"--statewrap-examples={number}")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"*{number!r} was given, expected a number of 1 or more*"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "it has no wrapper"),
        ("RepeatAction(2), laws=[]", "laws is empty"),
        ("RepeatAction(2), laws=['idntity']", "*'idntity'*"),
        ("RepeatAction, examples=3", "*RepeatAction'> was given, expected a wrapper or a stack."),
        ("RepeatAction(2), exampels=3", "there is no argument 'exampels'; did you mean 'examples'"),
    ],
)
def test_a_mark_that_asks_for_nothing_is_refused(run, arguments, words):
    """Else a test would pass that held nothing."""
    result = run(
        LAWFUL
        + f"""
@pytest.mark.wrapper_laws({arguments})
def test_repeats(): pass
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*The marker wrapper_laws cannot be used: *{words}*"])
    result.stdout.no_fnmatch_line("*plugin.py*")


def test_a_mark_on_a_test_case_is_refused(run):
    """Whatever its marks say, such a method is run once."""
    result = run(
        LAWFUL
        + """
import unittest

@pytest.mark.wrapper_laws(RepeatAction(2))
class TestCase(unittest.TestCase):
    def test_repeats(self): pass
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["wrapper_laws holds nothing on a method of a unittest.TestCase*"])


def test_the_fixture_needs_the_mark(run):
    """It has nothing to give without."""
    result = run("def test_it(statewrap_law): pass")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["statewrap_law is there where a law is held: @pytest.mark.*"])


def test_the_marker_is_explained(run):
    """`pytest --markers` shows what it takes."""
    result = run("", "--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.wrapper_laws(wrapper, [*]more, below=*"])


def test_a_law_is_held_again_when_a_test_is_run_again(run, pytester):
    """As plugins do that run what failed once more."""
    pytester.makeconftest(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    item._initrequest()
"""
    )

    result = run(
        BROKEN
        + """
@pytest.mark.wrapper_laws(Silent(), laws=["episode_rules_at_every_gap"], examples=5)
def test_silent(): pass
"""
    )

    result.assert_outcomes(failed=1)


def test_differences_of_messages_are_told(run):
    """In place of two long lines of which nobody sees how they differ."""
    result = run(
        """
from statewrap import Act, TimeStep
from statewrap.testing import FIRST

def test_rewards():
    assert [FIRST, Act("a"), TimeStep("f1", reward=2.0)] == [FIRST, Act("a"), TimeStep("f1")]
"""
    )

    result.stdout.fnmatch_lines(["E *[[]TimeStep('f0'*]", "E *message 2, reward: 2.0 != 0.0"])


def test_other_differences_are_left_to_pytest(run):
    """Of other values, by other operators, and of what cannot be compared."""
    result = run(
        """
from statewrap import Act, TimeStep

class Odd:
    def __eq__(self, other): return False
    def __repr__(self): raise RuntimeError("no words")

def test_numbers(): assert [1, 2] == [1, 3]
def test_order(): assert Act(1) != Act(1)
def test_odd(): assert [Odd(), Act(1)] == [Odd(), Act(2)]
"""
    )

    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["E *At index 1 diff: 2 != 3", "*assert Act(1) != Act(1)*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_golden_dialogue_is_recorded_and_compared(run, pytester):
    """Missing at first, written when asked for, then compared, in a folder beside the test."""
    code = DIALOGUE.replace("REWARD", "1.0")
    path = pytester.path / "golden" / "test_it.test_skips.jsonl"

    missing = run(code)
    assert not path.exists()
    written = run(code, "--statewrap-update")
    first = path.read_bytes()
    compared = run(code)
    again = run(code, "--statewrap-update")

    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["E *There is no golden dialogue *--statewrap-update*"])
    for result in (written, compared, again):
        result.assert_outcomes(passed=1)
    assert first == path.read_bytes()


def test_a_golden_dialogue_that_differs_is_told_where_the_test_made_the_call(run):
    """The test's own line is shown, and none of the library's."""
    run(DIALOGUE.replace("REWARD", "1.0"), "--statewrap-update")

    result = run(DIALOGUE.replace("REWARD", "3.0"))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['>*deployment.act("f2", 3.0)', "E *at step 2, the host differs*", "E *reward: 1.0 != 3.0"]
    )
    result.stdout.no_fnmatch_line("*golden/recording.py*")


def test_a_golden_dialogue_is_played_again(run):
    """By the fixture too, which then rewrites it when asked to."""
    code = DIALOGUE.replace("REWARD", "1.0").replace("make())", 'make(), "skips")')
    code += '\n\ndef test_again(statewrap_golden):\n    statewrap_golden.replay(make(), "skips")\n'

    for options in ["--statewrap-update"], [], ["--statewrap-update"]:
        run(code, *options).assert_outcomes(passed=2)


def test_every_test_has_a_golden_dialogue_of_its_own(run, pytester):
    """By class and parameters too; what no file can be called is replaced."""
    result = run(
        """
import pytest
from statewrap import Deployment

class TestRobot:
    @pytest.mark.parametrize("path", ["a/b", "a_b", "x" * 200])
    def test_path(self, statewrap_golden, path):
        with statewrap_golden(Deployment(len, sinks=(), seed=0)) as deployment:
            deployment.reset(path)
""",
        "--statewrap-update",
    )

    result.assert_outcomes(passed=3)
    files = sorted(path.name for path in (pytester.path / "golden").iterdir())
    assert 3 == len(files)
    assert "test_it.TestRobot.test_path[a_b].jsonl" == files[-2]
    assert all(len(name) < 150 for name in files)


def test_a_golden_dialogue_asked_for_and_not_led_is_an_error(run):
    """Nothing would be compared."""
    code = DIALOGUE.replace("REWARD", "1.0")
    run(code, "--statewrap-update")

    result = run(code.split("    with")[0] + "    statewrap_golden(make())")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E *test_skips.jsonl was asked for and not led to its end*"])


def test_two_golden_dialogues_of_a_test_have_two_names(run):
    """The second would overwrite the first."""
    code = DIALOGUE.replace("REWARD", "1.0") + "\n    with statewrap_golden(make()): pass"

    result = run(code, "--statewrap-update")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *test_skips.jsonl already. Give each a name of its own*"])


def test_a_test_that_fails_leaves_its_golden_dialogue_alone(run, pytester):
    """What it said up to there is not what is right."""
    code = DIALOGUE.replace("REWARD", "1.0")
    run(code, "--statewrap-update")
    path = pytester.path / "golden" / "test_it.test_skips.jsonl"
    before = path.read_bytes()

    result = run(code + "        assert False\n", "--statewrap-update")

    result.assert_outcomes(failed=1)
    assert before == path.read_bytes()


def test_is_an_entry_point():
    """So pytest finds it wherever the library is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    entry = project["entry-points"]["pytest11"]["statewrap"]

    assert hasattr(importlib.import_module(entry), "pytest_generate_tests")


def test_without_the_plugin_its_marker_is_unknown(pytester, monkeypatch):
    """No test passes that would have held a law: --strict-markers refuses it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("import pytest\n@pytest.mark.wrapper_laws(None)\ndef test_it(): pass")

    result = pytester.runpytest_subprocess("--strict-markers")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["'wrapper_laws' not found in `markers` configuration option"])


def test_a_session_without_wrappers_imports_nothing_heavy(tmp_path):
    """Neither numpy nor Gymnasium: that would cost more than pytest itself."""
    (tmp_path / "test_it.py").write_text(
        "import sys\n\n"
        "def test_light():\n"
        "    heavy = {'numpy', 'gymnasium', 'attrs', 'structlog', 'hypothesis'}\n"
        "    assert not heavy & {*sys.modules}\n"
        "    assert 'statewrap.testing.plugin' in sys.modules\n"
        "\n"
        "def test_fails():\n"
        "    assert [1] == [2]\n"
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    options = ["-q", "-p", "no:cacheprovider", "-p", "statewrap.testing.plugin", "--rootdir=."]

    told = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 failed, 1 passed" in told.stdout
