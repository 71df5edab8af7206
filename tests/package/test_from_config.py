"""The front door: documents, objects, and both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import Below, ConfigurationError, Deployment, Event, Stack, register
from statewrap.stats import Statistic, Statistics
from statewrap.wrappers import FrameStackObservation, RepeatAction, TimeLimit

WRAPPERS = [
    {"type": "RepeatAction", "num_repeats": 2},
    {"type": "FrameStackObservation", "stack_size": 3},
]
COUNTED = [{"name": "pushes", "of": "event", "key": "push"}]
DOCUMENT: dict[str, Any] = {
    "policy": "from_config.lean",
    "environment": "CartPole-v1",
    "seed": 7,
    "on_reset": "request",
    "wrappers": WRAPPERS,
    "statistics": COUNTED,
    "sinks": ["from_config.sink"],
}
"""CartPole, whose environment is elsewhere, with its statistics."""

REPORTS: list[Any] = []


@register("from_config.nothing")
def nothing() -> Any:
    """Make nothing."""


@register("from_config.zero")
def zero(observation: Any) -> int:
    """Push to the left."""
    return 0


@register("from_config.lean")
def lean(frames: Any) -> Any:
    """Push where the pole leans."""
    return int(frames[-1][2] > 0)


@register("from_config.sink")
def sink(report: Any) -> None:
    """Keep what is told."""
    REPORTS.append(report)


def by_objects() -> Deployment:
    """Make the deployment in Python."""
    env = gymnasium.make("CartPole-v1")
    return Deployment(
        lean,
        RepeatAction(2) | FrameStackObservation(3),
        below=Below(env.observation_space, env.action_space, 500, metadata=env.metadata),
        seed=7,
        on_reset="request",
        statistics=[Statistic("pushes", of="event", key="push")],
        sinks=[sink],
    )


def without(*keys: str) -> dict[str, Any]:
    """Return the document without some keys."""
    return {key: part for key, part in DOCUMENT.items() if key not in keys}


MAKERS = {
    "objects": by_objects,
    "document": lambda: Deployment.from_config(DOCUMENT),
    "policy an object": lambda: Deployment.from_config(without("policy"), policy=lean),
    "stack an object": lambda: Deployment.from_config(
        without("wrappers"), wrappers=RepeatAction(2) | FrameStackObservation(3)
    ),
    "a wrapper an object": lambda: Deployment.from_config(
        {**DOCUMENT, "wrappers": [WRAPPERS[0], FrameStackObservation(3)]}
    ),
    "environment an object": lambda: Deployment.from_config(
        DOCUMENT, environment=gymnasium.make("CartPole-v1")
    ),
    "statistics and sinks objects": lambda: Deployment.from_config(
        DOCUMENT, statistics=[Statistic("pushes", of="event", key="push")], sinks=[sink]
    ),
    "all in the call": lambda: Deployment.from_config(**DOCUMENT),
    "written back": lambda: Deployment.from_config(by_objects().config()),
}


def played(deployment: Deployment) -> tuple[list[int], list[dict[str, Any]], dict[str, Any]]:
    """Own the loop: the environment pushes its states and takes the actions; close at the end."""
    env = gymnasium.make("CartPole-v1")
    actions = []
    with deployment:
        for seed in (1, 2):
            observation, info = env.reset(seed=seed)
            action = deployment.act(observation, info=info)
            while action is not None:
                actions.append(action)
                transition = env.step(action)
                action = deployment.act(*transition, events=[Event("push")])
    episodes = [report.values for report in REPORTS if report.name == "episode_end"]
    return actions, [_timeless(values) for values in episodes], deployment.statistics


def _timeless(values: Any) -> dict[str, Any]:
    return {key: part for key, part in values.items() if not key.endswith("_seconds")}


@pytest.fixture(autouse=True)
def _nothing_told_yet() -> None:
    REPORTS.clear()


@pytest.mark.parametrize("name", MAKERS)
def test_objects_and_configuration_make_the_same_deployment(name: str) -> None:
    """CartPole in an external environment, statistics on, closed at the end."""
    expected = played(by_objects())
    REPORTS.clear()

    actions, episodes, statistics = played(MAKERS[name]())

    assert expected == (actions, episodes, statistics)
    assert 2 == len(episodes) == statistics["episodes"]
    assert len(actions) == statistics["environment_steps"] == statistics["pushes_sum"]


@pytest.mark.parametrize("name", MAKERS)
def test_they_say_the_same_of_themselves(name: str) -> None:
    """But for where the spaces were taken from."""
    document = {**MAKERS[name]().config(), "environment": None}

    assert {**DOCUMENT, "environment": None, "statistics": document["statistics"]} == document


def test_what_is_given_in_the_call_takes_the_place_of_the_documents(tmp_path: Path) -> None:
    """Which is then not even made: the file of its policy is not there."""
    (tmp_path / "agent.toml").write_text(
        'policy = { type = "MLP", file = "lost.npz" }\nseed = 1\nenvironment = "CartPole-v1"\n'
    )

    made = Deployment.from_config(
        tmp_path / "agent.toml",
        policy=lean,
        seed=3,
        spaces={"observation": spaces.Box(-9, 9, (3, 4))},
    )

    assert (lean, 3) == (made.policy.function, made.seed)
    assert {"observation": {"type": "Box", "low": -9.0, "high": 9.0, "shape": [3, 4]}} == (
        made.config()["spaces"]
    )


def test_the_base_may_be_another_folder(tmp_path: Path) -> None:
    """Files are looked for there, also for a document in a file."""
    (tmp_path / "weights").mkdir()
    arrays = {"weight_0": np.eye(2, dtype=np.float32), "bias_0": np.zeros(2, np.float32)}
    np.savez(tmp_path / "weights" / "net.npz", **arrays, activation="tanh", output="argmax")
    (tmp_path / "agent.json").write_text('{"policy": {"type": "MLP", "file": "net.npz"}}')

    made = Deployment.from_config(tmp_path / "agent.json", base=tmp_path / "weights")

    assert 1 == made.act([0.0, 1.0])


def test_nothing_at_all_makes_a_deployment_of_defaults() -> None:
    """As `Deployment()` does."""
    assert Deployment().config() == Deployment.from_config().config()


def test_a_table_of_statistics_has_kpis_and_windows() -> None:
    """Beside the list."""
    statistics = {
        "statistics": COUNTED,
        "kpis": {"pace": "from_config.pace"},
        "epoch_every": 2,
    }
    register("from_config.pace")(pace)

    deployment = Deployment.from_config(statistics=statistics)

    expected = Statistics(
        [Statistic("pushes", of="event", key="push")], kpis={"pace": pace}, epoch_every=2
    )
    assert Deployment(statistics=expected).config() == deployment.config()


def pace(episode: Any) -> float:
    """Return the return of a step."""
    return episode["return"] / episode["length"]


DOTTED = [
    "statewrap.wrappers.TimeLimit",
    "statewrap.wrappers:TimeLimit",
    "statewrap.wrappers.time_limit.TimeLimit",
    "statewrap.wrappers.time_limit:TimeLimit",
]


@pytest.mark.parametrize("key", ["type", "_target_"])
@pytest.mark.parametrize("name", DOTTED)
def test_a_class_is_known_by_its_dotted_path_too(key: str, name: str) -> None:
    """Without trust; `_target_` and `type` mean the same."""
    made = Deployment.from_config(wrappers=[{key: name, "max_episode_steps": 3}])

    assert Stack(TimeLimit(3)) == made.stack


def test_spaces_and_networks_are_known_by_their_dotted_paths() -> None:
    """Gymnasium's, and the box's."""
    made = Deployment.from_config(
        spaces={
            "observation": {"_target_": "gymnasium.spaces.Box", "_args_": [-1, 1, [2]]},
            "action": {"_target_": "gymnasium.spaces.discrete.Discrete", "n": 2},
        },
        policy={
            "_target_": "statewrap.policies.mlp.MLP",
            "weights": [{"array": [[1, 0], [0, 1]], "dtype": "float32"}],
            "biases": [{"array": [0, 0], "dtype": "float32"}],
            "output": "argmax",
        },
    )

    assert 1 == made.act(np.array([0.0, 1.0], np.float32))


def test_gymnasiums_own_wrappers_come_over_the_bridge() -> None:
    """By the name of their class, which takes trust, with their arguments."""
    table = {
        "type": "Bridge",
        "wrapper": "gymnasium.wrappers:RepeatAction",
        "arguments": {"num_repeats": 2},
    }
    document = {"environment": "CartPole-v1", "wrappers": [table], "policy": "from_config.zero"}

    deployment = Deployment.from_config(document, trust=True)
    again = Deployment.from_config(deployment.config(), trust=True)

    with deployment, again:
        for agent in (deployment, again):
            frame = np.zeros(4, np.float32)
            assert [0, 0] == [agent.act(frame), agent.act(frame, 1.0)]
            assert 1 == agent.statistics["policy_calls"]
    assert deployment.stack == again.stack
    with pytest.raises(ConfigurationError, match=r"^wrappers\[0\]\.wrapper: .*trust=True"):
        Deployment.from_config(document)
    for wrong in ({"type": "Bridge"}, {**table, "factory": "from_config.zero"}):
        with pytest.raises(ConfigurationError, match=r"^wrappers\[0\]: expected wrapper = "):
            Deployment.from_config(wrappers=[wrong], trust=True)


def test_an_environment_is_described_or_given() -> None:
    """By name, by Hydra's call, by a table, by a Below, or as itself."""
    env = gymnasium.make("Acrobot-v1")
    known = Below(env.observation_space, env.action_space, 500, None, env.metadata)
    table = {"max_episode_steps": 500, "metadata": env.metadata}
    ways: list[Any] = [
        "Acrobot-v1",
        {"_target_": "gymnasium.make", "id": "Acrobot-v1"},
        {"type": "gymnasium:make", "id": "Acrobot-v1"},
        {**table, "observation_space": env.observation_space, "action_space": env.action_space},
        known,
        env,
    ]

    for way in ways:
        made = Deployment.from_config(environment=way)
        assert known == attrs.evolve(made.stack.gaps[0], frame_space=None)
    trusted = {"_target_": "gymnasium.make", "id": "Acrobot-v1", "render_mode": "rgb_array"}
    made = Deployment.from_config(environment=trusted, trust=True)
    assert "rgb_array" == made.stack.gaps[0].render_mode
    with pytest.raises(ConfigurationError, match=r"makes dict \{\}, expected an environment"):
        Deployment.from_config(environment={"_target_": "builtins.dict"}, trust=True)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"statistic": []}, "statistic: a configuration has no 'statistic'; did you mean 'stat"),
        ({"stack": []}, "stack: a configuration has no 'stack'; did you mean 'wrappers'?"),
        ({"policy": {"named": "from_config.laen"}}, "policy.named: nothing is named 'from_config"),
        (
            {"wrappers": [{"named": "from_config.lean"}]},
            "wrappers[0].named: 'from_config.lean' makes function",
        ),
        ({"statistics": 3}, "statistics: expected tables, each begins with [[statistics]]"),
        ({"statistics": [3]}, "statistics[0]: expected a statistic"),
        ({"statistics": [{"of": "reward"}]}, "statistics[0]: Statistic needs 'name'"),
        (
            {"statistics": [{"name": "a", "of": "rewrd"}]},
            "statistics[0]: of is 'rewrd', expected one of",
        ),
        (
            {"statistics": [{"name": "a", "of": "reward", "episod": "sum"}]},
            "statistics[0].episod: Statistic has no 'episod'; did you mean 'episode'?",
        ),
        (
            {"statistics": [{"name": "a", "of": "reward", "episode": ["sum", "meen"]}]},
            "statistics[0].episode[1]: nothing is named 'meen'; did you mean 'mean'?",
        ),
        (
            {"statistics": {"kpis": {"pace": "from_config.laen"}}},
            "statistics.kpis.pace: nothing is named 'from_config.laen'; did you mean 'from_config.",
        ),
        ({"statistics": {"kpi": {}}}, "statistics.kpi: Statistics has no 'kpi'; did you mean"),
        ({"statistics": {"statistics": {}}}, "statistics.statistics: expected a list of tables"),
        ({"statistics": [{"type": "TimeLimit"}]}, "statistics[0].type: nothing is named 'TimeLim"),
        ({"sinks": {}}, "sinks: expected a list of tables; each begins with the line [[sinks]]"),
        ({"sinks": [3]}, "sinks[0]: int 3 is no sink"),
        ({"sinks": [{"type": "Watcher"}]}, "sinks[0].type: nothing is named 'Watcher'"),
        (
            {"sinks": [{"type": "StructlogSnik"}]},
            "sinks[0].type: nothing is named 'StructlogSnik'; did you mean 'StructlogSink'?",
        ),
        (
            {"sinks": [{"type": "JsonLinesSink", "path": "x", "step": True}]},
            "sinks[0].step: JsonLinesSink has no 'step'; did you mean 'steps'?",
        ),
        (
            {"statistics": [{"type": "from_config.nothing"}]},
            "statistics[0]: it makes NoneType None, expected a Statistic",
        ),
        ({"session": 3}, "session: expected a string, got int 3"),
        ({"clock": 3}, "clock: expected a function giving seconds, got int 3"),
        ({"memory": {}}, "memory: expected a StackMemory, which only Python can give"),
        ({"fallback": "from_config.laen"}, "fallback: nothing is named 'from_config.laen'"),
        ({"environment": 3}, "environment: expected a name as"),
        (
            {"environment": {"observation_spac": {}}},
            "environment.observation_spac: what is known of an environment has no",
        ),
        (
            {"environment": {"max_episode_steps": "9"}},
            "environment.max_episode_steps: expected a whole number, got str '9'",
        ),
        ({"policy": {"type": "MLP"}}, "policy: 0 weights and 0 biases, expected one of each"),
        (
            {"policy": {"type": "MLP", "file": "x.npz", "output": "tanh"}},
            "policy: a file says all of a network",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_target_": "x"}]},
            "wrappers[0]: it has both a type and a _target_",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_args_": 3}]},
            "wrappers[0]._args_: expected a list, got int 3",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_args_": [1, 2]}]},
            "wrappers[0]._args_: 2 arguments are given, it takes 1 by position",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_args_": ["1"]}]},
            "wrappers[0].max_episode_steps: expected a whole number, got str '1'",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_args_": [1], "max_episode_steps": 1}]},
            "wrappers[0].max_episode_steps: it is given here and among _args_",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_partial_": True, "max_episode_steps": 1}]},
            "wrappers[0].type: 'TimeLimit' makes partial",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_partial_": 1}]},
            "wrappers[0]._partial_: expected true or false, got int 1",
        ),
        (
            {"wrappers": [{"type": "TimeLimit", "_convert_": "none"}]},
            "wrappers[0]._convert_: 'none' would pass OmegaConf's own containers",
        ),
        (
            {"wrappers": [{"type": "statewrap.wrappers.TimeLimt", "max_episode_steps": 1}]},
            "nothing is named 'statewrap.wrappers.TimeLimt'; did you mean 'TimeLimit'?",
        ),
        (
            {"spaces": {"observation": {"type": "Box", "_partial_": True}}},
            "spaces.observation: a space is made of named arguments",
        ),
        (
            {
                "wrappers": [
                    {"type": "DelayObservation", "delay": {"array": [0.5], "dtype": "int8"}}
                ]
            },
            "wrappers[0].delay: array holds numbers with a fraction, which int8 has not",
        ),
        (
            {"wrappers": [{"type": "DelayObservation", "delay": {"array": [1], "dtpe": "int8"}}]},
            "wrappers[0].delay: an array is {array, dtype}",
        ),
    ],
)
def test_an_error_names_the_path_and_the_nearest_name(document, words) -> None:
    """In every part of a document."""
    with pytest.raises(ConfigurationError) as error:
        Deployment.from_config(document)

    assert words in str(error.value)


