"""What a host sees of a deployment: act, reset, close, and what they refuse."""

from __future__ import annotations

import threading

import gymnasium
import numpy as np
import pytest
import structlog
from gymnasium.spaces import Box, Dict, Discrete

from statewrap import (
    Act,
    Below,
    BusyError,
    Deployment,
    InputError,
    PolicyError,
    ProtocolError,
    Reset,
    SettleError,
    SpaceError,
    StatewrapError,
    TimeStep,
    WrapperError,
)
from statewrap.core.errors import SnapshotError
from statewrap.core.protocol import State
from statewrap.gym import from_env
from statewrap.wrappers import (
    FrameStackObservation,
    HoldLastObservation,
    RandomReset,
    RepeatAction,
    TimeLimit,
    TransformAction,
)
from tests.deployment.actors import (
    ActAfterLast,
    AlwaysEnd,
    AskForSeed,
    Explode,
    Refuse,
    Remember,
    echo,
)


def deploy(policy=echo, stack=None, **options):
    """Make a deployment that logs nothing."""
    return Deployment(policy, stack, **{"sinks": (), **options})


class TestEpisodes:
    """Openings, ends, and what None means."""

    def test_env_step_and_env_reset_are_valid_as_they_stand(self):
        """The tuples of Gymnasium's step and reset are the arguments of act and reset."""
        env = gymnasium.make("CartPole-v1")
        deployment = deploy(lambda observation: int(observation[2] > 0))
        action = deployment.reset(*env.reset(seed=1))
        for _ in range(200):
            action = (
                deployment.reset(*env.reset())
                if action is None
                else deployment.act(*env.step(action))
            )
        assert 200 == deployment.statistics["environment_steps"] + deployment.statistics["episodes"]

    def test_an_end_gives_none_and_the_next_call_opens(self):
        """After a flag no action is due; act then opens without reward."""
        deployment = deploy()
        assert [1, 2, None] == [
            deployment.act(1),
            deployment.act(2, 1.0),
            deployment.act(3, 1.0, True),
        ]
        assert Reset() == deployment.pending
        assert 4 == deployment.act(4)
        assert deployment.pending is None

    def test_an_opening_may_say_that_there_was_no_reward(self):
        """Left out, 0, None and NaN all mean that nothing was earned before an episode."""
        for nothing in (0, 0.0, None, float("nan"), np.float32(0)):
            assert 1 == deploy().act(1, nothing)

    @pytest.mark.parametrize(
        "arguments", [(1, 1.0), (1, 0.0, True), (1, 0.0, False, True), (1, "x")]
    )
    def test_an_opening_takes_no_reward_and_no_flag(self, arguments):
        """Both belong to the call before; the error says so and nothing changes."""
        deployment = deploy()
        with pytest.raises(InputError, match="opens an episode"):
            deployment.act(*arguments)
        assert (State.FRESH, 0) == (deployment.state, deployment.step)

    @pytest.mark.parametrize("reward", [None, float("nan"), np.float32("nan"), "3", b"3", [1, 2]])
    def test_every_other_call_needs_a_number_as_reward(self, reward):
        """None, NaN and text are refused, and a forgotten reward is not 0."""
        deployment = deploy()
        deployment.act(1)
        with pytest.raises(InputError, match="reward"):
            deployment.act(2, reward)
        with pytest.raises(InputError, match="reward is missing"):
            deployment.act(2)
        assert 2 == deployment.act(2, 1.0)

    @pytest.mark.parametrize(
        "wrong", [{"terminated": 1}, {"truncated": None}, {"info": None}, {"info": 3}]
    )
    def test_flags_are_bools_and_info_is_a_dict(self, wrong):
        """Anything else is refused at the border, by name."""
        deployment = deploy()
        deployment.act(1)
        with pytest.raises(InputError, match=next(iter(wrong))):
            deployment.act(2, 0.0, **wrong)

    def test_reset_abandons_an_open_episode_and_says_so(self):
        """Also in the middle of a skip; the abandoned steps are counted."""
        reports = []
        deployment = deploy(stack=RepeatAction(3), sinks=[reports.append])
        deployment.act(1)
        deployment.act(2, 0.5)
        assert 7 == deployment.reset(7)
        (report,) = reports
        assert ("episode_end", "abandoned", 0.5, 1) == (
            report.name,
            *(report.values[key] for key in ("outcome", "return", "environment_steps")),
        )
        assert 7 == deployment.act(8, 1.0)

    def test_closing_with_a_last_time_step_truncates(self):
        """The last reward is counted; an end without a flag is a truncation."""
        reports = []
        deployment = deploy(sinks=[reports.append])
        deployment.act(1)
        deployment.close(2, 5.0)
        deployment.close()
        assert ["episode_end", "deployment_closed"] == [report.name for report in reports]
        assert ("truncated", 5.0) == (reports[0].values["outcome"], reports[0].values["return"])

    def test_closing_without_one_abandons(self):
        """What is open is reported, once."""
        reports = []
        with deploy(sinks=[reports.append]) as deployment:
            deployment.act(1)
        assert "abandoned" == reports[0].values["outcome"]
        assert 1 == reports[1].values["episodes"]

    def test_nothing_is_legal_after_close(self):
        """The error says what to do instead."""
        deployment = deploy()
        deployment.close()
        with pytest.raises(ProtocolError, match="after close"):
            deployment.act(1)
        deployment.close(1, 0.0)
        assert State.CLOSED is deployment.state

    def test_a_last_time_step_at_close_must_answer_an_action(self):
        """Before the first and after the last one there is nothing that it could answer."""
        deployment = deploy()
        with pytest.raises(ProtocolError, match="no action is out"):
            deployment.close(1, 0.0)


