"""Arrays of one library below and of another above: numpy, torch, jax, or any like them."""

from __future__ import annotations

import importlib
import numbers
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

import attrs
import numpy as np

from statewrap.core.errors import BindError, MissingExtraError
from statewrap.core.fields import argument, derived
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.tensors import library_of
from statewrap.core.wrapper import Below, Wrapper, bound

Convert = Callable[[Any], Any]

_KEPT: Final = frozenset({str, bytes, type(None)})
_SCALARS: Final = frozenset({int, float, bool, np.float32, np.float64, np.int64, np.bool_})
"""The usual ones; others are looked at more closely."""
_BY_NUMPY: Final = frozenset(
    f"torch.{kind}"
    for kind in ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32")
)
"""The dtypes of tensors of which jax makes the same array if numpy hands it over."""
_INT64: Final = 2**63
_NUMBERS: Final = "biufc"
"""The kinds of numpy's dtypes that other libraries have as well."""


def _module(xp: Any) -> str:
    """Return the name of a library of arrays, given it or its name."""
    if isinstance(xp, str):
        return xp
    if not isinstance(xp, ModuleType):
        raise TypeError(
            f"{xp!r} is no library of arrays, expected a module or its name: ArrayConversion("
            '"numpy", "torch").'
        )
    if not hasattr(xp, "asarray") or not hasattr(xp, "empty"):
        raise ValueError(
            f"Module {xp} is not an Array API compatible module. Give numpy, torch, jax.numpy or "
            "one like them."
        )
    return xp.__name__.removeprefix("array_api_compat.")


def _device(device: Any) -> Any:
    """Return a device as a word, where torch would take it."""
    return str(device) if type(device).__module__ == "torch" else device


