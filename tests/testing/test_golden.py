"""Golden dialogues: recorded, saved, played again, and broken in every way."""

from __future__ import annotations

import copy
import json
import time

import attrs
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import Act, Deployment, Policy, ProtocolError, Stack, TimeStep, Wrapper, derived
from statewrap.core.errors import InputError, WrapperError
from statewrap.testing import (
    GoldenBroken,
    GoldenError,
    Improvise,
    golden_dialogue,
    record,
    replay,
)
from statewrap.testing.golden.watch import Watch
from statewrap.wrappers import (
    ClipReward,
    RandomReset,
    RecordEpisodeStatistics,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
    TransformReward,
)


def above_one(observation):
    """Decide by a number."""
    return int(observation > 1)


def make(stack=None, *, policy=above_one, **options):
    """Make a fresh deployment that tells nobody."""
    stack = RepeatAction(2) | ClipReward(-1.0, 1.0) if stack is None else stack
    return Deployment(policy, stack, **{"sinks": (), "seed": 0, **options})


def drive(deployment):
    """Lead an episode of two decisions, one of them skipped, and abandon a second one."""
    deployment.reset(0.0)
    deployment.act(1.0, 0.5)
    deployment.act(2.0, 3.0, info={"lives": 2})
    deployment.act(3.0, 1.0, True)
    deployment.reset(0.5)


@pytest.fixture
def path(tmp_path):
    """Record that dialogue on a clock that stands still, and return its file."""
    with record(make(clock=lambda: 0.0)) as session:
        drive(session)
    session.save(tmp_path / "golden" / "drive.jsonl")
    return tmp_path / "golden" / "drive.jsonl"


