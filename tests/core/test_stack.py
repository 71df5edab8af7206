"""Wrappers joined: what each is told of those below it, and the one loop that routes messages."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import (
    Act,
    Below,
    BindError,
    Key,
    Reset,
    SettleError,
    Stack,
    TimeStep,
    Wrapper,
    WrapperError,
    bound,
    derived,
)
from statewrap.core.wrapper import MAX_ANSWERS, StackMemory
from statewrap.wrappers.clip import ClipAction

KEY = Key.from_seed(0)
FIRST = TimeStep("f0", first=True)


@attrs.frozen
class Tag(Wrapper[int]):
    """Mark whatever passes; the memory counts messages."""

    name: str

    needs = frozenset({"time"})

    def initial(self, key: Key) -> int:
        """Start at 0."""
        return 0

    def on_state(self, memory: int, timestep: TimeStep):
        """Mark on the way up."""
        return memory + 1, timestep.replace(observation=timestep.observation + self.name)

    def on_action(self, memory: int, act: Act):
        """Mark on the way down."""
        return memory + 1, Act(act.action + self.name)


@attrs.frozen
class Says(Wrapper[None]):
    """Answer each kind of message with a given reply; None lets it pass."""

    state: Any = None
    action: Any = None
    reset: Any = None
    renewal: Any = None

    def renew(self, memory, key):
        """Raise, if told to."""
        if self.renewal is not None:
            raise self.renewal
        return memory

    def on_state(self, memory, timestep):
        """Say it."""
        return self._said(self.state, memory, timestep)

    def on_action(self, memory, act):
        """Say it."""
        return self._said(self.action, memory, act)

    def on_reset(self, memory, request):
        """Say it."""
        return self._said(self.reset, memory, request)

    def _said(self, reply, memory, message):
        if isinstance(reply, BaseException):
            raise reply
        return (memory, message) if reply is None else reply


@attrs.frozen
class Twice(Wrapper[None]):
    """Double the number of actions, and keep what is below."""

    known: Any = derived()

    def bind(self, below: Below):
        """Keep it."""
        return bound(self, known=below)

    def above(self, below: Below) -> Below:
        """Announce twice as many."""
        if below.action_space is None:
            return below
        return attrs.evolve(below, action_space=Discrete(2 * int(below.action_space.n)))


@attrs.frozen
class Memories(Wrapper[Any]):
    """Keep the key it was given last, and tell it."""

    def initial(self, key: Key):
        """Keep it."""
        return ("initial", key)

    def renew(self, memory, key):
        """Keep it."""
        return ("renewed", key)


def routed(stack: Stack, *messages, hops=None):
    """Route messages from the initial memory, and return the last memory and reply."""
    memory, reply = stack.initial(KEY), None
    for message in messages:
        memory, reply = stack.route(memory, message, hops)
    return memory, reply


# -- composition -------------------------------------------------------------------------------


def test_wrappers_join_in_order_and_lie_flat() -> None:
    """However the stack was put together."""
    a, b, c = Tag("a"), Tag("b"), Tag("c")

    assert (a | b) | c == a | (b | c) == Stack(a, Stack(b, c), Stack())
    assert (a, b, c) == tuple(a | b | c)
    assert [3, b] == [len(a | b | c), (a | b | c)[1]]
    assert a | b != b | a
    assert Stack(a) != a


def test_a_stack_prints_as_what_makes_it() -> None:
    """Short ones by the constructor."""
    assert "Stack()" == repr(Stack())
    assert "Stack(Tag(name='a'))" == repr(Stack(Tag("a")))
    assert "Tag(name='a') | Tag(name='b')" == repr(Tag("a") | Tag("b"))


def test_equal_stacks_have_equal_hashes() -> None:
    """So they can be looked up."""
    assert 1 == len({Tag("a") | Tag("b"), Stack(Tag("a"), Tag("b"))})
    assert hash(Tag("a") | Tag("b")) != hash(Tag("b") | Tag("a"))


def test_binding_makes_no_other_stack() -> None:
    """What is known below it is no part of what it is."""
    stack = Tag("a") | Twice()
    known = stack.bind(Below(action_space=Discrete(2)))

    assert stack == known
    assert hash(stack) == hash(known)
    assert repr(stack) == repr(known)
    assert stack != (Tag("a"), Twice())


def test_a_stack_can_be_pickled_bound_or_not() -> None:
    """Its gaps travel along."""
    stack = Stack(Twice()).bind(Below(action_space=Discrete(2)))

    twin = pickle.loads(pickle.dumps(stack))  # noqa: S301 - our own

    assert stack == twin
    assert stack.gaps == twin.gaps


def _shared(self, memory, timestep):
    """Pass; several classes may have it as their method."""
    return memory, timestep


class Borrows(Wrapper[None]):
    """Has a method that is named otherwise where it is defined."""

    on_state = _shared


def test_a_stack_is_pickled_by_its_wrappers_alone() -> None:
    """A method that has another name elsewhere cannot be pickled, and need not be."""
    stack = Stack(Borrows()).bind(Below(max_episode_steps=3))

    twin = pickle.loads(pickle.dumps(stack))  # noqa: S301 - our own

    assert Borrows is type(twin[0])
    assert stack.gaps == twin.gaps
    assert (None, FIRST) == twin[0].on_state(None, FIRST)


def test_only_wrappers_can_be_joined() -> None:
    """A class in place of an instance is a common slip."""
    with pytest.raises(TypeError, match="An instance is meant"):
        Stack(Tag)
    for left, right in ((Tag("a"), "b"), (Tag("a"), Tag), (Tag, Tag("a"))):
        with pytest.raises(TypeError, match="An instance is meant"):
            left | right


def test_a_misspelled_method_is_refused() -> None:
    """It would never be called."""
    with pytest.raises(TypeError, match="on_act, which is never called"):

        class Wrong(Wrapper[None]):
            def on_act(self, memory, act):
                return memory, act


def test_a_bound_stack_is_not_composed_any_more() -> None:
    """It knows what was below it, which would change."""
    with pytest.raises(BindError, match="Compose first, then bind"):
        Tag("a") | Stack(Tag("b")).bind(Below())


def test_a_stack_needs_what_its_wrappers_need() -> None:
    """Together."""
    assert frozenset() == Stack(Twice()).needs
    assert {"time"} == (Twice() | Tag("a")).needs


# -- bind and above ----------------------------------------------------------------------------


def test_bind_tells_each_wrapper_what_is_below_it() -> None:
    """Folding upward; the unbound wrappers know nothing."""
    below = Below(Box(0, 1, (2,)), Discrete(3), 500, "rgb_array", {"render_fps": 30})
    stack = Twice() | Twice()

    known = stack.bind(below)

    assert [3, 6, 12] == [gap.action_space.n for gap in known.gaps]
    assert [3, 6] == [wrapper.known.action_space.n for wrapper in known]
    assert attrs.evolve(below, action_space=Discrete(12)) == stack.above(below)
    assert stack.above(below) == known.above(below)
    assert [None, None] == [wrapper.known for wrapper in stack]
    assert stack.gaps is None


def test_above_is_asked_of_the_bound_wrapper() -> None:
    """It may announce what `bind` derived."""
    stack = Stack(ClipAction()).bind(Below(action_space=Box(-1.0, 1.0, (2,))))

    assert Box(-np.inf, np.inf, (2,)) == stack.gaps[1].action_space


def test_what_is_unknown_stays_unknown() -> None:
    """`above` announces nothing that it cannot know."""
    assert Below() == (Twice() | Twice()).above(Below())
    assert Below() == Stack().above(Below())
    assert Below() == Stack().bind(Below()).above(Below())


def test_a_wrapper_that_needs_something_unknown_names_the_argument() -> None:
    """To be given to whoever drives the stack."""
    with pytest.raises(BindError, match=r"Tag\(name='a'\) needs the action_space .*action_space="):
        Below().require("action_space", Tag("a"))
    assert 5 == Below(max_episode_steps=5).require("max_episode_steps", Tag("a"))


# -- memories and keys -------------------------------------------------------------------------


def test_each_wrapper_starts_from_a_key_of_its_own() -> None:
    """Wrapper i from the root's fold i."""
    memory = (Memories() | Memories()).initial(KEY)

    assert (("initial", KEY.fold(0)), ("initial", KEY.fold(1))) == memory.wrappers
    assert (KEY.fold(0), KEY.fold(1)) == memory.keys


