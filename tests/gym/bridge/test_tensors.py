"""Wrappers that learn a network: parameters, their gradients, and optimizers are state."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, Deployment, Key, TimeStep
from statewrap.core.errors import ConfigurationError
from statewrap.gym import Bridge
from statewrap.gym.bridge import tensors
from statewrap.gym.bridge.errors import UnreadableError

torch = pytest.importorskip("torch")

BELOW = Below(Box(-9.0, 9.0, (4,)), Discrete(2))
ONES = np.ones(4, np.float32)


class Learns(gymnasium.Wrapper):
    """Shows what a network makes of observations, whose gradients it sums over three steps."""

    def __init__(self, env, optimizer=torch.optim.SGD):
        super().__init__(env)
        self.network = torch.nn.Linear(4, 4)
        with torch.no_grad():
            self.network.weight.copy_(torch.eye(4))
            self.network.bias.zero_()
        self.optimizer = optimizer(self.network.parameters(), 0.1)
        self.steps = 0

    def step(self, action):
        """Learn."""
        observation, *rest = self.env.step(action)
        shown = self.network(torch.as_tensor(observation))
        shown.square().mean().backward()
        self.steps += 1
        if self.steps % 3 == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
        return shown.detach().numpy(), *rest


class Again(Learns):
    """Learns before it steps as well, so that calls are run again."""

    def step(self, action):
        """Add to the gradients."""
        self.network(torch.ones(4)).mean().backward()
        return super().step(action)


def with_adam(env):
    """Learn with an optimizer that keeps moments."""
    return Again(env, torch.optim.Adam)


def looped(factory, count):
    """Return what Gymnasium's own loop shows."""

    class Shows(gymnasium.Env):
        observation_space, action_space = BELOW.observation_space, BELOW.action_space

        def reset(self, **_):
            return ONES.copy(), {}

        def step(self, action):
            return ONES.copy(), 0.0, False, False, {}

    env = factory(Shows())
    env.reset()
    return [env.step(0)[0].tolist() for _ in range(count)]


def stepped(bridge, memory, observation=ONES):
    """Return the memory after a step, and what was shown."""
    memory, _ = bridge.on_action(memory, Act(0))
    memory, reply = bridge.on_state(memory, TimeStep(observation))
    return memory, reply.observation.tolist()


def opened(bridge):
    """Return a memory after an opening."""
    return bridge.on_state(bridge.initial(Key.from_seed(0)), TimeStep(ONES, first=True))[0]


@pytest.mark.parametrize("factory", [Learns, Again, with_adam], ids=["once", "again", "adam"])
def test_gradients_go_on_where_they_were(factory):
    """In two sessions that take turns, and in another bridge that goes on from a memory."""
    bridge, expected, shown = Bridge(factory, BELOW, mode="replay"), looped(factory, 8), []
    memory, other = opened(bridge), opened(bridge)
    for _ in range(5):
        memory, now = stepped(bridge, memory)
        other, _ = stepped(bridge, other, -ONES)
        shown.append(now)
    elsewhere = Bridge(factory, BELOW, mode="replay")
    for _ in range(3):
        memory, now = stepped(elsewhere, memory)
        shown.append(now)

    assert expected == shown
    assert expected[0] != expected[-1]


def test_a_wrapper_that_is_taken_over_goes_on_learning():
    """Its copy wants gradients, as the original did."""
    env = Learns(gymnasium.make("CartPole-v1").unwrapped)
    observation, _ = env.reset(seed=0)
    for _ in range(2):
        env.step(0)
    shown = []
    deployment = Deployment.from_env(
        env, lambda one: shown.append(one) or 0, shown=observation, sinks=(), check="never"
    )
    deployment.decide()
    answers = [env.env.step(0) for _ in range(4)]
    for answer in answers:
        deployment.act(*answer)
    rest = iter(answers)
    env.env.step = lambda _: next(rest)

    assert [env.step(0)[0].tolist() for _ in answers] == [one.tolist() for one in shown[1:]]


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(3),
        torch.ones(2, requires_grad=True),
        torch.nn.Parameter(torch.ones(2), requires_grad=False),
    ],
    ids=["plain", "wanted", "parameter"],
)
def test_a_twin_is_all_that_a_tensor_is(tensor):
    """Its class, its numbers, and whether a gradient is wanted; it shares no memory."""
    twin = tensors.twin(tensor)

    assert type(twin) is type(tensor)
    assert tensors.bits(twin) == tensors.bits(tensor)
    assert twin.data_ptr() != tensor.data_ptr()


def test_a_gradient_is_part_of_it():
    """It is copied, and put back in place."""
    tensor = torch.ones(2, requires_grad=True)
    before = tensors.content(tensor)
    (3 * tensor).sum().backward()
    held = tensors.content(tensor)
    tensor.grad.zero_()

    tensors.put(tensor, held)
    assert tensor.grad.tolist() == [3.0, 3.0]
    tensors.put(tensor, before)
    assert tensor.grad is None


def test_what_remembers_how_it_was_computed_cannot_be_copied():
    """Its history would be lost."""
    with pytest.raises(UnreadableError, match=r"grad_fn.*detach"):
        tensors.content(2 * torch.ones(1, requires_grad=True))


def test_numbers_that_were_exchanged_for_more_are_put_back():
    """`data` was set to a tensor of another length."""
    tensor = torch.zeros(2)
    held = tensors.content(tensor)
    tensor.data = torch.ones(3)

    tensors.put(tensor, held)

    assert tensor.tolist() == [0.0, 0.0]


class Views(gymnasium.Wrapper):
    """Holds a tensor and a view of it."""

    def __init__(self, env):
        super().__init__(env)
        self.flat = torch.zeros(8)
        self.rows = self.flat.view(2, 4)


def test_tensors_that_share_memory_are_not_taken_over_apart():
    """A copy of each would share nothing."""
    with pytest.raises(ConfigurationError, match=r"Views\.rows is a tensor that shares its memory"):
        Deployment.from_env(Views(gymnasium.make("CartPole-v1").unwrapped), lambda _: 0)