def edit(path, old, new, count=1):
    """Change a golden file as a person would."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= count
    path.write_text(text.replace(old, new, count), encoding="utf-8")


class TestRecord:
    """What stands in the file."""

    def test_writes_a_line_for_the_call_each_hop_and_the_answer(self, path):
        """A message that a wrapper lets pass says what was changed on its way, and no more."""
        header, *lines = map(json.loads, path.read_text().splitlines())

        assert ["RepeatAction(num_repeats=2)", "ClipReward(min_reward=-1.0, max_reward=1.0)"] == [
            *header["stack"]
        ]
        assert (0, 1) == (header["seed"], header["format"])
        given = {"observation": 2.0, "reward": 3.0, "info": {"dict": {"lives": 2}}}
        assert [
            {"step": 2, "call": "act", "given": given, "time": 0.0},
            {"step": 2, "gap": 1, "who": "RepeatAction", "passes": {"reward": 3.5}},
            {"step": 2, "gap": 2, "who": "ClipReward", "passes": {"reward": {"float64": 1.0}}},
            {"step": 2, "gap": 2, "who": "policy", "says": {"Act": {"action": 1}}},
            {"step": 2, "gap": 1, "who": "ClipReward", "passes": {}},
            {"step": 2, "gap": 0, "who": "RepeatAction", "passes": {}},
            {"step": 2, "answer": 1},
        ] == [line for line in lines if line.get("step") == 2]

    def test_writes_what_a_wrapper_sets_back(self):
        """To its default too, which a whole message would leave out."""
        hidden = TransformReward(abs) | TransformReward(bool) | TransformReward(float)
        with record(make(hidden, clock=lambda: 0.0)) as session:
            session.reset(0.0)
            session.act(1.0, 0.0)

        passed = [line["passes"] for line in session.dialogue.calls[1].lines if "passes" in line]

        assert [{}, {"reward": False}, {"reward": 0.0}] == passed[:3]

    def test_answers_as_the_deployment_does(self):
        """The same, and what only looks is passed on."""
        one, other = make(), record(make())

        assert one.reset(0.0) == other.reset(0.0)
        assert one.act(1.0, 2.0) == other.act(1.0, 2.0)
        assert one.statistics == other.statistics
        assert (one.state, one.step, one.pending) == (other.state, other.step, other.pending)
        assert "Recording of 2 calls" in repr(other)

    def test_a_with_closes_it(self):
        """As `with deployment` does; if the block raises, neither closes what is broken."""
        with record(make()) as session:
            session.reset(0.0)

        assert "close" == session.dialogue.calls[-1].name

    def test_a_with_that_raises_writes_nothing_more(self):
        """What raised is what is seen."""
        session = record(make())
        with pytest.raises(ZeroDivisionError), session:
            raise ZeroDivisionError

        assert [] == session.dialogue.calls

    def test_the_same_run_gives_the_same_bits(self, tmp_path):
        """Nothing of the process, the machine or the hour is in the file."""
        for name in "ab":
            with golden_dialogue(tmp_path / f"{name}.jsonl", make(), update=True) as session:
                drive(session)
            time.sleep(0.001)

        assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
        assert ["a.jsonl", "b.jsonl"] == sorted(file.name for file in tmp_path.iterdir())

    def test_what_is_given_is_written_before_it_can_change(self, tmp_path):
        """Hosts use their arrays again, and wrappers may fail."""
        buffer = np.zeros(3)
        with record(make(policy=lambda _: 0)) as session:
            for number in range(3):
                buffer[...] = number
                session.act(buffer, *([0.0] if number else []))
        session.save(tmp_path / "x.jsonl")

        given = [call.lines[0]["given"] for call in session.dialogue.calls[:3]]
        assert [{"float64": [float(n)] * 3} for n in range(3)] == [g["observation"] for g in given]
        replay(tmp_path / "x.jsonl", make(policy=lambda _: 0))

    def test_a_call_that_raises_is_part_of_the_dialogue(self, tmp_path):
        """What is refused has to be refused again."""
        session = record(make(clock=lambda: 0.0))
        session.reset(0.0)
        with pytest.raises(InputError):
            session.act(1.0)
        session.act(1.0, 0.5)
        session.save(tmp_path / "x.jsonl")

        first, last = session.dialogue.calls[1].lines
        assert ("act", {"step": 1, "raises": "InputError"}) == (first["call"], last)
        replay(tmp_path / "x.jsonl", make())

    def test_a_number_given_again_says_nothing_again(self, tmp_path):
        """The stored answer comes without a hop."""
        session = record(make(clock=lambda: 0.0))
        session.reset(0.0, step=0)
        session.reset(0.0, step=0)
        session.save(tmp_path / "x.jsonl")

        again = session.dialogue.calls[1].lines
        assert [{"call", "given", "step"}, {"answer", "step"}] == [line.keys() for line in again]
        replay(tmp_path / "x.jsonl", make())

    def test_decisions_from_outside_are_noted(self, tmp_path):
        """`observe` and `decide`, a decision given twice, and every kind of answer."""
        rejecting = RejectInvalidAction(penalty=-1.0, on_exhausted="first_valid")
        session = record(make(rejecting, policy=None, action_space=spaces.Discrete(2)))
        masks = {"action_mask": np.array([1, 0], np.int8)}
        session.observe("f0", info=masks)
        session.decide(1, step=0)
        session.decide(0, step=0)
        session.decide(0, step=0)
        session.observe("f1", 1.0, True, info=masks)
        with pytest.raises(ProtocolError):
            session.act("f2")
        session.close()
        session.close()
        session.save(tmp_path / "x.jsonl")

        answers = [[*call.lines[-1]["answer"]] for call in session.dialogue.calls[:5]]
        assert [["Wanted"], ["Wanted"], ["Command"], ["Command"], ["Over"]] == answers
        assert [0, 0, 0, 0, 1] == [call.step for call in session.dialogue.calls[:5]]
        replay(
            tmp_path / "x.jsonl",
            make(rejecting, policy=None, action_space=spaces.Discrete(2)),
        )

    def test_a_deployment_that_was_called_is_refused(self, path):
        """A dialogue begins at its beginning."""
        used = make()
        used.reset(0.0)
        restored = make()
        restored.restore(used.snapshot())
        for deployment in used, restored:
            with pytest.raises(ProtocolError, match=r"opens with a fresh deployment.*Make a new"):
                record(deployment)
            with pytest.raises(ProtocolError, match="opens with a fresh deployment"):
                replay(path, deployment)

    def test_what_is_no_deployment_is_refused(self):
        """A recording either."""
        with pytest.raises(TypeError, match="5 was given, expected a Deployment"):
            record(5)
        with pytest.raises(TypeError, match="expected the deployment itself"):
            record(record(make()))

    def test_a_jump_is_refused(self):
        """A file has no place for a snapshot, and a fork would be told the recording's time."""
        session = record(make())
        for name in ("restore", "fork"):
            with pytest.raises(ProtocolError, match="goes on without a jump"):
                getattr(session, name)

    def test_what_cannot_be_written_is_refused_before_the_call(self):
        """It could not be given again."""
        session = record(make())

        with pytest.raises(InputError, match=r"info given to reset.*<object.*Nothing was called"):
            session.reset(0.0, info={"handle": object()})

        assert (0, []) == (session.step, session.dialogue.calls)

    def test_a_call_that_python_refuses_is_none(self):
        """A wrong name is the caller's mistake."""
        session = record(make())

        with pytest.raises(TypeError, match="observation"):
            session.reset(observatoin=0.0)

        assert [] == session.dialogue.calls

    def test_cannot_be_copied_into_a_second(self):
        """Looking for what is not there yet ends."""
        with pytest.raises(AttributeError):
            copy.copy(record(make()))._comparison.nothing  # noqa: B018 - what is tested

    @pytest.mark.parametrize("name", ["x.json", "x", "x.npz"])
    def test_a_file_has_its_own_kind_of_name(self, tmp_path, name):
        """Beside it lies another with the same stem."""
        with pytest.raises(GoldenError, match=r"expected x\.jsonl"):
            record(make()).save(tmp_path / name)