class TestStackEnds:
    """The stack ends an episode that the environment goes on with."""

    def test_a_world_that_cannot_be_reset_continues(self):
        """The raw observation opens the next episode, and its first action is returned."""
        reports = []
        deployment = deploy(stack=TimeLimit(2), sinks=[reports.append])
        answers = [deployment.act(1), *(deployment.act(i, 1.0) for i in range(2, 6))]
        assert [1, 2, 3, 4, 5] == answers
        assert [2.0, 2.0] == [report.values["return"] for report in reports]
        assert [2, 2] == [report.values["environment_steps"] for report in reports]
        assert 4 == deployment.statistics["environment_steps"]

    def test_a_world_that_can_be_reset_is_asked(self):
        """Under on_reset="request" None comes, and pending holds the reset."""
        deployment = deploy(stack=TimeLimit(2), on_reset="request")
        assert [1, 2, None] == [deployment.act(1), deployment.act(2, 1.0), deployment.act(3, 1.0)]
        assert Reset() == deployment.pending
        assert 9 == deployment.act(9)

    def test_none_comes_exactly_with_a_flag_where_a_world_continues(self):
        """Both ends at once is an end of the environment's."""
        deployment = deploy(stack=TimeLimit(2))
        assert [1, 2, None] == [
            deployment.act(1),
            deployment.act(2, 0.0),
            deployment.act(3, 0.0, True),
        ]

    def test_a_stack_may_end_only_once_a_call(self):
        """The wrapper that does it again is named."""
        deployment = deploy(stack=AlwaysEnd())
        with pytest.raises(ProtocolError, match="AlwaysEnd"):
            deployment.act(1)
        assert State.FRESH is deployment.state

    def test_a_reset_with_a_seed_needs_a_world_that_can_be_reset(self):
        """In the other kind it is an error; in this one the host reads it in pending."""
        deployment = deploy(stack=AskForSeed() | TimeLimit(1))
        deployment.act(1)
        with pytest.raises(ProtocolError, match="on_reset='request'"):
            deployment.act(2, 1.0)
        deployment = deploy(stack=AskForSeed() | TimeLimit(1), on_reset="request")
        deployment.act(1)
        assert deployment.act(2, 1.0) is None
        assert Reset(5, {"hard": True}) == deployment.pending

    def test_random_resets_span_calls(self):
        """No-op acts go out call by call, and the policy sees the state after them."""
        deployment = deploy(stack=RandomReset(noop_max=1, action=0), seed=3)
        assert 0 == deployment.act(10)
        assert 11 == deployment.act(11, 2.0)
        assert deployment.act(12, 1.0, True) is None
        assert ({"return": 3.0, "length": 1, "environment_steps": 2}) == {
            key: deployment.ended[0][key] for key in ("return", "length", "environment_steps")
        }

    def test_an_act_after_the_last_time_step_is_an_error(self):
        """It names the wrapper and shows the right code."""
        deployment = deploy(stack=ActAfterLast())
        deployment.act(1)
        with pytest.raises(ProtocolError, match=r"ActAfterLast\(\) answered .* Let it rise"):
            deployment.act(2, 0.0, True)
        assert 1 == deployment.step


