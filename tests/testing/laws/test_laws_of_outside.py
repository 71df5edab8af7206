"""What a wrapper asks of the world outside is seen, named and placed; what is its own is let be."""

from __future__ import annotations

import _socket
import _thread
import datetime as dt
import gc
import importlib
import io
import os
import random
import sys
import time
import warnings
from types import FrameType
from typing import NamedTuple

import attrs
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import Act, Below, Key, TimeStep, Wrapper, argument
from statewrap.testing import FIRST, Improvise
from statewrap.testing.laws.outside import lives_without_an_environment, touches_nothing_outside
from statewrap.testing.laws.probes import (
    CURES,
    PROBES,
    Sight,
    frames_up_to,
    name_of,
    probe_of_builtin,
    probe_of_frame,
    sight_of,
)
from statewrap.testing.laws.watching import NOT_SEEN, Seen
from tests.testing.laws import outside_faults as faults

BELOW = Below(spaces.Discrete(9), spaces.Discrete(3))
POLICY = Improvise([np.int64(0), np.int64(1)])
EPISODES = [[FIRST, TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0, terminated=True)]]


def named(case: object) -> str | None:
    """Name a case by its class."""
    return type(case).__name__ if isinstance(case, Wrapper) else None


def broken(law, wrapper) -> str:
    """Return what a law says of a wrapper."""
    with pytest.raises(AssertionError) as found:
        law(wrapper, BELOW, EPISODES, POLICY)
    return str(found.value)


@pytest.mark.parametrize("name", faults.TOUCHES)
def test_what_is_touched_outside_is_named(name) -> None:
    """With the method, the kind and its cure."""
    function, probe, called = faults.TOUCHES[name]

    said = broken(touches_nothing_outside, faults.Tells(function))

    assert "breaks the law touches_nothing_outside: " in said
    assert ", in on_state, used " in said
    assert called in said
    assert f"({probe})." in said
    assert CURES[probe] in said


def test_the_line_of_the_call_is_told() -> None:
    """The wrapper's own line, not that of the library in which the file was opened."""
    said = broken(touches_nothing_outside, faults.Tells(faults.loads))

    assert "outside_faults.py:" in said
    assert "`return len(HERE.read_bytes())`" in said


def test_the_line_of_a_function_of_numpys_hidden_generator_is_told() -> None:
    """Python's hook does not hear of it: the generator moved, and somebody names it."""
    said = broken(touches_nothing_outside, faults.Tells(faults.seeds_numpy))

    assert "used np.random.seed, at " in said
    assert "np.random.seed(0)" in said


@pytest.mark.parametrize(
    ("wrapper", "method"),
    [
        (faults.AsksAtBind(), "in bind, used time.time"),
        (faults.AsksAtTheStart(), "in initial, used time.time"),
        (faults.AsksAtARenewal(), "in renew, used time.time"),
        (faults.AsksAtAnAct(), "in on_action, used time.time"),
        (faults.AssignsAGlobal(), "in on_state, used `global _steps`"),
        (Wrapper() | faults.AsksAtBind(), "AsksAtBind(), in bind"),
    ],
    ids=named,
)
def test_every_method_is_watched(wrapper, method) -> None:
    """Also one that raises afterwards, and one of several."""
    assert method in broken(touches_nothing_outside, wrapper)


def test_what_a_wrapper_raises_is_told_where_nothing_was_touched() -> None:
    """The law does not hold because nothing happened."""

    class Raises(Wrapper):
        def on_state(self, memory, timestep):
            raise KeyError("nothing")

    assert "KeyError in on_state" in broken(touches_nothing_outside, Raises())