class TestReplay:
    """The recorded calls are made again."""

    def test_the_same_deployment_says_the_same(self, path):
        """Hop by hop; nothing is raised, nothing is written."""
        before = path.read_bytes()

        replay(path, make())

        assert before == path.read_bytes()

    def test_times_are_given_back(self, tmp_path):
        """What depends on them is the same to the bit, on any machine and at any hour."""
        stack = RecordEpisodeStatistics()
        with record(make(stack)) as session:
            session.reset(0.0)
            session.act(1.0, 1.0, True)
        session.save(tmp_path / "x.jsonl")
        times = [call.lines[0]["time"] for call in session.dialogue.calls[:2]]

        replay(tmp_path / "x.jsonl", make(stack))

        assert 0 < times[0] < times[1]

    def test_a_call_without_a_time_has_that_of_the_call_before(self, path):
        """A call that was refused before anybody looked at the clock."""
        clocks = []

        class Looks(Policy):
            def decide(self, memory, timestep):
                clocks.append(timestep.time)
                return memory, Act(above_one(timestep.observation))

        edit(
            path, '"info": {"dict": {"lives": 2}}}, "time": 0.0', '"info": {"dict": {"lives": 2}}}'
        )
        edit(path, '"time": 0.0', '"time": 2.5', 2)
        replay(path, make(policy=Looks()), update=True)

        assert [2.5, 2.5, 0.0] == clocks

    def test_draws_are_the_same(self, tmp_path):
        """Keys are made of the seed: of the stack and of the policy."""
        stack, space = RandomReset(5), spaces.Discrete(4)
        options = {"policy": Improvise([0, 1, 2, 3]), "action_space": space}
        with record(make(stack, **options)) as session:
            session.reset(0.0)
            for number in range(20):
                session.act(float(number), 1.0)
        session.save(tmp_path / "x.jsonl")

        replay(tmp_path / "x.jsonl", make(stack, **options))
        with pytest.raises(GoldenBroken, match=r"It was recorded with seed=0.*seed=1: if that"):
            replay(tmp_path / "x.jsonl", make(stack, **options, seed=1))

    def test_a_seed_that_nobody_draws_from_does_not_matter(self, path):
        """A deployment without a seed has one of entropy."""
        deployment = make(seed=None)

        replay(path, deployment)

        assert 0 != deployment.seed
        assert 5 == deployment.step

    def test_a_difference_names_step_gap_wrapper_and_field(self, path):
        """With both values, and the lines around."""
        edit(path, '{"float64": 1.0}', '{"float64": 0.75}')

        with pytest.raises(GoldenBroken) as raised:
            replay(path, make())

        broken, words, lines = (
            raised.value,
            str(raised.value).splitlines(),
            path.read_text().splitlines(),
        )
        clip = "ClipReward(min_reward=-1.0, max_reward=1.0)"
        assert (2, 2, clip, "reward: np.float64(0.75) != np.float64(1.0)") == (
            broken.step,
            broken.gap,
            broken.who,
            broken.field,
        )
        assert [
            f"{path}, line 16: at step 2, gap 2, {clip} differs (recorded != now):",
            "  reward: np.float64(0.75) != np.float64(1.0)",
            f"    {lines[13]}",
            '    {"step": 2, "gap": 1, "who": "RepeatAction", "passes": {"reward": 3.5}}',
            f"  - {lines[15]}",
            f"  + {lines[15].replace('0.75', '1.0')}",
        ] == words[:6]
        assert "--statewrap-update" in words[-1]

    def test_the_wrapper_that_answers_otherwise_is_named(self, tmp_path):
        """A change in what a wrapper does, its arguments the same."""

        @attrs.frozen
        class Every(Wrapper):
            number: int = 2
            answers: bool = derived(default=True)

            def on_state(self, memory, timestep):
                odd = not timestep.first and timestep.observation % 2
                return (memory, Act("wait")) if self.answers and odd else (memory, timestep)

        with record(make(Every() | TimeLimit(9), policy=abs)) as session:
            session.reset(0)
            session.act(1, 1.0)
        session.save(tmp_path / "x.jsonl")
        silent = attrs.evolve(Every())
        object.__setattr__(silent, "answers", False)

        with pytest.raises(GoldenBroken) as raised:
            replay(tmp_path / "x.jsonl", make(silent | TimeLimit(9), policy=abs))

        assert (1, 1, "Every(number=2)") == (raised.value.step, raised.value.gap, raised.value.who)
        assert "'says'" in str(raised.value) or "Act" in str(raised.value)

    def test_another_policy_is_named(self, path):
        """The policy is no wrapper, and stands at the top."""
        with pytest.raises(GoldenBroken, match=r"at step 0, gap 2, the policy differs") as raised:
            replay(path, make(policy=lambda _: 5))

        assert "Act.action: 0 != 5" == raised.value.field

    @pytest.mark.parametrize(
        ("old", "new", "who", "field"),
        [
            ('"answer": 1', '"answer": 2', "the deployment", "answer: 2 != 1"),
            ('"passes": {}', '"passes": {"reward": 2.0}', "RepeatAction", "reward: 2.0 != 0.0"),
            ('"passes": {}', '"passes": {"first": false}', "RepeatAction", "first: False != True"),
            (
                '{"first": true}',
                '{"first": true, "reward": 1.0}',
                "the envir",
                "reward: 1.0 != 0.0",
            ),
            ('"gap": 1, "who": "ClipReward"', '"gap": 3, "who": "ClipReward"', "Clip", "gap: 3 !="),
        ],
    )
    def test_each_line_is_compared_as_what_it_says(self, path, old, new, who, field):
        """An answer, a message that passed, the place where it did."""
        edit(path, old, new)

        with pytest.raises(GoldenBroken) as raised:
            replay(path, make())

        assert raised.value.who.startswith(who)
        assert raised.value.field.startswith(field)

    def test_an_act_that_passed_is_compared_as_a_whole(self, path):
        """With what was said above, of which a wrapper told what it changed."""
        policy = '"who": "policy", "says": {"Act": {"action": 0}}}\n'
        passed = '{"step": 0, "gap": 1, "who": "ClipReward", "passes": {'
        edit(path, policy + passed + "}", policy + passed + '"action": 5}')

        with pytest.raises(GoldenBroken, match="gap 1, ClipReward") as raised:
            replay(path, make())

        assert "action: 5 != 0" == raised.value.field

    def test_another_stack_is_refused_before_anything_is_called(self, path):
        """It names the first wrapper that differs."""
        for stack, words in (
            (RepeatAction(3) | ClipReward(-1.0, 1.0), r"wrapper 0: .*repeats=2\) != .*repeats=3\)"),
            (RepeatAction(2), r"wrapper 1: ClipReward\(.*\) != nothing"),
            (RepeatAction(2) | ClipReward(-1.0, 1.0) | TimeLimit(3), "wrapper 2: nothing != Time"),
        ):
            deployment = make(stack)
            with pytest.raises(GoldenBroken, match=words):
                replay(path, deployment)
            assert 0 == deployment.step

    def test_another_space_is_told_where_something_differs(self, path):
        """It may be the reason; alone it is none to fail."""
        replay(path, make(action_space=spaces.Discrete(2)))

        with pytest.raises(GoldenBroken, match="The fingerprints differ: the spaces"):
            replay(path, make(action_space=spaces.Discrete(3), policy=lambda _: 2))

    def test_another_version_is_told_where_something_differs(self, path):
        """What is said matters, not who says it."""
        edit(path, '"version": "', '"version": "9.')
        replay(path, make())

        with pytest.raises(GoldenBroken, match=r"It was recorded by statewrap 9\..*, this is"):
            replay(path, make(policy=lambda _: 5))

    def test_an_error_where_there_was_none_is_told(self, path):
        """With what it says, and as the cause."""

        def fails(observation):
            raise ZeroDivisionError("of all things")

        with pytest.raises(GoldenBroken, match=r"answer|raises") as raised:
            replay(path, make(policy=fails))

        assert "It raised PolicyError: " in str(raised.value)
        assert "of all things" in str(raised.value)
        assert "PolicyError" == type(raised.value.__cause__).__name__

    def test_an_event_that_differs_is_the_deployments(self, path):
        """Nobody in the stack said it."""
        edit(path, '{"Ended": {"terminated": true', '{"Ended": {"terminated": false')

        with pytest.raises(GoldenBroken, match="the deployment differs") as raised:
            replay(path, make())

        assert "Ended.terminated: False != True" == raised.value.field

    def test_the_first_difference_of_a_large_array_is_found(self, tmp_path):
        """Where both arrays were given, as with a stale frame; else their digests differ."""

        @attrs.frozen
        class Frames(Wrapper):
            stale: bool = derived(default=False)

            def on_state(self, memory, timestep):
                shown = (
                    timestep.replace(observation=memory)
                    if self.stale and memory is not None
                    else timestep
                )
                return timestep.observation, shown

        with record(make(Frames(), policy=lambda _: 0)) as session:
            session.reset(np.zeros((20, 20)))
            session.act(np.eye(20), 1.0)
        session.save(tmp_path / "x.jsonl")
        stale = Frames()
        object.__setattr__(stale, "stale", True)

        with pytest.raises(GoldenBroken) as raised:
            replay(tmp_path / "x.jsonl", make(stale, policy=lambda _: 0))

        assert "observation[0, 0]: 1.0 != 0.0 (20 of 400 elements differ)" == raised.value.field

    def test_an_update_writes_what_is_said_now(self, path):
        """The calls stay, what came of them is new; then it holds."""
        new = make(RepeatAction(2) | ClipReward(-1.0, 2.0))

        replay(path, new, update=True)

        assert '{"float64": 2.0}' in path.read_text()
        replay(path, make(RepeatAction(2) | ClipReward(-1.0, 2.0)))

    def test_an_update_of_what_is_unchanged_leaves_the_file(self, path):
        """To the byte and to the date, whatever the version or a seed that nobody draws from."""
        edit(path, '"version": "', '"version": "0.')
        before, written = path.read_bytes(), path.stat().st_mtime_ns

        replay(path, make(seed=7), update=True)

        assert (before, written) == (path.read_bytes(), path.stat().st_mtime_ns)

    def test_a_file_written_otherwise_says_the_same(self, path):
        """Keys in another order, other spaces: what counts is what it says."""
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        turned = [dict(reversed([*line.items()])) for line in lines]
        path.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in turned))
        deployment = make()

        replay(path, deployment)

        assert [*lines[0]] == [*json.loads(path.read_text().splitlines()[0])][::-1]
        assert 5 == deployment.step

    @pytest.mark.parametrize(
        "observation", ["f", 3, 2.5, None, b"x", True, (1, [2.0]), {"a": {1: 2}}]
    )
    def test_observations_of_every_kind_are_given_again(self, tmp_path, observation):
        """As they were, types included."""
        seen = []
        policy = lambda given: seen.append(given) or 0  # noqa: E731 - a policy with a memory
        with record(make(Stack(), policy=policy)) as session:
            session.reset(observation)
        session.save(tmp_path / "x.jsonl")

        replay(tmp_path / "x.jsonl", make(Stack(), policy=policy))

        assert TimeStep(seen[0]) == TimeStep(seen[1]) == TimeStep(observation)

    @pytest.mark.parametrize(
        "space",
        [
            spaces.Box(-1, 1, (3,)),
            spaces.Box(0, 255, (12, 12, 3), np.uint8),
            spaces.Dict(image=spaces.Box(0, 255, (9, 9), np.uint8), text=spaces.Text(9)),
            spaces.Tuple((spaces.Discrete(3), spaces.MultiBinary((2, 2)))),
            spaces.Graph(spaces.Box(-1, 1, (2,)), spaces.Discrete(3)),
            spaces.Sequence(spaces.Box(-1, 1, (2,))),
            spaces.OneOf((spaces.Discrete(2), spaces.Box(-1, 1, ()))),
            spaces.MultiDiscrete([[2, 3], [4, 5]]),
        ],
        ids=lambda space: type(space).__name__,
    )
    def test_observations_of_every_space_are_given_again(self, tmp_path, space):
        """Shown to the policy, and in every hop."""
        space.seed(1)
        seen, path = [], tmp_path / "x.jsonl"
        policy = lambda given: seen.append(given) or 0  # noqa: E731 - a policy with a memory
        options = {"policy": policy, "observation_space": space, "check": "always"}
        with record(make(TimeLimit(9), **options)) as session:
            session.reset(space.sample())
            for _ in range(3):
                session.act(space.sample(), 1.0)
        session.save(path)

        replay(path, make(TimeLimit(9), **options))

        assert [TimeStep(given) for given in seen[:4]] == [TimeStep(given) for given in seen[4:]]
        before = path.read_bytes()
        assert not session.save(path)
        assert before == path.read_bytes()


