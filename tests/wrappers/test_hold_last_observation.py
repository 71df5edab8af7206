"""HoldLastObservation."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple
from hypothesis import given
from hypothesis import strategies as st
from numpy import array  # noqa: F401 - for eval of a repr

from statewrap import BindError, Deployment, InputError, SpaceError, WrapperError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.testing import LAWS, Improvise, play
from statewrap.wrappers import HoldLastObservation, TimeLimit
from statewrap.wrappers.hold_last_observation import Held

NAN, INF = float("nan"), float("inf")
PAIR = Below(Box(-99.0, 99.0, (2,), np.float32))
ROBOT = Below(
    Dict(
        gyro=Box(-9.0, 9.0, (2,), np.float32),
        ticks=Box(0, 255, (2,), np.uint8),
        mode=Discrete(3),
        arm=Tuple([Text(4), MultiBinary(2)]),
    )
)


def step(*numbers, **fields) -> TimeStep:
    """Make a time step of PAIR."""
    return TimeStep(np.array(numbers, np.float32), **fields)


def opening(*numbers, **fields) -> TimeStep:
    """Make the first one of an episode."""
    return step(*numbers, first=True, **fields)


def robot(gyro, ticks, mode, arm, **fields) -> TimeStep:
    """Make a time step of ROBOT."""
    return TimeStep({"gyro": gyro, "ticks": ticks, "mode": mode, "arm": arm}, **fields)


def whole(**fields) -> TimeStep:
    """Make one of which nothing is missing."""
    gyro, ticks = np.array([1, 2], np.float32), np.array([3, 4], np.uint8)
    return robot(gyro, ticks, 1, ("up", np.array([0, 1], np.int8)), **fields)


def shown(wrapper, *timesteps, below=PAIR) -> list:
    """Return the observations shown, arrays as lists."""
    return [plain(reply.observation) for reply in play(wrapper, *timesteps, below=below)]


def held(wrapper, *timesteps, below=PAIR) -> list:
    """Return what the info tells of each time step, None where it tells nothing."""
    return [plain(reply.info.get("held")) for reply in play(wrapper, *timesteps, below=below)]


def plain(value):
    """Return arrays as lists, also in dicts and tuples."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def told(kind, wrapper, *timesteps, below=PAIR) -> str:
    """Return the words of the error with which a dialogue ends."""
    with pytest.raises(WrapperError) as caught:
        play(wrapper, *timesteps, below=below)
    assert kind is type(caught.value.cause)
    return str(caught.value.cause)


def test_a_missing_component_is_held() -> None:
    """The last good value stands for it, and the others are the newest."""
    dialogue = [opening(1, 2), step(3, NAN), step(NAN, 4), step(5, 6)]

    assert [[1, 2], [3, 2], [3, 4], [5, 6]] == shown(HoldLastObservation(1), *dialogue)


def test_the_info_tells_for_how_long_each_component_has_been_missing() -> None:
    """And tells nothing where nothing is."""
    dialogue = [opening(1, 2), step(NAN, NAN), step(NAN, 4), step(NAN, NAN), step(5, 6)]

    assert [None, [1, 1], [2, 0], [3, 1], None] == held(HoldLastObservation(3), *dialogue)
    assert [None] * 5 == held(HoldLastObservation(3, info_key=None), *dialogue)
    assert {"fault": [1, 1], "a": 1} == plain(
        play(
            HoldLastObservation(3, info_key="fault"),
            opening(1, 2),
            step(NAN, NAN, info={"a": 1}),
            below=PAIR,
        )[1].info
    )


def test_what_is_whole_passes_as_it_came() -> None:
    """Not a bit is changed, and nothing is copied."""
    for observation in (np.array([1, INF], np.float32), np.array([-0.0, 2.0]), [1.0, 2.0], (1, 2)):
        timestep = TimeStep(observation, reward=1.0, info={"a": 1})
        assert timestep is play(HoldLastObservation(0), timestep, below=PAIR)[0]
    extra = {**whole().observation, "more": None}
    assert TimeStep(extra) == play(HoldLastObservation(0), TimeStep(extra), below=ROBOT)[0]


