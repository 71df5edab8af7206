"""The files of golden dialogues: the lines, and beside them the large arrays that were given."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from statewrap.core.words import sentence
from statewrap.testing.golden.dialogue import (
    CALLS,
    FORMAT,
    KIND,
    Dialogue,
    Line,
    digests_in,
    ending,
    written,
)
from statewrap.testing.golden.errors import CURE, GoldenError, hidden
from statewrap.testing.golden.text import digest_of

__tracebackhide__ = hidden


def save(dialogue: Dialogue, path: Path) -> bool:
    """Write a dialogue, each file as a whole; one that is there already is left as it is.

    Returns:
        Whether anything was written.

    Raises:
        OSError: if that fails.
    """
    if _holds(path, dialogue):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".npz")
    if dialogue.arrays:
        archive = io.BytesIO()
        arrays: dict[str, Any] = dict(sorted(dialogue.arrays.items()))
        np.savez_compressed(archive, **arrays)
        _replace(beside, archive.getvalue())
    _replace(path, f"{written(dialogue.header)}\n{dialogue.body()}".encode())
    if not dialogue.arrays:
        beside.unlink(missing_ok=True)
    return True


def load(path: Path) -> Dialogue:
    """Read a dialogue.

    Raises:
        GoldenError: if there is none, or it is cut short, damaged or of another format.
    """
    lines = [*_lines(path)]
    _check_header(path, lines[0])
    if lines[-1].get("end") != ending(len(lines) - 1):
        raise GoldenError(
            f"{path} is cut short, or lines were added: its last line should be "
            f'{{"end": "{ending(len(lines) - 1)}"}}. {CURE}'
        )
    dialogue = Dialogue(lines[0], arrays=_arrays(path, lines))
    for group in _calls(path, lines[1:-1]):
        dialogue.add(group)
    return dialogue


def file_of(path: str | os.PathLike[str]) -> Path:
    """Return the path of a golden dialogue.

    Raises:
        GoldenError: if its name does not end with ".jsonl".
    """
    path = Path(path)
    if path.suffix != ".jsonl":
        raise GoldenError(f"{path} is no name of a golden dialogue, expected {path.stem}.jsonl.")
    return path


def _lines(path: Path) -> Iterator[Line]:
    """Read the lines; each is an object."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise GoldenError(
            f"There is no golden dialogue {path}. Record it: run pytest with --statewrap-update, "
            "or use record(deployment) and its save(path)."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenError(f"{path} cannot be read: {sentence(error)} {CURE}") from error
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise GoldenError(
                f"{path}, line {number}, is no JSON: {sentence(error)} {CURE}"
            ) from error
        if not isinstance(parsed, dict):
            _unexpected(path, number, "an object", parsed)
        yield parsed


def _check_header(path: Path, header: Line) -> None:
    if header.get("statewrap") != KIND:
        raise GoldenError(f"{path} is no golden dialogue: it begins with {written(header)[:60]}.")
    if header.get("format") != FORMAT:
        raise GoldenError(
            f"{path} has the format {header.get('format')!r}, written by statewrap "
            f"{header.get('version')}; this one reads the format {FORMAT}. Record it anew, or test "
            "with the statewrap that wrote it."
        )
    if not isinstance(header.get("stack"), list):
        _unexpected(path, 1, 'the "stack", a list', header)


def _calls(path: Path, lines: list[Line]) -> Iterator[list[Line]]:
    """Take the lines apart, call by call."""
    call: list[Line] = []
    for number, line in enumerate(lines, start=2):
        if not call and (line.get("call") not in CALLS or not isinstance(line.get("given"), dict)):
            _unexpected(path, number, "a call, with what was given", line)
        if call and not line.keys() & {"says", "passes", "event", "answer", "raises"}:
            _unexpected(path, number, "what somebody says, an event, or the answer", line)
        if type(line.get("step")) is not int:
            _unexpected(path, number, "the number of a step", line)
        call.append(line)
        if line.keys() & {"answer", "raises"}:
            yield call
            call = []
    if call:
        _unexpected(path, len(lines) + 2, "the answer of the last call", {"end": ...})


def _unexpected(path: Path, number: int, expected: str, line: Any) -> NoReturn:
    found = json.dumps(line, default=str)
    raise GoldenError(f"{path}, line {number}: expected {expected}, found {found[:80]}. {CURE}")


def _arrays(path: Path, lines: list[Line]) -> dict[str, NDArray[Any]]:
    """Read the large arrays that were given, if there are any."""
    digests = {digest for line in lines for digest in digests_in(line.get("given"))}
    if not digests:
        return {}
    beside = path.with_suffix(".npz")
    try:
        with np.load(io.BytesIO(beside.read_bytes()), allow_pickle=False) as archive:
            arrays = {digest: archive[digest] for digest in sorted(digests)}
    except FileNotFoundError:
        raise GoldenError(
            f"{path.name} needs the large arrays in {beside}, which is not there. {CURE}"
        ) from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise GoldenError(f"{beside} cannot be read: {sentence(error)} {CURE}") from error
    for digest, array in arrays.items():
        if digest_of(array) != digest:
            raise GoldenError(f"{beside} is damaged: the array {digest} has another digest. {CURE}")
        array.setflags(write=False)
    return arrays


def _holds(path: Path, dialogue: Dialogue) -> bool:
    """Tell whether a file holds this dialogue, whichever version and seed it was recorded with."""
    try:
        old = load(path)
        _, _, body = path.read_text(encoding="utf-8").partition("\n")
    except (GoldenError, OSError):
        return False
    if any(old.header.get(key) != dialogue.header[key] for key in ("stack", "fingerprint")):
        return False
    return body == dialogue.body() and old.arrays.keys() == dialogue.arrays.keys()


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that it is whole at every moment."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
