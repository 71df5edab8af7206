"""Two stacks over one environment, held against each other message by message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

import attrs

from statewrap.core.messages import TimeStep
from statewrap.testing.parity.broken import ParityBroken
from statewrap.testing.parity.cases import Case
from statewrap.testing.parity.findings import A_TAPE, told
from statewrap.testing.parity.inputs import check_count, check_repeats_itself, checked_seeds
from statewrap.testing.parity.players import check_answers_alike, chooses
from statewrap.testing.parity.report import ParityReport, Played
from statewrap.testing.parity.setup import Setup, set_up
from statewrap.testing.parity.tape import Tape
from statewrap.testing.parity.trials import Trial, probe, trial
from statewrap.testing.parity.worlds import GENERATED, SOME_ENDS, World, plain

Progress = Callable[[int, int, str], None]
"""Is told how many trials are done, of how many, and which is next."""

LONG: Final = 300
"""After how many steps an environment that goes on is truncated, where no limit is known."""


@attrs.frozen
class Parity:
    """An inverted stack, its original, and an environment to compare them in.

    Args:
        make_env: makes a new bare environment each time; or a `Tape`.
        wrapped_or_stack: the inverted wrapper or stack; or a function that puts Gymnasium's
            wrappers around an environment, of which the inverted stack is made.
        policy: None for actions of all kinds, chosen by the bits of what is shown; or a
            function from observation to action, a `Policy`, or a model with `predict`.
        original: a function that puts what was ported around an environment; or a list of
            such, one for each wrapper, nearest to the environment first, None for Gymnasium's
            wrapper of the same name. Without it all are Gymnasium's.
        episodes: how many are played with each seed.
        seeds: with which the environment is reset.
        generate: whether to try the worlds that rollouts miss, too.
        ignore: keys of info that are not compared, such as wall-clock times.
        max_steps: after how many steps an environment that goes on is truncated; by default
            300, or a little more than the longest limit that is announced.
    """

    make_env: Any
    wrapped_or_stack: Any
    policy: Any = None
    original: Any = attrs.field(default=None, kw_only=True)
    episodes: int = attrs.field(default=3, kw_only=True)
    seeds: Sequence[int] = attrs.field(default=(0, 1, 2), kw_only=True)
    generate: bool = attrs.field(default=True, kw_only=True)
    ignore: Collection[str] = attrs.field(default=(), kw_only=True)
    max_steps: int | None = attrs.field(default=None, kw_only=True)

    def hold(self, progress: Progress | None = None) -> ParityReport:
        """Compare, and raise what differs.

        Raises:
            ParityBroken: if something differs; it shows the shortest trace.
            ParityError: if what was given cannot be compared.
        """
        report = self.compare(progress)
        if report.difference is not None:
            raise ParityBroken(report)
        return report

    def compare(self, progress: Progress | None = None) -> ParityReport:
        """Compare, and report.

        Raises:
            ParityError: if what was given cannot be compared.
        """
        seeds = checked_seeds(self.seeds)
        check_count("episodes", self.episodes)
        if self.max_steps is not None:
            check_count("max_steps", self.max_steps)
        setup = set_up(self.make_env, self.wrapped_or_stack, self.policy, self.original)
        trials = _Trials(self, setup, seeds, progress or _in_silence)
        played: list[Played] = []
        for one in trials:
            played.append(one.played)
            if one.finding is not None:
                return _report(trials.setup, played, told(one.finding, trials.setup))
        return _report(trials.setup, played, None)


def assert_parity(
    make_env: Any,
    wrapped_or_stack: Any,
    policy: Any = None,
    *,
    original: Any = None,
    episodes: int = 3,
    seeds: Sequence[int] = (0, 1, 2),
    generate: bool = True,
    ignore: Collection[str] = (),
    max_steps: int | None = None,
    progress: Progress | None = None,
) -> ParityReport:
    """Hold an inverted stack against Gymnasium's wrappers, over the same environment.

    Actions, observations, rewards, flags and info are compared at every gap, bit for bit, and the
    spaces announced there. Arguments are those of `Parity`.

    Returns:
        What was compared.

    Raises:
        ParityBroken: at the first difference, an AssertionError; it names the wrapper, the
            step and the field, and shows the shortest trace, also as code.
        ParityError: if what was given cannot be compared.

    >>> import gymnasium
    >>> from statewrap.wrappers import RepeatAction, TimeLimit
    >>> report = assert_parity(
    ...     lambda: gymnasium.make("CartPole-v1").unwrapped, TimeLimit(20) | RepeatAction(3),
    ...     generate=False)
    >>> report.same, report.episodes, report.gaps
    (True, 9, (0, 1, 2))
    """
    parity = Parity(
        make_env,
        wrapped_or_stack,
        policy,
        original=original,
        episodes=episodes,
        seeds=seeds,
        generate=generate,
        ignore=ignore,
        max_steps=max_steps,
    )
    return parity.hold(progress)


class _Trials:
    """All trials, in order; each is run when it is asked for."""

    def __init__(
        self, parity: Parity, setup: Setup, seeds: Sequence[int], progress: Progress
    ) -> None:
        self.parity, self.setup, self.seeds, self.progress = parity, setup, seeds, progress
        self.ignored = frozenset(parity.ignore)
        self.on_tape = isinstance(parity.make_env, Tape)
        generated = parity.generate and not self.on_tape
        self.worlds = GENERATED if generated else ()
        self.total = (1 if self.on_tape else len(seeds)) + len(self.worlds)

    def __iter__(self) -> Iterator[Trial]:
        """Run them: the environment as it is with each seed, then each world."""
        if self.on_tape:
            yield self._run(0, self._on_tape())
            return
        self.progress(0, self.total, "looking whether the environment repeats itself")
        check_repeats_itself(self.setup.make_env, self.seeds[0], self.ignored)
        self._look()
        first = None
        for done, seed in enumerate(self.seeds):
            one = self._run(done, self._plain(seed))
            first = first or one
            yield one
        for number, world in enumerate(self.worlds):
            seed = self.seeds[number % len(self.seeds)]
            yield self._run(len(self.seeds) + number, self._case(world, seed), must=False)
        yield from self._frozen(first)

    def _run(self, done: int, case: Case, *, must: bool = True) -> Trial:
        self.progress(done, self.total, f"{case.world.name}, seed {case.seed}")
        return trial(case, must=must)

    def _case(self, world: World, seed: int) -> Case:
        return Case(
            self.setup.make_env,
            world,
            self.setup.stack,
            self.setup.original,
            self.setup.gaps,
            chooses(seed, world.style),
            seed=seed,
            episodes=world.episodes,
            ignored=self.ignored,
        )

    def _plain(self, seed: int) -> Case:
        limit = self.parity.max_steps or max(LONG, self.setup.limit + 20)
        case = attrs.evolve(self._case(plain(limit), seed), episodes=self.parity.episodes)
        policy = self.setup.policy
        return case if policy is None else attrs.evolve(case, choose=lambda _: policy)

    def _on_tape(self) -> Case:
        case = self._case(A_TAPE, self.seeds[0])
        return attrs.evolve(case, commands=self.parity.make_env.commands)

    def _look(self) -> None:
        """Find gaps of the original that it bypasses, and a policy that cannot be repeated."""
        held = probe(attrs.evolve(self._plain(self.seeds[0]), episodes=1))
        said = {gap for gap, _ in held.hops}
        pairs = self.setup.gaps.pairs
        self.setup = self.setup.without([p[1] for k, p in enumerate(pairs) if k not in said])
        top = len(pairs) - 1
        shown = next(m for gap, m in held.hops if gap == top and type(m) is TimeStep)
        if self.setup.policy is not None:
            check_answers_alike(self.setup.policy, shown.observation)

    def _frozen(self, first: Trial | None) -> Iterator[Trial]:
        """Run the stack with the statistics that it learned, which are not changed any more."""
        setup = None
        if self.worlds and first is not None and first.memory is not None:
            setup = self.setup.frozen(first.memory)
        if setup is not None:
            self.setup, before = setup, self.setup
            world = World("statistics that are frozen", SOME_ENDS, reward="float")
            yield self._run(self.total, self._case(world, self.seeds[0]), must=False)
            self.setup = before


def _report(setup: Setup, played: Sequence[Played], difference: Any) -> ParityReport:
    return ParityReport(
        environment=setup.environment,
        stack=tuple(map(repr, setup.stack)),
        original=() if setup.original is None else setup.original.names,
        gaps=tuple(mine for mine, _ in setup.gaps.pairs),
        played=tuple(played),
        difference=difference,
    )


def _in_silence(done: int, total: int, what: str) -> None:
    """Tell nobody."""