@pytest.mark.parametrize(
    "table",
    [
        {"named": "from_config.lean"},
        {"_target_": "hydra.utils.get_method", "path": "from_config.lean"},
        {"_target_": "hydra.utils:get_object", "path": "tests.package.test_from_config.lean"},
    ],
)
@pytest.mark.parametrize("key", ["policy", "fallback", "sinks"])
def test_a_table_may_only_name_a_function(key: str, table: dict[str, Any]) -> None:
    """Without trust, and the same with it; written back, the name is enough."""
    said: Any = [table] if key == "sinks" else table
    name = ["from_config.lean"] if key == "sinks" else "from_config.lean"

    for trust in (False, True):
        assert {key: name} == Deployment.from_config({key: said}, trust=trust).config()
    clock = {"clock": {"named": "from_config.nothing"}}
    assert {"clock": "from_config.nothing"} == Deployment.from_config(clock).config()


def test_hydras_own_function_is_not_called() -> None:
    """It would return what is named; so the document says that."""
    table = {"_target_": "hydra.utils.get_method", "path": "operator.neg"}
    made = Deployment.from_config(policy=table, trust=True)

    assert 3 == made.act(-3)
    assert "_operator:neg" == made.config()["policy"]


def test_a_source_that_is_neither_a_mapping_nor_a_file_is_refused() -> None:
    """With what was expected."""
    with pytest.raises(ConfigurationError, match="expected a mapping or the name of a file"):
        Deployment.from_config(3)
