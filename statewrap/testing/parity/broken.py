"""The errors of the parity tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statewrap.core.errors import StatewrapError

if TYPE_CHECKING:
    from statewrap.testing.parity.difference import Difference
    from statewrap.testing.parity.report import ParityReport


class ParityError(StatewrapError, ValueError):
    """What was given cannot be compared: the message says what, why, and what to give instead."""


class ParityBroken(AssertionError):  # noqa: N818 - it breaks as LawBroken does
    """The inverted stack does not do what the original does; the message shows where.

    `difference` is the first difference, shrunk; `report` says what was compared until then.
    """

    def __init__(self, report: ParityReport) -> None:
        assert report.difference is not None  # noqa: S101 - that is why it is made
        super().__init__(str(report.difference))
        self.report = report
        self.difference: Difference = report.difference
