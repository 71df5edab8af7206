"""ArrayConversion and its three short forms: numpy below, torch above, or any such pair."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any, NamedTuple

import attrs
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import (
    Act,
    Below,
    BindError,
    Deployment,
    MissingExtraError,
    Reset,
    SpaceError,
    TimeStep,
    same,
)
from statewrap.testing import play
from statewrap.wrappers import (
    ArrayConversion,
    FrameStackObservation,
    JaxToNumpy,
    JaxToTorch,
    NumpyToTorch,
    RepeatAction,
)
from statewrap.wrappers.array_conversion import into
from tests.wrappers.pictures import GymWrapper, make

torch = pytest.importorskip("torch")
jnp = pytest.importorskip("jax.numpy")


class Pair(NamedTuple):
    """A container with names."""

    a: Any
    b: Any


NUMBERS = np.random.default_rng(0).random((2, 3))
READ_ONLY = np.arange(3.0)
READ_ONLY.setflags(write=False)
VALUES = [
    *(1, 1.5, True, 1 + 2j, np.float32(2), np.int64(3), np.float16(1), None),
    *(NUMBERS, READ_ONLY, np.asfortranarray(NUMBERS), np.zeros(0), np.array(5), np.array(True)),
    *(np.zeros(2, kind) for kind in ("f2", "u2", "u1", "i4", "c16", "?")),
    *([1, (2.0, READ_ONLY)], {"a": {"b": READ_ONLY}}, OrderedDict(a=1), Pair(1, READ_ONLY)),
    *(torch.tensor([1.0, 2.0]), torch.tensor(1), torch.tensor(True), torch.ones(2, 3).T),
    *(jnp.arange(3), jnp.float32(1), jnp.array(True), jnp.ones((2, 2))),
]
LIBRARIES = {"numpy": np, "torch": torch, "jax.numpy": jnp}


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_values_become_what_gymnasium_makes_of_them(name, value) -> None:
    """The same type, dtype, shape and bits, in containers as well."""
    theirs = pytest.importorskip("gymnasium.wrappers.array_conversion", exc_type=ImportError)
    xp = theirs.module_namespace(LIBRARIES[name])

    assert same(theirs.array_conversion(value, xp), into(name, None, None)(value))


ODD = [
    (np.bool_(True), torch.tensor(True)),
    ("text", "text"),
    (b"bytes", b"bytes"),
    ({"a": "text", 1: 2}, {"a": "text", 1: torch.tensor(2)}),
    (np.arange(3)[::-1], torch.tensor([2, 1, 0])),
    (NUMBERS[:, ::2], torch.tensor(NUMBERS[:, ::2].copy())),
    (np.array([1.5], ">f4"), torch.tensor([1.5])),
    (torch.ones(1, requires_grad=True), torch.ones(1)),
]


@pytest.mark.parametrize(("value", "expected"), ODD, ids=range(len(ODD)))
def test_what_gymnasium_cannot_convert_is_converted_or_left(value, expected) -> None:
    """Gymnasium's fails, names a generator for a text, or ends the process (a flipped array)."""
    assert same(expected, into("torch", None, None)(value))


@pytest.mark.parametrize("value", [np.array(["a"]), np.array([1, None], object), np.str_("a"), len])
def test_what_holds_no_numbers_stays_as_it_is(value) -> None:
    """Whatever it is."""
    assert into("torch", None, None)(value) is value
    assert into("numpy", None, None)(value) is value


def test_a_set_becomes_a_set() -> None:
    """Of tensors, which are told apart by who they are."""
    made = into("torch", None, None)({3})

    assert [torch.tensor(3)] == [*made]
    assert type(made) is set


STEP = TimeStep(np.ones(2), np.float32(1.0), np.bool_(True), False, {"n": 3}, frame=np.zeros(2))


@pytest.mark.parametrize(
    "kind",
    ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32"],
)
def test_jax_takes_a_tensor_over_as_by_dlpack(kind) -> None:
    """Also where numpy hands it over, which is faster: the same dtype, shape and numbers."""
    tensor = torch.tensor([[0, 1, 0], [1, 3, 7]]).to(getattr(torch, kind)).T

    made = into("jax.numpy", None, None)(tensor)

    assert same(jnp.asarray(jnp.from_dlpack(tensor.clone().contiguous())), made)


@pytest.mark.parametrize("number", [0, -3, 2**63 - 1, -(2**63)])
def test_a_whole_number_becomes_the_tensor_that_torch_makes_of_it(number) -> None:
    """Of 64 bits."""
    assert same(torch.asarray(number), into("torch", None, None)(number))


def test_a_number_too_large_for_a_tensor_is_refused_by_torch() -> None:
    """In its own words."""
    with pytest.raises(Exception, match="Overflow") as torchs:
        torch.asarray(2**63)
    with pytest.raises(torchs.type, match="Overflow"):
        into("torch", None, None)(2**63)


