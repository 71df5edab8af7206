"""WrapKey and WrapActionKey."""

from __future__ import annotations

import attrs
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import Deployment, Stack, Wrapper, WrapperError
from statewrap.core.errors import BindError, InputError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.testing import play
from statewrap.wrappers import (
    DelayObservation,
    DiscretizeAction,
    ExpandObservation,
    FlattenObservation,
    FrameStackObservation,
    GrayscaleObservation,
    LimitActionRate,
    NestAction,
    NormalizeObservation,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    ResizeObservation,
    SkipFrames,
    StickyAction,
    TimeLimit,
    TransformAction,
    TransformObservation,
    TransposeObservation,
    VecNormalize,
    WrapActionKey,
    WrapKey,
)

cv2 = pytest.importorskip("cv2")
ROBOT = Dict(
    eye=Box(0, 255, (6, 4, 3), np.uint8), gear=Discrete(4, start=1), pos=Box(-9.0, 9.0, ())
)
BELOW = Below(ROBOT, Discrete(3))
PICTURE = np.random.default_rng(3).integers(0, 256, (6, 4, 3), np.uint8)
SEEN = {"eye": PICTURE, "gear": 3, "pos": np.float32(2.0)}
OPENING = TimeStep(SEEN, first=True)
WHEEL = Below(ROBOT, Dict(gas=Box(0.0, 1.0, ()), steer=Box(-2.0, 2.0, ())))


def test_shows_one_key_as_the_wrappers_show_it() -> None:
    """In its place, and the other keys as they came."""
    halved = WrapKey("pos", TransformObservation(lambda x: x / 2, None))

    assert same({**SEEN, "pos": np.float32(1.0)}, play(halved, OPENING, below=BELOW)[0].observation)


def test_a_chain_is_what_opencv_makes() -> None:
    """Grey and small, channels first: each step sees what the one before it made."""
    rows = ResizeObservation((2, 3)), TransposeObservation((2, 0, 1))
    shown = play(WrapKey("eye", rows), OPENING, below=BELOW)[0].observation["eye"]
    resized = cv2.resize(PICTURE, (3, 2), interpolation=cv2.INTER_AREA)

    assert same(np.ascontiguousarray(resized.transpose(2, 0, 1)), shown)


def test_a_chain_is_what_gymnasium_makes_of_the_part_alone() -> None:
    """Grey, resized, with an axis for the channel, announced as such."""
    env = gym.Env()
    env.observation_space = ROBOT["eye"]
    theirs = gym.wrappers.ResizeObservation(gym.wrappers.GrayscaleObservation(env), (3, 2))
    chain = WrapKey(
        "eye", [GrayscaleObservation(), ResizeObservation((3, 2)), ExpandObservation(-1)]
    )

    shown = play(chain, OPENING, below=BELOW)[0].observation["eye"]
    expected = theirs.observation(theirs.env.observation(PICTURE))

    assert same(expected[..., np.newaxis], shown)
    assert (
        Box(0, 255, (3, 2, 1), np.uint8) == chain.bind(BELOW).above(BELOW).observation_space["eye"]
    )


def test_a_number_of_a_discrete_becomes_one_hot() -> None:
    """As Gymnasium flattens it."""
    shown = play(WrapKey("gear", FlattenObservation()), OPENING, below=BELOW)[0].observation

    assert same(gym.spaces.flatten(ROBOT["gear"], 3), shown["gear"])


def test_a_tag_is_the_new_key_and_the_original_may_stay() -> None:
    """So that one part is shown in several forms."""
    moved = WrapKey("gear", FlattenObservation(), tag="hot")
    beside = WrapKey("gear", FlattenObservation(), tag="hot", keep_original=True)

    assert {"eye", "pos", "hot"} == play(moved, OPENING, below=BELOW)[0].observation.keys()
    assert {"eye", "gear", "pos", "hot"} == play(beside, OPENING, below=BELOW)[0].observation.keys()
    assert ["eye", "gear", "hot", "pos"] == list(beside.bind(BELOW).above(BELOW).observation_space)