def test_only_observation_and_info_are_changed() -> None:
    """Reward, flags and time are the newest; acts and resets pass."""
    end = step(NAN, 4, reward=7.0, truncated=True, info={"a": 1}, time=2.0)

    replies = play(HoldLastObservation(1), opening(1, 2), Act("a"), end, Reset(3), below=PAIR)

    mended = np.array([1, 4], np.float32)
    info = {"a": 1, "held": np.array([1, 0])}
    assert [
        opening(1, 2),
        Act("a"),
        end.replace(observation=mended, info=info),
        Reset(3),
    ] == replies
    assert {"a": 1} == end.info


def test_after_so_many_steps_in_a_row_it_is_an_error() -> None:
    """Which component, for how long, and what to do."""
    gone = step(1, NAN)

    assert [[0, 2], [1, 2], [1, 2]] == shown(HoldLastObservation(2), opening(0, 2), gone, gone)
    assert (
        "observation[1] has been missing for 3 time steps in a row, and "
        "HoldLastObservation(max_steps=2, on_exhausted='raise', start=None, info_key='held') holds "
        "it for 2. See to the sensor; or give on_exhausted= an observation to show then."
    ) == told(InputError, HoldLastObservation(2), opening(0, 2), gone, gone, gone)


def test_each_good_value_begins_the_count_anew() -> None:
    """For its own component alone."""
    dialogue = [opening(0, 0), *[step(NAN, 1), step(1, NAN)] * 5]

    assert 11 == len(shown(HoldLastObservation(1), *dialogue))
    assert "observation[0] " in told(
        InputError, HoldLastObservation(1), opening(0, 0), step(NAN, NAN), step(NAN, 1)
    )


def test_then_a_given_value_is_shown_until_the_sensor_is_back() -> None:
    """Component by component; the count goes on."""
    wrapper = HoldLastObservation(1, on_exhausted=[-1.0, -2.0])
    dialogue = [opening(1, 2), *[step(3, NAN)] * 3, step(NAN, NAN), step(NAN, 4), step(5, NAN)]

    assert [[1, 2], [3, 2], [3, -2], [3, -2], [3, -2], [-1, 4], [5, 4]] == shown(wrapper, *dialogue)
    assert [None, [0, 1], [0, 2], [0, 3], [1, 4], [2, 0], [0, 1]] == held(wrapper, *dialogue)


def test_zero_steps_hold_nothing() -> None:
    """What is missing is replaced at once, or an error at once."""
    assert [[1, 2], [3, -1]] == shown(
        HoldLastObservation(0, on_exhausted=-1.0), opening(1, 2), step(3, NAN)
    )
    assert "missing for 1 time steps" in told(
        InputError, HoldLastObservation(0), opening(1, 2), step(3, NAN)
    )


def test_an_opening_has_to_be_whole() -> None:
    """There is nothing to hold; and nothing of an earlier episode is."""
    for before in ([], [opening(1, 2), step(3, 4, terminated=True)], [opening(1, 2)]):
        assert (
            "observation[1] is missing on the opening of an episode, where "
            f"{HoldLastObservation(3)!r} has nothing to hold. Open with a whole observation, or "
            "give start= or on_exhausted= one to show."
        ) == told(InputError, HoldLastObservation(3), *before, opening(1, NAN))


def test_or_there_is_something_to_start_from() -> None:
    """It counts as shown before; or else what is shown when nothing can be held any longer."""
    started = HoldLastObservation(2, start=[7.0, 8.0])

    assert [[1, 8], [1, 8]] == shown(started, opening(1, NAN), step(1, NAN))
    assert [[0, 1], [0, 2]] == held(started, opening(1, NAN), step(1, NAN))
    assert "missing for 3" in told(InputError, started, opening(1, NAN), step(1, NAN), step(1, NAN))
    assert [[1, -1]] == shown(HoldLastObservation(2, on_exhausted=-1.0), opening(1, NAN))
    assert [[7, 7]] == shown(HoldLastObservation(1, start=7.0), TimeStep(None, first=True))


