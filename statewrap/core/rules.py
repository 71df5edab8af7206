"""How a session goes on.

Each method of `SessionRules` takes a session and gives back the next one, and changes nothing:
whoever holds the old one when something raises holds the state from before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import attrs

from statewrap.core.blame import Blame
from statewrap.core.borders import freeze
from statewrap.core.checks import Checks
from statewrap.core.drivers import Agent, admit, initial_agent, push, rekey
from statewrap.core.errors import (
    InputError,
    PlacedError,
    PolicyError,
    ProtocolError,
    StatewrapError,
)
from statewrap.core.events import Abandoned, Closed, Continued, Fact, FellBack, Unshown
from statewrap.core.fold import Fold, Span, Stamped
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.protocol import TABLE, State
from statewrap.core.session import Answer, Command, Over, Session, Wanted
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, StackMemory

Turn = tuple[Session, list[Fact]]
"""The next session, and the facts of the call that led to it."""

Stopwatch = tuple[float, Callable[[], float]]
"""When a call began, and what gives the time now, both in seconds; from whoever has a clock."""


@attrs.frozen
class SessionRules:
    """How a session goes on: a bound stack, a policy or none, statistics, and what to check."""

    policy: Policy[Any] | None
    statistics: Fold
    checks: Checks
    fallback: Any = None

    @property
    def stack(self) -> Stack:
        """The stack, bound."""
        return self.checks.stack

    @cached_property
    def top_gap(self) -> int:
        """The gap below the policy."""
        return len(self.stack)

    def initial(self, root: Key, memory: StackMemory | None = None) -> Session:
        """Return a session that has seen nothing; its stack may have learned in `memory`."""
        agent = initial_agent(self.stack, self.policy, root)
        if memory is not None:
            agent = attrs.evolve(agent, stack=self.stack.rekey(memory, root))
        return Session(State.FRESH, agent, self.statistics.initial())

    def rekeyed(self, session: Session, seed: int) -> Session:
        """Replace every key by those of another seed, and no other memory."""
        agent = rekey(self.stack, session.agent, Key.from_seed(seed))
        return attrs.evolve(session, agent=agent)

    def legal(self, session: Session, call: str) -> None:
        """Raise a `ProtocolError` if a call is not legal now; it says which ones are."""
        if call not in TABLE[session.state]:
            raise ProtocolError(_ILLEGAL[session.state].format(call=call))

    def pushed(
        self,
        session: Session,
        raw: TimeStep,
        events: Sequence[Fact] = (),
        watch: Stopwatch | None = None,
    ) -> Turn:
        """Go on with what the environment shows: an opening or the answer to an action.

        Args:
            session: where the session stands; it is not changed.
            raw: the time step.
            events: what happened outside, as facts.
            watch: a stopwatch, if the time that the call takes is to be counted.

        Raises:
            SpaceError: if the observation is checked and outside its space.
            WrapperError, PolicyError, ProtocolError: if the stack or the policy fails, and there
                is no fallback.
        """
        if self.checks.due(first=raw.first):
            self.checks.observation(raw, session.step)
        facts = self._facts(events, watch)
        try:
            if session.reopen and not raw.first:
                agent, reply = self._shown_again(session.agent, raw, facts)
            else:
                agent, reply = self._driven(session.agent, raw, raw, facts, first=raw.first)
            turn = self._next(session, agent, reply, raw, facts, watch)
        except Exception as error:  # noqa: BLE001 - told, or answered by the fallback
            told = self._told(error, session)
            return self._fallen_back(session, raw, told, events, watch)
        if agent.episode != session.agent.episode and not raw.first and self.checks.due(first=True):
            self.checks.observation(raw, session.step)  # it opened an episode
        return turn

    def reset(
        self,
        session: Session,
        raw: TimeStep,
        seed: int | None = None,
        events: Sequence[Fact] = (),
        watch: Stopwatch | None = None,
    ) -> Turn:
        """Open an episode at any moment; the one that is open is abandoned.

        Where the stack asked for a reset in the middle of the episode above, as a wrapper does that
        resets within a step, this is what it waits for, and the episode above goes on.

        Other arguments are those of `pushed`.
        """
        if session.state is _OVER and session.agent.open and seed is None:
            return self.pushed(session, raw, events, watch)
        abandoned: list[Fact] = [(self.top_gap, Abandoned())] if session.agent.open else []
        tally, reports = self.statistics.observe(session.tally, abandoned, self.top_gap)
        given_up = session if seed is None else self.rekeyed(session, seed)
        agent = attrs.evolve(given_up.agent, open=False)
        given_up = attrs.evolve(given_up, agent=agent, tally=tally)
        session, facts = self.pushed(given_up, raw, events, watch)
        both = attrs.evolve(session, reports=reports + session.reports)
        return both, abandoned + facts

    def decided(self, session: Session, action: Any, watch: Stopwatch | None = None) -> Turn:
        """Go on with a decision that was wanted.

        Args:
            session: where the session stands; it is not changed.
            action: the decision.
            watch: as for `pushed`.

        Raises:
            InputError: if the action is none, or cannot be copied.
            SpaceError: if the action is checked and outside its space.
        """
        if session.raw is None or not isinstance(session.answer, Wanted):
            raise ProtocolError("decide was called, but no decision is wanted.")
        timestep = session.answer.timestep
        try:
            act = admit(Act(action), timestep)
        except TypeError as error:
            raise InputError(str(error)) from None
        if self.checks.due(first=timestep.first):
            self.checks.decision(act, "The given")
        facts = self._facts((), watch)
        try:
            agent, reply = self._driven(
                session.agent, act, session.raw, facts, first=timestep.first
            )
            return self._next(session, agent, reply, None, facts, watch)
        except Exception as error:  # noqa: BLE001 - told, or answered by the fallback
            told = self._told(error, session)
            return self._fallen_back(session, None, told, (), watch)

    def amid(self, session: Session, shown: TimeStep) -> Session:
        """Return a new session in the middle of an episode, of which its memory holds the start.

        The policy was shown `shown` last, and its decision is wanted. It remembers nothing of the
        episode; what lies below the stack was not seen.
        """
        agent = session.agent
        own, key = agent.key.split()
        mind = None if self.policy is None else self.policy.renew(agent.policy, own)
        agent = attrs.evolve(agent, policy=mind, key=key, open=True, episode=1)
        return attrs.evolve(session, state=_WANTED, agent=agent, answer=Wanted(shown), raw=shown)

    def asked(self, session: Session, watch: Stopwatch | None = None) -> Turn:
        """Go on with the decision that is wanted, asking the policy: where an episode goes on.

        Other arguments are those of `decided`.

        Raises:
            WrapperError, PolicyError, ProtocolError: as for `pushed`.
        """
        assert isinstance(session.answer, Wanted)  # noqa: S101 - `legal` was asked
        assert session.raw is not None  # noqa: S101 - a decision follows a time step
        facts = self._facts((), watch)
        try:
            alone = attrs.evolve(session.agent, stack=StackMemory((), ()))
            timestep = session.answer.timestep
            alone, act = push(Stack(), self.policy, alone, timestep, admit=self._admitted)
            agent = attrs.evolve(session.agent, policy=alone.policy)
            agent, reply = self._driven(agent, act, session.raw, facts, first=True)
            return self._next(session, agent, reply, None, facts, watch)
        except Exception as error:  # noqa: BLE001 - told, or answered by the fallback
            told = self._told(error, session)
            return self._fallen_back(session, None, told, (), watch)

    def closed(
        self,
        session: Session,
        raw: TimeStep | None,
        events: Sequence[Fact] = (),
        watch: Stopwatch | None = None,
    ) -> Turn:
        """Finish: show a last time step if there is one, and abandon what is still open.

        Other arguments are those of `pushed`.
        """
        facts = self._facts(events, watch)
        agent = session.agent
        if raw is None:
            return self._ended(session, agent, facts)
        if self.checks.due(first=False):
            self.checks.observation(raw, session.step)
        if session.reopen:
            facts.append((0, Unshown(raw)))
            return self._ended(session, agent, facts, watch)
        try:
            agent, _ = self._driven(agent, raw, raw, facts, first=False)
            return self._ended(session, agent, facts, watch)
        except Exception as error:  # noqa: BLE001 - told, or answered by the fallback
            told = self._told(error, session)
            if self.fallback is None:
                raise told from told.__cause__
            facts = [*events, (0, Unshown(raw)), (0, FellBack(str(told), None))]
            return self._ended(session, session.agent, facts, watch)

    def _ended(
        self, session: Session, agent: Agent, facts: list[Fact], watch: Stopwatch | None = None
    ) -> Turn:
        """Abandon what is open, and be it an opening that was never shown; then close."""
        if agent.open or session.reopen:
            facts.append((self.top_gap, Abandoned()))
            agent = attrs.evolve(agent, open=False)
        facts.append((self.top_gap, Closed()))
        span = _span(watch)
        tally, reports = self.statistics.observe(session.tally, facts, self.top_gap, span)
        after = attrs.evolve(
            session, state=State.CLOSED, agent=agent, tally=tally, pending=None, reports=reports
        )
        return after, facts

    def noted(self, session: Session, fact: Fact) -> Turn:
        """Let the statistics take in something that nobody else is concerned with."""
        tally, reports = self.statistics.observe(session.tally, [fact], self.top_gap)
        return attrs.evolve(session, tally=tally, reports=reports), [fact]

    def _facts(self, events: Sequence[Fact], watch: Stopwatch | None) -> list[Fact]:
        """Begin the facts of a call, with the time of each where the statistics want that."""
        if watch is None or not self.statistics.stamps:
            return [*events]
        facts = Stamped(watch[1])
        for event in events:
            facts.append(event)
        return facts

    def _driven(
        self, agent: Agent, message: Message, raw: TimeStep, facts: list[Fact], *, first: bool
    ) -> tuple[Agent, Message]:
        """Push a message; where the stack alone ended the episode, open the next one at once."""
        before = agent.episode
        over = bool(raw.terminated or raw.truncated)
        agent, reply = push(
            self.stack,
            self.policy,
            agent,
            message,
            over=over,
            admit=self._admitted,
            hops=facts,
        )
        if type(reply) is Reset:
            self.checks.request(reply)
            if self.checks.on_reset == "continue" and not over:
                facts.append((0, Continued()))
                agent, reply = push(
                    self.stack,
                    self.policy,
                    agent,
                    _opening_again(raw),
                    admit=self._admitted,
                    hops=facts,
                )
                if type(reply) is Reset:
                    raise ProtocolError(Blame(self.stack, self.policy, facts).ended_twice())
        if type(reply) is Act:
            self.checks.something(reply)
            if self.checks.due(first=first or agent.episode != before):
                self.checks.command(reply)
        return agent, reply

    def _shown_again(self, agent: Agent, raw: TimeStep, facts: list[Fact]) -> tuple[Agent, Message]:
        """Show the stack the opening that it missed when an opening fell back."""
        facts.append((0, Unshown(raw)))
        if raw.last:
            facts.append((self.top_gap, Abandoned()))  # the episode that nobody saw
            return agent, Reset()
        return self._driven(agent, _opening_again(raw), raw, facts, first=True)

    def _next(
        self,
        session: Session,
        agent: Agent,
        reply: Message,
        raw: TimeStep | None,
        facts: list[Fact],
        watch: Stopwatch | None,
    ) -> Turn:
        """Make the next session of what left the stack; `raw` is None after a decision."""
        before = session.agent
        ended = None
        if self.policy is None and (
            agent.episode - before.episode + before.open - agent.open  # how many ended
        ):
            ended = _last_shown(facts, self.top_gap)
        answer: Answer
        pending = None
        if type(reply) is Act:
            state, answer = _ACTING, Command(reply.action, ended)
        elif type(reply) is Reset:
            state, answer, pending = _OVER, Over(ended), reply
        else:
            state, answer = _WANTED, Wanted(reply, ended)
        tally, reports = self.statistics.observe(session.tally, facts, self.top_gap, _span(watch))
        return Session(
            state,
            agent,
            tally,
            session.step if raw is None else session.step + 1,
            answer,
            session.observed if raw is None else answer,
            (session.raw if raw is None else raw) if state is _WANTED else None,
            pending,
            False,
            reports,
        ), facts

    def _fallen_back(
        self,
        session: Session,
        raw: TimeStep | None,
        error: StatewrapError,
        events: Sequence[Fact],
        watch: Stopwatch | None,
    ) -> Turn:
        """Let the fallback answer: the memories stay, the session moves on.

        Raises:
            StatewrapError: the error itself, if there is no fallback.
        """
        if self.fallback is None:
            raise error from error.__cause__
        shown = session.raw if raw is None else raw
        assert shown is not None  # noqa: S101 - a decision follows a time step
        facts: list[Fact] = [*events, *([] if raw is None else [(0, Unshown(raw))])]
        agent, action = session.agent, None
        reply: Message = Reset()
        if not shown.last:
            action = self._fallback_action(shown, error)
            reply = Act(action)
        facts.append((0, FellBack(str(error), action)))
        if shown.last:
            facts.append((self.top_gap, Abandoned()))
            agent = attrs.evolve(agent, open=False)
        after, facts = self._next(session, agent, reply, raw, facts, watch)
        reopen = raw is not None and not raw.last and (raw.first or session.reopen)
        return attrs.evolve(after, reopen=reopen), facts

    def _fallback_action(self, shown: TimeStep, error: StatewrapError) -> Any:
        """Return what the fallback says; its own failure is told as the consequence of `error`."""
        if not callable(self.fallback):
            return freeze(self.fallback)
        try:
            action = admit(Act(self.fallback(shown, error)), shown).action
            self.checks.fallback(action)
        except Exception as failure:  # noqa: BLE001 - the function is the user's
            raise PolicyError(self.fallback, "the fallback", failure) from error
        return action

    def _admitted(self, act: Act, timestep: TimeStep) -> Act:
        """Take a policy's decision in: copied once, and checked where checks apply."""
        act = admit(act, timestep)
        if self.checks.due(first=timestep.first):
            self.checks.decision(act, "The policy's")
        return act

    def _told(self, error: Exception, session: Session) -> StatewrapError:
        """Say in which episode and step an error happened, both counted from 0."""
        episode = max(session.agent.episode - session.agent.open, 0)
        if isinstance(error, PlacedError):
            error.at(episode=episode, step=session.step, again=not self.stack.suspends)
            return error
        if not isinstance(error, StatewrapError):  # a reward or a flag that is none, say
            told = ProtocolError(
                f"What {brief(self.stack)} let pass cannot be used: "
                f"{type(error).__name__}: {sentence(error)}"
            )
            told.__cause__ = error
            error = told
        changed = "" if self.stack.suspends else "; nothing was changed"
        error.add_note(f"In episode {episode}, step {session.step}{changed}.")
        return error


_ACTING, _WANTED, _OVER = State.ACTING, State.WANTED, State.OVER

_ILLEGAL = {
    State.FRESH: "{call} is not legal before the first time step: call act or observe first.",
    State.ACTING: "{call} is not legal while an action is out: pass the time step that answers it.",
    State.WANTED: "{call} is not legal while a decision is wanted: call decide(action), or reset "
    "or close to give it up.",
    State.OVER: "{call} is not legal while no episode is open: open one first.",
    State.CLOSED: "{call} is not legal after close. Make a new deployment, or restore a snapshot.",
}


def _span(watch: Stopwatch | None) -> Span | None:
    return None if watch is None else (watch[0], watch[1]())


def _opening_again(raw: TimeStep) -> TimeStep:
    """Make an opening of what the environment last showed; its flags, none set, become bool."""
    return raw.replace(reward=0.0, terminated=False, truncated=False, first=True)


def _last_shown(facts: list[Fact], top: int) -> TimeStep | None:
    """Find the last time step of the episode that ended last."""
    for gap, what in reversed(facts):
        if gap == top and type(what) is TimeStep and what.last:
            return what
    return None
