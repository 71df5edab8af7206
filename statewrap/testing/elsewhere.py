"""What `survives_a_fresh_interpreter` runs in the fresh interpreter."""

from __future__ import annotations

import pickle
import sys
from typing import BinaryIO


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Read a stack, saved memories and messages; write what each message gives."""
    (unbound, below, types, decode), letters = pickle.load(source)  # noqa: S301 - the law's own
    stack = unbound.bind(below)
    answers = [stack.route(decode(saved, types), message) for saved, message in letters]
    pickle.dump(answers, target)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
