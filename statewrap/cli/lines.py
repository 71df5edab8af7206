"""The lines of `statewrap act`: what a host sends, and what it is answered.

Every line is a JSON object, and is answered by one line.

    {"observation": ..., "reward": 1.0, "terminated": false, "truncated": false, "info": {}}
    {"reset": true, "observation": ..., "info": {}, "seed": 7}
    {"close": true}                              or with a last time step, keys as in the first

A line may have `step`, the number of the call. A line that opens an episode has no reward.

    {"action": 1}
    {"action": null, "reset": {"seed": null, "options": null}, "episode": {"return": 500.0, ...}}
    {"action": null, "closed": true}
    {"error": {"type": "InputError", "message": "..."}}

`episode` is there if an episode ended in the call (with an action if the next one opened at once);
`episodes` lists them all where there were several.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs
from gymnasium.spaces import Space

from statewrap.cli import strict_json
from statewrap.cli.codec import Reader, check_keys, information, number, plain, reader
from statewrap.core.errors import ConfigurationError, InputError
from statewrap.deployment import Deployment

Call = Literal["act", "reset", "close"]

_TIME_STEP: Final = ("observation", "reward", "terminated", "truncated", "info", "step")
_KEYS: Final[dict[Call, tuple[str, ...]]] = {
    "act": _TIME_STEP,
    "reset": ("reset", "observation", "info", "seed", "step"),
    "close": ("close", *_TIME_STEP),
}


@attrs.frozen
class Request:
    """One line, read: which call of a deployment, and with what."""

    call: Call
    arguments: dict[str, Any]


class Lines:
    """Reads requests and writes answers."""

    def __init__(self, space: Space[Any] | None, *, base64: bool = False) -> None:
        """Take the space of observations, and whether arrays are written in base64.

        Raises:
            ConfigurationError: if the space is unknown or has no form in JSON.
        """
        if space is None:
            raise ConfigurationError(
                "The observation space is missing: lines of JSON need it for dtype and shape. "
                'Add `environment = "..."`, or [spaces] with `observation = {type = "Box", ...}`.'
            )
        self._readers: dict[str, Reader] = {**_READERS, "observation": reader(space)}
        self._base64 = base64

    def request(self, line: bytes) -> Request:
        """Read one line.

        Raises:
            InputError: if it is no request; the message says what is wrong with it.
        """
        table = strict_json.read(line)
        call = _call(table)
        check_keys(table, _KEYS[call])
        if call != "close" and "observation" not in table:
            raise InputError(
                f"The line has no observation. It has {', '.join(table) or 'nothing'}."
            )
        given = {key: self._readers[key](value, key) for key, value in table.items() if key != call}
        if call == "close" and "observation" not in given and given.keys() - {"step"}:
            raise InputError(
                "A last time step needs its observation; without one send close alone."
            )
        return Request(call, given)

    def answer(self, deployment: Deployment, action: Any) -> bytes:
        """Write what a call gave.

        Raises:
            TypeError: if JSON has no form for the action.
        """
        answer: dict[str, Any] = {"action": plain(action, base64=self._base64)}
        if action is None and deployment.pending is not None:
            reset = deployment.pending
            answer["reset"] = {"seed": reset.seed, "options": plain(reset.options)}
        return strict_json.write(answer | _ended(deployment))

    def farewell(self, deployment: Deployment) -> bytes:
        """Write the answer to a close."""
        return strict_json.write({"action": None, "closed": True} | _ended(deployment))


def refusal(kind: str, message: str) -> bytes:
    """Write the answer to a line that was refused."""
    return strict_json.write({"error": {"type": kind, "message": message}})


def _ended(deployment: Deployment) -> dict[str, Any]:
    ended = [plain(values) for values in deployment.ended]
    if not ended:
        return {}
    return {"episode": ended[-1]} | ({"episodes": ended} if len(ended) > 1 else {})


def _call(table: dict[str, Any]) -> Call:
    calls: list[Call] = ["reset", "close"]
    said = [call for call in calls if call in table]
    if len(said) == 2:
        raise InputError("The line says both reset and close, expected one of them.")
    for call in said:
        if table[call] is not True:
            told = strict_json.shown(table[call])
            raise InputError(f"{call} is {told}, expected true; leave it out otherwise.")
        return call
    return "act"


def _flag(value: Any, path: str) -> bool:
    if type(value) is not bool:
        raise InputError(f"{path} is {strict_json.shown(value)}, expected true or false.")
    return value


def _reward(value: Any, path: str) -> float | None:
    return None if value is None else number(value, path)


def _count(value: Any, path: str) -> int:
    if type(value) is not int or value < 0:
        raise InputError(
            f"{path} is {strict_json.shown(value)}, expected a whole number, 0 or above."
        )
    return value


def _info(value: Any, path: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise InputError(f"{path} is {strict_json.shown(value)}, expected an object.")
    return {key: information(item, f"{path}.{key}") for key, item in value.items()}


_READERS: Final[dict[str, Reader]] = {
    "reward": _reward,
    "terminated": _flag,
    "truncated": _flag,
    "info": _info,
    "seed": _count,
    "step": _count,
}