def test_a_key_of_a_dict_in_a_dict_is_wrapped_in_two() -> None:
    """Each bound over its own part."""
    below = Below(Dict(body=ROBOT, time=Discrete(9)))
    deep = WrapKey("body", WrapKey("gear", FlattenObservation()))

    shown = play(deep, TimeStep({"body": SEEN, "time": 3}, first=True), below=below)[0].observation

    assert same({"body": {**SEEN, "gear": np.array([0, 0, 1, 0])}, "time": 3}, shown)


def test_each_wrapper_has_a_memory_that_the_episode_ends() -> None:
    """As in a stack of its own."""
    late = WrapKey("pos", [DelayObservation(1), FrameStackObservation(2)])

    def step(number, **fields):
        return TimeStep({**SEEN, "pos": np.float32(number)}, **fields)

    replies = play(
        late,
        step(1, first=True),
        Act(0),
        step(2),
        Act(0),
        step(3),
        step(7, first=True),
        below=BELOW,
    )

    rows = [r.observation["pos"].tolist() for r in replies if isinstance(r, TimeStep)]
    assert [[0, 0], [0, 1], [1, 2], [0, 0]] == rows


def test_what_is_learned_for_a_key_outlives_the_episode() -> None:
    """Beside a memory that does not."""
    learner = WrapKey("pos", [FrameStackObservation(2), NormalizeObservation(mode="learn")])
    bound = learner.bind(BELOW)
    memory, _ = bound.on_state(bound.initial(Key(0, 0)), OPENING)

    renewed = bound.renew(memory, Key(1, 1))

    assert (frozenset({"kept"}), True) == (learner.keeps, learner.learns)
    assert same(memory.kept, renewed.kept)
    assert ((),) == renewed.others
    assert 1.0 < renewed.kept[0].count < 1.001


def test_all_else_of_the_time_step_is_the_wrappers_too() -> None:
    """A limit within ends the episode; acts and resets pass by."""
    limited = WrapKey("pos", TimeLimit(1))

    replies = play(limited, OPENING, Act(1), TimeStep(SEEN, 2.0, info={"a": 1}), below=BELOW)

    assert Act(1) == replies[1]
    assert TimeStep(SEEN, 2.0, truncated=True, info={"a": 1}) == replies[2]
    assert 1 == limited.bind(BELOW).above(BELOW).max_episode_steps
    assert [Reset(3)] == play(limited, OPENING, Reset(3), below=BELOW)[1:]


def test_what_the_wrappers_declare_is_declared() -> None:
    """Needs, memories, delays."""
    timed = WrapActionKey("steer", LimitActionRate(1.0))
    late = WrapKey("pos", DelayObservation(1))
    learner = WrapKey("pos", NormalizeObservation(mode="learn"))

    assert (frozenset({"time"}), frozenset()) == (timed.needs, late.needs)
    assert (True, False) == (late.delays, learner.delays)
    assert ["Within", "Moments"] == [kind.__name__ for kind in learner.memory_types]
    assert (frozenset({"kept"}), True) == (
        WrapActionKey("steer", LimitActionRate(1.0, start="hold")).keeps,
        WrapActionKey("steer", LimitActionRate(1.0, start="hold")).learns,
    )
    assert (False, False) == (timed.keeps, timed.learns)


def test_what_came_is_left_alone() -> None:
    """A host's dict stays as it is."""
    came = dict(SEEN)

    play(WrapKey("gear", FlattenObservation(), tag="hot"), OPENING, below=BELOW)

    assert same(came, SEEN)


def test_an_action_goes_through_the_wrappers_of_its_key() -> None:
    """The uppermost first; the other parts are sent as they came."""
    down = WrapActionKey("steer", [DiscretizeAction(4), NestAction("bin")], tag="wheel")
    act = Act({"gas": np.float32(0.5), "wheel": {"bin": 3}})

    sent = play(down, OPENING, act, below=WHEEL)[1]

    assert Act({"gas": np.float32(0.5), "steer": np.array(1.5, np.float32)}) == sent
    space = down.bind(WHEEL).above(WHEEL).action_space
    assert Dict(gas=Box(0.0, 1.0, ()), wheel=Dict(bin=Discrete(4))) == space