def test_a_first_time_step_renews_each_wrapper_it_reaches() -> None:
    """With a key split off its own, so that its draws do not depend on the others."""
    memory, _ = routed(Memories() | Memories(), FIRST, FIRST)

    first, second = (KEY.fold(i).split()[1] for i in range(2))
    assert (("renewed", first.split()[0]), ("renewed", second.split()[0])) == memory.wrappers
    assert (first.split()[1], second.split()[1]) == memory.keys


def test_a_first_time_step_does_not_renew_those_it_does_not_reach() -> None:
    """A wrapper below answered it."""
    memory, reply = routed(Says(state=(None, Act("noop"))) | Memories(), FIRST)

    assert Act("noop") == reply
    assert ("initial", KEY.fold(1)) == memory.wrappers[1]
    assert KEY.fold(1) == memory.keys[1]


@pytest.mark.parametrize("hops", [None, []])
def test_what_opens_or_no_longer_opens_on_its_way_up_counts_from_there_on(hops) -> None:
    """Those above a made-up opening are renewed; those above a hidden one are not."""
    opens = Memories() | Says((None, FIRST)) | Memories()
    hides = Memories() | Says((None, TimeStep("f"))) | Memories()

    opened, _ = routed(opens, TimeStep("f"), hops=hops)
    hidden, _ = routed(hides, FIRST, hops=hops)

    assert ["initial", "renewed"] == [opened.wrappers[0][0], opened.wrappers[2][0]]
    assert ["renewed", "initial"] == [hidden.wrappers[0][0], hidden.wrappers[2][0]]


