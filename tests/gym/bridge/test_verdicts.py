"""Wrappers that nobody should write: bit-equal to Gymnasium's loop, or refused with the reason."""

from __future__ import annotations

import contextlib
import inspect
import random
import re
import signal
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap import Below
from statewrap.core.errors import StatewrapError, WrapperError
from statewrap.core.same import difference
from statewrap.gym import GymWrapper
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.errors import EnvironmentMissingError, NotBridgeableError
from statewrap.testing import play
from tests.gym.bridge import hostile
from tests.gym.bridge.factories import MOVED, opening

EQUAL = {
    hostile.SkipsAtRandom: "again",
    hostile.ResetsInside: "once",
    hostile.LosesLives: "once",
    hostile.ClosesFinally: "again",
    hostile.KeepsTheInfo: "once",
    hostile.WritesIntoObservations: "once",
    hostile.WritesIntoActions: "direct",
    hostile.PrintsAfter: "once",
    hostile.DrawsByItself: "again",
    hostile.CountsInAClosure: "again",
    hostile.HoldsEverything: "again",
}
"""What runs, and which way its messages take."""
REFUSED = {
    hostile.HoldsAGenerator: "HoldsAGenerator.numbers is a running generator",
    hostile.CatchesAll: "catches every exception",
    hostile.TriesAgain: "after the call was abandoned",
    hostile.StepsFinally: "after the call was abandoned",
    hostile.PrintsBefore: "PrintsBefore prints before it calls its environment",
    hostile.DrawsGlobally: "draws from the global generators",
    hostile.DrawsByRandom: "draws from the global generators",
    hostile.WritesFiles: "opens or changes files",
    hostile.HoldsAFile: r"HoldsAFile.log\['file'\] is an open file",
    hostile.HoldsALock: "HoldsALock.ready.* is a lock",
    hostile.StartsAThread: "starts a thread",
    hostile.CountsInItsClass: "changes CountsInItsClass.count, which lies outside",
    hostile.NumbersByACache: r"changes the cache of the method NumbersByACache.number \(functools",
    hostile.ArmsATimer: "sets timers or the handlers of signals",
    hostile.DrawsByTorch: "draws from the global generator of torch",
    hostile.AlwaysFails: r"no step came to its end: ValueError: .*Description\(info=",
    hostile.ReturnsFour: r"expected \(observation, reward, terminated, truncated, info\)",
    hostile.PlansInACopy: "PlansInACopy copies its environment",
    hostile.SavesItsEnvironment: "SavesItsEnvironment copies its environment",
    hostile.CountsInItsModule: "changes the global .*COUNTED, which lies outside",
    hostile.CountsByIterator: r"ids is an object of C code \(itertools.count\)",
    hostile.ActsAtRandom: "does not do the same",
    hostile.ReadsTheState: "ReadsTheState asks its environment for 'state'",
    hostile.LooksForState: "LooksForState asks its environment for 'bonus'",
}
"""What is refused as it is made, and in which words."""


class World(gymnasium.Env):
    """Shows noise, in episodes of all lengths."""

    observation_space, action_space = MOVED.observation_space, MOVED.action_space
    np_random = None

    def __init__(self) -> None:
        self.noise = np.random.default_rng(3)
        self.np_random = np.random.Generator(np.random.PCG64(5))

    def reset(self, *, seed=None, options=None):
        self.steps, self.length = 0, int(self.noise.integers(1, 12))
        return self.seen(), {"n": 0, "parts": {"x": [1]}}

    def step(self, action):
        self.steps += 1
        over = self.steps == self.length
        reward = float(self.noise.normal() + np.sum(action))
        return self.seen(), reward, over, False, {"n": self.steps, "parts": {"x": [self.steps]}}

    def seen(self):
        return self.noise.normal(size=2).astype(np.float32)


def rolled_out(env):
    """Return all that an environment shows over some episodes, as it was when it was shown."""
    actions = np.random.default_rng(1)
    shown = [repr(env.reset())]
    for _ in range(150):
        answer = env.step(actions.uniform(-1, 1, 2).astype(np.float32))
        shown.append(repr(answer))
        if answer[2] or answer[3]:
            shown.append(repr(env.reset()))
    return shown