def test_a_rate_is_limited_for_one_key() -> None:
    """By the time of the time steps, which the wrapper sees."""
    slow = WrapActionKey("steer", LimitActionRate(0.5, start=0.0, per="second"))

    def act(steer):
        return Act({"gas": np.float32(1.0), "steer": np.float32(steer)})

    replies = play(
        slow, OPENING, act(2.0), OPENING.replace(first=False, time=2.0), act(2.0), below=WHEEL
    )

    steered = [float(r.action["steer"]) for r in replies if isinstance(r, Act)]
    assert 2.0 > steered[1] > steered[0]
    assert 1.0 == steered[1] - steered[0]


def test_draws_of_a_key_are_the_sessions_own() -> None:
    """They follow from the key of the stack, and are others in the next episode."""
    sticky = Stack(WrapActionKey("steer", StickyAction(0.5)))

    def sent(seed):
        acts = (Act({"gas": np.float32(0), "steer": np.float32(n / 9)}) for n in range(9))
        messages = [m for act in acts for m in (OPENING.replace(first=False), act)]
        messages[0] = OPENING
        replies = play(sticky, *messages, *messages, below=WHEEL, key=Key.from_seed(seed))
        return [float(r.action["steer"]) for r in replies if isinstance(r, Act)]

    assert sent(1) == sent(1)
    assert sent(1) != sent(2)
    assert sent(1)[:9] != sent(1)[9:]


def test_each_wrapper_of_a_key_draws_for_itself() -> None:
    """Also in the episodes that follow."""
    two = WrapActionKey("steer", [StickyAction(0.5), StickyAction(0.5)]).bind(WHEEL)

    opened = two.initial(Key.from_seed(1))
    renewed = two.renew(opened, Key.from_seed(2))

    for memory in (opened, renewed):
        assert memory.others[0].draws != memory.others[1].draws
    assert opened.others[1].draws != renewed.others[1].draws


def test_a_deployment_goes_on_from_a_snapshot() -> None:
    """With every memory within."""
    stack = WrapKey("pos", [FrameStackObservation(3), NormalizeObservation(mode="learn")])

    def deployed():
        return Deployment(
            lambda seen: seen["pos"].sum(), stack, below=BELOW, sinks=(), check="never", seed=1
        )

    whole, half, rest = deployed(), deployed(), deployed()
    steps = [{**SEEN, "pos": np.float32(n)} for n in (1, 4, 2, 8)]
    expected = [whole.act(steps[0]), *(whole.act(s, 0.0) for s in steps[1:])]
    begun = [half.act(steps[0]), half.act(steps[1], 0.0)]
    rest.restore(half.snapshot())

    assert expected == [*begun, *(rest.act(s, 0.0) for s in steps[2:])]


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: WrapKey(3, TimeLimit(3)), TypeError, "key is 3, expected a string"),
        (lambda: WrapKey("a", 3), TypeError, "made of wrappers"),
        (lambda: WrapKey("a", [TimeLimit]), TypeError, "made of wrappers"),
        (lambda: WrapKey("a", []), ValueError, "wrappers is empty"),
        (lambda: WrapKey("a", RepeatAction(2)), TypeError, "has on_action.*into the stack itself"),
        (lambda: WrapKey("a", NestAction()), TypeError, "cannot hold NestAction"),
        (lambda: WrapActionKey("a", TimeLimit(3)), TypeError, "has no on_action"),
        (
            lambda: WrapKey("a", VecNormalize(mode="learn")),
            ValueError,
            "keeps a part of its memory",
        ),
        (
            lambda: WrapKey("a", RecordEpisodeStatistics()),
            ValueError,
            "keeps a part of its memory",
        ),
        (lambda: WrapKey("a", TimeLimit(3), keep_original=True), ValueError, "needs another name"),
        (
            lambda: WrapKey("a", TimeLimit(3), tag="a", keep_original=True),
            ValueError,
            "needs another name",
        ),
        (lambda: WrapKey("a", TimeLimit(3), tag=3), TypeError, "tag is 3, expected a string"),
        (lambda: WrapActionKey("a", NestAction(), tag=3), TypeError, "tag is 3"),
        (lambda: WrapKey("a", TimeLimit(3), keep_original=1), TypeError, "True or False"),
    ],
)
def test_wrong_arguments_are_refused(make, kind, words) -> None:
    """When the wrapper is made."""
    with pytest.raises(kind, match=words):
        make()


