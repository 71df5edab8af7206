"""Both edges feed the sinks: after what was committed, whatever a sink raises, and to the end."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle

import gymnasium as gym
import numpy as np
import pytest
import structlog
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import Act, Below, Deployment, Stack, TimeStep, Wrapper, WrapperError, same
from statewrap.core.events import Closed
from statewrap.core.fold import Report
from statewrap.core.protocol import State
from statewrap.gym import GymWrapper
from statewrap.sinks import ActionRecorder, Buffered, Record, Watcher
from statewrap.wrappers import (
    AddRenderObservation,
    DelayObservation,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
)


class Diary(Watcher):
    """Notes what it is shown."""

    def __init__(self, *, gap=0, needs=()) -> None:
        super().__init__(gap=gap)
        self.needs = frozenset(needs)
        self.lines = []

    def opened(self, timestep):
        self.lines.append(("opened", timestep.observation, timestep.frame))

    def stepped(self, timestep):
        self.lines.append(("stepped", timestep.observation, timestep.frame))

    def close(self):
        self.lines.append(("closed",))


class World(gym.Env):
    """Counts its steps and its pictures; an episode has four steps."""

    observation_space = Box(0.0, 9.0, (), np.float32)
    action_space = Box(0.0, 1.0, (), np.float32)
    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}
    render_mode = "rgb_array"
    steps = rendered = 0

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return np.float32(0), {}

    def step(self, action):
        self.steps += 1
        return np.float32(self.steps), 1.0, self.steps == 4, False, {}

    def render(self):
        self.rendered += 1
        return np.full((2, 2, 3), self.steps, np.uint8)


def seen(diary: Diary) -> list[str]:
    """Return what was noted, short."""
    return [line[0][0] + str(line[1]) if len(line) > 1 else line[0] for line in diary.lines]


def test_a_deployment_shows_each_time_step_once_and_the_end() -> None:
    """At the bottom every step of the environment, at the top what the policy is shown."""
    bottom, top = Diary(), Diary(gap=-1)
    with Deployment(len, RepeatAction(2), sinks=[bottom, top]) as agent:
        agent.act("f0")
        for name in ("f1", "f2", "f3"):
            agent.act(name, 1.0)
        agent.act("f4", 1.0, terminated=True)

    assert ["of0", "sf1", "sf2", "sf3", "sf4", "closed"] == seen(bottom)
    assert ["of0", "sf2", "sf4", "closed"] == seen(top)


def test_a_training_loop_shows_the_same() -> None:
    """The same stack, the same sinks."""
    bottom, top = Diary(), Diary(gap=-1)
    env = GymWrapper(World(), RepeatAction(2), sinks=[bottom, top])
    env.reset()
    for _ in range(2):
        env.step(np.float32(0))
    env.close()

    assert ["o0.0", "s1.0", "s2.0", "s3.0", "s4.0", "closed"] == seen(bottom)
    assert ["o0.0", "s2.0", "s4.0", "closed"] == seen(top)


def test_a_time_step_that_a_wrapper_makes_up_is_shown_above_it_alone() -> None:
    """A refused action gives one more at the top, and none at the bottom."""
    bottom, top = Diary(), Diary(gap=1)
    tries = iter([0, 1])
    stack, space = RejectInvalidAction(), Discrete(2)
    agent = Deployment(lambda _: next(tries), stack, action_space=space, sinks=[bottom, top])

    agent.act("f0", info={"action_mask": np.array([0, 1])})

    assert (["of0"], ["of0", "sf0"]) == (seen(bottom), seen(top))


def test_an_episode_that_goes_on_opens_again() -> None:
    """As after a reset: a time limit in a world that cannot be reset."""
    diary = Diary()
    agent = Deployment(len, TimeLimit(1), sinks=[diary])
    agent.act("f0")
    agent.act("f1", 1.0)

    assert ["of0", "sf1", "of1"] == seen(diary)


class Explodes(Wrapper[None]):
    """Raises at "bad"."""

    def on_state(self, memory, timestep):
        if timestep.observation == "bad":
            raise OSError
        return memory, timestep


def test_what_failed_is_not_shown() -> None:
    """Not until it is made again."""
    diary = Diary()
    agent = Deployment(len, Explodes(), sinks=[diary])
    agent.act("f0")
    with pytest.raises(WrapperError):
        agent.act("bad", 1.0)
    agent.act("f1", 1.0)

    assert ["of0", "sf1"] == seen(diary)


def test_what_a_fallback_answered_is_shown_at_the_bottom_once() -> None:
    """Also where the stack is shown it again as its opening."""
    bottom, top = Diary(), Diary(gap=-1)
    agent = Deployment(len, Explodes(), sinks=[bottom, top], fallback=0)

    agent.act("bad")
    agent.act("f1", 1.0)
    agent.act("bad", 1.0)
    agent.act("f2", 1.0)

    assert ["obad", "sf1", "sbad", "sf2"] == seen(bottom)
    assert ["of1", "sf2"] == seen(top)


def test_pictures_of_the_host_are_shown_as_they_were() -> None:
    """A copy, which nobody can change."""
    picture, diary = np.zeros((2, 2, 3), np.uint8), Diary()
    agent = Deployment(len, sinks=[diary])

    agent.act("f0", frame=picture)
    picture[:] = 1

    assert same(("opened", "f0", np.zeros((2, 2, 3), np.uint8)), diary.lines[0])
    assert not diary.lines[0][2].flags.writeable


@pytest.mark.parametrize(("needs", "pictures"), [((), 0), (("frame",), 3)])
def test_a_training_loop_renders_only_if_a_sink_wants_it(needs, pictures) -> None:
    """Once a time step, however many do."""
    world = World()
    env = GymWrapper(world, Stack(), sinks=[Diary(needs=needs), Diary(needs=needs)])
    env.reset()
    env.step(np.float32(0))
    env.step(np.float32(0))

    assert pictures == world.rendered


def test_a_sink_and_a_wrapper_share_a_picture() -> None:
    """The wrapper has the environment drawn once more, before all, to learn what it is like."""
    world, diary = World(), Diary(needs=["frame"])
    env = GymWrapper(world, AddRenderObservation(), sinks=[diary])
    shown, _ = env.reset()

    assert 2 == world.rendered
    assert same(shown, np.array(diary.lines[0][2]))


def test_a_failing_sink_loses_no_act_in_either_loop() -> None:
    """It is logged with its name, counted, and the others are shown what there is."""

    class Broken(Diary):
        def opened(self, timestep):
            raise OSError("disk full")

    diary, other = Diary(), Diary()
    with structlog.testing.capture_logs() as logs:
        agent = Deployment(lambda _: 7, sinks=[Broken(), diary])
        assert 7 == agent.act("f0")
        env = GymWrapper(World(), Stack(), sinks=[Broken(), other])
        assert 0 == env.reset()[0]

    assert ["sink_failed", "sink_failed"] == [log["event"] for log in logs]
    assert ["facts", "facts"] == [log["report"] for log in logs]
    assert 1 == agent.sink_failures
    assert ["of0", "o0.0"] == seen(diary) + seen(other)


def test_a_broken_log_costs_no_act_either(monkeypatch) -> None:
    """It may be the log that is broken."""

    class Broken(Diary):
        def opened(self, timestep):
            raise OSError

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(structlog, "get_logger", broken)
    agent = Deployment(lambda _: 7, sinks=[Broken()])

    assert 7 == agent.act("f0")


def test_a_sink_may_take_reports_and_facts() -> None:
    """Each call's reports first."""

    class Both(Diary):
        def __call__(self, report):
            self.lines.append((report.name,))

    both = Both()
    with Deployment(len, sinks=[both]) as agent:
        agent.act("f0")
        agent.act("f1", 1.0, terminated=True)

    assert ["of0", "episode_end", "sf1", "deployment_closed", "closed"] == seen(both)


