"""The other Atari wrappers, against Stable-Baselines3's."""

import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary, Text
from stable_baselines3.common import atari_wrappers as theirs

from statewrap.core.errors import BindError, MissingExtraError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below, Stack
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.sb3_atari import (
    AtariWrapper,
    ClipRewardEnv,
    MaxAndSkipEnv,
    StickyActionEnv,
    WarpFrame,
)
from statewrap.wrappers.sb3_starts import NoopResetEnv
from tests.wrappers.atari import game
from tests.wrappers.scripted import IMAGE, VECTOR, Reused, pick, scripted
from tests.wrappers.twins import both

NOOP, JUMP = Act(0), Act("jump")
PICTURE = Box(0, 255, (9, 8, 3), np.uint8)


def played(ours, twin, name="Breakout", max_steps=150, episodes=4):
    """Play a game with both: what was shown and sent, theirs and ours."""

    def new():
        return game(name, max_steps)

    actions = int(new().action_space.n)
    return both(ours, twin, new, lambda random: int(random.integers(actions)), episodes)


def without_opening_infos(shown):
    """Leave out the infos of openings."""
    return [one[:1] if len(one) == 2 else one for one in shown]


# -- StickyActionEnv ---------------------------------------------------------------------------


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_actions_stick_as_in_stable_baselines3(probability) -> None:
    """Bit for bit, given a generator of the same state."""
    ours = StickyActionEnv(probability, draws=np.random.default_rng(5))

    told, found = played(ours, lambda env: theirs.StickyActionEnv(env, probability))

    assert difference(told, found) is None


def test_the_first_action_may_be_the_noop() -> None:
    """Of each episode anew."""
    sticky = StickyActionEnv(1.0)

    assert [FIRST, NOOP, FIRST, NOOP] == play(sticky, FIRST, Act(3), FIRST, Act(2))


def test_what_was_sent_sticks_and_not_what_was_decided() -> None:
    """About one in three here; the key of the episode draws."""
    stack = Stack(StickyActionEnv(0.3)).bind(Below())
    memory, last, stuck = stack.initial(Key.from_seed(1)), 0, 0
    memory, _ = stack.route(memory, FIRST)
    for number in range(1, 1001):
        memory, sent = stack.route(memory, Act(number))
        assert sent.action in (number, last)
        stuck += sent.action == last
        last = sent.action
        memory, _ = stack.route(memory, TimeStep("f"))

    assert 250 < stuck < 350


@pytest.mark.parametrize(
    ("probability", "kind"), [(-0.1, ValueError), (1.1, ValueError), ("a", TypeError)]
)
def test_a_probability_is_from_0_to_1(probability, kind) -> None:
    """Stable-Baselines3 takes anything."""
    with pytest.raises(kind):
        StickyActionEnv(probability)


@pytest.mark.parametrize(("draws", "declared"), [(None, False), (np.random.default_rng(5), True)])
def test_given_draws_go_on_and_are_declared(draws, declared) -> None:
    """Over all episodes."""
    sticky = StickyActionEnv(0.5, draws=draws)

    assert (frozenset({"draws"}) if declared else False) == sticky.keeps
    assert declared is sticky.learns


def test_a_space_without_the_action_that_may_be_sent_is_refused() -> None:
    """The first action of an episode is 0 where it sticks; a probability of 0 sends none."""
    buttons = Below(action_space=MultiBinary(1))

    with pytest.raises(BindError, match="sends the action 0 by itself"):
        StickyActionEnv(0.5).bind(buttons)
    assert StickyActionEnv(0.0) == StickyActionEnv(0.0).bind(buttons)


# -- MaxAndSkipEnv -----------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [1, 2, 3, 5])
@pytest.mark.parametrize("space", [IMAGE, VECTOR, Box(-9, 9, (2, 3), np.int64)], ids=str)
def test_skips_as_stable_baselines3_skips(space, skip) -> None:
    """Stale frames included, over ends at every offset."""
    space = IMAGE if skip == 1 else space  # see the next test

    def new():
        return scripted(space, (7, 1, 5, 2, 3, 6), present=Reused())

    ours = MaxAndSkipEnv(skip, stale_frames=True)
    told, found = both(ours, lambda env: theirs.MaxAndSkipEnv(env, skip), new, pick, 12)

    assert difference(told, found) is None


def test_a_skip_of_one_shows_what_it_is_given() -> None:
    """Stable-Baselines3 shows nothing below 0 then, unless it is told not to be stale."""
    space = Box(-9.0, 9.0, (1,))
    low = np.float32([-3.0])

    def shown(stale_frames):
        skip = MaxAndSkipEnv(1, stale_frames=stale_frames)
        steps = TimeStep(low, first=True), JUMP, TimeStep(low)
        return float(play(skip, *steps, below=Below(space))[-1].observation[0])

    assert [-3.0, 0.0] == [shown(False), shown(True)]


def test_shows_the_last_two_frames_wherever_the_end_comes() -> None:
    """Here at each offset of a skip."""
    below = Below(Box(0.0, 99.0, (1,)))

    def ended(at):
        steps = [TimeStep(np.float32([9 - n]), reward=1, terminated=n == at) for n in range(at + 1)]
        first = TimeStep(np.float32([90]), first=True)
        reply = play(MaxAndSkipEnv(4), first, JUMP, *steps, below=below)[-1]
        return float(reply.observation[0]), reply.reward

    assert [(9, 1.0), (9, 2.0), (8, 3.0), (7, 4.0)] == [ended(at) for at in range(4)]


