"""The law that no wrapper learns by accident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.words import brief, sentence
from statewrap.testing.laws.law import Broken, Setting, law
from statewrap.testing.laws.replay import Part, answer, parts, retell
from statewrap.testing.laws.variations import at


@law(
    cure="If it is to learn from earlier episodes, say so in the class: `learns = True` (and in "
    "`keeps` what it remembers). If not, forget what they showed: do not return it from `renew`."
)
def learns_only_if_declared(setting: Setting) -> None:
    """What a wrapper says in an episode depends on what earlier ones showed only if it `learns`.

    Each wrapper that does not declare it hears its part of the scene again, the earlier episodes
    with other observations, rewards, infos and actions, but with the same lengths, flags and keys.
    """
    random = np.random.default_rng(0)
    with np.errstate(all="ignore"):  # what is made up may be too much for its arithmetic
        for part in parts(setting):
            if not part.wrapper.learns:
                _hold_unlearned(part, random)


def _hold_unlearned(part: Part, random: np.random.Generator) -> None:
    openings = [i for i, heard in enumerate(part.heard) if heard.opens and not part.asked_for(i)]
    if len(openings) < 2:
        return
    for what, instead in _histories(part, openings[-1], random):
        for place, after, _, astray in retell(part, 0, part.heard[0].before, instead):
            if astray:
                break
            if place + 1 in openings:
                _hold_same_from(part, place + 1, after, what)


def _hold_same_from(part: Part, begin: int, memory: Any, what: str) -> None:
    """Hold that from an opening on another history leads to the same messages."""
    for index in range(begin, len(part.heard)):
        heard = part.heard[index]
        if same(memory, heard.before):
            return
        try:
            after, reply = answer(part.wrapper, memory, heard.message, heard.key)
        except Exception as error:
            found = f"than it did: it raises {type(error).__name__}: {sentence(error)}"
            raise _learned(part, begin, index, what, found) from error
        found = difference(heard.reply, reply, "reply") or ""
        if found:
            raise _learned(part, begin, index, what, f"(as it was != then): {found}.")
        memory = after


def _learned(part: Part, begin: int, index: int, what: str, found: str) -> Broken:
    heard = part.heard[index]
    return Broken(
        f"{brief(part.wrapper)} does not declare that it learns, but with other {what} in the "
        f"episodes before turn {part.heard[begin].turn} it answers the message of turn "
        f"{heard.turn}, {brief(heard.message, 60)}, otherwise {found}",
        turn=heard.turn,
        before=heard.before,
        after=heard.after,
    )


def _histories(
    part: Part, end: int, random: np.random.Generator
) -> Iterator[tuple[str, dict[int, Message]]]:
    """Give the messages before the last opening with other contents, one kind after the other."""
    heard = part.heard[:end]
    shown = {i: h.message for i, h in enumerate(heard) if type(h.message) is TimeStep}
    acts = {i: h.message for i, h in enumerate(heard) if type(h.message) is Act}
    space, action_space = part.below.observation_space, part.above.action_space

    def seen(place: str) -> Any:
        return lambda t: t.replace(observation=at(space, t.observation, place, random))

    def told(place: str) -> Any:
        return lambda t: t.replace(info=at(None, t.info, place, random))

    kinds: tuple[tuple[str, dict[int, Any], Callable[[Any], Any]], ...] = (
        ("observations", shown, seen("anywhere")),
        ("observations", shown, seen("high")),
        ("rewards", shown, lambda t: t if t.first else t.replace(reward=3 - t.reward)),
        ("rewards", shown, lambda t: t if t.first else t.replace(reward=1000 + t.reward)),
        ("infos", shown, told("anywhere")),
        ("actions", acts, lambda act: Act(at(action_space, act.action, "anywhere", random))),
    )
    for what, messages, other in kinds:
        yield what, {index: other(message) for index, message in messages.items()}
    for what, field in (("observations", "observation"), ("rewards", "reward"), ("infos", "info")):
        yield f"{what} (those of other turns)", _shifted(shown, field)
    yield "actions (those of other turns)", _shifted_acts(acts)


def _shifted(shown: dict[int, Any], field: str) -> dict[int, Message]:
    """Give each time step what the one after it had; an opening keeps its reward."""
    places = [i for i in shown if field != "reward" or not shown[i].first]
    values = [getattr(shown[i], field) for i in places]
    turned = zip(places, values[1:] + values[:1], strict=True)
    return {i: shown[i].replace(**{field: value}) for i, value in turned}


def _shifted_acts(acts: dict[int, Any]) -> dict[int, Message]:
    turned = list(acts.values())
    return dict(zip(acts, turned[1:] + turned[:1], strict=True))
