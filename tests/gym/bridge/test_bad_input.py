"""Bad input is told when it is given: what it is, what was expected, what to do."""

from __future__ import annotations

import functools
import json
import warnings

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers as gw
from gymnasium.spaces import Discrete

from statewrap import Act, Below
from statewrap.core.draws import state_of
from statewrap.core.errors import ConfigurationError, WrapperError
from statewrap.gym import Bridge, Description, below_env, explain, from_env, from_spec
from statewrap.gym.bridge.errors import EnvironmentMissingError, NotBridgeableError
from statewrap.testing import play
from statewrap.wrappers import RepeatAction
from tests.gym.bridge import factories
from tests.gym.bridge.factories import BELOW, opening, seen

ENV = gymnasium.make("CartPole-v1")
VECTOR = gymnasium.vector.VectorEnv


class Watched(gymnasium.Wrapper, gymnasium.utils.RecordConstructorArgs):
    """Has no twin."""

    def __init__(self, env):
        gymnasium.utils.RecordConstructorArgs.__init__(self)
        gymnasium.Wrapper.__init__(self, env)

    def step(self, action):
        """Pass."""
        return self.env.step(action)


# -- what a bridge is given ------------------------------------------------------------------------

NO_FACTORY = {
    "a name": ("gymnasium.wrappers:TimeLimit", r"expected a function .*lambda env: MyWrapper\(env"),
    "None": (None, r"None, expected a function"),
    "a wrapper": (gw.RepeatAction(ENV, 2), r"already.*lambda env: RepeatAction\(env, .*from_env"),
    "an environment": (ENV.unwrapped, r"an environment, expected a function"),
    "a class of environments": (type(ENV.unwrapped), r"an environment, expected a function"),
    "a vector": (gymnasium.vector.VectorWrapper, r"takes wrappers of one environment"),
    "statewrap's": (RepeatAction(2), r"which needs no bridge: put it into the stack"),
    "a class of statewrap's": (RepeatAction, r"which needs no bridge"),
    "a class that wants more": (gw.TimeLimit, r"an environment alone: .*'max_episode_steps'\."),
    "no argument": (lambda: None, r"with an environment alone: too many positional arguments\."),
    "two arguments": (lambda env, steps: env, r"missing a required argument: 'steps'\. Expected a"),
    "a generator": ((env for env in [ENV]), r"generator.*, expected a function"),
}


@pytest.mark.parametrize("case", NO_FACTORY)
def test_what_is_no_factory_is_told_at_once(case):
    """Whatever it is, before anything is tried, and with what to write."""
    factory, words = NO_FACTORY[case]

    with pytest.raises(TypeError, match=rf"(?s)^factory is .*{words}"):
        Bridge(factory)


class Calls:
    """Can be called with an environment."""

    def __call__(self, env, *, steps=4):
        """Limit an episode."""
        return gw.TimeLimit(env, steps)


@functools.wraps(gw.TimeLimit)
def limits(*arguments):
    """Says that it takes what `TimeLimit` takes, and takes less."""
    return gw.TimeLimit(*arguments, 4)


@pytest.mark.parametrize("factory", [Calls(), limits, functools.partial(gw.TimeLimit)])
def test_a_factory_is_whatever_can_be_called_with_an_environment(factory):
    """An object, a function that is decorated; a part of a function that wants more is none."""
    if isinstance(factory, functools.partial):
        with pytest.raises(TypeError, match="max_episode_steps"):
            Bridge(factory)
        factory = functools.partial(factory, max_episode_steps=4)

    bridge = Bridge(factory, BELOW, mode="replay")

    assert 4 == bridge.above(BELOW).max_episode_steps