def test_stale_frames_outlive_an_episode() -> None:
    """That is what is wrong with them; it is declared."""
    stale = MaxAndSkipEnv(2, stale_frames=True)

    assert (frozenset({"frames"}), True, True) == (stale.keeps, stale.learns, stale.delays)
    assert (False, False, False) == (
        MaxAndSkipEnv().keeps,
        MaxAndSkipEnv().learns,
        MaxAndSkipEnv().delays,
    )


def test_frames_are_held_in_the_dtype_of_the_space() -> None:
    """And nobody can write to what is shown."""
    low, high = TimeStep(np.array([0.1]), reward=1), TimeStep(np.array([0.3]), reward=1)
    first = TimeStep(np.array([0.0]), first=True)

    shown = play(MaxAndSkipEnv(2), first, JUMP, high, low, below=Below(Box(0.0, 9.0, (1,))))[-1]

    assert np.float32([0.3]) == shown.observation
    assert np.float32 == shown.observation.dtype
    assert not shown.observation.flags.writeable


def test_observations_without_a_shape_are_refused() -> None:
    """As by Stable-Baselines3."""
    with pytest.raises(BindError, match="No shape or dtype defined") as error:
        MaxAndSkipEnv().bind(Below(Text(5)))
    assert AssertionError is type(error.value.__cause__)


# -- ClipRewardEnv -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reward", [7.0, -0.5, 0.0, -0.0, 3, np.float32(-2), np.nan, np.inf, -np.inf, True]
)
def test_shows_the_sign_of_each_reward(reward) -> None:
    """To the bit and the type, NaN and the zeros included."""
    expected = theirs.ClipRewardEnv(gym.Env()).reward(reward)

    shown = play(ClipRewardEnv(), FIRST, JUMP, TimeStep("f1", reward=reward))[-1].reward

    assert difference(expected, shown) is None
    assert np.signbit(expected) == np.signbit(shown)


def test_an_opening_has_no_reward_to_clip() -> None:
    """It passes."""
    assert [FIRST] == play(ClipRewardEnv(), FIRST)


# -- WarpFrame ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(84, 84), (60, 40), (200, 300)])
@pytest.mark.parametrize("name", ["Breakout", "LaserGates"])
def test_warps_as_stable_baselines3_warps(name, size) -> None:
    """Smaller and larger, width first; the space too."""
    told, found = played(WarpFrame(*size), lambda env: theirs.WarpFrame(env, *size), name, 40)

    assert difference(told, found) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_warps_pictures_of_other_types(dtype) -> None:
    """The announced space is theirs."""
    space = Box(0, 255, (9, 8, 3), dtype)

    def new():
        return scripted(space, (3, 4))

    told, found = both(WarpFrame(5, 4), lambda env: theirs.WarpFrame(env, 5, 4), new, pick)
    above = WarpFrame(5, 4).bind(Below(space)).above(Below(space)).observation_space

    assert difference(told, found) is None
    assert theirs.WarpFrame(new(), 5, 4).observation_space == above


@pytest.mark.parametrize(
    "space",
    [
        Discrete(3),
        Box(0, 255, (9, 8), np.uint8),
        Box(0, 255, (9, 8, 4), np.uint8),
        Box(0, 1, (9, 8, 3), np.float64),
    ],
    ids=str,
)
def test_what_is_no_picture_is_refused(space) -> None:
    """OpenCV would fail on it in the middle of a game."""
    with pytest.raises(BindError, match="WarpFrame"):
        WarpFrame().bind(Below(space))


@pytest.mark.parametrize("sizes", [{"width": 0}, {"height": -1}])
def test_a_size_is_at_least_one(sizes) -> None:
    """In both directions."""
    with pytest.raises(ValueError, match="expected at least 1"):
        WarpFrame(**sizes)


def test_says_what_to_install(monkeypatch) -> None:
    """When it is bound."""
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(MissingExtraError, match=r"WarpFrame.*statewrap\[image\]"):
        WarpFrame().bind(Below(PICTURE))


# -- AtariWrapper ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"frame_skip": 3, "clip_reward": False, "screen_size": 42},
        {"terminal_on_life_loss": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["Breakout", "SpaceInvaders"])
def test_all_together_are_what_stable_baselines3_makes(name, arguments) -> None:
    """Over lost lives, lost games and games cut off; but for infos at openings."""
    rest = AtariWrapper(0, **arguments, fire=True, stale_frames=True)
    ours = NoopResetEnv(draws=np.random.default_rng(5)) | rest

    told, found = played(ours, lambda env: theirs.AtariWrapper(env, **arguments), name, 700, 6)

    assert difference(without_opening_infos(told[0]), without_opening_infos(found[0])) is None
    assert told[1] == found[1]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"noop_max": 0, "frame_skip": 1},
        {"terminal_on_life_loss": False, "clip_reward": False},
        {"action_repeat_probability": 0.25, "screen_size": 50},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["Breakout", "Freeway"])
def test_the_same_wrappers_in_the_same_order(name, arguments) -> None:
    """FIRE is sent where the game has it, which has to be said here."""
    env = theirs.AtariWrapper(game(name), **arguments)
    expected = []
    while isinstance(env := env.env, gym.Wrapper) and type(env).__module__ == theirs.__name__:
        expected.insert(0, type(env).__name__)

    fire = "FIRE" in game(name).get_action_meanings()
    stack = AtariWrapper(**arguments, fire=fire)

    assert expected == [type(wrapper).__name__ for wrapper in stack]
    assert stack == AtariWrapper(**arguments, fire=fire)


def test_it_has_to_be_said_whether_there_is_fire() -> None:
    """Nobody can ask the game."""
    with pytest.raises(TypeError, match="fire"):
        AtariWrapper()
