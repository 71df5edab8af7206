"""What came of holding laws against a wrapper."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.words import brief
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.check.habitats import Habitats
from statewrap.testing.laws.law import LawBroken


@attrs.frozen
class Report:
    """What was held, over what, and what was found."""

    wrapper: Wrapper[Any]
    held: dict[str, int]
    """The name of each law, and over how many scenes it was held."""
    findings: tuple[LawBroken, ...]
    habitats: Habitats
    left_out: int
    """How many scenes were left out, since the wrapper raised there on purpose."""
    notes: tuple[str, ...] = ()
    """What has to be known to read the above rightly."""

    def __str__(self) -> str:
        broken = {finding.law.__name__ for finding in self.findings}
        width = max(map(len, self.held), default=3)
        held = sum(many > 0 for many in self.held.values())
        lines = [
            f"{brief(self.wrapper, 400)}: {_count(len(broken), held)}",
            f"over {_places(self.habitats)}; declared: {declared(self.wrapper)}",
            "",
            *(
                f"  {name:{width}}  {_verdict(many, broken=name in broken)}"
                for name, many in self.held.items()
            ),
        ]
        if self.left_out:
            lines += ["", f"{self.left_out} scenes were left out: there it raises on purpose."]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


class CheckFailed(AssertionError):  # noqa: N818 - no error of this library: a test fails
    """A wrapper breaks one law or more; the message shows the evidence."""

    def __init__(self, report: Report) -> None:
        """Tell the first finding in full, and the others in a line."""
        self.report, self.findings = report, report.findings
        first, *rest = self.findings
        lines = [str(first)]
        if rest:
            lines += ["", "Broken as well, perhaps by the same fault:"]
            lines += [f"  {one.law.__name__}: {brief_words(one)}" for one in rest]
        super().__init__("\n".join(lines))


def brief_words(finding: LawBroken) -> str:
    """Return the beginning of what was found, on one line."""
    words = " ".join(finding.found.words.split())
    return words if len(words) < 160 else f"{words[:156]} ..."


def declared(wrapper: Wrapper[Any]) -> str:
    """Say what a wrapper, or those of a stack, declare."""
    parts = list[str]()
    for one in Stack(wrapper):
        own = [name for name in ("learns", "delays") if getattr(one, name)]
        if one.keeps:
            own.append("keeps" if one.keeps is True else f"keeps {', '.join(sorted(one.keeps))}")
        own += [f"needs {need}" for need in sorted(one.needs)]
        if own:
            named = f"{type(one).__name__} " if len(Stack(wrapper)) > 1 else ""
            parts.append(named + ", ".join(own))
    return "; ".join(parts) or "nothing"


def _verdict(many: int, *, broken: bool) -> str:
    return "broken" if broken else f"held, {many}" if many else "not held"


def _count(broken: int, held: int) -> str:
    if broken:
        return f"{broken} of {held} law{'s' * (held > 1)} broken"
    return f"{held} law{'s' * (held > 1)} held"


def _places(habitats: Habitats) -> str:
    homes, refused = len(habitats.homes), len(habitats.refused)
    if not refused:
        return f"{homes} kind{'s' * (homes > 1)} of environment"
    return f"{homes} of {homes + refused} kinds of environment, the others being refused"