OTHER_ARGUMENTS = [
    ({"mode": "Replay"}, ValueError, r"mode is 'Replay', expected one of 'auto', 'replay'"),
    ({"mode": None}, ValueError, r"mode is None, expected one of 'auto'"),
    ({"describe": {}}, TypeError, r"describe is \{\}, expected .*: Description\(spec=.*, info="),
    ({"describe": Description}, TypeError, r"describe is <class .*, expected .*Description\("),
    ({"draws": 3}, TypeError, r"draws is 3, expected a generator .*np\.random\.default_rng\(seed"),
    ({"seed": 3}, TypeError, r"Bridge.__init__\(\) got an unexpected keyword argument 'seed'"),
    ({"below": 3}, TypeError, r"below is 3, expected .*: Below\(observation_space, action_space\)"),
    ({"below": ENV}, TypeError, r"below is .*Of an environment: statewrap\.gym\.below_env\(env\)"),
]


@pytest.mark.parametrize(("given", "error", "words"), OTHER_ARGUMENTS)
def test_what_else_a_bridge_is_given_is_looked_at(given, error, words):
    """By its name, with what was given and what was expected."""
    with pytest.raises(error, match=words):
        Bridge(factories.limit, **given)


@pytest.mark.parametrize("kind", ["MT19937", "Philox", "SFC64", "PCG64DXSM"])
def test_draws_are_those_of_a_pcg64(kind):
    """As Gymnasium's are: of another kind nothing could be drawn, so it is refused at once."""
    generator = np.random.Generator(getattr(np.random, kind)(3))

    for draws in (generator, generator.bit_generator.state, state_of(generator)):
        with pytest.raises(
            ValueError, match=rf"state of a {kind}, expected that of a PCG64, .*rng"
        ):
            Bridge(factories.sticky, draws=draws)


PARTS = [
    ({"observation_space": 3}, TypeError, r"below\.observation_space is 3, expected a Gymnasium"),
    ({"action_space": Discrete}, TypeError, r"below\.action_space is <class .*, expected a Gymnas"),
    (
        {"frame_space": (4, 4, 3)},
        TypeError,
        r"below\.frame_space is \(4, 4, 3\), expected a Gymnas",
    ),
    ({"max_episode_steps": "9"}, TypeError, r"below\.max_episode_steps is '9', expected an int of"),
    ({"max_episode_steps": True}, TypeError, r"max_episode_steps is True, expected an int of at"),
    ({"max_episode_steps": 0}, ValueError, r"max_episode_steps is 0, expected at least 1, or None"),
    ({"metadata": ["human"]}, TypeError, r"below\.metadata is \['human'\], expected a dict, or No"),
]


@pytest.mark.parametrize(("part", "error", "words"), PARTS)
def test_each_part_of_what_lies_below_is_looked_at(part, error, words):
    """Where a bridge is made, where it is bound, and where a spec is read."""
    below = Below(**part)

    with pytest.raises(error, match=words):
        Bridge(factories.limit, below)
    with pytest.raises(error, match=words):
        Bridge(factories.limit).bind(below)
    with pytest.raises(error, match=words):
        from_spec(ENV.spec, below=below)


def test_a_bridge_that_could_not_be_bound_is_as_it_was():
    """It can be bound to something better, and equals one that nobody has tried to bind."""
    bridge = Bridge(factories.repeat, mode="replay")
    with pytest.raises(TypeError, match="below is"):
        bridge.bind(ENV)

    assert bridge.seen is None
    assert Bridge(factories.repeat, mode="replay") == bridge
    assert [opening(), Act(1)] == play(bridge, opening(), Act(1), below=BELOW)


# -- what is said of an environment ----------------------------------------------------------------

