"""StickyAction."""

import copy
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.error import InvalidBound, InvalidProbability

from statewrap.core.draws import KeyDraws, NumpyDraws, state_of
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Stack
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.sticky_action import StickyAction, Stuck
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

A, B, C, D, E = map(Act, "abcde")
F1 = TimeStep("f1", reward=1.0)


class Given:
    """Draws that are written down: it stands for a key."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def uniform(self):
        """Give the next number."""
        return self.numbers[0], Given(*self.numbers[1:])

    def integers(self, low, high):
        """Give the next number, if it is one of those asked for."""
        assert low <= self.numbers[0] < high
        return self.numbers[0], Given(*self.numbers[1:])


def sent(wrapper, draws, *acts) -> list:
    """Return what falls in an episode in which these numbers are drawn, and what is left."""
    memory, fallen = Stuck(None, 0, 0, Given(*draws)), []
    for act in acts:
        memory, reply = wrapper.on_action(memory, act)
        fallen.append(reply.action)
    return ["".join(fallen), memory.draws.numbers]


def test_sends_the_last_action_again_where_it_sticks() -> None:
    """A draw below the probability; the first action is never drawn about."""
    assert ["aacd", ()] == sent(StickyAction(0.5), [0.4, 0.5, 0.6], A, B, C, D)


def test_what_was_sent_is_the_last_action() -> None:
    """What the policy decided meanwhile is not."""
    assert ["aaad", ()] == sent(StickyAction(0.5), [0.1, 0.1, 0.9], A, B, C, D)


@pytest.mark.parametrize(
    ("duration", "draws"), [(3, [0.1, 0.9, 0.1]), ((1, 4), [0.1, 3, 0.9, 0.1, 1])]
)
def test_sticks_for_the_duration(duration, draws) -> None:
    """Nothing is drawn about during a series, and its length only where it is random."""
    assert ["aaaaee", ()] == sent(StickyAction(0.5, duration), draws, A, B, C, D, E, A)


def test_a_probability_of_zero_never_sticks() -> None:
    """Not even where 0 is drawn."""
    assert ["abc", ()] == sent(StickyAction(0.0), [0.0, 0.0], A, B, C)


@pytest.mark.parametrize("given", [None, np.random.default_rng(3)])
@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_an_episode_begins_with_the_policys_action(before, given) -> None:
    """Also where the one before was given up within a series."""
    sticky = StickyAction(0.99, 50, draws=given)

    replies = play(sticky, FIRST, A, F1, B, F1, *before, FIRST, C, F1, D)

    assert [A, A, C, C] == [reply for reply in replies if type(reply) is Act]


def test_time_steps_and_resets_pass_as_they_are() -> None:
    """It looks at actions alone."""
    end = F1.replace(terminated=True)

    assert [FIRST, end, Reset(seed=3)] == play(StickyAction(0.5), FIRST, end, Reset(seed=3))


def test_the_memory_holds_the_act_the_series_and_the_draws() -> None:
    """In the middle of a series everything needed to go on is in the memory."""
    sticky, key = StickyAction(0.999, 3), Key.from_seed(3)
    memory = sticky.renew(sticky.initial(Key.from_seed(0)), key)
    assert Stuck(None, 0, 0, KeyDraws(key)) == memory

    for act in (A, B, C):
        memory, _ = sticky.on_action(memory, act)

    assert (A, 3, 2) == memory[:3]
    assert memory.draws == KeyDraws(key).uniform()[1]


def test_draws_from_its_key_and_anew_in_each_episode() -> None:
    """As numpy's Philox would: the draws are those of the key that `renew` is given."""
    sticky, key = StickyAction(0.5), Key.from_seed(3)
    memory = sticky.renew(sticky.initial(Key.from_seed(0)), key)
    stuck = []

    for number in range(100):
        memory, reply = sticky.on_action(memory, Act(number))
        stuck.append(reply.action != number)
    expected = [False]
    for _ in range(99):
        draw, key = key.uniform()
        expected.append(draw < 0.5)

    assert expected == stuck


