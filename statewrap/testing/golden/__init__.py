"""Golden dialogues: what a deployment was told and said, hop by hop, in a file to compare with."""

from statewrap.testing.golden.errors import GoldenBroken, GoldenError
from statewrap.testing.golden.recording import Recording
from statewrap.testing.golden.replay import golden_dialogue, record, replay

__all__ = [
    "GoldenBroken",
    "GoldenError",
    "Recording",
    "golden_dialogue",
    "record",
    "replay",
]