SAID = [
    ({"spec": 3}, TypeError, r"spec is 3, expected an EnvSpec: env\.spec, or None"),
    ({"spec": "CartPole-v9"}, ValueError, r"spec is 'CartPole-v9', .*gymnasium\.spec\(id\)"),
    ({"spec": ENV}, TypeError, r"spec is <.*, expected an EnvSpec"),
    ({"action_meanings": "NOOP"}, TypeError, r"action_meanings is 'NOOP', expected a list of str"),
    ({"action_meanings": 3}, TypeError, r"action_meanings is 3, expected a list of strings"),
    ({"action_meanings": [0, 1]}, TypeError, r"action_meanings is \[0, 1\], expected a list of st"),
    ({"action_meanings": {"NOOP", "FIRE"}}, TypeError, r"which has no order; expected a list of"),
    ({"frameskip": "4"}, TypeError, r"frameskip is '4', expected an int of at least 1, or a pair"),
    ({"frameskip": True}, TypeError, r"frameskip is True, expected an int of at least 1"),
    ({"frameskip": (2, 3, 4)}, TypeError, r"frameskip is \(2, 3, 4\), expected an int"),
    ({"frameskip": 0}, ValueError, r"frameskip is 0, expected an int of at least 1"),
    ({"frameskip": (5, 2)}, ValueError, r"frameskip is \(5, 2\), .*the first below the second"),
    ({"ale": "no"}, TypeError, r"ale is 'no', expected True or False"),
    ({"attributes": ["bonus"]}, TypeError, r"^attributes is \['bonus'\], expected a dict"),
    ({"attributes": {3: 4}}, TypeError, r"attributes has the key 3, expected names: strings"),
    ({"attributes": {"step": 4}}, ValueError, r"attributes names 'step', which a bridge has for"),
    ({"attributes": {"_sets": 1}}, ValueError, r"attributes names '_sets', which a bridge has for"),
    ({"attributes": {"spec": 4}}, ValueError, r"names 'spec', .*Description\(spec=\.\.\.\)"),
    ({"attributes": {"metadata": {}}}, ValueError, r"names 'metadata', .*Below\(metadata=\.\.\.\)"),
    ({"attributes": {"np_random": 4}}, ValueError, r"names 'np_random', .*Bridge\(.*draws="),
    ({"absent": "bonus"}, TypeError, r"absent is 'bonus', expected a list of strings"),
    ({"absent": [3]}, TypeError, r"absent is \[3\], expected a list of strings"),
    ({"absent": ["reset"]}, ValueError, r"absent names 'reset', which a bridge has for itself"),
    ({"absent": ["a"], "attributes": {"a": 1}}, ValueError, r"absent names 'a', which is describ"),
    ({"absent": ["ale"], "ale": True}, ValueError, r"absent names 'ale', which is described as w"),
    ({"absent": ["_frameskip"], "frameskip": 4}, ValueError, r"absent names '_frameskip', which"),
    ({"spec": {"id": ["CartPole-v1"]}}, TypeError, r"spec is \{'id': .*, expected an EnvSpec"),
    ({"spec": {"id": "CartPole-v1", 3: 4}}, TypeError, r"spec is \{'id': .*, expected an EnvSpec"),
    ({"attributes": {"_sets": 4}}, ValueError, r"attributes names '_sets', which a bridge has"),
    ({"info": None}, TypeError, r"info is None, expected a dict"),
    ({"info": {3: 4}}, TypeError, r"info has the key 3, expected names"),
    ({"lives": 3}, TypeError, r"unexpected keyword argument 'lives'"),
]


@pytest.mark.parametrize(("said", "error", "words"), SAID)
def test_each_part_of_a_description_is_looked_at(said, error, words):
    """When it is made: a word is no list of letters, and no name is described in vain."""
    with pytest.raises(error, match=words):
        Description(**said)


def test_a_description_takes_what_is_meant():
    """Lists for tuples, numpy's numbers, the names of arguments that are None."""
    said = Description(
        spec=ENV.spec, action_meanings=["NOOP", np.str_("FIRE")], frameskip=[np.int64(2), 5]
    )

    assert ("NOOP", "FIRE") == said.action_meanings
    assert (2, 5) == said.frameskip
    assert said == eval(repr(said), {"Description": Description})  # noqa: S307 - our own


def test_an_emulator_may_be_absent():
    """For wrappers that look whether there is one."""
    assert {"ale"} == Description(absent=["ale"]).absent