def test_each_sink_has_reports_of_its_own() -> None:
    """One that empties its report takes nothing from the next."""
    told = []
    sinks = [lambda report: report.values.clear(), told.append]
    with Deployment(len, sinks=sinks, session="robot 7") as agent:
        agent.act("f0")

    assert [Report("episode_end", told[0].values)] == told[:1]
    assert {"robot 7"} == {report.values["session"] for report in told}


def test_a_fork_has_sinks_of_its_own() -> None:
    """They are told where they are; those of the original hear nothing of it."""
    original, fork = Diary(), Diary(gap=1)
    agent = Deployment(len, Explodes(), sinks=[original])
    agent.act("f0")
    agent.fork(sinks=[fork]).act("f1", 1.0)

    assert (["of0"], ["sf1"]) == (seen(original), seen(fork))


@pytest.mark.parametrize("wrong", [Diary(), print])
def test_sinks_are_a_list(wrong) -> None:
    """The cure is in the message, at both edges."""
    with pytest.raises(TypeError, match=r"expected a list of sinks: sinks=\[\.\.\.\]"):
        Deployment(len, sinks=wrong)
    with pytest.raises(TypeError, match=r"expected a list of sinks: sinks=\[\.\.\.\]"):
        GymWrapper(World(), Stack(), sinks=wrong)


