"""The machine finds what a rough world would bring to light, and nothing where all is right."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from statewrap import Act, Deployment, Key, Policy, Wrapper
from statewrap.core.errors import PlacedError, ProtocolError
from statewrap.core.protocol import State
from statewrap.core.spaces import why_not
from statewrap.testing.machine import DeploymentMachine, deployment_machine
from statewrap.testing.machine.abroad import AFTER_A_FAILURE, Luggage, Travel, name_of
from statewrap.testing.machine.machine import SEED_ABROAD
from statewrap.wrappers import RepeatAction, TimeLimit
from tests.laws.mistakes import (
    AppendsToAList,
    AsksForTheHash,
    ComesBackDifferent,
    CountsInSelf,
    DeclaresNothing,
    KeepsTheHostsArray,
    RefusesARetry,
    RollsADie,
)

SPACES = {"observation_space": Box(-9.0, 9.0, (2,), np.float32), "action_space": Discrete(3)}
MASKS = st.sampled_from([0, 1]).map(lambda one: {"mask": np.array([one, 1], np.int8)})
QUICK = settings(
    max_examples=100,
    stateful_step_count=30,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


DEPENDS = r"is answered differently by session|act\.action: |Inconsistent data generation"
"""What depends on the process differs from the shadow, or from hypothesis' own second try."""


def one(observation: Any) -> int:
    """Choose one."""
    return 1


def finds(machine: type[DeploymentMachine], **options: Any) -> str:
    """Run a machine until it finds something, and return what it says."""
    with pytest.raises((AssertionError, Flaky)) as found:
        run_state_machine_as_test(machine, settings=settings(QUICK, **options))
    return str(found.value)


class Planted(DeploymentMachine):
    """A stack with a mistake in it."""

    fresh_interpreters = 0
    stack: Any = None
    policy: Any = staticmethod(one)
    kind: Any = Deployment

    def make(self, **options: Any) -> Deployment:
        return self.kind(self.policy, self.stack, **SPACES, **options)

    def infos(self):
        return MASKS


# -- mistakes of wrappers ----------------------------------------------------------------------


@attrs.frozen
class CountsInTheModule(Wrapper[None]):
    """The count is in the module: sessions leak."""

    numbers = itertools.count()

    def on_state(self, memory, timestep):
        """Tell how many time steps there were in all sessions."""
        return None, timestep.replace(observation=timestep.observation + next(self.numbers))


class ActsOnInfo(Policy[None]):
    """Let the action show what a wrapper says in the info."""

    def decide(self, memory, timestep):
        """Count modulo three."""
        return None, Act(sum(map(int, np.ravel(list(timestep.info.values())))) % 3)


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (CountsInSelf(), DEPENDS),
        (CountsInTheModule(), DEPENDS),
        (RollsADie(), DEPENDS),
        (AppendsToAList(), r"changed in place .* agent\.stack\.wrappers\[0\]: length"),
        (ComesBackDifferent(), r"session\.agent\.stack\.wrappers\[0\]"),
        (DeclaresNothing(), "The session cannot be saved: .* Declare it in memory_types"),
        (KeepsTheHostsArray(), r"session\.agent\.stack\.wrappers\[0\]"),
        (RefusesARetry(), "The session cannot be restored: The snapshot does not fit"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Wrapper) else "",
)
def test_a_mistake_of_a_wrapper_is_found(wrapper, words) -> None:
    """Whichever way it takes to the outside."""
    machine = type("OfAWrapper", (Planted,), {"stack": wrapper, "policy": ActsOnInfo()})

    found = finds(machine)
    assert re.search(words, found)


# -- mistakes of policies ----------------------------------------------------------------------


class HoldsAGrudge(Policy[list]):
    """The memory is a list that is changed in place."""

    def initial(self, key):
        """Remember nothing."""
        return []

    def decide(self, memory, timestep):
        """Remember."""
        memory.append(1)
        return memory, Act(len(memory) % 3)