def test_the_last_observation_can_be_held_over_episodes() -> None:
    """For a world whose episodes are but a way of counting; the count goes on too."""
    wrapper = HoldLastObservation(2, start="hold")
    dialogue = [opening(1, 2), step(3, NAN), opening(NAN, NAN), step(5, 6)]

    assert [[1, 2], [3, 2], [3, 2], [5, 6]] == shown(wrapper, *dialogue)
    assert [None, [0, 1], [1, 2], None] == held(wrapper, *dialogue)
    assert wrapper.keeps
    assert wrapper.learns
    assert not HoldLastObservation(2).keeps
    assert not HoldLastObservation(2, start=0.0).learns
    assert "opening" in told(InputError, wrapper, opening(1, NAN))


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_a_new_episode_forgets(before) -> None:
    """The count and the values, with and without a reset."""
    dialogue = [opening(1, 2), step(3, NAN), *before, opening(4, 5), step(NAN, NAN)]

    replies = play(HoldLastObservation(1), *dialogue, below=PAIR)

    assert [4, 5] == plain(replies[-1].observation)
    assert [1, 1] == plain(replies[-1].info["held"])


GONE = [
    robot(np.array([NAN, 5.0]), None, None, None),
    robot(None, np.array([NAN, 5.0]), NAN, (None, [None, 1])),
    TimeStep({}),
    TimeStep(None),
]


def test_every_part_of_a_dict_or_tuple_is_held() -> None:
    """None, NaN, a key that is not there, and nothing at all."""
    assert [
        {"gyro": [1, 5], "ticks": [3, 4], "mode": 1, "arm": ("up", [0, 1])},
        {"gyro": [1, 5], "ticks": [3, 5], "mode": 1, "arm": ("up", [0, 1])},
        {"gyro": [1, 5], "ticks": [3, 5], "mode": 1, "arm": ("up", [0, 1])},
        {"gyro": [1, 5], "ticks": [3, 5], "mode": 1, "arm": ("up", [0, 1])},
    ] == shown(HoldLastObservation(9), whole(first=True), *GONE, below=ROBOT)[1:]
    assert [
        {"gyro": [1, 0], "ticks": [1, 1], "mode": 1, "arm": (1, [1, 1])},
        {"gyro": [2, 1], "ticks": [2, 0], "mode": 2, "arm": (2, [2, 0])},
        {"gyro": [3, 2], "ticks": [3, 1], "mode": 3, "arm": (3, [3, 1])},
        {"gyro": [4, 3], "ticks": [4, 2], "mode": 4, "arm": (4, [4, 2])},
    ] == held(HoldLastObservation(9), whole(first=True), *GONE, below=ROBOT)[1:]


@pytest.mark.parametrize("came", [None, NAN, np.float32(NAN), np.float64(NAN)])
def test_a_part_that_is_no_array_is_missing_as_a_whole(came) -> None:
    """It is held as often, and counted alone."""
    three = Below(Discrete(3))
    first, gone = TimeStep(np.int64(2), first=True), TimeStep(came)

    assert [2, 2, 2] == shown(HoldLastObservation(2), first, gone, gone, below=three)
    assert [None, 1, 2] == held(HoldLastObservation(2), first, gone, gone, below=three)
    assert "observation has been missing for 3" in told(
        InputError, HoldLastObservation(2), first, gone, gone, gone, below=three
    )


