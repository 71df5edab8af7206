"""How the Atari wrappers of Stable-Baselines3 open an episode."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.draws import NumpyDraws, given_draws
from statewrap.core.fields import argument, whole
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.wrapper import Below, Wrapper
from statewrap.wrappers.atari_parts import hold_sends, lives_of, noops_drawn


class Noops(NamedTuple):
    """The no-ops that are owed before an episode opens for those above."""

    due: int | None
    """How many are still to be sent; -1 before that is drawn, None while an episode is open."""
    asked: bool
    """Whether the wrapper itself sent the `Reset` that is to be answered."""
    key: Key
    """From which their number is drawn."""
    draws: NumpyDraws | None
    """What the next number is drawn from, if not from a key."""


@attrs.frozen
class NoopResetEnv(Wrapper[Noops]):
    """Open each episode after 1 to `noop_max` acts 0, of which the policy sees the last frame.

    If the environment ends meanwhile, a `Reset` is sent and what is still owed follows. Mirrors
    `stable_baselines3.common.atari_wrappers.NoopResetEnv`, bit for bit, but that sends seed and
    options again with such a reset, and this sends neither.

        env                   f0*      f1      f2
        NoopResetEnv (2 due)  ↺ noop   ↺ noop  ↑*
        policy                                 f2*  a       (* first; ↺ answered)

    Args:
        noop_max: the greatest number of acts, at least 1.
        draws: None, or an `np.random.Generator`, or its `bit_generator.state`, or a `NumpyDraws`,
            from which the numbers are drawn in place of the wrapper's key, over all episodes, as
            Stable-Baselines3 draws from its environment's generator.

    Raises:
        TypeError: if `noop_max` is no int, or `draws` no generator.
        ValueError: if `noop_max` is below 1.
        BindError: at `bind`, if 0 is not in the action space below.

    >>> opens = NoopResetEnv(noop_max=1)
    >>> memory = opens.renew(opens.initial(Key.from_seed(0)), Key.from_seed(0))
    >>> memory, down = opens.on_state(memory, TimeStep("f0", first=True))
    >>> down
    Act(0)
    >>> opens.on_state(memory, TimeStep("f1", reward=1.0))[1]
    TimeStep('f1', first=True)
    """

    memory_types = (Noops, Key, NumpyDraws)

    noop_max: int = attrs.field(default=30, validator=whole(1))
    draws: Any = argument(None, kw_only=True, converter=given_draws)

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """Whether draws go on from episode to episode: where they are given."""
        return False if self.draws is None else frozenset({"draws"})

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an episode depends on how many there were: where draws go on."""
        return self.draws is not None

    def bind(self, below: Below) -> NoopResetEnv:
        """Check what it sends.

        Raises:
            BindError: if 0 is not in the action space below.
        """
        hold_sends(self, below, 0)
        return self

    def initial(self, key: Key) -> Noops:
        """Owe nothing yet."""
        return Noops(None, asked=False, key=key, draws=self.draws)

    def renew(self, memory: Noops, key: Key) -> Noops:
        """Begin anew, or go on with what is owed where the wrapper asked for this opening.

        Under another seed, of which other key words tell, it begins anew.
        """
        if memory.asked and memory.key[:2] == key[:2]:
            return memory._replace(asked=False)
        return Noops(-1, asked=False, key=key, draws=memory.draws)

    def on_state(self, memory: Noops, timestep: TimeStep) -> tuple[Noops, Message]:
        """Answer with what is owed; then open the episode, and let everything rise."""
        due, _, key, draws = memory
        if due is None:
            return memory, timestep
        if due < 0:
            due, draws = noops_drawn(self.noop_max, key, draws)
        if timestep.last:
            return Noops(due, asked=True, key=key, draws=draws), Reset()
        if due:
            return Noops(due - 1, asked=False, key=key, draws=draws), Act(0)
        opening = timestep.replace(reward=0.0, first=True)
        return Noops(None, asked=False, key=key, draws=draws), opening


class Firing(NamedTuple):
    """The acts that start a game."""

    due: tuple[int, ...] | None
    """Those that are still to be sent; None while an episode is open."""
    asked: bool
    """Whether the wrapper itself sent the `Reset` that is to be answered."""
    last: tuple[Any, ...]
    """With `stale_frames`, the observation with which the environment ended, if it did."""
    key: Key
    """That of the session at the opening."""


