"""What `explain` prints: narrow enough for a terminal, and nothing is lost by it."""

from __future__ import annotations

import attrs
import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.utils import RecordConstructorArgs

from statewrap.gym import explain
from tests.gym.strangers import Counts, Halve, Remembers, Skips
from tests.gym.twins import cartpole

WIDEST = 100


class SmoothsTheObservationsOfAllSensors(gym.Wrapper, RecordConstructorArgs):
    """Has a long name, does much outside, and learns."""

    def __init__(self, env, weights=(0.5, 0.25)):
        RecordConstructorArgs.__init__(self, weights=weights)
        gym.Wrapper.__init__(self, env)
        self.average_of_all_observations, self.rng = np.zeros(4), np.random.default_rng(1)

    def step(self, action):
        """Step some times."""
        for _ in range(1 + int(self.rng.integers(0, 2))):
            observation, *rest, info = self.env.step(action)
            info["smooth"] = True
            if rest[1] or rest[2]:
                break
        self.average_of_all_observations += observation
        print("stepped")  # noqa: T201
        return observation, *rest, info


class Opens(gym.Wrapper):
    """Cannot be used at all."""

    def step(self, action):
        """Ask for what is not there."""
        return self.env.step(self.unwrapped.the_best_of_all_actions_in(self.unwrapped.state))


def one():
    """Give one wrapper."""
    return Counts(cartpole().unwrapped)


def ten():
    """Give ten wrappers of all kinds, and what `gymnasium.make` adds."""
    env = Skips(theirs.NormalizeObservation(Counts(cartpole())))
    env = SmoothsTheObservationsOfAllSensors(theirs.RecordEpisodeStatistics(env))
    env = theirs.FrameStackObservation(Remembers(theirs.StickyAction(env, 0.5)), 3)
    env = theirs.TimeAwareObservation(Opens(theirs.FlattenObservation(env)))
    env.reset(seed=0)
    return env


STACKS = {"none": lambda: cartpole().unwrapped, "one": one, "ten": ten}


@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)
def test_it_fits_a_terminal(make):
    """No line is wider than 100 columns, however much there is to say."""
    lines = str(explain(make())).splitlines()

    assert max(map(len, lines)) <= WIDEST


def words(text):
    """Return the words of a text; a long one may have been broken."""
    return "".join(text.split())


@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)
def test_nothing_is_lost(make):
    """All that the rows say is in the text, in their order."""
    explained = explain(make())
    text = words(str(explained))

    for row in explained.rows:
        for field in ("layer", "how", "wrapper", "note", "remembers"):
            assert words(getattr(row, field)) in text

    cells = cells_of(str(explained))
    seen = [row for row in explained.rows if row.calls or row.cost]
    assert len(seen) == len(cells)
    for row, cell in zip(seen, cells, strict=True):
        for field in SEEN:
            assert words(getattr(row, field)) == cell[field], field


SEEN = ("layer", "calls", "draws", "changes", "effects", "learns", "snapshot", "cost")


def cells_of(text):
    """Read the table of what was seen: a cell goes on in the lines below it."""
    if "\n\n" not in text:
        return []
    *_, table = text.split("\n\n")
    lines = table.split("\n")
    (ruled,) = (n for n, line in enumerate(lines) if line and not line.strip("- "))
    dashes = lines[ruled] + "-" * WIDEST
    begins = [0, *(n + 1 for n in range(len(lines[ruled])) if dashes[n : n + 2] == " -")]
    found = []
    for line in lines[ruled + 1 :]:
        parts = [line[a:b].strip() for a, b in zip(begins, [*begins[1:], None], strict=True)]
        if not found or all(parts):  # the cells of a row are none of them empty
            found.append(dict.fromkeys(SEEN, ""))
        for name, part in zip(SEEN, parts, strict=True):
            found[-1][name] += words(part)
    return found


def test_a_layer_is_a_few_lines():
    """What there is to say of it stands below it."""
    text = str(explain(one()))

    assert (
        "layer        how          in statewrap\n"
        "-----        ---          ------------\n"
        "CartPoleEnv  environment\n"
        "Counts       bridge       Bridge(Counts)\n"
    ) in text
    assert "remembers: Counts\n" in text
    assert "note: it has no twin; Counts.step does something before its environment's;" in text


def test_rows_are_values():
    """As they always were: for whoever wants more than text."""
    told = attrs.asdict(explain(one()).rows[-1])

    assert ("Counts", "bridge", "seen: 1 a step") == (told["layer"], told["how"], told["calls"])
    assert set(told) == {*SEEN, "wrapper", "remembers", "how", "note"}


def test_ranges_say_that_they_were_seen():
    """They are no bounds."""
    rows = explain(Halve(theirs.RepeatAction(Skips(cartpole()), 3))).rows

    assert ["seen: 1 to 3 a step"] * 2 == [rows[-3].calls, rows[-2].calls]
    assert "seen: 2 to 4 runs an act" == rows[-3].cost
    assert "mapped" == rows[-1].cost


def test_it_says_what_learns_and_what_goes_on_learning():
    """`learn=False` freezes a twin, and does not reach into a bridge."""
    twin = explain(theirs.NormalizeObservation(cartpole())).rows[-1]
    rows = {row.layer: row.learns for row in explain(ten()).rows}

    assert ("NormalizeObservation", "yes") == (twin.layer, twin.learns)
    assert "" == rows["NormalizeObservation"]  # it lies in the bridge of the next one
    assert "no" == rows["TimeLimit"]
    assert "yes, also with learn=False" == rows["SmoothsTheObservationsOfAllSensors"]
    assert "yes, also with learn=False" == rows["Remembers"]
    assert "" == rows["CartPoleEnv"] == rows["Opens"]
    assert "not seen" == explain(Halve(cartpole())).rows[-1].learns


def test_what_is_suspended_was_not_tried():
    """So nobody knows whether it learns."""
    pytest.importorskip("greenlet")

    assert "not tried" == explain(Counts(cartpole()), mode="greenlet").rows[-1].learns
