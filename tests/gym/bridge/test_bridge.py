"""A Gymnasium wrapper as an inverted one: message for message, over cuts, pauses and threads."""

from __future__ import annotations

import copy
import pickle
import threading
from functools import partial

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers as gw
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, Key, Reset, Stack, TimeStep
from statewrap.core.errors import SnapshotError, WrapperError
from statewrap.core.same import difference, same
from statewrap.gym import GymWrapper
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.bridge.graph import FORM
from statewrap.package import plain
from statewrap.testing import play
from tests.gym.bridge import factories, hostile
from tests.gym.bridge.factories import BELOW, MOVED, opening, seen

KEY = Key.from_seed(3)


def played(factory, *messages, below=BELOW, **options):
    """Play messages through a bridge."""
    return play(Bridge(factory, below, mode="replay", **options), *messages, below=below)


def held_after(bridge, *messages):
    """Return the memory after some messages."""
    stack = Stack(bridge).bind(BELOW)
    memory = stack.initial(KEY)
    for message in messages:
        memory, _ = stack.route(memory, message)
    return memory.wrappers[0]


def pickled(value):
    """Return a value that was pickled and loaded."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


class GoesOn(gymnasium.Wrapper):
    """Resets its environment only once; later what it saw last opens an episode."""

    last = None

    def reset(self, **kwargs):
        """Go on where it is."""
        if self.last is None:
            self.last = self.env.reset(**kwargs)[0]
        return self.last, {}

    def step(self, action):
        """Keep what is shown."""
        self.last, *rest = self.env.step(action)
        return self.last, *rest


class GoesOnAsAMap(gymnasium.ObservationWrapper):
    """The same, otherwise."""

    last = None

    def reset(self, **kwargs):
        """Go on where it is."""
        return super().reset(**kwargs) if self.last is None else (self.last, {})

    def observation(self, observation):
        """Keep it."""
        self.last = observation
        return observation


class TestDialogues:
    """What goes in, and what comes out."""

    def test_an_action_is_repeated_until_its_steps_are_done(self):
        """Each answer of the environment is answered with the action, the last rises."""
        replies = played(
            factories.repeat, opening(), Act(1), seen(1, reward=1.0), seen(2, reward=2.0),
            seen(3, reward=4.0),
        )  # fmt: skip

        assert [opening(), Act(1), Act(1), Act(1), seen(3, reward=7.0)] == replies

    def test_an_early_end_rises_at_once(self):
        """A last time step is never answered with an act."""
        end = seen(1, reward=1.0, terminated=True)

        assert [opening(), Act(1), end] == played(factories.repeat, opening(), Act(1), end)

    def test_an_unasked_opening_gives_up_the_call(self):
        """What the call had done is undone: the next skip is whole."""
        replies = played(
            factories.repeat, opening(), Act(1), seen(1, reward=1.0), opening(5), Act(2),
            seen(6, reward=0.5), seen(7, reward=0.5), seen(8, reward=0.5),
        )  # fmt: skip

        assert [opening(5), Act(2), Act(2), Act(2), seen(8, reward=1.5)] == replies[3:]

    @pytest.mark.parametrize("resets", [False, True])
    def test_an_opening_takes_back_what_mapping_an_action_changed(self, resets):
        """The act before it had no answer; a `reset` of its own finds the same."""
        bridge = Bridge(factories.CountsActions if resets else factories.Fades, mode="replay")
        opened = opening(), Act(1), seen(1)

        cut = held_after(bridge, *opened, Act(1), opening(4))

        assert bridge.bind(BELOW).seen.path.name == "direct"
        assert difference(held_after(bridge, *opened, opening(4)).state, cut.state) is None
        assert difference(held_after(bridge, *opened, Act(1)).state, cut.state) is not None

    def test_an_opening_alone_leads_to_the_same_memory(self):
        """With and without a `Reset` before it."""
        bridge = Bridge(factories.stacked, mode="replay")
        before = (opening(), Act(1), seen(1, reward=1.0))

        without = held_after(bridge, *before, opening(4))
        asked = held_after(bridge, *before, Reset(), opening(4))

        assert same(without, asked)

    def test_a_reset_takes_its_seed_and_options_down(self):
        """As the wrapper hands them on."""
        request = Reset(7, {"from": "here"})

        assert [request] == played(factories.stacked, request)

    def test_a_step_may_reset(self):
        """The opening answers the step, and rises as a step of the same episode."""
        end = seen(1, reward=1.0, terminated=True)
        replies = played(factories.resets_itself, opening(), Act(1), end, Act(2), opening(4))

        assert [opening(), Act(1), end, Reset(), seen(4)] == replies

    def test_a_reset_may_step(self):
        """Where a life is lost the game goes on below, with an act of the wrapper's own."""
        steps = [Act(1), seen(1), Act(1), seen(2), Act(1), seen(3, reward=1.0)]
        lost = seen(3, reward=1.0, terminated=True)
        replies = played(hostile.LosesLives, opening(), *steps, Reset(), seen(4))

        assert [lost, Act(0), opening(4)] == replies[-3:]

    def test_an_opening_answers_a_step_that_a_reset_asks_for(self):
        """The environment opened an episode by itself, while the wrapper would have gone on."""
        steps = [Act(1), seen(1), Act(1), seen(2), Act(1), seen(3, reward=1.0)]

        assert opening(9) == played(hostile.LosesLives, opening(), *steps, opening(9))[-1]

    def test_the_time_and_the_frame_are_those_of_the_last_answer(self):
        """Whatever the wrapper made of the rest."""
        frame = np.zeros((1, 1, 3), np.uint8)
        last = seen(3, time=3.5, frame=frame, actor="b")
        replies = played(factories.repeat, opening(), Act(1), seen(1), seen(2, time=2.5), last)

        assert (3.5, frame, "b") == (replies[-1].time, replies[-1].frame, replies[-1].actor)

    @pytest.mark.parametrize("kind", [GoesOn, GoesOnAsAMap])
    def test_an_opening_that_needs_no_environment_has_the_time_of_what_came_last(self, kind):
        """Which is remembered where only a method was called, too."""
        bridge = Bridge(kind, BELOW, mode="replay")
        steps = [opening(time=0.5), Act(1), seen(1, time=1.5), Act(1), seen(2, time=2.5)]

        (*_, shown) = play(bridge, *steps, Reset(), below=BELOW)

        assert ("direct" == bridge.seen.path.name) == (kind is GoesOnAsAMap)
        assert difference(opening(2, time=2.5), shown) is None

    def test_a_time_step_that_nobody_asked_for_is_an_error(self):
        """It says so, and what may come."""
        with pytest.raises(Exception, match="nobody had asked for"):
            played(factories.repeat, opening(), seen(1))

    def test_an_act_after_the_end_is_an_error(self):
        """The environment takes none; the trial finds it."""
        end = seen(1, terminated=True)
        with pytest.raises(NotBridgeableError, match="after the last time step"):
            played(hostile.StepsTwice, opening(), Act(1), end)

    @pytest.mark.parametrize("before", [0, 1, 2])
    def test_an_act_after_the_end_is_an_error_later_too(self, before):
        """Whichever answer of a call was the last time step."""
        end = seen(8, terminated=True)

        with pytest.raises(WrapperError, match=r"GoesOnAtEight asked for Act\(1\) after the last"):
            played(hostile.GoesOnAtEight, opening(), Act(1), *[seen(8)] * before, end)


