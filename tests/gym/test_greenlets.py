"""Calls that wait in the middle: the same answers as the loop, and honest about going back."""

from __future__ import annotations

import contextvars
import gc
import sqlite3
import sys
import threading
import weakref
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import MissingExtraError, PolicyError, SnapshotError, WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below, Stack
from statewrap.deployment import Deployment
from statewrap.gym import GymWrapper, explain, from_env
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.errors import CannotGoBackError, DivergedError, NotBridgeableError
from tests.gym.environments import episode_of
from tests.gym.strangers import Counts, Halve, Remembers, Skips, Writes
from tests.gym.twins import cartpole

pytest.importorskip("greenlet")

LINE = Below(Box(-9.0, 9.0, (2,), np.float64), Discrete(3))
FIRST = TimeStep(np.zeros(2), first=True)
NEXT = TimeStep(np.ones(2), reward=1.0)
KEY = Key.from_seed(3)


# -- what replay refuses ---------------------------------------------------------------------------


class Generates(gym.Wrapper):
    """Holds a generator open from one call to the next."""

    def __init__(self, env):
        super().__init__(env)
        self.gains = (1.0 + n for n in range(10**9))

    def step(self, action):
        """Take the next gain."""
        observation, reward, *rest = self.env.step(action)
        return observation, reward * next(self.gains), *rest


class Stores(gym.Wrapper):
    """Holds a database."""

    def __init__(self, env):
        super().__init__(env)
        self.base = sqlite3.connect(":memory:")
        self.base.execute("create table steps (reward real)")

    def step(self, action):
        """Store before and after."""
        self.base.execute("insert into steps values (0)")
        observation, reward, *rest = self.env.step(action)
        self.base.execute("insert into steps values (?)", (float(reward),))
        (number,) = self.base.execute("select count(*) from steps").fetchone()
        return observation, reward + number, *rest


class Swallows(gym.Wrapper):
    """Has a handler that catches everything."""

    def step(self, action):
        """Step, whatever happens."""
        try:
            return self.env.step(action)
        except:  # noqa: E722
            return np.zeros(2), 0.0, False, False, {}


class Finishes(gym.Wrapper):
    """Does something in a `finally`, and shows how often."""

    def __init__(self, env, log):
        super().__init__(env)
        self.log = log

    def step(self, action):
        """Note that it is over."""
        try:
            return self.env.step(action)
        finally:
            with self.log.open("a") as file:
                file.write("over\n")


class Global(gym.Wrapper):
    """Draws from numpy's global generator how often it steps."""

    def step(self, action):
        """Draw between steps."""
        total = 0.0
        for _ in range(2):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += reward + np.random.random()  # noqa: NPY002
            if terminated or truncated:
                break
        return observation, total, terminated, truncated, info


REFUSED = {
    "a generator": Generates,
    "a database": Stores,
    "a bare except": Swallows,
    "global randomness": Global,
}


