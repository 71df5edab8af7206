"""Running a call again: how a wrapper that steps its environment is a machine that never waits.

    policy                 step(a)                               result
    ─────────────────────────┼─────────────────────────────────────▲────────
    the wrapper, run         │ runs up to env.step(x)   runs again, to its end
    ─────────────────────────▼──────────────────────────▲────────────────────
    environment              x                          answer

At the first call of its environment that has no answer yet a run is abandoned, and what it asked
for goes down. When the answer comes, everything that the wrapper holds is put back to what it was
when the call began, and the call runs again with the answers so far. What it asked before it has
to ask again, alike.

Where the code proves that a step hands its action down before it does anything else, the action
passes at once, and the call runs when the answer has come: once.
"""

from __future__ import annotations

from typing import Any, Final, Self

from statewrap.core.borders import PLAIN, freeze, thaw
from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.words import brief
from statewrap.gym.bridge.errors import AfterEndError, DivergedError, InNoModeError
from statewrap.gym.bridge.live import Live
from statewrap.gym.bridge.memory import Call, Held, kept
from statewrap.gym.bridge.run import NOT_THE_SAME, Abandon
from statewrap.gym.bridge.stub import told
from statewrap.gym.bridge.workshop import Shelf

made: Final[Any] = tuple.__new__
"""Makes a NamedTuple in half the time that its own constructor takes."""


