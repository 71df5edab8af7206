"""The rules of the machine: everything that a host may do, at any moment, to several sessions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.checks import OnReset
from statewrap.core.errors import InputError, MissingExtraError
from statewrap.core.fold import Report
from statewrap.core.policy import Policy
from statewrap.core.protocol import TABLE, State
from statewrap.core.same import difference
from statewrap.core.session import Wanted
from statewrap.core.spaces import why_not
from statewrap.core.words import brief
from statewrap.core.wrapper import Below
from statewrap.deployment import Deployment
from statewrap.testing.draws.choices import Dice
from statewrap.testing.draws.scenes import draw_reward, usual_info
from statewrap.testing.draws.spaces import draw_info, draw_value
from statewrap.testing.machine.abroad import Luggage, Travel, name_of
from statewrap.testing.machine.calls import ODD, Step, unusable
from statewrap.testing.machine.line import Line, agree, forked, hold_alike, wait, writable
from statewrap.testing.machine.rig import (
    Call,
    Lit,
    Outcome,
    Rig,
    Wrong,
    arrays,
    changing_nothing,
    made,
    refused,
    restore,
    rigged,
    saved,
    told,
    write_over,
    wrong,
)

try:
    from hypothesis import Phase, event, settings
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
    from hypothesis.strategies import SearchStrategy
except ImportError as error:
    raise MissingExtraError("statewrap.testing.machine", "hypothesis", "test") from error

TICK: Final = 0.125
"""Seconds from one call to the next; every time is a multiple of it, so sums are exact."""
MANY: Final = 999
"""How many different observations, rewards, infos and actions there are in all runs."""
SEED_ABROAD: Final = 1000
"""The seed of the deployment in a fresh interpreter, which the snapshot overwrites."""
SETTLED_IN: Final = 4
"""How many steps a session has behind it before an interpreter is started for it."""


def _of_machine(drawn: Callable[[DeploymentMachine], SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """Draw by what the running machine says."""
    machine: SearchStrategy[Any] = st.runner()
    return machine.flatmap(drawn)


def _diced(drawn: Callable[[Dice], Any]) -> SearchStrategy[Any]:
    """Draw by dice, of which hypothesis chooses the seed: one choice a value, made small quickly.

    What matters here is what is done and when; a hundred choices for what a step looks like would
    make a run of fifty steps slow to draw, and minutes to make small.
    """
    return st.integers(0, MANY).flatmap(lambda seed: st.just(drawn(Dice(seed))))


class _TestCase:
    """The `TestCase` of a machine, without the phase that explains a failure at great length."""

    def __get__(self, machine: Any, kind: type[RuleBasedStateMachine]) -> Any:
        case = vars(RuleBasedStateMachine)["TestCase"].__get__(None, kind)
        if "made_short" not in vars(case):
            phases = [phase for phase in case.settings.phases if phase is not Phase.explain]
            case.settings = settings(case.settings, phases=phases, report_multiple_bugs=False)
            case.made_short = True
        return case


WHO: Final = _of_machine(lambda machine: st.integers(0, machine.sessions - 1))
STEPS: Final = _of_machine(lambda machine: machine.steps)
DECISIONS: Final = _of_machine(lambda machine: machine.decisions)


class DeploymentMachine(RuleBasedStateMachine):
    """Whatever an environment sends, a deployment answers it, or raises and is as it was before.

    A state machine under hypothesis. It does to some sessions of one policy and one stack what a
    rough world does: opens, acts, ends and gives up episodes, passes what cannot be used, calls at
    the wrong moment, calls again, lets wrapper and policy raise in the middle of a call, saves and
    restores, here, in another deployment and in a fresh interpreter, looks ahead in forks, and
    overwrites every array that it passed or got. Beside each session goes a shadow, made anew, that
    is told what was committed and nothing else. All that the two answer, remember, count and report
    is the same, bit for bit.

    Subclass it, say how the deployment is made, and let pytest find its `TestCase`:

        class MyMachine(DeploymentMachine):
            def make(self, **options):
                return Deployment(my_policy, RepeatAction(4) | TimeLimit(500),
                                  observation_space=BOX, action_space=Discrete(2), **options)

        TestMine = MyMachine.TestCase

    Half of the runs take the policy away and decide from outside, with `observe` and `decide`; a
    policy with `hidden_state` is never used. A few runs go on in a fresh interpreter, if the class
    (or the function) can be imported there by its name; if not, that rule is left out, and
    hypothesis' statistics say so (`pytest --hypothesis-show-statistics`).

    A mistake that depends on what the process did before (a generator, a counter in a module) may
    be told by hypothesis as `Flaky`: what it found does not come again.
    """

    TestCase = _TestCase()

    sessions: ClassVar[int] = 3
    """How many sessions take turns."""
    on_reset: ClassVar[Sequence[OnReset]] = ("continue", "request")
    """What `on_reset` may be; one of them is handed to `make`."""
    fresh_interpreters: ClassVar[int] = 2
    """How many fresh interpreters a run may start, at about a second each."""

    # -- what may be overridden ----------------------------------------------------------------

    def make(self, **options: Any) -> Deployment:
        """Make the deployment: `return Deployment(policy, stack, ..., **options)`.

        Args:
            options: `seed`, `on_reset`, `sinks` and `clock`, for `Deployment`.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define make(self, **options), as in "
            "`return Deployment(policy, stack, observation_space=..., **options)`."
        )

    def observations(self) -> SearchStrategy[Any]:
        """Draw what the environment shows; by default from its observation space."""
        space = self.below.observation_space
        if space is None:
            raise _unknown(self, "observation")
        return _diced(lambda dice: draw_value(dice, space))

    def rewards(self) -> SearchStrategy[Any]:
        """Draw rewards; by default small numbers of several types."""
        return _diced(draw_reward)

    def infos(self) -> SearchStrategy[dict[str, Any]]:
        """Draw infos; by default lives, a score, a position, and an action mask where it fits."""
        usual = usual_info(self.below)
        return _diced(lambda dice: draw_info(dice, usual))

    def actions(self) -> SearchStrategy[Any]:
        """Draw decisions from outside; by default from the action space at the top."""
        space = self.above.action_space
        if space is None:
            raise _unknown(self, "action")
        return _diced(lambda dice: draw_value(dice, space))

    def frames(self) -> SearchStrategy[Any]:
        """Draw pictures, where the stack needs them; by default uint8 (4, 6, 3)."""
        pictures = st.integers(0, 255).map(lambda grey: np.full((4, 6, 3), grey, np.uint8))
        return pictures.map(freeze)

    # -- the beginning -------------------------------------------------------------------------

    @initialize(
        on_reset=_of_machine(lambda machine: st.sampled_from(machine.on_reset)), asks=st.booleans()
    )
    def begin(self, on_reset: OnReset, asks: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        """Make the deployment, and open its sessions."""
        self.now = 0.0
        self._mode, self.asks = on_reset, False
        first = self._checked(self._fresh(0))
        self.below, self.above = _ends(first)
        self._needs_frames = "frame" in first.stack.needs
        self.asks = self._decides_from_outside(first.policy, asks)
        self._base = self._rigged(0)
        self.lines = [self._line(number) for number in range(self.sessions)]

    def _fresh(self, seed: int, **options: Any) -> Deployment:
        standard = {"sinks": (), "clock": lambda: self.now}
        return self.make(seed=seed, on_reset=self._mode, **{**standard, **options})

    def _rigged(self, seed: int) -> Rig:
        return rigged(self._fresh(seed), asks=self.asks)

    def _checked(self, deployment: Any) -> Deployment:
        """Hold that `make` makes what it was told to."""
        if not isinstance(deployment, Deployment):
            raise TypeError(f"make returned {brief(deployment)}, expected a Deployment.")
        given = vars(deployment)
        mode = given["_rules"].checks.on_reset
        if deployment.seed != 0 or given["_sinks"] or mode != self._mode or given["_clock"]():
            raise TypeError(
                "make did not hand all its options on. Write: "
                "`return Deployment(policy, stack, ..., **options)`."
            )
        return deployment

    def _decides_from_outside(self, policy: Policy[Any] | None, drawn: bool) -> bool:  # noqa: FBT001
        if policy is None or policy.hidden_state:
            return True
        known = self.above.action_space is not None
        return drawn and (known or type(self).actions is not DeploymentMachine.actions)

    def _line(self, number: int) -> Line:
        """Open a session of the stack and policy that the others have, and a shadow of its own."""
        reports, expected = list[Report](), list[Report]()
        return Line(
            number,
            forked(self._base, reports, seed=number),
            forked(self._rigged(0), expected, seed=number),
            reports,
            expected,
        )

    @cached_property
    def steps(self) -> SearchStrategy[Step]:
        """What the environment shows next, of which a call takes what it needs."""
        frames = self.frames() if self._needs_frames else st.none()
        return st.builds(Step, self.observations(), self.rewards(), self.infos(), frames)

    @cached_property
    def decisions(self) -> SearchStrategy[Any]:
        """A decision from outside, where decisions come from there."""
        return self.actions() if self.asks else st.none()

    # -- going on ------------------------------------------------------------------------------

    @rule(who=WHO, step=STEPS, action=DECISIONS)
    def act(self, who: int, step: Step, action: Any) -> None:
        """Go on: open, answer an action, or decide, whatever is due."""
        line = self._turn_of(who)
        self._commit(line, self._next(line.real, step, action))

    @rule(who=WHO, steps=st.lists(st.tuples(STEPS, DECISIONS), min_size=2, max_size=5))
    def go_on(self, who: int, steps: list[tuple[Step, Any]]) -> None:
        """Go on for a while."""
        line = self._turn_of(who)
        for step, action in steps:
            self._commit(line, self._next(line.real, step, action))

    @rule(who=WHO, step=STEPS, action=DECISIONS)
    def terminate(self, who: int, step: Step, action: Any) -> None:
        """End the episode, if one is open and no decision is wanted."""
        line = self._turn_of(who)
        self._commit(line, self._next(line.real, step, action, terminated=True))

    @rule(who=WHO, step=STEPS, action=DECISIONS)
    def truncate(self, who: int, step: Step, action: Any) -> None:
        """Cut the episode off."""
        line = self._turn_of(who)
        self._commit(line, self._next(line.real, step, action, truncated=True))

    @rule(who=WHO, step=STEPS, action=DECISIONS)
    def end_in_both_ways(self, who: int, step: Step, action: Any) -> None:
        """End the episode with both flags."""
        line = self._turn_of(who)
        self._commit(line, self._next(line.real, step, action, terminated=True, truncated=True))

    @rule(who=WHO, step=STEPS, seed=st.none() | st.integers(0, 3))
    def open(self, who: int, step: Step, seed: int | None) -> None:
        """Open an episode, at any moment, sometimes with a seed."""
        line = self._turn_of(who)
        options = {"step": line.real.step, "seed": seed, **step.picture}
        self._commit(line, Call("reset", (step.observation, step.info), options))

    # -- what is not committed -----------------------------------------------------------------

    @rule(who=WHO)
    def retry(self, who: int) -> None:
        """Make the last call again, by its number: the same answer, and nothing happens."""
        line = self._turn_of(who)
        if line.last is None:
            return
        number = line.real.step - 1
        call = line.last._replace(options={**line.last.options, "step": number})
        again = changing_nothing(line.real, call)
        agree(Outcome(line.answer), again, f"{call!r}, made again by its number,", line)

    @rule(who=WHO, step=STEPS, action=DECISIONS, at=st.integers(1, 8))
    def a_wrapper_raises(self, who: int, step: Step, action: Any, at: int) -> None:
        """Let a wrapper raise after its work; then make the same call again."""
        line = self._turn_of(who)
        self._trip(line, self._next(line.real, step, action), at, "wrappers")

    @rule(who=WHO, step=STEPS, action=DECISIONS, at=st.integers(1, 3))
    def the_policy_raises(self, who: int, step: Step, action: Any, at: int) -> None:
        """Let the policy raise after its work; then make the same call again."""
        line = self._turn_of(who)
        self._trip(line, self._next(line.real, step, action), at, "policy")

    def _trip(self, line: Line, call: Call, at: int, whose: str) -> None:
        fuse: Lit = getattr(line.rig, whose)
        fuse.mend(at)
        outcome, blown = made(line.real, writable(call)), fuse.blown
        fuse.mend(0)
        if outcome.error is not None:
            self._commit(line, call)
            return
        shadow: Lit = getattr(line.shadow, whose)  # it fell back, or was not asked so often
        shadow.mend(at)
        expected = told(line.shadow.deployment, writable(call))
        shadow.mend(0)
        if blown and vars(line.real)["_rules"].fallback is None:
            wrong(f"{call!r} answered {outcome!r}, although someone had raised.")
        self._committed(line, call, expected, outcome)

    @rule(who=WHO, step=STEPS)
    def pass_what_cannot_be_used(self, who: int, step: Step) -> None:
        """Pass wrong rewards, flags, infos, numbers and seeds, and damaged snapshots."""
        line = self._turn_of(who)
        refused(line.real, map(writable, unusable(line.real, step, self._push)))

    @rule(who=WHO, step=STEPS, name=st.sampled_from(["act", "observe", "decide"]))
    def call_at_the_wrong_moment(self, who: int, step: Step, name: str) -> None:
        """Make a call that is not legal now."""
        line = self._turn_of(who)
        wrong_kind = (name == "act") is self.asks
        if wrong_kind or name not in TABLE[line.real.state]:
            arguments = (0,) if name == "decide" else (step.observation, 0.0)
            refused(line.real, [Call(name, arguments)])

    @rule(who=WHO, step=STEPS, action=DECISIONS, odd=st.sampled_from(range(len(ODD))))
    def show_something_odd(self, who: int, step: Step, action: Any, odd: int) -> None:
        """Show a fork what is hardly an observation."""
        line = self._turn_of(who)
        real, shadow = line.real.fork(), line.shadow.deployment.fork()
        call = self._next(real, step._replace(observation=ODD[odd]), action)
        outcome = self._both(real, shadow, call, line)
        space, checks = self.below.observation_space, vars(real)["_rules"].checks
        opens = call.name == self._push and line.real.state is not State.ACTING
        wrong_space = None if space is None else why_not(space, ODD[odd])
        looked_at = opens and checks.due(first=True)
        if wrong_space and looked_at and not isinstance(outcome.error, InputError):
            wrong(f"{call!r}, which is outside {space}, gave {outcome!r}.")

    @rule(
        who=WHO,
        steps=st.lists(st.tuples(STEPS, DECISIONS), max_size=4),
        seed=st.none() | st.integers(0, 3),
    )
    def look_ahead(self, who: int, steps: list[tuple[Step, Any]], seed: int | None) -> None:
        """Try in a fork what is not done here."""
        line = self._turn_of(who)
        real, shadow = line.real.fork(seed=seed), line.shadow.deployment.fork(seed=seed)
        for step, action in steps:
            self._both(real, shadow, self._next(real, step, action), line)
        hold_alike(real, shadow, f"A fork of session {line.number}")

    @rule(who=WHO, step=st.none() | STEPS)
    def leave(self, who: int, step: Step | None) -> None:
        """Close a fork, with a last time step if an action is out; then nothing but close goes."""
        line = self._turn_of(who)
        real, shadow = line.real.fork(), line.shadow.deployment.fork()
        shows = step is not None and real.state is State.ACTING
        call = Call("close")
        if shows and step is not None:
            arguments = step.observation, step.reward, False, False, step.info
            call = Call("close", arguments, step.picture)
        if self._both(real, shadow, call, line).error is None:
            hold_alike(real, shadow, f"A closed fork of session {line.number}")
            refused(real, [Call(self._push, (0,))])
            again = changing_nothing(real, Call("close"))
            if again.error is not None:
                wrong(f"close, called again, raised {again!r}.")

    # -- moving --------------------------------------------------------------------------------

    @rule(who=WHO, seed=st.integers(0, 9), far=st.booleans())
    def move(self, who: int, seed: int, far: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        """Go on in another deployment: of the same stack and policy, or of ones of its own."""
        line = self._turn_of(who)
        base = self._rigged(seed) if far else self._base
        other = forked(base, line.reports)
        restore(other.deployment, saved(line.real))
        line.rig = other

    @rule(who=WHO)
    def keep(self, who: int) -> None:
        """Take a snapshot for later."""
        line = self._turn_of(who)
        line.kept = saved(line.real), forked(line.shadow, line.expected_reports), self.now

    @rule(who=WHO)
    def go_back(self, who: int) -> None:
        """Restore the snapshot that was kept, in the deployment that has gone on since."""
        line = self._turn_of(who)
        if line.kept is not None:
            snapshot, shadow, then = line.kept
            restore(line.real, snapshot)
            line.shadow = forked(shadow, line.expected_reports)
            wait(line.shadow.deployment, self.now - then)
            line.last = None

    @rule(who=WHO, steps=st.lists(st.tuples(STEPS, DECISIONS), min_size=1, max_size=3))
    def go_abroad(self, who: int, steps: list[tuple[Step, Any]]) -> None:
        """Go on in a fresh interpreter, and come back from there."""
        line = self._turn_of(who)
        maker = name_of(self._maker)
        if isinstance(maker, str):
            event(f"no fresh interpreter: {maker}")
        elif line.real.step >= SETTLED_IN:
            self._go_abroad(line, maker, steps)

    def _go_abroad(self, line: Line, maker: tuple[str, str], steps: list[tuple[Step, Any]]) -> None:
        reports = list[Report]()
        ahead = forked(line.shadow, reports)
        calls, expected = [], []
        for step, action in steps:
            call = self._next(ahead.deployment, step, action)
            outcome = told(ahead.deployment, writable(call))
            calls.append(call)
            expected.append(type(outcome.error).__name__ if outcome.error else outcome.answer)
        travel = _travel(type(self))
        options = {"seed": SEED_ABROAD, "on_reset": self._mode}
        luggage = Luggage(maker, options, self.asks, self.now, saved(line.real), calls)
        back = travel.go(luggage)
        if back is None:
            return
        where = f"Session {line.number}, gone on in a fresh interpreter,"
        try:
            if isinstance(back, str):
                wrong(f"{where} came to grief. {back}")
            agree(Outcome(expected), Outcome(back.answers), f"{where} with {calls!r},", line)
            restore(line.real, back.snapshot)
            line.shadow, line.last = ahead, None
            hold_alike(line.real, ahead.deployment, where)
        except Wrong:
            travel.disagreed()
            raise
        line.shadow = forked(ahead, line.expected_reports)
        line.reports += [Report(name, values) for name, values in back.reports]
        line.expected_reports += reports

    @property
    def _maker(self) -> Any:
        """What makes the deployment, by whose name another interpreter finds it."""
        return type(self)

    # -- what is the same for all --------------------------------------------------------------

    @invariant()
    def nothing_but_what_was_committed_has_happened(self) -> None:
        """Each session remembers, counts and reports what its shadow does."""
        for line in getattr(self, "lines", ()):
            hold_alike(line.real, line.shadow.deployment, f"Session {line.number}")
            found = difference(line.expected_reports, line.reports)
            if found:
                wrong(f"Session {line.number} reported otherwise: {found}.")

    def teardown(self) -> None:
        """Close everything: the last reports are the same too."""
        if sys.exc_info()[0] is not None:  # something was found: let that be told
            return
        for line in getattr(self, "lines", ()):
            self._both(line.real, line.shadow.deployment, Call("close"), line)
        self.nothing_but_what_was_committed_has_happened()

    def _turn_of(self, who: int) -> Line:
        """Return a session, a moment later."""
        self.now += TICK
        return self.lines[who]

    @property
    def _push(self) -> str:
        return "observe" if self.asks else "act"

    def _next(self, real: Deployment, step: Step, action: Any, **flags: bool) -> Call:
        """Make the call that is due: an opening, the answer to an action, or a decision."""
        if real.state is State.WANTED:
            return Call("decide", (action,), {"step": real.step - 1})
        options = {"step": real.step, **step.picture}
        if real.state is not State.ACTING:
            return Call(self._push, (step.observation,), {"info": step.info, **options})
        both = flags.get("terminated", False), flags.get("truncated", False)
        return Call(self._push, (step.observation, step.reward, *both, step.info), options)

    def _commit(self, line: Line, call: Call) -> None:
        """Make a call of a session and of its shadow."""
        expected = told(line.shadow.deployment, writable(call))
        given = writable(call)
        found = made(line.real, given)
        self._committed(line, call, expected, found)
        write_over((*given.arguments, *given.options.values()))

    def _committed(self, line: Line, call: Call, expected: Outcome, found: Outcome) -> None:
        agree(expected, found, f"{call!r}", line)
        if found.error is not None:
            event(f"{call.name} raised {type(found.error).__name__}")
            return
        repeats = call.name != "decide" or type(found.answer) is not Wanted
        line.last, line.answer = (call, freeze(found.answer)) if repeats else (None, None)
        if not all(array.flags.writeable for array in arrays(found.answer)):
            wrong(f"{call!r} gave {found!r}, in which an array cannot be written to.")
        write_over(found.answer)

    def _both(self, real: Deployment, shadow: Deployment, call: Call, line: Line) -> Outcome:
        """Make a call of two deployments, which answer the same or raise the same."""
        expected, found = told(shadow, writable(call)), made(real, writable(call))
        agree(expected, found, f"{call!r}", line)
        return found


def _ends(deployment: Deployment) -> tuple[Below, Below]:
    gaps = deployment.stack.gaps or (Below(),)
    return gaps[0], gaps[-1]


def _unknown(machine: DeploymentMachine, what: str) -> TypeError:
    return TypeError(
        f"The {what} space is unknown. Give it in make, as in Deployment(..., {what}_space=...), "
        f"or let {type(machine).__name__} define {what}s(self), which returns a strategy."
    )


_travels: Final[dict[type, Travel]] = {}


def _travel(machine: type[DeploymentMachine]) -> Travel:
    """Return what starts the interpreters of a class of machines, one for a whole run."""
    return _travels.setdefault(machine, Travel(machine.fresh_interpreters))
