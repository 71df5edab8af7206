"""One registry of names: unique, and what has one can be said in a file."""

from __future__ import annotations

import functools
import importlib.machinery
import json
import sys
import types

import pytest

from statewrap import ConfigurationError, register
from statewrap.core.registry import lookup, name_of, nearest, qualified_name, registered, script_of


@register("tests.double")
def double(x: float) -> float:
    """Multiply by two."""
    return 2 * x


class Named:
    """A class with a method."""

    def method(self) -> None:
        """Do nothing."""


def test_what_was_registered_is_found_under_its_name() -> None:
    """And its name is found for it."""
    assert lookup("tests.double") is double
    assert "tests.double" == name_of(double)
    assert registered()["tests.double"] is double


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """And with how to register it."""
    with pytest.raises(ConfigurationError, match=r"did you mean 'tests.double'.*@statewrap.regist"):
        lookup("tests.dubble")


def test_a_name_like_no_other_is_answered_with_none() -> None:
    """A guess that is far off does not help."""
    assert "." == nearest("zzzz", ["alpha", "beta"])


def test_a_name_is_not_given_twice() -> None:
    """Neither to another function, nor to two lambdas, which look alike."""
    register("tests.once")(lambda x: x)

    for other in (lambda x: -x, double, 3):
        with pytest.raises(ConfigurationError, match="already registered"):
            register("tests.once")(other)


def test_the_same_definition_may_be_registered_again() -> None:
    """As happens when its module is reloaded."""
    before = lookup("tests.double")
    again = functools.wraps(double)(lambda x: 2.0 * x)

    register("tests.double")(before)
    register("tests.double")(again)

    assert lookup("tests.double") is again
    register("tests.double")(before)


def test_the_copy_of_the_registry_is_a_copy() -> None:
    """Nobody registers behind its back."""
    registered().clear()

    assert lookup("tests.double") is double


def test_a_module_level_name_counts_as_a_name() -> None:
    """If importing it gives the very thing."""
    assert "json:loads" == qualified_name(json.loads)
    assert "builtins:len" == name_of(len)
    assert f"{__name__}:Named.method" == qualified_name(Named.method)


def test_what_cannot_be_imported_has_no_name() -> None:
    """Lambdas, closures, partials, bound methods and plain values are opaque."""

    def local() -> None:
        pass

    for opaque in (lambda: 0, local, functools.partial(double, 1), Named().method, 3, "len"):
        assert name_of(opaque) is None


def test_what_has_no_name_of_its_own_is_registered_once() -> None:
    """Two partials look alike too, and so do two of another class's instances."""
    register("tests.partial")(functools.partial(double, 1))

    for other in (functools.partial(double, 2), functools.partial(double, 1), Named(), double):
        with pytest.raises(ConfigurationError, match=r"'tests\.partial' is already registered"):
            register("tests.partial")(other)


def test_a_guess_may_be_half_right() -> None:
    """The nearest of several is meant; less than half is no guess."""
    assert "; did you mean 'abcd'?" == nearest("abxy", ["zzzz", "abcd"])
    assert "; did you mean 'abcx'?" == nearest("abxc", ["abzz", "abcx"])
    assert "." == nearest("axyz", ["abcd"])


@pytest.mark.parametrize("name", ["__main__", "__mp_main__"])
def test_what_a_script_defines_is_named_by_its_file(name, monkeypatch) -> None:
    """As if it were imported, also in the processes that it starts; typed in, it has no name."""
    main = types.ModuleType(name)
    main.double = double
    for module in ("__main__", name):
        monkeypatch.setitem(sys.modules, module, main)
    monkeypatch.setattr(double, "__module__", name)

    main.__file__ = "C:\\plants\\plant.py"
    assert "plant:double" == qualified_name(double)
    main.__file__ = "/plants/plant.py"
    assert "plant:double" == qualified_name(double)
    main.__spec__ = importlib.machinery.ModuleSpec("plants.plant", None)
    assert "plants.plant:double" == qualified_name(double)
    del main.__file__, main.__spec__
    assert qualified_name(double) is None


def test_a_script_is_known_by_its_lasting_name(monkeypatch) -> None:
    """For what it defines, and for nothing else."""
    main = types.ModuleType("__main__")
    main.double, main.__file__ = double, "/plants/plant.py"
    monkeypatch.setitem(sys.modules, "__main__", main)

    assert main is script_of("plant", "double")
    assert main is script_of("plant", "double.__name__")
    others = [("plant", "half"), ("plant", ""), ("other", "double"), ("__main__", "double")]
    assert [None] * 4 == [script_of(*other) for other in others]


def test_what_cannot_be_called_has_no_name_though_it_was_registered() -> None:
    """It can be looked up, but is no function and no class."""
    thing = register("tests.thing")(object())

    assert lookup("tests.thing") is thing
    assert name_of(thing) is None