class DrawsFromNumpy(Policy[None]):
    """Every session draws from one generator."""

    generator = np.random.default_rng(0)

    def decide(self, memory, timestep):
        """Draw."""
        return None, Act(int(self.generator.integers(3)))


class FinishesInPlace(Policy[dict]):
    """The memory is changed when an episode ends."""

    def initial(self, key):
        """Have seen no end."""
        return {"ends": 0}

    def renew(self, memory, key):
        """Keep it."""
        return memory

    def decide(self, memory, timestep):
        """Act by the number of ends."""
        return memory, Act(memory["ends"] % 3)

    def finish(self, memory, timestep):
        """Count."""
        memory["ends"] += 1
        return memory


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            HoldsAGrudge(),
            r"changed in place .* agent\.policy: length|session\.agent\.policy: length",
        ),
        (DrawsFromNumpy(), DEPENDS),
        (FinishesInPlace(), r"agent\.policy\['ends'\]"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Policy) else "",
)
def test_a_mistake_of_a_policy_is_found(policy, words) -> None:
    """It is asked, raises and is asked again, and is shared by all sessions."""
    machine = type("OfAPolicy", (Planted,), {"stack": RepeatAction(2), "policy": policy})

    found = finds(machine)
    assert re.search(words, found)


# -- mistakes of the deployment ----------------------------------------------------------------


class CountsARetry(Deployment):
    """A repeated call is taken for a new one."""

    def _observe(self, call, observation, reward, terminated, truncated, info, frame, step, *seed):
        return super()._observe(
            call, observation, reward, terminated, truncated, info, frame, None, *seed
        )


class CountsAFailure(Deployment):
    """A call that fails uses up its number."""

    def _observe(self, *arguments):
        try:
            return super()._observe(*arguments)
        except Exception:
            self._session = attrs.evolve(self._session, step=self._session.step + 1)
            raise


class RaisesWhatComes(Deployment):
    """What a wrapper raises arrives as it is."""

    def _observe(self, *arguments):
        try:
            return super()._observe(*arguments)
        except Exception as error:
            raise (error.__cause__ or error) from None


class LosesTheAnswer(Deployment):
    """A restored session does not know its last answer."""

    def restore(self, snapshot):
        super().restore(snapshot)
        self._session = attrs.evolve(self._session, observed=None)


class LosesTheKey(Deployment):
    """A restored session draws as if it were new."""

    def restore(self, snapshot):
        super().restore(snapshot)
        self._session = self._rules.rekeyed(self._session, 0)


class SharesASession(Deployment):
    """Forks write into one place."""

    def fork(self, **options):
        twin = super().fork(**options)
        places = self.__dict__.setdefault("places", [twin, self])
        twin.__dict__["places"] = places
        return twin

    def _commit(self, turn, **options):
        super()._commit(turn, **options)
        for place in self.__dict__.get("places", ()):
            place._session = self._session


class GivesItsOwnArraysOut(Deployment):
    """What a host gets is what is kept."""

    def _answered(self, answer):
        return getattr(answer, "action", answer) if self._rules.policy else answer


class KeepsTheObservation(Deployment):
    """What a host passes is not copied."""

    def _observe(self, call, observation, *rest):
        answer = super()._observe(call, observation, *rest)
        raw = self._session.raw
        if raw is not None:
            self._session = attrs.evolve(self._session, raw=raw.replace(observation=observation))
        return answer


class TakesAnyReward(Deployment):
    """A forgotten reward is 0."""

    def act(self, observation, reward=0.0, *rest, **options):
        return super().act(observation, reward, *rest, **options)

    def observe(self, observation, reward=0.0, *rest, **options):
        return super().observe(observation, reward, *rest, **options)


class ReportsTwice(Deployment):
    """The sinks are told of an episode again when a call is repeated."""

    def _observe(self, call, observation, reward, terminated, truncated, info, frame, step, *seed):
        if step is not None and step == self._session.step - 1:
            for report in self._session.reports:
                self._tell(report, self._sinks)
        return super()._observe(
            call, observation, reward, terminated, truncated, info, frame, step, *seed
        )