class TestMemory:
    """A memory is a value."""

    def test_it_is_saved_in_the_middle_of_a_call(self):
        """And goes on in a bridge that was made anew."""
        messages = [opening(), Act(1), seen(1, reward=1.0), seen(2, reward=2.0)]
        here = Stack(Bridge(factories.stacked, mode="replay")).bind(BELOW)
        memory = here.initial(KEY)
        for message in messages[:3]:
            memory, _ = here.route(memory, message)
        there = Stack(Bridge(factories.stacked, mode="replay")).bind(BELOW)
        types = there.memory_types + there[0].memory_types

        restored = plain.decode(plain.encode(memory, types), types)

        assert same(memory, restored)
        assert same(here.route(memory, messages[3]), there.route(restored, messages[3]))

    def test_a_fork_goes_two_ways(self):
        """From one memory, in any order, as if the other way had not been gone."""
        stack = Stack(Bridge(factories.stacked, mode="replay")).bind(BELOW)
        memory, _ = stack.route(stack.initial(KEY), opening())
        memory, _ = stack.route(memory, Act(1))
        ways = [seen(1, reward=1.0), seen(5, reward=2.0), seen(1, reward=1.0)]

        first, second, third = [stack.route(memory, way) for way in ways]

        assert same(first, third)
        assert not same(first, second)

    def test_what_never_changes_is_not_in_it(self):
        """A map's memory stays the very same object."""
        stack = Stack(Bridge(factories.clipped, mode="replay")).bind(BELOW)
        memory, _ = stack.route(stack.initial(KEY), opening())
        memory, _ = stack.route(memory, Act(1))

        after, _ = stack.route(memory, seen(1, reward=3.0))

        assert [FORM] == list(after.wrappers[0].state)
        assert memory.wrappers[0] is after.wrappers[0]

    def test_threads_may_share_a_bound_stack(self):
        """Each session gets the answers that it gets alone."""
        stack = Stack(Bridge(factories.stacked, mode="replay")).bind(BELOW)
        alone = [self.session(stack, number) for number in range(4)]
        together = [None] * 4

        def serve(number):
            together[number] = self.session(stack, number)

        threads = [threading.Thread(target=serve, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert same(alone, together)

    def session(self, stack, number):
        """Play a session of its own."""
        memory, replies = stack.initial(Key.from_seed(number)), []
        for turn in range(30):
            message = opening(turn * number) if turn % 10 == 0 else seen(turn + number, reward=1.0)
            memory, reply = stack.route(memory, message)
            replies.append(reply)
            if type(reply) is not Act:
                memory, _ = stack.route(memory, Act(turn % 3))
        return replies


class Noisy(gymnasium.ObservationWrapper):
    """Adds noise from its environment's generator."""

    def observation(self, observation):
        """Add some."""
        return observation + self.np_random.random()


class TestDraws:
    """What a wrapper draws from its environment's generator."""

    def test_each_episode_draws_from_the_wrappers_key(self):
        """The same key, the same draws; another, others."""
        actions = [self.acts(Key.from_seed(seed)) for seed in (1, 1, 2)]

        assert actions[0] == actions[1]
        assert actions[0] != actions[2]

    def test_each_episode_of_a_map_draws_from_the_wrappers_key(self):
        """Also where a method is called alone; a generator that is given goes on."""
        keyed, given = (
            Stack(Bridge(Noisy, mode="replay", draws=draws)).bind(BELOW)
            for draws in (None, np.random.Generator(np.random.PCG64(5)))
        )
        shown = []
        for stack in (keyed, given):
            memory = stack.initial(KEY)
            for number in (0, 1, 0, 1):
                memory, reply = stack.route(memory, seen(number, first=not number))
                memory, _ = stack.route(memory, Act(1))
                shown.append(float(reply.observation[0]) - number)

        expected = np.random.Generator(np.random.PCG64(5)).random(4)
        assert "direct" == keyed[0].seen.path.name
        assert 4 == len({*shown[:4]})
        assert shown[4:] == pytest.approx(expected.tolist())

    @pytest.mark.parametrize("kind", [np.uint32, np.int64])
    def test_half_a_word_that_is_left_is_drawn_next(self, kind):
        """Of a word, the other 32 bits are for the next small integer."""

        class Dices(gymnasium.RewardWrapper):
            def reward(self, reward):
                return float(self.np_random.integers(99, dtype=kind))

        draws = np.random.Generator(np.random.PCG64(5))
        stack = Stack(Bridge(Dices, mode="replay", draws=draws)).bind(BELOW)
        types = stack.memory_types + stack[0].memory_types
        memory, _ = stack.route(stack.initial(KEY), opening())
        found = []
        for number in range(8):
            memory, _ = stack.route(memory, Act(1))
            memory, shown = stack.route(memory, seen(number))
            memory = plain.decode(plain.encode(memory, types), types)
            found.append(shown.reward)

        expected = np.random.Generator(np.random.PCG64(5))
        assert [expected.integers(99, dtype=kind) for _ in range(8)] == found

    def acts(self, key):
        """Return what comes of two actions in turns."""
        stack = Stack(Bridge(factories.sticky, mode="replay")).bind(BELOW)
        memory, _ = stack.route(stack.initial(key), opening())
        found = []
        for turn in range(40):
            memory, act = stack.route(memory, Act(turn % 2))
            memory, _ = stack.route(memory, seen(turn % 9))
            found.append(act.action)
        return found

    def test_a_generator_that_is_given_draws_what_it_would(self):
        """Over all episodes, bit for bit as Gymnasium's wrapper does from an equal one."""

        class Own(gymnasium.Env):
            observation_space, action_space = BELOW.observation_space, BELOW.action_space
            np_random = np.random.Generator(np.random.PCG64(5))

            def reset(self, *, seed=None, options=None):
                self.steps, self.asked = 0, getattr(self, "asked", [])
                return np.zeros(2, np.float32), {}

            def step(self, action):
                self.asked.append(action)
                self.steps += 1
                return np.zeros(2, np.float32), 0.0, self.steps == 7, False, {}

        native, below = Own(), Own()
        draws = np.random.Generator(np.random.PCG64(5))
        bridge = GymWrapper(below, Bridge(factories.sticky, mode="replay", draws=draws))
        for env in (factories.sticky(native), bridge):
            for _ in range(4):
                env.reset()
                for turn in range(7):
                    env.step(turn % 3)

        assert native.asked == below.asked


class TestBridgeItself:
    """The wrapper as a value, and what it says of itself."""

    def test_it_equals_its_copies(self):
        """Copied, pickled, and evaluated from its `repr`."""
        bridge = Bridge(factories.repeat, BELOW)

        assert bridge == copy.copy(bridge) == copy.deepcopy(bridge)
        assert bridge == pickled(bridge) == Bridge(factories.repeat)
        assert "tests.gym.bridge.factories:repeat" in repr(bridge)

    def test_what_was_pickled_is_bound_again(self):
        """It answers as before."""
        bridge = pickled(Bridge(factories.repeat, BELOW, mode="replay"))

        assert [opening(), Act(1)] == play(bridge, opening(), Act(1), below=BELOW)

    def test_it_announces_what_the_wrapper_announces(self):
        """Spaces, and the limit of a TimeLimit; what it leaves alone is the very same."""
        above = Bridge(partial(gw.FrameStackObservation, stack_size=3), BELOW).above(BELOW)

        assert (3, 2) == above.observation_space.shape
        assert above.action_space is BELOW.action_space
        assert 4 == Bridge(factories.limit, BELOW).above(BELOW).max_episode_steps
        assert 10 == above.max_episode_steps

    def test_it_is_tried_out_once_over_the_same_spaces(self):
        """Binding it again gives what was seen before."""
        bridge = Bridge(factories.repeat)

        assert bridge.bind(BELOW).seen is copy.deepcopy(bridge).bind(copy.deepcopy(BELOW)).seen

    def test_spaces_may_be_unknown(self):
        """Then nothing is tried, and calls run again."""
        bridge = Bridge(factories.limit, Below(), mode="replay")

        assert 0 == bridge.seen.calls
        assert bridge.learns
        assert [opening(), Act(1)] == play(bridge, opening(), Act(1), below=Below())

    @pytest.mark.parametrize(
        ("made", "words"),
        [(lambda env: env, "expected a gymnasium.Wrapper"), (lambda env: None, "returned None")],
    )
    def test_a_factory_that_makes_no_wrapper_is_refused(self, made, words):
        """It says what was returned, and what to write."""
        with pytest.raises(NotBridgeableError, match=words):
            Bridge(made, BELOW)

    def test_wrong_arguments_are_refused(self):
        """A factory that cannot be called, a mode that there is not, a description that is none."""
        with pytest.raises(TypeError, match="expected a function"):
            Bridge("TimeLimit")
        with pytest.raises(ValueError, match="'auto', 'replay', 'greenlet'"):
            Bridge(factories.repeat, mode="thread")
        with pytest.raises(TypeError, match="Description"):
            Bridge(factories.repeat, describe={"ale": True})
        with pytest.raises(TypeError, match="attributes"):
            Description(attributes=["bonus"])

    def test_the_callers_action_is_left_alone(self):
        """By a wrapper that writes into what it is given."""
        action = np.ones(2, np.float32)

        (_, down) = played(hostile.WritesIntoActions, opening(), Act(action), below=MOVED)

        assert difference(down, Act(np.full(2, 0.5, np.float32))) is None
        assert [1.0, 1.0] == action.tolist()

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (gymnasium.ActionWrapper, "action"),
            (gymnasium.ObservationWrapper, "observation"),
            (gymnasium.RewardWrapper, "reward"),
        ],
    )
    def test_what_a_map_is_given_it_may_change_in_place(self, kind, name):
        """A copy, as everywhere; nobody else's array is changed."""

        def halved(self, value):
            value *= 0.5
            return value

        bridge = Bridge(type("Halves", (kind,), {name: halved}), MOVED, mode="replay")
        given = {part: np.ones(2, np.float32) for part in ("action", "observation", "reward")}
        step = TimeStep(given["observation"], given["reward"])
        _, down, up = play(bridge, opening(1), Act(given["action"]), step, below=MOVED)

        found = {"action": down.action, "observation": up.observation, "reward": up.reward}
        assert "direct" == bridge.seen.path.name
        assert {part: [0.5 if part == name else 1.0] * 2 for part in found} == {
            part: value.tolist() for part, value in found.items()
        }
        assert all([1.0, 1.0] == value.tolist() for value in given.values())