@attrs.frozen
class Calculates(Wrapper[Key]):
    """Generators and spaces of its own, seeded; numpy, copies, containers, imports, strings."""

    seen: dict = attrs.field(factory=dict, eq=False, repr=False)
    space: spaces.Space = argument(spaces.Dict(a=spaces.Discrete(3), b=spaces.Box(0, 1, (2,))))

    def initial(self, key):
        """Keep the key."""
        return key

    def on_state(self, memory, timestep):
        """Draw in every way that is allowed."""
        import colorsys  # noqa: PLC0415 - not imported before, so that a file is read
        from copy import deepcopy  # noqa: PLC0415

        draw, key = memory.uniform()
        generator, dice = memory.generator(), random.Random(7)  # noqa: S311
        space = deepcopy(self.space)
        space.seed(int(draw * 100))
        told = {
            "normal": generator.normal(),
            "keyed": np.random.Generator(np.random.Philox(key=memory.k0)).random(),
            "seeded": np.random.default_rng(3).integers(9),
            "dice": dice.choice("abc"),
            "sample": space.sample(),
            "hue": colorsys.rgb_to_hsv(0.1, 0.2, 0.3),
            "text": f"{np.arange(3)!r} {sorted({3, 1})} {np.linalg.norm(np.ones(2))}",
            "batch": spaces.Box(0.0, 1.0, (2,)).contains(np.zeros(3)),
        }
        with np.errstate(all="ignore"):
            told["log"] = np.log(np.zeros(1))
        return key, timestep.replace(info=told)


def test_what_is_its_own_is_let_be() -> None:
    """A first import reads a file, which is not the wrapper's doing."""
    sys.modules.pop("colorsys", None)

    touches_nothing_outside(Calculates(), BELOW, EPISODES, POLICY)
    lives_without_an_environment(Calculates(), BELOW, EPISODES, POLICY)


def test_a_warning_of_gymnasium_or_numpy_is_not_the_wrappers() -> None:
    """Here a Box whose bounds lose precision, and a mean of nothing."""

    class Warned(Wrapper):
        def on_state(self, memory, timestep):
            spaces.Box(np.zeros(2), np.ones(2))
            np.mean([])
            return None, timestep

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        touches_nothing_outside(Warned(), BELOW, EPISODES, POLICY)


def test_a_space_that_gymnasium_seeds_on_the_way_is_not_the_wrappers() -> None:
    """batch_space copies the generator of a space, and so has it seeded."""

    class Batches(Wrapper):
        def above(self, below):
            from gymnasium.vector.utils import batch_space  # noqa: PLC0415

            space = batch_space(spaces.Discrete(3), 2)
            return attrs.evolve(below, observation_space=space)

    touches_nothing_outside(Batches(), BELOW, EPISODES, POLICY)


def test_who_listened_before_listens_afterwards() -> None:
    """A profiler that is on is put back, and garbage is collected again, or still not."""
    heard = []

    def listener(frame, event, argument):
        heard.append(event)

    sys.setprofile(listener)
    gc.disable()
    try:
        touches_nothing_outside(Wrapper(), BELOW, EPISODES, POLICY)
        now, collects = sys.getprofile(), gc.isenabled()
    finally:
        sys.setprofile(None)
        gc.enable()

    assert (listener, False) == (now, collects)
    assert heard
    touches_nothing_outside(Wrapper(), BELOW, EPISODES, POLICY)
    assert gc.isenabled()


def test_what_was_not_seen_is_said_to_be_not_seen() -> None:
    """And never that it is safe."""
    nothing = Seen(34)

    assert tuple(probe.name for probe in PROBES) == nothing.not_seen
    assert str(nothing).startswith("In 34 calls, not seen: clock, global randomness, files, ")
    assert "safe" not in str(nothing) + NOT_SEEN
    assert all(probe.sees and probe.cure for probe in PROBES)


@pytest.mark.parametrize("name", faults.HOLDERS)
def test_an_environment_that_hides_in_an_argument_is_found(name) -> None:
    """However deep; the message says the way to it."""
    said = broken(lives_without_an_environment, faults.HoldsOne(faults.HOLDERS[name]))

    assert "can reach an environment" in said
    assert "self.source" in said or "the closure of asking" in said
    assert "Ask the message" in said


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (faults.HoldsOneInItsClass(), "HoldsOneInItsClass.source"),
        (faults.AsksAGlobal(), "the global SIMULATOR"),
        (faults.AsksThroughAFunction(), "named in lives"),
        (faults.HasADefault(), "a default argument of HasADefault.on_state"),
        (faults.HasAFunctionThatHasADefault(), "HasAFunctionThatHasADefault.lives"),
        (faults.RemembersOne(), "its memory['world'][0]"),
        (faults.MakesOne(), "in bind, used gymnasium.envs.registration.make"),
        (faults.StepsOne(), "in on_action, used tests.testing.laws.outside_faults.Simulator.step"),
    ],
    ids=named,
)
def test_an_environment_that_hides_elsewhere_is_found(wrapper, words) -> None:
    """In the class, the module, a default, the memory; or made and stepped on the way."""
    assert words in broken(lives_without_an_environment, wrapper)


