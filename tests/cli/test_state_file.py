"""`statewrap act --state`: a session that outlives its process."""

from __future__ import annotations

import json
import stat
import time
from itertools import pairwise

import pytest

from statewrap.cli.state_file import StateFile
from tests.cli.filters import TOML, answers, run, written


@pytest.fixture
def state(tmp_path):
    """Name a state file that does not exist yet."""
    return tmp_path / "session.state"


def test_goes_on_after_a_crash_as_if_nothing_had_happened(act, state) -> None:
    """The window of frames, the counts and the number of the next call are all there."""
    first = act("--state", state)
    first.ask(step=0, observation=[1, 2])
    first.ask(step=1, observation=[10, 20], reward=0.5)
    first.kill()

    second = act("--state", state)
    answer = second.ask(step=2, observation=[50, 60], reward=0.25, terminated=True)
    opened = second.ask(step=3, observation=[3, 3])

    assert (0.75, 2) == (answer["episode"]["return"], answer["episode"]["length"])
    assert {"action": [6.0, 6.0]} == opened


def test_a_repeated_last_line_gets_the_stored_answer(act, state) -> None:
    """Also the statistics of the episode that ended, and counted once."""
    first = act("--state", state)
    first.ask(step=0, observation=[1, 2])
    line = {"step": 1, "observation": [10, 20], "reward": 0.5, "terminated": True}
    given = first.ask(**line)
    first.kill()

    second = act("--state", state)
    again = second.ask(**line)
    second.ask(step=2, observation=[0, 0])
    closed = second.ask(close=True)

    assert given == again
    assert (0.5, 1) == (given["episode"]["return"], closed["episode"]["episode"])


def test_the_state_is_on_disk_before_the_answer_is_read(act, state) -> None:
    """Whoever has an answer can rely on it, whenever the process dies."""
    filter_ = act("--state", state)
    for step in range(5):
        before = state.read_bytes() if state.exists() else b""
        filter_.ask(step=step, observation=[step, step], **({"reward": 0.0} if step else {}))
        after = state.read_bytes()
        assert before != after


def test_every_writes_the_file_so_often(act, state) -> None:
    """After a crash the host is told from which number to go on."""
    filter_ = act("--state", state, "--every", 3)
    for step in range(5):
        filter_.ask(step=step, observation=[step, step], **({"reward": 0.0} if step else {}))
    filter_.kill()

    again = act("--state", state, "--every", 3)
    refused = again.ask(step=5, observation=[5, 5], reward=0.0)
    answer = again.ask(step=3, observation=[3, 3], reward=0.0)

    assert "expected 3" in refused["error"]["message"]
    assert {"action": [5.0, 5.0]} == answer


def test_the_end_of_the_input_saves_what_is_left(toml, state) -> None:
    """With --every too; the next start goes on from there."""
    arguments = ("act", toml, "--state", state, "--every", 100)
    run(*arguments, lines=[{"observation": [1, 1]}, {"observation": [2, 2], "reward": 1}])

    (answer,) = answers(run(*arguments, lines=[{"step": 2, "observation": [3, 3], "reward": 1}]))

    assert {"action": [5.0, 5.0]} == answer


def test_a_closed_session_is_followed_by_a_new_one(toml, state) -> None:
    """`close` says that there is nothing to go on from."""
    arguments = ("act", toml, "--state", state)
    run(*arguments, lines=[{"observation": [1, 1]}, {"close": True}])

    (answer,) = answers(run(*arguments, lines=[{"step": 0, "observation": [3, 3]}]))

    assert {"action": [6.0, 6.0]} == answer


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"", "The snapshot is cut short"),
        (lambda data: b"\x89PNG and so on", "no snapshot"),
        (lambda data: data[:-10], "cut short"),
        (_damaged, "damaged"),
    ],
    ids=["empty", "foreign", "cut", "damaged"],
)
def test_a_file_that_cannot_be_read_is_an_error_and_stays(toml, state, change, words) -> None:
    """Status 2 before a line is read; what was there may be someone's."""
    run("act", toml, "--state", state, lines=[{"observation": [1, 1]}])
    state.write_bytes(change(state.read_bytes()))
    before = state.read_bytes()

    done = run("act", toml, "--state", state, lines=[{"observation": [1, 1]}])

    assert (2, b"", before) == (done.returncode, done.stdout, state.read_bytes())
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_another_stack_s_session_is_refused(toml, state, tmp_path) -> None:
    """The fingerprints tell them apart, and the file stays."""
    run("act", toml, "--state", state, lines=[{"observation": [1, 1]}])
    before = state.read_bytes()
    other = written(
        tmp_path, TOML.replace("stack_size = 2", 'stack_size = 2\npadding_type = "zero"')
    )

    done = run("act", other, "--state", state, lines=[{"observation": [1, 1]}])

    assert (2, before) == (done.returncode, state.read_bytes())
    assert b"FrameStackObservation.padding_type is 'zero' here, 'reset' there" in done.stderr