def _on_state(self: Any, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:  # noqa: ARG001
    """Convert what the policy is shown."""
    up, frame = self.up, timestep.frame
    return None, TimeStep(
        up(timestep.observation),
        float(timestep.reward),
        bool(timestep.terminated),
        bool(timestep.truncated),
        {key: up(part) for key, part in timestep.info.items()},
        timestep.first,
        timestep.time,
        frame if frame is None else up(frame),
        timestep.actor,
    )


def _on_action(self: Any, memory: None, act: Act) -> tuple[None, Act]:  # noqa: ARG001
    """Convert the action."""
    return None, Act(self.down(act.action))


def _on_reset(self: Any, memory: None, request: Reset) -> tuple[None, Reset]:  # noqa: ARG001
    """Convert the options."""
    if not request.options:
        return None, request
    options = {key: self.down(part) for key, part in request.options.items()}
    return None, Reset(request.seed, options)


@attrs.frozen
class ArrayConversion(Wrapper[None]):
    """Show arrays of one library, and send those of another.

    Observation, info and picture are converted on the way up, action and reset options on the
    way down; numbers become arrays without dimensions, containers are rebuilt, and what holds no
    numbers (text, objects) stays as it is. The reward becomes a float, the flags bools. Spaces
    stay numpy's. Mirrors `gymnasium.wrappers.ArrayConversion`.

    Args:
        env_xp: the environment's library, a module or its name: "numpy", "torch", "jax.numpy".
        target_xp: the policy's.
        env_device: where the environment's arrays lie; None leaves it to the library.
        target_device: where the policy's lie.

    Raises:
        ValueError: if a module makes no arrays.
        TypeError: if something is neither a module nor a name.
        MissingExtraError: at `bind`, if torch or jax is not installed.
        BindError: at `bind`, if there is no such module.

    >>> wrapper = ArrayConversion(np, "numpy").bind(Below())
    >>> wrapper.on_state(None, TimeStep(3, reward=np.float32(1.0), info={"lives": 2}))
    (None, TimeStep(array(3), reward=1.0, info={'lives': array(2)}))
    >>> wrapper
    ArrayConversion(env_xp='numpy', target_xp='numpy', env_device=None, target_device=None)
    """

    env_xp: str = attrs.field(converter=_module)
    target_xp: str = attrs.field(converter=_module)
    env_device: Any = argument(None, converter=_device)
    target_device: Any = argument(None, converter=_device)
    down: Convert = derived()
    up: Convert = derived()

    def bind(self, below: Below) -> ArrayConversion:
        """Import both libraries.

        Raises:
            MissingExtraError, BindError: if one cannot be imported.
        """
        return bound(  # type: ignore[no-any-return]
            self,
            down=into(self.env_xp, self.env_device, self),
            up=into(self.target_xp, self.target_device, self),
        )

    on_state, on_action, on_reset = _on_state, _on_action, _on_reset


@attrs.frozen
class JaxToNumpy(Wrapper[None]):
    """Show numpy arrays over an environment of jax: `ArrayConversion("jax.numpy", "numpy")`.

    Mirrors `gymnasium.wrappers.JaxToNumpy`.

    >>> JaxToNumpy()
    JaxToNumpy()
    """

    down: Convert = derived()
    up: Convert = derived()

    def bind(self, below: Below) -> JaxToNumpy:
        """Import jax.

        Raises:
            MissingExtraError: if it is not installed.
        """
        return bound(self, down=into("jax.numpy", None, self), up=into("numpy", None, self))  # type: ignore[no-any-return]

    on_state, on_action, on_reset = _on_state, _on_action, _on_reset


@attrs.frozen
class JaxToTorch(Wrapper[None]):
    """Show torch tensors over an environment of jax: `ArrayConversion("jax.numpy", "torch")`.

    Mirrors `gymnasium.wrappers.JaxToTorch`.

    Args:
        device: where the tensors lie, such as "cuda"; None leaves it to torch.

    >>> JaxToTorch("cpu")
    JaxToTorch(device='cpu')
    """

    device: Any = argument(None, converter=_device)
    down: Convert = derived()
    up: Convert = derived()

    def bind(self, below: Below) -> JaxToTorch:
        """Import jax and torch.

        Raises:
            MissingExtraError: if one is not installed.
        """
        return bound(self, down=into("jax.numpy", None, self), up=into("torch", self.device, self))  # type: ignore[no-any-return]

    on_state, on_action, on_reset = _on_state, _on_action, _on_reset


@attrs.frozen
class NumpyToTorch(Wrapper[None]):
    """Show torch tensors over an environment of numpy: `ArrayConversion("numpy", "torch")`.

    Mirrors `gymnasium.wrappers.NumpyToTorch`.

    Args:
        device: where the tensors lie, such as "cuda"; None leaves it to torch.

    >>> NumpyToTorch()
    NumpyToTorch(device=None)
    """

    device: Any = argument(None, converter=_device)
    down: Convert = derived()
    up: Convert = derived()

    def bind(self, below: Below) -> NumpyToTorch:
        """Import torch.

        Raises:
            MissingExtraError: if it is not installed.
        """
        return bound(self, down=into("numpy", None, self), up=into("torch", self.device, self))  # type: ignore[no-any-return]

    on_state, on_action, on_reset = _on_state, _on_action, _on_reset


# -- conversion --------------------------------------------------------------------------------


def into(name: str, device: Any, wrapper: Any) -> Convert:
    """Return a function that converts a value, containers included, to a library's arrays.

    Args:
        name: the library: "numpy", "torch", "jax.numpy" or one like them.
        device: where the arrays are to lie, or None.
        wrapper: who asks, for the error.

    Raises:
        MissingExtraError: if torch or jax is not installed.
        BindError: if there is no such module, or it makes no arrays.
    """
    make = _MAKERS.get(name, _by_exchange)(_imported(name, wrapper), device)
    return _Conversion(make)


@attrs.frozen
class _Conversion:
    """Converts a value; `make` makes an array of a number, or of another array."""

    make: Convert

    def __call__(self, value: Any) -> Any:
        kind = type(value)
        if kind is np.ndarray:
            return self.make(value) if value.dtype.kind in _NUMBERS else value
        if kind in _KEPT:
            return value
        if kind in _SCALARS or library_of(value):
            return self.make(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, (tuple, list, set, frozenset)):
            return self._sequence(value)
        return self._of_another_kind(value)

    def _mapping(self, value: Any) -> Any:
        parts = {key: self(part) for key, part in value.items()}
        return parts if type(value) is dict else type(value)(parts)

    def _sequence(self, value: Any) -> Any:
        items = [self(item) for item in value]
        return type(value)._make(items) if hasattr(value, "_make") else type(value)(items)

    def _of_another_kind(self, value: Any) -> Any:
        if isinstance(value, (numbers.Number, np.generic, np.ndarray)):
            return self.make(value) if np.asarray(value).dtype.kind in _NUMBERS else value
        return self.make(value) if hasattr(value, "__dlpack__") else value


def _imported(name: str, wrapper: Any) -> Any:
    try:
        xp = importlib.import_module(name)
    except ImportError as error:
        extra = name.partition(".")[0]
        if extra in ("torch", "jax"):
            raise MissingExtraError(repr(wrapper), extra, extra) from error
        raise BindError(
            f"{wrapper!r} needs the module {name!r}, which cannot be imported: {error}. Is it "
            "spelled as in `import`, and installed?"
        ) from error
    if not hasattr(xp, "asarray"):
        raise BindError(
            f"{wrapper!r} needs a library of arrays, but the module {name!r} makes none: numpy, "
            "torch, jax.numpy or one like them is meant."
        ) from ValueError(f"Module {xp} is not an Array API compatible module.")
    return xp


def _as_numpy(xp: Any, device: Any) -> Convert:  # noqa: ARG001 - it has one device
    """Make read-only numpy arrays; those that are, are not copied."""

    def make(value: Any) -> Any:
        array: Any = value
        if type(value) is np.ndarray and not value.flags.writeable:
            return array
        if library_of(value) == "torch":
            array = value.numpy(force=True).__copy__()  # without its gradient, wherever it lies
        else:
            array = np.array(value)
        array.setflags(False)
        return array

    return make


def _as_torch(xp: Any, device: Any) -> Convert:
    """Make tensors that share nothing."""
    integers, scalar = xp.int64, xp.scalar_tensor

    def make(value: Any) -> Any:
        if type(value) is int and -_INT64 <= value < _INT64:
            return scalar(value, dtype=integers, device=device)  # as `asarray`, at half the price
        if type(value) is np.ndarray:
            native = value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))
            tensor = xp.from_numpy(native.copy())  # in order "C", which flips nothing
        elif isinstance(value, xp.Tensor):
            tensor = value.detach().clone()
        elif hasattr(value, "__dlpack__") and not isinstance(value, np.generic):
            tensor = xp.from_dlpack(value).clone()
        else:
            return xp.asarray(value, device=device)
        return tensor if device is None else tensor.to(device)

    return make


