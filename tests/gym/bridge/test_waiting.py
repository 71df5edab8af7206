"""One greenlet for all calls of a session: what a wrapper and its host see of that, and what not.

That calls answer as in the loop is held by `tests/gym/test_greenlets.py` and the parity tests.
"""

from __future__ import annotations

import contextlib
import contextvars
import gc
import threading
import weakref
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap.core.errors import WrapperError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below, Stack, StackMemory
from statewrap.gym import GymWrapper
from statewrap.gym.bridge import Bridge
from statewrap.gym.bridge.errors import CannotGoBackError
from statewrap.gym.bridge.suspended import Suspended
from tests.gym.environments import episode_of
from tests.gym.twins import cartpole

greenlet = pytest.importorskip("greenlet")

LINE = Below(Box(-9.0, 9.0, (2,), np.float64), Discrete(3))
FIRST = TimeStep(np.zeros(2), first=True)
NEXT = TimeStep(np.ones(2), reward=1.0)
KEY = Key.from_seed(3)
NUMBER: contextvars.ContextVar[Any] = contextvars.ContextVar("number", default=0)


class Talk:
    """A session, told one message after the other."""

    def __init__(self, wrap: Any, *messages: Message, **options: Any) -> None:
        self.bound = Stack(Bridge(wrap, mode="greenlet", **options)).bind(LINE)
        self.memory: Any = self.bound.initial(KEY)
        self.tell(*messages)

    def tell(self, *messages: Message) -> Any:
        """Tell it messages, and return the last answer."""
        answer: Any = None
        for message in messages:
            self.memory, answer = self.bound.route(self.memory, message)
        return answer


class Plain(gym.Wrapper):
    """Lets all pass."""


# -- what a wrapper sees ---------------------------------------------------------------------------


class Located(gym.Wrapper):
    """Notes on which greenlet it runs."""

    def __init__(self, env, places):
        super().__init__(env)
        self.places = places

    def step(self, action):
        """Note it before and after."""
        self.places.append(id(greenlet.getcurrent()))
        answer = self.env.step(action)
        self.places.append(id(greenlet.getcurrent()))
        return answer


def test_all_calls_run_on_one_greenlet():
    """As in the loop; what is kept for each greenlet is found again at the next call."""
    places: list[int] = []

    Talk(lambda env: Located(env, places), FIRST, Act(1), NEXT, Act(2), NEXT, FIRST, Act(0), NEXT)

    assert 6 == len(places)
    assert 1 == len(set(places))


def test_a_call_may_step_from_a_generator_that_stays_open():
    """It waits in the generator's frame, and goes on there."""

    def stepping(env):
        action = yield
        for number in range(10**9):
            observation, reward, *rest = env.step(action)
            action = yield observation, reward + number, *rest

    class Generates(gym.Wrapper):
        """Steps in a generator."""

        def reset(self, **options):
            """Begin a generator, once."""
            if "steps" not in vars(self):
                self.steps = stepping(self.env)
                next(self.steps)
            return self.env.reset(**options)

        def step(self, action):
            """Ask it."""
            return self.steps.send(action)

    expected = episode_of(Generates(cartpole()), 3, 40)
    env = GymWrapper(cartpole(), Bridge(Generates, mode="greenlet"))

    assert same(expected, episode_of(env, 3, 40))


def deep(env, action, left):
    """Step from deep within."""
    return env.step(action) if left == 0 else deep(env, action, left - 1)


class Deep(gym.Wrapper):
    """Steps from as deep within as its action says, in hundreds."""

    def step(self, action):
        """Step."""
        return deep(self.env, action, 300 * action)


def test_a_call_may_be_deep_and_the_next_as_well():
    """Waiting there as at the top."""
    talk = Talk(Deep, FIRST)

    answers = [talk.tell(Act(depth), NEXT) for depth in (2, 0, 1, 2)]

    assert [1.0] * 4 == [answer.reward for answer in answers]


def test_a_call_that_is_too_deep_is_an_error():
    """As in the loop; the session is over."""
    talk = Talk(lambda env: gym.wrappers.TransformAction(Deep(env), lambda _: 100, None), FIRST)

    with pytest.raises(WrapperError, match="RecursionError"):
        talk.tell(Act(1))
    with pytest.raises(WrapperError, match=r"cannot go back.*RecursionError"):
        talk.tell(Act(1))


def far_below(left, what):
    """Do something from deep within."""
    return what() if left == 0 else far_below(left - 1, what)