@attrs.frozen
class Filter:
    """A frozen record: its step gives a value, and changes nothing."""

    gain: float = 0.5

    def step(self, before: float, now: float) -> float:
        """Return the next value."""
        return before + self.gain * (now - before)

    def reset(self) -> float:
        """Return where it begins."""
        return 0.0


class Record(NamedTuple):
    """The same as a tuple."""

    gain: float

    def step(self, before: float, now: float) -> float:
        """Return the next value."""
        return before + self.gain * (now - before)

    def reset(self) -> float:
        """Return where it begins."""
        return 0.0


@attrs.frozen
class Smooths(Wrapper[float]):
    """Steps a filter, which is no environment, and has a class of environments for a default."""

    filter: Filter | Record = attrs.field(factory=Filter)
    kind: type = faults.Simulator

    def initial(self, key):
        """Begin."""
        return self.filter.reset()

    def on_state(self, memory, timestep):
        """Smooth the reward."""
        smooth = self.filter.step(memory, float(timestep.reward))
        return smooth, timestep if timestep.first else timestep.replace(reward=smooth)

    def on_action(self, memory, act: Act):
        """Pass."""
        return memory, act

    def step(self) -> None:
        """Do nothing; a wrapper is no environment."""

    def reset(self) -> None:
        """Do nothing."""


def test_an_environment_is_not_the_business_of_the_other_law() -> None:
    """Each law names its own fault."""
    touches_nothing_outside(faults.StepsOne(), BELOW, EPISODES, POLICY)
    with pytest.raises(AssertionError, match="breaks the law lives_without_an_environment"):
        stack = faults.AsksAtAnAct() | faults.StepsOne()
        lives_without_an_environment(stack, BELOW, EPISODES, POLICY)


def test_what_only_looks_like_an_environment_is_let_be() -> None:
    """A frozen filter, a record, a class, and the wrapper itself."""
    for record in (Filter(), Record(0.5)):
        lives_without_an_environment(Smooths(record), BELOW, EPISODES, POLICY)


def test_an_empty_closure_and_an_endless_chain_are_no_trouble() -> None:
    """A function that is not there yet, and an object that holds itself."""

    class Loop:
        def __init__(self):
            self.again = self

    def early():
        return later

    wrapper = faults.HoldsOne([early, Loop(), iter([]), importlib])
    lives_without_an_environment(wrapper, BELOW, EPISODES, POLICY)
    lives_without_an_environment(faults.NamesWhatIsRefused(), BELOW, EPISODES, POLICY)
    later = 1


# The hook itself is not measured by coverage, so what it asks is also asked here by hand.


@pytest.mark.parametrize(
    ("function", "probe"),
    [
        (time.perf_counter, "clock"),
        (time.mktime, None),
        (dt.datetime.now, "clock"),
        (dt.date.fromordinal, None),
        (random.random, "global randomness"),
        (random.Random(0).random, None),  # noqa: S311
        (os.urandom, "global randomness"),
        (os.putenv, "environment variables"),
        (os.stat, "files"),
        (os.fspath, None),
        (os.getpid, "processes"),
        (open, "files"),
        (io.text_encoding, None),
        (io.BytesIO().read, None),
        (sys.__stdout__.write, "logs"),
        (np.fromfile, "files"),
        (np.zeros, None),
        (np.zeros(1).tofile, "files"),
        (np.zeros(1).sum, None),
        (_thread.start_new_thread, "threads"),
        (_thread.get_ident, None),
        (_socket.getaddrinfo, "network"),
        (warnings.warn, "logs"),
        (print, "logs"),
        (len, None),
        (gc.collect, "interpreter"),
        ([].append, None),
    ],
    ids=lambda case: getattr(case, "__qualname__", str(case)),
)
def test_a_probe_knows_the_functions_written_in_c(function, probe) -> None:
    """By their module, or by the object that they are a method of."""
    assert probe == probe_of_builtin(function)