@pytest.mark.parametrize("kind", EQUAL, ids=lambda kind: kind.__name__)
def test_it_runs_as_in_gymnasiums_loop(kind):
    """Over 150 steps, ends in the middle of calls included."""
    draws = np.random.Generator(np.random.PCG64(5))
    bridge = GymWrapper(World(), Bridge(kind, mode="replay", draws=draws))

    assert rolled_out(kind(World())) == rolled_out(bridge)
    assert EQUAL[kind] == bridge.stack[0].seen.path.name


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.__name__)
def test_it_is_refused_as_it_is_made(kind):
    """The reason names the wrapper and where it lies."""
    with pytest.raises(NotBridgeableError, match=REFUSED[kind]):
        Bridge(kind, MOVED, mode="replay")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (hostile.WritesFiles, "with tempfile.TemporaryFile()"),
        (hostile.StartsAThread, "thread.start()"),
        (hostile.ArmsATimer, "signal.setitimer(signal.ITIMER_REAL, 1.0)"),
        (hostile.PrintsBefore, 'print("step")'),
        (hostile.DrawsGlobally, "def step("),
        (hostile.DrawsByRandom, "def step("),
        (hostile.DrawsByTorch, "def step("),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_the_refusal_names_the_line(kind, line):
    """It is the wrapper's own; of draws it is the function, for nobody hears of them."""
    lines, first = inspect.getsourcelines(kind)

    with pytest.raises(NotBridgeableError, match=r"\(step in .*hostile\.py:\d+\)") as caught:
        Bridge(kind, MOVED, mode="replay")

    found = re.search(r"hostile\.py:(\d+)", str(caught.value))
    assert found
    assert line in lines[int(found[1]) - first]


def test_a_refusal_names_the_mode_that_takes_it():
    """Where replay was asked for, and no greenlet was tried."""
    with pytest.raises(NotBridgeableError, match="mode='greenlet' or 'auto' its calls are suspen"):
        Bridge(hostile.DrawsGlobally, MOVED, mode="replay")


def hidden():
    """Return where the hidden generators stand."""
    return random.getstate(), repr(np.random.get_state())  # noqa: NPY002 - the hidden one is meant


def test_what_a_refused_wrapper_did_outside_is_undone():
    """Its class, its module and the hidden generators are as they were, and nothing was said."""
    states = hidden()

    for kind in (hostile.CountsInItsClass, hostile.CountsInItsModule, hostile.DrawsGlobally):
        with pytest.raises(NotBridgeableError):
            Bridge(kind, MOVED, mode="replay")

    assert 0 == hostile.CountsInItsClass.count
    assert [] == hostile.COUNTED
    assert states == hidden()


def test_trying_it_out_says_nothing(capsys):
    """What a wrapper prints, it prints when it is used."""
    Bridge(hostile.PrintsAfter, MOVED)

    assert "" == capsys.readouterr().out


def test_what_it_raises_over_made_up_observations_is_no_refusal():
    """An info that is described lets it be tried out; the error of a real one is its own."""
    bare = Bridge(hostile.NeedsLives, MOVED, mode="replay")
    described = Bridge(
        hostile.NeedsLives, MOVED, mode="replay", describe=Description(info={"lives": 3})
    )

    assert ("KeyError: 'lives'.",) == bare.seen.raised
    assert () == described.seen.raised
    env = GymWrapper(World(), bare)
    env.reset()
    with pytest.raises(WrapperError, match="KeyError"):
        env.step(np.zeros(2, np.float32))


def test_an_attribute_that_is_described_is_there():
    """And one that is described as absent is looked for in vain, without an error."""
    there = Bridge(
        hostile.LooksForState, MOVED, mode="replay", describe=Description(attributes={"bonus": 2.0})
    )
    absent = Bridge(
        hostile.LooksForState, MOVED, mode="replay", describe=Description(absent=["bonus"])
    )

    for bridge, bonus in ((there, 2.0), (absent, 0.0)):
        env, plain = GymWrapper(World(), bridge), World()
        env.reset(), plain.reset()
        action = np.zeros(2, np.float32)
        assert plain.step(action)[1] + bonus == env.step(action)[1]
    assert {"bonus": "LooksForState"} == absent.seen.missing