def test_a_file_belongs_to_one_process_at_a_time(act, toml, state) -> None:
    """Two filters on one session would overwrite each other."""
    filter_ = act("--state", state)
    filter_.ask(observation=[1, 1])

    done = run("act", toml, "--state", state)

    assert 2 == done.returncode
    assert b"in use by another process" in done.stderr


@pytest.mark.parametrize("place", ["no_such_folder/state", "."])
def test_a_place_that_cannot_be_written_is_an_error_at_once(toml, tmp_path, place) -> None:
    """Not after the first answer."""
    done = run("act", toml, "--state", tmp_path / place)

    assert 2 == done.returncode
    assert b"Traceback" not in done.stderr


def test_a_state_that_cannot_be_saved_ends_the_filter_unanswered(act, toml, state) -> None:
    """An answer that could be forgotten is not given: the host repeats the line later."""
    filter_ = act("--state", state)
    filter_.ask(step=0, observation=[1, 1])
    (state.parent / "session.state.tmp").mkdir()

    filter_.process.stdin.write(b'{"step": 1, "observation": [2, 2], "reward": 0}\n')
    output, log = filter_.process.communicate(timeout=60)
    (state.parent / "session.state.tmp").rmdir()
    (answer,) = answers(
        run(
            "act",
            toml,
            "--state",
            state,
            lines=[{"step": 1, "observation": [2, 2], "reward": 0}],
        )
    )

    assert (b"", 1) == (output, filter_.process.returncode)
    assert b"session.state.tmp" in log
    assert b"Traceback" not in log
    assert {"action": [3.0, 3.0]} == answer


def test_refused_lines_are_not_saved(act, state) -> None:
    """They change nothing, on disk neither."""
    filter_ = act("--state", state)
    filter_.ask(observation=[1, 1])
    before = state.stat().st_mtime_ns

    filter_.ask(observation=[1])

    assert before == state.stat().st_mtime_ns


def test_the_old_file_is_whole_until_the_new_one_is(tmp_path, monkeypatch) -> None:
    """A crash between the two leaves the old one."""
    file = StateFile(tmp_path / "state")
    file.write(b"old")

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("statewrap.cli.state_file.os.fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        file.write(b"new")

    assert b"old" == file.read()


def test_the_file_is_not_more_open_than_others(tmp_path) -> None:
    """It has the rights that the user's umask gives."""
    (tmp_path / "plain").write_bytes(b"")
    StateFile(tmp_path / "state").write(b"data")

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "state")]
    assert modes[0] == modes[1]


def test_killed_at_any_moment_it_loses_nothing(act, state) -> None:
    """A line without an answer is sent again, and the session is the undisturbed one."""
    lines = [{"step": 0, "observation": [0, 0]}]
    lines += [{"step": n, "observation": [n, -n], "reward": 1.0} for n in range(1, 30)]
    frames = [0, *range(30)]
    expected = [[float(a + b), -float(a + b)] for a, b in pairwise(frames)]

    given: list[list[float]] = []
    for delay in (0.0, 0.0005, 0.001, 0.002, 0.004):
        filter_ = act("--state", state)
        begun = len(given)
        given += [filter_.ask(**line)["action"] for line in lines[begun : begun + 4]]
        filter_.process.stdin.write(json.dumps(lines[len(given)]).encode() + b"\n")
        filter_.process.stdin.flush()
        time.sleep(delay)
        filter_.kill()
    last = act("--state", state)
    given += [last.ask(**line)["action"] for line in lines[len(given) :]]

    assert expected == given
