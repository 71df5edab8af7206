"""The laws about what is kept, learned, late, lost or endless find their faults, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text
from gymnasium.spaces import Tuple as TupleSpace
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from statewrap import Act, Below, Key, Reset, Stack, TimeStep, Wrapper
from statewrap.testing import FIRST, LAWS, Improvise, LawBroken
from statewrap.testing.laws.forgetting import forgets_between_episodes
from statewrap.testing.laws.freshness import newest_is_shown
from statewrap.testing.laws.learning import learns_only_if_declared
from statewrap.testing.laws.rewards import no_reward_is_lost
from statewrap.testing.laws.settling import PATIENCE, settles
from statewrap.testing.laws.variations import at, others
from statewrap.testing.strategies import scenes
from statewrap.wrappers import (
    MaxAndSkipObservation,
    NormalizeObservation,
    RandomReset,
    RepeatAction,
)
from tests.laws import box
from tests.testing.laws import odd_but_right as odd
from tests.testing.laws import time_faults as faults

ABOUT_TIME = (
    forgets_between_episodes,
    learns_only_if_declared,
    newest_is_shown,
    no_reward_is_lost,
    settles,
)
BELOW = Below(Box(-100.0, 100.0, (2,), np.float32), Box(-1.0, 1.0, (1,), np.float32))
POLICY = Improvise([np.array([value], np.float32) for value in (-1.0, 0.25, 0.75)])


def frame(number: int, **fields) -> TimeStep:
    """Make a raw time step in which everything tells its number."""
    info = {"mask": np.array([number % 2, 1], np.int8), "score": number / 2}
    reward = 0.0 if fields.get("first") else float(number)
    observation = np.array([number, -number], np.float32)
    picture = np.full((2, 2), number, np.uint8)
    return TimeStep(observation, reward, info=info, time=number / 8, frame=picture, **fields)


def played(*ends: str) -> list[list[TimeStep]]:
    """Play episodes of one step more each time, with these ends."""
    numbers = iter(range(1, 1000))
    return [list(episode(numbers, length, end)) for length, end in enumerate(ends, 3)]


def episode(numbers, length: int, end: str) -> Iterator[TimeStep]:
    """Play one episode."""
    yield frame(next(numbers), first=True)
    for _ in range(length):
        yield frame(next(numbers))
    if end != "given up":
        yield frame(next(numbers), **{end: True})


EPISODES = played("terminated", "truncated", "given up", "truncated", "terminated", "truncated")

FOUND = [
    (forgets_between_episodes, faults.KeepsTheReturn(), "still has `past`, `total` of its memory"),
    (forgets_between_episodes, faults.KeepsMoreThanItDeclares(), "frozenset({'past', 'total'})"),
    (forgets_between_episodes, faults.NamesNoField(), "keeps `totl`, but its memory"),
    (forgets_between_episodes, faults.DeclaresAString(), "which is no set"),
    (forgets_between_episodes, faults.ForgetsWhatItDeclares(), "keeps the whole memory, but"),
    (forgets_between_episodes, faults.CutsWhatItDeclares(), "keeps `past`, but `renew` changed it"),
    (forgets_between_episodes, faults.ForgetsAfterAnEndOnly(), "still has `total`"),
    (forgets_between_episodes, faults.KeepsItsFrames(), "declare in the class: `keeps = True`"),
    (forgets_between_episodes, faults.KeepsWhatLiesInside(), "still has `inner`"),
    (forgets_between_episodes, faults.GoesOnDrawing(), "the key that `renew` is given"),
    (forgets_between_episodes, faults.StaleBuffer(), "still has `frames`"),
    (
        learns_only_if_declared,
        faults.LearnsObservations(),
        "with other observations in the episodes before",
    ),
    (learns_only_if_declared, faults.LearnsRewards(), "with other rewards in the episodes before"),
    (learns_only_if_declared, faults.LearnsFromEnds(), "with other infos in the episodes before"),
    (learns_only_if_declared, faults.LearnsActions(), "with other actions in the episodes before"),
    (
        learns_only_if_declared,
        faults.LearnsNowAndThen(),
        "with other rewards in the episodes before",
    ),
    (learns_only_if_declared, faults.KeepsTheReturn(), "info['return']"),
    (newest_is_shown, faults.StaleAtAnEarlyEnd(), "shows a stale observation"),
    (newest_is_shown, faults.StaleBuffer(), "shows a stale observation"),
    (newest_is_shown, faults.BlankAtAnEarlyEnd(), "whatever the environment showed last"),
    (newest_is_shown, faults.StaleAtTruncation(), "shows a stale observation"),
    (newest_is_shown, faults.StaleEveryThirdEpisode(), "shows a stale observation"),
    (newest_is_shown, faults.StaleTerminal(), "shows a stale observation"),
    (newest_is_shown, faults.ShowsTheFirstOfTwo(), "shows a stale observation"),
    (newest_is_shown, faults.RefusesWithAnOldFrame(), "shows a stale observation"),
    (newest_is_shown, faults.StaleInfo(), "shows a stale info['mask']"),
    (newest_is_shown, faults.StaleMask(), "shows a stale info['mask']"),
    (newest_is_shown, faults.StaleTime(), "shows a stale time"),
    (newest_is_shown, faults.StalePicture(), "shows a stale frame"),
    (no_reward_is_lost, faults.LosesWhatIsSkipped(), "a time step that is not shown"),
    (no_reward_is_lost, faults.LosesTheLastOne(), "the last time step"),
    (no_reward_is_lost, faults.LosesAtTruncation(), "is lost: whatever it is"),
    (no_reward_is_lost, faults.LosesWhatALifeCost(), "the last time step"),
    (no_reward_is_lost, faults.LosesEverySecond(), "is lost: whatever it is"),
    (no_reward_is_lost, faults.ShowsTheFirstOfTwo(), "is lost: whatever it is"),
    (settles, Stack(faults.Insists(), faults.AsksBack()), "AsksBack() answered Act"),
    (settles, Stack(faults.AsksBack(), faults.Insists()), "The stack did not settle"),
    (settles, faults.AsksBack(), "the policy spoke 5,000 times and no command left"),
    (settles, faults.Insists(), "5,000 time steps in a row, none of them last"),
    (settles, faults.CountsPastZero(), "5,000 time steps in a row, none of them last"),
    (settles, faults.ResetsForEver(), "with Reset()"),
    (settles, faults.StepsForEver(), "5,000 time steps in a row, none of them last"),
    (settles, faults.EndsAtOnce(), "the policy spoke 5,000 times"),
]


@pytest.mark.parametrize(
    ("law", "wrapper", "words"),
    FOUND,
    ids=[f"{law.__name__}-{wrapper!r}" for law, wrapper, _ in FOUND],
)
def test_a_law_finds_its_fault(law, wrapper, words) -> None:
    """The message names the wrapper, the law, what was wrong, and the cure."""
    with pytest.raises(LawBroken) as found:
        law(wrapper, BELOW, EPISODES, POLICY)

    message = str(found.value)
    assert f"{wrapper!r} breaks the law {law.__name__}: {law.sentence}" in message
    assert words in message
    assert "\nCure: " in message


# -- nothing is found where nothing is wrong ---------------------------------------------------


@pytest.mark.parametrize("wrapper", odd.ODD, ids=repr)
@settings(max_examples=max(3, settings.default.max_examples // 6))
@given(data=st.data())
def test_nothing_is_found_in_an_odd_but_right_wrapper(wrapper, data) -> None:
    """By any law."""
    scene = data.draw(scenes([st.just(wrapper)], infos=box.infos, min_size=1, max_size=1))

    for law in LAWS:
        law(*scene)


ALL = [*box.MAKERS.values(), *map(st.just, odd.ODD)]
STARTERS = (odd.NoisyStart, RandomReset)
"""Wrappers that take some steps before they show an opening."""


@settings(max_examples=2 * settings.default.max_examples)
@given(scenes(ALL, infos=box.infos, min_size=2, max_size=5))
def test_nothing_is_found_in_a_random_stack(scene) -> None:
    """Of wrappers in the box and odd ones, in any order."""
    keys = [wrapper.stats_key for wrapper in scene.wrapper if hasattr(wrapper, "stats_key")]
    assume(len(keys) == len(set(keys)))  # two that write one key of the info say so, and stop
    kinds = [type(wrapper) for wrapper in scene.wrapper]
    if odd.OpensUnasked in kinds:  # above it a start that takes longer begins anew for ever
        assume(not any(kind in STARTERS for kind in kinds[kinds.index(odd.OpensUnasked) :]))

    for law in ABOUT_TIME:
        law(*scene)


# -- forgetting --------------------------------------------------------------------------------


def test_a_fault_within_a_stack_is_found_and_named() -> None:
    """Each wrapper is looked at by itself, between those that are right."""
    stack = RepeatAction(2) | faults.KeepsTheReturn() | RepeatAction(1)

    with pytest.raises(LawBroken, match=r"KeepsTheReturn\(\) still has `past`, `total`"):
        forgets_between_episodes(stack, BELOW, EPISODES, POLICY)


def test_says_where_what_was_kept_came_through() -> None:
    """The turn of the opening, and the memory before and after it."""
    with pytest.raises(LawBroken) as broken:
        forgets_between_episodes(faults.KeepsTheReturn(), BELOW, EPISODES, POLICY)

    found = broken.value.found
    assert 10 == found.turn
    assert (faults.Earned(14.0, (14.0,)),) * 2 == (found.before, found.after)


class Best(NamedTuple):
    """The best reward, and how often there was one."""

    best: float
    count: int


@attrs.frozen
class BeginsWithNone(Wrapper[Any]):
    """A memory that is made when the first reward comes; what is kept is declared."""

    forgets: bool = True

    keeps = frozenset({"best"})

    def renew(self, memory, key):
        """Keep the best."""
        if memory is None:
            return None
        return Best(memory.best, 0 if self.forgets else memory.count)

    def on_state(self, memory, timestep: TimeStep):
        """Count."""
        if timestep.first:
            return memory, timestep
        held = Best(0.0, 0) if memory is None else memory
        return Best(max(held.best, float(timestep.reward)), held.count + 1), timestep


def test_a_memory_may_begin_as_none() -> None:
    """Then the first that has the kept fields stands for a session that has seen nothing."""
    forgets_between_episodes(BeginsWithNone(), BELOW, EPISODES, POLICY)
    with pytest.raises(LawBroken, match="still has `count`"):
        forgets_between_episodes(BeginsWithNone(forgets=False), BELOW, EPISODES, POLICY)


@attrs.frozen
class Seen:
    """An attrs memory of two fields."""

    best: float = 0.0
    count: int = 0


@attrs.frozen
class KeepsInAttrs(Wrapper[Seen]):
    """A memory that is an attrs object; its count is told in the info."""

    forgets: bool = True

    keeps = frozenset({"best"})

    def initial(self, key):
        """Have seen nothing."""
        return Seen()

    def renew(self, memory: Seen, key):
        """Keep the best."""
        return Seen(memory.best) if self.forgets else memory

    def on_state(self, memory: Seen, timestep: TimeStep):
        """Count."""
        seen = Seen(max(memory.best, float(timestep.reward)), memory.count + 1)
        return seen, timestep.replace(info={"count": memory.count})


def test_fields_of_an_attrs_memory_count_too() -> None:
    """As those of a NamedTuple do."""
    forgets_between_episodes(KeepsInAttrs(), BELOW, EPISODES, POLICY)
    with pytest.raises(LawBroken, match="still has `count`"):
        forgets_between_episodes(KeepsInAttrs(forgets=False), BELOW, EPISODES, POLICY)


@attrs.frozen
class CountsOpenings(Wrapper[int]):
    """What is kept changes in `renew` itself."""

    keeps = True

    def initial(self, key):
        """Have seen none."""
        return 0

    def renew(self, memory: int, key):
        """Count."""
        return memory + 1


def test_what_is_kept_comes_through_as_it_was() -> None:
    """Who counts the episodes does so in `on_state`."""
    with pytest.raises(LawBroken, match=r"keeps the whole memory, but .*: memory: 1 != 2"):
        forgets_between_episodes(CountsOpenings(), BELOW, EPISODES, POLICY)


class NamesAFieldOfNothing(CountsOpenings):
    """A number has no fields."""

    keeps = frozenset({"count"})


def test_a_memory_without_fields_can_only_be_kept_as_a_whole() -> None:
    """The message says so."""
    with pytest.raises(LawBroken, match=r"such as \d+, has no fields.\nCure: .*`keeps = True`"):
        forgets_between_episodes(NamesAFieldOfNothing(), BELOW, EPISODES, POLICY)


@attrs.frozen
class NeedsThePast(Wrapper[Any]):
    """Later than at first it cannot open an episode but by what the last one left."""

    def renew(self, memory, key):
        """Forget nothing."""
        return memory

    def on_state(self, memory, timestep: TimeStep):
        """Ask for the past."""
        if timestep.time > 1 and memory is None:
            raise ValueError("there is no past")
        return "seen", timestep


def test_a_memory_without_which_an_opening_fails_is_found() -> None:
    """For it is not forgotten."""
    with pytest.raises(LawBroken, match="raises ValueError with that of a session that has seen"):
        forgets_between_episodes(NeedsThePast(), BELOW, EPISODES, POLICY)


@attrs.frozen
class AsksAgain(Wrapper[int]):
    """Sends a Reset of its own for the first two openings, and counts them in its memory."""

    def initial(self, key):
        """Have asked for none."""
        return 0

    def renew(self, memory: int, key):
        """Go on counting."""
        return memory

    def on_state(self, memory: int, timestep: TimeStep):
        """Ask again."""
        if timestep.first and memory < 2:
            return memory + 1, Reset()
        return (0 if timestep.last else memory), timestep


def test_what_is_owed_may_survive_a_reset_of_its_own() -> None:
    """And nothing else: an episode that was given up leaves its count behind."""
    ended = played(*["terminated"] * 6)

    forgets_between_episodes(AsksAgain(), BELOW, ended, POLICY)
    with pytest.raises(LawBroken, match=r"memory: 1 != 2"):
        forgets_between_episodes(
            AsksAgain(), BELOW, [*ended[:2], *played("given up"), *ended], POLICY
        )


# -- learning ----------------------------------------------------------------------------------


def test_what_learns_and_says_so_is_right() -> None:
    """And what is not shown need not be said."""
    learner = NormalizeObservation(mode="learn")

    assert (True, True) == (learner.keeps, learner.learns)
    learns_only_if_declared(learner, BELOW, EPISODES, POLICY)
    learns_only_if_declared(odd.KeepsRecords(), BELOW, EPISODES, POLICY)


class LearnsUndeclared(NormalizeObservation):
    """Gymnasium's default, undeclared."""

    learns = False