class WritesIntoAll(gymnasium.Wrapper):
    """Writes into whatever its environment gives it, and shows that."""

    def reset(self, **kwargs):
        """Write."""
        observation, info = self.env.reset(**kwargs)
        observation += 1
        info["rows"] += 1
        return observation, info

    def step(self, action):
        """Write."""
        action += 1
        observation, reward, *rest, info = self.env.step(action)
        observation += 1
        reward += 1
        info["rows"] += 1
        info["deep"]["rows"] += 1
        return observation, reward, *rest, info


def test_what_a_call_is_given_it_may_change_in_place():
    """Copies, all the way down; a call that runs again is given what it was given at first."""
    ones = np.ones(2, np.float32)
    action, opened, observation, reward, rows, deep = (ones.copy() for _ in range(6))
    describe = Description(info={"rows": ones, "deep": {"rows": ones}})
    bridge = Bridge(WritesIntoAll, MOVED, mode="replay", describe=describe)
    step = TimeStep(observation, reward, info={"rows": rows, "deep": {"rows": deep}})

    first, down, up = play(
        bridge,
        TimeStep(opened, info={"rows": rows}, first=True),
        Act(action),
        step,
        below=MOVED,
    )

    found = (first.observation, first.info["rows"], down.action, up.observation, up.reward)
    found += (up.info["rows"], up.info["deep"]["rows"])
    assert [[2.0, 2.0]] * 7 == [array.tolist() for array in found]
    given = (action, opened, observation, reward, rows, deep)
    assert [[1.0, 1.0]] * 6 == [array.tolist() for array in given]


