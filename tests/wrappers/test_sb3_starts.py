"""NoopResetEnv, FireResetEnv and EpisodicLifeEnv, against Stable-Baselines3's."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from stable_baselines3.common import atari_wrappers as theirs

from statewrap.core.errors import BindError, WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below, Stack
from statewrap.testing.dialogue import FIRST, play, trace
from statewrap.wrappers.sb3_starts import EpisodicLifeEnv, FireResetEnv, NoopResetEnv
from tests.wrappers.atari import game
from tests.wrappers.twins import both

NOOP, FIRE, SECOND = Act(0), Act(1), Act(2)
GAMES = [("Breakout", 150), ("SpaceInvaders", 90)]


def step(number, *, end=False, **fields):
    """Return a raw time step in mid-episode."""
    return TimeStep(f"f{number}", **{"reward": 1.0, "terminated": end, **fields})


def opening(name, **fields):
    """Return a time step that opens an episode."""
    return TimeStep(name, first=True, **fields)


def compared(ours, twin, name, max_steps, episodes=4):
    """Play a game with both: what was shown and sent, theirs and ours."""

    def new():
        return game(name, max_steps)

    actions = int(new().action_space.n)
    return both(ours, twin, new, lambda random: int(random.integers(actions)), episodes)


def without_opening_infos(shown):
    """Leave out the infos of openings."""
    return [one[:1] if len(one) == 2 else one for one in shown]


# -- NoopResetEnv ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "max_steps"), GAMES)
def test_noops_open_as_stable_baselines3_opens(name, max_steps) -> None:
    """Bit for bit, given a generator of the same state."""
    ours = NoopResetEnv(20, draws=np.random.default_rng(5))

    told, found = compared(ours, lambda env: theirs.NoopResetEnv(env, 20), name, max_steps)

    assert difference(told, found) is None


def owing(due: int, noop_max: int = 9) -> Key:
    """Return a key from which so many no-ops are drawn for the first episode."""
    keys = (Key.from_seed(number) for number in range(1000))
    drawn = ((key, key.fold(0).split()[0].integers(1, noop_max + 1)[0]) for key in keys)
    return next(key for key, number in drawn if number == due)


def test_the_last_noop_opens_the_episode() -> None:
    """With its own info, and no reward."""
    replies = play(
        NoopResetEnv(9),
        opening("f0", info={"old": 1}),
        step(1),
        step(2, info={"new": 1}),
        Act("jump"),
        step(3),
        key=owing(2),
    )

    shown = opening("f2", info={"new": 1})
    assert [NOOP, NOOP, shown, Act("jump"), step(3)] == replies


def test_an_end_during_the_noops_resets_and_the_rest_follows() -> None:
    """Neither seed nor options are sent again."""
    replies = play(
        NoopResetEnv(9),
        Reset(seed=3, options={"level": 1}),
        FIRST,
        step(1, end=True),
        opening("g0"),
        step(2),
        key=owing(2),
    )

    assert [Reset(seed=3, options={"level": 1}), NOOP, Reset(), NOOP, opening("f2")] == replies


def test_an_end_by_the_last_noop_shows_the_new_opening() -> None:
    """There is nothing left to send."""
    replies = play(NoopResetEnv(9), FIRST, step(1, end=True), opening("g0"), key=owing(1))

    assert [NOOP, Reset(), opening("g0")] == replies


def test_an_unasked_opening_draws_anew() -> None:
    """It is another episode's."""
    replies = play(NoopResetEnv(1), FIRST, opening("g0"), step(1), Act("a"), opening("h0"))

    assert [NOOP, NOOP, opening("f1"), Act("a"), NOOP] == replies


def test_after_a_reset_with_a_seed_nothing_old_is_owed() -> None:
    """What is drawn is what a new session of this seed draws, also while an answer is awaited."""
    stack = Stack(NoopResetEnv(9)).bind(Below())
    memory, _ = stack.route(stack.initial(owing(5)), FIRST)
    memory, asked = stack.route(memory, step(1, end=True))

    other, new = stack.rekey(memory, owing(1)), stack.initial(owing(1))
    replies = []
    for held in (other, new):
        owed, _ = stack.route(held, FIRST)
        replies.append(stack.route(owed, step(1))[1])

    assert Reset() == asked
    assert [opening("f1"), opening("f1")] == replies