def test_statistics_that_learn_undeclared_are_found() -> None:
    """As a running mean that a wrapper keeps in production does."""
    with pytest.raises(LawBroken, match="with other observations in the episodes before turn"):
        learns_only_if_declared(LearnsUndeclared(mode="learn"), BELOW, EPISODES, POLICY)


@attrs.frozen
class FailsAfterBadLuck(Wrapper[bool]):
    """After an episode with a great reward it does not work any more."""

    keeps = True

    def initial(self, key):
        """Be well."""
        return False

    def renew(self, memory: bool, key):
        """Stay as it is."""
        return memory

    def on_state(self, memory: bool, timestep: TimeStep):
        """Take note, and fail at the next opening."""
        if timestep.first and memory:
            raise RuntimeError("worn out")
        return memory or timestep.reward > 900, timestep


def test_what_raises_because_of_earlier_episodes_is_found() -> None:
    """Though in the scene itself nothing was raised."""
    with pytest.raises(LawBroken, match="otherwise than it did: it raises RuntimeError: worn out"):
        learns_only_if_declared(FailsAfterBadLuck(), BELOW, EPISODES, POLICY)


def test_one_episode_teaches_nothing() -> None:
    """There is none that it could matter for."""
    learns_only_if_declared(faults.LearnsRewards(), BELOW, EPISODES[:1], POLICY)


