"""Wrappers that do with the loop whatever a loop allows: the control flow nobody expects.

What is right for each is written in `expected`, from the wrapper's source alone.
"""

from __future__ import annotations

import contextlib
from typing import Any

import gymnasium as gym
import numpy as np

Wrapper = gym.Wrapper


class RandomInnerSteps(Wrapper):
    """Steps a number of times that is drawn before the first of them."""

    def __init__(self, env):
        super().__init__(env)
        self.rng = np.random.default_rng(5)

    def step(self, action):
        total = 0.0
        for _ in range(self.rng.integers(1, 5)):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward) + 0.1 * self.rng.random()
            if terminated or truncated:
                break
        return observation, total, terminated, truncated, info


class ResetInsideStep(Wrapper):
    """Opens the next episode itself, twice in a row, and hides the end."""

    hidden = 0

    def step(self, action):
        answer = self.env.step(action)
        if answer[2] or answer[3]:
            self.hidden += 1
            self.env.reset()
            observation, info = self.env.reset()
            over = self.hidden % 3 == 0
            return observation, answer[1], over, False, info | {"hidden": self.hidden}
        return answer


class StepInsideReset(Wrapper):
    """Opens an episode with steps, and with another reset where one of them ends it."""

    def reset(self, **options):
        observation, info = self.env.reset(**options)
        for action in (0, 1, 0):
            observation, _, terminated, truncated, info = self.env.step(action)
            if terminated or truncated:
                observation, info = self.env.reset()
        return observation, info


class LazyReset(Wrapper):
    """Goes on with a step where it is asked to reset within an episode (as EpisodicLife does)."""

    over = True
    due = 0

    def reset(self, **options):
        over = self.over
        if not over:
            observation, _, terminated, truncated, info = self.env.step(0)
            over = terminated or truncated
        if over:
            observation, info = self.env.reset(**options)
        self.over = False
        return observation, info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.over = terminated or truncated
        self.due += 1
        return observation, reward, terminated or self.due % 4 == 0, truncated, info


class StepsAfterTheEnd(Wrapper):
    """Does not look whether the episode is over, and steps on."""

    def step(self, action):
        self.env.step(action)
        return self.env.step(action)


class StepsInObservation(gym.ObservationWrapper):
    """Steps the environment in `observation`, where only a map is expected; once in an episode."""

    fresh = False

    def reset(self, **options):
        self.fresh = True
        return super().reset(**options)

    def observation(self, observation):
        if not self.fresh:
            return observation
        self.fresh = False
        answer = self.env.step(1)
        return self.env.reset()[0] if answer[2] or answer[3] else answer[0]


class StepsInAction(gym.ActionWrapper):
    """Steps the environment in `action`, where only a map is expected; once in an episode."""

    fresh = False

    def reset(self, **options):
        self.fresh = True
        return self.env.reset(**options)

    def action(self, action):
        if self.fresh:
            self.fresh = False
            self.over = self.env.step(1 - action)[2:4]
            if any(self.over):
                self.env.reset()
        return action


class CountsInReward(gym.RewardWrapper):
    """Counts in `reward`, draws there, and asks what the last observation's space is."""

    def __init__(self, env):
        super().__init__(env)
        self.count, self.rng = 0, np.random.default_rng(3)

    def reward(self, reward):
        self.count += 1
        return reward + self.count + self.rng.random() * self.observation_space.shape[0]


class PatchesItself(Wrapper):
    """Replaces its own `step` when an episode opens, and again later."""

    count = 0

    def reset(self, **options):
        self.step = self.first_step
        return self.env.reset(**options)

    def first_step(self, action):
        self.step = self.later_step
        return self.later_step(action)

    def later_step(self, action):
        self.count += 1
        observation, reward, *rest = self.env.step(action)
        return observation, reward + self.count, *rest


class SwapsItsEnvironment(Wrapper):
    """Stands on one wrapper in this episode, and on another in the next."""

    def __init__(self, env):
        super().__init__(env)
        self.both = [gym.wrappers.RepeatAction(env, 2), gym.wrappers.TimeLimit(env, 4)]

    def reset(self, **options):
        self.env = self.both[0]
        self.both.reverse()
        return self.env.reset(**options)


