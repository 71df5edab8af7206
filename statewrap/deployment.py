"""The shell that people hold: a session that an environment owns the loop of.

A `Deployment` keeps one value, the session, and replaces it once a call, after everything
that could fail. All that is not pure is here: the lock, the clock, and the sinks.
"""

from __future__ import annotations

import copy
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any, Final, Self, overload

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.answers import given, kept, settled, shown
from statewrap.core.borders import freeze, thaw
from statewrap.core.checks import Check, Checks, OnReset
from statewrap.core.errors import BusyError, InputError, ProtocolError, SnapshotError
from statewrap.core.events import EpochEnded, Event, Fact, happened
from statewrap.core.fold import AnySink, Report
from statewrap.core.intake import MISSING, NOTHING_KNOWN, opening, stepped
from statewrap.core.key import Key
from statewrap.core.messages import Reset, TimeStep
from statewrap.core.policy import Policy, as_policy
from statewrap.core.protocol import State
from statewrap.core.rules import SessionRules, Stopwatch, Turn
from statewrap.core.same import same
from statewrap.core.session import Answer, Command, Wanted
from statewrap.core.trace import Trace
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.package.recipe import Configuration
from statewrap.package.snapshot import Saved, SnapshotFormat
from statewrap.sinks import feed
from statewrap.sinks.buffered import untold
from statewrap.sinks.failures import Failures
from statewrap.stats import Statistic, Statistics, StructlogSink
from statewrap.stats.statistics import taken as counted

_ACTING: Final = State.ACTING