def test_what_a_description_says_of_info_stays_as_it_was_said():
    """Whatever its author does with the dict later."""
    info = {"lives": [3]}
    said = Description(info=info)
    info["lives"].append(2)

    assert {"lives": [3]} == said.info


class Odd(gymnasium.Env):
    """Has what games have, in a way that games have not."""

    observation_space, action_space = BELOW.observation_space, Discrete(3)
    spec = "odd"
    ale = 3
    _frameskip = "four"

    def get_action_meanings(self, number):
        """Want a number."""


def test_what_an_environment_says_in_its_own_way_is_left_out():
    """So a wrapper that asks for it is told that it is not known, instead of how it failed."""
    assert Description() == Description.of(Odd())
    with pytest.raises(EnvironmentMissingError, match=r"'ale'.*Description\(ale=True"):
        Bridge(AsksForLives, BELOW, describe=Description.of(Odd()))


class AsksForLives(gymnasium.Wrapper):
    """Asks an emulator."""

    def step(self, action):
        """Ask."""
        self.unwrapped.ale.lives()
        return self.env.step(action)


def test_only_an_environment_is_described():
    """With arguments that a description has."""
    for env in (3, None, VECTOR(), Description()):
        with pytest.raises(TypeError, match=r"env is .*, expected a gymnasium\.Env to describe"):
            Description.of(env)
    with pytest.raises(
        TypeError, match=r"takes no lives, expected any of spec, action_meanings, f"
    ):
        Description.of(ENV, lives=3)
    with pytest.raises(TypeError, match=r"describe is \{\}, expected .*Description\("):
        Description.with_more(ENV, {})
    with pytest.raises(TypeError, match=r"Unmade lies on no .*super\(\).__init__\(env\)"):
        Description.of(Unmade(ENV))


class Unmade(gymnasium.Wrapper):
    """Does not call Gymnasium's constructor."""

    def __init__(self, env):
        """Forget it."""


# -- what is translated ----------------------------------------------------------------------------

FROM_SPEC = [
    ({"below": ENV}, TypeError, r"below is .*, expected .*below_env\(env\)"),
    ({"below": BELOW.observation_space}, TypeError, r"below is Box\(.*, expected .*: Below\("),
    ({"trust": "no"}, TypeError, r"trust is 'no', expected True or False"),
    ({"describe": {}}, TypeError, r"describe is \{\}, expected .*Description\("),
]


@pytest.mark.parametrize(("given", "error", "words"), FROM_SPEC)
def test_what_else_a_spec_is_read_with_is_looked_at(given, error, words):
    """Also where all layers have twins, so that it would not be used."""
    with pytest.raises(error, match=words):
        from_spec(ENV.spec, **given)


@pytest.mark.parametrize("name", ["observation_space", "action_space"])
def test_a_spec_is_tried_out_over_spaces(name):
    """Who says what lies below has to say these."""
    below = attrs.evolve(BELOW, **{name: None})

    with pytest.raises(NotBridgeableError, match=rf"below says no {name}, .*, or leave below out"):
        from_spec(Watched(ENV).spec, trust=True, below=below)


LAYERS = [
    ({"kwargs": 3}, r"arguments of .*:Watched are 3, expected a dict"),
    ({"kwargs": {"count": 3}}, r"Watched cannot be made of .*'count': 3.*: got an unexpected keyw"),
    ({"entry_point": "math:pi"}, r"math:pi is 3\.14.*, expected a class of wrappers"),
    ({"entry_point": "gymnasium"}, r"'gymnasium' cannot be imported"),
]


@pytest.mark.parametrize(("other", "words"), LAYERS)
def test_a_layer_that_cannot_be_made_is_told_when_its_spec_is_read(other, words):
    """Without `below`, too: not when the stack is bound."""
    spec = json.loads(Watched(ENV).spec.to_json())
    spec["additional_wrappers"][-1].update(other)

    with pytest.raises(ConfigurationError, match=words):
        from_spec(spec, trust=True)