class WritesIntoActionAfterwards(Wrapper):
    """Passes the action first, then writes into it, and keeps it."""

    kept = 0

    def __init__(self, env):
        super().__init__(env)
        self.action_space = gym.spaces.MultiDiscrete([2, 2])

    def step(self, action):
        answer = self.inner(action)
        action[1] += 5
        self.kept += int(action[1])
        return answer[0], answer[1] + self.kept, *answer[2:]

    def inner(self, action):
        return self.env.step(int(action[0]))


class Decorated(Wrapper):
    """Has a `step` that something is wrapped around."""

    def twice(step):  # noqa: N805 - a decorator in a class
        def stepped(self, action):
            answer = step(self, action)
            return answer if answer[2] or answer[3] else step(self, 1 - action)

        return stepped

    @twice
    def step(self, action):
        return self.env.step(action)


class AnswersItself(Wrapper):
    """Refuses an action given twice in a row, without asking the environment."""

    def reset(self, **options):
        self.last, self.shown = None, self.env.reset(**options)
        return self.shown

    def step(self, action):
        if action == self.last:
            self.last = None
            return self.shown[0], -1.0, False, False, {}
        self.last = action
        answer = self.env.step(action)
        self.shown = answer[0], answer[4]
        return answer


class AsLongAsItTilts(Wrapper):
    """Steps until what is shown changes its sign: how often is known only afterwards."""

    def step(self, action):
        for _ in range(6):
            answer = self.env.step(action)
            if answer[2] or answer[3] or answer[0][3] > 0:
                break
        return answer


class WritesBeforeAndAfter(Wrapper):
    """Counts on both sides of each inner call, and shows both counts."""

    before = after = 0

    def reset(self, **options):
        self.before = 0
        answer = self.env.reset(**options)
        self.after = 0
        return answer

    def step(self, action):
        total = 0.0
        for _ in range(3):
            self.before += 1
            observation, reward, terminated, truncated, info = self.env.step(action)
            self.after += 1
            total += float(reward)
            if terminated or truncated:
                break
        return observation, total + self.before * 16 + self.after, terminated, truncated, info


class InnerStackOfItsOwn(Wrapper):
    """Wraps its environment once more in secret; what it holds is not in the chain of `env`."""

    def __init__(self, env):
        super().__init__(env)
        self.inner = gym.wrappers.TimeLimit(gym.wrappers.RepeatAction(env, 2), 4)

    def reset(self, **options):
        return self.inner.reset(**options)

    def step(self, action):
        return self.inner.step(action)


class CachesUnwrapped(Wrapper):
    """Keeps the environment itself, and steps that."""

    def __init__(self, env):
        super().__init__(env)
        self.base = env.unwrapped

    def reset(self, **options):
        return self.base.reset(**options)

    def step(self, action):
        return self.base.step(action)


class KeepsBoundMethods(Wrapper):
    """Keeps the methods of its environment, and calls these."""

    def __init__(self, env):
        super().__init__(env)
        self.inner_step, self.inner_reset, self.calls = env.step, env.reset, 0

    def reset(self, **options):
        return self.inner_reset(**options)

    def step(self, action):
        self.calls += 1
        observation, reward, *rest = self.inner_step(action)
        return observation, reward + self.calls, *rest


class ForwardsAttributes(Wrapper):
    """Looks up what it does not have in its environment, as wrappers did before Gymnasium 1.0."""

    def __init__(self, env):
        super().__init__(env)
        self.count = 0

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.env, name)

    def step(self, action):
        self.count += 1
        observation, reward, *rest = self.env.step(action)
        return observation, reward + self.count, *rest


class LosesItsState(Wrapper):
    """Leaves out, when it is copied or pickled, what it counts."""

    count = 0

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "count"}

    def step(self, action):
        self.count += 1
        observation, reward, *rest = self.env.step(action)
        return observation, reward + self.count, *rest


class RefusesToBeCopied(Wrapper):
    """Raises when it is copied or pickled; its state is plain."""

    count = 0

    def __reduce_ex__(self, protocol):
        raise TypeError("not me")

    def step(self, action):
        self.count += 1
        observation, reward, *rest = self.env.step(action)
        return observation, reward + self.count, *rest