class ShowsItsBuffers(gymnasium.Wrapper):
    """Hands out the same array and the same dicts at each step, with other contents."""

    def __init__(self, env):
        super().__init__(env)
        self.buffer, self.info = np.zeros(2, np.float32), {"rows": [0], "count": 0}

    def step(self, action):
        """Write into them."""
        _, reward, *rest, _ = self.env.step(action)
        self.buffer += 1
        self.info["count"] += 1
        self.info["rows"][0] += 1
        return self.buffer, reward, *rest, self.info


def test_what_was_shown_does_not_change_later():
    """Though the wrapper goes on writing into it."""
    bridge = Bridge(ShowsItsBuffers, BELOW, mode="replay")

    _, _, first, _, second = play(bridge, opening(), Act(1), seen(5), Act(1), seen(6), below=BELOW)

    for number, shown in enumerate((first, second), 1):
        assert [number] * 2 == shown.observation.tolist()
        assert {"rows": [number], "count": number} == shown.info


class Unfinished(gymnasium.Wrapper):
    """Counts, and returns what cannot be shown where it has counted to two."""

    def __init__(self, env):
        super().__init__(env)
        self.count = 0

    def step(self, action):
        """Count."""
        answer = self.env.step(action)
        self.count += 1
        observation, reward, *rest, info = answer
        shown = observation if self.count != 2 or not info else threading.Lock()
        return shown, reward, *rest, {"count": self.count}