class GoesOnAfterClose(Deployment):
    """A closed deployment may be used again."""

    def close(self, *arguments, **options):
        before = self._session
        super().close(*arguments, **options)
        self._session = before


class LeavesATrace(Deployment):
    """A call that fails leaves its facts behind."""

    def _observe(self, *arguments):
        try:
            return super()._observe(*arguments)
        except Exception:
            self._facts = []
            raise


class SwallowsFailures(Deployment):
    """Where somebody raises there is no action, and no error either."""

    def _observe(self, *arguments):
        try:
            return super()._observe(*arguments)
        except PlacedError:
            return None


class ClosesOnce(Deployment):
    """A second close is taken amiss."""

    def close(self, *arguments, **options):
        if self.state is State.CLOSED:
            raise ProtocolError("closed already")
        super().close(*arguments, **options)


def fits(observation) -> bool:
    """Tell whether something is an observation."""
    return why_not(SPACES["observation_space"], observation) is None


class MakesDo(Deployment):
    """What is no observation is replaced by one."""

    def _observe(self, call, observation, *rest):
        if not fits(observation):
            observation = np.zeros(2, np.float32)
        return super()._observe(call, observation, *rest)


class Draws(Policy[Key]):
    """Draws its actions."""

    memory_types = (Key,)

    def initial(self, key):
        """Start with the key."""
        return key

    def decide(self, memory, timestep):
        """Draw."""
        draw, key = memory.integers(0, 3)
        return key, Act(np.array(draw))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (CountsARetry, r"made again by its number|the session was changed"),
        (CountsAFailure, r"session\.step: "),
        (RaisesWhatComes, "That is no StatewrapError"),
        (LosesTheAnswer, "session.observed"),
        (LosesTheKey, "session.agent"),
        (SharesASession, "session"),
        (GivesItsOwnArraysOut, "in which an array cannot be written to"),
        (KeepsTheObservation, "session.raw.observation"),
        (TakesAnyReward, "was to be refused in the state 'acting'"),
        (ReportsTwice, "reported otherwise"),
        (GoesOnAfterClose, "was to be refused|last_trace was changed"),
        (LeavesATrace, "last_trace was changed"),
        (SwallowsFailures, "although someone had raised"),
        (ClosesOnce, "close, called again, raised ProtocolError: closed already"),
        (MakesDo, "which is outside Box"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_of_the_deployment_is_found(kind, words) -> None:
    """Each of these is a small change that somebody could make."""
    parts = {"stack": TimeLimit(4) | RepeatAction(2), "policy": Draws(), "kind": kind}

    found = finds(type("OfADeployment", (Planted,), parts))
    assert re.search(words, found)


# -- the fresh interpreter ---------------------------------------------------------------------


class Abroad(Planted):
    """One that can be made in a fresh interpreter, by its name."""

    fresh_interpreters = 2
    stack = RepeatAction(2)
    policy = Draws()


class HashesDifferently(Abroad):
    """What is shown depends on the process."""

    stack = AsksForTheHash()
    policy = None


class ComesToGrief(Abroad):
    """What works at home alone."""

    stack = RepeatAction(2)

    def make(self, **options: Any) -> Deployment:
        if options["seed"] == SEED_ABROAD:
            raise OSError("no such licence")
        return super().make(**options)


def started(monkeypatch) -> list[Luggage]:
    """Count the interpreters that are started."""
    gone: list[Luggage] = []
    go = Travel.go
    monkeypatch.setattr(
        Travel, "go", lambda self, luggage: gone.append(luggage) or go(self, luggage)
    )
    return gone


def test_a_session_that_goes_abroad_comes_back_the_same(monkeypatch) -> None:
    """Twice a run at most, with some steps behind it."""
    gone = started(monkeypatch)

    run_state_machine_as_test(Abroad, settings=settings(QUICK, max_examples=15))

    assert gone
    assert all(luggage.calls for luggage in gone)


def test_dependence_on_the_process_is_found_abroad() -> None:
    """And what was found is found again when hypothesis replays it."""
    found = finds(HashesDifferently)

    assert "gone on in a fresh interpreter" in found
    assert "info['hash']" in found


def test_what_goes_wrong_abroad_is_told() -> None:
    """With the last words of the interpreter."""
    found = finds(ComesToGrief)

    assert "came to grief" in found
    assert "OSError: no such licence" in found


def test_an_interpreter_is_started_for_the_same_luggage_once() -> None:
    """And not more often than allowed; a disagreement allows some more, once."""
    travel = Travel(1)
    luggage = Luggage((__name__, "Abroad"), {}, asks=False, now=0.0, snapshot=b"", calls=[])

    first = travel.go(luggage)

    assert "could not go on" in first
    assert first is travel.go(luggage)
    assert travel.go(luggage._replace(now=1.0)) is None
    travel.disagreed()
    assert AFTER_A_FAILURE == travel._left
    travel._left = 0
    travel.disagreed()
    assert 0 == travel._left


def test_what_has_no_name_elsewhere_stays_at_home() -> None:
    """The reason is told in hypothesis' statistics."""

    class Local(Planted):
        pass

    assert (__name__, "Abroad") == name_of(Abroad)
    assert "cannot be imported" in name_of(Local)
    assert "has no name" in name_of(3)
    renamed = type("Abroad", (Planted,), {"__module__": __name__, "__qualname__": "Abroad"})
    assert "is something else by now" in name_of(renamed)
    script = type("Script", (Planted,), {"__module__": "__main__"})
    assert "defined in a script" in name_of(script)


# -- what a user says --------------------------------------------------------------------------


def made_by_a_function(**options: Any) -> Deployment:
    """Make one over spaces that are unknown."""
    return Deployment(len, RepeatAction(2), **options)


def test_a_function_will_do() -> None:
    """Strategies and numbers are given as options."""
    modes, shown = set(), set()

    def made(**options: Any) -> Deployment:
        modes.add(options["on_reset"])
        return made_by_a_function(**options)

    case = deployment_machine(
        made,
        observations=st.text(max_size=3).map(lambda text: shown.add(text) or text),
        actions=st.integers(0, 3),
        infos=st.just({}),
        rewards=st.just(1.0),
        sessions=2,
        on_reset=["request"],
        fresh_interpreters=0,
    )
    case.settings = settings(QUICK, max_examples=10)

    case("runTest").runTest()

    assert {"request"} == modes
    assert "" in shown
    assert 3 == max(map(len, shown))


def test_an_option_that_does_not_exist_is_refused() -> None:
    """It would be forgotten silently."""
    with pytest.raises(TypeError, match="no option 'session'"):
        deployment_machine(made_by_a_function, session=2)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "observation space is unknown. .* define observations"),
        ({"observations": lambda self: st.just("f"), "policy": None}, "action space is unknown"),
    ],
)
def test_unknown_spaces_are_asked_for(parts, words) -> None:
    """With what to write."""

    def make(self, **options: Any) -> Deployment:
        return Deployment(self.policy, RepeatAction(2), **options)

    machine = type("Unknown", (Planted,), {"make": make, **parts})
    with pytest.raises(TypeError, match=words):
        run_state_machine_as_test(machine, settings=QUICK)