def test_a_part_that_is_back_counts_anew_though_another_is_missing() -> None:
    """And a key that the space does not know is passed."""
    back = {**whole().observation, "gyro": None, "more": "x"}

    reply = play(HoldLastObservation(2), whole(first=True), GONE[3], TimeStep(back), below=ROBOT)[
        1:
    ]

    assert {"gyro": [2, 2], "ticks": [0, 0], "mode": 0, "arm": (0, [0, 0])} == plain(
        reply[1].info["held"]
    )
    assert "x" == reply[1].observation["more"]
    with pytest.raises(WrapperError, match=r"observation\['gyro'\]\[0\] has been missing for 3"):
        play(HoldLastObservation(2), whole(first=True), *GONE[2:], GONE[3], below=ROBOT)


def test_what_is_shown_of_integers_is_integers() -> None:
    """Though NaN came as a float; floats keep their width."""
    replies = play(HoldLastObservation(9), whole(first=True), *GONE, below=ROBOT)

    assert [np.uint8] * 5 == [reply.observation["ticks"].dtype for reply in replies]
    assert [np.int8] * 5 == [reply.observation["arm"][1].dtype for reply in replies]
    assert [np.float32, np.float64, np.float32] == [
        reply.observation["gyro"].dtype for reply in replies[:3]
    ]
    assert all(ROBOT.observation_space["ticks"].contains(r.observation["ticks"]) for r in replies)


def test_the_place_in_a_dict_or_tuple_is_named() -> None:
    """The first that is missing too long."""
    for observation, place in (
        ({"gyro": np.array([1.0, NAN])}, "observation['gyro'][1]"),
        ({"gyro": np.array([1.0, 1.0]), "ticks": None}, "observation['ticks'][0]"),
        ({**whole().observation, "mode": None}, "observation['mode']"),
        ({**whole().observation, "arm": (None, None)}, "observation['arm'][0]"),
    ):
        words = told(
            InputError,
            HoldLastObservation(0),
            whole(first=True),
            TimeStep(observation),
            below=ROBOT,
        )
        assert words.startswith(f"{place} has been missing for 1 ")


def test_a_given_dict_is_shown_part_by_part() -> None:
    """Lists and numbers stand for arrays, as in a file."""
    rescue = {"gyro": 0.0, "ticks": [7, 7], "mode": 2, "arm": ["down", [1, 1]]}
    wrapper = HoldLastObservation(0, on_exhausted=rescue)

    assert [
        {"gyro": [0, 5], "ticks": [7, 7], "mode": 2, "arm": ("down", [1, 1])},
        {"gyro": [0, 0], "ticks": [7, 5], "mode": 2, "arm": ("down", [1, 1])},
    ] == shown(wrapper, *GONE[:2], below=ROBOT)


@pytest.mark.parametrize(
    "came",
    [
        np.ma.array([1.0, 7.0], mask=[False, True]),
        [1.0, None],
        np.array([1.0, None]),
        (1.0, NAN),
        np.array([1.0, NAN], ">f8"),
        np.array([1.0, 9.0, NAN, 9.0])[::2],
    ],
)
def test_missing_comes_in_many_forms(came) -> None:
    """A masked component, None in a list, NaN in any array."""
    assert [1, 2] == shown(HoldLastObservation(1), opening(0, 2), TimeStep(came))[1]


@pytest.mark.parametrize("came", [NAN, None, np.float32(NAN), np.array(NAN), np.array(None)])
def test_a_box_of_one_number_is_held(came) -> None:
    """And a discrete sensor, which is missing as a whole."""
    scalar = Below(Box(-9.0, 9.0, (), np.float32))
    first = TimeStep(np.float32(3), first=True)

    assert [3, 3] == shown(HoldLastObservation(1), first, TimeStep(came), below=scalar)
    assert [None, 1] == held(HoldLastObservation(1), first, TimeStep(came), below=scalar)
    assert isinstance(
        play(HoldLastObservation(1), first, TimeStep(came), below=scalar)[1].observation, np.generic
    )
    assert "observation has been missing for 2" in told(
        InputError, HoldLastObservation(1), first, *[TimeStep(came)] * 2, below=scalar
    )