# -- freshness ---------------------------------------------------------------------------------


DICT = Dict({"position": Box(-9.0, 9.0, (2,), np.float32), "gear": Discrete(4)})
NESTED = Dict({"position": TupleSpace((Discrete(9), Box(0, 9, (1,), np.int64))), "gear": Text(4)})


def test_one_stale_entry_of_a_dict_is_found() -> None:
    """Though the others are new."""
    episodes = [[TimeStep(DICT.sample(), first=i == 0, time=float(i)) for i in range(6)]]

    with pytest.raises(LawBroken, match=r"shows a stale observation\['position'\]: array"):
        newest_is_shown(faults.StaleInPart(), Below(DICT), episodes, len)


def test_entries_may_be_nested_and_of_any_kind() -> None:
    """The whole entry is told."""
    episodes = [[TimeStep(NESTED.sample(), first=i == 0, time=float(i)) for i in range(6)]]

    newest_is_shown(Wrapper(), Below(NESTED), episodes, len)
    with pytest.raises(LawBroken, match=r"shows a stale observation\['position'\]: \("):
        newest_is_shown(faults.StaleInPart(), Below(NESTED), episodes, len)


STRINGS = [
    [FIRST, *(TimeStep(f"f{i}", reward=1.0) for i in range(1, 5)), TimeStep("end", truncated=True)],
    [FIRST, TimeStep("g1"), TimeStep("g2", terminated=True)],
]


