"""Wrappers that share objects with those above and below them, in Gymnasium's own loop."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils import RecordConstructorArgs as Recorded

from statewrap import Act, Deployment, Policy

SPACE = Box(-1e9, 1e9, (2,), np.float64)


class Plant(gym.Env):
    """Shows how many steps there were, and the sum of the last action; an episode has 11."""

    observation_space = SPACE

    def __init__(self) -> None:
        self.action_space = Box(-9, 9, (2,), np.float64, seed=4)
        self.time = 0

    def reset(self, *, seed=None, options=None):
        """Begin at 0."""
        super().reset(seed=seed)
        self.time = 0
        return np.zeros(2), {}

    def step(self, action):
        """Count."""
        self.time += 1
        shown = np.array([self.time, float(np.sum(action))])
        return shown, 1.0, self.time % 11 == 0, False, {}


class Deciding(Policy):
    """Acts by every bit of what it is shown, and notes that."""

    memory_types = ()

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def initial(self, key):
        """Remember nothing."""
        return

    def decide(self, memory, timestep):
        """Note, and act."""
        self.shown.append((np.array(timestep.observation), float(timestep.reward)))
        return memory, Act(decided(timestep.observation))


def decided(observation: Any) -> np.ndarray:
    """Return an action that depends on an observation."""
    total = float(np.sum(observation))
    return np.array([np.sin(total), np.cos(2 * total)])


def played_on(env: gym.Env, before: int, more: int) -> tuple[list[Any], Any, Any]:
    """Play an environment, and return what it shows after some steps; then where it was there.

    Returns:
        What was shown, the bare environment as it was, and the observation there.
    """
    observation, _ = env.reset(seed=1)
    for _ in range(before):
        observation, *_ = env.step(decided(observation))
    bare, start = copy.deepcopy(env.unwrapped), copy.deepcopy(observation)
    return bare, start, lambda: _loop(env, observation, more)


def _loop(env: gym.Env, observation: Any, more: int) -> list[Any]:
    shown = [(np.array(observation), 0.0)]
    for _ in range(more):
        observation, reward, terminated, truncated, _ = env.step(decided(observation))
        if terminated or truncated:
            observation, _ = env.reset()
            reward = 0.0
        shown.append((np.array(observation), float(reward)))
    return shown


def both(wrap: Callable[[gym.Env], gym.Env], before: int = 3, more: int = 30) -> tuple[Any, ...]:
    """Part after some steps; return what the loop shows, what a deployment does, and its stack."""
    env = wrap(Plant())
    plant, observation, loop = played_on(env, before, more)
    policy = Deciding()
    agent = Deployment.from_env(env, policy, shown=observation, on_reset="request", sinks=())
    expected, action = loop(), agent.decide()
    return expected, answered(agent, policy, plant, action, len(expected)), agent.stack


def answered(agent: Any, policy: Deciding, plant: gym.Env, action: Any, number: int) -> list[Any]:
    """Answer a deployment's actions until so many observations were shown."""
    while len(policy.shown) < number:
        action = agent.act(*plant.step(action))
        if action is None:
            action = agent.reset(*plant.reset())
    return policy.shown


# -- wrappers --------------------------------------------------------------------------------------


class ShowsBuffer(gym.Wrapper, Recorded):
    """Shows one array again and again."""

    def __init__(self, env: gym.Env) -> None:
        Recorded.__init__(self)
        gym.Wrapper.__init__(self, env)
        self.buffer = np.zeros(2)

    def reset(self, **options):
        """Fill it."""
        observation, info = self.env.reset(**options)
        self.buffer[:] = observation
        return self.buffer, info

    def step(self, action):
        """Fill it."""
        observation, *rest = self.env.step(action)
        self.buffer[:] = observation
        return self.buffer, *rest


class KeepsThree(gym.Wrapper, Recorded):
    """Shows the sum of the last three observations."""

    def __init__(self, env: gym.Env) -> None:
        Recorded.__init__(self)
        gym.Wrapper.__init__(self, env)
        self.kept: deque[Any] = deque(maxlen=3)

    def reset(self, **options):
        """Keep the first one."""
        observation, info = self.env.reset(**options)
        self.kept.clear()
        self.kept.append(observation)
        return sum(self.kept) / 2, info

    def step(self, action):
        """Keep one more."""
        observation, *rest = self.env.step(action)
        self.kept.append(observation)
        return sum(self.kept) / 2, *rest


class TwoSteps(gym.Wrapper):
    """Takes two steps, and holds the first observation in a variable meanwhile."""

    def step(self, action):
        """Take them."""
        first, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            return first, reward, terminated, truncated, info
        second, more, *rest = self.env.step(action)
        return first * 0.25 + second, reward + more, *rest


class OneActionBuffer(gym.Wrapper):
    """Hands down one array again and again."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.action = np.zeros(2)

    def step(self, action):
        """Fill it."""
        self.action[:] = action
        return self.env.step(self.action)


class KeepsActions(gym.Wrapper):
    """Takes the sum of the last three actions."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.kept: deque[Any] = deque(maxlen=3)

    def reset(self, **options):
        """Forget them."""
        self.kept.clear()
        return self.env.reset(**options)

    def step(self, action):
        """Keep one more."""
        self.kept.append(action)
        return self.env.step(sum(self.kept))


class HalvesAction(gym.Wrapper):
    """Halves an action in place."""

    def step(self, action):
        """Halve it."""
        action *= 0.5
        return self.env.step(action)