@pytest.mark.parametrize(
    ("noop_max", "kind"), [(0, ValueError), (-1, ValueError), (1.0, TypeError), ("2", TypeError)]
)
def test_a_number_of_noops_is_at_least_one(noop_max, kind) -> None:
    """Leave the wrapper out for none."""
    with pytest.raises(kind, match="noop_max is"):
        NoopResetEnv(noop_max)


@pytest.mark.parametrize(("draws", "declared"), [(None, False), (np.random.default_rng(5), True)])
def test_given_draws_go_on_and_are_declared(draws, declared) -> None:
    """Over all episodes."""
    noops = NoopResetEnv(draws=draws)

    assert (frozenset({"draws"}) if declared else False) == noops.keeps
    assert declared is noops.learns


# -- FireResetEnv ------------------------------------------------------------------------------


@pytest.mark.parametrize("stale_frames", [False, True])
@pytest.mark.parametrize(("name", "max_steps"), GAMES)
def test_fire_opens_as_stable_baselines3_opens(name, max_steps, stale_frames) -> None:
    """But for the info, which that does not tell."""
    ours = FireResetEnv(stale_frames=stale_frames)

    told, found = compared(ours, theirs.FireResetEnv, name, max_steps)

    assert all({} == shown[1] for shown in told[0] if len(shown) == 2)
    assert difference(without_opening_infos(told[0]), without_opening_infos(found[0])) is None
    assert told[1] == found[1]


@pytest.mark.parametrize("max_steps", [2, 3])
def test_a_game_that_ends_while_it_is_started_is_started_as_theirs(max_steps) -> None:
    """Cut off by the second act, or by the policy's first; stale frames are theirs as well."""
    told, found = compared(FireResetEnv(), theirs.FireResetEnv, "Breakout", max_steps, 2)
    _, stale = compared(
        FireResetEnv(stale_frames=True), theirs.FireResetEnv, "Breakout", max_steps, 2
    )

    assert told[1] == found[1] == stale[1]
    assert [1, 2] == found[1][:2]
    assert all((one[0] == other[0]).all() for one, other in zip(told[0], stale[0], strict=True))


def test_both_acts_are_sent_before_an_episode() -> None:
    """The policy sees the second one's frame and info as an opening."""
    replies = play(FireResetEnv(), FIRST, step(1), step(2, info={"lives": 5}), Act("a"), step(3))

    assert [FIRE, SECOND, opening("f2", info={"lives": 5}), Act("a"), step(3)] == replies


def test_an_end_by_the_first_act_is_followed_by_the_second() -> None:
    """After the reset, as in Stable-Baselines3."""
    replies = play(FireResetEnv(), FIRST, step(1, end=True), opening("g0"), step(2))

    assert [FIRE, Reset(), SECOND, opening("f2")] == replies


@pytest.mark.parametrize(("stale_frames", "shown"), [(False, "g0"), (True, "f2")])
def test_an_end_by_the_second_act_shows_the_new_opening(stale_frames, shown) -> None:
    """Stable-Baselines3 shows the end's frame, of a game that is over."""
    fire = FireResetEnv(stale_frames=stale_frames)

    replies = play(fire, FIRST, step(1), step(2, end=True), opening("g0"))

    assert [FIRE, SECOND, Reset(), opening(shown)] == replies
    assert stale_frames is fire.delays


def test_an_unasked_opening_is_fired_anew() -> None:
    """Wherever it comes."""
    replies = play(FireResetEnv(), FIRST, step(1), opening("g0"), step(2), step(3))

    assert [FIRE, SECOND, FIRE, SECOND, opening("f3")] == replies


def test_after_a_reset_with_a_seed_both_acts_are_due() -> None:
    """Also where the answer to a reset of the wrapper's own was awaited."""
    stack = Stack(FireResetEnv()).bind(Below())
    memory, _ = stack.route(stack.initial(Key.from_seed(0)), FIRST)
    memory, _ = stack.route(memory, step(1, end=True))

    _, again = stack.route(memory, FIRST)
    _, anew = stack.route(stack.rekey(memory, Key.from_seed(1)), FIRST)

    assert (SECOND, FIRE) == (again, anew)


