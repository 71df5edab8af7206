"""Parity: an inverted stack does what the Gymnasium wrappers do that it was ported from."""

from statewrap.testing.parity.broken import ParityBroken, ParityError
from statewrap.testing.parity.difference import Difference
from statewrap.testing.parity.parity import Parity, assert_parity
from statewrap.testing.parity.report import ParityReport
from statewrap.testing.parity.tape import Tape

__all__ = [
    "Difference",
    "Parity",
    "ParityBroken",
    "ParityError",
    "ParityReport",
    "Tape",
    "assert_parity",
]