def test_what_is_asked_for_too_late_is_an_error_then():
    """Though the wrapper made do without it: it would have found it in the environment."""

    class AsksLate(gymnasium.Wrapper):
        calls = 0

        def step(self, action):
            self.calls += 1
            bonus = getattr(self.env.unwrapped, "bonus", 0.0) if self.calls > 100 else 0.0
            observation, reward, *rest = self.env.step(action)
            return observation, reward + bonus, *rest

    env = GymWrapper(World(), Bridge(AsksLate, mode="replay"))

    with pytest.raises(WrapperError, match="asks its environment for 'bonus'") as caught:
        rolled_out(env)

    assert isinstance(caught.value.cause, EnvironmentMissingError)


def test_what_a_map_asks_for_too_late_is_an_error_then():
    """The same where its method is called alone."""

    class AsksAtEight(gymnasium.ObservationWrapper):
        def observation(self, observation):
            late = observation[0] == 8
            return observation + (getattr(self.unwrapped, "bonus", 0.0) if late else 0.0)

    bridge = Bridge(AsksAtEight, MOVED, mode="replay")

    assert "direct" == bridge.seen.path.name
    assert [7.0, -7.0] == play(bridge, opening(7), below=MOVED)[0].observation.tolist()
    with pytest.raises(WrapperError, match="asks its environment for 'bonus'"):
        play(bridge, opening(8), below=MOVED)


def test_a_map_that_calls_its_environment_later_is_stopped():
    """Also where it catches whatever is raised then: it would go on with what was never shown."""

    class StepsAtEight(gymnasium.ObservationWrapper):
        def observation(self, observation):
            if observation[0] == 8:
                with contextlib.suppress(BaseException):
                    observation = self.env.step(0)[0]
            return observation

    bridge = Bridge(StepsAtEight, MOVED, mode="replay")

    assert "direct" == bridge.seen.path.name
    with pytest.raises(WrapperError, match="called its environment in `observation`"):
        play(bridge, opening(8), below=MOVED)


@pytest.fixture
def unseen():
    """Forget what was kept where no bridge looks."""
    yield
    vars(gymnasium).pop("_of_a_test", None)


def late_calls(calls):
    """Count, where no bridge looks, the calls after the hundredth; return how many there were."""
    if calls > 100:
        vars(gymnasium).setdefault("_of_a_test", []).append(1)
    return len(vars(gymnasium).get("_of_a_test", ()))


@pytest.mark.usefixtures("unseen")
def test_a_wrapper_that_does_otherwise_later_is_stopped():
    """What it asked before it has to ask again, though it catches the error that says so."""

    class Forgets(gymnasium.Wrapper):
        asked: list = []
        calls = 0

        def step(self, action):
            self.calls += 1
            odd = late_calls(self.calls) % 2
            try:
                return self.env.step(action * (0.5 if odd else 1.0))
            except Exception:
                return np.zeros(2, np.float32), 0.0, False, False, {}

    env = GymWrapper(World(), Bridge(Forgets, mode="replay"))

    with pytest.raises(WrapperError, match="does not do the same"):
        rolled_out(env)


@pytest.mark.usefixtures("unseen")
def test_a_wrapper_that_asks_rightly_after_it_was_stopped_is_stopped_all_the_same():
    """That it did otherwise is not forgotten, though what it asked for then was expected."""

    class Retries(gymnasium.Wrapper):
        calls = 0

        def step(self, action):
            self.calls += 1
            odd = late_calls(self.calls) % 2
            try:
                return self.env.step(action * (0.5 if odd else 1.0))
            except Exception:
                return self.env.step(action * (1.0 if odd else 0.5))

    env = GymWrapper(World(), Bridge(Retries, mode="replay"))

    with pytest.raises(WrapperError, match="does not do the same"):
        rolled_out(env)


