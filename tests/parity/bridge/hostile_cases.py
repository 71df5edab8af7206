"""What is right for each hostile wrapper, written before the bridge was asked.

* "equal": it runs, bit-equal to Gymnasium's own loop, its effects on the outside included;
* "refused": it is refused with a reason, as it is made or at the latest when it does it;
* "differs": it draws what nobody can repeat, so Gymnasium's own loop differs from itself;
* "either": both would be honest; which of the two it is stands on the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import attrs
from gymnasium.envs.classic_control import CartPoleEnv
from gymnasium.wrappers import TimeLimit

from tests.parity.bridge import hostile, hostile_outside, hostile_state

Right = Literal["equal", "refused", "either", "differs"]


class Plant(CartPoleEnv):
    """An environment with more to it than its interface."""

    def energy(self) -> float:
        """Return what only it knows."""
        return float(self.state[1]) ** 2


@attrs.frozen
class Hostile:
    """A wrapper, and what is right for it."""

    factory: Callable[[Any], Any]
    replay: Right = "equal"
    words: str = ""
    """What a refusal must name, one of these, as a regular expression."""
    greenlet: Right = "equal"
    """The same on greenlets, which run everything once."""
    needs: tuple[str, ...] = ()
    """What has to be installed."""
    name: str = attrs.field()

    @name.default
    def _name(self) -> str:
        return self.factory.__name__


def over_a_limit(env: Any) -> Any:
    """Put a wrapper that reaches into the one below it on a TimeLimit."""
    return hostile_state.WritesIntoAnother(TimeLimit(env, 11))


def closed_over(env: Any) -> Any:
    """Put a wrapper around whose class is new each time."""
    return hostile_outside.closure_class()(env)


def steps_on_the_way(env: Any) -> Any:
    """Put two wrappers around that step and reset inside each other's calls."""
    return hostile.ResetInsideStep(hostile.StepInsideReset(hostile.RandomInnerSteps(env)))


CONTROL: Final = (
    Hostile(hostile.RandomInnerSteps),
    Hostile(hostile.ResetInsideStep),
    Hostile(hostile.StepInsideReset),
    Hostile(steps_on_the_way),
    Hostile(hostile.LazyReset),
    Hostile(hostile.StepsAfterTheEnd, "refused", "after the last|takes no act", "refused"),
    Hostile(hostile.AnswersItself),
    Hostile(hostile.StepsInObservation),
    Hostile(hostile.StepsInAction),
    Hostile(hostile.CountsInReward),
    Hostile(hostile.PatchesItself),
    Hostile(hostile.SwapsItsEnvironment),
    Hostile(hostile.WritesIntoActionAfterwards),
    Hostile(hostile.Decorated),
    Hostile(hostile.AsLongAsItTilts),
    Hostile(hostile.WritesBeforeAndAfter),
    Hostile(hostile.InnerStackOfItsOwn),
    Hostile(hostile.KeepsBoundMethods),
    Hostile(hostile.ForwardsAttributes),
    Hostile(hostile.LosesItsState),
    Hostile(hostile.RefusesToBeCopied, "either", "copied|copy|pickle"),
    Hostile(hostile.BareExcept, "either", "except|swallow|caught|catch"),
    Hostile(hostile.BareExceptInReset, "either", "except|swallow|caught|catch"),
    Hostile(hostile.ExceptBaseException, "either", "except|swallow|caught|catch"),
    Hostile(hostile.Suppresses, "either", "except|swallow|caught|catch|suppress"),
    Hostile(hostile.ReturnsInFinally, "either", "finally|except|swallow|caught|catch"),
    Hostile(hostile.CountsWhatItRaisesAgain),
    Hostile(hostile.CountsInFinally),
    Hostile(hostile.StepsInFinally, "either", "finally|except|swallow|caught|catch"),
    Hostile(hostile.CatchesExceptions),
    Hostile(hostile.EntersAndLeaves),
    Hostile(hostile.HoldsGenerator, "refused", "generator"),
    Hostile(hostile.StepsInGenerator, "refused", "generator"),
    Hostile(hostile.GeneratorWithinACall),
)
"""Strange loops."""