def test_the_functions_of_an_open_file_are_seen() -> None:
    """Also where it was opened before."""
    with faults.HERE.open() as file:
        assert probe_of_builtin(file.readline) == "files"


def frame_of(call, *given) -> FrameType:
    """Return the frame in which the first Python function begins that a call leads to."""
    frames = []

    def listener(frame, event, argument):
        if event == "call" and not frames:
            frames.append(frame)

    sys.setprofile(listener)
    try:
        call(*given)
    finally:
        sys.setprofile(None)
    return frames[0]


@pytest.mark.parametrize(
    ("call", "given", "probe"),
    [
        (os.environ.__getitem__, ("PATH",), "environment variables"),
        (faults.LOG.debug, ("x",), "logs"),
        (faults.SIMULATOR.step, (0,), "environments"),
        (Smooths().step, (), None),
        (spaces.Discrete(2).sample, (), None),
        (random.Random(1).seed, (1,), None),  # noqa: S311
        (random.Random(1).seed, (), "global randomness"),  # noqa: S311
        (frames_up_to, (None, None), None),
    ],
    ids=lambda case: getattr(case, "__qualname__", ""),
)
def test_a_probe_knows_the_functions_written_in_python(call, given, probe) -> None:
    """By their code, their module, or the object that they are called with."""
    assert probe == probe_of_frame(frame_of(call, *given))


def make() -> None:
    """Do nothing: it has the name of Gymnasium's function."""


def test_a_function_that_is_only_called_make_is_let_be() -> None:
    """Gymnasium's own is told by its module."""
    assert probe_of_frame(frame_of(make)) is None


def test_the_first_frame_that_is_no_librarys_is_to_blame() -> None:
    """What it called is named; if nobody is, the function itself."""
    here = sys._getframe()
    library = frame_of(faults.HERE.exists)

    assert Sight("files", "os.stat", here.f_code.co_filename, here.f_lineno) == sight_of(
        "files", "os.stat", [here]
    )
    assert sight_of("files", "os.stat", [library, here]).called == "pathlib.Path.exists"
    assert Sight("files", "os.stat", None, None) == sight_of("files", "os.stat", [library])


def test_frames_are_taken_up_to_one() -> None:
    """Innermost first, and that one not."""
    here = sys._getframe()

    assert [] == frames_up_to(here, here)
    assert [here] == frames_up_to(here, here.f_back)


@pytest.mark.parametrize(
    ("probe", "frame"),
    [
        ("logs", lambda: frame_of(np.mean, np.zeros(1))),
        ("global randomness", lambda: frame_of(spaces.Box(0, 1, (2,)).contains, np.zeros(2))),
        ("global randomness", lambda: frame_of(Key(0, 0).generator)),
    ],
    ids=["numpy-warns", "gymnasium-seeds", "a-key"],
)
def test_what_a_library_does_on_its_own_account_is_nobodys_fault(probe, frame) -> None:
    """A warning, a space seeded on the way, entropy that a key makes useless."""
    assert sight_of(probe, "x", [frame(), sys._getframe()]) is None


def test_an_import_is_nobodys_fault() -> None:
    """Whatever files it reads."""
    sys.modules.pop("colorsys", None)
    importing = frame_of(importlib.__import__, "colorsys")

    assert sight_of("files", "os.stat", [importing, sys._getframe()]) is None


def test_functions_have_the_names_that_people_write() -> None:
    """`open`, not io.open; os, not posix."""
    named_by_name = {"open": open, "os.stat": os.stat, "random.random": random.random}
    named_by_owner = {"datetime.now": dt.datetime.now, "list.append": [].append}

    for name, function in {**named_by_name, **named_by_owner, "print": print}.items():
        assert name == name_of(function)