class Deployment:
    """Puts a policy and its wrapper stack behind `act`, for as many episodes as come.

    Args:
        policy: a `Policy`, a function from observation to action, or None to be asked for
            decisions through `observe` and `decide`.
        stack: a wrapper or a stack, unbound.
        observation_space: the environment's.
        action_space: the environment's.
        below: more that is known of the environment, spaces included.
        seed: a non-negative integer; without one, entropy is drawn and kept in `seed`.
        memory: a stack memory to start from, such as what was learned in training.
        on_reset: what a reset that the stack sends means to the host. "continue": the
            environment cannot be reset; where the stack ended an episode that the environment
            goes on with, the next one opens at once. "request": `act` returns None, and
            `pending` holds the reset.
        check: when observations and actions are held against their spaces. "first" is at the
            first time step and action of each episode.
        fallback: an action for the environment, or a function `(time step, error) -> action`, that
            answers when the stack or the policy raises.
        statistics: what is counted beside the usual: a list of `Statistic`, or a `Statistics`.
        report_every: report the counts every so many steps of the environment, for worlds that
            never end; short for `Statistics(report_every=...)`.
        sinks: who is told the reports of the statistics, or is shown the facts of each call, as
            those of `statewrap.sinks` are; by default a `StructlogSink`.
        session: a name for this session, given to the sinks.
        clock: a function giving seconds, for `TimeStep.time`.

    >>> from statewrap.wrappers import RepeatAction
    >>> deployment = Deployment(lambda observation: observation + 1, RepeatAction(2), sinks=())
    >>> deployment.reset(10)
    11
    >>> deployment.act(20, reward=0.5)  # repeated: the policy is not asked
    11
    >>> deployment.act(30, reward=0.5)
    31
    >>> deployment.act(40, reward=0.5, terminated=True) is None
    True
    >>> deployment.close()
    >>> deployment.statistics["return"], deployment.statistics["policy_calls"]
    (1.5, 2)
    """

    def __init__(
        self,
        policy: Policy[Any] | Callable[[Any], Any] | None = None,
        stack: Wrapper[Any] | None = None,
        *,
        observation_space: Space[Any] | None = None,
        action_space: Space[Any] | None = None,
        below: Below | None = None,
        seed: int | None = None,
        memory: StackMemory | None = None,
        on_reset: OnReset = "continue",
        check: Check = "first",
        fallback: Any = None,
        statistics: Statistics | Iterable[Statistic] = (),
        report_every: int | None = None,
        sinks: Iterable[AnySink] | None = None,
        session: str | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        _one_of("on_reset", on_reset, ("continue", "request"))
        _one_of("check", check, ("always", "first", "never"))
        _a_stack(stack)
        _a_memory(memory)
        _a_space("observation_space", observation_space)
        _a_space("action_space", action_space)
        bottom = below or Below()
        if observation_space is not None:
            bottom = attrs.evolve(bottom, observation_space=observation_space)
        if action_space is not None:
            bottom = attrs.evolve(bottom, action_space=action_space)
        bound = Stack(*(() if stack is None else (stack,))).bind(bottom)
        counting = counted(statistics, report_every)
        self._counting = counting.bind(bound)
        self._rules = SessionRules(
            None if policy is None else as_policy(policy).bind(bound.above(bottom)),
            self._counting,
            Checks(bound, check, on_reset),
            fallback,
        )
        if fallback is not None and not callable(fallback):
            self._rules.checks.fallback(fallback)
        self._format = SnapshotFormat(self._rules)
        if seed is not None:
            _check_seed(seed)
        self._seed = secrets.randbits(64) if seed is None else seed
        self._session = self._rules.initial(Key.from_seed(self._seed), memory)
        self._sinks = (StructlogSink(),) if sinks is None else feed.listed(sinks)
        self._watchers = feed.watchers(self._sinks, bound)
        self._steppers = feed.steppers(self._sinks)
        self._name = session
        self._clock = clock
        self._started = clock()
        real = time.perf_counter if clock is time.perf_counter else None
        self._stopwatch = self._counting.stopwatch or real
        self._facts: list[Fact] = []
        self._failures = Failures()
        self._lock = threading.Lock()
        self._drawn = self._seed if seed is None else None
        self._said = Configuration(
            policy=None if policy is None else as_policy(policy),
            stack=Stack(*(() if stack is None else (stack,))),
            below=bottom,
            memory=memory,
            on_reset=on_reset,
            check=check,
            fallback=fallback,
            statistics=counting,
            sinks=None if sinks is None else self._sinks,
            session=session,
            clock=None if clock is time.perf_counter else clock,
        )

    @classmethod
    def from_config(
        cls,
        source: Mapping[str, Any] | str | PathLike[str] = NOTHING_KNOWN,
        *,
        base: str | PathLike[str] | None = None,
        trust: bool = False,
        **instead: Any,
    ) -> Self:
        """Make what a document describes; `docs/reference/configuration.md` has the grammar.

        Args:
            source: a TOML, YAML or JSON file; or a mapping, OmegaConf's included, in which any
                table may also be the object itself.
            base: the folder to which file names are relative: the file's own, or the current one.
            trust: whether names are imported that are neither the box's nor registered; that runs
                the code of their modules.
            instead: keys of the document, objects or tables, that take the place of its own.

        Raises:
            ConfigurationError: if the document is wrong; it names the place in it.
            BindError: if the stack or the policy does not fit the spaces.

        >>> document = {"wrappers": [{"type": "RepeatAction", "num_repeats": 2}], "sinks": []}
        >>> deployment = Deployment.from_config(document, policy=abs)
        >>> deployment.act(-3)
        3
        """
        from statewrap.package.configuration import load  # noqa: PLC0415 - few need it

        configuration = load(source, base=base, trust=trust, **instead)
        made = cls(**configuration.arguments())
        made._said = attrs.evolve(
            made._said, environment=configuration.environment, origins=configuration.origins
        )
        return made

    @classmethod
    def from_env(
        cls,
        env: Any,
        policy: Policy[Any] | Callable[[Any], Any] | None = None,
        *,
        shown: Any = MISSING,
        learn: bool = True,
        describe: Any = None,
        mode: Any = "auto",
        **options: Any,
    ) -> Self:
        """Put a policy into production with the wrappers that it was trained with.

        The environment is neither called, nor changed, nor kept; see `statewrap.gym.from_env`.

        Args:
            env: a Gymnasium environment in its wrappers, or a `VecEnv` of Stable-Baselines3.
            policy: as for `Deployment`.
            shown: in the middle of an episode, the observation that the training loop was given
                last. The deployment goes on from there: first call `decide()`, for the policy's
                answer to it, or `decide(action)` where there is no policy. A policy with a
                memory remembers nothing of the episode. Left out, the first call opens an episode.
            learn: False freezes the wrappers that learn: they put to use what they have learned,
                and learn no more.
            describe: a `statewrap.gym.Description`: what wrappers in a bridge ask of the
                environment besides.
            mode: of the bridges, as for `statewrap.gym.Bridge`: "auto", "replay" or "greenlet".
                With "replay" what could only be suspended is refused here and now.
            options: other arguments of `Deployment`.

        Raises:
            ValueError: if there is no such mode.
            MissingExtraError: if greenlets are asked for and not installed.
            ConfigurationError: if there are wrappers that can be neither translated nor bridged;
                it names all of them, each with the reason.

        >>> import gymnasium
        >>> env = gymnasium.wrappers.RepeatAction(gymnasium.make("CartPole-v1"), 2)
        >>> deployment = Deployment.from_env(env, lambda observation: 1, sinks=())
        >>> deployment.act(np.zeros(4, np.float32))
        1
        """
        from statewrap.gym.production import taken  # noqa: PLC0415 - few deployments need it

        seed = options.pop("seed", None)
        seed = secrets.randbits(64) if seed is None else seed
        _check_seed(seed)
        stack, memory, below = taken(
            env, Key.from_seed(seed), learn=learn, describe=describe, mode=mode
        )
        made = cls(policy, stack, below=below, memory=memory, seed=seed, **options)
        if shown is not MISSING:
            timestep = TimeStep(freeze(shown))
            made._session = made._rules.amid(made._session, timestep)
        return made

    def act(
        self,
        observation: Any,
        reward: Any = MISSING,
        terminated: bool = False,  # noqa: FBT001, FBT002 - the order of env.step
        truncated: bool = False,  # noqa: FBT001, FBT002
        info: Mapping[str, Any] = NOTHING_KNOWN,
        *,
        frame: Any = None,
        step: int | None = None,
        events: Iterable[Event] = (),
    ) -> Any:
        """Take in what the environment shows, and return the action it is to take.

        The first call, and the one after an end, opens an episode: it takes no flag and no
        reward. Every other call answers the last action and needs a reward, so that
        `act(*env.step(action))` and `reset(*env.reset())` are valid as they stand.

        Args:
            observation: as the observation space announces.
            reward: a real number; it belongs to the last action.
            terminated: whether the environment came to an end of its own.
            truncated: whether it was cut off.
            info: a dict.
            frame: a rendered picture, where a wrapper needs one.
            step: the number of this call, counted from 0 through all act, reset and observe
                calls. The last number again gives the last answer again, and changes nothing.
            events: what happened outside since the last call; counted once, with this time step.

        Returns:
            The action, arrays as writable copies; None if no action is due, because the episode
            is over or, under `on_reset="request"`, because the stack wants a reset.

        Raises:
            InputError: if reward, flags, info or step cannot be used.
            SpaceError: if the observation is outside its space.
            ProtocolError: if the call is not legal now.
            WrapperError, PolicyError: if a wrapper or the policy raised.
        """
        self._refuse_a_second()
        with self._lock:
            self._require_policy("act")
            return self._observe(
                "act", observation, reward, terminated, truncated, info, frame, step, events
            )

    def observe(
        self,
        observation: Any,
        reward: Any = MISSING,
        terminated: bool = False,  # noqa: FBT001, FBT002 - the order of env.step
        truncated: bool = False,  # noqa: FBT001, FBT002
        info: Mapping[str, Any] = NOTHING_KNOWN,
        *,
        frame: Any = None,
        step: int | None = None,
        events: Iterable[Event] = (),
    ) -> Answer:
        """Take in what the environment shows, where decisions come from outside.

        Arguments and errors are those of `act`.

        Returns:
            `Command(action)` for the environment, `Wanted(timestep)` if a decision is wanted, or
            `Over()` if no action is due. Each has `ended`, the last time step of an episode
            that ended at the top in this call, or None.

        >>> deployment = Deployment(sinks=(), clock=lambda: 0.0)
        >>> deployment.observe("f0")
        Wanted(timestep=TimeStep('f0', first=True), ended=None)
        >>> deployment.decide("jump")
        Command(action='jump', ended=None)
        """
        self._refuse_a_second()
        with self._lock:
            self._require_no_policy("observe")
            answer: Answer = self._observe(
                "observe", observation, reward, terminated, truncated, info, frame, step, events
            )
            return answer

    @overload
    def decide(self, action: Any, *, step: int | None = None) -> Answer: ...

    @overload
    def decide(self) -> Any: ...

    def decide(self, action: Any = MISSING, *, step: int | None = None) -> Any:
        """Give the decision that is wanted; answers as `observe` does.

        Without an action, the policy decides, and the answer is that of `act`. That is for an
        episode that goes on: see `from_env`.

        Args:
            action: as the action space at the top announces.
            step: the number of the observe call that this decision belongs to.

        Raises:
            InputError: if `step` is not the number of the last observe or reset.
            SpaceError: if the action is outside its space; a decision is still wanted then.
            ProtocolError: if no decision is wanted.
        """
        self._refuse_a_second()
        with self._lock:
            session = self._session
            if action is MISSING:
                self._require_policy("decide without an action")
                self._rules.legal(session, "decide")
                turn = self._rules.asked(session, self._watch())
                asked = self._answered(turn[0].answer)
                self._commit(turn)
                return asked
            self._require_no_policy("decide")
            if step is not None and _number("step", step) != session.step - 1:
                raise InputError(
                    f"step={brief(step)} was given to decide, expected {session.step - 1}: a "
                    "decision has the number of the observe or reset call that wanted it."
                )
            if step is not None and type(session.observed) is Wanted and settled(session):
                return given(session.answer)
            self._rules.legal(session, "decide")
            turn = self._rules.decided(session, action, self._watch())
            answer = given(turn[0].answer)
            self._commit(turn)
            return answer

    def reset(
        self,
        observation: Any,
        info: Mapping[str, Any] = NOTHING_KNOWN,
        *,
        seed: int | None = None,
        frame: Any = None,
        step: int | None = None,
        events: Iterable[Event] = (),
    ) -> Any:
        """Open an episode at any moment; one that is open is abandoned.

        Where a wrapper asked for the reset within a step (`act` returned None in the middle of the
        policy's episode), that episode goes on instead, unless a seed is given.

        Args:
            observation: the first of the new episode.
            info: a dict.
            seed: draw from now on as a deployment made with this seed; what was learned stays.
            frame: a rendered picture, where a wrapper needs one.
            step: as for `act`.
            events: as for `act`; they belong to the new episode.

        Returns:
            What `act` returns, or without a policy what `observe` returns.
        """
        self._refuse_a_second()
        with self._lock:
            if seed is not None:
                _check_seed(seed)
            return self._observe(
                "reset", observation, MISSING, False, False, info, frame, step, events, seed
            )

    def close(
        self,
        observation: Any = MISSING,
        reward: Any = MISSING,
        terminated: bool = False,  # noqa: FBT001, FBT002 - the order of env.step
        truncated: bool = False,  # noqa: FBT001, FBT002
        info: Mapping[str, Any] = NOTHING_KNOWN,
        *,
        frame: Any = None,
        events: Iterable[Event] = (),
    ) -> None:
        """Finish the session, with the last time step if there is one; may be called twice.

        A last time step without a flag is truncated. Without one, an open episode is reported as
        abandoned.

        Raises:
            ProtocolError: if a last time step is given while no action is out.
        """
        self._refuse_a_second()
        with self._lock:
            session, watch = self._session, self._watch()
            if session.state is State.CLOSED and observation is not MISSING:
                return
            raw = None
            if observation is MISSING and (reward is not MISSING or terminated or truncated):
                raise InputError(
                    "close was given a reward or a flag without the observation of the last time "
                    "step. Pass the whole of it, or nothing."
                )
            if observation is not MISSING:
                if session.state is not State.ACTING:
                    raise ProtocolError(
                        f"close was given a last time step in the state {session.state.value!r}, "
                        "where no action is out that it could answer. Call close() alone."
                    )
                raw = stepped(
                    observation, reward, terminated, truncated, info, time=self._now(), frame=frame
                )
                raw = raw if raw.last else raw.replace(truncated=True)
            if session.state is not State.CLOSED:
                outside = happened(events)
                turn = self._rules.closed(session, raw, outside, watch)
                self._commit(turn, is_step=raw is not None or bool(outside))

    def end_epoch(self) -> dict[str, Any]:
        """End an epoch here, and return what its episodes gave; a session may have any number.

        An open episode belongs to the next one.

        Raises:
            ProtocolError: after close.
        """
        self._refuse_a_second()
        with self._lock:
            if self._session.state is State.CLOSED:
                raise ProtocolError("end_epoch is not legal after close, which ended the last one.")
            self._commit(self._rules.noted(self._session, (0, EpochEnded())), is_step=False)
            return dict(thaw(self._session.reports[-1].values))

    def snapshot(self) -> bytes:
        """Return everything that the session remembers, to be restored in any process.

        Raises:
            SnapshotError: if a memory holds something that is not plain data.
        """
        self._refuse_a_second()
        with self._lock:
            return self._format.save(Saved(self._session, self._seed, self._now()))

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot of the same stack over the same spaces.

        Raises:
            SnapshotError: if it is damaged, unknown, or of another stack; nothing is changed.
        """
        if not isinstance(snapshot, (bytes, bytearray, memoryview)):
            raise SnapshotError(
                f"restore takes the bytes of a snapshot, got {brief(snapshot)}. A file's are "
                "Path(...).read_bytes()."
            )
        self._refuse_a_second()
        with self._lock:
            saved = self._format.load(bytes(snapshot))
            started = self._clock() - saved.time
            tally = self._counting.resumed(saved.session.tally)
            self._session = attrs.evolve(saved.session, tally=tally)
            self._seed, self._facts = saved.seed, []
            self._started = started
            feed.restored(self._watchers, len(self._rules.stack), self._failures)

    def config(self, *, plain: bool = True, base: str | PathLike[str] = ".") -> dict[str, Any]:
        """Return the document that `from_config` makes an equal deployment of.

        It holds the same stack, spaces and options, and nothing of what the session remembers:
        that is a snapshot's. A seed that was drawn is not told. What is as if not said is left
        out.

        Args:
            plain: whether it holds only what TOML, YAML and JSON do. Otherwise what cannot be
                said stands in it as the object itself.
            base: the folder to which file names are written relative, where they lie in it.

        Raises:
            ConfigurationError: if it is to be plain, and something cannot be said, such as a
                lambda; it names the place.

        >>> from statewrap.wrappers import TimeLimit
        >>> Deployment(None, TimeLimit(9), seed=7).config()
        {'seed': 7, 'wrappers': [{'type': 'TimeLimit', 'max_episode_steps': 9}]}
        """
        from statewrap.package.normal import document_of  # noqa: PLC0415 - few need it

        seed = None if self._seed == self._drawn else self._seed
        sinks = None if self._said.sinks is None else self._sinks
        said = attrs.evolve(self._said, seed=seed, sinks=sinks, memory=self._learned_before())
        return document_of(said, base=base, plain=plain)

    def _learned_before(self) -> StackMemory | None:
        """Return the memory that it was given; None if that of a new session is the same."""
        memory = self._said.memory
        new = self.stack.initial(Key.from_seed(self._seed))
        return None if memory is None or same(memory.wrappers, new.wrappers) else memory

    def fork(self, *, seed: int | None = None, sinks: Iterable[AnySink] = ()) -> Deployment:
        """Return an independent deployment that goes on from here: what if?

        Args:
            seed: draw from the next opening on as a deployment made with this seed; without
                one, the fork draws what this deployment will draw.
            sinks: who is told the fork's reports.
        """
        if seed is not None:
            _check_seed(seed)
        self._refuse_a_second()
        with self._lock:
            twin = copy.copy(self)
        twin._lock = threading.Lock()  # noqa: SLF001 - a copy of self
        twin._failures = Failures()  # noqa: SLF001
        twin._sinks = feed.listed(sinks)  # noqa: SLF001
        twin._said = attrs.evolve(self._said, sinks=twin._sinks)  # noqa: SLF001
        twin._watchers = feed.watchers(twin._sinks, twin.stack)  # noqa: SLF001
        twin._steppers = feed.steppers(twin._sinks)  # noqa: SLF001
        if seed is not None:
            twin._seed = seed  # noqa: SLF001
            twin._session = self._rules.rekeyed(twin._session, seed)  # noqa: SLF001
        return twin

    @property
    def pending(self) -> Reset | None:
        """The reset that the stack sent, while no action is due; None otherwise."""
        pending = self._session.pending
        return pending and Reset(pending.seed, thaw(pending.options))

    @property
    def wanted(self) -> TimeStep | None:
        """The time step on which a decision is wanted, also after a restore; None otherwise."""
        answer = self._session.answer
        return shown(answer.timestep) if type(answer) is Wanted else None

    @property
    def wants_frame(self) -> bool:
        """Whether a wrapper or a sink wants a picture with the next call: render only then."""
        first = self._session.state is not State.ACTING
        needed = "frame" in self._rules.stack.needs
        return needed or feed.wants_frame(self._watchers, self._failures, first=first)

    @property
    def step(self) -> int:
        """The number that the next act, reset or observe call has."""
        return self._session.step

    @property
    def state(self) -> State:
        """Where the session stands; which calls are legal follows from it."""
        return self._session.state

    @property
    def stack(self) -> Stack:
        """The stack, bound to what is known of the environment."""
        return self._rules.stack

    @property
    def policy(self) -> Policy[Any] | None:
        """The policy, or None."""
        return self._rules.policy

    @property
    def seed(self) -> int:
        """The seed that the keys are made of; drawn from entropy if none was given."""
        return self._seed

    @property
    def memory(self) -> StackMemory:
        """What the stack remembers, such as the statistics that it has learned."""
        return self._session.agent.stack

    @property
    def statistics(self) -> dict[str, Any]:
        """What was counted in the whole session so far, but for `times`."""
        return self._counting.summary(self._session.tally)

    @property
    def times(self) -> dict[str, Any]:
        """What the clock counted in the whole session so far: seconds."""
        return self._counting.times(self._session.tally)

    @property
    def ended(self) -> tuple[dict[str, Any], ...]:
        """The statistics of each episode that ended in the last call, but for times."""
        reports = self._session.reports
        ended = (report.values for report in reports if report.name == "episode_end")
        return tuple(thaw(self._counting.repeated(values)) for values in ended)

    @property
    def sink_failures(self) -> int:
        """How often a sink raised, which loses no act.

        The first of each kind is logged as `sink_failed`, and the tenth, the hundredth, ...
        """
        return self._failures.count + untold(self._sinks)

    @property
    def last_trace(self) -> Trace:
        """How the last answer came about, hop by hop."""
        return Trace(self._rules.stack, tuple(self._facts))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        name = "" if self._name is None else f"{self._name!r}, "
        return (
            f"<Deployment {name}{self._session.state.value} at step {self._session.step}: "
            f"{self._rules.stack!r} under {self._rules.policy!r}>"
        )

    def _refuse_a_second(self) -> None:
        """Turn a second call away; a `with` on the lock, unlike a call, lets no signal between."""
        if self._lock.locked():
            raise BusyError(
                "This deployment is in the middle of another call, of another thread or of its own "
                "policy, wrapper or sink. Use one deployment for each environment, or a lock."
            )

    def _observe(
        self,
        call: str,
        observation: Any,
        reward: Any,
        terminated: Any,
        truncated: Any,
        info: Any,
        frame: Any,
        step: int | None,
        events: Iterable[Event],
        seed: int | None = None,
    ) -> Any:
        session = self._session
        if step is not None and _number("step", step) != session.step:
            if step == session.step - 1 and session.observed is not None:
                return self._answered(session.observed)
            raise InputError(
                f"step={brief(step)} was given, expected {session.step}"
                + (f" (or {session.step - 1} again, for its answer)." if session.step else ".")
            )
        make = stepped if session.state is _ACTING and call != "reset" else opening
        if make is opening:  # what answers an action is always legal
            self._rules.legal(session, call)
        watch = self._watch()
        outside = happened(events) if events else ()
        raw = make(observation, reward, terminated, truncated, info, time=self._now(), frame=frame)
        if self._rules.policy is None:
            raw = raw.replace(info=kept(raw.info))
        if call == "reset":
            turn = self._rules.reset(session, raw, seed, outside, watch)
        else:
            turn = self._rules.pushed(session, raw, outside, watch)
        answer = self._answered(turn[0].answer)
        if seed is not None:
            self._seed = seed
        self._commit(turn)
        return answer

    def _answered(self, answer: Answer | None) -> Any:
        """Copy an answer for the host: an action or None, or without a policy the whole of it."""
        if self._rules.policy is None:
            return given(answer)
        return thaw(answer.action) if type(answer) is Command else None

    def _commit(self, turn: Turn, *, is_step: bool = True) -> None:
        """Make a turn true, then tell the sinks: from here on nothing can fail.

        Args:
            turn: the session as it is to be, and what happened.
            is_step: whether there is something to be said of the call itself.
        """
        self._session, self._facts = turn
        top = len(self._rules.stack)
        if self._steppers and is_step:
            wanting = feed.wanting(self._steppers, "step", self._failures)
            if wanting:
                self._tell(self._counting.step(self._session.tally, self._facts, top), wanting)
        for report in self._session.reports:
            self._tell(report, self._sinks)
        if self._watchers:
            feed.show_to(self._watchers, self._facts, top, self._failures)
        if self._failures.stop is not None:
            self._failures.go_on()

    def _tell(self, report: Report, sinks: Iterable[AnySink]) -> None:
        where: dict[str, Any] = {} if self._name is None else {"session": self._name}
        where["step"] = max(self._session.step - (self._session.state is not State.CLOSED), 0)
        named = Report(report.name, {**where, **report.values})
        feed.report_to(sinks, named, self._failures)

    def _watch(self) -> Stopwatch | None:
        return None if self._stopwatch is None else (self._stopwatch(), self._stopwatch)

    def _now(self) -> float:
        return float(self._clock() - self._started)  # a clock may count in whole seconds

    def _require_policy(self, call: str) -> None:
        if self._rules.policy is None:
            raise ProtocolError(
                f"{call} was called on a deployment without a policy. Use observe and decide, or "
                "give it one: Deployment(policy, ...)."
            )

    def _require_no_policy(self, call: str) -> None:
        if self._rules.policy is not None:
            raise ProtocolError(
                f"{call} was called on a deployment that has a policy. Use act, or make the "
                "deployment without one: Deployment(None, stack)."
            )


def _number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InputError(f"{name}={brief(value)} was given, expected an integer.")
    return int(value)


def _check_seed(seed: Any) -> None:
    if _number("seed", seed) < 0:
        raise InputError(f"seed={brief(seed)} was given, expected a non-negative integer.")


def _a_stack(given: Any) -> None:
    if isinstance(given, tuple) and any(isinstance(part, StackMemory) for part in given):
        raise TypeError(
            "stack is a pair of a stack and a memory, as from_env returns it. Give both: stack, "
            "memory = from_env(env), then Deployment(policy, stack, memory=memory). Or: "
            "Deployment.from_env(env, policy)."
        )
    if isinstance(given, (list, tuple)):
        raise TypeError(
            f"stack is a {type(given).__name__} of wrappers. Join them, nearest to the environment "
            "first: Stack(*wrappers), or a | b."
        )


def _a_memory(given: Any) -> None:
    if given is None or isinstance(given, StackMemory):
        return
    cure = (
        "the bytes of a snapshot go to deployment.restore(snapshot)"
        if isinstance(given, (bytes, bytearray, memoryview))
        else "it is the second of stack, memory = from_env(env), or the memory of a deployment"
    )
    raise TypeError(f"memory is {brief(given)}, expected a StackMemory: {cure}.")


def _a_space(name: str, given: Any) -> None:
    if given is None or isinstance(given, Space):
        return
    cure = f"; use env.{name}" if hasattr(given, name) else ""
    raise TypeError(f"{name} is {brief(given)}, expected a space of Gymnasium's{cure}.")


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name}={brief(value)} was given, expected one of {', '.join(known)}.")
