"""Who is named when a rule was broken, read from hops that were written down by hand."""

from __future__ import annotations

import attrs
import pytest

from statewrap import Act, Key, Policy, Reset, Stack, TimeStep, Wrapper
from statewrap.core.blame import Blame
from statewrap.core.events import Opened

FIRST, MIDDLE = TimeStep("f0", first=True), TimeStep("f1", reward=1.0)
LAST = TimeStep("f2", terminated=True)
PAID = FIRST.replace(reward=1.0)


@attrs.frozen
class Named(Wrapper[None]):
    """A wrapper that is told by its name."""

    name: str


@attrs.frozen
class Greedy(Policy[None]):
    """A policy that is told by its class."""

    def initial(self, key: Key) -> None:
        """Keep nothing."""


LOW, MID, TOP = (f"Named(name='{name}')" for name in ("low", "mid", "top"))


def blame(*hops) -> Blame:
    """Read hops of a stack of three wrappers."""
    return Blame(Stack(Named("low"), Named("mid"), Named("top")), Greedy(), hops)


class TestActAfterLast:
    """Who sent the environment an act that it does not take."""

    def test_who_answered_the_last_time_step_is_named_with_the_act(self):
        """The wrapper, and what it sent."""
        words = blame((0, LAST), (1, LAST), (1, Act("jump")), (0, Act("jump")))

        told = words.act_after_last(Act("jump"))

        assert told.startswith(f"{MID} answered the last time step of an episode with Act('jump')")
        assert told.endswith("Let it rise: `if timestep.last: return memory, timestep`.")

    def test_who_hid_the_end_is_named_and_not_who_fell_for_it(self):
        """The policy acted, because it was shown no end."""
        hid = (0, LAST), (1, LAST), (2, MIDDLE), (3, MIDDLE)
        acts = (3, Act("jump")), (2, Act("jump")), (1, Act("jump")), (0, Act("jump"))

        told = blame(*hid, *acts).act_after_last(Act("jump"))

        assert told.startswith(f"{MID} was shown the last time step of an episode and showed one")
        assert "so Act('jump') followed" in told

    def test_an_end_that_was_hidden_before_the_newest_one_is_past(self):
        """Since then the environment was reset, and ended once more."""
        before = (0, LAST), (1, MIDDLE), (1, Reset()), (0, Reset())

        told = blame(*before, (0, LAST), (0, Act(1))).act_after_last(Act(1))

        assert told.startswith(f"{LOW} answered the last time step of an episode with Act(1)")

    def test_an_end_that_a_wrapper_made_up_hides_none(self):
        """The search goes on to what the environment showed."""
        hid = (0, LAST), (1, MIDDLE), (2, LAST), (2, Act(1)), (1, Act(1)), (0, Act(1))

        told = blame(*hid).act_after_last(Act(1))

        assert told.startswith(f"{LOW} was shown the last time step")

    def test_who_replaced_a_reset_is_named_with_both(self):
        """What it sent and what it was to send."""
        fell = (0, LAST), (1, LAST), (2, LAST), (3, LAST), (3, Reset()), (2, Reset(seed=3))

        told = blame(*fell, (1, Act(1)), (0, Act(1))).act_after_last(Act(1))

        assert told.startswith(f"{MID} sent Act(1) in place of Reset(seed=3), but")

    def test_without_hops_the_stack_is_named_whole(self):
        """It is all that is known."""
        told = Blame(Stack(*map(Named, "abcdefg")), None, ()).act_after_last(Act(1))

        assert told.startswith(f"{' | '.join(repr(Named(name)) for name in 'abcdefg')} answered")


class TestShownWrongly:
    """Who showed an opening that is none."""

    def test_the_lowest_wrapper_above_which_it_was_wrong_is_named(self):
        """Those above it passed it on; what came before was right, and acts do not count."""
        hops = (0, MIDDLE), (0, Act(1)), (0, FIRST), (1, FIRST), (2, PAID), (3, PAID)

        told = blame(*hops).shown_wrongly("a reward")

        assert told.startswith(f"{MID} showed a reward. A `first` time step opens an episode")

    @pytest.mark.parametrize("hops", [(), [(0, FIRST), (1, FIRST)], [(0, PAID), (1, PAID)]])
    def test_where_no_wrapper_did_the_stack_is_named_whole(self, hops):
        """Nobody, or whoever is below it."""
        stack = Stack(*map(Named, "abcdefg"))

        assert Blame(stack, None, hops).shown_wrongly("it").startswith(f"{stack!r} showed it.")


class TestEndedTwice:
    """Who ended an episode that had just been opened in place of another."""

    def test_the_lowest_wrapper_above_which_it_was_an_end_is_named(self):
        """Of the newest opening; who ended the one before does not count."""
        before = (0, MIDDLE), (1, LAST), (2, LAST), (3, LAST), (3, Reset())
        again = (0, FIRST), (1, FIRST), (2, LAST), (3, LAST)

        told = blame(*before, *again).ended_twice()

        assert told.startswith(f"{MID} ended the episode that was opened in place of an ended one")

    def test_an_end_of_the_environments_is_nobodys(self):
        """Nobody stands below gap 0."""
        assert blame((0, LAST), (1, LAST)).ended_twice().startswith(f"{LOW} ended")

    def test_else_the_newest_answer_that_was_a_reset_counts(self):
        """A wrapper may ask for a reset without showing an end."""
        asked = [hop for gap in (2, 1, 0) for hop in ((gap, FIRST), (gap, Reset()))]

        told = blame((0, FIRST), (1, FIRST), *asked, (0, Opened())).ended_twice()

        assert told.startswith(f"{LOW} ended the episode")

    def test_without_hops_the_stack_is_named_whole(self):
        """It is all that is known."""
        stack = Stack(*map(Named, "abcdefg"))

        assert Blame(stack, None, ()).ended_twice().startswith(f"{stack!r} ended the episode")


class TestNeverSettles:
    """Who answered whom in the last cycle."""

    def test_the_last_cycle_is_listed_in_order_and_once(self):
        """Each line is a name, what it was shown and what it said."""
        cycle = (3, FIRST), (3, Act(1)), (2, Act(1)), (2, MIDDLE)

        told = blame((0, MIDDLE), *cycle, *cycle).never_settles(7)

        assert told.startswith("Stack and policy did not settle: 7 decisions were made within one")
        assert [
            "  the policy Greedy() answered TimeStep('f0', first=True) with Act(1)",
            f"  {MID} answered Act(1) with TimeStep('f1', reward=1.0)",
        ] == told.splitlines()[1:]

    def test_a_long_cycle_is_cut_to_its_last_twenty_answers(self):
        """Oldest first; the policy and the topmost wrapper take turns."""
        turns = [hop for n in range(30) for hop in ((3, MIDDLE), (3, Act(n)))]

        lines = blame(*turns).never_settles(30).splitlines()[1:]

        assert 20 == len(lines)
        assert lines[0].startswith(f"  {TOP} answered Act(19) with")
        assert lines[-1].endswith("with Act(29)")
