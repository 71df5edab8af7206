"""`statewrap act`: a line in, a line out."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from tests.cli.filters import TOML, answers, run, written

CONTINUE = TOML.replace('"request"', '"continue"')
SPACES = "[spaces]" + TOML.split("[spaces]")[1].split("[[wrappers]]")[0]
LIMITED = """
[[wrappers]]
type = "TimeLimit"
max_episode_steps = 2
"""


def b64(array: np.ndarray) -> dict:
    """Write an array as a host would."""
    text = base64.b64encode(array.tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "base64": text}


def test_answers_each_time_step_with_the_policy_s_action(toml) -> None:
    """The stack is between: each action adds the last two observations."""
    lines = [
        {"observation": [1, 2]},
        {"observation": [10, 20], "reward": 1.5, "terminated": False, "info": {"x": None}},
        {"observation": [100, 50], "reward": 1},
    ]

    done = run("act", toml, lines=lines)

    expected = [{"action": [2.0, 4.0]}, {"action": [11.0, 22.0]}, {"action": [110.0, 70.0]}]
    assert (expected, 0) == (answers(done), done.returncode)


def test_answers_an_end_with_the_episode_and_the_reset_that_is_due(toml) -> None:
    """No action is due then; the next line opens an episode and begins with an empty window."""
    lines = [
        {"reset": True, "observation": [1, 1]},
        {"observation": [2, 2], "reward": 0.5, "truncated": True},
        {"reset": True, "observation": [4, 4], "info": {}, "seed": 3},
    ]

    opened, ended, again = answers(run("act", toml, lines=lines))

    assert ({"action": [2.0, 2.0]}, {"action": [8.0, 8.0]}) == (opened, again)
    assert {"seed": None, "options": None} == ended["reset"]
    assert (None, 0.5, 1, "truncated") == (
        ended["action"],
        *(ended["episode"][key] for key in ("return", "length", "outcome")),
    )


def test_answers_both_episode_and_action_where_the_stack_alone_ends(tmp_path) -> None:
    """A time limit in the stack ends the episode; a world that goes on is owed an action."""
    toml = written(tmp_path, CONTINUE + LIMITED)
    lines = [{"observation": [1, 1]}] + [{"observation": [1, 1], "reward": 1.0}] * 2

    *_, last = answers(run("act", toml, lines=lines))

    assert ([2.0, 2.0], 2.0, False) == (last["action"], last["episode"]["return"], "reset" in last)


def test_a_reset_in_mid_episode_reports_the_abandoned_one(toml) -> None:
    """The answer has the action of the new episode and the statistics of the old."""
    lines = [{"observation": [1, 1]}, {"reset": True, "observation": [3, 3]}]

    _, answer = answers(run("act", toml, lines=lines))

    assert ([6.0, 6.0], "abandoned") == (answer["action"], answer["episode"]["outcome"])


def test_a_close_takes_the_last_time_step_and_ends_the_filter(toml) -> None:
    """Without flags it is truncated, and its reward counts; lines after it are not read."""
    lines = [
        {"observation": [1, 1]},
        {"close": True, "observation": [2, 2], "reward": 3, "step": 1},
        {"observation": [1, 1]},
    ]

    done = run("act", toml, lines=lines)

    _, closed = answers(done)
    assert (None, True, 3.0, "truncated", 0) == (
        closed["action"],
        closed["closed"],
        closed["episode"]["return"],
        closed["episode"]["outcome"],
        done.returncode,
    )


def test_a_close_alone_abandons_the_open_episode(toml) -> None:
    """It is reported as such."""
    _, closed = answers(run("act", toml, lines=[{"observation": [1, 1]}, {"close": True}]))

    assert "abandoned" == closed["episode"]["outcome"]


def test_arrays_may_come_and_go_in_base64(toml) -> None:
    """Floats of another width become those of the space."""
    lines = [
        {"observation": b64(np.array([1, 2], np.float32))},
        {"observation": b64(np.array([0.5, 0.25], np.float64)), "reward": 0},
    ]

    first, second = answers(run("act", toml, "--arrays", "base64", lines=lines))

    assert [
        {"action": b64(np.array([2, 4], np.float32))},
        {"action": b64(np.array([1.5, 2.25], np.float32))},
    ] == [first, second]


def test_a_float32_comes_back_to_the_last_bit(toml) -> None:
    """Lists hold the shortest decimal of the float64 that equals it."""
    third = np.float32(1) / 3

    (answer,) = answers(run("act", toml, lines=[{"observation": [float(third), 0]}]))

    assert float(third + third) == answer["action"][0]


def test_nan_and_infinity_are_strings_on_the_way_out(tmp_path) -> None:
    """And strings or Python's bare tokens on the way in, where the space takes them."""
    toml = written(tmp_path, 'policy = "operator:neg"\ncheck = "never"\n' + SPACES)
    lines = b"""{"observation": ["Infinity", -Infinity]}
        {"observation": [NaN, "-Infinity"], "reward": 0}
        {"observation": ["NaN", Infinity], "reward": "Infinity"}
        {"observation": [0, 0], "reward": 0, "terminated": true}
        """.strip()

    *given, ended = answers(run("act", toml, "--trust", lines=lines))

    expected = [["-Infinity", "Infinity"], ["NaN", "Infinity"], ["NaN", "-Infinity"]]
    assert expected == [answer["action"] for answer in given]
    assert "Infinity" == ended["episode"]["return"]


