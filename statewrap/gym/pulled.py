"""What a stack and a single wrapper have in common where the policy owns the loop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import RecordConstructorArgs

from statewrap.core.borders import freeze, thaw
from statewrap.core.drivers import pull
from statewrap.core.errors import ProtocolError
from statewrap.core.events import Closed, Fact, Unshown
from statewrap.core.fold import FactSink
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.protocol import wrong_opening
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.gym.below import below_env, with_frames
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.specs import naming
from statewrap.sinks import feed
from statewrap.sinks.failures import Failures
from statewrap.sinks.watcher import Watcher

Stepped = tuple[Any, Any, bool, bool, dict[str, Any]]


class Pulled(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """An environment under a stack: its spaces, its memory, and the two borders."""

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        stack: Stack,
        memory: StackMemory | None,
        clock: Callable[[], float] = time.perf_counter,
        sinks: Iterable[FactSink] = (),
    ) -> None:
        gymnasium.Wrapper.__init__(self, env)
        self.unbound = stack
        self.stack = self._bound(stack)
        below = self.stack.gaps[0]  # type: ignore[index]  # it is bound
        top = self.stack.above(below)
        if top.observation_space is not below.observation_space:
            self.observation_space = top.observation_space  # type: ignore[assignment]  # known
        if top.action_space is not below.action_space:
            self.action_space = top.action_space  # type: ignore[assignment]  # is known
        if top.metadata is not below.metadata:
            self.metadata = dict(top.metadata or {})
        self._pictured = "frame" in self.stack.needs
        self._watchers = feed.watchers(feed.listed(sinks), self.stack)
        self._early = any(map(_may_want_frames, self._watchers))
        self._failures = Failures()
        self._untold: list[Fact] | None = None
        self._clock = clock
        self._started = clock()
        root = root_key(None)
        self._memory = (
            self.stack.initial(root) if memory is None else self.stack.rekey(memory, root)
        )

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only there as well
        """The environment's spec with this wrapper added, as Gymnasium makes it."""
        if self._cached_spec is None:
            self._cached_spec = naming(super().spec)
        return self._cached_spec

    def _bound(self, stack: Stack) -> Stack:
        """Bind a stack; some wrappers tell only then that they need pictures, or that they do not.

        One whose calls are suspended is not tried out, and may need them at any time.

        Raises:
            BindError: if a wrapper does not fit what is below it.
        """
        below = below_env(self.env)
        if "frame" not in stack.needs:
            try:
                bound = stack.bind(below)
            except NotBridgeableError:  # for want of pictures, perhaps
                if below.render_mode in (None, "human"):
                    raise
            else:
                if "frame" not in bound.needs and not bound.suspends:
                    return bound
        return stack.bind(with_frames(below, self.env))

    @property
    def memory(self) -> StackMemory:
        """What the stack remembers, learned statistics included."""
        return self._memory

    def taken(self) -> Stack:
        """Return the stack as it stands now, unbound."""
        return self.unbound

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Open an episode; with a seed, environment and stack draw as if both were new.

        Raises:
            WrapperError: if a wrapper of the stack raises.
            ProtocolError: if the stack breaks the episode rules.
        """
        memory = self._memory
        if seed is not None:
            memory = self.stack.rekey(memory, root_key(seed))
        facts = list[Fact]()
        memory, timestep = self._pull(memory, Reset(seed, options), facts)
        wrong = None if timestep.first else "a time step that is not `first`"
        wrong = wrong or wrong_opening(timestep)
        if wrong:
            self._show_taken(facts)
            raise ProtocolError(f"{self.stack!r} answered a reset with {wrong}: {timestep!r}.")
        self._memory = memory
        self._show(facts)
        return thaw(timestep.observation), dict(timestep.info)

    def step(self, action: Any) -> Stepped:
        """Take an action; the stack may step the environment several times, or not at all.

        Raises:
            WrapperError: if a wrapper of the stack raises.
        """
        facts = list[Fact]() if self._watchers else None
        self._memory, timestep = self._pull(self._memory, Act(freeze(action)), facts)
        self._show(facts)
        return (
            thaw(timestep.observation),
            thaw(timestep.reward),
            timestep.terminated,
            timestep.truncated,
            dict(timestep.info),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what `bind` derives: it may be large, or functions that cannot be pickled."""
        return {**vars(self), "stack": self.stack.gaps[0]}  # type: ignore[index]  # it is bound

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.stack = self.unbound.bind(state["stack"])

    def close(self) -> None:
        """Close the environment, then the sinks."""
        super().close()
        self._show([(len(self.stack), Closed())])

    def _show(self, facts: list[Fact] | None) -> None:
        """Show the sinks what happened; what they raise is logged, and costs no step."""
        if facts is not None:
            feed.show_to(self._watchers, facts, len(self.stack), self._failures)

    def _pull(
        self, memory: StackMemory, command: Command, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, TimeStep]:
        self._untold = facts
        try:
            return pull(self.stack, memory, command, self._answer, facts)
        except BaseException:
            self._show_taken(facts)
            raise

    def _show_taken(self, facts: list[Fact] | None) -> None:
        """Show the sinks which steps of the environment a call took that came to nothing.

        They have happened, though the stack remembers none of them; the policy was shown nothing.
        """
        below = [(gap, what) for gap, what in facts or () if gap == 0]
        answered = next((n for n, (_, what) in enumerate(reversed(below)) if _is_shown(what)), None)
        if answered is not None:
            taken = below[: len(below) - answered]
            self._show([(0, Unshown(w) if type(w) is TimeStep else w) for _, w in taken])

    def _frame(self, *, first: bool) -> Any:
        """Render, if the stack or a sink wants a picture.

        A sink has to know first what the steps before were, also those of a skip: they have
        happened, whatever comes of this call.
        """
        if self._untold and self._early:
            facts, self._untold[:] = [*self._untold], []
            self._show(facts)
        wanted = self._pictured or feed.wants_frame(self._watchers, self._failures, first=first)
        return freeze(self.env.render()) if wanted else None

    def _answer(self, command: Command) -> TimeStep:
        """Ask the environment: this is the bottom border."""
        if type(command) is Act:
            observation, reward, terminated, truncated, info = self.env.step(thaw(command.action))
        else:
            assert type(command) is Reset  # noqa: S101 - there are two commands
            options = None if command.options is None else dict(command.options)
            observation, info = self.env.reset(seed=command.seed, options=options)
            reward, terminated, truncated = 0.0, False, False
        return TimeStep(
            freeze(observation),
            freeze(reward),
            terminated,
            truncated,
            dict(info),
            type(command) is Reset,
            float(self._clock() - self._started),
            self._frame(first=type(command) is Reset),
        )


def _may_want_frames(sink: FactSink) -> bool:
    """Tell whether a sink may want a picture; it may say `takes_frames = False`."""
    if getattr(type(sink), "wants_frame", None) is Watcher.wants_frame:
        return "frame" in getattr(sink, "needs", ())
    return bool(getattr(sink, "takes_frames", True))


def _is_shown(what: object) -> bool:
    return type(what) is TimeStep


def root_key(seed: int | None) -> Key:
    """Make the root key of a seed, or of the system's entropy."""
    return Key.from_seed(secrets.randbits(64) if seed is None else seed)
