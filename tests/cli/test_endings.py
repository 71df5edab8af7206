"""How `statewrap act` ends: quietly, whatever happens to its pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.filters import STATEWRAP, answers, run


def test_the_end_of_the_input_ends_it_cleanly(toml) -> None:
    """With status 0, the session reported; also where there was no line at all."""
    done = run("act", toml)

    assert (0, b"") == (done.returncode, done.stdout)
    assert b"deployment_closed" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_traceback(act, tmp_path, toml, number) -> None:
    """Its state is saved, its status the one a shell expects; no episode is said to have ended."""
    state = tmp_path / "session.state"
    filter_ = act("--state", state, "--every", 100)
    filter_.ask(observation=[1, 1])

    filter_.process.send_signal(number)
    status, log = filter_.end()
    after = run("act", toml, "--state", state, lines=[{"observation": [2, 2], "reward": 0}])

    assert 128 + number == status
    assert "session_suspended" in log
    assert "episode_end" not in log
    assert "Traceback" not in log
    assert [{"action": [3.0, 3.0]}] == answers(after)


def test_a_signal_during_a_step_lets_it_be_answered(act, tmp_path) -> None:
    """The action was decided on: the host gets it, then the filter ends."""
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "def decide(observation):\n"
        "    print('thinking', flush=True)\n"
        "    time.sleep(1)\n"
        "    return observation\n"
    )
    toml = tmp_path / "sum.toml"
    text = toml.read_text().split("[[wrappers]]")[0]
    toml.write_text(text.replace('{ type = "MLP", file = "sum.npz" }', '"slow:decide"'))
    filter_ = act("--trust")
    filter_.process.stdin.write(b'{"observation": [1, 2]}\n')
    filter_.process.stdin.flush()
    while b"thinking" not in filter_.process.stderr.readline():
        pass

    filter_.process.send_signal(signal.SIGTERM)
    answer = filter_.process.stdout.readline()

    assert b'{"action": [1.0, 2.0]}\n' == answer
    assert 143 == filter_.end()[0]


def test_a_reader_who_is_gone_ends_it_without_a_traceback(act) -> None:
    """As SIGPIPE ends other filters."""
    filter_ = act()
    filter_.ask(observation=[1, 1])
    filter_.process.stdout.close()

    filter_.process.stdin.write(b'{"observation": [2, 2], "reward": 0}\n')
    filter_.process.stdin.close()
    log = filter_.process.stderr.read().decode()

    assert 141 == filter_.process.wait(60)
    assert "Traceback" not in log
    assert "Exception ignored" not in log


def test_a_log_that_nobody_reads_stops_nothing(act) -> None:
    """Losing a log line is better than losing a control loop."""
    filter_ = act()
    filter_.process.stderr.close()

    first = filter_.ask(observation=[1, 1])
    refused = filter_.ask(observation=[1])
    second = filter_.ask(observation=[2, 2], reward=0, terminated=True)
    filter_.process.stdin.close()

    assert {"action": [2.0, 2.0]} == first
    assert "error" in refused
    assert "episode" in second
    assert 0 == filter_.process.wait(60)


def test_a_full_disk_under_the_answers_is_said(toml) -> None:
    """Status 1 and one line, no traceback."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*STATEWRAP, "act", toml],
            input=b'{"observation": [1, 1]}\n',
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert 1 == done.returncode
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_from_the_start_is_no_crash(toml, closed) -> None:
    """A supervisor may start it without one."""
    command = f'exec "$@" {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, "sh", *STATEWRAP, "act", toml],
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode in (0, 2)
    assert b"Traceback" not in done.stderr + done.stdout


def test_a_line_that_comes_in_pieces_is_one_line(act) -> None:
    """A host may write as it likes."""
    filter_ = act()
    for piece in (b'{"observ', b'ation": [1', b", 2]}", b"\n"):
        os.write(filter_.process.stdin.fileno(), piece)
        time.sleep(0.05)

    assert b'{"action": [2.0, 4.0]}\n' == filter_.process.stdout.readline()