def test_how_deep_a_call_may_be_is_decided_at_the_first_message():
    """As the page on the bridge says; the stack of the greenlet begins there."""
    talk = far_below(500, lambda: Talk(Deep, FIRST))

    with pytest.raises(WrapperError, match="RecursionError"):
        talk.tell(Act(2))


# -- context variables -----------------------------------------------------------------------------


class Elsewhere(gym.Wrapper):
    """Steps in a context of its own, and shows what it reads there before and after."""

    def __init__(self, env):
        super().__init__(env)
        self.context = contextvars.Context()
        self.context.run(NUMBER.set, 7)

    def step(self, action):
        """Step there."""
        before = NUMBER.get()
        observation, _, *rest = self.context.run(self._within, action)
        return observation, 100.0 * before + NUMBER.get(), *rest

    def _within(self, action):
        observation, reward, *rest = self.env.step(action)
        return observation + NUMBER.get(), reward, *rest


def test_a_call_may_wait_in_a_context_of_its_own():
    """It is there still when the answer comes, whoever brings it, and leaves it then."""
    talk = Talk(Elsewhere, FIRST)
    NUMBER.set(1)

    talk.tell(Act(0))
    NUMBER.set(2)
    shown = talk.tell(NEXT)
    again = contextvars.copy_context().run(talk.tell, Act(0), NEXT)

    assert same(np.ones(2) + 7, shown.observation)
    assert [102.0, 202.0] == [shown.reward, again.reward]


class Sets(gym.Wrapper):
    """Sets a context variable to its action, in each call."""

    def step(self, action):
        """Set it, and step."""
        NUMBER.set(action)
        return self.env.step(action)


def test_what_is_set_in_a_call_is_visible_after_it_in_a_thread_that_has_set_nothing():
    """A thread has no context until it sets something; in the loop it would have one by then."""
    talk, seen = Talk(Sets, draws=np.random.default_rng(0)), list[Any]()

    def run() -> None:
        seen.append(greenlet.getcurrent().gr_context)
        talk.tell(FIRST, Act(2), NEXT)
        seen.append(NUMBER.get())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert [None, 2] == seen


class Reads(gym.Wrapper):
    """Shows a context variable as it is before and after, and adds one to it each time."""

    def step(self, action):
        """Read it."""
        before = NUMBER.get()
        NUMBER.set(before + 1)
        observation, _, *rest = self.env.step(action)
        NUMBER.set(NUMBER.get() + 1)
        return observation, 10.0 * before + NUMBER.get(), *rest


def test_a_call_has_the_context_of_whoever_began_it_until_it_returns():
    """As in the loop; the next has that of its own caller."""
    talk = Talk(Reads, FIRST)
    contexts = [contextvars.copy_context() for _ in range(4)]
    for number, context in enumerate(contexts):
        context.run(NUMBER.set, 2 * number)

    shown = [
        context.run(talk.tell, message)
        for context, message in zip(contexts, 2 * (Act(0), NEXT), strict=True)
    ]

    assert [2.0, 46.0] == [answer.reward for answer in shown[1::2]]
    assert [2, 2, 6, 6] == [context[NUMBER] for context in contexts]


class Restores(gym.Wrapper):
    """Sets something back after its step, which can be done in the same context alone."""

    def step(self, action):
        """Step with other warnings."""
        with np.errstate(all="ignore"):
            return self.env.step(action)


def test_what_a_call_has_set_it_can_set_back_whoever_brings_the_answer():
    """In a service each request may have a context of its own."""
    talk = Talk(Restores, FIRST)

    rewards = [
        [contextvars.copy_context().run(talk.tell, told) for told in (Act(0), NEXT)][-1].reward
        for _ in range(3)
    ]

    assert [1.0] * 3 == rewards


# -- draws -----------------------------------------------------------------------------------------


class Draws(gym.Wrapper):
    """Shows a draw at each step, from its environment's generator, for which it asks each time."""

    def step(self, action):
        """Draw."""
        observation, _, *rest = self.env.step(action)
        return observation, self.generator().random(), *rest

    def generator(self):
        """Ask."""
        return self.np_random


class Holds(Draws):
    """Asks when it is made, and holds it."""

    def __init__(self, env):
        super().__init__(env)
        self.held = self.np_random

    def generator(self):
        """Return what it holds."""
        return self.held


class Late(Draws):
    """Asks at its first step, and holds it."""

    held = None

    def generator(self):
        """Ask once."""
        self.held = self.held or self.np_random
        return self.held


