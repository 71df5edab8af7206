"""One call that says whether a wrapper is right: every law, over drawn scenes, made small."""

from statewrap.testing.check.check import check_wrapper, examine, hold_law, laws_for
from statewrap.testing.check.report import CheckFailed, Report

__all__ = ["CheckFailed", "Report", "check_wrapper", "examine", "hold_law", "laws_for"]