@pytest.mark.parametrize(
    ("wrapper", "below", "words"),
    [
        (WrapKey("a", TimeLimit(3)), Below(), "needs the observation_space"),
        (WrapKey("a", TimeLimit(3)), Below(Discrete(3)), "needs a Dict with the key 'a'"),
        (WrapKey("a", TimeLimit(3)), BELOW, "needs a Dict with the key 'a'"),
        (WrapKey("pos", TimeLimit(3), tag="gear"), BELOW, "has that key already"),
        (WrapKey("pos", GrayscaleObservation()), BELOW, "image with 3 channels"),
        (WrapActionKey("a", NestAction()), Below(), "needs the action_space"),
        (WrapActionKey("a", NestAction()), BELOW, "needs a Dict with the key 'a'"),
        (WrapActionKey("gas", NestAction(), tag="steer"), WHEEL, "has that key already"),
    ],
)
def test_a_space_that_does_not_fit_is_refused(wrapper, below, words) -> None:
    """At bind; by the wrapper within, if it is that one which it does not fit."""
    with pytest.raises(BindError, match=words):
        wrapper.bind(below)


def test_a_wrapper_within_that_announces_nothing_is_refused() -> None:
    """A Dict is not announced with a gap in it."""

    class Vague(TransformObservation):
        def above(self, below):
            return Below()

    with pytest.raises(BindError, match="above which the space is unknown"):
        WrapKey("pos", Vague(abs, None)).bind(BELOW)


def test_nobody_answers_for_one_key() -> None:
    """What would is told to go into the stack itself."""
    masked = WrapActionKey("steer", RejectInvalidAction())
    legal = OPENING.replace(info={"action_mask": np.array([1, 0], np.int8)})
    below = Below(ROBOT, Dict(steer=Discrete(2)))
    repeated = WrapActionKey("steer", Tired())
    act, step = Act({"steer": 1}), OPENING.replace(first=False)

    with pytest.raises(WrapperError, match=r"answered Act\(1\).*into the stack itself"):
        play(masked, legal, act, below=below)
    with pytest.raises(WrapperError, match=r"answered TimeStep\(.*into the stack itself"):
        play(repeated, OPENING, act, step, act, step, below=below)


@pytest.mark.parametrize("below", [WHEEL, attrs.evolve(WHEEL, observation_space=None)])
@pytest.mark.parametrize(
    "skip", [RepeatAction(2), SkipFrames(3), [DiscretizeAction(4), RepeatAction(2)]]
)
def test_a_skip_for_one_key_is_refused_before_the_first_step(skip, below) -> None:
    """At bind, as it answers each first step."""
    with pytest.raises(
        BindError, match=r"holds .*, which answered TimeStep\(.*into the stack itself"
    ):
        WrapActionKey("steer", skip).bind(below)


def test_a_repeat_that_repeats_nothing_is_none() -> None:
    """Once is not again."""
    once = WrapActionKey("gas", RepeatAction(1))

    assert (
        OPENING.replace(first=False, reward=1.0)
        == play(
            once, OPENING, Act({"gas": 1.0, "steer": 0.0}), TimeStep(SEEN, reward=1.0), below=WHEEL
        )[-1]
    )


class Tired(Wrapper):
    """Answers the second step of an episode."""

    def initial(self, key):
        return 0

    def on_action(self, memory, act):
        return memory + 1, act

    def on_state(self, memory, timestep):
        return memory, (Act(1) if memory == 2 else timestep)


class Impatient(Wrapper):
    """Answers every time step."""

    def on_state(self, memory, timestep):
        return memory, Act(0)


def test_nobody_answers_for_one_key_of_an_observation() -> None:
    """Though it looks at time steps alone."""
    with pytest.raises(WrapperError, match=r"answered TimeStep\(.*with Act\(0\)"):
        play(WrapKey("pos", Impatient()), OPENING, below=BELOW)


def test_another_kind_of_observation_or_action_is_refused() -> None:
    """With what came."""
    up = WrapKey("gear", FlattenObservation()).bind(BELOW)
    down = WrapActionKey("gas", TransformAction(abs, None)).bind(WHEEL)

    for came in (None, {"pos": 1.0}, 3):
        with pytest.raises(InputError, match="cannot use the observation"):
            up.on_state(up.initial(Key(0, 0)), TimeStep(came, first=True))
        with pytest.raises(InputError, match="cannot use the action"):
            down.on_action(down.initial(Key(0, 0)), Act(came))