def test_nothing_else_renews() -> None:
    """No other time step, no act, no reset."""
    memory, _ = routed(Stack(Memories()), TimeStep("f"), Act(0), Reset())

    assert (("initial", KEY.fold(0)),) == memory.wrappers


def test_rekey_replaces_the_keys_and_no_other_memory() -> None:
    """What was learned stays."""
    other = Key.from_seed(1)
    stack = Stack(Tag("a"))
    memory, _ = routed(stack, TimeStep("f"), Act("x"))

    again = stack.rekey(memory, other)

    assert ((2,), (other.fold(0),)) == (again.wrappers, again.keys)


def test_a_wrapper_error_from_within_is_passed_on() -> None:
    """A wrapper that routes through a stack of its own does not hide who raised."""
    inner = WrapperError("Inner()", 3, "on_state", ValueError("too hot"))

    with pytest.raises(WrapperError, match=r"Wrapper 3, 'Inner\(\)', raised ValueError"):
        routed(Stack(Says(state=inner)), FIRST)


def test_a_stack_is_itself_a_wrapper() -> None:
    """Its three methods route, and its own `renew` leaves the memory as it is."""
    stack = Tag("a") | Tag("b")
    memory = stack.initial(KEY)

    assert stack.route(memory, FIRST) == stack.on_state(memory, FIRST)
    assert stack.route(memory, Act("x")) == stack.on_action(memory, Act("x"))
    assert stack.route(memory, Reset()) == stack.on_reset(memory, Reset())
    assert stack.renew(memory, KEY) is memory

    answers = Stack(Says(TimeStep, (None, TimeStep("no")), (None, Act("noop"))))
    assert TimeStep("no") == answers.on_action(answers.initial(KEY), Act("x"))[1]
    assert Act("noop") == answers.on_reset(answers.initial(KEY), Reset())[1]


# -- routing -----------------------------------------------------------------------------------


def test_time_steps_rise_and_commands_fall() -> None:
    """Through every wrapper, in order, each crossing noted."""
    hops: list = []
    stack = Tag("a") | Tag("b")

    memory, reply = routed(stack, TimeStep("f"), Act("x"), Reset(), hops=hops)

    assert Reset() == reply
    assert (2, 2) == memory.wrappers
    rising = [(0, TimeStep("f")), (1, TimeStep("fa")), (2, TimeStep("fab"))]
    falling = [(2, Act("x")), (1, Act("xb")), (0, Act("xba"))]
    assert [*rising, *falling, (2, Reset()), (1, Reset()), (0, Reset())] == hops