def test_what_is_no_sink_is_refused() -> None:
    """With what is meant."""
    with pytest.raises(TypeError, match=r"sinks holds 3, which is no sink: .*Watcher"):
        Deployment(len, sinks=[3])


def test_a_sink_knows_what_lies_at_its_gap() -> None:
    """The bottom's is what the edge was told."""
    bottom, top = Diary(), Diary(gap=-1)
    below = Below(metadata={"render_fps": 7})
    Deployment(len, TimeLimit(5), below=below, sinks=[bottom, top])

    assert (below, 5) == (bottom.below, top.below.max_episode_steps)


@pytest.mark.parametrize("gap", [2, -3])
def test_a_gap_that_is_not_there_is_told(gap) -> None:
    """A stack of one wrapper has two."""
    with pytest.raises(ValueError, match=r"Diary is to watch gap .* but .*TimeLimit.* 0 .* to 1"):
        Deployment(len, TimeLimit(5), sinks=[Diary(gap=gap)])
    for there in (1, -2):
        Deployment(len, TimeLimit(5), sinks=[Diary(gap=there)])


def test_a_watcher_is_abstract_and_wants_nothing_by_itself() -> None:
    """What it watches for is the subclass's business."""
    with pytest.raises(TypeError, match="abstract"):
        Watcher()
    assert not Diary().wants_frame(first=True)
    assert Diary(needs=["frame"]).wants_frame(first=False)


def test_events_and_other_gaps_are_passed_over() -> None:
    """Only time steps at the gap, and the end, are of interest."""
    diary = Diary(gap=1)

    diary.observe([(0, TimeStep("f0", first=True)), (1, TimeStep("f1")), (1, Closed())], 1)

    assert ["sf1", "closed"] == seen(diary)


def test_a_session_may_be_restored_after_its_end() -> None:
    """The sinks go on."""
    diary = Diary()
    agent = Deployment(len, sinks=[diary])
    agent.act("f0")
    saved = copy.copy(agent.snapshot())
    agent.close()
    agent.restore(saved)
    agent.act("f1", 1.0)

    assert ["of0", "closed", "sf1"] == seen(diary)


@pytest.mark.parametrize("opens", [True, False])
def test_a_host_can_ask_whether_a_picture_is_wanted(opens) -> None:
    """Before each call, and it depends on whether that opens an episode."""

    class Asks(Diary):
        def wants_frame(self, *, first):
            return first is opens

    agent = Deployment(len, sinks=[Diary(), Asks()])

    wanted = [agent.wants_frame]
    for end in (False, True):
        agent.act("f0") if agent.state is not State.ACTING else None
        wanted.append(agent.wants_frame)
        agent.act("f1", 1.0, terminated=end)
        wanted.append(agent.wants_frame)

    assert [opens, not opens, not opens, not opens, opens] == wanted


def test_a_wrapper_that_needs_pictures_always_wants_one() -> None:
    """Also without a sink."""
    below = Below(Discrete(3), frame_space=Box(0, 255, (4, 6, 3), np.uint8))

    assert Deployment(len, AddRenderObservation(), below=below, sinks=()).wants_frame
    assert not Deployment(len, sinks=()).wants_frame


class Scribbles(Diary):
    """Writes into whatever it is shown."""

    def observe(self, facts, top):
        for _, what in facts:
            if type(what) is TimeStep:
                what.observation["x"] = "scribbled"
                what.info["x"] = "scribbled"
            elif type(what) is Act:
                what.action["x"] = "scribbled"


def test_what_a_sink_writes_into_is_its_own() -> None:
    """Neither the policy, nor the environment, nor the trace, nor the next sink sees it."""
    diary, seen = Diary(), []

    def policy(observation):
        seen.append(observation["x"])
        return {"x": observation["x"]}

    known = Below(Dict(x=Discrete(9)))
    agent = Deployment(policy, DelayObservation(1), below=known, sinks=[Scribbles(), diary])
    sent = [agent.act({"x": 1}), *(agent.act({"x": n}, 0.0, info={"a": 1}) for n in (2, 3))]

    assert [0, 1, 2] == seen
    assert [{"x": n} for n in seen] == sent
    assert "scribbled" not in repr(agent.last_trace)
    assert [1, 2, 3] == [line[1]["x"] for line in diary.lines]