class TestFailures:
    """A failed step never happened."""

    def test_a_wrapper_that_raises_is_named_with_episode_and_step(self):
        """The state stays; the same call may be made again, and others too."""
        deployment = deploy(stack=TimeLimit(9) | Explode(3), clock=lambda: 0.0)
        deployment.act(1)
        deployment.act(2, 1.0)
        before = deployment.snapshot()
        with pytest.raises(
            WrapperError,
            match=r"Wrapper 1, Explode\(at=3\), raised RuntimeError in on_state "
            r"\(episode 0, step 2\): boom",
        ):
            deployment.act(3, 1.0)
        assert before == deployment.snapshot()
        assert 4 == deployment.act(4, 1.0)
        assert 2.0 == deployment.statistics["return"]

    def test_a_policy_that_raises_is_named(self):
        """The original is the cause."""

        def policy(observation):
            raise KeyError("weights")

        with pytest.raises(PolicyError, match="raised KeyError in decide") as caught:
            deploy(policy).act(1)
        assert isinstance(caught.value.__cause__, KeyError)

    def test_an_interrupt_passes_unwrapped(self):
        """KeyboardInterrupt is not an error of the policy's, and the step did not happen."""

        def policy(observation):
            if observation == 2:
                raise KeyboardInterrupt
            return observation

        deployment = deploy(policy)
        deployment.act(1)
        with pytest.raises(KeyboardInterrupt):
            deployment.act(2, 1.0)
        assert (3, 1.0) == (deployment.act(3, 1.0), deployment.statistics["return"])

    def test_an_endless_quarrel_is_stopped(self):
        """A policy that insists on a refused action is stopped, both sides named."""
        with pytest.raises(SettleError, match=r"Refuse\(\) answered Act\('no'\)"):
            deploy(lambda _: "no", Refuse()).act(1)

    def test_a_fallback_answers_the_environment(self):
        """It passes no wrapper; the memories stay, reward and step number move on."""
        deployment = deploy(stack=Explode(3) | RepeatAction(1), fallback=-7)
        assert [1, 2, -7, 4] == [deployment.act(1), *(deployment.act(i, 1.0) for i in (2, 3, 4))]
        assert (3.0, 3, 1, 4) == (
            deployment.statistics["return"],
            deployment.statistics["environment_steps"],
            deployment.statistics["fallbacks"],
            deployment.step,
        )
        assert (3,) == deployment.memory.wrappers[:1]

    def test_a_fallback_function_sees_the_time_step_and_the_error(self):
        """It may choose by both."""
        seen = []

        def fallback(timestep, error):
            seen.append((timestep.observation, type(error)))
            return timestep.observation * 10

        deployment = deploy(stack=Explode(2), fallback=fallback)
        deployment.act(1)
        assert 20 == deployment.act(2, 1.0)
        assert [(2, WrapperError)] == seen

    def test_after_a_failed_opening_the_next_time_step_opens(self):
        """The stack is shown it as first, with reward 0; the real reward is counted once."""
        shown = []
        deployment = Deployment(Recorder(shown), Explode(1), fallback=0, sinks=())
        assert 0 == deployment.act(1)
        assert 5 == deployment.act(2, 3.0)
        assert [TimeStep(2, first=True)] == [t.replace(time=0.0) for t in shown]
        assert (3.0, 1) == (
            deployment.statistics["return"],
            deployment.statistics["environment_steps"],
        )

    def test_a_fallback_at_a_last_step_gives_none(self):
        """There is nothing to act on; the open episode is reported as abandoned."""
        deployment = deploy(stack=Explode(2), fallback=0)
        deployment.act(1)
        assert deployment.act(2, 1.0, True) is None
        assert ["abandoned"] == [episode["outcome"] for episode in deployment.ended]
        assert Reset() == deployment.pending
        assert 3 == deployment.act(3)

    def test_what_the_policy_never_saw_is_not_counted_as_shown(self):
        """With and without a stack, a fallback's time step counts for the environment alone."""
        for stack in (None, TimeLimit(99)):
            deployment = deploy(only_small, stack, fallback=0)
            assert [1, 2, 0, 0] == [
                deployment.act(1),
                *(deployment.act(n, 1.0) for n in (2, 30, 40)),
            ]
            counts = deployment.statistics
            assert (3, 3.0, 1, 1.0) == tuple(
                counts[key] for key in ("environment_steps", "return", "length", "processed_return")
            )

    def test_bad_input_does_not_fall_back(self):
        """What the host got wrong is told to the host."""
        deployment = deploy(fallback=0)
        deployment.act(1)
        with pytest.raises(InputError):
            deployment.act(2, None)

    def test_a_fallback_outside_the_action_space_is_refused(self):
        """A constant at once, and what a function gives when it is asked; the cause is kept."""
        with pytest.raises(SpaceError, match=r"The fallback's action is int 9"):
            deploy(stack=Explode(1), fallback=9, action_space=Discrete(2))
        deployment = deploy(stack=Explode(1), fallback=lambda *_: 9, action_space=Discrete(2))
        with pytest.raises(PolicyError, match=r"The fallback's action is int 9") as caught:
            deployment.act(1)
        assert isinstance(caught.value.__cause__, WrapperError)

    def test_nothing_is_no_action(self):
        """A forgotten return is not taken for the end of an episode; nor is an Act an action."""
        for answer in (None, Act(1)):
            deployment = deploy(lambda seen, answer=answer: 1 if seen == 0 else answer)
            deployment.act(0)
            with pytest.raises(PolicyError, match="was a `return` forgotten"):
                deployment.act(1, 1.0)
        deployment = deploy(echo, TransformAction(lambda action: None, None))
        with pytest.raises(ProtocolError, match="None is no action"):
            deployment.act(1)
        deployment = Deployment(sinks=())
        deployment.observe(1)
        with pytest.raises(InputError, match="None is no action"):
            deployment.decide(None)

    def test_a_policy_that_returns_no_pair_is_told_what_to_return(self):
        """The right code is in the message."""
        with pytest.raises(PolicyError, match=r"return memory, Act\(action\)"):
            deploy(Forgets()).act(1)

    def test_a_second_thread_is_turned_away(self):
        """The first call is not disturbed."""
        inside, leave, errors = threading.Event(), threading.Event(), []

        def policy(observation):
            inside.set()
            leave.wait(5)
            return observation

        deployment = deploy(policy)
        first = threading.Thread(target=lambda: errors.append(deployment.act(1)))
        first.start()
        inside.wait(5)
        with pytest.raises(BusyError):
            deployment.act(1)
        leave.set()
        first.join()
        assert [1] == errors

    def test_re_entry_is_an_error_of_the_policy(self):
        """A policy that calls its own deployment is told, and nothing happened."""
        deployment = deploy(lambda observation: deployment.act(observation))  # noqa: PLW0108 - not yet bound
        with pytest.raises(PolicyError, match="BusyError"):
            deployment.act(1)
        assert 0 == deployment.step

    def test_a_failing_sink_loses_no_act(self):
        """It is logged, and the others are told."""
        told = []

        def broken(report):
            raise OSError("disk full")

        deployment = deploy(sinks=[broken, told.append])
        deployment.act(1)
        with structlog.testing.capture_logs() as logs:
            assert deployment.act(2, 1.0, True) is None
        assert ["sink_failed"] == [log["event"] for log in logs]
        assert ["episode_end"] == [report.name for report in told]