def test_a_wrapper_may_answer_a_time_step_with_a_command() -> None:
    """It falls through those below, and those above see nothing."""
    hops: list = []
    stack = Tag("a") | Says(state=(None, Act("again"))) | Tag("b")

    memory, reply = routed(stack, TimeStep("f"), hops=hops)

    assert Act("againa") == reply
    assert (2, None, 0) == memory.wrappers
    rising = [(0, TimeStep("f")), (1, TimeStep("fa"))]
    assert [*rising, (1, Act("again")), (0, Act("againa"))] == hops


@pytest.mark.parametrize(
    ("side", "message"), [("action", Act("x")), ("reset", Reset())], ids=["act", "reset"]
)
def test_a_wrapper_may_answer_a_command_with_a_time_step(side, message) -> None:
    """It rises through those above, and those below see nothing."""
    stack = Tag("a") | Says(**{side: (None, TimeStep("no"))}) | Tag("b")

    memory, reply = routed(stack, message)

    assert TimeStep("nob") == reply
    assert 0 == memory.wrappers[0]


def test_a_wrapper_may_pass_one_command_on_as_another() -> None:
    """An act as a reset, a reset as an act."""
    assert Reset(3) == routed(Wrapper() | Says(action=(None, Reset(3))), Act("x"))[1]
    assert Act("noop") == routed(Wrapper() | Says(reset=(None, Act("noop"))), Reset())[1]


def test_the_memory_that_was_given_is_not_changed() -> None:
    """A caller keeps it, to go on from it once more."""
    stack = Tag("a") | Tag("b")
    memory = stack.initial(KEY)

    stack.route(memory, TimeStep("f"))

    assert (0, 0) == memory.wrappers


def test_an_empty_stack_lets_everything_pass() -> None:
    """With one gap, which each message crosses once."""
    for message in (FIRST, Act(0), Reset()):
        hops: list = []
        assert message == routed(Stack(), message, hops=hops)[1]
        assert [(0, message)] == hops


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faulty", "message", "call"),
    [
        (Says(state=ValueError("too hot")), FIRST, "on_state"),
        (Says(action=ValueError("too hot")), Act(0), "on_action"),
        (Says(reset=ValueError("too hot")), Reset(), "on_reset"),
        (Says(renewal=ValueError("too hot")), FIRST, "renew"),
    ],
)
def test_what_a_wrapper_raises_arrives_with_its_place(faulty, message, call) -> None:
    """Which wrapper, which method; the original is the cause."""
    with pytest.raises(WrapperError, match=f"raised ValueError in {call}: too hot") as caught:
        routed(Stack(Wrapper(), faulty, Wrapper()), message)

    assert (faulty, 1, call) == (caught.value.wrapper, caught.value.index, caught.value.call)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("signal", [KeyboardInterrupt(), SystemExit()])
def test_signals_pass_unwrapped(signal) -> None:
    """They are nobody's mistake."""
    with pytest.raises(type(signal)):
        routed(Stack(Says(state=signal)), FIRST)


@pytest.mark.parametrize(
    "reply", [TimeStep("f"), 3, (None,), (None, "f1"), (None, None), (None, FIRST, 1)]
)
@pytest.mark.parametrize(
    ("side", "message", "cure"),
    [
        ("state", TimeStep("f"), "on_state returned .* `return memory, timestep`"),
        ("action", Act(0), "on_action returned .* `return memory, act`"),
        ("reset", Reset(), "on_reset returned .* `return memory, request`"),
    ],
)
def test_a_reply_that_is_none_is_shown_with_the_right_one(reply, side, message, cure) -> None:
    """The forgotten memory, the forgotten message, something else altogether."""
    with pytest.raises(WrapperError, match=cure) as caught:
        routed(Stack(Says(**{side: reply}), Wrapper()), message)

    assert 0 == caught.value.index
    assert isinstance(caught.value.cause, TypeError)


def test_a_list_of_memory_and_message_does_as_well() -> None:
    """And what another wrapper raises afterwards is still its own."""
    stack = Says(state=[None, TimeStep("f1")]) | Says(state=ValueError("too hot"))

    assert TimeStep("f1") == routed(Stack(stack[0]), TimeStep("f"))[1]
    with pytest.raises(WrapperError, match=r"Wrapper 1, .* raised ValueError in on_state: too hot"):
        routed(stack, TimeStep("f"))


