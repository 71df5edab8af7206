"""Wrappers for one key of a Dict, of observations or of actions."""

from __future__ import annotations

from typing import Any

import attrs
from gymnasium.spaces import Dict

from statewrap.core.fields import a_flag, a_word, derived
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers import within
from statewrap.wrappers.below import unfit
from statewrap.wrappers.within import Inner, OfInner, Within

_word_or_none = attrs.validators.optional(a_word)


def _keeps(wrappers: Inner) -> bool | frozenset[str]:
    return frozenset({"kept"}) if any(wrapper.keeps for wrapper in wrappers) else False


@attrs.frozen
class WrapKey(Wrapper[Within]):
    """Show one key of a Dict observation as wrappers of its own show it.

    They are bound over the space of that part, and see it in place of the observation; all else
    of the time step is theirs to see and to change. So every wrapper of observations, with a
    memory or without, is one for a key: a chain of steps for a camera, a stack for a speed, a
    normalisation that learns. For a Dict in a Dict, hold a `WrapKey` in a `WrapKey`.

        env                                        {camera: c, speed: s}
        WrapKey("camera", [Grayscale, Resize])     {camera: resized(grey(c)), speed: s}
        ... tag="small", keep_original=True        {camera: c, small: resized(grey(c)), speed: s}

    Args:
        key: which part.
        wrappers: a wrapper, a stack, or a list of them, nearest to the environment first. They
            handle time steps alone, and let each pass.
        tag: the key under which the result is shown; None for `key` itself.
        keep_original: whether the part is also shown as it came; then a tag is needed.

    Raises:
        TypeError: if `wrappers` holds anything but such wrappers, or another argument is of the
            wrong type.
        ValueError: if there is no wrapper, or one of those that keep only a part of their memory
            beyond an episode (`VecNormalize` in mode "learn"); or `keep_original` has no tag.
        BindError: at `bind`, if the observation space below is unknown, no Dict, or lacks the
            key, has the tag already, or does not fit the wrappers.

    >>> from gymnasium.spaces import Box, Discrete
    >>> from statewrap.wrappers import FlattenObservation
    >>> space = Dict(gear=Discrete(3), speed=Box(0.0, 9.0, ()))
    >>> one_hot = WrapKey("gear", FlattenObservation(), tag="gears").bind(Below(space))
    >>> memory, shown = one_hot.on_state(one_hot.initial(Key(0, 0)), TimeStep(
    ...     {"gear": 2, "speed": 0.5}, first=True))
    >>> shown.observation
    {'speed': 0.5, 'gears': array([0, 0, 1])}
    """

    memory_types = OfInner("memory_types", (Within,))
    needs = OfInner("needs", frozenset[str]())

    key: str = attrs.field(validator=a_word)
    wrappers: Inner = attrs.field(converter=within.flat)
    tag: str | None = attrs.field(default=None, kw_only=True, validator=_word_or_none)
    keep_original: bool = attrs.field(default=False, kw_only=True, validator=a_flag)
    inner: Inner = derived(())
    below: Dict | None = derived()
    known: Below | None = derived()

    def __attrs_post_init__(self) -> None:
        """Hold that the wrappers handle time steps alone, and that an original has its name."""
        within.refuse_others(self, "on_state", "on_action", "on_reset")
        if self.keep_original and self.tag in (None, self.key):
            raise ValueError(
                f"WrapKey({self.key!r}, ...) is to keep the original, so what it makes needs "
                f'another name: WrapKey({self.key!r}, ..., tag="{self.key}_2").'
            )

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """What outlives an episode: what the wrappers keep."""
        return _keeps(self.wrappers)

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether one of the wrappers learns."""
        return any(wrapper.learns for wrapper in self.wrappers)

    @property
    def delays(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether one of the wrappers shows something later than it came."""
        return any(wrapper.delays for wrapper in self.wrappers)

    def bind(self, below: Below) -> WrapKey:
        """Bind the wrappers over the part.

        Raises:
            BindError: if it is unknown or does not fit.
        """
        space = within.dict_below(self, below, "observation_space", self.key)
        part = attrs.evolve(below, observation_space=space[self.key])
        inner, top = within.bound_inner(self.wrappers, part)
        whole = within.with_part(
            self,
            space,
            self.key,
            top.observation_space,
            self._name,
            keep=self.keep_original,
        )
        known = attrs.evolve(top, observation_space=whole)
        return bound(self, inner=inner, below=space, known=known)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the Dict with the part as it is shown."""
        return self.known or below

    def initial(self, key: Key) -> Within:
        """Return the memories of the wrappers."""
        return within.initial(self.inner, key)

    def renew(self, memory: Within, key: Key) -> Within:
        """Renew each memory."""
        return within.renewed(self.inner, memory, key)

    def on_state(self, memory: Within, timestep: TimeStep) -> tuple[Within, TimeStep]:
        """Show the part to the wrappers, and what they show in its place."""
        parts = timestep.observation
        try:
            shown: Any = timestep.with_observation(parts[self.key])
        except Exception as error:
            raise unfit(self, self.below, parts, error) from error
        memories = within.recalled(self.inner, memory)
        for index, wrapper in enumerate(self.inner):
            given = shown
            memories[index], shown = wrapper.on_state(memories[index], given)
            if type(shown) is not TimeStep:
                raise within.no_answer(self, wrapper, given, shown)
        whole = {k: part for k, part in parts.items() if self.keep_original or k != self.key}
        whole[self._name] = shown.observation
        return within.remembered(self.inner, memories), shown.with_observation(whole)

    @property
    def _name(self) -> str:
        return self.key if self.tag is None else self.tag


@attrs.frozen
class WrapActionKey(Wrapper[Within]):
    """Take one key of a Dict action through wrappers of its own.

    They are bound over the space of that part, and see it in place of the action; time steps they
    see whole.

        policy                                         {gas: 0.5, steer: 3}
        WrapActionKey("steer", DiscretizeAction(4))    {gas: 0.5, steer: 1.5}

    Args:
        key: which part of the environment's action.
        wrappers: a wrapper, a stack, or a list of them, nearest to the environment first. They
            handle actions, no resets, and let each message pass.
        tag: the key under which the policy gives that part; None for `key` itself.

    Raises:
        TypeError: if `wrappers` holds anything but such wrappers, or another argument is of the
            wrong type.
        ValueError: if there is no wrapper, or one that keeps only a part of its memory beyond an
            episode (a `StickyAction` with draws).
        BindError: at `bind`, if the action space below is unknown, no Dict, or lacks the key, has
            the tag already, or does not fit the wrappers; or if one of them answers in the first
            step, as a `RepeatAction(2)` does.

    >>> from gymnasium.spaces import Box
    >>> from statewrap.wrappers import DiscretizeAction
    >>> wheel = Dict(gas=Box(0.0, 1.0, ()), steer=Box(-2.0, 2.0, ()))
    >>> steps = WrapActionKey("steer", DiscretizeAction(4)).bind(Below(action_space=wheel))
    >>> steps.on_action(steps.initial(Key(0, 0)), Act({"gas": 0.5, "steer": 3}))[1]
    Act({'gas': 0.5, 'steer': array(1.5, dtype=float32)})
    """

    memory_types = OfInner("memory_types", (Within,))
    needs = OfInner("needs", frozenset[str]())

    key: str = attrs.field(validator=a_word)
    wrappers: Inner = attrs.field(converter=within.flat)
    tag: str | None = attrs.field(default=None, kw_only=True, validator=_word_or_none)
    inner: Inner = derived(())
    known: Below | None = derived()
    space: Dict | None = derived()

    def __attrs_post_init__(self) -> None:
        """Hold that the wrappers handle actions."""
        within.refuse_others(self, "on_action", "on_reset")

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """What outlives an episode: what the wrappers keep."""
        return _keeps(self.wrappers)

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether one of the wrappers learns."""
        return any(wrapper.learns for wrapper in self.wrappers)

    def bind(self, below: Below) -> WrapActionKey:
        """Bind the wrappers over the part.

        Raises:
            BindError: if it is unknown or does not fit.
        """
        space = within.dict_below(self, below, "action_space", self.key)
        part = attrs.evolve(below, action_space=space[self.key])
        inner, top = within.bound_inner(self.wrappers, part)
        whole = within.with_part(self, space, self.key, top.action_space, self._name, keep=False)
        known = attrs.evolve(top, action_space=whole)
        wrapper: WrapActionKey = bound(self, inner=inner, known=known, space=whole)
        within.refuse_answers(wrapper, below, whole)
        return wrapper

    def above(self, below: Below) -> Below:
        """Announce the Dict with the part as the policy gives it."""
        return self.known or below

    def initial(self, key: Key) -> Within:
        """Return the memories of the wrappers."""
        return within.initial(self.inner, key)

    def renew(self, memory: Within, key: Key) -> Within:
        """Renew each memory."""
        return within.renewed(self.inner, memory, key)

    def on_action(self, memory: Within, act: Act) -> tuple[Within, Act]:
        """Take the part through the wrappers, the uppermost first."""
        parts = act.action
        try:
            sent: Any = Act(parts[self._name])
        except Exception as error:
            raise unfit(self, self.space, parts, error, "action") from error
        memories = within.recalled(self.inner, memory)
        for index in reversed(range(len(self.inner))):
            given, wrapper = sent, self.inner[index]
            memories[index], sent = wrapper.on_action(memories[index], given)
            if type(sent) is not Act:
                raise within.no_answer(self, wrapper, given, sent)
        whole = {k: part for k, part in parts.items() if k != self._name}
        whole[self.key] = sent.action
        return within.remembered(self.inner, memories), Act(whole)

    def on_state(self, memory: Within, timestep: TimeStep) -> tuple[Within, TimeStep]:
        """Show the time step to the wrappers that look at it."""
        shown: Any = timestep
        memories = within.recalled(self.inner, memory)
        for index, wrapper in enumerate(self.inner):
            given = shown
            memories[index], shown = wrapper.on_state(memories[index], given)
            if type(shown) is not TimeStep:
                raise within.no_answer(self, wrapper, given, shown)
        return within.remembered(self.inner, memories), shown

    @property
    def _name(self) -> str:
        return self.key if self.tag is None else self.tag
