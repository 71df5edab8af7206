"""RandomReset."""

import copy
import itertools

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap.core.borders import freeze
from statewrap.core.drivers import pull
from statewrap.core.errors import BindError, SettleError, WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Below, Stack
from statewrap.testing import FIRST, play
from statewrap.wrappers.random_reset import RANDOM, Owed, RandomReset
from tests.wrappers.twins import answers, below, make

NOOP = Act(0)


def step(number, **fields):
    """Return a raw time step in mid-episode."""
    return TimeStep(f"f{number}", reward=1.0, info={"step": number}, **fields)


def owing(due, *, noop_max=9, seed=0):
    """Return a key from which exactly `due` acts are drawn for the first episode."""
    for number in itertools.count(seed):
        key = Key.from_seed(number)
        own, _ = key.fold(0).split()
        if own.integers(1, noop_max + 1)[0] == due:
            return key
    raise AssertionError


def talk(due, *messages, **options):
    """Play a dialogue in which `due` acts are drawn for the first episode."""
    options = {"noop_max": 9, **options}
    return play(RandomReset(**options), *messages, key=owing(due, noop_max=options["noop_max"]))


def test_opens_the_episode_after_the_acts_that_are_due() -> None:
    """The policy is shown the last of them as an opening, and the rest of the episode as it is."""
    opened = TimeStep("f3", info={"step": 3}, first=True)

    replies = talk(3, FIRST, step(1), step(2), step(3), Act("jump"), step(4))

    assert [NOOP, NOOP, NOOP, opened, Act("jump"), step(4)] == replies


def test_keeps_time_frame_and_actor_of_the_step_that_opens() -> None:
    """Only the reward and `first` are made up."""
    raw = step(1, time=0.5, frame="picture", actor="a")

    assert raw.replace(reward=0.0, first=True) == talk(1, FIRST, raw)[-1]


def test_an_end_meanwhile_is_answered_with_a_reset_and_what_is_owed_goes_on() -> None:
    """Three acts are due: two end the episode, so one is left for the next."""
    again, opened = TimeStep("g0", first=True), step(1).replace(reward=0.0, first=True)

    replies = talk(3, FIRST, step(1), step(2, terminated=True), again, step(1))

    assert [NOOP, NOOP, Reset(), NOOP, opened] == replies


@pytest.mark.parametrize("flag", ["terminated", "truncated"])
def test_an_end_at_the_last_act_leaves_the_environments_own_opening(flag) -> None:
    """Nothing is owed any more, so the policy is shown what the reset gave."""
    again = TimeStep("g0", info={"lives": 3}, first=True)

    replies = talk(1, FIRST, step(1, **{flag: True}), again, Act("jump"), step(1))

    assert [NOOP, Reset(), again, Act("jump"), step(1)] == replies


def test_the_end_of_an_episode_that_was_opened_rises() -> None:
    """After the opening nothing is answered any more; the next episode owes anew."""
    over = step(2, terminated=True)

    replies = talk(1, FIRST, step(1), Act("jump"), over, Reset(), FIRST)

    assert [over, Reset(), NOOP] == replies[-3:]


def test_sends_no_seed_of_its_own() -> None:
    """A seed and options fall through; the wrapper's own reset has neither, unlike Gymnasium's."""
    request = Reset(seed=5, options={"level": 2})

    replies = talk(2, request, FIRST, step(1, truncated=True), FIRST)

    assert [request, NOOP, Reset(), NOOP] == replies


@pytest.mark.parametrize("max_restarts", [0, 2])
def test_restarts_are_bounded(max_restarts) -> None:
    """One end too many raises, and says what to change."""
    rounds = [FIRST, step(1, terminated=True)] * (max_restarts + 1)

    assert Reset() == talk(9, *rounds, max_restarts=max_restarts + 1)[-1]
    with pytest.raises(
        WrapperError, match=f"{max_restarts + 1} times in a row.*harmless"
    ) as caught:
        talk(9, *rounds, max_restarts=max_restarts)
    assert SettleError is type(caught.value.__cause__)