class TestSpaces:
    """What is held against the announced spaces, and when."""

    SPACES = {
        "observation_space": Box(-1.0, 1.0, (2,), np.float32),
        "action_space": Discrete(2),
    }

    @pytest.mark.parametrize(
        ("observation", "words"),
        [
            (np.zeros(3, np.float32), "shape"),
            (np.array([0.0, 2.0]), r"observation\[1\] is 2.0, outside"),
            (np.array([np.nan, 0.0]), r"observation\[0\] is nan"),
            (np.zeros(2, np.int64), "dtype int64"),
            ([0.0, 0.0], "numpy array"),
        ],
    )
    def test_an_observation_outside_its_space_is_refused(self, observation, words):
        """The error names the place; the right observation may follow."""
        deployment = deploy(lambda _: 1, **self.SPACES)
        with pytest.raises(SpaceError, match=words):
            deployment.act(observation)
        assert 1 == deployment.act(np.zeros(2, np.float32))

    def test_the_width_of_floats_is_free(self):
        """A float64 observation is at home in a float32 Box, its bound as float64 included."""
        space = Box(-0.45, 0.45, (2,), np.float32)
        deployment = deploy(lambda _: 1, observation_space=space)
        assert 1 == deployment.act(np.array([0.45, -0.45]))

    def test_checks_are_made_on_the_first_time_step_of_each_episode(self):
        """That is the default; "always" and "never" are the others."""
        bad = np.full(2, 9.0)
        for check, refused in (("first", False), ("always", True), ("never", False)):
            deployment = deploy(lambda _: 1, check=check, **self.SPACES)
            deployment.act(np.zeros(2))
            if refused:
                with pytest.raises(SpaceError):
                    deployment.act(bad, 1.0)
            else:
                assert 1 == deployment.act(bad, 1.0)
        assert 1 == deploy(lambda _: 1, check="never", **self.SPACES).act(bad)

    def test_an_episode_that_the_stack_opens_is_checked_as_well(self):
        """Where a world continues, its observation opens the next episode."""
        deployment = deploy(lambda _: 1, TimeLimit(2), **self.SPACES)
        deployment.act(np.zeros(2))
        deployment.act(np.full(2, 9.0), 1.0)
        with pytest.raises(SpaceError, match="outside"):
            deployment.act(np.full(2, 9.0), 1.0)
        assert 1 == deployment.act(np.zeros(2), 1.0)

    def test_the_policys_action_is_checked(self):
        """An action outside its space is the policy's error, before any wrapper sees it."""
        with pytest.raises(PolicyError, match="action is int 5"):
            deploy(lambda _: 5, **self.SPACES).act(np.zeros(2))

    def test_dict_observations_are_checked_by_key(self):
        """The key is in the message."""
        space = Dict(a=Discrete(2), b=Box(0, 1, (1,), np.float32))
        deployment = deploy(lambda _: 1, observation_space=space)
        with pytest.raises(SpaceError, match=r"observation\['b'\]"):
            deployment.act({"a": 0, "b": np.array([3.0])})