def forgets_the_seed(self, seed, **options):
    """Keep a seed to itself."""
    return Deployment(one, **SPACES, **options)


def forgets_the_mode(self, on_reset, **options):
    """Keep the mode to itself."""
    return Deployment(one, **SPACES, on_reset="continue", **options)


def forgets_the_sinks(self, sinks, **options):
    """Log."""
    return Deployment(one, **SPACES, **options)


def forgets_the_clock(self, clock, **options):
    """Look at another clock."""
    return Deployment(one, **SPACES, **options)


def makes_a_wrapper(self, **options):
    """Make something else."""
    return RepeatAction(2)


@pytest.mark.parametrize(
    "make",
    [forgets_the_seed, forgets_the_mode, forgets_the_sinks, forgets_the_clock, makes_a_wrapper],
    ids=lambda make: make.__name__,
)
def test_options_that_are_not_handed_on_are_noticed(make) -> None:
    """Nothing would be comparable."""
    machine = type("Forgets", (Planted,), {"make": make, "on_reset": ("request",)})
    with pytest.raises(TypeError, match=r"make (did not hand all its options on|returned Repeat)"):
        run_state_machine_as_test(machine, settings=QUICK)


def test_a_machine_without_make_says_what_to_define() -> None:
    """It is the one thing that a user must say."""
    with pytest.raises(NotImplementedError, match="must define make"):
        run_state_machine_as_test(DeploymentMachine, settings=QUICK)