class Falls(Diary):
    """Raises when it is asked whether it wants a picture."""

    def wants_frame(self, *, first):
        raise ZeroDivisionError


def test_a_sink_that_raises_when_it_is_asked_wants_no_picture() -> None:
    """It costs no act, in production or in training, and the environment steps once."""
    agent = Deployment(len, sinks=[Falls()])
    world = World()
    env = GymWrapper(world, RepeatAction(2), sinks=[Falls()])

    with structlog.testing.capture_logs() as logs:
        assert not agent.wants_frame
        assert 2 == agent.act("ab")
        env.reset()
        env.step(0)

    assert {"sink_failed"} == {line["event"] for line in logs}


def test_a_sink_that_raises_when_it_is_asked_for_steps_is_told_none() -> None:
    """It is logged, costs no act, and hides no step from the others."""

    class Asks:
        def __init__(self, answer):
            self.answer, self.told = answer, []

        def wants(self, name):
            return self.answer()

        def __call__(self, report):
            self.told.append(report.name)

    sinks = [Asks(lambda: 1 / 0), Asks(lambda: True), Asks(lambda: False)]
    with structlog.testing.capture_logs() as logs:
        assert 3 == Deployment(len, sinks=sinks).act("abc")

    assert [[], ["step"], []] == [sink.told for sink in sinks]
    assert [("sink_failed", "wants")] == [(log["event"], log["report"]) for log in logs]


def test_a_sink_that_never_wants_steps_is_not_asked() -> None:
    """It says so when the deployment is made."""

    class Never:
        takes_steps = False

        def wants(self, name):
            raise AssertionError

        def __call__(self, report):
            raise AssertionError

    agent = Deployment(len, sinks=[Never()])
    agent.act("a")

    assert 0 == agent.sink_failures


def test_a_sink_of_facts_may_say_that_it_takes_none() -> None:
    """It is bound all the same."""
    diary = Diary()
    diary.takes_facts = False
    Deployment(len, sinks=[diary], below=Below(Discrete(3)), check="never").act("a")

    assert ([], Discrete(3)) == (diary.lines, diary.below.observation_space)


def test_a_restore_is_shown_as_a_break() -> None:
    """What follows does not follow what came before."""

    class Broken(Diary):
        def missed(self):
            self.lines.append(("missed",))

    diary = Broken()
    agent = Deployment(len, sinks=[diary])
    agent.act("f0")
    agent.restore(agent.snapshot())
    agent.act("f1", 1.0)

    assert ["of0", "missed", "sf1"] == seen(diary)


def test_an_episodes_last_step_is_told_before_its_end() -> None:
    """And that of a close before what closes files."""

    class Steps:
        told: list = []

        def wants(self, name):
            return True

        def __call__(self, report):
            self.told.append(report.name)

    agent = Deployment(len, sinks=[Steps()])
    agent.act("a")
    agent.act("b", 1.0, terminated=True)
    agent.act("c")
    agent.close("d", 1.0)

    end, closed = ["step", "episode_end"], ["deployment_closed"]
    assert ["step", *end, "step", *end, *closed] == Steps.told


# -- what is no Exception --------------------------------------------------------------------------


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, BaseException])
def test_what_cancels_a_task_is_a_failing_sink(error) -> None:
    """The action is returned, and the other sinks are told."""
    told = []

    class Broken(Diary):
        def opened(self, timestep):
            raise error

        def wants(self, name):
            raise error

        def __call__(self, report):
            raise error

    diary = Diary()
    with structlog.testing.capture_logs():
        agent = Deployment(lambda _: 7, sinks=[Broken(), told.append, diary])
        assert 7 == agent.act("f0")
        agent.act("f1", 1.0, terminated=True)

    assert ["episode_end"] == [report.name for report in told]
    assert ["of0", "sf1"] == seen(diary)
    assert 4 == agent.sink_failures  # an opening, two questions, a report


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("where", ["report", "facts", "wants"])
def test_what_ends_the_process_goes_on_when_all_are_told(stop, where) -> None:
    """The turn stays true, so that the same call, told its step, has its answer."""
    told, diary, due = [], Diary(), [False]

    class Stopping(Diary):
        def stepped(self, timestep):
            self.stop("facts")

        def wants(self, name):
            self.stop("wants")

        def __call__(self, report):
            self.stop("report")

        def stop(self, here):
            if due[0] and here == where:
                raise stop

    agent = Deployment(len, sinks=[Stopping(), told.append, diary])
    agent.act("f0")
    due[0] = True
    with pytest.raises(stop):
        agent.act("f1", 1.0, terminated=True, step=1)
    due[0] = False

    assert State.OVER is agent.state
    assert ["episode_end"] == [report.name for report in told]
    assert ["of0", "sf1"] == seen(diary)
    assert (None, 0) == (agent.act("f1", 1.0, terminated=True, step=1), agent.sink_failures)
    assert 4 == agent.reset("next")