def test_an_environment_is_no_spec():
    """It has one, and there is a function for itself; its id alone is none either."""
    with pytest.raises(TypeError, match=r"from_spec\(env\.spec\), or from_env\(env\)"):
        from_spec(ENV)
    with pytest.raises(ConfigurationError, match=r"it has no 'additional_wrappers'\. Give what"):
        from_spec({"id": "CartPole-v1"})


FROM_ENV = [
    ({"describe": {}}, TypeError, r"describe is \{\}, expected .*Description\("),
    ({"learn": "no"}, TypeError, r"learn is 'no', expected True or False"),
    ({"seed": None}, TypeError, r"seed is None, expected an int of at least 0"),
    ({"seed": "3"}, TypeError, r"seed is '3', expected an int of at least 0"),
    ({"seed": -1}, ValueError, r"seed is -1, expected an int of at least 0"),
]


@pytest.mark.parametrize(("given", "error", "words"), FROM_ENV)
@pytest.mark.parametrize("env", [ENV, Watched(ENV)])
def test_what_else_an_environment_is_taken_with_is_looked_at(env, given, error, words):
    """Whether something is bridged or not."""
    with pytest.raises(error, match=words):
        from_env(env, **given)


@pytest.mark.parametrize("take", [from_env, explain])
@pytest.mark.parametrize("env", [None, "CartPole-v1", type(ENV), BELOW, ENV.spec, Description()])
def test_what_is_no_environment_is_told(take, env):
    """With its class."""
    with pytest.raises(TypeError, match=r"Expected a gymnasium\.Env or a VecEnv .*, got .*\."):
        take(env)


class Bare(gymnasium.Env):
    """Says no spaces."""


class Alone(gymnasium.Wrapper):
    """Does not call Gymnasium's constructor."""

    def __init__(self, env):
        pass


class Over(gymnasium.Wrapper):
    """Lies on anything."""

    def __init__(self, env):
        self.env = env


BROKEN = [
    (Bare(), r"Bare .* has no observation_space and no action_space, .* expected a gymnasium\.Env"),
    (Over(Bare()), r"has no observation_space .* Over lies on it; expected a gymnasium\.Env"),
    (Over(3), r"^3 has no observation_space .* Over lies on it; expected a gymnasium\.Env"),
    (Alone(ENV), r"Alone lies on nothing.*super\(\).__init__\(env\)"),
]


@pytest.mark.parametrize("take", [from_env, explain])
@pytest.mark.parametrize(("env", "words"), BROKEN)
def test_a_stack_that_cannot_be_run_anywhere_is_told(take, env, words):
    """With where it is broken, and how it is mended."""
    with pytest.raises(TypeError, match=words):
        take(env)


def test_only_an_environment_lies_below_a_stack():
    """A vector of them has other spaces."""
    for env in (3, None, VECTOR()):
        with pytest.raises(TypeError, match=r"env is .*, expected a gymnasium\.Env\."):
            below_env(env)


class Draws(gymnasium.Wrapper):
    """Draws from its environment's generator."""

    def step(self, action):
        """Draw."""
        observation, _, *rest = self.env.step(action)
        return observation, self.np_random.random(), *rest


def test_an_environment_that_draws_otherwise_is_refused_to_who_draws_from_it():
    """No bridge could go on from there; who does not draw goes on."""
    env = Plain()
    env.np_random = np.random.Generator(np.random.Philox(3))

    with pytest.raises(
        ConfigurationError, match=r"Draws: .* is a Philox here, .* a PCG64, as env\."
    ):
        from_env(Draws(env))
    assert 1 == len(from_env(Watched(env))[0].wrappers)


class Looks(gymnasium.Wrapper):
    """Looks whether actions have meanings."""

    def step(self, action):
        """Look."""
        observation, _, *rest = self.env.step(action)
        return observation, float(hasattr(self.unwrapped, "get_action_meanings")), *rest