def test_how_often_and_how_long_it_sticks() -> None:
    """About as often as the probability says, each length about as often as the others."""
    sticky = StickyAction(0.25, (1, 3))
    memory = sticky.renew(sticky.initial(Key.from_seed(0)), Key.from_seed(3))
    lengths = {1: 0, 2: 0, 3: 0}
    free = 0

    for number in range(20_000):
        fresh = memory.num_repeats == 0
        memory, reply = sticky.on_action(memory, Act(number))
        free += fresh
        if fresh and reply.action != number:
            lengths[memory.num_repeats or 1] += 1

    assert pytest.approx(0.25, abs=0.01) == sum(lengths.values()) / free
    assert all(
        pytest.approx(1 / 3, abs=0.03) == n / sum(lengths.values()) for n in lengths.values()
    )


def test_given_draws_go_on_from_episode_to_episode() -> None:
    """They are kept, so an episode depends on how long the earlier ones were; a key's are not."""
    plain, given = StickyAction(0.5), StickyAction(0.5, draws=np.random.default_rng(3))
    after = given.draws.uniform()[1]

    assert (False, False) == (plain.keeps, plain.learns)
    assert (frozenset({"draws"}), True) == (given.keeps, given.learns)
    assert Stuck(None, 0, 0, after) == given.renew(Stuck(A, 3, 1, after), Key.from_seed(0))


class OwnDraws(gym.wrappers.StickyAction):
    """Gymnasium's, which draws from a generator of its own and not from the environment's."""

    own: np.random.Generator

    @property
    def np_random(self) -> np.random.Generator:
        """Return the generator to draw from."""
        return self.own


def twin(draws, *arguments):
    """Return what wraps an environment in Gymnasium's wrapper with its own generator."""

    def wrap(env) -> gym.Env:
        wrapped = OwnDraws(env, *arguments)
        wrapped.own = draws.generator()
        return wrapped

    return wrap


