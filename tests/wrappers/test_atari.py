"""AtariPreprocessing."""

import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap.core.draws import state_of
from statewrap.core.errors import BindError, MissingExtraError, WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below, Stack
from statewrap.testing.dialogue import play
from statewrap.wrappers.atari import AtariPreprocessing, Game
from tests.wrappers.atari import game
from tests.wrappers.twins import both

Twin = gym.wrappers.AtariPreprocessing
NOOP, FIRE = Act(0), Act(1)
GREY = Below(Box(0, 255, (2, 2), np.uint8), Discrete(4))
COLOURS = Below(Box(0, 255, (2, 2, 3), np.uint8), Discrete(4))


def drawing(seed: int = 5):
    """Make a generator for the number of no-ops."""
    return np.random.default_rng(seed)


def acting(env) -> object:
    """Return what draws one of a game's actions."""
    return lambda random: int(random.integers(env.action_space.n))


def compared(name, max_steps, episodes=3, stale_frames=True, made=None, **arguments):
    """Play a game with Gymnasium's wrapper and with this: what was shown and sent, theirs, ours."""

    def new():
        return game(name, max_steps, **(made or {}))

    ours = AtariPreprocessing(**arguments, stale_frames=stale_frames, draws=drawing())
    return both(ours, lambda env: Twin(env, **arguments), new, acting(new()), episodes)


CASES = {
    "as it is": ("Pong", 600, {}),
    "lives": ("Breakout", 600, {"terminal_on_life_loss": True}),
    "lives, each frame": ("Breakout", 500, {"terminal_on_life_loss": True, "frame_skip": 1}),
    "lives, two frames, oblong": (
        "Breakout",
        400,
        {"terminal_on_life_loss": True, "frame_skip": 2, "screen_size": (70, 50)},
    ),
    "scaled, third axis": ("Pong", 200, {"scale_obs": True, "grayscale_newaxis": True}),
    "colours": ("SpaceInvaders", 300, {"grayscale_obs": False, "noop_max": 7}),
    "colours, scaled, lives": (
        "Seaquest",
        900,
        {"grayscale_obs": False, "scale_obs": True, "terminal_on_life_loss": True},
    ),
    "no no-ops, third axis": ("SpaceInvaders", 300, {"noop_max": 0, "grayscale_newaxis": True}),
    "PAL, three frames": ("LaserGates", 300, {"frame_skip": 3, "screen_size": 31}),
    "seven frames": ("Freeway", 200, {"frame_skip": 7}),
    "cut at each offset": ("MsPacman", 41, {"noop_max": 9}),
}


@pytest.mark.parametrize("made", [{}, {"obs_type": "grayscale"}], ids=["colours", "grey"])
@pytest.mark.parametrize("case", CASES)
def test_shows_what_gymnasium_shows(case, made) -> None:
    """Observations, rewards, flags and info, over episodes that end in every way."""
    name, max_steps, arguments = CASES[case]
    if made and not arguments.get("grayscale_obs", True):
        made = {}

    theirs, ours = compared(name, max_steps, made=made, **arguments)

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("case", ["lives", "lives, each frame", "colours", "seven frames"])
def test_only_ends_are_shown_otherwise(case) -> None:
    """There Gymnasium shows the observation of the step before, or parts of it."""
    name, max_steps, arguments = CASES[case]

    theirs, ours = compared(name, max_steps, stale_frames=False, **arguments)

    ends = [index for index, shown in enumerate(theirs[0]) if len(shown) == 5 and any(shown[2:4])]
    pairs = list(enumerate(zip(theirs[0], ours[0], strict=True)))
    differing = [index for index, (one, other) in pairs if difference(one, other)]
    assert differing
    assert set(differing) <= set(ends)
    assert all(difference(one[1:], other[1:]) is None for _, (one, other) in pairs)
    assert theirs[1] == ours[1]