def test_both_directions_are_converted() -> None:
    """Observation, info and picture up, action and options down; reward and flags are cast."""
    replies = play(
        NumpyToTorch(),
        TimeStep(np.zeros(2), first=True),
        Act(torch.tensor([1, 2])),
        STEP,
        Reset(seed=3, options={"n": torch.tensor(1)}),
        Reset(seed=3),
    )

    opening, act, step, reset, plain = replies
    assert same(TimeStep(torch.zeros(2, dtype=torch.float64), first=True), opening)
    assert same(Act(np.array([1, 2])), act)
    told = {"n": torch.tensor(3)}
    frame = torch.zeros(2, dtype=torch.float64)
    seen = torch.ones(2, dtype=torch.float64)
    assert same(TimeStep(seen, 1.0, True, False, told, frame=frame), step)
    assert same(Reset(3, {"n": np.array(1)}), reset)
    assert same(Reset(seed=3), plain)
    assert [float, bool, bool] == [type(step.reward), type(step.terminated), type(step.truncated)]


def test_time_and_actor_stay() -> None:
    """They are no arrays."""
    (reply,) = play(NumpyToTorch(), TimeStep(1, first=True, time=2.0, actor="a"))

    assert (2.0, "a", True) == (reply.time, reply.actor, reply.first)


@pytest.mark.parametrize(
    ("short", "env_xp", "target_xp"),
    [
        (JaxToNumpy(), "jax.numpy", "numpy"),
        (JaxToTorch(), "jax.numpy", "torch"),
        (NumpyToTorch(), "numpy", "torch"),
    ],
)
def test_a_short_form_is_a_conversion(short, env_xp, target_xp) -> None:
    """With both libraries given."""
    steps = [TimeStep(np.zeros(2), first=True), Act(1), STEP]

    assert same(play(ArrayConversion(env_xp, target_xp), *steps), play(short, *steps))


def test_modules_and_names_are_the_same() -> None:
    """So that a stack prints as Python that makes it again."""
    by_name = ArrayConversion("jax.numpy", "torch", None, "cpu")

    assert by_name == ArrayConversion(jnp, torch, target_device=torch.device("cpu"))
    assert by_name == eval(repr(by_name))  # noqa: S307 - that is the claim
    assert hash(by_name) == hash(attrs.evolve(by_name))
    assert NumpyToTorch("cpu") == NumpyToTorch(torch.device("cpu")) == eval("NumpyToTorch('cpu')")  # noqa: S307
    assert by_name != ArrayConversion("torch", "jax.numpy", None, "cpu")


def test_a_device_is_where_tensors_lie() -> None:
    """The one that is named, also for numbers."""
    seen = play(NumpyToTorch("meta"), TimeStep({"a": np.ones(2), "b": 1}, first=True))[0]

    assert {"meta"} == {part.device.type for part in seen.observation.values()}
    down = play(ArrayConversion("torch", "numpy", "meta"), Act(np.ones(2)))[0]
    assert "meta" == down.action.device.type


def test_what_makes_no_arrays_is_refused() -> None:
    """At once, or where the module is imported; with Gymnasium's type of error."""
    with pytest.raises(ValueError, match="is not an Array API compatible module"):
        ArrayConversion(sys, np)
    with pytest.raises(TypeError, match="expected a module or its name"):
        ArrayConversion(np, 3)
    with pytest.raises(BindError, match="makes none") as told:
        ArrayConversion("numpy", "sys").bind(Below())
    assert isinstance(told.value.__cause__, ValueError)
    with pytest.raises(BindError, match="'nunpy', which cannot be imported"):
        ArrayConversion("nunpy", np).bind(Below())


