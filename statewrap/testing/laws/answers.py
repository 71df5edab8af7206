"""The law that comes before all others: a wrapper answers what it is sent."""

from __future__ import annotations

from typing import Any

from statewrap.core.errors import PlacedError, StatewrapError
from statewrap.core.words import brief, sentence
from statewrap.testing.laws.law import UNSEEN, Broken, Setting, law
from statewrap.testing.script import Turn


@law(
    cure="Refuse at `bind` the spaces that it cannot work with (BindError), ask for what it needs "
    "(`below.require(...)`, `needs`), and answer all that lies in them."
)
def every_message_is_answered(setting: Setting) -> None:
    """Whatever comes, within the spaces announced, a wrapper answers and does not raise."""
    before: list[Turn] = []
    try:
        before.extend(setting.turns())
    except PlacedError as error:
        raise Broken(
            f"At turn {len(before)}, {error.who} raised {type(error.cause).__name__} in "
            f"{error.call}: {sentence(error.cause)}",
            turn=len(before),
            before=before[-1].after if before else UNSEEN,
            cure=_cure(error),
        ) from error
    except (SystemExit, GeneratorExit) as error:
        turn = len(before)
        words = f"At turn {turn}, {type(error).__name__} was raised, which ends the host's process."
        cure = "Raise what says what is wrong; whether to end is the host's to decide."
        raise Broken(words, turn=turn, cure=cure) from error
    except StatewrapError:
        return  # a rule of the conversation was broken, which other laws say better


def _cure(error: PlacedError) -> str | None:
    """Say more where a name was looked up in vain."""
    cause: Any = error.cause
    if isinstance(cause, KeyError) and cause.args and isinstance(cause.args[0], str):
        return (
            f"Say what infos hold, if {brief(cause.args[0])} is expected there: "
            f"check_wrapper(..., info={{{cause.args[0]!r}: Discrete(4)}}); or use `.get`."
        )
    return None