def test_an_end_shows_the_frames_that_led_to_it() -> None:
    """The last two screens are pooled wherever the end comes, here at each offset of a skip."""
    atari = AtariPreprocessing(0, screen_size=2)

    def ended(at):
        steps = [grey(1 << number, number == at) for number in range(at + 1)]
        return play(atari, grey(0, first=True), FIRE, *steps, below=GREY)[-1].observation.max()

    assert [1, 2, 4, 8] == [ended(at) for at in range(4)]


def grey(shade, end=False, **fields):
    """Return a time step with a screen of one shade of grey."""
    screen = np.full((2, 2), shade, np.uint8)
    if not fields.get("first"):
        fields = {"reward": 1.0, **fields}
    return TimeStep(screen, terminated=end, **fields)


def owing(due: int, noop_max: int = 9) -> Key:
    """Return a key from which so many no-ops are drawn for the first episode."""
    keys = (Key.from_seed(number) for number in range(1000))
    drawn = ((key, key.fold(0).split()[0].integers(1, noop_max + 1)[0]) for key in keys)
    return next(key for key, number in drawn if number == due)


def opened(due: int, *messages, **arguments):
    """Play a dialogue in which so many no-ops are due."""
    atari = AtariPreprocessing(9, screen_size=2, **arguments)
    return play(atari, *messages, below=GREY, key=owing(due))


def test_opens_after_the_noops_with_the_infos_of_all() -> None:
    """The reward before the opening is nobody's; of a key the newest value is told."""
    first = grey(1, first=True, info={"seeds": 7, "lives": 5})

    replies = opened(2, first, grey(2, info={"lives": 4}), grey(3, info={"lives": 3}, time=2.0))

    opening = replies[-1]
    assert [NOOP, NOOP] == replies[:2]
    assert (0.0, True, 2.0) == (opening.reward, opening.first, opening.time)
    assert {"seeds": 7, "lives": 3} == opening.info
    assert (opening.observation == 3).all()


def test_a_game_that_ends_during_the_noops_is_reset_and_the_rest_follows() -> None:
    """What it was reset with is not sent again, and what it told is forgotten."""
    first = grey(1, first=True, info={"old": 1})
    again = grey(5, first=True, info={"new": 1})

    replies = opened(3, Reset(seed=4), first, grey(2, end=True), again, grey(6), grey(7))

    assert [Reset(seed=4), NOOP, Reset(), NOOP, NOOP] == replies[:5]
    assert {"new": 1} == replies[5].info
    assert (replies[5].observation == 7).all()


def test_a_game_that_ends_with_the_last_noop_is_shown_as_it_opens_again() -> None:
    """As in Gymnasium."""
    replies = opened(1, grey(1, first=True), grey(2, end=True), grey(5, first=True))

    assert [NOOP, Reset()] == replies[:2]
    assert (replies[2].observation == 5).all()
    assert replies[2].first


def test_an_unasked_opening_begins_anew() -> None:
    """Also in the middle of the no-ops: another number is drawn, and no info is left."""
    one = opened(3, grey(1, first=True, info={"old": 1}), grey(2), grey(9, first=True))

    assert [NOOP, NOOP, NOOP] == one


def test_the_infos_that_are_kept_are_the_wrappers_own() -> None:
    """The host may use its arrays again."""
    mask = np.ones(3)
    stack = Stack(AtariPreprocessing(9, screen_size=2)).bind(GREY)
    memory, _ = stack.route(stack.initial(owing(1)), grey(1, first=True, info={"mask": mask}))
    mask[:] = 0

    _, opening = stack.route(memory, grey(2))

    assert [1, 1, 1] == opening.info["mask"].tolist()


def test_the_numbers_of_noops_are_drawn_from_the_key_of_the_episode() -> None:
    """Each from 1 to `noop_max`, each as likely as another."""
    stack = Stack(AtariPreprocessing(3, screen_size=2)).bind(GREY)
    memory, counts = stack.initial(Key.from_seed(1)), [0, 0, 0, 0]
    for _ in range(300):
        memory, reply = stack.route(memory, grey(1, first=True))
        number = 0
        while type(reply) is Act:
            number += 1
            memory, reply = stack.route(memory, grey(1))
        counts[number] += 1

    assert 0 == counts[0]
    assert min(counts[1:]) > 70


