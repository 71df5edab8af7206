"""VecTransposeImage, against Stable-Baselines3's over a DummyVecEnv of one."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from stable_baselines3.common import vec_env as theirs
from stable_baselines3.common.vec_env import DummyVecEnv

from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import play
from statewrap.wrappers.vec_transpose_image import VecTransposeImage
from tests.wrappers.atari import game
from tests.wrappers.scripted import pick, scripted
from tests.wrappers.vec_envs import both

PICTURE, TURNED = Box(0, 255, (6, 7, 3), np.uint8), Box(0, 255, (3, 6, 7), np.uint8)
PARTS = Dict(a=Box(-3, 3, (2,), np.float32), b=PICTURE, c=Discrete(4))
LENGTHS = (5, 1, 7)

ENVS = {
    "Pong": lambda: game("Pong", 20),
    "pictures": lambda: scripted(PICTURE, LENGTHS),
    "a dict": lambda: scripted(PARTS, LENGTHS),
}


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("name", ENVS)
def test_transposes_as_stable_baselines3_transposes(name, skip) -> None:
    """Openings, steps and ends; the space too."""
    new = ENVS[name]

    told, found = both(
        VecTransposeImage(skip), lambda venv: theirs.VecTransposeImage(venv, skip), new, pick
    )
    below = Below(new().observation_space, Discrete(2))
    above = VecTransposeImage(skip).bind(below).above(below)

    expected = theirs.VecTransposeImage(DummyVecEnv([new]), skip).observation_space
    assert difference(told, found) is None
    assert expected == above.observation_space
    assert Discrete(2) == above.action_space


def test_what_is_shown_cannot_be_written_to() -> None:
    """It is a view of what came, which nobody can write to."""
    picture = np.zeros((6, 7, 3), np.uint8)
    picture.setflags(write=False)

    shown = play(VecTransposeImage(), TimeStep(picture, first=True), below=Below(PICTURE))

    assert not shown[0].observation.flags.writeable


def test_parts_of_a_dict_that_are_no_pictures_are_left_alone() -> None:
    """Each is the very same."""
    shown = {"a": np.zeros(2, np.float32), "b": PICTURE.sample(), "c": 3}

    reply = play(VecTransposeImage(), TimeStep(shown, first=True), below=Below(PARTS))[0]

    assert shown["a"] is reply.observation["a"]
    assert (3, 6, 7) == reply.observation["b"].shape
    assert ["a", "b", "c"] == list(reply.observation)
    assert (6, 7, 3) == shown["b"].shape


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (Discrete(3), "must be an image or dictionary"),
        (Box(0, 255, (6, 7), np.uint8), "must be an image or dictionary"),
        (Box(0, 1, (6, 7, 3), np.float32), "must be an image or dictionary"),
        (TURNED, "must follow the channel last convention"),
        (Dict(b=TURNED), "b must follow the channel last convention"),
        (None, "needs the observation_space"),
    ],
    ids=str,
)
def test_refuses_what_has_no_channels_to_put_first(space, words) -> None:
    """Before anything is shown."""
    with pytest.raises(BindError, match=words):
        VecTransposeImage().bind(Below(space))