def test_multi_discrete_components_are_held() -> None:
    """Each alone."""
    known = Below(MultiDiscrete([5, 5]))

    assert [[1, 2], [3, 2]] == shown(
        HoldLastObservation(1),
        TimeStep(np.array([1, 2]), first=True),
        TimeStep([3, None]),
        below=known,
    )


@pytest.mark.parametrize(
    "bad",
    [
        np.array([NAN]),
        np.array([[NAN, 1.0]]),
        [NAN, [1.0]],
        [NAN, "a"],
        ["a", "b"],
        "ab",
        {"a": 1},
        np.array([1j, NAN]),
        np.array([1.0, 2.0, 3.0]),
        np.array(1.0),
    ],
)
def test_what_has_not_the_form_of_the_space_is_refused(bad) -> None:
    """It is no observation of which something is missing."""
    assert "expected numbers of the shape (2,)" in told(
        InputError, HoldLastObservation(1), opening(1, 2), TimeStep(bad)
    )


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([1], "The observation is [1], expected a dict with ['gyro', 'ticks', 'mode', 'arm']."),
        ({"arm": (1,)}, "The observation['arm'] is (1,), expected a tuple of 2 parts."),
        (
            {"arm": ("a", None, 1)},
            "The observation['arm'] is ('a', None, 1), expected a tuple of 2",
        ),
        ({"arm": ("a", [1, 1], 1)}, "The observation['arm'] is ('a', [1, 1], 1), expected a tuple"),
        ({**whole().observation, "arm": ("a", np.ones(2, np.int8), 1)}, "a tuple of 2 parts"),
        ({"arm": 7}, "The observation['arm'] is 7, expected a tuple of 2 parts."),
        ({"ticks": [2.5, None]}, "observation['ticks'] is [2.5, None], expected numbers"),
        ({"ticks": [2**70, None]}, "observation['ticks'] is [1180591620717411303424, None]"),
    ],
)
def test_parts_of_another_form_are_refused(bad, words) -> None:
    """The place is named."""
    assert words in told(
        InputError, HoldLastObservation(9), whole(first=True), TimeStep(bad), below=ROBOT
    )


def test_an_info_that_has_the_key_already_is_an_error_at_once() -> None:
    """And not only when a sensor fails."""
    assert (
        f"The info has the key 'held' already, so {HoldLastObservation(1)!r} cannot tell there "
        "what is missing. Choose another info_key, or None."
    ) == told(InputError, HoldLastObservation(1), opening(1, 2, info={"held": 1}))
    assert [[1, 2]] == shown(HoldLastObservation(1, info_key=None), opening(1, 2, info={"held": 1}))


def test_nobody_is_handed_what_is_remembered() -> None:
    """Who changes what the info tells changes nothing here; arrays are read-only."""
    hold = HoldLastObservation(9).bind(ROBOT)
    memory, _ = hold.on_state(hold.initial(None), whole(first=True))
    memory, reply = hold.on_state(memory, GONE[0])

    reply.info["held"]["gyro"] = "changed"

    assert [1, 0] == memory.missing["gyro"].tolist()
    assert not memory.missing["gyro"].flags.writeable
    assert not reply.observation["gyro"].flags.writeable
    assert np.isnan(GONE[0].observation["gyro"][0])


def test_a_session_goes_on_from_a_snapshot_while_something_is_missing() -> None:
    """What is held, and for how long it has been."""

    def deployed():
        return Deployment(
            lambda x: x, HoldLastObservation(2), observation_space=PAIR.observation_space, sinks=()
        )

    agent, twin, gone = deployed(), deployed(), np.array([NAN, 5], np.float32)
    agent.act(np.array([1, 2], np.float32)), agent.act(gone, reward=0.0)
    twin.restore(agent.snapshot())

    for each in (agent, twin):
        assert [1, 5] == each.act(gone, reward=0.0).tolist()
        with pytest.raises(WrapperError, match="missing for 3"):
            each.act(gone, reward=0.0)
        assert [6, 5] == each.act(np.array([6, NAN], np.float32), reward=0.0).tolist()