def test_the_seed_of_a_reset_is_true_though_a_sink_was_interrupted() -> None:
    """As the session itself is."""

    class Stopping(Diary):
        def opened(self, timestep):
            raise KeyboardInterrupt

    agent = Deployment(len, sinks=[Stopping()])
    with pytest.raises(KeyboardInterrupt):
        agent.reset("f0", seed=5)

    assert 5 == agent.config(plain=False)["seed"]


def test_an_interrupt_in_training_shows_no_step_twice() -> None:
    """What a sink was shown before a picture is not shown it again."""

    class Stopping(Diary):
        stops = 0

        def stepped(self, timestep):
            super().stepped(timestep)
            self.stops += 1
            if self.stops == 1:
                raise KeyboardInterrupt

    diary = Stopping(needs=["frame"])
    env = GymWrapper(World(), RepeatAction(2), sinks=[diary])
    env.reset()
    with pytest.raises(KeyboardInterrupt):
        env.step(np.float32(0))

    assert ["o0.0", "s1.0"] == seen(diary)


# -- who is no sink, and whose it is ---------------------------------------------------------------


@pytest.mark.parametrize("lacks", ["bind", "wants_frame"])
def test_a_watcher_has_all_that_goes_with_it(lacks) -> None:
    """What is lacking is named when the sink is given, with what has it."""

    class Half:
        def observe(self, facts, top):
            """Take them."""

        def bind(self, stack):
            """Take note."""

        def wants_frame(self, *, first):
            """Want none."""

    class Less(Half):
        locals()[lacks] = None

    Deployment(sinks=[Half()])
    with pytest.raises(TypeError, match=f"has `observe`, but no `{lacks}`: subclass .*Watcher"):
        Deployment(sinks=[Less()])


@pytest.mark.parametrize("make", [Diary, ActionRecorder, Record])
@pytest.mark.parametrize("around", [lambda sink: sink, Buffered], ids=["itself", "buffered"])
def test_a_sink_of_one_session_is_refused_to_a_second_that_is_open(make, around) -> None:
    """Both would be mixed in it. Once closed, or gone, the first is no hindrance."""
    sink = make()
    first = Deployment(len, sinks=[around(sink)])
    for second in (lambda: Deployment(len, sinks=[around(sink)]), lambda: first.fork(sinks=[sink])):
        with pytest.raises(ValueError, match=r"belongs to a session that is open.*close\(\)"):
            second()
    with pytest.raises(ValueError, match="belongs to a session"):
        GymWrapper(World(), Stack(), sinks=[around(sink)])
    first.act("f0")
    first.close()

    third = Deployment(len, sinks=[around(sink)])
    del third
    gc.collect()
    assert 2 == Deployment(len, sinks=[around(sink)]).act("f0")


def test_a_deployment_that_is_refused_takes_no_sink() -> None:
    """The others are as free as they were, and the one that is taken stays so."""
    free, taken = Diary(), Diary()
    agent = Deployment(len, sinks=[taken])
    for _ in range(2):
        with pytest.raises(ValueError, match="belongs to a session") as kept:
            Deployment(len, sinks=[free, taken])
    with pytest.raises(ValueError, match="gap"):
        Deployment(len, sinks=[free, Diary(gap=9)])

    assert 2 == Deployment(len, sinks=[free]).act("f0")
    assert 2 == agent.act("f0")
    assert kept.value is not None


def test_a_sink_that_is_copied_or_pickled_belongs_to_no_session() -> None:
    """It is another one."""
    recorder = ActionRecorder()
    agent = Deployment(len, sinks=[recorder])
    again = pickle.loads(pickle.dumps(recorder))  # noqa: S301 - its own

    assert 2 == agent.act("f0")
    assert 2 == Deployment(len, sinks=[again]).act("f0")