def test_numbered_lines_may_be_repeated(toml) -> None:
    """The last number again is answered again, counted once; another number names the one due."""
    lines = [
        {"step": 0, "observation": [1, 1]},
        {"step": 1, "observation": [5, 5], "reward": 1, "terminated": True},
        {"step": 1, "observation": [5, 5], "reward": 1, "terminated": True},
        {"step": 3, "observation": [7, 7]},
        {"step": 2, "observation": [7, 7]},
    ]

    _, ended, again, gap, opened = answers(run("act", toml, lines=lines))

    assert ended == again
    assert "expected 2" in gap["error"]["message"]
    assert {"action": [14.0, 14.0]} == opened


def test_the_answer_comes_before_the_next_line_is_needed(act) -> None:
    """Each answer is flushed: a host that waits for it is not kept waiting."""
    filter_ = act()

    first = filter_.ask(observation=[1, 1])
    second = filter_.ask(observation=[2, 2], reward=0.0)

    assert ([2.0, 2.0], [3.0, 3.0]) == (first["action"], second["action"])
    assert 0 == filter_.end()[0]


def test_logs_are_structlog_on_standard_error(toml) -> None:
    """In JSON if asked for; standard output has the answers alone."""
    lines = [{"observation": [1, 1]}, {"observation": [1, 1], "reward": 2, "terminated": True}]

    done = run("act", toml, "--log", "json", lines=lines)

    logs = [json.loads(line) for line in done.stderr.splitlines()]
    assert ["session_opened", "episode_end", "deployment_closed"] == [log["event"] for log in logs]
    assert (2.0, 7) == (logs[1]["return"], logs[0]["seed"])
    assert 2 == len(done.stdout.splitlines())


def test_what_a_trusted_policy_prints_does_not_mix_with_the_answers(tmp_path) -> None:
    """It goes to standard error; the module is found beside the file."""
    (tmp_path / "talkative.py").write_text(
        "def decide(observation):\n    print('thinking')\n    return observation\n"
    )
    toml = written(tmp_path, 'policy = "talkative:decide"\n' + SPACES)

    done = run("act", toml, "--trust", lines=[{"observation": [1, 2]}])

    assert [{"action": [1.0, 2.0]}] == answers(done)
    assert b"thinking" in done.stderr


def test_what_a_policy_raises_is_an_answer_and_changes_nothing(tmp_path) -> None:
    """The same step can be made again."""
    (tmp_path / "picky.py").write_text(
        "def decide(observation):\n"
        "    if observation[0] < 0: raise OSError('no negative numbers')\n"
        "    return observation\n"
    )
    toml = written(tmp_path, 'policy = "picky:decide"\n' + SPACES)
    lines = [
        {"observation": [1, 2], "step": 0},
        {"observation": [-1, 2], "reward": 0, "step": 1},
        {"observation": [3, 2], "reward": 0, "step": 1},
    ]

    _, failed, again = answers(run("act", toml, "--trust", lines=lines))

    assert "PolicyError" == failed["error"]["type"]
    assert "no negative numbers" in failed["error"]["message"]
    assert {"action": [3.0, 2.0]} == again


def test_an_action_that_json_cannot_hold_ends_the_filter(tmp_path) -> None:
    """It was committed but cannot be told, so the filter ends as in a crash, and says why."""
    (tmp_path / "odd.py").write_text("def decide(observation):\n    return {1, 2}\n")
    toml = written(tmp_path, 'policy = "odd:decide"\ncheck = "never"\n' + SPACES)

    done = run("act", toml, "--trust", lines=[{"observation": [1, 2]}])

    assert (1, b"") == (done.returncode, done.stdout)
    assert b"{1, 2} cannot be written as JSON" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TOML.replace("Frame", "Farme"), "wrappers[0].type: nothing is named 'FarmeStack"),
        (TOML.replace("stack_size", "stack_sise"), "did you mean 'stack_size'?"),
        (TOML.replace('policy = { type = "MLP", file = "sum.npz" }', ""), "policy is missing"),
        (TOML.replace("sum.npz", "sun.npz"), "policy: [Errno 2] No such file"),
        (TOML.split("[spaces]")[0], "The observation space is missing"),
        ("policy = {", "sum.toml: Invalid initial character"),
        ('policy = "os:getcwd"', "statewrap act --trust"),
        (
            TOML.replace("FrameStackObservation", "ClipAction")
            .split("stack_")[0]
            .replace('Box", low = -1000.0, high = 1000.0, shape = [2]', 'Discrete", n = 2'),
            "ClipAction",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_is_an_error_at_once(tmp_path, text, words) -> None:
    """Status 2, nothing on standard output, no traceback, and the place in the file."""
    done = run("act", written(tmp_path, text))

    assert (2, b"") == (done.returncode, done.stdout)
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_stack_that_needs_pictures_is_refused_at_once(tmp_path) -> None:
    """Lines do not carry them."""
    (tmp_path / "seeing.py").write_text(
        "import attrs, statewrap\n"
        "@attrs.frozen\n"
        "class Seeing(statewrap.Wrapper[None]):\n"
        "    needs = frozenset({'frame'})\n"
    )
    toml = written(tmp_path, TOML + '[[wrappers]]\ntype = "seeing:Seeing"\n')

    done = run("act", toml, "--trust")

    assert 2 == done.returncode
    assert b"needs rendered frames" in done.stderr


def test_a_file_that_is_not_there_is_an_error(tmp_path) -> None:
    """And names the file."""
    done = run("act", tmp_path / "none.toml")

    assert 2 == done.returncode
    assert b"none.toml: No such file or directory" in done.stderr