@pytest.mark.parametrize("wrap", [Draws, Holds, Late])
@pytest.mark.parametrize("draws", [None, 5])
def test_each_episode_draws_what_it_draws_in_replay(wrap, draws):
    """Whenever a wrapper asks for the generator, which is started anew only if it is asked for."""
    start = None if draws is None else np.random.default_rng(draws)
    modes = ((Draws, "replay"), (wrap, "greenlet"))
    shown = [
        episode_of(GymWrapper(cartpole(), Bridge(wrap, mode=mode, draws=start)), 3, 80)
        for wrap, mode in modes
    ]

    assert same(*shown)


EPISODE = (FIRST, Act(0), NEXT)


@pytest.mark.parametrize("messages", [(FIRST,), EPISODE, (*EPISODE, FIRST)])
@pytest.mark.parametrize("wrap", [Draws, Holds, Late])
def test_what_is_saved_goes_on_to_draw_the_same(wrap, messages):
    """Also where nothing has been drawn in the episode yet."""
    one, other = Talk(wrap, *messages), Talk(wrap)
    (memory,) = one.memory.wrappers

    other.memory = StackMemory((Suspended(memory.kept),), one.memory.keys)

    shown = [[talk.tell(*told) for told in 2 * [EPISODE[1:], EPISODE]] for talk in (one, other)]
    assert same(*shown)


# -- what is held between calls --------------------------------------------------------------------


class Something:
    """What can be referred to weakly."""


class Shows(gym.Wrapper):
    """Shows arrays of its own."""

    def __init__(self, env, shown):
        super().__init__(env)
        self.shown = shown

    def step(self, action):
        """Make one."""
        observation, *rest = self.env.step(action)
        self.shown.append(weakref.ref(made := observation + 1))
        return made, *rest


def test_between_calls_nothing_of_a_call_is_held():
    """Neither its caller's context, nor what it returned."""
    held: list[Any] = []
    talk = Talk(lambda env: Shows(env, held), FIRST)
    context, value = contextvars.copy_context(), Something()
    context.run(NUMBER.set, value)
    held.append(weakref.ref(value))

    context.run(talk.tell, Act(1), NEXT)
    del context, value

    assert [None, None] == [ref() for ref in held]


def test_between_calls_a_caller_on_a_greenlet_of_his_own_is_not_held():
    """He may hold the session, and what is held by a greenlet that waits is never freed."""
    talk = Talk(Plain, FIRST)
    caller = greenlet.greenlet(talk.tell)
    held = weakref.ref(caller)

    caller.switch(Act(1), NEXT)
    del caller

    assert held() is None


def freed(wrap: Any, *messages: Message, elsewhere: bool = False) -> bool:
    """Tell whether a wrapper is freed when its session is dropped after some messages."""
    made: list[Any] = []

    def noted(env):
        made.append(weakref.ref(wrapped := wrap(env)))
        return wrapped

    held = [Talk(noted, FIRST, *messages)]
    if elsewhere:
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
    held.clear()
    gc.collect()
    return all(ref() is None for ref in made)


@pytest.mark.parametrize("messages", [(), (Act(1),), (Act(1), NEXT)])
def test_a_session_that_is_dropped_is_freed(messages):
    """Between two calls, and within one."""
    assert freed(Plain, *messages)


def test_a_session_that_is_dropped_between_calls_is_freed_from_any_thread():
    """Nothing of its wrapper lies on a greenlet then, which could be ended in its own alone."""
    assert freed(Plain, Act(1), NEXT, elsewhere=True)


def in_a_thread(what: Any) -> None:
    """Do something in a thread, to its end."""
    thread = threading.Thread(target=what)
    thread.start()
    thread.join()


class Ends(gym.Wrapper):
    """Does something when its call ends."""

    def __init__(self, env, then):
        super().__init__(env)
        self.then = then

    def step(self, action):
        """Step, and do it."""
        try:
            return self.env.step(action)
        finally:
            self.then()


def test_a_call_that_another_thread_drops_ends_in_its_own():
    """At the next message of any session there."""
    ended: list[Any] = []
    held = [Talk(lambda env: Ends(env, lambda: ended.append(threading.get_ident())), FIRST, Act(1))]
    other = Talk(Plain, FIRST)

    in_a_thread(held.clear)
    before = [*ended]
    other.tell(Act(1))

    assert [] == before
    assert [threading.get_ident()] == ended