class Replay:
    """Answers messages by running a wrapper's calls, again where one has to wait.

    Args:
        shelf: where live wrappers are found.
        base: the state of a wrapper that has just been made.
        draws: where the environment's generator starts, once and for all; None to start it from
            the wrapper's key in each episode.
        passes: whether a step's action passes down before anything else is done.
        opens: whether a reset passes down before anything else is done that matters.
        looks: whether the wrapper looks at the last time step by other ways than `step`.
    """

    def __init__(
        self,
        shelf: Shelf,
        base: dict[int, Any],
        draws: NumpyDraws | None,
        *,
        passes: bool = False,
        opens: bool = False,
        looks: bool = True,
    ) -> None:
        self.workshop = shelf
        self._take, self._put = shelf.take, shelf.put
        self._base = base
        self._draws = draws
        self._passes = passes
        self._opens = opens
        self._looks = looks

    def initial(self, key: Key) -> Held:
        """Remember nothing but how the wrapper was made."""
        return Held(self._base, self._draws or key)

    def renew(self, held: Held, key: Key) -> Held:
        """Keep what the wrapper holds, whose `reset` forgets what is to be forgotten.

        A call that waits for the opening goes on; one that waits for something else is given up.
        """
        call: Any = held.call  # `Before` is known to `Direct` alone
        if call is None or type(call) is Act or call.awaits is not Reset:
            call = None
        elif call.answers or type(call.given) is Act:
            return held
        else:
            call = Call(call.given)
        return Held(held.state, held.draws if self._draws is not None else key, call)

    def hook(self, name: str) -> Any:
        """Return the method of this name, which is to be called."""
        return getattr(self, name)

    def on_action(self, held: Held, act: Act) -> tuple[Held, Message]:
        """Call `step`."""
        if self._passes:
            state, draws, _, shown, time = held
            return made(Held, (state, draws, act, shown, time)), act
        return self._run(held, act)

    def on_reset(self, held: Held, request: Reset) -> tuple[Held, Message]:
        """Call `reset`."""
        if self._opens:
            state, draws, _, shown, time = held
            call = Call(request, (request,))
            return Held(state, draws, call, shown, time), request
        return self._run(held, request)

    def on_state(self, held: Held, timestep: TimeStep) -> tuple[Held, Message]:
        """Go on with the call that waits for this time step; an opening nobody waits for resets.

        Raises:
            DivergedError: if no call waits.
        """
        call: Any = held[2]
        if type(call) is Act:  # it has passed, and nothing was run
            if not timestep.first:
                return self._run(held, call, (call,), (timestep,))
            call = None
        if timestep.first and (call is None or call.awaits is not Reset):
            call = Call(Reset())
        if call is None:
            raise DivergedError(
                f"{timestep!r:.100} came, which nobody had asked for: no call of the wrapper waits "
                "for the environment. Show an opening, or answer an act."
            )
        given, asked, answers = call
        return self._run(held, given, asked, (*answers, timestep))

    def _run(
        self,
        held: Held,
        given: Act | Reset,
        asked: tuple[Command, ...] = (),
        answers: tuple[TimeStep, ...] = (),
    ) -> tuple[Held, Message]:
        """Run a call from its beginning to its end, or to where no answer is known."""
        live = self._take()
        try:
            state, draws, _, before, time = held
            if live.holds is not state:
                live.restore(state)
            run = live.run
            run.begin(asked, answers, draws, before, kept=live.kept_generator)
            try:
                result = called(live, given)
            except Abandon:
                live.leave()
                return waiting(live, held, given, asked, answers)
            except BaseException:
                hold_usual(live, asked)
                raise
            if run.wanted is not None or run.at < len(asked) or live.asked.unknown or run.odd:
                hold_usual(live, asked)
            shown = run.shown if answers else None
            risen = as_time_step(result, given, shown, time)
            remembered = kept(shown) if self._looks and shown is not None else None
            if run.drew:
                draws = run.drawn()
            return made(Held, (live.state(), draws, None, remembered, risen.time)), risen
        except BaseException:
            live.give_up()
            raise
        finally:
            self._put(live)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the same: nothing of a session is kept here."""
        return self


def called(live: Live, given: Act | Reset) -> Any:
    """Call `step` or `reset` of the wrapper."""
    if type(given) is Act:
        action = given.action
        if type(action) not in PLAIN:
            action = thaw(action)
        if live.run.handed is not None:
            live.run.handed.append(("action", given.action, action))
        return live.outer.step(action)
    known: dict[str, Any] = {}
    if given.seed is not None:
        known["seed"] = given.seed
    if given.options is not None:
        known["options"] = thaw(given.options)
    return live.outer.reset(**known)


def hold_usual(live: Live, asked: tuple[Command, ...]) -> None:
    """Hold that a run did what is usual, whatever the wrapper made of it.

    Raises:
        DivergedError: if it asked for something else than before, or for less, or went on after
            it was abandoned.
        EnvironmentMissingError: if it asked for what only an environment has.
    """
    run = live.run
    live.asked.hold()
    if run.odd is not None:
        raise run.odd
    if run.late is not None:
        raise DivergedError(_LATE.format(who=live.name, what=run.late))
    if run.wanted is not None:
        raise DivergedError(_SWALLOWED.format(who=live.name))
    if run.at < len(asked):
        raise DivergedError(
            f"{live.name} was run again and did not ask for {asked[run.at]!r}, for which it "
            f"had asked before the environment answered. {NOT_THE_SAME}"
        )


def waiting(
    live: Live,
    held: Held,
    given: Act | Reset,
    asked: tuple[Command, ...],
    answers: tuple[TimeStep, ...],
) -> tuple[Held, Message]:
    """Remember a call that was abandoned, and send down what it asked for.

    Raises:
        DivergedError: if the wrapper called its environment again while it was left, or wants to
            act where an episode is over.
    """
    run = live.run
    if run.late is not None or run.odd is not None or live.asked.unknown:
        hold_usual(live, asked)
    command: Command = run.wanted  # type: ignore[assignment]  # for that it was abandoned
    if answers:
        if type(command) is Act and answers[-1].last:
            raise AfterEndError(
                f"{live.name} asked for {command!r} after the last time step of an episode, but "
                "the environment takes no act after it. It has to reset first. Break its loop at "
                "`terminated or truncated`."
            )
        answers = (*answers[:-1], kept(answers[-1]))
    waits = made(Call, (given, (*run.asked, command), answers))
    state, draws, _, shown, time = held
    return made(Held, (state, draws, waits, shown, time)), command


def as_time_step(result: Any, given: Act | Reset, shown: TimeStep | None, time: float) -> TimeStep:
    """Make a time step of what a call returned.

    Args:
        result: what `step` or `reset` returned.
        given: which of the two was called.
        shown: the environment's last answer in this call, if it gave one.
        time: when the one before came.

    Raises:
        InNoModeError: if that is not what Gymnasium's wrappers return.
    """
    reward, terminated, truncated = 0.0, False, False
    try:
        if type(given) is Act:
            observation, reward, terminated, truncated, info = result
        else:
            observation, info = result
    except (TypeError, ValueError) as error:
        raise InNoModeError(_RETURNED.format(brief(result), *_EXPECTED[type(given)])) from error
    return TimeStep(
        freeze(observation),
        reward if type(reward) is float else freeze(reward),
        terminated,
        truncated,
        told(info) if info else {},
        type(given) is Reset,
        time if shown is None else shown.time,
        None if shown is None else shown.frame,
        None if shown is None else shown.actor,
    )


_EXPECTED: Final = {
    Act: ("step", "(observation, reward, terminated, truncated, info)"),
    Reset: ("reset", "(observation, info)"),
}
_RETURNED: Final = (
    "The outermost wrapper returned {} of {}, expected {}, as Gymnasium's do. One that was written "
    "for the older Gym, before 0.26, returns four values of `step`: let it return five."
)
_SWALLOWED: Final = (
    "{who} went on after its call of the environment was abandoned: something in it catches every "
    "exception (`except:` or `except BaseException`). Write `except Exception`, which is what is "
    "meant, and lets it through."
)
_LATE: Final = (
    "{who} called its environment ({what}) after the call was abandoned: something in it runs "
    "whatever happens (`finally`, or a handler that catches every exception)."
)