@pytest.mark.parametrize("stack", [Stack(), Stack(Wrapper())])
def test_what_is_no_message_is_not_let_in(stack) -> None:
    """The caller's mistake is no wrapper's."""
    with pytest.raises(TypeError, match="given 'f0', expected a TimeStep, an Act or a Reset"):
        routed(stack, "f0")


def test_wrappers_that_answer_each_other_for_ever_are_stopped() -> None:
    """The error names those of the last cycle, and what each said."""
    below, above = Says(action=(None, TimeStep("no"))), Says(state=(None, Act("but")))

    with pytest.raises(SettleError) as caught:
        routed(Wrapper() | below | above, TimeStep("f"))

    text = str(caught.value)
    assert f"wrapper 1, {below!r}, answered TimeStep('no')" in text
    assert f"wrapper 2, {above!r}, answered Act('but')" in text
    assert 2 == text.count("answered TimeStep") + text.count("answered Act")


def test_a_long_answering_chain_that_ends_is_let_be() -> None:
    """The bound is far beyond what is sensible."""

    @attrs.frozen
    class Patient(Wrapper[int]):
        def initial(self, key: Key) -> int:
            return 0

        def on_action(self, memory: int, act: Act):
            return (memory + 1, TimeStep("wait")) if memory < 1000 else (memory, act)

    stack = Patient() | Says(state=(None, Act("now")))

    memory, reply = routed(stack, TimeStep("f"))

    assert Act("now") == reply
    assert 1000 == memory.wrappers[0]


def test_arrays_pass_untouched() -> None:
    """The stack copies nothing: its borders did."""
    frame = np.zeros(3)

    assert routed(Wrapper() | Wrapper(), TimeStep(frame))[1].observation is frame


# -- declarations ------------------------------------------------------------------------------


def test_unless_it_says_otherwise_a_wrapper_declares_nothing() -> None:
    """It needs, keeps, learns and delays nothing, and lets everything pass."""
    wrapper, timestep = Wrapper(), TimeStep("f")

    assert (frozenset(), ()) == (Wrapper.needs, Wrapper.memory_types)
    assert (False, False, False) == (Wrapper.keeps, Wrapper.learns, Wrapper.delays)
    assert wrapper.bind(Below()) is wrapper
    assert Below(max_episode_steps=3) == wrapper.above(Below(max_episode_steps=3))
    assert wrapper.initial(KEY) is None
    assert [(1, timestep), (2, Act(0)), (3, Reset())] == [
        wrapper.on_state(1, timestep),
        wrapper.on_action(2, Act(0)),
        wrapper.on_reset(3, Reset()),
    ]


def test_by_default_an_episode_opens_as_a_session_does() -> None:
    """What the memory was is forgotten; the key is the one for the renewal."""

    class Keyed(Wrapper[Key]):
        def initial(self, key: Key) -> Key:
            return key

    assert KEY == Keyed().renew(Key.from_seed(1), KEY)


@pytest.mark.parametrize("name", ["keeps", "learns", "delays"])
def test_a_stack_declares_what_one_of_its_wrappers_does(name) -> None:
    """Each declaration by itself, wherever the wrapper stands."""
    declares = type("Declares", (Wrapper,), {name: True})()
    others = {"keeps", "learns", "delays"} - {name}

    for stack in (declares | Wrapper(), Wrapper() | declares):
        assert getattr(stack, name) is True
        assert not any(getattr(stack, other) for other in others)
    assert getattr(Wrapper() | Wrapper(), name) is False


def test_fields_that_are_kept_are_kept_in_a_stack_too() -> None:
    """Their names mean nothing there."""
    keeps = type("Keeps", (Wrapper,), {"keeps": frozenset({"past"})})()

    assert Stack(keeps).keeps is True


def test_a_stacks_memory_is_made_of_its_own_class_and_keys() -> None:
    """For snapshots; it is equal by content."""
    stack = Stack(Tag("a"))

    assert (StackMemory, Key) == Stack.memory_types
    assert StackMemory((0,), (KEY.fold(0),)) == stack.initial(KEY)
    assert stack.initial(KEY) != stack.initial(Key.from_seed(1))


