"""MonkeyPatch: what it changes, what it refuses, and that undo() puts everything back."""
import gc
import os
import sys
import weakref

import pytest
from fastest._fastest import MonkeyPatch


class Target:
    attribute = 1
    _value = 3

    @staticmethod
    def static():
        return "static"

    @property
    def prop(self):
        return self._value

    @prop.setter
    def prop(self, value):
        self._value = value


def test_an_inherited_attribute_does_not_stay_on_the_instance():
    patch, target = MonkeyPatch(), Target()
    patch.setattr(target, "attribute", 5)
    assert target.attribute == 5
    patch.undo()
    assert target.attribute == 1 and target.__dict__ == {}


def test_descriptors_come_back_as_they_were():
    patch, target = MonkeyPatch(), Target()
    patch.setattr(Target, "static", lambda: "other")
    patch.setattr(target, "prop", 4)
    assert Target.static() == "other" and target.prop == 4
    patch.undo()
    assert isinstance(Target.__dict__["static"], staticmethod)
    assert target.prop == 3


def test_dotted_names():
    patch = MonkeyPatch()
    original = os.path.abspath
    patch.setattr("os.path.abspath", "patched")
    assert os.path.abspath == "patched"
    patch.undo()
    assert os.path.abspath is original


@pytest.mark.parametrize(
    "method, args, error, text",
    [
        ("setattr", (Target(), "zz", 1), AttributeError, "has no attribute 'zz'"),
        ("setattr", (Target(), "zz"), TypeError, r"use setattr\(target, name, value\) or setattr\(target, value\)"),
        ("setattr", (1, 2, 3), TypeError, "with name being a string"),
        ("delattr", (Target, "zz"), AttributeError, "zz"),
        ("delattr", (Target,), TypeError, "with target being a dotted import string"),
        ("delitem", ({}, "zz"), KeyError, "zz"),
        ("delenv", ("NO_SUCH_VARIABLE",), KeyError, "NO_SUCH_VARIABLE"),
    ],
)
def test_refuses(method, args, error, text):
    with pytest.raises(error, match=text):
        getattr(MonkeyPatch(), method)(*args)


def test_raising_false_ignores_what_is_absent():
    patch, target = MonkeyPatch(), Target()
    patch.setattr(target, "new", 1, raising=False)
    patch.delattr(target, "zz", raising=False)
    patch.delitem({}, "zz", raising=False)
    patch.delenv("NO_SUCH_VARIABLE", raising=False)
    patch.undo()
    assert not hasattr(target, "new")


def test_items_environment_path_and_folder():
    patch, mapping = MonkeyPatch(), {"a": 1}
    before = (sys.path[:], os.getcwd())
    patch.setitem(mapping, "a", 2)
    patch.setitem(mapping, "b", 3)
    patch.delitem(mapping, "a")
    patch.setenv("FASTEST_X", "1")
    patch.setenv("FASTEST_X", "2", prepend=":")
    patch.syspath_prepend("/nowhere")
    patch.chdir("/")
    assert (mapping, os.environ["FASTEST_X"], sys.path[0], os.getcwd()) == ({"b": 3}, "2:1", "/nowhere", "/")
    patch.undo()
    patch.undo()
    assert mapping == {"a": 1} and "FASTEST_X" not in os.environ
    assert (sys.path, os.getcwd()) == before


def test_context_undoes():
    target = Target()
    with pytest.raises(ZeroDivisionError), MonkeyPatch.context() as patch:
        patch.setattr(target, "attribute", 2)
        1 / 0
    assert target.attribute == 1


def test_a_patch_that_holds_itself_is_collected():
    patch = MonkeyPatch()
    patch.itself = patch
    patch.setitem({}, "patch", patch)
    reference = weakref.ref(patch)
    del patch
    gc.collect()
    assert reference() is None
