"""Both borders copy: nothing is shared with whoever stands outside."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import GraphInstance

from statewrap import same
from statewrap.core.borders import freeze, sealed, thaw


class Robot:
    """An object of the host's own."""

    def __init__(self) -> None:
        self.joints = [0.0]


@pytest.mark.parametrize("cross", [freeze, thaw])
def test_a_copy_is_the_same_and_shares_nothing(cross) -> None:
    """Containers are rebuilt with their arrays, to any depth."""
    inner = np.arange(3)
    value = {"a": [inner, (inner, 1.5)], "b": "text"}

    copied = cross(value)

    assert same(value, copied)
    inner[0] = 9
    value["a"].append(None)
    assert same({"a": [np.arange(3), (np.arange(3), 1.5)], "b": "text"}, copied)


def test_frozen_arrays_cannot_be_written_to_and_thawed_ones_can() -> None:
    """However deep they lie."""
    frozen = freeze(({"x": np.zeros(2)},))
    thawed = thaw(frozen)

    with pytest.raises(ValueError, match="read-only"):
        frozen[0]["x"][0] = 1
    thawed[0]["x"][0] = 1
    assert 0 == frozen[0]["x"][0]


@pytest.mark.parametrize("cross", [freeze, thaw])
def test_the_order_in_memory_is_kept(cross) -> None:
    """A transposed image stays transposed; what is not contiguous becomes so."""
    image = np.zeros((2, 3, 4)).transpose(2, 0, 1)

    assert image.strides == cross(image).strides
    assert cross(np.zeros(6)[::2]).flags.c_contiguous


@pytest.mark.parametrize("cross", [freeze, thaw])
@pytest.mark.parametrize("value", [1, 2.5, True, "a", b"a", None, 1j, np.float32(2)])
def test_numbers_and_strings_pass_as_they_are(cross, value) -> None:
    """They cannot be changed."""
    assert value is cross(value)


def test_arrays_of_no_dimension_and_of_objects_are_copied() -> None:
    """Neither shares anything with the original."""
    zero, objects = np.array(1.0), np.array([[1], None], object)

    frozen = freeze((zero, objects))
    zero[...] = 2.0
    objects[0].append(2)

    assert same((np.array(1.0), np.array([[1], None], object)), frozen)
    assert not frozen[0].flags.writeable
    assert not frozen[1].flags.writeable


def test_named_tuples_keep_their_class() -> None:
    """Gymnasium's GraphInstance is one."""
    graph = GraphInstance(np.zeros((1, 2)), None, None)

    assert same(graph, freeze(graph))
    assert graph.nodes is not freeze(graph).nodes


def test_other_objects_are_deep_copied() -> None:
    """A set too."""
    robot, names = Robot(), {"a"}

    copied, copied_names = freeze((robot, names))
    robot.joints.append(1.0)
    names.add("b")

    assert [0.0] == copied.joints
    assert {"a"} == copied_names


@pytest.mark.parametrize("cross", [freeze, thaw])
def test_an_array_of_objects_is_copied_with_its_objects(cross) -> None:
    """At the top as well as within a container."""
    objects = np.array([[1], None], object)

    copied = cross(objects)
    objects[0].append(2)

    assert same(np.array([[1], None], object), copied)
    assert (cross is thaw) == copied.flags.writeable


@pytest.mark.parametrize("cross", [freeze, thaw])
def test_a_record_of_an_array_is_copied(cross) -> None:
    """It looks like a number, but is a view; a masked array is more than an array."""
    records = np.zeros(2, [("x", float)])
    masked = np.ma.masked_array([1.0, 2.0], [False, True])

    record, other = cross(records[0]), cross(masked)
    records["x"] = 1.0
    masked[0] = 9.0

    assert 0.0 == record["x"]
    assert 1.0 == other[0]
    assert other.mask[1]


def test_sealed_is_read_only_and_no_copy() -> None:
    """A view of what can be written to; only dicts and lists, which nothing protects, are new."""
    array, frozen = np.zeros(2), freeze(np.ones(2))

    view = sealed(array)

    assert not view.flags.writeable
    assert array.flags.writeable
    assert np.shares_memory(array, view)
    for unchanged in (frozen, (frozen, 1), "f0", 3):
        assert unchanged is sealed(unchanged)
    for open_ in ({"x": frozen}, [frozen], ({"x": frozen},)):
        assert open_ is not sealed(open_)
        assert same(open_, sealed(open_))
    nested = sealed({"x": (array, frozen)})
    assert not nested["x"][0].flags.writeable
    assert nested["x"][1] is frozen
