"""What is learned about an environment behind the backs of all who listen."""

from __future__ import annotations

from typing import Any

from statewrap.core.errors import BindError
from statewrap.core.wrapper import Below, Wrapper
from statewrap.gym.below import below_env, with_frames
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.testing.parity.shims import Env, Shim


class Unseen(Shim):
    """Resets the environment itself: nobody around it counts that, or hears of it."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment itself."""
        answer: tuple[Any, dict[str, Any]] = self.env.unwrapped.reset(seed=seed, options=options)
        return answer


def below_of(env: Env, stack: Wrapper[Any]) -> Below:
    """Say what a stack is to know of an environment, pictures included if it needs them."""
    below = below_env(env)
    return with_frames(below, Unseen(env)) if _pictured(stack, below) else below


def _pictured(stack: Wrapper[Any], below: Below) -> bool:
    """Tell whether a stack needs pictures; a bridge knows only once it is bound, if then.

    One that is refused may lack nothing else; if it does, it is refused with pictures as well.
    """
    if "frame" in stack.needs:
        return True
    try:
        bound = stack.bind(below)
    except NotBridgeableError:
        return True
    except BindError:  # whoever binds it in earnest says what does not fit
        return False
    return "frame" in bound.needs or bound.suspends
