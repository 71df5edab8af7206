"""Wrappers that span time, each as the loop that says what it is to do."""

from __future__ import annotations

import numpy as np

from statewrap import Act, Reset, TimeStep
from statewrap.testing.oracle import as_oracle


@as_oracle
def repeat_action(opening, num_repeats):
    """Send each action several times, and show the last frame and all rewards."""
    act = yield opening
    while True:
        reward = 0.0
        for _ in range(num_repeats):
            timestep = yield act
            reward += float(timestep.reward)
            if timestep.last:
                break
        act = yield timestep.replace(reward=reward)


@as_oracle
def time_limit(opening, max_episode_steps):
    """Truncate at the last step that is allowed."""
    act = yield opening
    for _ in range(max_episode_steps - 1):
        timestep = yield act
        act = yield timestep
    timestep = yield act
    yield timestep.replace(truncated=True)


@as_oracle
def frame_stack(timestep, stack_size):
    """Show the last frames at once; the opening one stands for those before it."""
    frames = [timestep.observation] * stack_size
    while True:
        act = yield timestep.replace(observation=np.stack(frames))
        timestep = yield act
        frames = [*frames[1:], timestep.observation]


@as_oracle
def record_episode_statistics(opening):
    """Tell return, length and seconds at the end."""
    total, length, timestep = 0.0, 0, opening
    while True:
        act = yield timestep
        timestep = yield act
        total, length = total + timestep.reward, length + 1
        if timestep.last:
            told = {"r": total, "l": length, "t": round(timestep.time - opening.time, 6)}
            timestep = timestep.replace(info={**timestep.info, "episode": told})


@as_oracle(resets=True)
def episodic_life(timestep, noop):
    """End the episode at each lost life, and answer the Reset that follows with a step."""
    while True:
        lives = timestep.info["lives"]
        command = yield timestep
        timestep = yield command
        if timestep.last or not 0 < timestep.info["lives"] < lives:
            continue
        yield timestep.replace(terminated=True)  # a Reset comes back
        timestep = yield Act(noop)
        if timestep.last:
            timestep = yield Reset()  # the next game's opening comes back
        else:
            timestep = timestep.replace(first=True, reward=0.0)


@as_oracle
def delay(timestep):
    """Show each observation a step late."""
    before = timestep.observation
    while True:
        act = yield timestep.replace(observation=before)
        before = timestep.observation
        timestep = yield act


@as_oracle
def action_pair(timestep):
    """Send both actions of a pair, one after the other."""
    while True:
        pair = yield timestep
        reward = 0.0
        for action in pair.action:
            timestep = yield Act(action)
            reward += float(timestep.reward)
            if timestep.last:
                break
        timestep = timestep.replace(reward=reward)


@as_oracle
def random_reset(timestep, noop_max, action, key):
    """Open after some acts that the policy does not see."""
    due, _ = key.integers(1, noop_max + 1)
    for _ in range(due):
        timestep = yield Act(action)
        if timestep.last:
            timestep = yield Reset()
    timestep = timestep.replace(first=True, reward=0.0)
    while True:
        act = yield timestep
        timestep = yield act


@as_oracle(over="session")
def count_decisions(message):
    """Tell in every info how many acts there were in all episodes."""
    decisions = 0
    while True:
        if type(message) is TimeStep:
            message = yield message.replace(info={**message.info, "decisions": decisions})
        else:
            decisions += 1
            message = yield message