class TestGoldenDialogue:
    """The host leads the dialogue again."""

    def test_the_same_host_says_the_same(self, tmp_path):
        """Recorded once, compared then, on a clock that goes a second a call."""
        path = tmp_path / "x.jsonl"
        with golden_dialogue(path, make(RecordEpisodeStatistics()), update=True) as session:
            drive(session)
        times = [call.lines[0].get("time") for call in session.dialogue.calls]

        with golden_dialogue(path, make(RecordEpisodeStatistics())) as session:
            drive(session)

        assert [0.0, 1.0, 2.0, 3.0, 4.0, None] == times

    def test_a_clock_of_the_tests_own_is_kept(self, tmp_path):
        """It is what the test is about, perhaps."""
        path = tmp_path / "x.jsonl"
        with golden_dialogue(path, make(clock=iter([0.0, 0.5]).__next__), update=True) as session:
            session.reset(0.0)

        assert 0.5 == session.dialogue.calls[0].lines[0]["time"]

    def test_another_call_is_told_at_once(self, path):
        """The host is asked no further."""
        with (
            pytest.raises(GoldenBroken, match=r"at step 1, the host differs"),
            golden_dialogue(path, make(clock=lambda: 0.0)) as session,
        ):
            session.reset(0.0)
            session.act(1.25, 0.5)
            pytest.fail("it went on")

    def test_a_call_too_many_is_told(self, path):
        """There is nothing in the file to compare it with."""
        session = golden_dialogue(path, make(clock=lambda: 0.0))
        drive(session)
        session.close()

        with pytest.raises(GoldenBroken, match=r"nothing != \{.step.: 5, .call.: .close") as raised:
            session.close()

        assert f"{path}: at step 5, the host differs" in str(raised.value)

    def test_calls_that_are_missing_are_told(self, path):
        """At the end of the block."""
        with (
            pytest.raises(GoldenBroken, match=r"at step 0|at step 1|call: 'act' != 'close'"),
            golden_dialogue(path, make(clock=lambda: 0.0)) as session,
        ):
            session.reset(0.0)

    def test_a_dialogue_that_ends_early_is_told(self, path):
        """Also where every call that was made was right."""
        lines = path.read_text().splitlines()[1:-1]
        with record(make(clock=lambda: 0.0)) as session:
            drive(session)
            session.close()
        session.save(path)
        assert len(path.read_text().splitlines()) > len(lines)

        with (
            pytest.raises(GoldenBroken, match=r"\{.step.: 5, .call.: .close.*\} != nothing"),
            golden_dialogue(path, make(clock=lambda: 0.0)) as session,
        ):
            drive(session)

    def test_a_missing_file_is_told_before_the_host_begins(self, tmp_path):
        """And how to record it."""
        with pytest.raises(GoldenError, match=r"There is no golden dialogue .*--statewrap-update"):
            golden_dialogue(tmp_path / "x.jsonl", make())

    def test_what_the_host_raises_passes(self, path):
        """Nothing else is said."""
        with (
            pytest.raises(ZeroDivisionError),
            golden_dialogue(path, make(clock=lambda: 0.0)) as session,
        ):
            session.reset(0.0)
            raise ZeroDivisionError