def _as_jax(xp: Any, device: Any) -> Convert:
    """Make arrays of jax, of its default widths."""

    def make(value: Any) -> Any:
        if library_of(value) == "torch":
            if device is None and value.is_cpu and str(value.dtype) in _BY_NUMPY:
                return xp.array(value.numpy(force=True))  # a fifth of what DLPack takes there
            value = xp.from_dlpack(value.detach().clone().contiguous())
        elif type(value) is np.ndarray and (value.flags.writeable or not value.dtype.isnative):
            value = value.astype(value.dtype.newbyteorder("="))  # jax may go on with its memory
        return xp.asarray(value, device=device)

    return make


def _by_exchange(xp: Any, device: Any) -> Convert:
    """Make arrays of a library that is known by its interface alone."""
    known = {} if device is None else {"device": device}

    def make(value: Any) -> Any:
        if isinstance(value, (numbers.Number, np.generic)):
            return xp.asarray(value, **known)
        if isinstance(value, np.ndarray):
            value = value.copy()
        try:
            return xp.from_dlpack(value, **known)
        except (TypeError, BufferError, RuntimeError):
            return xp.asarray(np.asarray(value), **known)

    return make


_MAKERS: Final[Mapping[str, Callable[[Any, Any], Convert]]] = {
    "numpy": _as_numpy,
    "torch": _as_torch,
    "jax.numpy": _as_jax,
}