def test_restarts_are_counted_for_one_opening() -> None:
    """An episode that opened in between makes the count start anew."""
    hard = [FIRST, step(1, terminated=True), FIRST, step(1)]
    easy = [Act("jump"), step(2, terminated=True), Reset()]
    wrapper, key = RandomReset(2, max_restarts=1), None
    for number in itertools.count():
        key = Key.from_seed(number)
        first, kept = key.fold(0).split()
        _, kept = kept.split()  # the reset of the wrapper's own
        third, _ = kept.split()
        if first.integers(1, 3)[0] == third.integers(1, 3)[0] == 2:
            break

    replies = play(wrapper, *hard, *easy, *hard, key=key)

    assert [NOOP, Reset(), NOOP, step(1).replace(reward=0.0, first=True)] == replies[:4]
    assert replies[:4] == replies[-4:]


def test_an_unasked_opening_starts_anew() -> None:
    """An episode that opens in answer to an act owes what is drawn for it, nothing of before."""
    wrapper = RandomReset(9)
    own = Key.from_seed(4)
    owed = Owed(due=5, restarts=3, asked=False, key=Key.from_seed(3))

    assert wrapper.renew(None, own) == wrapper.renew(owed, own)
    assert 0 == wrapper.renew(owed, own).restarts


def test_keeps_what_is_owed_and_its_key_over_a_restart() -> None:
    """Only the restart is counted and noted."""
    owed = Owed(due=5, restarts=1, asked=False, key=Key.from_seed(3))

    memory, reply = RandomReset(9).on_state(owed, step(1, terminated=True))

    assert (owed._replace(restarts=2, asked=True), Reset()) == (memory, reply)


def test_an_opening_that_the_wrapper_asked_for_goes_on() -> None:
    """Due, restarts and key stay; the request is answered, so a second opening starts anew."""
    wrapper, own = RandomReset(9), Key.from_seed(4)
    owed = Owed(due=5, restarts=3, asked=True, key=own.split()[1])

    going_on = wrapper.renew(owed, own)

    assert owed._replace(asked=False) == going_on
    assert wrapper.renew(None, own) == wrapper.renew(going_on, own)


def test_an_opening_under_another_seed_starts_anew() -> None:
    """Nothing that the old seed drew is left."""
    wrapper, own = RandomReset(9), Key.from_seed(4)
    owed = Owed(due=5, restarts=3, asked=True, key=Key.from_seed(3))

    assert wrapper.renew(None, own) == wrapper.renew(owed, own)


@pytest.mark.parametrize("seen", range(6))
def test_an_opening_alone_suffices(seen) -> None:
    """With and without a reset before it, the memory after an opening is the same."""
    stack = Stack(RandomReset(9)).bind(Below())
    memory = stack.initial(owing(3))
    for message in [FIRST, step(1), step(2), step(3), Act("jump")][:seen]:
        memory, _ = stack.route(memory, message)

    asked, _ = stack.route(stack.route(memory, Reset(seed=1))[0], FIRST)
    unasked, _ = stack.route(memory, FIRST)

    assert asked == unasked


def test_draws_every_number_from_one_to_noop_max() -> None:
    """Never none, never more; each about as often as the others."""
    drawn = [RandomReset(5).renew(None, Key.from_seed(seed)).due for seed in range(1000)]

    assert {1, 2, 3, 4, 5} == set(drawn)
    assert all(150 < drawn.count(number) < 250 for number in range(1, 6))


def test_draws_anew_for_each_episode_and_the_same_for_the_same_seed() -> None:
    """The number depends on the key and on how many episodes opened before."""

    def numbers(seed):
        stack = Stack(RandomReset(30)).bind(Below())
        memory, drawn = stack.initial(Key.from_seed(seed)), []
        for _ in range(6):
            memory, reply = stack.route(memory, FIRST)
            for acts in itertools.count(1):
                memory, reply = stack.route(memory, step(acts))
                if type(reply) is TimeStep:
                    drawn.append(acts)
                    break
        return drawn

    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)
    assert len(set(numbers(1))) > 2


