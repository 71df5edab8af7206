"""What a wrapper's code shows without running it.

`passes` proves that a step hands its action to the environment before it does anything else, and
`maps` that a layer is one of Gymnasium's three kinds of maps. What cannot be read is not proved.
"""

from __future__ import annotations

import dis
import types
from typing import Any, Final

import gymnasium

_NO_MEANING: Final = frozenset(
    {"RESUME", "CACHE", "PRECALL", "PUSH_NULL", "COPY_FREE_VARS", "MAKE_CELL", "NOP"}
)
_LOADS: Final = frozenset({"LOAD_FAST", "LOAD_DEREF", "LOAD_FAST_BORROW"})
_FETCHES: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})

_MAPS: Final = (
    gymnasium.ObservationWrapper,
    gymnasium.RewardWrapper,
    gymnasium.ActionWrapper,
    gymnasium.Wrapper,
)
OBSERVATION, REWARD, ACTION, NOTHING = _MAPS


def maps(layer: Any) -> Any:
    """Return what kind of map a layer is: a class of Gymnasium's whose `step` it has, or None.

    >>> from gymnasium.wrappers import ClipReward, TimeLimit
    >>> env = gymnasium.make("CartPole-v1").unwrapped
    >>> maps(ClipReward(env, 0, 1)), maps(TimeLimit(env, 9))
    (<class 'gymnasium.core.RewardWrapper'>, None)
    """
    if not _is_usual(layer):
        return None
    step = type(layer).step
    return next((kind for kind in _MAPS if isinstance(layer, kind) and step is kind.step), None)


def resets(layer: Any) -> bool:
    """Tell whether a layer has a `reset` of its own, which is none of Gymnasium's classes'.

    >>> from gymnasium.wrappers import StickyAction, ClipReward
    >>> env = gymnasium.make("CartPole-v1").unwrapped
    >>> resets(StickyAction(env, 0.5)), resets(ClipReward(env, 0, 1))
    (True, False)
    """
    usual: Any = OBSERVATION if isinstance(layer, OBSERVATION) else NOTHING
    return type(layer).reset is not usual.reset


def passes(layer: Any) -> bool:
    """Tell whether `step` begins with `self.env.step(action)`, the action untouched.

    >>> from gymnasium.wrappers import RepeatAction, TimeLimit
    >>> env = gymnasium.make("CartPole-v1").unwrapped
    >>> passes(TimeLimit(env, 9)), passes(RepeatAction(env, 2))
    (True, False)
    """
    return _is_usual(layer) and _passes(type(layer))


def opens(layer: Any) -> bool:
    """Tell whether `reset` hands its arguments down, and before that only sets own constants.

    >>> from gymnasium.wrappers import Autoreset, TimeLimit
    >>> env = gymnasium.make("CartPole-v1").unwrapped
    >>> opens(TimeLimit(env, 9)), opens(Autoreset(env))
    (True, True)
    """
    kind = type(layer)
    sets: Any = kind.__setattr__
    return _is_usual(layer) and sets is object.__setattr__ and _opens(kind.__mro__)


def _opens(mro: tuple[type, ...]) -> bool:
    for number, some in enumerate(mro):
        if "reset" in vars(some):
            function = vars(some)["reset"]
            how = _asks(function, mro[0]) if isinstance(function, types.FunctionType) else None
            return _opens(mro[number + 1 :]) if how == "super" else how == "env"
    return False


def _asks(function: types.FunctionType, kind: type) -> str | None:
    """Say what a `reset` calls first: "env" for `self.env.reset` as it was called, or "super".

    It is read from the instructions of Python 3.11; elsewhere nothing is proved.
    """
    code = function.__code__
    me, *names = code.co_varnames[:3]
    if code.co_argcount != 1 or names != _RESETS or code.co_flags & 0x2C:  # *, **, generator
        return None
    words = _words(code)
    while words[:2] and words[0][0] == "LOAD_CONST" and words[1] == ("LOAD_FAST", me):
        store, name = words[2]
        if store != "STORE_ATTR" or hasattr(getattr(kind, name, None), "__set__"):
            return None
        words = words[3:]
    given = [*(("LOAD_FAST", name) for name in names), ("KW_NAMES", tuple(names)), ("CALL", 2)]
    match words:
        case [("LOAD_FAST", who), ("LOAD_ATTR", "env"), ("LOAD_METHOD", "reset"), *rest] if (
            who == me and rest[:4] == given
        ):
            return "env"
        case [("LOAD_GLOBAL", "super"), ("CALL", 0), ("LOAD_METHOD", "reset"), *rest] if (
            rest[:4] == given
        ):
            return "super"
    return None


def _words(code: types.CodeType) -> list[tuple[str, Any]]:
    """List the instructions of a function that mean something, each with what it is about."""
    return [
        (one.opname, code.co_consts[one.arg or 0] if one.opname == "KW_NAMES" else one.argval)
        for one in dis.get_instructions(code)
        if one.opname not in _NO_MEANING
    ]


_RESETS: Final = ["seed", "options"]


def _passes(kind: Any) -> bool:
    for number, some in enumerate(kind.__mro__):
        if "step" in vars(some):
            function = vars(some)["step"]
            how = _begins(function) if isinstance(function, types.FunctionType) else None
            if how == "super":
                return _passes_after(kind.__mro__[number + 1 :])
            return how == "env"
    return False


def _passes_after(rest: tuple[type, ...]) -> bool:
    for number, some in enumerate(rest):
        function = vars(some).get("step")
        if isinstance(function, types.FunctionType):
            how = _begins(function)
            return _passes_after(rest[number + 1 :]) if how == "super" else how == "env"
    return False


def _is_usual(layer: Any) -> bool:
    """Tell whether a layer is found as usual: nothing stands before its methods and its `env`."""
    kind = type(layer)
    if {"step", "reset", "observation", "action", "reward"} & vars(layer).keys():
        return False
    changed = ("__getattribute__", "__getattr__")
    return not any(name in vars(some) for some in kind.__mro__[:-1] for name in (*changed, "env"))


def _begins(function: types.FunctionType) -> str | None:
    """Say what a `step` calls first: "env" for `self.env.step(action)`, "super" for `super()`'s.

    It is read from the first instructions, in which nothing else may stand.
    """
    code = function.__code__
    if code.co_argcount != 2 or code.co_kwonlyargcount or code.co_flags & 0x2C:  # *, **, generator
        return None
    me, action = code.co_varnames[:2]
    match _words(code)[:8]:
        case [(load, who), (fetch, "env"), (again, "step"), (last, what), ("CALL", 1), *_] if (
            {load, last} <= _LOADS and {fetch, again} <= _FETCHES and (who, what) == (me, action)
        ):
            return "env"
        case [
            ("LOAD_GLOBAL", "super"),
            ("CALL", 0),
            (fetch, "step"),
            (last, what),
            ("CALL", 1),
            *_,
        ]:
            return "super" if fetch in _FETCHES and last in _LOADS and what == action else None
        case [
            ("LOAD_GLOBAL", "super"),
            _,
            _,
            ("LOAD_SUPER_ATTR", "step"),
            (last, what),
            ("CALL", 1),
            *_,
        ]:
            return "super" if last in _LOADS and what == action else None
    return None