class TestBorders:
    """Nobody's objects are shared."""

    def test_the_hosts_objects_are_not_changed_and_may_change(self):
        """A reused buffer does not reach into the stack."""
        buffer = np.zeros(2, np.float32)
        seen = []
        stack = FrameStackObservation(2)
        deployment = deploy(
            lambda o: seen.append(o.copy()) or 0,
            stack,
            observation_space=Box(-9, 9, (2,), np.float32),
        )
        info = {"k": 1}
        deployment.act(buffer, info=info)
        buffer[:] = 5
        deployment.act(buffer, 1.0, info=info)
        assert [[0, 0], [5, 5]] == seen[1].tolist()
        assert {"k": 1} == info

    def test_the_host_may_change_the_action_it_gets(self):
        """It gets a writable copy; a held action stays as it was."""
        deployment = deploy(lambda _: np.ones(2), RepeatAction(2))
        action = deployment.act(0)
        action[:] = 7
        assert [1.0, 1.0] == deployment.act(0, 1.0).tolist()

    def test_the_policy_gets_what_nobody_can_change(self):
        """Its observation is read-only."""
        deployment = deploy(lambda o: o.flags.writeable)
        assert deployment.act(np.zeros(2)) is False


class TestNumbers:
    """Numbered calls can be repeated."""

    def test_the_same_number_gives_the_stored_answer(self):
        """Nothing advances, whatever is passed."""
        deployment = deploy(Remember())
        assert [0, 1] == [deployment.act("a", step=0), deployment.act("b", 1.0, step=1)]
        assert 1 == deployment.act("b", 1.0, step=1)
        assert (2, 2, 1.0) == (
            deployment.step,
            deployment.act("c", 0.0, step=2),
            deployment.statistics["return"],
        )

    @pytest.mark.parametrize("step", [0, 3, -1])
    def test_a_gap_or_a_smaller_number_is_refused(self, step):
        """The error names the number expected."""
        deployment = deploy()
        deployment.act(1)
        deployment.act(2, 1.0)
        with pytest.raises(InputError, match="expected 2"):
            deployment.act(3, 1.0, step=step)

    def test_a_failed_call_uses_no_number(self):
        """The retry has the same one."""
        deployment = deploy(stack=Explode(2))
        deployment.act(1, step=0)
        with pytest.raises(WrapperError):
            deployment.act(2, 1.0, step=1)
        assert 3 == deployment.act(3, 1.0, step=1)

    @pytest.mark.parametrize("step", [True, 1.0, "1"])
    def test_a_number_is_an_integer(self, step):
        """Other types are refused by name."""
        with pytest.raises(InputError, match="step"):
            deploy().act(1, step=step)