@pytest.mark.parametrize(("said", "there"), [("action_meanings", 1.0), ("absent", 0.0)])
def test_who_looks_whether_actions_have_meanings_is_told_what_is_described(said, there):
    """And refused where nothing is: most environments have none."""
    with pytest.raises(EnvironmentMissingError, match=r"absent=\[.get_action_meanings.\]"):
        Bridge(Looks, BELOW)

    bridge = Bridge(Looks, BELOW, describe=Description(**{said: ["get_action_meanings"]}))

    assert there == play(bridge, opening(), Act(0), seen(1.0), below=BELOW)[-1].reward


def test_what_a_factory_raises_says_whose_it_is():
    """It is raised as it is, with a note."""
    with pytest.raises(AttributeError, match="no attribute 'id'") as caught:
        Bridge(lambda env: gw.RepeatAction(env, env.unwrapped.spec.id), BELOW)

    assert "Description(spec=...)" in caught.value.__notes__[0]


# -- arrays that change their form -----------------------------------------------------------------


class Buffered(gymnasium.Wrapper):
    """Has an array, a view of it and an array of objects, and does something with them."""

    def __init__(self, env):
        super().__init__(env)
        self.steps = 0
        self.buffer = np.zeros(6)
        self.rows = np.zeros(6).reshape(2, 3)
        self.things = np.zeros(6, object)
        self.begin()

    def begin(self):
        """Do nothing."""

    def step(self, action):
        """Do it before the environment's step, and show what came of it as a reward."""
        self.steps += 1
        self.change()
        observation, _, *rest = self.env.step(action)
        return observation, self.told(), *rest

    def told(self):
        """Tell all numbers."""
        return float(self.buffer.sum() + self.rows.sum() + self.things.sum())


class Reshapes(Buffered):
    """Sets the shape of what it also writes into."""

    def change(self):
        """Set it to and fro."""
        self.buffer.shape = (2, 3) if self.steps % 2 else (6,)
        self.buffer += 1


class ReshapesAView(Buffered):
    """Sets the shape of a view."""

    def change(self):
        """Set it to and fro."""
        self.rows.shape = (3, 2) if self.steps % 2 else (2, 3)


class ReshapesAViewInATuple(Buffered):
    """Sets the shape of a view that it holds by no name."""

    def begin(self):
        """Hold it."""
        self.views = (self.buffer[:4], 3)

    def change(self):
        """Set it to and fro."""
        self.views[0].shape = (2, 2) if self.steps % 2 else (4,)


class ReshapesObjects(Buffered):
    """Sets the shape of an array of objects."""

    def change(self):
        """Set it to and fro."""
        self.things.shape = (3, 2) if self.steps % 2 else (6,)


class Reads(Buffered):
    """Takes its bytes for other numbers."""

    def change(self):
        """Set the dtype to and fro."""
        self.buffer.dtype = np.int64 if self.steps % 2 else np.float64


class Resizes(Buffered):
    """Makes its array longer."""

    def change(self):
        """Do."""
        self.buffer.resize(6 + self.steps, refcheck=False)


class Locks(Buffered):
    """Locks its array once it is written."""

    def change(self):
        """Unlock, write, lock."""
        self.buffer.setflags(write=True)
        self.buffer += 1
        self.buffer.setflags(write=False)


class LocksInSteps(Buffered):
    """Locks its array in the first run of a call, which finds it open."""

    def change(self):
        """Write, and lock."""
        self.buffer += 1
        self.buffer.setflags(write=False)


CHANGES = {
    Reshapes: r"Reshapes\.buffer is an array whose shape was changed in place, from \(6,\) to "
    r"\(2, 3\); .*self\.buffer = self\.buffer\.reshape",
    ReshapesAView: r"ReshapesAView\.rows is an array whose shape .* self\.rows\.reshape",
    ReshapesAViewInATuple: r"ViewInATuple\.views\[0\] is an array whose shape .* in place",
    ReshapesObjects: r"ReshapesObjects\.things is an array whose shape .* self\.things\.reshape",
    Reads: r"Reads\.buffer is an array whose dtype was .* float64 to int64; .*buffer\.view\(",
    Resizes: r"Resizes\.buffer is an array whose size was .* 6 to 7; .*np\.resize\(self\.buffer",
    Locks: r"Locks\.buffer is an array whose flag writeable was .*; hand out a copy",
    LocksInSteps: r"LocksInSteps\.buffer is an array whose flag writeable .*; hand out a copy",
}