class TestFiles:
    """Files that are not as they were written."""

    def test_a_file_cut_within_a_line_is_told(self, path):
        """With the number of the line."""
        path.write_bytes(path.read_bytes()[:500])

        with pytest.raises(
            GoldenError, match=r"line \d+, is no JSON.*Take it from version control"
        ):
            replay(path, make())

    @pytest.mark.parametrize("lines", [1, 2, 10, -1, -2])
    def test_a_file_cut_between_two_lines_is_told(self, path, lines):
        """Its last line counts the others."""
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))

        with pytest.raises(GoldenError, match="is cut short, or lines were added"):
            replay(path, make())

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "line 1, is no JSON"),
            ("[]", r"line 1: expected an object, found \[\]"),
            ("{}", "is no golden dialogue"),
            ('{"statewrap": "snapshot"}', "is no golden dialogue"),
            ("\xff", "is no JSON"),
            ("[" * 100_000, "is no JSON"),
        ],
    )
    def test_another_file_is_told(self, path, text, words):
        """Whatever it is."""
        path.write_text(text, encoding="utf-8")

        with pytest.raises(GoldenError, match=words):
            replay(path, make())

    def test_a_file_that_is_no_text_is_told(self, path):
        """As any that cannot be read."""
        path.write_bytes(b"\xff\xfe\x00")

        with pytest.raises(GoldenError, match="cannot be read: 'utf-8'"):
            replay(path, make())

    def test_a_folder_is_told(self, tmp_path):
        """It has the name of a file."""
        (tmp_path / "x.jsonl").mkdir()

        with pytest.raises(GoldenError, match="cannot be read"):
            replay(tmp_path / "x.jsonl", make())

    def test_another_format_is_told(self, path):
        """With the version that wrote it."""
        edit(path, '"format": 1', '"format": 2')

        with pytest.raises(GoldenError, match=r"has the format 2, written by statewrap .*reads"):
            replay(path, make())

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('"stack": [', '"stock": [', 'line 1: expected the "stack"'),
            ('"call": "reset"', '"call": "rest"', "line 2: expected a call"),
            ('"given": {', '"gave": {', "line 2: expected a call"),
            ('"step": 0', '"step": "0"', "line 2: expected the number of a step"),
            ('"passes"', '"passed"', "line 3: expected what somebody says"),
            ('"answer": 0', '"said": 0', "line 10: expected what somebody says"),
            ('{"observation": 0.0}', '{"observatoin": 0.0}', "line 2: the call cannot be made"),
            (
                '{"observation": 0.0}',
                '{"observation": {"flaot32": [1]}}',
                "line 2: the call cannot",
            ),
            ('{"observation": 0.0}', '{"observation": {"float32": ["x"]}}', "line 2: the call can"),
            ('"time": 0.0', '"time": "noon"', "line 2: the time is 'noon'"),
        ],
    )
    def test_a_line_that_was_edited_wrongly_is_told(self, path, old, new, words):
        """With its number, and what was expected."""
        edit(path, old, new)

        with pytest.raises(GoldenError, match=words):
            replay(path, make())

    def test_a_call_without_an_answer_is_told(self, path):
        """A line was taken out, and the count set right."""
        lines = path.read_text().splitlines()
        del lines[-2]
        lines[-1] = json.dumps({"end": f"{len(lines) - 1} lines before this one"})
        path.write_text("\n".join(lines))

        with pytest.raises(GoldenError, match="expected the answer of the last call"):
            replay(path, make())

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('{"Act": {"action": 0}}', '{"Akt": {"action": 0}}'),
            ('"who": "policy"', '"whom": "policy"'),
            ('"event": {"Opened": {}}', '"event": {"Shut": {}}'),
            ('"gap": 1', '"gap": "one"'),
        ],
    )
    def test_what_was_said_may_be_edited_to_anything(self, path, old, new):
        """It is what is said now that counts: the rest is a difference."""
        edit(path, old, new)

        with pytest.raises(GoldenBroken, match=r"recorded != now"):
            replay(path, make())

    def test_a_failed_write_leaves_the_old_file(self, path, monkeypatch):
        """And nothing beside it."""
        before = path.read_bytes()

        def full(self, target):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.replace", full)
        with pytest.raises(OSError, match="No space left"):
            record(make()).save(path)

        assert before == path.read_bytes()
        assert [path] == [*path.parent.iterdir()]