def test_what_a_wrapper_returns_and_cannot_be_shown_has_changed_nothing():
    """The same call finds it as it was, though it came to its end."""
    bridge = Bridge(Unfinished, BELOW, mode="replay")
    memory = held_after(bridge, opening(), Act(1), seen(1), Act(1))
    bound = bridge.bind(BELOW)

    for _ in range(2):
        with pytest.raises(TypeError):
            bound.on_state(memory, seen(2, info={"odd": 1}))

    assert bound.on_state(memory, seen(2))[1].info == {"count": 2}


class Numbered(gymnasium.Wrapper):
    """Holds dicts, one of which is made only where it is told."""

    def __init__(self, env, more=0):
        super().__init__(env)
        self.parts = [{"part": number} for number in range(more)]
        self.counts = {"steps": 0}

    def step(self, action):
        """Count."""
        *answer, info = self.env.step(action)
        self.counts["steps"] += 1
        return *answer, {**info, **self.counts}


def test_a_memory_of_a_wrapper_that_is_made_of_other_objects_is_refused():
    """Its objects are numbered otherwise: what it held would come into others."""
    bridge, other = (
        Bridge(lambda env, more=more: Numbered(env, more), BELOW, mode="replay") for more in (0, 2)
    )
    memory = held_after(bridge, opening(), Act(1), seen(1), Act(1))

    with pytest.raises(SnapshotError, match="Numbered is here, or of one that was made otherwise"):
        other.on_state(memory, seen(2))
    assert bridge.on_state(memory, seen(2))[1].info == {"steps": 2}