def test_a_fallback_answers_until_the_sensor_is_back() -> None:
    """What is held stays as it was when nothing could be held any longer."""
    agent = Deployment(
        lambda x: float(x[0]),
        HoldLastObservation(1),
        observation_space=PAIR.observation_space,
        fallback=-1.0,
        sinks=(),
    )
    seen = [1.0, NAN, NAN, NAN, 5.0, NAN]

    acted = [agent.act(np.array([seen[0], 0.0]))]
    acted += [agent.act(np.array([x, 0.0]), reward=0.0) for x in seen[1:]]

    assert [1.0, 1.0, -1.0, -1.0, 5.0, 5.0] == acted


@pytest.mark.parametrize("check", ["always", "first", "never"])
def test_the_border_lets_what_is_missing_through(check) -> None:
    """And holds what is there against the space."""

    def act(*seen):
        agent = Deployment(
            plain,
            HoldLastObservation(1, start=whole().observation),
            observation_space=ROBOT.observation_space,
            check=check,
            sinks=(),
        )
        agent.act(seen[0].observation)
        return agent.act(seen[1].observation, reward=0.0)

    assert plain(whole().observation) == act(GONE[3], whole())
    for gone in (GONE[0], robot(None, np.array([NAN, 5.0]), NAN, (None, None)), *GONE[2:]):
        assert 1 == act(whole(), gone)["mode"]
    if check != "never":
        for wild in ([NAN, 70.0], [1.0], "x"):
            with pytest.raises(SpaceError, match="gyro"):
                act(TimeStep({"gyro": np.array(wild)}), whole())
        with pytest.raises(SpaceError, match="ticks"):
            act(TimeStep({"ticks": np.array([NAN, 0.5])}), whole())
        with pytest.raises(SpaceError, match="keys"):
            act(TimeStep({"other": 1}), whole())


def test_a_world_that_never_ends_is_cut_while_something_is_missing() -> None:
    """The next episode opens with what the host last showed, so it needs `start`."""
    agent = Deployment(
        lambda x: float(x[0]),
        HoldLastObservation(3, start="hold") | TimeLimit(1),
        observation_space=PAIR.observation_space,
        check="never",
        sinks=(),
    )

    assert 1.0 == agent.act(np.array([1.0, 2.0]))
    assert 1.0 == agent.act(np.array([NAN, 2.0]), reward=0.0)
    assert [("truncated", 1)] == [(each["outcome"], each["length"]) for each in agent.ended]


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"max_steps": 1.0}),
        (TypeError, {"max_steps": None}),
        (ValueError, {"max_steps": -1}),
        (TypeError, {"max_steps": 1, "info_key": ("held",)}),
    ],
)
def test_refuses_arguments_that_mean_nothing(error, options) -> None:
    """0 steps and no key are something."""
    with pytest.raises(error, match=f"{list(options)[-1]} is .*, expected "):
        HoldLastObservation(**options)


@pytest.mark.parametrize(
    ("wrapper", "space", "words"),
    [
        (HoldLastObservation(1), None, "needs the observation_space"),
        (HoldLastObservation(1, on_exhausted="rise"), PAIR.observation_space, "on_exhausted is"),
        (HoldLastObservation(1, on_exhausted=[1.0]), PAIR.observation_space, "on_exhausted has"),
        (HoldLastObservation(1, on_exhausted=100.0), PAIR.observation_space, r"on_exhausted\[0\]"),
        (HoldLastObservation(1, start=[1.0, NAN]), PAIR.observation_space, r"start\[1\] is nan"),
        (HoldLastObservation(1, start={"mode": 9}), ROBOT.observation_space, "start has the keys"),
        (HoldLastObservation(1, start=7), Discrete(3), "start is int 7"),
        (HoldLastObservation(1, start=0.5), Box(0, 9, (2,), np.uint8), "start is float 0.5"),
        (HoldLastObservation(1, start=(1,)), Tuple([Discrete(3)] * 2), "start has length 1"),
        (HoldLastObservation(1, start=(1, 2, 0)), Tuple([Discrete(3)] * 2), "start has length 3"),
    ],
)
def test_refuses_what_does_not_fit_the_space(wrapper, space, words) -> None:
    """At bind, and not when a sensor fails."""
    with pytest.raises(BindError, match=words):
        wrapper.bind(Below(space))