STATE: Final = (
    Hostile(hostile_state.KeepsInfo),
    Hostile(hostile_state.WritesIntoObservations),
    Hostile(hostile_state.OneBufferForAll),
    Hostile(hostile_state.WritesIntoActions),
    Hostile(hostile_state.LambdaOverSelf),
    Hostile(hostile_state.Slots, "either", "slot|count"),
    Hostile(hostile_state.HelperWithSlots, "either", "slot|Tally|tally"),
    Hostile(hostile_state.Aliased),
    Hostile(hostile_state.LateAttribute),
    Hostile(hostile_state.DeletedAttribute),
    Hostile(over_a_limit),
    Hostile(hostile_state.CachedProperty),
    Hostile(hostile_state.Properties),
    Hostile(hostile_state.LruCache),
    Hostile(hostile_state.Weak, "either", "weak"),
    Hostile(hostile_state.Iterators, "either", "iterator|count|cycle"),
    Hostile(hostile_state.Views, "either", "view|buffer|tail|turned|share"),
    Hostile(hostile_state.BigNumbers),
    Hostile(hostile_state.Containers),
    Hostile(hostile_state.Records),
    Hostile(hostile_state.Deques),
    Hostile(hostile_state.Tensors, needs=("torch",)),
    Hostile(hostile_state.OwnRandomness),
    Hostile(hostile_state.Cycles, "either", "itself|cycle|ring"),
    Hostile(hostile_state.HoldsUnpicklable, "either", "Unpicklable|held"),
    Hostile(hostile_state.Bytes),
    Hostile(hostile_state.MemoryView, "either", "memoryview|view"),
    Hostile(hostile_state.Numbers, "either", "array"),
    Hostile(hostile_state.Structured, "either", "mask|object|record"),
    Hostile(hostile_state.Namespaces, "either", "proxy"),
    Hostile(hostile_state.Subclasses, "either", "DictOfItsOwn|counts"),
    Hostile(hostile_state.ObjectKeys, "either", "Marker|counts"),
)
"""State of every kind."""

OUTSIDE: Final = (
    Hostile(hostile_outside.GlobalRandom, "refused", "random"),
    Hostile(hostile_outside.GlobalNumpyRandom, "refused", "random"),
    Hostile(hostile_outside.SeedsGlobalRandom, "refused", "random"),
    Hostile(
        hostile_outside.UnseededGenerator,
        "refused",
        "random|differ|repeat|hidden generator",
        "differs",
    ),
    Hostile(hostile_outside.FileInFinally, "refused", "file|open"),
    Hostile(hostile_outside.FileBeforeStep, "refused", "file|open"),
    Hostile(hostile_outside.FileAfterStep, "either", "file|open"),
    Hostile(hostile_outside.FileAtEnd, "refused", "file|open"),
    Hostile(hostile_outside.HoldsFile, "refused", "file|TextIOWrapper"),
    Hostile(hostile_outside.HoldsDatabase, "refused", "sqlite|Connection|base"),
    Hostile(hostile_outside.HoldsLock, "either", "lock"),
    Hostile(hostile_outside.HoldsThread, "refused", "thread|Thread|queue|Queue"),
    Hostile(hostile_outside.ClassCounter, "refused", "class|count|shared|outside"),
    Hostile(hostile_outside.ClassList, "refused", "class|history|shared|outside"),
    Hostile(hostile_outside.ClosureCounter, "either", "closure|counted|nonlocal|outside"),
    Hostile(closed_over, "either", "closure|count|nonlocal|outside"),
    Hostile(hostile_outside.ModuleGlobal, "refused", "global|SEEN|outside|module"),
    Hostile(hostile_outside.FunctionAttribute, "refused", "function|global|outside|written"),
    Hostile(hostile_outside.DefaultArgument, "refused", "default|global|outside|function|history"),
    Hostile(hostile_outside.ContextVariable, "refused", "context|global|outside|VARIABLE"),
    Hostile(hostile_outside.WeakDictionary, "refused", "OUTSIDE|outside|global|Weak"),
    Hostile(hostile_outside.EnvironmentVariable, "refused", "environ|outside|global"),
    Hostile(hostile_outside.Prints, "either", "print|stdout|output"),
    Hostile(hostile_outside.Logs, "either", "log"),
    Hostile(hostile_outside.LogsAfter, "either", "log"),
)
"""State and effects outside of the wrapper."""

READERS: Final = (
    Hostile(hostile_outside.ReadsInConstructor, "refused", "gravity", "refused"),
    Hostile(hostile_outside.ReadsInStep, "refused", "state", "refused"),
    Hostile(hostile_outside.ReadsWithDefault, "refused", "gravity", "refused"),
    Hostile(hostile_outside.AsksWhetherItHas, "refused", "gravity", "refused"),
    Hostile(hostile_outside.WritesIntoEnvironment, "refused", "gravity", "refused"),
    Hostile(hostile_outside.SetsWrapperAttribute, "refused", "gravity", "refused"),
    Hostile(hostile_outside.ReadsByName, "refused", "gravity", "refused"),
    Hostile(hostile_outside.CallsEnvironment, "refused", "energy", "refused"),
)
"""What asks for an environment that is not there: refused in every mode, with the attribute."""

LISTED: Final = (
    Hostile(hostile_outside.RareFile, "refused", "file|open"),
    Hostile(hostile_outside.RareRandom, "refused", "random"),
    Hostile(hostile_outside.ReadsItsDictionary, "refused", "", "refused"),
    Hostile(hostile_outside.AsksItsType, "refused", "", "refused"),
)
"""What a trial cannot see: what happens too rarely, and vars() and type() of the environment."""

RARE: Final = (Hostile(hostile_outside.RareReader, "refused", "state", "refused"),)
"""What is refused only when it does it."""

HOSTILE: Final = (*CONTROL, *STATE, *OUTSIDE, *READERS, *RARE)