class Maps(gymnasium.Wrapper):
    """Holds a space that others have as well."""

    shared = Box(-1.0, 1.0, (2,), np.float32)

    def __init__(self, env):
        super().__init__(env)
        self.goals, self.counts = self.shared, {"steps": 0}

    def step(self, action):
        """Count."""
        *answer, info = self.env.step(action)
        self.counts["steps"] += 1
        return *answer, {**info, **self.counts}


def test_a_memory_goes_on_where_somebody_has_drawn_from_a_space():
    """That has a generator then, which it had not; nothing is numbered otherwise for that."""
    bridge = Bridge(Maps, BELOW, mode="replay")
    memory = held_after(bridge, opening(), Act(1), seen(1), Act(1))
    Maps.shared.sample()
    wider = Below(BELOW.observation_space, BELOW.action_space, metadata={"a": [1], "b": {}})

    assert Bridge(Maps, wider, mode="replay").on_state(memory, seen(2))[1].info == {"steps": 2}


class Meets(gymnasium.RewardWrapper):
    """Waits for another one to be called as well, once it is told so."""

    met = None

    def reward(self, reward):
        """Wait."""
        if self.met is not None:
            self.met.wait()
        return reward


def test_the_environment_may_draw_from_its_space_while_many_are_served(monkeypatch):
    """Its space makes a generator then; a wrapper that is made later is like the first still."""
    space, told = Discrete(2), []
    bridge = Bridge(Meets, Below(Discrete(9), space), mode="replay")
    monkeypatch.setattr(Meets, "met", threading.Barrier(2, timeout=10))
    space.seed(3)

    def serve(reward):
        held = bridge.renew(bridge.initial(Key.from_seed(0)), Key.from_seed(0))
        told.append(bridge.on_state(held, TimeStep(0, reward=reward))[1].reward)

    threads = [threading.Thread(target=serve, args=(reward,)) for reward in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1.0, 2.0] == sorted(told)