@pytest.mark.parametrize(
    "fault", [faults.StaleTerminal(), faults.StaleAtAnEarlyEnd(4), faults.ShowsTheFirstOfTwo()]
)
def test_strings_do_as_observations(fault) -> None:
    """Where nothing is known of the environment."""
    with pytest.raises(LawBroken, match="shows a stale observation: '"):
        newest_is_shown(fault, Below(), [*STRINGS, *STRINGS], len)


@attrs.frozen
class StaleWhereItMatters(Wrapper[Any]):
    """Shows the older observation where both are alike in a digit, which is seldom."""

    def on_state(self, memory, timestep: TimeStep):
        """Compare."""
        now = timestep.observation
        stale = not timestep.first and memory[0] % 2 == now[0] % 2 == 0
        return now, timestep.replace(observation=memory) if stale else timestep


def test_what_an_observation_decides_is_not_stale() -> None:
    """Others in its place are shown: a filter may hold what it takes for noise."""
    even = [[step.replace(observation=2 * step.observation) for step in e] for e in EPISODES]

    newest_is_shown(StaleWhereItMatters(), BELOW, even, POLICY)


@attrs.frozen
class OnlyKnown(Wrapper[Any]):
    """Refuses what is not in a list, and shows the older of two."""

    known: tuple

    def on_state(self, memory, timestep: TimeStep):
        """Look it up."""
        if timestep.observation not in self.known:
            raise ValueError(timestep.observation)
        return timestep, timestep if memory is None else memory