def test_a_call_that_another_thread_drops_ends_with_its_own():
    """If no message comes there any more; its wrapper is freed."""
    made: list[Any] = []
    held: list[Talk] = []

    def wrap(env):
        made.append(weakref.ref(wrapped := Plain(env)))
        return wrapped

    def run() -> None:
        held.append(Talk(wrap, FIRST, Act(1)))
        in_a_thread(held.clear)

    in_a_thread(run)
    gc.collect()

    assert [None] == [wrapper() for wrapper in made]


@pytest.mark.parametrize("message", [NEXT, FIRST])
def test_calls_that_other_threads_drop_do_not_disturb_one_that_ends(message):
    """Whether it returns or is left, and another is dropped just then."""
    held = [Talk(Plain, FIRST, Act(1))]
    talk = Talk(lambda env: Ends(env, lambda: in_a_thread(held.clear)), FIRST, Act(1))

    answers = [talk.tell(message), talk.tell(Act(2), NEXT)]

    assert same([message, NEXT], answers)


class Ahead(gym.Wrapper):
    """Tries each action out in a session of its own."""

    def __init__(self, env):
        super().__init__(env)
        self.talk = Talk(Plain, FIRST)

    def step(self, action):
        """Try it."""
        self.talk.tell(Act(action), NEXT)
        return self.env.step(action)


@pytest.mark.parametrize("messages", [(Act(1),), (Act(1), NEXT), (Act(1), NEXT, Act(1))])
def test_a_session_that_holds_another_is_freed(messages):
    """Whose calls come from the greenlet of its own."""
    assert freed(Ahead, *messages)


class Fails(gym.Wrapper):
    """Raises what it is told, after its environment's step."""

    def __init__(self, env, error):
        super().__init__(env)
        self.error = error

    def step(self, action):
        """Raise it."""
        self.env.step(action)
        raise self.error


def test_a_session_whose_call_has_failed_is_freed():
    """When nobody holds the error, which knows where it was raised."""
    made: list[Any] = []

    def run() -> None:
        def wrap(env):
            made.append(weakref.ref(wrapped := Fails(env, ValueError("no"))))
            return wrapped

        with pytest.raises(WrapperError):
            Talk(wrap, FIRST, Act(1), NEXT)

    run()
    gc.collect()

    assert [None] == [wrapper() for wrapper in made]


# -- what leaves a call ----------------------------------------------------------------------------


def test_what_ends_greenlets_leaves_a_call_like_any_exception():
    """If the wrapper raises it; greenlets do not hand it on by themselves."""
    talk = Talk(lambda env: Fails(env, greenlet.GreenletExit("mine")), FIRST, Act(1))

    with pytest.raises(greenlet.GreenletExit, match="mine"):
        talk.tell(NEXT)


def test_after_a_call_that_failed_no_other_is_made():
    """It is told apart from what happens in it: the wrapper is not called."""
    calls: list[Any] = []

    class Once(gym.Wrapper):
        """Notes its calls, and fails."""

        def step(self, action):
            """Fail."""
            calls.append(action)
            raise ValueError("at once")

    talk = Talk(Once, FIRST)

    for _ in range(2):
        with pytest.raises(WrapperError, match="at once"):
            talk.tell(Act(1))

    assert [1] == calls


class Twice(gym.Wrapper):
    """Steps twice, and notes what becomes of its calls."""

    def __init__(self, env, log):
        super().__init__(env)
        self.log = log

    def step(self, action):
        """Step twice."""
        try:
            self.env.step(action)
            answer = self.env.step(action)
        finally:
            self.log.append(action)
        return answer


def test_calls_are_left_again_and_again_and_others_made():
    """In each of three episodes a call is left in the middle, and one comes to its end."""
    log: list[int] = []
    talk = Talk(lambda env: Twice(env, log), FIRST)

    for _ in range(3):
        shown = talk.tell(Act(1), NEXT, NEXT)
        opened = talk.tell(Act(2), NEXT, FIRST)

    assert [1, 2] * 3 == log
    assert 1.0 == shown.reward
    assert opened.first


class Complains(gym.Wrapper):
    """Raises something else when it is left."""

    def step(self, action):
        """Complain."""
        try:
            return self.env.step(action)
        except BaseException as error:
            raise ValueError("I was not done") from error


def test_what_is_raised_while_a_call_is_left_has_happened():
    """The session is over, and says why."""
    talk = Talk(Complains, FIRST, Act(1))

    with pytest.raises(WrapperError, match="I was not done") as raised:
        talk.tell(FIRST)
    assert "not taken back" in raised.value.cause.statewrap_cure
    with pytest.raises(WrapperError, match=r"cannot go back.*I was not done"):
        talk.tell(FIRST)


