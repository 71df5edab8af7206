"""How a session goes on.

Each method of `SessionRules` takes a session and gives back the next one, and changes nothing:
whoever holds the old one when something raises holds the state from before.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import attrs

from statewrap.core.borders import freeze
from statewrap.core.drivers import Agent, admit, initial_agent, push, rekey
from statewrap.core.errors import (
    InputError,
    PlacedError,
    PolicyError,
    ProtocolError,
    SpaceError,
    StatewrapError,
)
from statewrap.core.events import Abandoned, Closed, Continued, Fact, FellBack, Unshown
from statewrap.core.fold import Fold
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.protocol import TABLE, State
from statewrap.core.session import Answer, Command, Over, Session, Wanted
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below, Stack, StackMemory

Check = Literal["always", "first", "never"]
OnReset = Literal["continue", "request"]


Turn = tuple[Session, list[Fact]]
"""The next session, and the facts of the call that led to it."""


@attrs.frozen
class SessionRules:
    """How a session goes on: a bound stack, a policy or none, statistics, and what to check."""

    stack: Stack
    policy: Policy[Any] | None
    statistics: Fold
    on_reset: OnReset = "continue"
    check: Check = "first"
    fallback: Any = None

    @cached_property
    def top_gap(self) -> int:
        """The gap below the policy."""
        return len(self.stack)

    @property
    def bottom(self) -> Below:
        """What is known of the environment."""
        return self.stack.gaps[0] if self.stack.gaps else Below()

    @property
    def top(self) -> Below:
        """What is known at the policy's side."""
        return self.stack.gaps[-1] if self.stack.gaps else Below()

    def initial(self, root: Key, memory: StackMemory | None = None) -> Session:
        """Return a session that has seen nothing; its stack may have learned in `memory`."""
        agent = initial_agent(self.stack, self.policy, root)
        if memory is not None:
            if len(memory.wrappers) != len(self.stack):
                raise ValueError(
                    f"memory holds what {len(memory.wrappers)} wrappers remember, but the stack "
                    f"has {len(self.stack)}."
                )
            learned = StackMemory(memory.wrappers, agent.stack.keys)
            agent = attrs.evolve(agent, stack=learned)
        return Session(State.FRESH, agent, self.statistics.initial())

    def rekeyed(self, session: Session, seed: int) -> Session:
        """Replace every key by those of another seed, and no other memory."""
        agent = rekey(self.stack, session.agent, Key.from_seed(seed))
        return attrs.evolve(session, agent=agent)

    def legal(self, session: Session, call: str) -> None:
        """Raise a `ProtocolError` if a call is not legal now; it says which ones are."""
        if call in TABLE[session.state]:
            return
        raise ProtocolError(_ILLEGAL[session.state].format(call=call))

    def pushed(self, session: Session, raw: TimeStep) -> Turn:
        """Go on with what the environment shows: an opening or the answer to an action.

        Raises:
            SpaceError: if the observation is checked and outside its space.
            WrapperError, PolicyError, ProtocolError: if the stack or the policy fails, and there
                is no fallback.
        """
        if raw.first or self.check != "first":
            self._check_observation(session, raw)
        facts: list[Fact] = []
        try:
            if session.reopen and not raw.first:
                agent, reply = self._shown_again(session.agent, raw, facts)
            else:
                agent, reply = self._driven(session.agent, raw, raw, facts)
        except StatewrapError as error:
            return self._fallen_back(session, raw, _placed(error, session))
        if agent.episode != session.agent.episode and not raw.first:
            self._check_observation(session, raw.replace(first=True))  # it opened an episode
        return self._next(session, agent, reply, raw, facts)

    def reset(self, session: Session, raw: TimeStep, seed: int | None = None) -> Turn:
        """Open an episode at any moment; the one that is open is abandoned."""
        abandoned: list[Fact] = [(self.top_gap, Abandoned())] if session.agent.open else []
        tally, reports = self.statistics.observe(session.tally, abandoned, self.top_gap)
        agent = attrs.evolve(session.agent, open=False)
        if seed is not None:
            agent = attrs.evolve(agent, stack=self.stack.void(agent.stack))
            agent = rekey(self.stack, agent, Key.from_seed(seed))
        session, facts = self.pushed(attrs.evolve(session, agent=agent, tally=tally), raw)
        both = attrs.evolve(session, reports=reports + session.reports)
        return both, abandoned + facts

    def decided(self, session: Session, action: Any) -> Turn:
        """Go on with a decision that was wanted.

        Raises:
            SpaceError: if the action is checked and outside its space.
        """
        if session.raw is None or not isinstance(session.answer, Wanted):
            raise ProtocolError("decide was called, but no decision is wanted.")
        timestep = session.answer.timestep
        try:
            act = admit(Act(action), timestep)
        except TypeError as error:
            raise InputError(str(error)) from None
        if self.check == "always" or (self.check == "first" and timestep.first):
            self._check_decision(act, "The given")
        facts: list[Fact] = []
        try:
            agent, reply = self._driven(session.agent, act, session.raw, facts)
        except StatewrapError as error:
            return self._fallen_back(session, None, _placed(error, session))
        return self._next(session, agent, reply, None, facts)

    def closed(self, session: Session, raw: TimeStep | None) -> Turn:
        """Finish: show a last time step if there is one, and abandon what is still open."""
        facts: list[Fact] = []
        agent = session.agent
        if raw is not None:
            self._check_observation(session, raw)
            if session.reopen:
                facts.append((0, Unshown(raw)))
            else:
                try:
                    agent, _ = self._driven(agent, raw, raw, facts)
                except StatewrapError as error:
                    raise _placed(error, session) from error.__cause__
        if agent.open:
            facts.append((self.top_gap, Abandoned()))
            agent = attrs.evolve(agent, open=False)
        facts.append((self.top_gap, Closed()))
        tally, reports = self.statistics.observe(session.tally, facts, self.top_gap)
        after = attrs.evolve(
            session, state=State.CLOSED, agent=agent, tally=tally, pending=None, reports=reports
        )
        return after, facts

    def _driven(
        self, agent: Agent, message: Message, raw: TimeStep, facts: list[Fact]
    ) -> tuple[Agent, Message]:
        """Push a message; where the stack alone ended the episode, open the next one at once."""
        before = agent.episode
        agent, reply = push(
            self.stack,
            self.policy,
            agent,
            message,
            over=raw.terminated or raw.truncated,
            admit=self._admitted,
            hops=facts,
        )
        if type(reply) is Reset and self.on_reset == "continue":
            self._check_reset(reply)
            if not raw.last:
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
                    raise ProtocolError(_ended_twice(self.stack, facts))
        if type(reply) is Act and reply.action is None:
            raise ProtocolError(
                f"{self.stack!r} sent the environment Act(None). None is no action: a wrapper that "
                "changes actions has to return one."
            )
        if type(reply) is Act and (
            self.check == "always"
            or (self.check == "first" and (raw.first or agent.episode != before))
        ):
            self._check_command(reply)
        return agent, reply

    def _shown_again(self, agent: Agent, raw: TimeStep, facts: list[Fact]) -> tuple[Agent, Message]:
        """Show the stack the opening that it missed when an opening fell back."""
        facts.append((0, Unshown(raw)))
        if raw.last:
            return agent, Reset()
        return self._driven(agent, _opening_again(raw), raw, facts)

    def _next(
        self,
        session: Session,
        agent: Agent,
        reply: Message,
        raw: TimeStep | None,
        facts: list[Fact],
    ) -> Turn:
        """Make the next session of what left the stack; `raw` is None after a decision."""
        top = self.top_gap
        before = session.agent
        ended = None
        if agent.episode - before.episode + before.open - agent.open:
            ended = _last_shown(facts, top)
        answer: Answer
        pending = None
        if type(reply) is Act:
            state, answer = _ACTING, Command(reply.action, ended)
        elif type(reply) is Reset:
            state, answer, pending = _OVER, Over(ended), reply
        else:
            state, answer = _WANTED, Wanted(reply, ended)
        tally, reports = self.statistics.observe(session.tally, facts, top)
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

    def _fallen_back(self, session: Session, raw: TimeStep | None, error: StatewrapError) -> Turn:
        """Let the fallback answer: the memories stay, the session moves on.

        Raises:
            StatewrapError: the error itself, if there is no fallback.
        """
        if self.fallback is None:
            raise error from error.__cause__
        shown = session.raw if raw is None else raw
        assert shown is not None  # noqa: S101 - a decision follows a time step
        facts: list[Fact] = [] if raw is None else [(0, Unshown(raw))]
        agent = session.agent
        reply: Message = Reset()
        if not shown.last:
            reply = Act(self._fallback_action(shown, error))
        elif agent.open:
            agent = attrs.evolve(agent, open=False)
        facts.append((0, FellBack(str(error), reply.action if type(reply) is Act else None)))
        if session.agent.open and not agent.open:
            facts.append((self.top_gap, Abandoned()))
        after, facts = self._next(session, agent, reply, raw, facts)
        reopen = raw is not None and not raw.last and (raw.first or session.reopen)
        return attrs.evolve(after, reopen=reopen), facts

    def _fallback_action(self, shown: TimeStep, error: StatewrapError) -> Any:
        """Return what the fallback says; its own failure is told as the consequence of `error`."""
        if not callable(self.fallback):
            return freeze(self.fallback)
        try:
            action = admit(Act(self.fallback(shown, error)), shown).action
            self.check_fallback(action)
        except Exception as failure:  # noqa: BLE001 - the function is the user's
            raise PolicyError(self.fallback, "the fallback", failure) from error
        return action

    def check_fallback(self, action: Any) -> None:
        """Raise a `SpaceError` if an action of the fallback's is outside the action space."""
        space = self.bottom.action_space
        wrong = None if space is None or self.check == "never" else why_not(space, action, "action")
        if wrong:
            raise SpaceError(
                f"The fallback's {wrong}. It answers the environment, whose space is {space}."
            )

    def _admitted(self, act: Act, timestep: TimeStep) -> Act:
        """Take a policy's decision in: copied once, and checked where checks apply."""
        act = admit(act, timestep)
        if self.check == "always" or (self.check == "first" and timestep.first):
            self._check_decision(act, "The policy's")
        return act

    def _check_decision(self, act: Act, whose: str) -> None:
        space = self.top.action_space
        wrong = None if space is None else why_not(space, act.action, "action")
        if wrong:
            raise SpaceError(f"{whose} {wrong}. The action space is {space}.")

    def _check_observation(self, session: Session, raw: TimeStep) -> None:
        if self.check == "never" or (self.check == "first" and not raw.first):
            return
        space = self.bottom.observation_space
        wrong = None if space is None else why_not(space, raw.observation, "observation")
        if wrong:
            raise SpaceError(
                f"The {wrong}, at step {session.step}. The observation space is {space}. "
                "Nothing was changed: the call can be made again with a right observation."
            )
        if raw.frame is None and "frame" in self.stack.needs:
            raise SpaceError("The stack needs a rendered frame: pass it as act(..., frame=...).")

    def _check_command(self, act: Act) -> None:
        """Look at what leaves the bottom."""
        space = self.bottom.action_space
        wrong = None if space is None else why_not(space, act.action, "action")
        if wrong:
            raise SpaceError(
                f"What the stack sends the environment is outside its action space {space}: the "
                f"{wrong}. A wrapper such as ClipAction or RescaleAction brings actions into it."
            )

    def _check_reset(self, request: Reset) -> None:
        if request.seed is None and request.options is None:
            return
        raise ProtocolError(
            f"The stack asks the environment for {request!r}, but on_reset='continue' says that it "
            "cannot be reset. Use Deployment(..., on_reset='request') and reset the environment "
            "with deployment.pending when act returns None."
        )