class TestLargeArrays:
    """They are hashed, and those that were given lie beside."""

    @pytest.fixture
    def large(self, tmp_path):
        """Record frames of which one comes twice."""
        with record(make(TimeLimit(9), policy=lambda _: 0)) as session:
            session.reset(self.frame(0))
            for number in 1, 1, 2:
                session.act(self.frame(number), 1.0)
        session.save(tmp_path / "large.jsonl")
        return tmp_path / "large.jsonl"

    @staticmethod
    def frame(number):
        """Make a frame, columns first in memory."""
        return np.asfortranarray(np.full((30, 20), number, np.uint8))

    def test_each_is_kept_once(self, large):
        """And the file stays small."""
        with np.load(large.with_suffix(".npz")) as archive:
            assert 3 == len(archive.files)
        assert len(large.read_bytes()) < 5000

    def test_they_are_given_again(self, large):
        """Their order in memory too, on which sums may depend."""
        orders = []

        def policy(observation):
            orders.append((observation.flags.f_contiguous, observation.shape))
            return 0

        replay(large, make(TimeLimit(9), policy=policy))

        assert [(True, (30, 20))] * 4 == orders

    def test_missing_ones_are_told(self, large):
        """By the name of the file that should be there."""
        large.with_suffix(".npz").unlink()

        with pytest.raises(
            GoldenError, match=r"needs the large arrays in .*large.npz, which is not"
        ):
            replay(large, make(TimeLimit(9)))

    @pytest.mark.parametrize("size", [0, 10, 300])
    def test_a_file_cut_short_is_told(self, large, size):
        """Whatever numpy and zip say of it."""
        beside = large.with_suffix(".npz")
        beside.write_bytes(beside.read_bytes()[:size])

        with pytest.raises(GoldenError, match=r"large.npz cannot be read"):
            replay(large, make(TimeLimit(9)))

    def test_other_arrays_are_told(self, large):
        """Each has the digest by which it is called."""
        beside = large.with_suffix(".npz")
        with np.load(beside) as archive:
            arrays = {name: archive[name] + 1 for name in archive.files}
        np.savez(beside, **arrays)

        with pytest.raises(GoldenError, match=r"large.npz is damaged: the array \w+ has another"):
            replay(large, make(TimeLimit(9)))

    def test_an_array_that_is_missing_is_told(self, large):
        """By its digest."""
        np.savez(large.with_suffix(".npz"))

        with pytest.raises(GoldenError, match=r"large.npz cannot be read: '\w+ is not a file"):
            replay(large, make(TimeLimit(9)))

    def test_a_pickle_is_not_opened(self, large):
        """A stranger's file runs nothing."""
        with np.load(large.with_suffix(".npz")) as archive:
            arrays = {name: np.array([object()]) for name in archive.files}
        np.savez(large.with_suffix(".npz"), **arrays)

        with pytest.raises(GoldenError, match="cannot be read: Object arrays cannot be loaded"):
            replay(large, make(TimeLimit(9)))

    def test_they_go_when_nobody_needs_them(self, large):
        """A rewrite leaves no file behind that no line names."""
        with golden_dialogue(large, make(TimeLimit(9)), update=True) as session:
            session.reset(0.0)

        assert [large] == [*large.parent.iterdir()]

    def test_a_rewrite_leaves_them_alone(self, large):
        """Compressed again they might have other bytes."""
        beside = large.with_suffix(".npz")
        before = beside.stat().st_mtime_ns

        replay(large, make(TimeLimit(9), policy=lambda _: 0), update=True)

        assert before == beside.stat().st_mtime_ns

    def test_a_difference_of_large_arrays_is_told(self, large):
        """Of what was given, which is known, by the first element."""
        session = golden_dialogue(large, make(TimeLimit(9), policy=lambda _: 0, clock=lambda: 0.0))
        with pytest.raises(GoldenBroken, match="time: ") as raised:
            session.reset(self.frame(3))

        assert "observation[0, 0]: 0 != 3 (600 of 600 elements differ)" in str(raised.value)

    def test_of_an_array_that_nobody_gave_the_digest_is_told(self, tmp_path):
        """With dtype and shape, if those differ."""

        def show(kind):
            @attrs.frozen
            class Show(Wrapper):
                def on_state(self, memory, timestep):
                    return memory, timestep.replace(observation=np.full((9, 9), 7, kind))

            return make(Show(), policy=lambda _: 0)

        with record(show("f4")) as session:
            session.reset(0.0)
        session.save(tmp_path / "x.jsonl")

        with pytest.raises(GoldenBroken) as raised:
            replay(tmp_path / "x.jsonl", show("f8"))

        assert "observation.dtype: '<f4' != '<f8'" == raised.value.field
        assert "observation.blake2: " in str(raised.value)