@pytest.mark.parametrize(
    ("wrapper", "lacking"),
    [
        (NumpyToTorch(), "torch"),
        (JaxToNumpy(), "jax"),
        (ArrayConversion("numpy", "torch"), "torch"),
    ],
)
def test_a_library_that_is_missing_is_named(wrapper, lacking, monkeypatch) -> None:
    """With the extra that brings it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == lacking]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, lacking, None)

    with pytest.raises(MissingExtraError, match=rf"pip install 'statewrap\[{lacking}\]'"):
        wrapper.bind(Below())


def test_no_library_is_imported_before_it_is_used() -> None:
    """Importing the box, and making a conversion, loads neither torch nor jax."""
    code = (
        "import sys; from statewrap.wrappers import *; from statewrap import *; "
        "NumpyToTorch(), JaxToTorch(), ArrayConversion('numpy', 'torch'); "
        "freeze({1: object()}), same([1], [2]); "
        "print([m for m in ('torch', 'jax', 'moviepy', 'pygame') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


def test_a_library_known_by_its_interface_alone_will_do() -> None:
    """Arrays are exchanged as the standard says."""
    strict = pytest.importorskip("array_api_strict")
    up, back = into("array_api_strict", None, None), into("numpy", None, None)

    made = up({"a": READ_ONLY, "n": 1})

    assert isinstance(made["a"], type(strict.zeros(1)))
    assert same({"a": READ_ONLY, "n": np.array(1)}, back(made))
    assert same(torch.tensor(READ_ONLY.copy()), into("torch", None, None)(made["a"]))


def test_a_library_that_cannot_take_arrays_over_is_given_them_by_numpy(monkeypatch) -> None:
    """With the device that is named, if one is."""

    def refuses(value, **given):
        raise BufferError

    given = []
    simple = SimpleNamespace(asarray=lambda x, **known: given.append((x, known)) or "made")
    simple.from_dlpack = refuses
    monkeypatch.setitem(sys.modules, "simple_arrays", simple)

    assert ["made"] * 2 == into("simple_arrays", None, None)([READ_ONLY, 1])
    assert "made" == into("simple_arrays", "here", None)(torch.ones(1))
    assert same([(READ_ONLY, {}), (1, {})], given[:2])
    assert same((np.ones(1, np.float32), {"device": "here"}), given[2])


def test_nobody_can_write_into_what_another_sees() -> None:
    """A tensor shares nothing with the array that it was made of, nor an array with a tensor."""
    tensor = into("torch", None, None)(READ_ONLY)
    tensor += 1
    array = into("numpy", None, None)(tensor)
    tensor += 1

    assert same(np.arange(3.0), READ_ONLY)
    assert same(np.arange(3.0) + 1, array)
    assert not array.flags.writeable
    given = np.zeros(512, np.float32)
    shown = [into(name, None, None)(given) for name in LIBRARIES]
    given += 1
    assert [0.0, 0.0, 0.0] == [float(array.max()) for array in shown]
    source = jnp.ones(2)
    into("torch", None, None)(source).add_(1)
    assert same(jnp.ones(2), source)


def test_a_policy_may_work_in_place() -> None:
    """It is given a tensor of its own: what the trace holds is what it was shown."""

    def policy(seen):
        seen += 1
        return seen

    agent = Deployment(policy, NumpyToTorch(), sinks=())
    action = agent.act(np.zeros(2))

    assert same(np.ones(2), action)
    assert same(torch.zeros(2, dtype=torch.float64), agent.last_trace.at(-1)[0].observation)


@pytest.mark.parametrize("kind", [JaxToTorch, NumpyToTorch])
def test_a_snapshot_holds_tensors(kind) -> None:
    """Where a decision is wanted on one, and where the last action is held by a skip above."""
    options = {"action_space": Discrete(3), "sinks": ()}
    stack = kind() | RepeatAction(2)
    agent, twin = Deployment(None, stack, **options), Deployment(None, stack, **options)
    agent.observe(np.ones(2, np.float32))
    twin.restore(agent.snapshot())

    assert same(torch.ones(2), twin.wanted.observation)
    assert same(agent.decide(torch.tensor(1)), twin.decide(torch.tensor(1)))
    twin.restore(agent.snapshot())
    assert same(torch.tensor(1), twin.memory.wrappers[1].act.action)
    seen = np.zeros(2, np.float32)
    assert same(agent.observe(seen, 1.0), twin.observe(seen, 1.0))


def test_spaces_stay_and_hold_what_is_shown() -> None:
    """A tensor is looked at as numpy would hold it; one outside is told."""
    space = Dict(a=Box(0.0, 1.0, (2,), np.float64), b=Discrete(3))
    agent = Deployment(
        lambda _: torch.tensor(2),
        JaxToTorch(),
        observation_space=space,
        action_space=Discrete(3),
        check="always",
        sinks=(),
    )

    assert same(jnp.asarray(2), agent.act({"a": np.ones(2), "b": 1}))
    assert space == agent.stack.gaps[-1].observation_space
    with pytest.raises(SpaceError, match=r"outside 0\.0 to 1\.0"):
        agent.act({"a": 2 * np.ones(2), "b": 1}, 0.0)


@pytest.mark.parametrize("kind", ["NumpyToTorch", "ArrayConversion"])
def test_agrees_with_gymnasium_on_a_real_environment(kind) -> None:
    """Over several episodes, infos included."""
    pytest.importorskip("array_api_compat")
    given = {"NumpyToTorch": (), "ArrayConversion": (np, torch)}[kind]
    ours = {"NumpyToTorch": NumpyToTorch, "ArrayConversion": ArrayConversion}[kind](*given)
    twin = getattr(gym.wrappers, kind)

    def lived(env):
        shown = [env.reset(seed=3)]
        for step in range(40):
            shown.append(env.step(torch.tensor(step % 2)))
            if shown[-1][2]:
                shown.append(env.reset())
        return shown

    theirs = twin(make(mode=None), *given)
    assert same(lived(theirs), lived(GymWrapper(make(mode=None), ours)))


def test_numpy_above_torch_below() -> None:
    """A stack of frames over tensors is made before they are."""
    below = Below(Box(-1.0, 1.0, (2,), np.float32))
    stack = FrameStackObservation(2) | NumpyToTorch()

    (reply,) = play(stack, TimeStep(np.ones(2, np.float32), first=True), below=below)

    assert same(torch.ones(2, 2), reply.observation)