class Hidden(Policy[None]):
    """Counts where nobody sees it, and says so."""

    hidden_state = True
    numbers = itertools.count()

    def decide(self, memory, timestep):
        """Count."""
        return None, Act(next(self.numbers) % 3)


def test_a_policy_with_hidden_state_is_not_used() -> None:
    """Decisions come from outside then, and nothing is found."""
    machine = type("WithHidden", (Planted,), {"stack": TimeLimit(4), "policy": Hidden()})

    run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=20))

    assert 0 == next(Hidden.numbers)


RAISED: list[float] = []
"""The rewards at which `RaisesAtLosses` has raised."""
SEEN: set[int] = set()
"""The greys that `Looks` has seen."""


@attrs.frozen
class RaisesAtLosses(Wrapper[int]):
    """Counts, and raises at a negative reward."""

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def on_state(self, memory, timestep):
        """Raise or count."""
        if timestep.reward < 0:
            RAISED.append(float(timestep.reward))
            raise ValueError("a loss")
        return memory + 1, timestep


class Loses(Planted):
    """A right stack that raises now and then; it does so abroad as well."""

    fresh_interpreters = 2
    stack = RaisesAtLosses() | RepeatAction(2)
    policy = Draws()


def test_a_wrapper_may_raise_on_its_own() -> None:
    """It raises for the shadow too, and nothing has happened."""
    RAISED.clear()

    run_state_machine_as_test(Loses, settings=settings(QUICK, max_examples=20))

    assert RAISED


@attrs.frozen
class Looks(Wrapper[None]):
    """Shows how bright the picture is."""

    needs = frozenset({"frame"})

    def on_state(self, memory, timestep):
        """Tell the grey."""
        grey = int(timestep.frame[0, 0, 0])
        SEEN.add(grey)
        return None, timestep.replace(info={"grey": grey})


def test_pictures_are_passed_where_they_are_needed() -> None:
    """At every call that shows something."""
    machine = type("WithPictures", (Planted,), {"stack": Looks(), "policy": ActsOnInfo()})
    SEEN.clear()

    run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=20))

    assert 20 < len(SEEN)


class Notes(Planted):
    """Notes what a run comes through."""

    stack = TimeLimit(3) | RepeatAction(2)
    policy = Draws()
    seen: set[Any] = set()

    def _committed(self, line, call, expected, found):
        flags = call.arguments[2:4] if call.name in ("act", "observe") else ()
        self.seen |= {call.name, line.real.state.value, type(found.answer).__name__, *[flags]}
        super()._committed(line, call, expected, found)


def test_a_run_comes_through_everything() -> None:
    """Every kind of call, answer, state and end, so that silence means something."""
    run_state_machine_as_test(Notes, settings=settings(QUICK, max_examples=40))

    ends = set(itertools.product([False, True], repeat=2))
    answers = {"Command", "Wanted", "Over", "ndarray", "NoneType"}
    calls = {"act", "observe", "decide", "reset"}
    assert ends | answers | calls | {"acting", "wanted", "over"} <= Notes.seen


def test_hypothesis_is_an_extra() -> None:
    """The error names it."""
    lines = "import sys; sys.modules['hypothesis'] = None; import statewrap.testing.machine"
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False
    )

    assert "MissingExtraError: statewrap.testing.machine needs the package" in done.stderr