@pytest.mark.parametrize("arguments", [(0.25,), (0.6, 2), (0.5, (1, 3)), (0.0, (2, 9))], ids=str)
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium_given_the_same_draws(name, arguments) -> None:
    """What is shown and what the environment is told are bit-equal over 21 episodes."""
    draws = state_of(np.random.default_rng(3))
    theirs, ours = both(
        StickyAction(*arguments, draws=draws),
        twin(draws, *arguments),
        lambda: make(name, max_episode_steps=12),
        WORLDS[name],
        episodes=21,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("kind", [np.random.Philox, np.random.SFC64, np.random.MT19937])
def test_agrees_with_gymnasium_on_every_kind_of_generator(kind) -> None:
    """Every kind of end, at every offset of a series."""
    draws = state_of(np.random.Generator(kind(3)))
    theirs, ours = both(
        StickyAction(0.5, (1, 4), draws=draws),
        twin(draws, 0.5, (1, 4)),
        lambda: scripted(VECTOR, range(1, 9)),
        pick,
        episodes=24,
    )

    assert difference(theirs, ours) is None


def test_draws_where_gymnasiums_wrapper_stands() -> None:
    """After some steps both are in the same state, which can be handed from one to the other."""
    draws = state_of(np.random.default_rng(3))
    theirs = twin(draws, 0.5, (1, 4))(scripted(VECTOR, [99]))
    stack = Stack(StickyAction(0.5, (1, 4), draws=draws))
    memory = stack.initial(Key.from_seed(0))
    theirs.reset()
    memory, _ = stack.route(memory, FIRST)

    for action in range(50):
        theirs.step(action % 3)
        memory, _ = stack.route(memory, Act(action % 3))
        stuck = memory.wrappers[0]
        assert state_of(theirs.own) == stuck.draws
        assert (theirs.num_repeats, theirs.repeats_taken) == stuck[1:3]
        assert theirs.last_action == stuck.last.action


def test_an_action_buffer_that_is_reused_changes_nothing() -> None:
    """A listed difference: what is repeated is what was sent; Gymnasium's keeps a reference."""
    box = spaces.Box(-1.0, 1.0, (2,), np.float32)
    sticky = StickyAction(0.99, 50)
    frozen = np.array([0.25, -0.5], np.float32)

    replies = play(sticky, FIRST, Act(frozen.copy()), Act(box.high), Act(box.low))

    assert all(same(Act(frozen), reply) for reply in replies[1:])


@pytest.mark.parametrize(
    "given",
    [
        lambda generator: generator,
        lambda generator: generator.bit_generator,
        lambda generator: generator.bit_generator.state,
        state_of,
    ],
)
def test_takes_draws_in_any_form_and_copies_them(given) -> None:
    """The caller's generator is not touched, and drawing from it changes nothing here."""
    generator = np.random.default_rng(3)
    before = state_of(generator)

    sticky = StickyAction(0.5, draws=given(generator))
    generator.random(9)
    play(sticky, FIRST, *[A] * 9)

    assert before == sticky.draws
    assert NumpyDraws in sticky.memory_types


PROBABILITIES = [
    (-0.1, InvalidProbability),
    (1, InvalidProbability),
    (1.5, InvalidProbability),
    (float("nan"), InvalidProbability),
    ("a", TypeError),
    (None, TypeError),
]
DURATIONS = [
    (0, ValueError),
    (-4, ValueError),
    ((0, 0), ValueError),
    ((0, 2), ValueError),
    ((1, 2, 3), ValueError),
    ([1, 2], ValueError),
    (2.0, ValueError),
    (None, ValueError),
    ((4, 2), InvalidBound),
    (("a", "b"), TypeError),
]


@pytest.mark.parametrize(("probability", "error"), PROBABILITIES)
def test_refuses_the_probabilities_that_gymnasium_refuses(probability, error) -> None:
    """The same type of error, and its words."""
    with pytest.raises(error) as ours:
        StickyAction(probability)
    with pytest.raises(error) as theirs:
        gym.wrappers.StickyAction(make("CartPole-v1"), probability)
    assert error is TypeError or str(theirs.value).split("Received")[0] in str(ours.value)


@pytest.mark.parametrize(("duration", "error"), DURATIONS)
def test_refuses_the_durations_that_gymnasium_refuses(duration, error) -> None:
    """The same type of error, and its words, with a cure."""
    with pytest.raises(error, match=r"Write StickyAction\(0.25, 2\)") as ours:
        StickyAction(0.25, duration)
    with pytest.raises(error) as theirs:
        gym.wrappers.StickyAction(make("CartPole-v1"), 0.25, duration)
    assert error is TypeError or str(theirs.value).split("Received")[0] in str(ours.value)


@pytest.mark.parametrize("duration", [(1.5, 2.5), (1.0, 3.0), (1, float("nan"))])
def test_refuses_durations_that_are_no_integers(duration) -> None:
    """Gymnasium rounds them, or fails when it draws."""
    with pytest.raises(TypeError, match="made of integers"):
        StickyAction(0.25, duration)


@pytest.mark.parametrize("given", [3, "PCG64", np.random, {}])
def test_refuses_draws_that_are_none(given) -> None:
    """The message says what is expected."""
    with pytest.raises(TypeError, match=r"Expected an np.random.Generator"):
        StickyAction(0.25, draws=given)


def test_describes_itself() -> None:
    """What it prints makes an equal one, given draws as well; numpy's integers become plain."""
    sticky = StickyAction(0.25, (np.int64(1), 3))
    given = StickyAction(0.25, draws=np.random.default_rng(3))

    assert (
        "StickyAction(repeat_action_probability=0.25, repeat_action_duration=(1, 3), draws=None)"
        == repr(sticky)
    )
    for wrapper in (sticky, given, StickyAction(0.25, draws=np.random.MT19937(3))):
        assert wrapper == eval(repr(wrapper))  # noqa: S307 - the point of this repr
        assert wrapper == copy.deepcopy(wrapper) == pickle.loads(pickle.dumps(wrapper))  # noqa: S301
        assert hash(wrapper) == hash(copy.deepcopy(wrapper))
    assert given != StickyAction(0.25) != sticky
    assert given != StickyAction(0.25, draws=np.random.default_rng(4))
    with pytest.raises(TypeError, match="positional"):
        StickyAction(0.25, 1, np.random.default_rng(3))