def test_what_refuses_others_is_looked_at_as_it_is() -> None:
    """By the observations that the scene itself has."""
    names = ("a", "b", "c")
    episode = [TimeStep(name, first=i == 0) for i, name in enumerate(names)]

    with pytest.raises(LawBroken, match=r"stale observation: 'b'.* with 1 other there"):
        newest_is_shown(OnlyKnown(names), Below(), [episode], len)


@attrs.frozen
class StaleAboveHalf(Wrapper[Any]):
    """Shows the older observation, but where it is at an edge."""

    def on_state(self, memory, timestep: TimeStep):
        """Compare with the edge."""
        now = timestep.observation
        edge = timestep.first or abs(float(memory[0])) == 100.0
        return now, timestep if edge else timestep.replace(observation=memory)


def test_observations_of_a_scene_are_exchanged_where_they_hide_a_fault() -> None:
    """The message says so, for what it tells is not in the scene."""
    edge = np.array([100.0, 100.0], np.float32)
    episodes = [[step.replace(observation=edge) for step in episode] for episode in EPISODES]

    with pytest.raises(LawBroken, match="observations of the scene were exchanged for distinct"):
        newest_is_shown(StaleAboveHalf(), BELOW, episodes, POLICY)


@attrs.frozen
class EndsFarOut(Wrapper[Any]):
    """Ends the episode where an observation is far from the scene's; shows the older one."""

    def on_state(self, memory, timestep: TimeStep):
        """Look how far it is."""
        now = timestep.observation
        far = not timestep.first and abs(float(now[0])) > 20.0
        shown = timestep if timestep.first else timestep.replace(observation=memory)
        return now, shown.replace(terminated=timestep.terminated or far)


def test_where_other_observations_end_the_episode_those_of_the_scene_are_taken() -> None:
    """As far as they do not end it."""
    with pytest.raises(LawBroken, match="shows a stale observation"):
        newest_is_shown(EndsFarOut(), BELOW, EPISODES[:1], POLICY)


@attrs.frozen
class OpensWithTheLastFrame(Wrapper[Any]):
    """An episode opens with the last observation of the one before."""

    def renew(self, memory, key):
        """Keep it."""
        return memory

    def on_state(self, memory, timestep: TimeStep):
        """Show it."""
        stale = timestep.first and memory is not None
        shown = timestep.replace(observation=memory) if stale else timestep
        return timestep.observation, shown