@pytest.mark.parametrize("kind", CHANGES)
def test_an_array_whose_form_changes_in_place_is_refused(kind):
    """In the trial, with where it lies and what to write instead."""
    with pytest.raises(NotBridgeableError, match=CHANGES[kind]):
        Bridge(kind, BELOW, mode="replay")


def test_an_array_whose_form_changes_in_place_is_run_on_greenlets():
    """Where nothing is put back, nothing is in the way."""
    pytest.importorskip("greenlet")

    assert rewards_in_a_loop(Reshapes, 6) == rewards_in_a_bridge(Reshapes, 6, "auto")


class UnlocksWhatIsLocked(Buffered):
    """Has an array that nobody else is to write into."""

    def begin(self):
        """Lock it."""
        self.buffer.setflags(write=False)

    def change(self):
        """Count in it."""
        self.buffer.setflags(write=True)
        self.buffer += 1
        self.buffer.setflags(write=False)


class UnlocksObjects(Buffered):
    """Has an array of objects that nobody else is to write into."""

    def begin(self):
        """Lock it."""
        self.things.setflags(write=False)

    def change(self):
        """Count in it."""
        self.things.setflags(write=True)
        self.things += 1
        self.things.setflags(write=False)


class WritesBelowALock(Buffered):
    """Has a view, made before its array was locked."""

    def begin(self):
        """Look at the array, and lock it."""
        self.rows = self.buffer.reshape(2, 3)
        self.buffer.setflags(write=False)

    def change(self):
        """Count in it by the view."""
        self.rows += 1


class Fields(Buffered):
    """Makes views of arrays that have named fields while it runs, and keeps them."""

    def change(self):
        """Make them at the first step; count in them at each."""
        if self.steps == 1:
            self.table = np.zeros(3, [("weight", "f8"), ("count", "i4", (2,))])
            self.lower = self.table[1:]
            self.weights = np.zeros(6).view([("x", "f8"), ("y", "f8")])
        self.lower["weight"] += 0.5
        self.lower["count"][:, 1] += 1
        self.weights["y"] += 0.25

    def told(self):
        """Tell fields by their names, of the whole and of the view."""
        fields = self.table["weight"].sum(), self.lower["count"].sum(), self.weights["y"].sum()
        return float(sum(fields))


def rewards_in_a_loop(kind, count):
    """Return the rewards of an episode in Gymnasium's own loop."""
    env = kind(Plain())
    env.reset()
    return [env.step(0)[1] for _ in range(count)]


def rewards_in_a_bridge(kind, count, mode="replay"):
    """Return the rewards of an episode."""
    bridge = Bridge(kind, BELOW, mode=mode)
    messages = [message for _ in range(count) for message in (Act(0), seen(1.0))]
    replies = play(bridge, opening(), *messages, below=BELOW)
    return [reply.reward for reply in replies[2::2]]


class Plain(gymnasium.Env):
    """Shows the same again and again."""

    observation_space, action_space = BELOW.observation_space, Discrete(3)

    def reset(self, *, seed=None, options=None):
        """Open."""
        return np.zeros(2, np.float32), {}

    def step(self, action):
        """Go on."""
        return np.zeros(2, np.float32), 0.0, False, False, {}


@pytest.mark.parametrize("kind", [UnlocksWhatIsLocked, UnlocksObjects, WritesBelowALock, Fields])
def test_what_is_locked_or_has_fields_is_put_back(kind):
    """The same numbers as in the loop, though each call is run twice."""
    assert rewards_in_a_loop(kind, 6) == rewards_in_a_bridge(kind, 6)