def test_a_wrapper_has_no_room_for_anything_else() -> None:
    """An assignment that was mistyped is found at once."""
    for thing in (Wrapper(), Stack(), Below()):
        with pytest.raises(AttributeError):
            thing.obervation = 1


def test_nothing_is_known_unless_it_is_said() -> None:
    """And what is known is not changed."""
    assert (None,) * 6 == attrs.astuple(Below())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Below().render_mode = "human"


def test_only_methods_are_taken_for_misspelled_ones() -> None:
    """A field, a property or a name that begins otherwise is the author's own."""

    class Named(Wrapper[None]):
        on_fire = False
        on_kind = dict
        once = staticmethod(len)

        def one(self) -> int:
            return 1

        def _on_act(self) -> int:
            return 2

        def on_reset(self, memory, request):
            return memory, request

    assert (False, 1, 2) == (Named().on_fire, Named().one(), Named()._on_act())
    with pytest.raises(
        TypeError, match=r"Late defines on_.*one of on_state, on_action, on_reset\?"
    ):
        type("Late", (Wrapper,), {"on_late": lambda self: None})


def test_a_mixin_hears_of_its_subclasses() -> None:
    """Python's own hook goes on to whoever is next."""
    heard = []

    class Listens:
        __slots__ = ()

        def __init_subclass__(cls) -> None:
            super().__init_subclass__()
            heard.append(cls.__name__)

    type("Both", (Wrapper, Listens), {})

    assert ["Both"] == heard


def test_bound_fills_a_copy_that_shares_everything_else() -> None:
    """The original knows as little as before."""
    space = Box(-1.0, 1.0, (2,))

    original = Says(state=space)
    twin = bound(original, action="known")

    assert original.action is None
    assert "known" == twin.action
    assert twin.state is space


# -- words -------------------------------------------------------------------------------------


def test_a_part_that_is_unknown_is_asked_for_by_its_own_name() -> None:
    """In the deployment's words and in those of a dialogue."""
    with pytest.raises(BindError) as told:
        Below().require("max_episode_steps", Tag("a"))

    assert (
        "Tag(name='a') needs the max_episode_steps of what lies below it, which is unknown. Give "
        "it to whoever drives the stack, as in Deployment(..., below=Below(max_episode_steps=...)) "
        "or play(..., below=Below(max_episode_steps=...))." == str(told.value)
    )


@pytest.mark.parametrize("name", ["observation_space", "action_space"])
def test_a_space_that_is_unknown_is_an_argument_of_the_deployment(name) -> None:
    """The short form is told."""
    with pytest.raises(BindError, match=rf"Deployment\(\.\.\., {name}=\.\.\.\) or play"):
        Below().require(name, Tag("a"))


def test_a_reply_that_is_none_is_shown() -> None:
    """What was returned, and what would have let the message pass."""
    with pytest.raises(WrapperError) as told:
        routed(Stack(Says(state=(None, "f1"))), FIRST)

    assert (
        "on_state returned (None, 'f1'), expected a memory and a message. To let the message "
        "pass, write `return memory, timestep`" == str(told.value.cause)
    )


def test_a_quarrel_is_told_line_by_line() -> None:
    """In the order in which the wrappers answered, with the number of answers."""
    below, above = Says(action=(None, TimeStep("no"))), Says(state=(None, Act("but")))

    with pytest.raises(SettleError) as told:
        routed(below | above, TimeStep("f"))

    first, *answers, last = str(told.value).splitlines()
    assert (
        f"The stack did not settle: after {MAX_ANSWERS + 1} answers within it no message had left. "
        "In the last cycle:" == first
    )
    assert {
        f"  wrapper 0, {below!r}, answered TimeStep('no')",
        f"  wrapper 1, {above!r}, answered Act('but')",
    } == set(answers)
    assert "A wrapper that answers a message must let one pass after a bounded number" in last


def test_a_memory_of_another_stack_is_not_rekeyed() -> None:
    """Both numbers are told, and the stack."""
    memory = (Tag("a") | Tag("b")).initial(KEY)

    with pytest.raises(
        ValueError, match=r"what 2 wrappers remember, but the stack has 1: Stack\(T"
    ):
        Stack(Tag("c")).rekey(memory, KEY)