@pytest.mark.parametrize("wrap", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_run_again_answers_as_in_the_loop(wrap):
    """Bit for bit, over several episodes; no step is done twice."""
    np.random.seed(5)  # noqa: NPY002
    expected = episode_of(wrap(cartpole()), 3, 60)
    env = GymWrapper(cartpole(), Bridge(wrap, mode="greenlet"))
    np.random.seed(5)  # noqa: NPY002

    assert same(expected, episode_of(env, 3, 60))


@pytest.mark.parametrize("wrap", REFUSED.values(), ids=REFUSED)
def test_the_mode_is_chosen_where_replay_refuses(wrap):
    """And it is said why; asking for replay is an error."""
    bridge = Bridge(wrap, LINE)

    assert "greenlet" == bridge.seen.mode
    assert "cannot be run again" in bridge.seen.why_mode
    with pytest.raises(NotBridgeableError):
        Bridge(wrap, LINE, mode="replay")


def test_a_file_is_written_as_by_the_loop(tmp_path):
    """Each line once, in a file of its own for each session."""
    episode_of(Writes(cartpole(), tmp_path / "loop"), 3, 20)

    env = GymWrapper(cartpole(), Bridge(lambda env: Writes(env, tmp_path / "bridge")))
    episode_of(env, 3, 20)

    assert (tmp_path / "loop").read_text() == (tmp_path / "bridge").read_text()


def test_a_finally_runs_once(tmp_path):
    """As in the loop; asked for by name, the mode tries nothing out, which would be one more."""
    wrap = Bridge(lambda env: Finishes(env, tmp_path / "log"), mode="greenlet")
    env = GymWrapper(cartpole(), wrap)
    env.reset(seed=0)
    for _ in range(5):
        env.step(0)

    assert 5 == (tmp_path / "log").read_text().count("over")


OTHERS = {
    "a map": Halve,
    "one that counts": Counts,
    "random skips": Skips,
    "what is held": lambda env: Remembers(Skips(env), 3),
    "what learns": lambda env: theirs.NormalizeObservation(theirs.TimeLimit(env, 9)),
}


@pytest.mark.parametrize("wrap", OTHERS.values(), ids=OTHERS)
def test_both_modes_answer_alike(wrap):
    """What they draw included."""
    shown = [
        episode_of(GymWrapper(cartpole(), Bridge(wrap, mode=mode)), 3, 80)
        for mode in ("replay", "greenlet")
    ]

    assert same(*shown)


def test_replay_is_chosen_where_it_will_do():
    """It can be saved at any message."""
    assert "replay" == Bridge(Halve, LINE).seen.mode


def test_a_part_that_is_missing_is_refused_in_every_mode():
    """A greenlet has no environment either."""

    class Behind(gym.Wrapper):
        """Looks behind."""

        def step(self, action):
            """Look."""
            return self.env.step(self.unwrapped.wheel)

    with pytest.raises(NotBridgeableError, match="'wheel'"):
        Bridge(Behind, LINE)


# -- the greenlet ----------------------------------------------------------------------------------

NUMBER: contextvars.ContextVar[int] = contextvars.ContextVar("number", default=0)


class Contextual(gym.Wrapper):
    """Reads and sets a context variable around its environment's step."""

    def step(self, action):
        """Set it to twice and once more."""
        NUMBER.set(2 * NUMBER.get())
        observation, _, *rest = self.env.step(action)
        NUMBER.set(NUMBER.get() + 1)
        return observation, float(NUMBER.get()), *rest


def test_context_variables_are_the_callers():
    """As they are at each call, and what is set there stays."""
    bound = Stack(Bridge(Contextual, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)

    NUMBER.set(5)
    memory, _ = bound.route(memory, Act(1))
    between = NUMBER.get()
    NUMBER.set(20)
    memory, shown = bound.route(memory, NEXT)

    assert (10, 21.0, 21) == (between, shown.reward, NUMBER.get())


def test_another_thread_is_refused():
    """A greenlet cannot leave its own."""
    bound = Stack(Bridge(Counts, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    raised: list[BaseException] = []

    def elsewhere() -> None:
        try:
            bound.route(memory, Act(1))
        except WrapperError as error:
            raised.append(error.cause)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()

    assert isinstance(raised[0], CannotGoBackError)
    assert "another thread" in str(raised[0])
    assert Act(1) == bound.route(memory, Act(1))[1]


def test_a_session_that_is_dropped_in_the_middle_of_a_call_is_freed():
    """And its wrapper with it."""
    made: list[Any] = []

    def wrap(env):
        made.append(weakref.ref(wrapped := Counts(env)))
        return wrapped

    bound = Stack(Bridge(wrap, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))

    del memory
    gc.collect()

    assert [None] == [wrapper() for wrapper in made]


def test_each_session_has_a_wrapper_of_its_own():
    """Nothing is made before a session begins, but for one to look at."""
    made: list[Any] = []

    def wrap(env):
        made.append(1)
        return Counts(env)

    bound = Stack(Bridge(wrap, mode="greenlet")).bind(LINE)
    fresh = [bound.initial(KEY) for _ in range(5)]
    assert 1 == len(made)
    for memory in fresh[:3]:
        bound.route(memory, FIRST)

    assert 3 == len(made)


def test_a_wrapper_that_asks_from_a_thread_of_its_own_is_told():
    """Its environment answers within a call alone."""

    class Threaded(gym.Wrapper):
        """Steps elsewhere."""

        def step(self, action):
            """Step in a thread."""
            found: list[Any] = []

            def run() -> None:
                try:
                    found.append(self.env.step(action))
                except DivergedError as error:
                    found.append(error)

            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
            raise found[0]

    bound = Stack(Bridge(Threaded, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)

    with pytest.raises(WrapperError, match="thread or greenlet of its own"):
        bound.route(memory, Act(1))


# -- an episode that is cut ------------------------------------------------------------------------


class Thrice(gym.Wrapper):
    """Steps three times, and counts calls that came to their end."""

    ended = 0
    heeds = True
    """Whether it stops at the end of an episode."""

    def step(self, action):
        """Step thrice."""
        for _ in range(3):
            answer = self.env.step(action)
            if self.heeds and (answer[2] or answer[3]):
                break
        self.ended += 1
        return answer[0] + self.ended, *answer[1:]


@pytest.mark.parametrize("mode", ["replay", "greenlet"])
def test_a_call_that_is_cut_by_an_opening_is_left(mode):
    """What it did before is undone in replay, and stays in greenlet mode."""
    bound = Stack(Bridge(Thrice, mode=mode)).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))
    memory, _ = bound.route(memory, NEXT)

    memory, shown = bound.route(memory, FIRST)
    for message in (Act(1), NEXT, NEXT):
        memory, reply = bound.route(memory, message)
    memory, last = bound.route(memory, NEXT)

    assert shown.first
    assert Act(1) == reply
    assert same(np.ones(2) + 1, last.observation)


def test_a_wrapper_that_goes_on_when_its_call_is_left_is_an_error():
    """It caught everything."""
    bound = Stack(Bridge(Swallows, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))

    with pytest.raises(WrapperError, match=r"cut in the middle .* catches every exception"):
        bound.route(memory, FIRST)


def test_a_wrapper_that_never_gives_up_is_left_alone():
    """It stays suspended, and whoever calls is told."""

    class Stubborn(gym.Wrapper):
        """Tries until it works."""

        def step(self, action):
            """Try."""
            while True:
                try:
                    return self.env.step(action)
                except BaseException:  # noqa: S110
                    pass

    bound = Stack(Bridge(Stubborn, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))

    with pytest.raises(WrapperError, match="cut in the middle"):
        bound.route(memory, FIRST)


def test_an_act_after_the_end_is_refused():
    """The environment takes none; over made-up observations it is seen before."""

    class Heedless(Thrice):
        """Goes on."""

        heeds = False

    with pytest.raises(NotBridgeableError, match=r"after the last time step.*Break its loop at"):
        Bridge(Heedless, LINE)
    bound = Stack(Bridge(Heedless, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))

    with pytest.raises(WrapperError, match=r"after the last time step.*Break its loop at"):
        bound.route(memory, NEXT.replace(terminated=True))


def test_an_answer_that_nobody_asked_for_is_refused():
    """No call waits."""
    bound = Stack(Bridge(Counts, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)

    with pytest.raises(WrapperError, match="nobody had asked for"):
        bound.route(memory, NEXT)


# -- there is no way back --------------------------------------------------------------------------


def test_a_step_that_failed_has_happened():
    """A retry is refused, and it is said why, in place of a wrong answer."""
    tries: list[int] = []

    def policy(observation: Any) -> int:
        tries.append(1)
        if len(tries) == 2:
            raise OSError("no line")
        return 1

    stack = Bridge(Counts, mode="greenlet")
    deployment = Deployment(policy, stack, below=LINE, sinks=())
    deployment.act(np.zeros(2))
    with pytest.raises(Exception, match="no line"):
        deployment.act(np.ones(2), 1.0)

    with pytest.raises(WrapperError, match="cannot go back"):
        deployment.act(np.ones(2), 1.0)


def test_a_wrapper_that_raised_says_so_afterwards():
    """What it had changed by then is not known."""

    class Raises(gym.Wrapper):
        """Raises at a negative reward."""

        def step(self, action):
            """Look at the reward."""
            answer = self.env.step(action)
            if answer[1] < 0:
                raise ValueError("too low")
            return answer

    bound = Stack(Bridge(Raises, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))
    with pytest.raises(WrapperError, match="too low"):
        bound.route(memory, NEXT.replace(reward=-1.0))

    with pytest.raises(WrapperError, match=r"cannot go back.*ValueError: too low"):
        bound.route(memory, NEXT)


def test_of_two_forks_one_goes_on():
    """The other is told."""
    bound = Stack(Bridge(Counts, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)

    bound.route(memory, Act(1))

    with pytest.raises(WrapperError, match="cannot go back"):
        bound.route(memory, Act(2))


def deployed(wrap: Any) -> Deployment:
    """Put a wrapper into production over a plain line, without a policy."""
    return Deployment(None, Bridge(wrap, mode="greenlet"), below=LINE, seed=1, sinks=())


def test_between_calls_a_session_is_saved_and_goes_on_in_another():
    """With its own wrapper, which holds the same."""

    def play(deployment: Deployment, number: int) -> list[Any]:
        shown = []
        for n in range(number):
            deployment.decide(1)
            shown.append(deployment.observe(np.full(2, float(n)), 1.0).timestep.observation)
        return shown

    def wrap(env: gym.Env) -> gym.Env:
        return Counting(env)

    one, other = deployed(wrap), deployed(wrap)
    one.observe(np.zeros(2))
    play(one, 3)

    other.restore(one.snapshot())

    assert same(play(one, 3), play(other, 3))


class Counting(gym.Wrapper):
    """Shows how many steps it has counted."""

    count = 0

    def step(self, action):
        """Count."""
        self.count += 1
        observation, *rest = self.env.step(action)
        return observation + self.count, *rest


def test_in_the_middle_of_a_call_nothing_is_saved():
    """It lies on the interpreter's stack."""
    bridge = Bridge(Counts, LINE, mode="greenlet")
    memory, _ = bridge.on_state(bridge.initial(KEY), FIRST)
    memory, _ = bridge.on_action(memory, Act(1))

    with pytest.raises(SnapshotError, match=r"middle of a call.*between observe.*and decide"):
        memory.kept  # noqa: B018 - asking is enough


def test_what_cannot_be_read_is_not_saved(tmp_path):
    """It says what."""
    bridge = Bridge(lambda env: Writes(env, tmp_path / "log"), LINE, mode="greenlet")
    memory, _ = bridge.on_state(bridge.initial(KEY), FIRST)

    with pytest.raises(SnapshotError, match=r"Writes\.file is an open file"):
        memory.kept  # noqa: B018 - asking is enough


def test_a_place_that_was_left_is_not_saved():
    """The session is elsewhere."""
    bridge = Bridge(Counts, LINE, mode="greenlet")
    memory, _ = bridge.on_state(bridge.initial(KEY), FIRST)
    bridge.on_action(memory, Act(1))

    with pytest.raises(SnapshotError, match="cannot go back"):
        memory.kept  # noqa: B018 - asking is enough


# -- without the package ---------------------------------------------------------------------------


@pytest.fixture
def _not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "greenlet", None)
    for name in ("greenlets", "sessions", "waiting"):
        monkeypatch.delitem(sys.modules, f"statewrap.gym.bridge.{name}", raising=False)


@pytest.mark.usefixtures("_not_installed")
def test_the_extra_is_named_where_greenlets_are_not_installed():
    """If they are asked for, or if nothing else will do."""
    with pytest.raises(MissingExtraError, match=r"statewrap\[greenlet\]"):
        Bridge(Counts, LINE, mode="greenlet")
    with pytest.raises(NotBridgeableError, match=r"running generator.*statewrap\[greenlet\]"):
        Bridge(Generates, LINE)


# -- from an environment ---------------------------------------------------------------------------


def test_from_env_suspends_what_cannot_be_run_again():
    """It goes on as it was."""
    env = Swallowing(cartpole())
    env.reset(seed=0)
    env.step(0)

    *_, bridge = from_env(env)[0]
    *_, row = explain(env).rows
    seen: list[Any] = []
    deployment = Deployment.from_env(env, lambda x: seen.append(x) or 0, shown=env.last, sinks=())
    deployment.decide()
    deployment.act(np.ones(4, np.float32), 1.0)

    assert Bridge is type(bridge)
    assert "suspended" in row.cost
    assert "between calls, if it is plain" == row.snapshot
    assert same(np.ones(4, np.float32) + 2, seen[-1])


class Swallowing(gym.Wrapper):
    """Counts, and catches everything."""

    count = 0
    last: Any = None

    def step(self, action):
        """Count."""
        self.count += 1
        try:
            observation, *rest = self.env.step(action)
        except:  # noqa: E722
            return self.last, 0.0, False, False, {}
        self.last = observation + np.float32(self.count)
        return self.last, *rest


class Guesses(gym.Wrapper):
    """Goes on without what it asks for."""

    def step(self, action):
        """Guess."""
        observation, reward, *rest = self.env.step(action)
        return observation, reward * getattr(self.unwrapped, "gravity", 1.0), *rest


def test_a_wrapper_that_goes_on_without_what_it_asks_for_is_refused():
    """An environment may have it; a description says so, or that there is none."""
    bound = Stack(Bridge(Guesses, mode="greenlet")).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))

    with pytest.raises(WrapperError, match=r"Guesses asks its environment for 'gravity'"):
        bound.route(memory, NEXT)

    described = Bridge(Guesses, mode="greenlet", describe=Description(attributes={"gravity": 3.0}))
    bound = Stack(described).bind(LINE)
    memory, _ = bound.route(bound.initial(KEY), FIRST)
    memory, _ = bound.route(memory, Act(1))
    assert 3.0 == bound.route(memory, NEXT)[1].reward


def test_a_policy_that_raised_is_told_that_the_call_cannot_be_made_again():
    """The wrapper has gone on, which nobody can take back."""
    answers = iter([0])
    deployment = Deployment(
        lambda _: next(answers), Bridge(Skips, mode="greenlet"), below=LINE, sinks=()
    )
    deployment.act(np.zeros(2))
    with pytest.raises(PolicyError, match="cannot be made again: make a new deployment"):
        for _ in range(3):
            deployment.act(np.ones(2), 1.0)


class Appends(gym.Wrapper):
    """Opens a file in each step."""

    def __init__(self, env, path):
        super().__init__(env)
        self.path = path

    def step(self, action):
        """Write, and step."""
        with self.path.open("a") as file:
            file.write("a step")
        return self.env.step(action)


def test_what_is_suspended_is_not_played_to_measure_it(tmp_path):
    """It would write its file; what it costs is not seen."""
    path = tmp_path / "steps.txt"

    row = explain(Appends(cartpole(), path), measure=True).rows[-1]

    assert "suspended, not seen" in row.cost
    assert not path.exists()