class Records(Buffered):
    """Makes a view of records while it runs, whose fields are attributes."""

    def change(self):
        """Make it."""
        table = np.zeros(3, np.dtype((np.record, [("weight", "f8")])))
        self.lower = table[1:]


class FieldsOfObjects(Buffered):
    """Makes an array that has a field of objects while it runs."""

    def change(self):
        """Make it."""
        self.table = np.zeros(3, [("name", object), ("count", "i4")])


MADE = {
    Records: r"Records\.lower is a view, made while it runs, of the dtype \(numpy\.record, .*copy",
    FieldsOfObjects: r"FieldsOfObjects\.table is an array of the dtype \[\('name', 'O'\), .*apart",
}


@pytest.mark.parametrize("kind", MADE)
def test_a_dtype_that_would_be_lost_is_refused(kind):
    """With where it lies."""
    with pytest.raises(NotBridgeableError, match=MADE[kind]):
        Bridge(kind, BELOW, mode="replay")


class ChangesLate(Buffered):
    """Changes a form where no trial comes."""

    late = 100

    def change(self):
        """Do so at the hundredth step."""
        if self.steps == self.late:
            self.exchange()


class ReshapesLate(ChangesLate):
    """Its shape; a map of the numbers to themselves."""

    def exchange(self):
        """Make rows of them."""
        self.buffer.shape = (2, 3)


class ReadsLate(ChangesLate):
    """Its dtype."""

    def exchange(self):
        """Take zeros for zeros."""
        with warnings.catch_warnings(action="ignore"):
            self.buffer.dtype = np.int64


class LocksLate(ChangesLate):
    """Its flags."""

    def exchange(self):
        """Lock it."""
        self.buffer.setflags(write=False)


class ResizesLate(ChangesLate):
    """Its size, which cannot be had back."""

    def exchange(self):
        """Make it longer."""
        self.buffer.resize(7, refcheck=False)


class ReshapesAViewLate(ChangesLate):
    """That of a view."""

    def exchange(self):
        """Make columns of its rows."""
        self.rows.shape = (3, 2)


class ReshapesObjectsLate(ChangesLate):
    """That of objects."""

    def exchange(self):
        """Make rows of them."""
        self.things.shape = (3, 2)


LATE = {
    ReshapesLate: r"Late\.buffer is an array whose shape was .*, from \(6,\) to \(2, 3\)",
    ReadsLate: r"Late\.buffer is an array whose dtype was .*, from float64 to int64",
    LocksLate: r"Late\.buffer is an array whose flag writeable was .*, from True to False",
    ReshapesAViewLate: r"Late\.rows is an array whose shape was .*, from \(2, 3\) to \(3, 2\)",
    ReshapesObjectsLate: r"Late\.things is an array whose shape was .*, from \(6,\) to \(3, 2\)",
    ResizesLate: r"Late\.buffer was made as \(6,\) of float64, .* made it \(7,\) of float64, ",
}


@pytest.mark.parametrize("kind", LATE)
def test_a_form_that_changes_late_is_told_when_it_does(kind):
    """Also where the numbers are what they were, so that no session goes on with it unawares."""
    bridge = Bridge(kind, BELOW, mode="replay")
    messages = [message for _ in range(99) for message in (Act(0), seen(1.0))]
    play(bridge, opening(), *messages, below=BELOW)

    with pytest.raises(WrapperError, match=LATE[kind]):
        play(bridge, opening(), *messages, Act(0), seen(1.0), below=BELOW)


def test_who_was_refused_for_a_form_leaves_it_as_it_was_made():
    """Another session goes on with the same wrapper."""
    engine = Bridge(ReshapesLate, BELOW, mode="replay")._engine
    live = engine.workshop.another()
    state = live.state()
    live.outer.buffer.shape = (2, 3)
    live.outer.buffer.setflags(write=False)

    with pytest.raises(NotBridgeableError, match=r"ReshapesLate\.buffer"):
        live.state()
    live.restore(state)

    assert (6,) == live.outer.buffer.shape
    assert live.outer.buffer.flags.writeable