_ACTING, _WANTED, _OVER = State.ACTING, State.WANTED, State.OVER

_ILLEGAL = {
    State.FRESH: "{call} is not legal before the first time step: call act or observe first.",
    State.ACTING: "{call} is not legal while an action is out: pass the time step that answers it.",
    State.WANTED: "{call} is not legal while a decision is wanted: call decide(action), or reset "
    "or close to give it up.",
    State.OVER: "{call} is not legal while no episode is open: open one first.",
    State.CLOSED: "{call} is not legal after close. Make a new deployment, or restore a snapshot.",
}


def _opening_again(raw: TimeStep) -> TimeStep:
    """Make an opening of what the environment last showed; its flags, none set, become bool."""
    return raw.replace(reward=0.0, terminated=False, truncated=False, first=True)


def _last_shown(facts: list[Fact], top: int) -> TimeStep | None:
    """Find the last time step of the episode that ended last."""
    for gap, what in reversed(facts):
        if gap == top and type(what) is TimeStep and what.last:
            return what
    return None


def _placed(error: StatewrapError, session: Session) -> StatewrapError:
    """Say in which episode and step an error happened, both counted from 0."""
    episode = max(session.agent.episode - session.agent.open, 0)
    if isinstance(error, PlacedError):
        error.at(episode=episode, step=session.step)
    else:
        error.add_note(f"In episode {episode}, step {session.step}; nothing was changed.")
    return error


def _ended_twice(stack: Stack, facts: list[Fact]) -> str:
    turns = [(g, m) for g, m in facts if type(m) is TimeStep and m.last and g > 0]
    who = repr(stack[turns[-1][0] - 1]) if turns else repr(stack)
    return (
        f"{who} ended the episode that was opened in place of an ended one before an action had "
        "left. A stack may end an episode on its own once a call; the next one has to act first."
    )