def test_a_stale_opening_is_found() -> None:
    """A frame of another episode is the stalest."""
    with pytest.raises(LawBroken, match="where an episode opens, OpensWithTheLastFrame"):
        newest_is_shown(OpensWithTheLastFrame(), BELOW, EPISODES, POLICY)


@attrs.frozen
class Impure(Wrapper[None]):
    """Does what it is told the first time only."""

    calls: list = attrs.field(factory=list)
    raises: bool = False

    def on_state(self, memory, timestep: TimeStep):
        """Count in itself."""
        self.calls.append(1)
        if len(self.calls) > 20 and self.raises:
            raise RuntimeError("once is enough")
        return None, timestep.replace(terminated=timestep.terminated or len(self.calls) > 20)


@pytest.mark.parametrize("law", ABOUT_TIME)
@pytest.mark.parametrize("raises", [True, False])
def test_what_is_not_pure_is_left_to_other_laws(law, raises) -> None:
    """These tell a wrapper its part again, and stop where it says otherwise."""
    episodes = played(*["truncated"] * 3)

    law(Impure(raises=raises), BELOW, episodes, POLICY)


@pytest.mark.parametrize("law", ABOUT_TIME[:-1])
def test_who_hears_nothing_breaks_nothing(law) -> None:
    """Such as one above a wrapper that never shows anything."""
    law(faults.ResetsForEver() | Wrapper(), BELOW, EPISODES, POLICY)


# -- rewards -----------------------------------------------------------------------------------


@attrs.frozen
class Constant(Wrapper[None]):
    """Every step costs one, whatever it earns."""

    def on_state(self, memory, timestep: TimeStep):
        """Cost."""
        return None, timestep if timestep.first else timestep.replace(reward=-1.0)


@attrs.frozen
class Sign(Wrapper[None]):
    """Only the sign of a reward is shown."""

    def on_state(self, memory, timestep: TimeStep):
        """Take the sign."""
        return None, timestep.replace(reward=float(np.sign(timestep.reward)))


@pytest.mark.parametrize("wrapper", [Constant(), Sign(), odd.MaskedReward(), odd.SparseReward()])
def test_rewards_may_be_changed_beyond_recognition(wrapper) -> None:
    """As long as each can matter, or none does."""
    no_reward_is_lost(wrapper, BELOW, EPISODES, POLICY)


def test_a_late_reward_that_never_comes_is_lost_unless_delays_are_declared() -> None:
    """The last one of an episode, here."""
    no_reward_is_lost(odd.LateReward(), BELOW, EPISODES, POLICY)
    with pytest.raises(LawBroken, match="which comes with the last time step of an episode"):
        no_reward_is_lost(LateUndeclared(), BELOW, EPISODES, POLICY)


class LateUndeclared(odd.LateReward):
    """The same, undeclared."""

    delays = False


class LosesInBetween(faults.LosesEverySecond):
    """What is declared late is lost, though later ones come."""

    delays = True


def test_who_delays_may_not_lose_what_came_before_the_last() -> None:
    """For later ones were shown already."""
    with pytest.raises(LawBroken, match="is lost"):
        no_reward_is_lost(LosesInBetween(), BELOW, EPISODES, POLICY)


def test_an_episode_that_is_given_up_may_take_its_rewards_with_it() -> None:
    """Nobody is shown what was saved up."""
    given_up = [episode[:-1] for episode in EPISODES]

    no_reward_is_lost(faults.LosesWhatIsSkipped(), BELOW, given_up, POLICY)


# -- settling ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapper", [RepeatAction(1000), RepeatAction(4000), odd.LongSkip(), odd.WaitsForTime(3600.0)]
)
def test_a_long_wait_is_no_endless_one(wrapper) -> None:
    """Here of a thousand steps and more, and of an hour."""
    settles(wrapper, BELOW, EPISODES, POLICY)


def test_long_waits_may_be_nested() -> None:
    """Then it takes a million time steps, but no wrapper answers more than a thousand in a row."""
    settles(RepeatAction(1000) | RepeatAction(1000), BELOW, EPISODES, POLICY)


def test_an_endless_wait_above_a_skip_is_found_and_named() -> None:
    """What the skip below it answers is not counted."""
    with pytest.raises(LawBroken, match=r"nothing: Insists\(\) answers 5,000 time steps in a row"):
        settles(RepeatAction(3) | faults.Insists(), BELOW, EPISODES, POLICY)