def test_given_draws_go_on_over_all_episodes() -> None:
    """As those of Gymnasium's environment do, which is asked at each reset."""
    random, atari = drawing(), AtariPreprocessing(30, screen_size=2, draws=drawing())
    expected = [int(random.integers(1, 31)) for _ in range(4)]
    stack = Stack(atari).bind(GREY)
    memory, found = stack.initial(Key.from_seed(0)), []
    for _ in range(4):
        memory, reply = stack.route(memory, grey(1, first=True))
        found.append(0)
        while type(reply) is Act:
            found[-1] += 1
            memory, reply = stack.route(memory, grey(1))

    assert expected == found
    assert atari.draws == state_of(drawing())
    assert atari.keeps
    assert atari.learns


def test_adds_up_the_rewards_as_they_are() -> None:
    """From 0.0 on, so that float32 stays what it is."""
    atari = AtariPreprocessing(0, frame_skip=2, screen_size=2)
    rewards = [np.float32(0.1), np.float32(0.2)]

    replies = play(
        atari,
        grey(0, first=True),
        FIRE,
        *(grey(1).replace(reward=reward) for reward in rewards),
        below=GREY,
    )

    assert np.float32(0.0 + rewards[0] + rewards[1]) == replies[-1].reward
    assert np.float32 is type(replies[-1].reward)


def test_a_lost_life_ends_the_episode_and_the_skip() -> None:
    """The game goes on; what follows is a reset for the environment. A life won ends nothing."""
    atari = AtariPreprocessing(0, screen_size=2, terminal_on_life_loss=True)

    def left(lives, **fields):
        return grey(lives, info={"lives": lives}, **fields)

    replies = play(
        atari,
        left(3, first=True),
        FIRE,
        left(4),
        left(4),
        left(3),
        Reset(),
        left(3, first=True),
        FIRE,
        left(2),
        below=GREY,
    )

    assert [FIRE, FIRE, FIRE] == replies[1:4]
    assert (True, 3.0) == (replies[4].terminated, replies[4].reward)
    assert Reset() == replies[5]
    assert (True, 1.0) == (replies[8].terminated, replies[8].reward)


def test_without_lives_in_the_info_it_says_what_to_show() -> None:
    """Where a lost life is to end the episode; elsewhere nobody asks."""
    atari = AtariPreprocessing(0, screen_size=2, terminal_on_life_loss=True)

    with pytest.raises(WrapperError, match=r"no \"lives\" in it: its keys are \['score'\]"):
        play(atari, grey(0, first=True, info={"score": 1}), below=GREY)
    assert play(AtariPreprocessing(0), grey(0, first=True), below=GREY)[0].first


def test_colours_become_grey_before_they_are_pooled() -> None:
    """The greater of two greys is not the grey of the greater."""
    atari = AtariPreprocessing(0, frame_skip=2, screen_size=1)
    red, blue = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255

    replies = play(
        atari,
        TimeStep(blue, first=True),
        FIRE,
        TimeStep(red, reward=1.0),
        TimeStep(blue, reward=1.0),
        below=COLOURS,
    )

    assert [[76]] == replies[-1].observation.tolist()