class Garbled(gym.Wrapper):
    """Returns four values."""

    def step(self, action):
        """Forget one."""
        return self.env.step(action)[:4]


class Heedless(gym.Wrapper):
    """Steps twice, whatever it is shown."""

    def step(self, action):
        """Step twice."""
        self.env.step(action)
        return self.env.step(action)


@pytest.mark.parametrize("wrap", [Garbled, Heedless])
def test_whatever_goes_wrong_in_a_call_has_happened(wrap):
    """Not only what the wrapper raises; it is not said that the call can be made again."""
    talk = Talk(wrap, FIRST, Act(1))

    with pytest.raises(WrapperError) as raised:
        talk.tell(NEXT.replace(terminated=True))
    with pytest.raises(WrapperError, match=type(raised.value.cause).__name__):
        talk.tell(NEXT)

    assert "not taken back" in raised.value.cause.statewrap_cure


def test_after_an_answer_that_nobody_asked_for_a_session_goes_on():
    """Nothing was done: what is asked next is answered as if it had not come."""
    talk = Talk(Plain, FIRST)

    with pytest.raises(WrapperError, match="nobody had asked for"):
        talk.tell(NEXT)

    assert 1.0 == talk.tell(Act(1), NEXT).reward


class Keeps(gym.Wrapper):
    """Does not let itself be ended."""

    def step(self, action):
        """Return all the same."""
        try:
            return self.env.step(action)
        except BaseException:
            return np.zeros(2), 0.0, False, False, {}


@pytest.mark.parametrize("wrap", [Keeps, Restores])
def test_a_session_that_is_dropped_in_the_middle_of_a_call_ends_without_a_word(wrap, capfd):
    """Whatever its wrapper makes of that."""
    assert freed(wrap, Act(1))
    assert ("", "") == capfd.readouterr()


# -- who calls -------------------------------------------------------------------------------------


def test_each_message_may_come_from_another_greenlet():
    """Of the same thread: the answer goes to the one that asked, also if the others are over."""
    talk = Talk(Plain, FIRST)

    def told(message: Message) -> Any:
        return greenlet.greenlet(talk.tell).switch(message)

    answers = [told(Act(1)), told(NEXT), talk.tell(Act(2)), told(NEXT)]

    assert same([Act(1), NEXT, Act(2), NEXT], answers)


def test_an_error_goes_to_the_greenlet_that_asked():
    """Not to the one in which the call began."""
    talk = Talk(lambda env: Fails(env, ValueError("no")), FIRST)
    greenlet.greenlet(talk.tell).switch(Act(1))
    raised: list[Any] = []

    def asks() -> None:
        with pytest.raises(WrapperError, match="no") as found:
            talk.tell(NEXT)
        raised.append(found.value.cause)

    greenlet.greenlet(asks).switch()

    assert [ValueError] == [type(cause) for cause in raised]


def test_what_is_raised_when_a_call_is_left_goes_to_whoever_leaves_it():
    """And is done in the context in which the call began."""

    class Complains(gym.Wrapper):
        """Raises something else when it is left, and sets a variable."""

        def step(self, action):
            """Complain."""
            try:
                return self.env.step(action)
            finally:
                NUMBER.set(NUMBER.get() + 1)
                raise ValueError("I was not done")

    talk, context = Talk(Complains, FIRST), contextvars.copy_context()
    context.run(NUMBER.set, 10)
    beginner = greenlet.greenlet(context.run)

    def begins() -> None:
        talk.tell(Act(1))
        with contextlib.suppress(ValueError):
            beginner.parent.switch()

    beginner.switch(begins)
    with pytest.raises(WrapperError, match="I was not done"):
        talk.tell(FIRST)

    assert 11 == context[NUMBER]


@pytest.mark.parametrize("messages", [(), (Act(1),)])
def test_a_thread_with_the_number_of_one_that_is_over_is_refused(messages):
    """Numbers of threads are given again; a greenlet is not."""
    talks: list[Talk] = []
    causes: list[BaseException] = []

    def run(what: Any) -> int:
        thread = threading.Thread(target=what)
        thread.start()
        number = thread.ident
        thread.join()
        return number or 0

    def asks() -> None:
        with pytest.raises(WrapperError, match="another thread") as raised:
            talks[0].tell(FIRST)
        causes.append(raised.value.cause)

    first = run(lambda: talks.append(Talk(Plain, FIRST, *messages)))
    for _ in range(20):
        if run(asks) == first:
            break

    assert {CannotGoBackError} == {type(cause) for cause in causes}