class PaysForAction(gym.Wrapper):
    """Adds what has become of the action to the reward."""

    def step(self, action):
        """Pay."""
        observation, reward, *rest = self.env.step(action)
        return observation, reward + float(np.sum(action)), *rest


class OneReward(gym.Wrapper):
    """Gives one array as the reward, again and again."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.paid = np.zeros(())

    def step(self, action):
        """Change it in place."""
        observation, reward, *rest = self.env.step(action)
        self.paid += reward
        return observation, self.paid, *rest


class KeepsRewards(gym.Wrapper):
    """Pays the sum of the last three rewards."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.kept: deque[Any] = deque(maxlen=3)

    def step(self, action):
        """Keep one more."""
        observation, reward, *rest = self.env.step(action)
        self.kept.append(reward)
        return observation, float(sum(self.kept)), *rest


class Opens(gym.Wrapper):
    """Opens an episode with a list, to which it adds."""

    box: list[int]

    def reset(self, *, seed=None, options=None):
        """Hand it down."""
        self.box = []
        return self.env.reset(seed=seed, options={"box": self.box})

    def step(self, action):
        """Add to it."""
        self.box.append(1)
        return self.env.step(action)


class KeepsOptions(gym.Wrapper):
    """Pays for how long a list is that an episode was opened with."""

    box: Any = ()

    def reset(self, *, seed=None, options=None):
        """Keep it."""
        self.box = options["box"]
        return self.env.reset(seed=seed)

    def step(self, action):
        """Look how long it is."""
        observation, reward, *rest = self.env.step(action)
        return observation, reward + len(self.box), *rest


# -- wrappers that look for what lies further down -------------------------------------------------


class Buffers(gym.Wrapper, Recorded):
    """Counts in a list, and scales."""

    def __init__(self, env: gym.Env) -> None:
        Recorded.__init__(self)
        gym.Wrapper.__init__(self, env)
        self.steps: list[int] = []
        self.scale = 1.0

    def step(self, action):
        """Count."""
        observation, *rest = self.env.step(action)
        self.steps.append(1)
        return observation * self.scale, *rest


class Fetches(gym.Wrapper):
    """Fetches the list in `reset`, in some way."""

    fetched: Any = ()

    def reset(self, **options):
        """Fetch it."""
        self.fetched = self.fetch()
        return self.env.reset(**options)

    def fetch(self) -> Any:
        """Ask the wrapper below."""
        return self.env.steps

    def step(self, action):
        """Look how long it is."""
        observation, reward, *rest = self.env.step(action)
        return observation, reward + len(self.fetched), *rest


class FetchesByName(Fetches, Recorded):
    """Fetches it by the name of the attribute, wherever it is."""

    def __init__(self, env: gym.Env) -> None:
        Recorded.__init__(self)
        gym.Wrapper.__init__(self, env)

    def fetch(self) -> Any:
        """Ask all below."""
        return self.get_wrapper_attr("steps")


class FetchesFromTheOneAfterNext(Fetches):
    """Fetches it past the next layer."""

    def fetch(self) -> Any:
        """Ask the second one below."""
        return self.env.env.steps


class FetchesIfThere(Fetches):
    """Fetches it, or does without."""

    def fetch(self) -> Any:
        """Ask by a default."""
        return getattr(self.env, "steps", ())


class FetchesByClass(Fetches):
    """Looks for a class, and asks for nothing where it does not find it."""

    def fetch(self) -> Any:
        """Walk down."""
        env = self.env
        while isinstance(env, gym.Wrapper):
            if isinstance(env, Buffers):
                return env.steps
            env = env.env
        return ()


class FetchesLate(FetchesByClass):
    """Looks for the class in its 32nd step."""

    count = 0

    def reset(self, **options):
        """Do not look."""
        return self.env.reset(**options)

    def step(self, action):
        """Look, once it is time."""
        self.count += 1
        if self.count == 32:
            self.fetched = self.fetch()
        return super().step(action)


class SetsAttribute(gym.Wrapper):
    """Sets an attribute of the one below."""

    def reset(self, **options):
        """Set it."""
        self.env.scale = 3.0
        return self.env.reset(**options)


class SetsByName(gym.Wrapper):
    """Sets an attribute of the one that has it."""

    def reset(self, **options):
        """Set it."""
        self.env.set_wrapper_attr("scale", 3.0)
        return self.env.reset(**options)


class StepsPast(gym.Wrapper):
    """Keeps what lies under the next one, and steps that."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.inner = env.env

    def step(self, action):
        """Step past it."""
        return self.inner.step(action)


class StepsPastInStep(gym.Wrapper):
    """The same, found anew."""

    def step(self, action):
        """Step past it."""
        return self.env.env.step(action)


class StepsTheBareOne(gym.Wrapper):
    """Steps the environment at the bottom, past all."""

    def step(self, action):
        """Step it."""
        return self.unwrapped.step(action)


class Calls(gym.Wrapper):
    """Calls whoever wants to be told."""

    told: Any = None

    def step(self, action):
        """Tell him, and pay what he says."""
        observation, reward, *rest = self.env.step(action)
        return observation, reward + (self.told() if self.told else 0), *rest


class IsCalled(gym.Wrapper):
    """Wants the one below to call it."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.count = 0
        env.told = self.counted

    def counted(self) -> int:
        """Count."""
        self.count += 1
        return self.count