def test_zero_switches_it_off() -> None:
    """With `noop_max=0` every message passes."""
    messages = [Reset(), FIRST, Act("jump"), step(1, terminated=True)]

    assert messages == play(RandomReset(0), *messages)


def test_sends_the_action_that_was_given() -> None:
    """It is copied once, so what the caller does with its array changes nothing."""
    calm = np.zeros(2, np.float32)
    wrapper = RandomReset(1, action=calm)

    calm[:] = 9

    assert [Act(np.zeros(2, np.float32))] == play(wrapper, FIRST)


def nested():
    """Return a space with spaces in it."""
    parts = {"move": spaces.Discrete(3, start=5), "force": spaces.Box(-1, 1, (2,))}
    return spaces.Dict({**parts, "pair": spaces.Tuple([spaces.MultiBinary(2)])})


SPACES = [
    spaces.Discrete(7, start=-3),
    spaces.Box(-1, 1, (3,)),
    spaces.MultiDiscrete([2, 3]),
    nested(),
]


def drawn(space, key):
    """Return nine random acts and the opening after them."""
    options = {"below": Below(action_space=space), "key": key}
    return play(RandomReset(9, action=RANDOM), FIRST, *map(step, range(1, 10)), **options)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_random_actions_lie_in_the_space_and_come_from_the_key(space) -> None:
    """The same key draws the same, whatever the space has drawn; another key something else."""
    replies = drawn(space, owing(9))
    space.sample()
    space.seed(99)
    again, other = drawn(space, owing(9)), drawn(space, owing(9, seed=10_000))

    actions = [reply.action for reply in replies[:9]]
    assert all(space.contains(action) for action in actions)
    assert replies == again
    assert replies != other
    assert any(not same(a, b) for a, b in itertools.pairwise(actions))


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_drawing_touches_no_generator(space) -> None:
    """Neither the space's own generator nor numpy's global one moves."""
    space.seed(4)
    before = copy.deepcopy(space)
    world = np.random.get_state()[2]  # noqa: NPY002 - it must not have moved

    drawn(space, owing(9))

    assert difference(before.sample(), space.sample()) is None
    assert world == np.random.get_state()[2]  # noqa: NPY002


def test_random_arrays_are_read_only() -> None:
    """What falls is nobody's to change."""
    act = drawn(spaces.Box(-1, 1, (3,)), owing(9))[0]

    assert not act.action.flags.writeable


def opened_by_gymnasiums_rule(env, rng):
    """Open an episode as AtariPreprocessing does, without its seeds; return what is shown.

    An end during the no-ops resets the environment, and counts as one of them.
    """
    observation, info = env.reset()
    for _ in range(next(rng)):
        observation, _, terminated, truncated, info = env.step(0)
        if terminated or truncated:
            observation, info = env.reset()
    return observation, info


@pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1"])
@pytest.mark.parametrize("limit", [3, 200])
def test_agrees_with_atari_preprocessings_rule_on_real_environments(name, limit) -> None:
    """Observations, infos and acts are bit-equal, with many ends during the no-ops."""
    env, twin = make(name, max_episode_steps=limit), make(name, max_episode_steps=limit)
    for each in (env, twin):
        each.reset(seed=3)
    stack = Stack(RandomReset(20)).bind(below(env))
    memory, numbers, theirs, ours = stack.initial(Key.from_seed(1)), [], [], []

    for _ in range(8):
        number_key = memory.keys[0].split()[0]
        numbers.append(number_key.integers(1, 21)[0])
        memory, timestep = pull(stack, memory, Reset(), answers(env))
        ours.append((timestep.observation, timestep.info))
        assert (True, 0.0, False) == (timestep.first, timestep.reward, timestep.last)
    rng = iter(numbers)
    for _ in range(8):
        observation, info = opened_by_gymnasiums_rule(twin, rng)
        theirs.append((freeze(observation), info))

    assert difference(theirs, ours) is None
    assert difference(twin.actions, env.actions) is None
    assert sum(numbers) == len(env.actions)