HEARD: list[TimeStep] = []
"""What `Hears` was shown."""


@attrs.frozen
class Hears(Wrapper[None]):
    """Notes, outside of itself, what it is shown."""

    def on_state(self, memory, timestep: TimeStep):
        """Note it."""
        HEARD.append(timestep)
        return None, timestep


def test_patience_is_spent_once_for_many_long_waits() -> None:
    """A scene of many of them is not looked at for ever."""
    HEARD.clear()

    settles(Hears() | RepeatAction(4999), BELOW, played(*["terminated"] * 12), POLICY)

    assert 4 * PATIENCE < len(HEARD) < 5 * PATIENCE


@attrs.frozen
class WaitsForAFlag(Wrapper[Any]):
    """Sends its act until the info says that all is ready."""

    def on_action(self, memory, act: Act):
        """Hold it."""
        return act, act

    def on_state(self, memory, timestep: TimeStep):
        """Wait."""
        ready = timestep.info.get("ready", True) or timestep.last
        return (None, timestep) if memory is None or ready else (memory, memory)


def test_a_value_that_is_waited_for_may_come() -> None:
    """Though in the scene it does not."""
    waiting = [[s.replace(info={"ready": False}) for s in episode] for episode in EPISODES]

    settles(WaitsForAFlag(), BELOW, waiting, POLICY)


@attrs.frozen
class OnlyFromTheScene(Wrapper[Any]):
    """Waits for ever, and takes no observation that is not in the scene."""

    def on_action(self, memory, act: Act):
        """Hold it."""
        return act, act

    def on_state(self, memory, timestep: TimeStep):
        """Refuse what is made up."""
        if timestep.observation[0] != -timestep.observation[1]:
            raise ValueError("made up")
        return (None, timestep) if memory is None or timestep.last else (memory, memory)


def test_what_is_made_up_need_not_be_accepted() -> None:
    """The scene's own time steps do."""
    with pytest.raises(LawBroken, match="5,000 time steps in a row, none of them last"):
        settles(OnlyFromTheScene(), BELOW, EPISODES, POLICY)


@attrs.frozen
class GivesUp(Wrapper[Any]):
    """Waits for a hundred steps, then says that it will not do."""

    def on_action(self, memory, act: Act):
        """Hold it."""
        return (act, 100), act

    def on_state(self, memory, timestep: TimeStep):
        """Wait, then raise."""
        if memory is None or timestep.last:
            return None, timestep
        act, left = memory
        if left == 0:
            raise RuntimeError("nothing happens")
        return (act, left - 1), act


def test_who_gives_up_with_an_error_has_come_to_a_point() -> None:
    """A definite error is an answer."""
    settles(GivesUp(), BELOW, EPISODES, POLICY)


@attrs.frozen
class RefusesLater(Wrapper[int]):
    """After nine acts it lets no other fall."""

    def initial(self, key: Key) -> int:
        """Count from 0."""
        return 0

    def on_action(self, memory: int, act: Act):
        """Refuse, later."""
        return memory + 1, TimeStep("again") if memory >= 9 else act


def test_two_who_answer_each_other_after_the_scene_are_found() -> None:
    """In the world that goes on."""
    stack = RefusesLater() | faults.Insists()

    with pytest.raises(LawBroken, match="After turn 2: The stack did not settle"):
        settles(stack, Below(), [[FIRST, TimeStep("f1"), TimeStep("f2")]], len)


def test_a_scene_of_openings_alone_will_do() -> None:
    """What goes on after them is made of them."""
    with pytest.raises(LawBroken, match="5,000 time steps in a row, none of them last"):
        settles(faults.Insists(), Below(), [[FIRST], [FIRST]], len)


# -- other values ------------------------------------------------------------------------------


class Closed(Space):
    """A space that cannot be sampled."""

    def sample(self, mask=None, probability=None):
        """Refuse."""
        raise NotImplementedError