class TestOddThings:
    """What passes through a stack may be anything."""

    def test_what_cannot_be_written_is_told_by_what_it_says(self, tmp_path):
        """An object in the info: without its address, which no run has twice."""

        class Handle:
            pass

        @attrs.frozen
        class Adds(Wrapper):
            def on_state(self, memory, timestep):
                return memory, timestep.replace(info={"handle": [Handle(), (1, {2: Handle()})]})

        with record(make(Adds(), clock=lambda: 0.0)) as session:
            session.reset(0.0)
        session.save(tmp_path / "x.jsonl")

        replay(tmp_path / "x.jsonl", make(Adds()))
        assert "Handle object>" in (tmp_path / "x.jsonl").read_text()
        assert " at 0x" not in (tmp_path / "x.jsonl").read_text()

    def test_what_contains_itself_ends(self):
        """At some depth it is told by what it says."""
        loop = {}
        loop["self"] = loop

        @attrs.frozen
        class Adds(Wrapper):
            def on_state(self, memory, timestep):
                return memory, timestep.replace(info=loop)

        session = record(make(Adds()))

        assert 0 == session.reset(0.0)

    def test_a_lambda_is_named_without_its_address(self, tmp_path):
        """And has no fingerprint, for that is another in every process."""
        doubled = make(TransformReward(lambda reward: reward * 2))
        header = record(doubled).dialogue.header

        assert header["fingerprint"] is None
        assert header["stack"][0].endswith("<lambda>>)")

    def test_a_fallback_is_noted(self, tmp_path):
        """Its event holds the error and the action."""

        def fails(observation):
            raise ZeroDivisionError("of all things")

        with record(make(policy=fails, fallback=7)) as session:
            session.reset(0.0)
        session.save(tmp_path / "x.jsonl")

        assert 7 == session.dialogue.calls[0].lines[-1]["answer"]
        replay(tmp_path / "x.jsonl", make(policy=fails, fallback=7))
        with pytest.raises(GoldenBroken, match=r"FellBack.action: 7 != 8"):
            replay(tmp_path / "x.jsonl", make(policy=fails, fallback=8))

    def test_a_wrapper_that_fails_is_noted(self, tmp_path):
        """The retry is another call."""

        @attrs.frozen
        class Refuses(Wrapper):
            def on_state(self, memory, timestep):
                if timestep.observation < 0:
                    raise ValueError("below zero")
                return memory, timestep

        session = record(make(Refuses()))
        session.reset(0.0)
        with pytest.raises(WrapperError):
            session.act(-1.0, 1.0)
        session.act(1.0, 1.0)
        session.save(tmp_path / "x.jsonl")

        assert {"step": 1, "raises": "WrapperError"} == session.dialogue.calls[1].lines[-1]
        replay(tmp_path / "x.jsonl", make(Refuses()))

    def test_the_end_that_a_stack_makes_is_noted(self, tmp_path):
        """The raw time step is shown again, as a first one: a hop of its own."""
        with record(make(TimeLimit(1), clock=lambda: 0.0)) as session:
            session.reset(0.0)
            session.act(1.0, 1.0)
        session.save(tmp_path / "x.jsonl")

        said = [line["says"] for line in session.dialogue.calls[1].lines if "says" in line]
        assert {"TimeStep": {"observation": 1.0, "first": True}} in said
        replay(tmp_path / "x.jsonl", make(TimeLimit(1)))

    def test_a_clock_is_watched_and_not_changed(self):
        """A plain recording leaves the deployment's time as it is."""
        deployment = make(clock=iter([5.0, 6.5, 8.0]).__next__)
        watch = Watch(deployment, None)

        deployment.reset(0.0)

        assert 1.5 == watch.read