@given(st.data())
def test_never_acts_after_an_end_and_shows_one_opening(data) -> None:
    """Whatever the environment does, the rules of episodes hold at both gaps."""
    stack = Stack(RandomReset(4, max_restarts=100)).bind(Below())
    memory, acting = stack.initial(Key.from_seed(data.draw(st.integers(0, 99)))), False
    command = Reset()
    for number in range(30):
        first = type(command) is Reset or data.draw(st.integers(0, 5)) == 0
        over = not first and data.draw(st.integers(0, 3)) == 0
        raw = TimeStep(number, 0.0 if first else 1.0, terminated=over, first=first)
        memory, reply = stack.route(memory, raw)
        if type(reply) is TimeStep:
            assert number == reply.observation
            assert reply.first or acting
            assert not reply.first or (reply.reward == 0 and not reply.last)
            acting = not reply.last
            memory, command = stack.route(memory, Act("jump") if acting else Reset())
        else:
            acting = acting and not first
            command = reply
            assert (Reset() if over else NOOP) == reply
    assert memory.wrappers[0] is None or isinstance(memory.wrappers[0], Owed)


@pytest.mark.parametrize(
    ("options", "known", "message"),
    [
        ({"action": RANDOM}, Below(), r"action_space=\.\.\."),
        ({}, Below(action_space=spaces.Box(-1, 1, (2,))), 'or action="random"'),
        ({"action": 7}, Below(action_space=spaces.Discrete(7)), r"action is int 7.*Discrete\(7\)"),
    ],
)
def test_refuses_at_bind_an_action_that_it_cannot_send(options, known, message) -> None:
    """A random one needs the space; a given one has to lie in it where it is known."""
    with pytest.raises(BindError, match=message):
        RandomReset(**options).bind(known)


def test_a_given_action_needs_no_space() -> None:
    """Nothing has to be known below, and nothing changes above."""
    known = Below(action_space=spaces.Discrete(3), max_episode_steps=7)

    assert RandomReset(3) == RandomReset(3).bind(Below())
    assert known == RandomReset(3).bind(known).above(known)


@pytest.mark.parametrize("options", [{"noop_max": -1}, {"max_restarts": -1}])
def test_refuses_negative_numbers(options) -> None:
    """Both numbers count, and the error names the argument."""
    with pytest.raises(ValueError, match=next(iter(options))):
        RandomReset(**options)
    with pytest.raises(TypeError, match="noop_max"):
        RandomReset(2.5)


@pytest.mark.parametrize(
    "wrapper",
    [RandomReset(), RandomReset(5, action=RANDOM, max_restarts=2), RandomReset(action=np.ones(2))],
)
def test_prints_so_that_it_can_be_read_back(wrapper) -> None:
    """`eval(repr(wrapper))` gives an equal wrapper."""
    assert wrapper == eval(repr(wrapper))  # noqa: S307 - that is the claim
    assert wrapper != RandomReset(7)


def test_random_actions_are_those_that_they_always_were() -> None:
    """Snapshots go on in later versions, so the draws of a key are fixed."""
    stack = Stack(RandomReset(5, action=RANDOM)).bind(Below(action_space=spaces.Discrete(1000)))
    memory, sent = stack.initial(Key(1, 2)), []

    memory, reply = stack.route(memory, TimeStep(0, first=True))
    while isinstance(reply, Act):
        sent.append(int(reply.action))
        memory, reply = stack.route(memory, TimeStep(1))

    assert [197, 563, 213, 329] == sent