# -- EpisodicLifeEnv ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "max_steps"), [("Breakout", 250), ("SpaceInvaders", 600)])
def test_lives_end_episodes_as_in_stable_baselines3(name, max_steps) -> None:
    """Over games that are lost and games that are cut off."""
    told, found = compared(EpisodicLifeEnv(), theirs.EpisodicLifeEnv, name, max_steps, 9)

    assert difference(told, found) is None
    assert {True, False} == {shown[2] for shown in told[0] if len(shown) == 5}


def left(lives, **fields):
    """Return a time step of a game with so many lives."""
    return TimeStep(f"f{lives}", info={"lives": lives}, **fields)


def test_a_lost_life_ends_the_episode_and_a_noop_opens_the_next() -> None:
    """The game goes on; the reward of the no-op is nobody's."""
    replies = play(
        EpisodicLifeEnv(),
        left(3, first=True),
        Act("a"),
        left(2),
        Reset(seed=1),
        left(2, reward=1.0),
    )

    assert [left(2, terminated=True), NOOP, left(2, first=True)] == replies[2:]


def test_only_lives_that_are_left_count() -> None:
    """With none left the game itself ends, now or a few frames later; more lives end nothing."""
    messages = [left(1, first=True), Act("a"), left(2), Act("a"), left(0), Act("a"), left(0)]

    assert messages == play(EpisodicLifeEnv(), *messages)


def test_after_the_end_of_the_game_the_reset_is_the_environments() -> None:
    """With its seed, and also where a life was lost with the end."""
    ask = Reset(seed=4)

    replies = play(
        EpisodicLifeEnv(),
        left(3, first=True),
        Act("a"),
        left(2, truncated=True),
        ask,
        left(3, first=True),
    )

    assert [left(2, truncated=True, terminated=True), ask, left(3, first=True)] == replies[2:]


def test_a_noop_that_ends_the_game_lets_the_reset_through() -> None:
    """The one that the policy sent."""
    ask = Reset(seed=4)

    hops = trace(
        EpisodicLifeEnv(),
        left(3, first=True),
        Act("a"),
        left(2),
        ask,
        left(0, terminated=True),
        left(3, first=True),
    )

    assert [NOOP, ask] == [
        what for gap, what in hops.facts if gap == 0 and type(what) is not TimeStep
    ][-2:]


def test_a_reset_in_mid_episode_is_a_noop() -> None:
    """And one before the first step is the environment's, twice if need be."""
    first, ask = left(3, first=True), Reset(seed=4)

    replies = play(EpisodicLifeEnv(), ask, first, ask, first, Act("a"), left(3), ask, left(2))

    assert [ask, first, ask, first, Act("a"), left(3), NOOP, left(2, first=True)] == replies


def test_an_unasked_opening_forgets_the_noop() -> None:
    """The host has opened a game by itself."""
    replies = play(
        EpisodicLifeEnv(),
        left(3, first=True),
        Act("a"),
        left(2),
        Reset(),
        left(3, first=True),
        Act("a"),
        left(3),
    )

    assert [NOOP, left(3, first=True), Act("a"), left(3)] == replies[3:]


def test_it_says_where_lives_are_missing() -> None:
    """Nothing can be said without them."""
    with pytest.raises(WrapperError, match=r'there is no "lives" in it: its keys are \[\]'):
        play(EpisodicLifeEnv(), FIRST)


@pytest.mark.parametrize("wrapper", [NoopResetEnv(), FireResetEnv(), EpisodicLifeEnv()], ids=repr)
def test_what_is_sent_must_be_an_action(wrapper) -> None:
    """Where it is known what one is."""
    with pytest.raises(BindError, match="sends the action"):
        wrapper.bind(Below(action_space=Box(-1.0, 1.0, (2,))))
    assert wrapper == wrapper.bind(Below(action_space=Discrete(4)))
    assert wrapper == wrapper.bind(Below())