# -- handlers ----------------------------------------------------------------------------------


class BareExcept(Wrapper):
    """Takes whatever its environment raises for a failed step."""

    def step(self, action):
        try:
            return self.env.step(action)
        except:  # noqa: E722 - that is what it is about
            return np.zeros(4, np.float32), -100.0, True, False, {}


class BareExceptInReset(Wrapper):
    """Takes whatever its environment raises for a failed reset, and asks again."""

    def reset(self, **options):
        try:
            return self.env.reset(**options)
        except BaseException:
            return np.zeros(4, np.float32), {"failed": True}


class ExceptBaseException(Wrapper):
    """Swallows everything, and asks again."""

    def step(self, action):
        for _ in range(3):
            try:
                return self.env.step(action)
            except BaseException:  # noqa: S112 - that is what it is about
                continue
        return np.zeros(4, np.float32), -100.0, True, False, {}


class Suppresses(Wrapper):
    """Suppresses everything."""

    def step(self, action):
        with contextlib.suppress(BaseException):
            return self.env.step(action)
        return np.zeros(4, np.float32), -100.0, True, False, {}


class ReturnsInFinally(Wrapper):
    """Returns in `finally`, which swallows whatever was raised."""

    def step(self, action):
        answer = (np.zeros(4, np.float32), -100.0, True, False, {})
        try:
            answer = self.env.step(action)
        finally:
            return answer  # noqa: B012 - that is what it is about


class CountsWhatItRaisesAgain(Wrapper):
    """Counts whatever is raised below, raises it again, and shows the count."""

    raised = 0

    def step(self, action):
        try:
            observation, reward, *rest = self.env.step(action)
        except BaseException:
            self.raised += 1
            raise
        return observation, reward + 100 * self.raised, *rest


class CountsInFinally(Wrapper):
    """Counts in `finally`."""

    count = 0

    def step(self, action):
        try:
            observation, reward, *rest = self.env.step(action)
        finally:
            self.count += 1
        return observation, reward + self.count, *rest


class StepsInFinally(Wrapper):
    """Steps the environment once more in `finally`."""

    def step(self, action):
        answer = None
        try:
            answer = self.env.step(action)
        finally:
            if answer is None or not (answer[2] or answer[3]):
                last = self.env.step(0)
        return answer if answer[2] or answer[3] else last


class CatchesExceptions(Wrapper):
    """Catches `Exception`, which is good manners, and counts."""

    caught = 0

    def step(self, action):
        try:
            observation, reward, *rest = self.env.step(action)
        except Exception:
            self.caught += 1
            raise
        return observation, reward + self.caught, *rest


class EntersAndLeaves(Wrapper):
    """Enters a context around each inner call, and counts both ways."""

    depth = left = 0

    @contextlib.contextmanager
    def counted(self):
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            self.left += 1

    def step(self, action):
        with self.counted():
            observation, reward, *rest = self.env.step(action)
        return observation, reward + 10 * self.depth + self.left, *rest


# -- what stays open between two calls -------------------------------------------------------------


class HoldsGenerator(Wrapper):
    """Holds a generator open, which counts."""

    def __init__(self, env):
        super().__init__(env)
        self.script = self.played()

    def played(self) -> Any:
        count = 0
        while True:
            count += 1
            yield count

    def step(self, action):
        observation, reward, *rest = self.env.step(action)
        return observation, reward + next(self.script), *rest


class StepsInGenerator(Wrapper):
    """Does all its steps in one generator, open from one reset to the next."""

    def played(self):
        answer, total = None, 0.0
        while True:
            action = yield answer
            observation, reward, *rest = self.env.step(action)
            total += float(reward)
            answer = (observation, total, *rest)

    def reset(self, **options):
        self.script = self.played()
        next(self.script)
        return self.env.reset(**options)

    def step(self, action):
        return self.script.send(action)


class GeneratorWithinACall(Wrapper):
    """Uses a generator that is done when the call is."""

    def frames(self, action):
        for _ in range(3):
            answer = self.env.step(action)
            yield answer
            if answer[2] or answer[3]:
                return

    def step(self, action):
        answers = list(self.frames(action))
        observation, _, *rest = answers[-1]
        return observation, sum(float(answer[1]) for answer in answers), *rest