@pytest.mark.parametrize(
    "wrapper",
    [
        HoldLastObservation(1),
        HoldLastObservation(0, on_exhausted=np.array([0.1, 2.0]), start="hold", info_key=None),
        HoldLastObservation(2, on_exhausted=[0.5, 1.5], start=0.0, info_key="fault"),
    ],
)
def test_prints_so_that_it_can_be_read_back(wrapper) -> None:
    """Also where it is bound."""
    assert wrapper == eval(repr(wrapper)) == wrapper.bind(PAIR)  # noqa: S307 - that is the claim
    assert repr(wrapper) == repr(wrapper.bind(PAIR))


def test_the_memory_names_what_it_holds() -> None:
    """The observation shown last, and for how long each part has been missing."""
    hold = HoldLastObservation(1).bind(PAIR)
    memory, _ = hold.on_state(hold.initial(None), opening(1, 2))
    memory, reply = hold.on_state(memory, step(NAN, 5))

    assert same(Held(reply.observation, np.array([1, 0])), memory)
    assert Held in hold.memory_types


DROPOUTS = [
    [whole(first=True), *GONE[:2], whole(terminated=True)],
    [GONE[0].replace(first=True), GONE[1], whole(truncated=True)],
    [whole(first=True), GONE[2], GONE[3].replace(terminated=True)],
    [GONE[3].replace(first=True), whole(), GONE[1]],
]
AT_REST = {"gyro": 0.0, "ticks": 0, "mode": 0, "arm": ("", 0)}


@pytest.mark.parametrize("law", [law for law in LAWS if law.__name__ != "spaces_are_kept"])
@pytest.mark.parametrize(
    "options",
    [
        {"max_steps": 1, "on_exhausted": AT_REST},
        {"max_steps": 9, "start": AT_REST},
        {"max_steps": 3, "start": "hold", "on_exhausted": AT_REST},
    ],
    ids=["rescued", "started", "held"],
)
def test_keeps_the_laws_while_something_is_missing(law, options) -> None:
    """Nothing stale is shown: where a value is held, the newest would have been shown.

    That the environment keeps to its space is not asked: here it does not.
    """
    known = Below(
        Dict(
            {
                **ROBOT.observation_space.spaces,
                "arm": Tuple([Text(4, min_length=0), MultiBinary(2)]),
            }
        ),
        Discrete(2),
    )

    law(HoldLastObservation(**options), known, DROPOUTS, Improvise([0, 1]))


@given(
    st.lists(
        st.tuples(*[st.sampled_from([NAN, 1.0, 2.0]) | st.floats(-9, 9, width=32)] * 2), min_size=1
    ),
    st.integers(0, 3),
)
def test_shows_what_a_plain_account_of_it_shows(rows, max_steps) -> None:
    """For any sequence: the last good value, at most so often in a row, and then the given one."""
    wrapper = HoldLastObservation(max_steps, start=0.0, on_exhausted=-1.0)
    last, ages, expected = [0.0, 0.0], [0, 0], []
    for row in rows:
        ages = [age + 1 if np.isnan(x) else 0 for age, x in zip(ages, row, strict=True)]
        last = [
            x if age == 0 else old if age <= max_steps else -1.0
            for x, age, old in zip(row, ages, last, strict=True)
        ]
        expected.append(last)
    dialogue = [step(*row, first=index == 0) for index, row in enumerate(rows)]

    assert expected == shown(wrapper, *dialogue)