class WidensActions(gymnasium.Wrapper):
    """Says how many actions its environment has, and gives it one more."""

    def step(self, action):
        """Set its space."""
        *answer, info = self.env.step(action)
        bare = self.env.unwrapped
        count = int(bare.action_space.n)
        bare.action_space = Discrete(count + 1)
        return *answer, {**info, "count": count}


def test_what_is_set_in_the_environment_is_of_a_session_too():
    """It goes on from where it was, and is put back with the rest."""
    stack = Stack(Bridge(WidensActions, mode="replay")).bind(BELOW)

    def told(memory, steps):
        counts = []
        for number in range(1, steps + 1):
            memory, _ = stack.route(memory, Act(1))
            memory, shown = stack.route(memory, seen(number))
            counts.append(shown.info["count"])
        return memory, counts

    begun, _ = stack.route(stack.initial(KEY), opening())
    later, first = told(begun, 3)

    assert [3, 4, 5] == first
    assert [3, 4] == told(begun, 2)[1]
    assert [6] == told(later, 1)[1]


def test_a_stack_calls_a_map_only_with_what_it_maps():
    """A layer that maps rewards is not called with actions; a `reset` of its own is."""
    rewards = Bridge(lambda env: gw.TransformReward(env, abs), BELOW)
    fades = Bridge(factories.CountsActions, BELOW)
    names = ("on_state", "on_action", "on_reset")

    assert [True, False, False] == [rewards.statewrap_hook(n) is not None for n in names]
    assert [True, True, True] == [fades.statewrap_hook(n) is not None for n in names]


@pytest.mark.parametrize("below", [BELOW.observation_space, gymnasium.Env(), 3])
def test_what_lies_below_is_said_by_a_below(below):
    """A space, or an environment, is easily given instead."""
    with pytest.raises(TypeError, match=r"expected .*: Below\(observation_space, action_space\)"):
        Bridge(factories.limit, below)


class NumbersItsResets(gymnasium.Wrapper):
    """Says in the options how often it was reset."""

    resets = 0

    def reset(self, *, seed=None, options=None):
        """Count."""
        self.resets += 1
        return self.env.reset(seed=seed, options={**(options or {}), "number": self.resets})


def test_a_reset_goes_down_with_what_the_wrapper_makes_of_it():
    """Its seed, and its options."""
    bridge = Bridge(NumbersItsResets, BELOW, mode="replay")

    _, command = bridge.on_reset(bridge.initial(Key.from_seed(0)), Reset(3, {"a": 1}))

    assert Reset(3, {"a": 1, "number": 1}) == command