class TestConstruction:
    """Wrong arguments are told at once."""

    def test_unknown_words_are_refused(self):
        """The known ones are named."""
        with pytest.raises(ValueError, match="continue, request"):
            deploy(on_reset="maybe")
        with pytest.raises(ValueError, match="always, first, never"):
            deploy(check="sometimes")

    def test_a_policy_is_a_policy_or_a_function(self):
        """Anything else is refused."""
        with pytest.raises(TypeError, match="function from observation"):
            deploy("policy")

    def test_a_class_of_policies_is_no_policy(self):
        """An instance is meant."""
        with pytest.raises(TypeError, match="An instance of it is meant"):
            deploy(Remember)

    def test_a_seed_is_a_non_negative_integer(self):
        """The argument is named."""
        with pytest.raises(ValueError, match="seed=-1"):
            deploy(seed=-1)

    def test_sinks_are_a_list(self):
        """A single one is refused with the right code."""
        with pytest.raises(TypeError, match=r"sinks=\[\.\.\.\]"):
            deploy(sinks=print)

    def test_a_gymnasium_wrapper_is_no_wrapper(self):
        """The error says what is meant: of one's own a bridge, of Gymnasium's its namesake."""

        class Mine(gymnasium.Wrapper):
            pass

        env = gymnasium.make("CartPole-v1")
        bridge = r"A stack is made of wrappers, got .*Bridge\(lambda env: Mine\(env, \.\.\.\)\)"
        for given in (Mine, Mine(env)):
            with pytest.raises(TypeError, match=f"{bridge}.*from_env"):
                Deployment(echo, given)
            with pytest.raises(TypeError, match=bridge):
                TimeLimit(5) | given
        with pytest.raises(TypeError, match=r"are in statewrap\.wrappers, by the same names"):
            Deployment(echo, gymnasium.wrappers.TimeLimit)
        with pytest.raises(TypeError, match=r"stack, memory = statewrap\.gym\.from_env\(env\)"):
            Deployment(echo, env.unwrapped)
        with pytest.raises(TypeError, match="An instance is meant"):
            Deployment(echo, TimeLimit)

    def test_a_pair_is_no_stack(self):
        """What `from_env` returns goes into two arguments."""
        with pytest.raises(TypeError, match=r"Deployment\(policy, stack, memory=memory\)"):
            Deployment(echo, from_env(gymnasium.make("CartPole-v1")))

    def test_a_memory_is_what_a_stack_remembers(self):
        """Anything else is refused with what is meant, and not printed as a whole."""
        stack, memory = from_env(gymnasium.make("CartPole-v1"))
        cases = [
            (b"x" * 999, r"restore\(snapshot\)"),
            (memory.wrappers, r"stack, memory = from_env\(env\)"),
            (stack, r"stack, memory = from_env\(env\)"),
        ]
        for given, cure in cases:
            with pytest.raises(TypeError, match=f"expected a StackMemory: .*{cure}") as caught:
                Deployment(echo, stack, memory=given)
            assert len(str(caught.value)) < 300
        with pytest.raises(TypeError, match=r"what a stack remembers: .*memory=memory") as caught:
            Deployment(echo, memory)
        assert len(str(caught.value)) < 300

    def test_a_snapshot_of_a_wrong_kind_is_not_printed_as_a_whole(self):
        """Some hundred characters are enough."""
        deployment = deploy()
        with pytest.raises(SnapshotError, match="takes the bytes of a snapshot") as caught:
            deployment.restore(deployment.snapshot().decode() * 9)
        assert len(str(caught.value)) < 300

    def test_a_list_is_no_stack(self):
        """The error says how wrappers are joined."""
        with pytest.raises(
            TypeError, match=r"a list of wrappers. .* Stack\(\*wrappers\), or a \| b"
        ):
            Deployment(echo, [])

    @pytest.mark.parametrize("name", ["observation_space", "action_space"])
    def test_an_environment_is_no_space(self, name):
        """The error names what it has; that comes when it is made, not at the first act."""
        env = gymnasium.make("CartPole-v1")
        with pytest.raises(TypeError, match=f"{name} is .*, expected a space .*; use env.{name}"):
            Deployment(echo, **{name: env})
        with pytest.raises(TypeError, match=r"is 3, expected a space of Gymnasium's\.$"):
            Deployment(echo, **{name: 3})

    def test_every_error_is_a_statewrap_error(self):
        """One class catches what the library raises on purpose while it runs."""
        for error in (InputError, SpaceError, ProtocolError, SettleError, BusyError, WrapperError):
            assert issubclass(error, StatewrapError)

    def test_repr_says_where_it_stands(self):
        """State, step, stack and policy are in it."""
        deployment = deploy(stack=TimeLimit(5), session="robot 7")
        deployment.act(1)
        assert (
            "<Deployment 'robot 7', acting at step 1: Stack(TimeLimit(max_episode_steps=5))"
            in repr(deployment)
        )


