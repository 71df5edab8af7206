"""Configurations of Hydra and OmegaConf."""

from __future__ import annotations

from typing import Any

import pytest

from statewrap import ConfigurationError, Deployment
from statewrap.wrappers import RepeatAction, TimeLimit

omegaconf = pytest.importorskip("omegaconf")
OmegaConf = omegaconf.OmegaConf

TEXT = """
frames: 4
agent:
  policy: {_target_: operator.neg, _partial_: true}
  environment: {_target_: gymnasium.make, id: CartPole-v1}
  wrappers:
    - {_target_: statewrap.wrappers.RepeatAction, _args_: ["${frames}"]}
    - _target_: statewrap.wrappers.time_limit.TimeLimit
      max_episode_steps: ${frames}
  sinks: []
"""


def config() -> Any:
    """Read the configuration as Hydra does."""
    return OmegaConf.create(TEXT).agent


def test_a_dictconfig_is_a_document() -> None:
    """Interpolations are resolved, `_target_` is a type, and objects may be mixed in."""
    made = Deployment.from_config(config(), policy=abs)

    assert RepeatAction(4) | TimeLimit(4) == made.stack
    assert 3 == Deployment.from_config(config(), policy=abs, environment=None).act(-3)


def test_a_part_of_a_document_may_be_one() -> None:
    """A ListConfig within a dict, say."""
    made = Deployment.from_config({"wrappers": config().wrappers, "seed": 3})

    assert RepeatAction(4) | TimeLimit(4) == made.stack


def test_partial_targets_are_partial_functions() -> None:
    """What they name is not the box's, so it takes trust."""
    made = Deployment.from_config(config(), environment=None, trust=True)

    assert 3 == made.act(-3)
    assert {"type": "operator:neg", "_partial_": True} == {
        **made.config()["policy"],
        "type": "operator:neg",
    }


@pytest.mark.parametrize("how", [{"_recursive_": False}, {"_convert_": "all"}])
def test_hydra_itself_makes_a_deployment(how: dict[str, Any]) -> None:
    """Which makes the objects, or leaves that to the deployment."""
    hydra = pytest.importorskip("hydra.utils")
    whole = {"_target_": "statewrap.Deployment.from_config", **how}
    resolved = OmegaConf.create(OmegaConf.to_container(config(), resolve=True))

    made = hydra.instantiate(OmegaConf.merge(whole, resolved, {"policy": None}))

    assert RepeatAction(4) | TimeLimit(4) == made.stack


@pytest.mark.parametrize("name", ["statewrap.Deployment", "statewrap.Deployment.from_config"])
def test_what_hydra_would_make_is_a_document_too(name: str) -> None:
    """The keys that are for Hydra are passed over."""
    whole = {"_target_": name, "_recursive_": False, "wrappers": config().wrappers}

    assert RepeatAction(4) | TimeLimit(4) == Deployment.from_config(whole).stack


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wrappers: ${nowhere}", "wrappers: Interpolation key 'nowhere' not found"),
        ("wrappers: ???", "wrappers: Missing mandatory value: wrappers"),
        (
            "wrappers: [{_target_: statewrap.wrappers.TimeLimit, max_episode_steps: '???'}]",
            "wrappers[0].max_episode_steps: Missing mandatory value",
        ),
        (
            "wrappers: [{_target_: statewrap.wrappers.TimeLimt}]",
            "wrappers[0]._target_: nothing is named 'statewrap.wrappers.TimeLimt'; did you mean",
        ),
    ],
)
def test_an_error_names_the_path(text: str, words: str) -> None:
    """OmegaConf's own errors too."""
    with pytest.raises(ConfigurationError) as error:
        Deployment.from_config(OmegaConf.create(text))

    assert words in str(error.value)


def test_hydras_getters_name_what_is_not_called() -> None:
    """A function, or a class, without importing what is not known."""
    from statewrap.wrappers import TransformReward  # noqa: PLC0415 - what the document names

    getter = {"_target_": "hydra.utils.get_method", "path": "builtins.abs"}
    made = Deployment.from_config(
        wrappers=[{"type": "TransformReward", "func": getter}], trust=True
    )

    assert TransformReward(abs) == made.stack.wrappers[0]