@pytest.mark.parametrize(
    "space",
    [
        Box(-1.0, 1.0, (2, 2), np.float32),
        Box(-np.inf, np.inf, (), np.float64),
        Box(5.0, np.inf, (1,), np.float32),
        Box(0, 255, (2, 3), np.uint8),
        Discrete(5, start=-2),
        MultiDiscrete([3, 4, 5]),
        MultiBinary(3),
        Text(5),
        DICT,
        NESTED,
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", ["low", "high", "inside", "anywhere"])
def test_other_values_lie_in_the_space(space, place) -> None:
    """And are of the type that the value had."""
    space.seed(0)
    value = space.sample()
    other = at(space, value, place, np.random.default_rng(0))

    assert space.contains(other)
    assert type(value) is type(other)


def test_edges_are_edges_and_inside_is_not() -> None:
    """Where there is room; what has no bound is gone into far for an edge, and not for inside."""
    random, byte = np.random.default_rng(0), Box(0, 255, (), np.uint8)
    line, number = Box(-np.inf, np.inf, (), np.float64), np.float64(1)

    assert (0, 255) == (at(byte, np.uint8(7), "low", random), at(byte, np.uint8(7), "high", random))
    assert 0 < at(byte, np.uint8(7), "inside", random) < 255
    assert 1000.0 == at(line, number, "high", random)
    assert abs(at(line, number, "inside", random)) < 2
    assert 0 == at(Discrete(2), np.int64(1), "inside", random)


@pytest.mark.parametrize(
    "value",
    [
        1,
        2.5,
        True,
        np.bool_(False),
        np.int8(3),
        np.float32(0.5),
        np.zeros(2, np.uint8),
        np.array([True, False]),
        "text",
        (1, "two"),
        [3.0],
        {"a": 1.0},
        Best(1.0, 2),
    ],
    ids=repr,
)
def test_values_of_unknown_spaces_are_exchanged_for_their_like(value) -> None:
    """Each by something that differs, of the same type."""
    exchanged = others(None, value, np.random.default_rng(0))

    assert exchanged
    assert {type(value)} == {type(other) for other in exchanged}


@pytest.mark.parametrize("value", [None, b"bytes", 1j, np.array(["a"]), object])
def test_what_is_like_nothing_is_left_alone(value) -> None:
    """Then nothing is tried."""
    assert [] == others(None, value, np.random.default_rng(0))


def test_a_space_that_cannot_be_sampled_gives_nothing_else() -> None:
    """Whatever it raises."""
    assert [] == others(Closed(), "x", np.random.default_rng(0))


def test_a_value_that_does_not_fit_its_space_is_exchanged_for_its_like() -> None:
    """A wrapper may announce a wrong space; that is another law's business."""
    other = at(Box(0.0, 1.0, (3,)), np.zeros(2), "high", np.random.default_rng(0))

    assert (2,) == other.shape


# -- rewards -----------------------------------------------------------------------------------


def test_a_reward_beside_an_infinite_one_is_not_lost() -> None:
    """Over an infinite observation a shaped reward is infinite, and what was added is not seen."""
    line = Below(Box(-np.inf, np.inf, (1,), np.float32), Discrete(2))
    seen = [np.array([value], np.float32) for value in (1.0, np.inf, 2.0, 3.0)]
    opening, *steps = [TimeStep(each, reward=float(i)) for i, each in enumerate(seen)]
    played = [opening.replace(first=True), *steps[:-1], steps[-1].replace(terminated=True)]

    no_reward_is_lost(odd.PotentialShaping(), line, [played], Improvise([0]))
    with pytest.raises(LawBroken, match="the last time step"):
        no_reward_is_lost(faults.LosesWhatALifeCost(), line, [played], Improvise([0]))


# -- maxima ------------------------------------------------------------------------------------


def test_a_maximum_that_nothing_can_exceed_is_not_blank() -> None:
    """The frame before the end of a skip lies at the bound, whatever the last one is."""
    line = Below(Box(-1.0, 1.0, (2,), np.float32), Discrete(2))
    zero, one = np.zeros(2, np.float32), np.ones(2, np.float32)
    short = [TimeStep(zero, first=True), TimeStep(one), TimeStep(zero, terminated=True)]
    long = [TimeStep(zero, first=True), *[TimeStep(zero)] * 4]

    newest_is_shown(MaxAndSkipObservation(4), line, [short, long], Improvise([np.int64(1)]))
    with pytest.raises(LawBroken, match="whatever the environment showed last"):
        newest_is_shown(faults.BlankAtAnEarlyEnd(), line, [short, long], Improvise([np.int64(1)]))
