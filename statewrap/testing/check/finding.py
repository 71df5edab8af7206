"""A broken law with its evidence: the smallest dialogue, the memory, and the cure."""

from __future__ import annotations

from typing import Any

from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.testing.check.habitats import played
from statewrap.testing.draws.scenes import Scene
from statewrap.testing.laws.law import UNSEEN, LawBroken
from statewrap.testing.source import source

WIDEST = 96
"""Longer calls are written one argument a line."""


def told(broken: LawBroken, scene: Scene, examples: int) -> str:
    """Write a finding out for whoever wrote the wrapper."""
    found, law = broken.found, broken.law
    messages, turns, _ = played(scene)
    upto = len(messages) if found.turn is None else found.turn + 1
    lines = [
        f"{brief(broken.wrapper, 400)} breaks the law {law.__name__}:",
        f"  {law.sentence}",
        "",
        *(f"  {line}" for line in found.words.splitlines()),
        "",
        "The smallest dialogue that was found, to be pasted into a test:",
        "",
        _indented(_play(scene, messages[:upto])),
        "",
        "What it answered:",
        *(f"    {brief(turn.reply, 160)}" for turn in turns[:upto]),
        *_memories(found.before, found.after),
        "",
        f"Cure: {broken.cure}",
        "",
        f"The law alone, on this scene (found in example {examples}):",
        "",
        _indented(_held(law.__name__, scene)),
    ]
    return "\n".join(lines)


def _memories(before: Any, after: Any) -> list[str]:
    lines = []
    for name, memory in (("before", before), ("after", after)):
        if memory is not UNSEEN:
            lines.append(f"Memory {name}: {brief(_alone(memory), 300)}")
    return ["", *lines] if lines else []


def _alone(memory: Any) -> Any:
    """Show the memory of one wrapper without the stack's around it."""
    if isinstance(memory, StackMemory):
        return memory.wrappers[0] if len(memory.wrappers) == 1 else memory.wrappers
    return memory


def _play(scene: Scene, messages: list[Any]) -> str:
    arguments = [source(_one(scene.wrapper)), *map(source, messages)]
    if scene.below != Below():
        arguments.append(f"below={source(scene.below)}")
    return _call("play", arguments)


def _held(law: str, scene: Scene) -> str:
    policy = f"Improvise({source(list(scene.policy.actions))})"  # type: ignore[attr-defined]
    episodes = [_call("", [source(step) for step in episode], "[]") for episode in scene.episodes]
    arguments = [
        source(_one(scene.wrapper)),
        source(scene.below),
        _call("", episodes, "[]"),
        policy,
    ]
    return _call(law, arguments)


def _one(wrapper: Wrapper[Any]) -> Wrapper[Any]:
    return wrapper[0] if isinstance(wrapper, Stack) and len(wrapper) == 1 else wrapper


def _call(name: str, arguments: list[str], brackets: str = "()") -> str:
    opening, closing = brackets[0], brackets[1]
    on_one_line = f"{name}{opening}{', '.join(arguments)}{closing}"
    if len(on_one_line) <= WIDEST and "\n" not in on_one_line:
        return on_one_line
    lines = [f"{argument}," for argument in arguments]
    return "\n".join([f"{name}{opening}", *map(_indented, lines), closing])


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