@pytest.mark.parametrize(
    ("arguments", "space"),
    [
        ({}, Box(0, 255, (84, 84), np.uint8)),
        ({"screen_size": (30, 20)}, Box(0, 255, (20, 30), np.uint8)),
        ({"screen_size": [30, 20]}, Box(0, 255, (20, 30), np.uint8)),
        ({"grayscale_newaxis": True}, Box(0, 255, (84, 84, 1), np.uint8)),
        ({"grayscale_obs": False}, Box(0, 255, (84, 84, 3), np.uint8)),
        ({"grayscale_obs": False, "grayscale_newaxis": True}, Box(0, 255, (84, 84, 3), np.uint8)),
        ({"scale_obs": True}, Box(0, 1, (84, 84), np.float32)),
    ],
    ids=str,
)
def test_announces_the_space_that_gymnasium_announces(arguments, space) -> None:
    """A list is a pair as well, as documents have no tuples."""
    given = {name: tuple(x) if type(x) is list else x for name, x in arguments.items()}

    above = AtariPreprocessing(**arguments).bind(COLOURS).above(COLOURS)

    assert space == above.observation_space
    assert space == Twin(game("Pong"), **given).observation_space
    assert COLOURS.action_space is above.action_space


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"noop_max": -1}, ValueError, "`noop_max` to be non-negative, actually: -1"),
        ({"noop_max": 1.5}, TypeError, "float"),
        ({"frame_skip": 0}, ValueError, "`frame_skip` to be positive, actually: 0"),
        ({"frame_skip": 2.0}, TypeError, "float"),
        ({"screen_size": 0}, ValueError, "`screen_size` to be positive, actually: 0"),
        ({"screen_size": (3, 0)}, ValueError, "`screen_size` to be positive"),
        ({"screen_size": (3,)}, ValueError, "`screen_size` to be positive"),
        ({"screen_size": "84"}, ValueError, "`screen_size` to be positive"),
        ({"draws": 7}, TypeError, "no random generator"),
    ],
    ids=str,
)
def test_refuses_what_gymnasium_refuses(arguments, kind, words) -> None:
    """At once, with its type of error."""
    with pytest.raises(kind, match=words):
        AtariPreprocessing(**arguments)


@pytest.mark.parametrize(
    ("space", "kind"),
    [
        (Discrete(3), TypeError),
        (Dict(screen=COLOURS.observation_space), TypeError),
        (Box(0, 255, (128,), np.uint8), ValueError),
        (Box(0, 255, (2, 2, 4), np.uint8), ValueError),
        (Box(0, 1, (2, 2, 3), np.float32), ValueError),
    ],
    ids=str,
)
def test_refuses_observations_that_are_no_screens(space, kind) -> None:
    """The memory of a game (`obs_type="ram"`), say."""
    with pytest.raises(BindError, match="AtariPreprocessing") as error:
        AtariPreprocessing().bind(Below(space))

    assert kind is type(error.value.__cause__)


def test_refuses_grey_screens_where_colours_are_wanted() -> None:
    """They cannot be had from them."""
    with pytest.raises(BindError, match="where grey is wanted"):
        AtariPreprocessing(grayscale_obs=False).bind(GREY)


def test_refuses_to_send_what_is_no_action() -> None:
    """Action 0 must be there to be the no-op."""
    below = Below(GREY.observation_space, Discrete(3, start=1))

    with pytest.raises(BindError, match="must be 'NOOP'"):
        AtariPreprocessing().bind(below)
    assert AtariPreprocessing(0).bind(below)


def test_says_what_to_install(monkeypatch) -> None:
    """When it is bound, not in the middle of a game."""
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(MissingExtraError, match=r"AtariPreprocessing.*statewrap\[image\]"):
        AtariPreprocessing().bind(GREY)


def test_what_it_shows_is_new_and_read_only() -> None:
    """Also where a grey screen has the right size already."""
    first = grey(3, first=True)

    shown = play(AtariPreprocessing(0, screen_size=2), first, below=GREY)[0].observation

    assert not shown.flags.writeable
    assert not np.shares_memory(shown, first.observation)


@pytest.mark.parametrize("stale_frames", [False, True])
def test_declares_what_comes_late(stale_frames) -> None:
    """An end shows an old screen only if that is asked for; no screen outlives an episode."""
    atari = AtariPreprocessing(stale_frames=stale_frames)

    assert stale_frames is atari.delays
    assert not atari.keeps
    assert not atari.learns


def test_a_time_step_that_nobody_asked_for_is_a_picture_all_the_same() -> None:
    """As in a session that begins within an episode."""
    (reply,) = play(AtariPreprocessing(0, screen_size=1), grey(3), below=GREY, memory=Game())

    assert ([[3]], 1.0, False) == (reply.observation.tolist(), reply.reward, reply.first)