@pytest.mark.usefixtures("unseen")
def test_a_wrapper_that_asks_for_less_later_is_stopped():
    """What the environment has answered would be lost."""

    class AsksOnce(gymnasium.Wrapper):
        calls = 0

        def step(self, action):
            self.calls += 1
            if late_calls(self.calls) == 2:
                return np.zeros(2, np.float32), 0.0, False, False, {}
            return self.env.step(action)

    env = GymWrapper(World(), Bridge(AsksOnce, mode="replay"))

    with pytest.raises(WrapperError, match="AsksOnce was run again and did not ask for Act"):
        rolled_out(env)


def test_an_environment_that_writes_is_not_there():
    """Setting what only an environment would use is an error, too."""

    class SetsGravity(gymnasium.Wrapper):
        def reset(self, **kwargs):
            self.env.unwrapped.gravity = 3.0
            return self.env.reset(**kwargs)

    with pytest.raises(EnvironmentMissingError, match=r"SetsGravity .* 'gravity'"):
        Bridge(SetsGravity, MOVED)


def test_an_error_of_the_wrapper_leaves_the_session_as_it_was():
    """The same call can be made again."""

    class FailsOnce(gymnasium.Wrapper):
        def step(self, action):
            observation, reward, *rest = self.env.step(action)
            if np.sum(action) > 1.5:
                raise OSError("too much")
            return observation, reward, *rest

    env = GymWrapper(World(), Bridge(FailsOnce, mode="replay"))
    env.reset()
    env.step(np.zeros(2, np.float32))
    before = env.memory

    with pytest.raises(StatewrapError, match="too much"):
        env.step(np.ones(2, np.float32))

    assert difference(before, env.memory) is None


def test_spaces_beyond_what_is_usual_are_tried_too():
    """Bounds of infinity, which no arithmetic likes."""
    wide = Box(-np.inf, np.inf, (2,), np.float64)

    bridge = Bridge(hostile.WritesIntoObservations, MOVED.__class__(wide, wide), mode="replay")

    assert () == bridge.seen.raised


def test_a_timer_is_not_left_armed_by_the_trial():
    """Nor is its handler."""
    before = signal.getitimer(signal.ITIMER_REAL), signal.getsignal(signal.SIGALRM)

    with pytest.raises(NotBridgeableError, match="sets timers"):
        Bridge(hostile.ArmsATimer, MOVED, mode="replay")

    assert before == (signal.getitimer(signal.ITIMER_REAL), signal.getsignal(signal.SIGALRM))


def test_a_key_of_info_that_a_step_needs_is_made_up():
    """Else no step would come to its end, and nobody would see what it does."""
    bridge = Bridge(hostile.NeedsAnInfo, MOVED, mode="replay")

    assert bridge.seen.raised == ("KeyError: 'x_pos'.",)
    assert bridge.seen.steps_per_step == (1, 2)


def test_numbers_are_small_where_others_are_not_liked():
    """As where an observation is of classes, and its space is of all bytes."""
    bridge = Bridge(hostile.LooksUp, Below(Box(0, 255, (3,), np.uint8), MOVED.action_space))

    assert bridge.seen.mode == "replay"
    assert bridge.seen.raised[0].startswith("IndexError")
    assert bridge.seen.steps_per_step == (1, 1)


def test_effects_behind_a_key_of_info_are_seen():
    """It appends to a list of its class after each inner step."""
    with pytest.raises(NotBridgeableError, match=r"changes TellsItsClass\.told, which"):
        Bridge(hostile.TellsItsClass, MOVED, mode="replay")

    assert hostile.TellsItsClass.told == []


def test_what_returns_something_else_is_refused_in_every_mode():
    """Waiting in another way would not help."""
    with pytest.raises(NotBridgeableError, match="returns four values"):
        Bridge(hostile.ReturnsFour, MOVED)


@pytest.mark.parametrize("does", [Path.unlink, lambda path: path.write_text("")])
def test_a_file_is_what_it_was_after_a_trial(tmp_path, does):
    """What cannot be put back is held off before it is done."""
    path = tmp_path / "kept.csv"
    path.write_text("all of it")

    class Logs(gymnasium.Wrapper):
        def reset(self, **kwargs):
            does(path)
            return self.env.reset(**kwargs)

    with pytest.raises(NotBridgeableError, match="opens or changes files"):
        Bridge(Logs, MOVED, mode="replay")

    assert path.read_text() == "all of it"
