"""Packages that import what they offer when it is asked for."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import statewrap
import statewrap.testing
from statewrap.core.lazy import homes_of

PACKAGES = [statewrap, statewrap.testing]


def by_name(package):
    """Name a package in a test's id."""
    return package.__name__


@pytest.mark.parametrize("package", PACKAGES, ids=by_name)
def test_offers_every_name_of_its_stub(package):
    """What type checkers see is what there is: the list is one, and each name is at its home."""
    homes = homes_of(package.__name__)

    assert sorted(homes) == package.__all__
    for name, home in homes.items():
        assert getattr(importlib.import_module(home), name) is getattr(package, name)


@pytest.mark.parametrize("package", PACKAGES, ids=by_name)
def test_the_stub_says_nothing_that_is_not_read(package):
    """A line of another form would be seen by type checkers alone."""
    lines = Path(package.__file__ + "i").read_text().splitlines()
    imports = [line for line in lines if line and not line.startswith("#")]

    assert len(homes_of(package.__name__)) == len(imports)


@pytest.mark.parametrize("package", PACKAGES, ids=by_name)
def test_no_name_is_that_of_a_module_beside_it(package):
    """Importing that module would put it in the place of the name."""
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}

    assert set() == modules & {*package.__all__}


@pytest.mark.parametrize("package", PACKAGES, ids=by_name)
def test_dir_lists_what_is_offered(package):
    """Also what nobody has asked for yet, and the package's own attributes."""
    assert {*package.__all__, "__doc__", "__all__"} <= {*dir(package)}


def test_star_imports_everything():
    """As from any package."""
    names = {}
    exec("from statewrap import *", names)  # noqa: S102 - what is tested

    assert {*statewrap.__all__} <= names.keys()


def test_a_name_is_looked_up_once():
    """What was found is an attribute of the package from then on."""
    vars(statewrap).pop("TimeStep", None)

    found = statewrap.TimeStep

    assert vars(statewrap)["TimeStep"] is found


def test_an_unknown_name_is_an_attribute_error_that_helps():
    """Python names the nearest one, for which it needs the name and the package."""
    with pytest.raises(AttributeError, match="'statewrap' has no attribute 'TimeStpe'") as raised:
        _ = statewrap.TimeStpe

    assert ("TimeStpe", statewrap) == (raised.value.name, raised.value.obj)


def test_an_unknown_name_cannot_be_imported():
    """It is the usual ImportError."""
    with pytest.raises(ImportError, match="cannot import name 'Deploymnt'"):
        exec("from statewrap import Deploymnt")  # noqa: S102 - what is tested


def test_what_is_offered_can_be_pickled():
    """Classes are known by their home, not by the package that offers them."""
    timestep = statewrap.TimeStep("f0", first=True)

    assert timestep == pickle.loads(pickle.dumps(timestep))  # noqa: S301 - our own
    assert pickle.loads(pickle.dumps(statewrap.Deployment)) is statewrap.Deployment  # noqa: S301


@pytest.mark.parametrize("module", ["statewrap", "statewrap.testing", "statewrap.testing.plugin"])
def test_imports_nothing_heavy(module):
    """The plugin is loaded in every session of everybody who has the library."""
    heavy = ("numpy", "gymnasium", "attrs", "structlog", "hypothesis", "click")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]\n" == told.stdout


def test_dir_lists_a_name_that_nobody_has_asked_for():
    """It is no attribute of the package yet."""
    vars(statewrap).pop("TimeStep", None)

    assert "TimeStep" in dir(statewrap)
    assert dir(statewrap) == sorted(set(dir(statewrap)))


def test_only_a_line_of_one_form_offers_a_name(tmp_path, monkeypatch):
    """From a module, one name, under that name."""
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path.parent)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    lines = [
        "from a.b_c import Right as Right",
        "from a import one as one",
        "from a import Other as Another",
        "from a import Plain",
        "from a import Commented as Commented  # why",
        "    from a import Indented as Indented",
        "import a as a",
    ]
    (tmp_path / "__init__.pyi").write_text("\n".join(lines))

    assert {"Right": "a.b_c", "one": "a"} == homes_of(tmp_path.name)