class Recorder(Remember):
    """Keep what is shown in a list; a test's spy, so it hides state."""

    def __init__(self, shown):
        object.__setattr__(self, "shown", shown)

    def decide(self, memory, timestep):
        self.shown.append(timestep)
        return super().decide(memory._replace(decisions=5), timestep)


class Forgets(Remember):
    """Return the act alone."""

    def decide(self, memory, timestep):
        return Act(1)


def only_small(observation):
    """Fail for large observations."""
    if observation > 9:
        raise ValueError("too large")
    return observation


def test_a_policy_may_write_into_the_containers_it_is_shown() -> None:
    """They are its own: neither a memory nor the trace has them."""
    pair = Box(-9.0, 9.0, (2,), np.float32)

    def careless(observation):
        kept.append(observation["a"].tolist())
        observation["a"] = None
        observation["b"].append("scribbled")
        return 0

    kept = []
    agent = Deployment(
        careless,
        HoldLastObservation(3),
        below=Below(Dict(a=pair, b=Discrete(2))),
        check="never",
        sinks=(),
    )
    agent.act({"a": np.ones(2, np.float32), "b": [1]})
    agent.act({"a": np.float32([np.nan, 2.0]), "b": [1]}, 0.0)

    assert [[1.0, 1.0], [1.0, 2.0]] == kept
    assert "scribbled" not in repr(agent.last_trace)