@attrs.frozen
class FireResetEnv(Wrapper[Firing]):
    """Open each episode after the acts 1 (FIRE) and 2, without which some games do not begin.

    If the environment ends meanwhile, a `Reset` is sent, and what is still due follows. Mirrors
    `stable_baselines3.common.atari_wrappers.FireResetEnv` with three differences: that sends
    seed and options again with such a reset; it shows no info at an opening; and if the second
    act ends the game, it shows that end's observation in place of the new opening's, which
    `stale_frames=True` does too.

        env            f0*      f1      f2
        FireResetEnv   ↺ 1      ↺ 2     ↑*
        policy                          f2*  a       (* first; ↺ answered)

    Put it into the stacks of those games alone whose action 1 is FIRE: here nobody can ask.

    Args:
        stale_frames: whether an end by the second act is shown as an opening.

    Raises:
        BindError: at `bind`, if 1 or 2 is not in the action space below.

    >>> fire = FireResetEnv()
    >>> memory = fire.renew(fire.initial(Key.from_seed(0)), Key.from_seed(0))
    >>> fire.on_state(memory, TimeStep("f0", first=True))[1]
    Act(1)
    """

    memory_types = (Firing, Key)

    stale_frames: bool = attrs.field(default=False, kw_only=True)

    @property
    def delays(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an observation may be shown later than it came: with `stale_frames`."""
        return self.stale_frames

    def bind(self, below: Below) -> FireResetEnv:
        """Check what it sends.

        Raises:
            BindError: if 1 or 2 is not in the action space below.
        """
        hold_sends(self, below, 1, 2)
        return self

    def initial(self, key: Key) -> Firing:
        """Owe nothing yet."""
        return Firing(None, asked=False, last=(), key=key)

    def renew(self, memory: Firing, key: Key) -> Firing:
        """Owe both acts, or go on where the wrapper asked for this opening.

        Under another seed, of which other key words tell, it begins anew.
        """
        if memory.asked and memory.key[:2] == key[:2]:
            return memory._replace(asked=False)
        return Firing((1, 2), asked=False, last=(), key=key)

    def on_state(self, memory: Firing, timestep: TimeStep) -> tuple[Firing, Message]:
        """Answer with what is due; then open the episode, and let everything rise."""
        due = memory.due
        if due is None:
            return memory, timestep
        if timestep.last:
            stale = (timestep.observation,) if self.stale_frames and not due else ()
            return Firing(due, asked=True, last=stale, key=memory.key), Reset()
        if due:
            return memory._replace(due=due[1:]), Act(due[0])
        (observation,) = memory.last or (timestep.observation,)
        opening = timestep.replace(observation=observation, reward=0.0, first=True)
        return Firing(None, asked=False, last=(), key=memory.key), opening


class Lives(NamedTuple):
    """How many lives were left, and whether the game is over."""

    left: int
    over: bool
    """Whether a `Reset` is for the environment: before its first step, and after its end."""
    request: Reset | None
    """The `Reset` that was answered with a no-op, whose own answer is to come."""


_OVER: Final = Lives(0, over=True, request=None)


@attrs.frozen
class EpisodicLifeEnv(Wrapper[Lives]):
    """End the episode at each lost life; while the game goes on, a `Reset` becomes a no-op.

    So a policy learns to live, and the game is reset only when it is over. The lives are
    `info["lives"]`. If the no-op ends the game, the `Reset` goes to the environment after all.
    Mirrors `stable_baselines3.common.atari_wrappers.EpisodicLifeEnv`, bit for bit.

        env               f0*     f1      f2 life lost              f3
        EpisodicLifeEnv   ↑*      ↑       ↑ terminated      ↺ 0     ↑*
        policy            f0*  a  f1  a   f2         Reset          f3*    (* first; ↺ answered)

    As in Stable-Baselines3, a `Reset` in the middle of an episode is a no-op too, whatever its
    seed.

    Raises:
        BindError: at `bind`, if 0 is not in the action space below.
        ValueError: at a time step whose `info` has no "lives".

    >>> lives = EpisodicLifeEnv()
    >>> memory = Lives(left=3, over=False, request=None)
    >>> memory, shown = lives.on_state(memory, TimeStep("f2", info={"lives": 2}))
    >>> shown
    TimeStep('f2', terminated=True, info={'lives': 2})
    >>> lives.on_reset(memory, Reset())[1]
    Act(0)
    """

    memory_types = (Lives,)

    def bind(self, below: Below) -> EpisodicLifeEnv:
        """Check what it sends.

        Raises:
            BindError: if 0 is not in the action space below.
        """
        hold_sends(self, below, 0)
        return self

    def initial(self, key: Key) -> Lives:
        """Know of no lives, and of no game."""
        return _OVER

    def on_state(self, memory: Lives, timestep: TimeStep) -> tuple[Lives, Message]:
        """Compare the lives; after a no-op in place of a reset, open an episode."""
        before, _, request = memory
        ended = timestep.terminated or timestep.truncated
        if request is not None:
            return self._opened(request, timestep, ended=ended)
        left = lives_of(self, timestep)
        if timestep.first:
            return Lives(left, over=True, request=None), timestep
        if 0 < left < before:
            timestep = timestep.replace(terminated=True)
        return Lives(left, ended, None), timestep

    def _opened(self, request: Reset, timestep: TimeStep, *, ended: bool) -> tuple[Lives, Message]:
        """Open an episode after a no-op, unless that ended the game."""
        if ended:
            return _OVER, request
        opening = timestep.replace(reward=0.0, first=True)
        return Lives(lives_of(self, timestep), over=False, request=None), opening

    def on_reset(self, memory: Lives, request: Reset) -> tuple[Lives, Command]:
        """Step on while the game does."""
        if memory.over:
            return memory, request
        return memory._replace(request=request), Act(0)
