"""Node classes, node ids and whole sessions in this process. For our own runner: it needs our pytest (install_finder)."""
import abc
import contextlib
import gc
import io
import sys
import weakref

import pytest
from fastest._fastest import NodeId


class Recorder:
    """A plugin that hands its session's items to a function, and remembers what came out."""

    def __init__(self, look):
        self.look = look
        self.answer = None

    def pytest_collection_finish(self, session):
        self.answer = self.look(session)


def collect(folder, look, *args):
    recorder = Recorder(look)
    modules = set(sys.modules)
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([str(folder), "--rootdir", str(folder), "-q", "--co", *args], plugins=[recorder])
    for name in set(sys.modules) - modules:
        if name.startswith("inner_"):
            del sys.modules[name]
    return recorder.answer


@pytest.fixture
def project(tmp_path):
    def make(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        return tmp_path

    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = inner_*.py\n")
    return make


def test_a_node_id_is_parsed_and_extended():
    nodeid = NodeId.parse("a/b.py::C::d[x::[y]]")
    assert (nodeid.path, nodeid.names, nodeid.params) == ("a/b.py", ("C", "d"), "x::[y]")
    assert nodeid.rest == "C::d[x::[y]]" and str(nodeid) == "a/b.py::C::d[x::[y]]"
    assert NodeId.parse("a[1].py") == NodeId(path="a[1].py")
    assert str(NodeId(path="p").child("q").with_params("1")) == "p::q[1]"
    with pytest.raises(ValueError, match="cannot call .child"):
        nodeid.child("e")


def test_nodes_are_not_made_by_calling_their_class():
    with pytest.raises(pytest.fail.Exception, match="Direct construction of _pytest.python.Function"):
        pytest.Function(name="x")


def test_classes_without_their_abstract_method_cannot_be_made():
    class Incomplete(pytest.Item):
        pass

    class Complete(Incomplete):
        def runtest(self):
            pass

    assert Incomplete.__abstractmethods__ == {"runtest"} and not Complete.__abstractmethods__
    assert isinstance(type(Complete), type) and issubclass(type(Complete), abc.ABCMeta)
    assert issubclass(Complete, pytest.Item) and not issubclass(Complete, pytest.Collector)


def test_virtual_subclasses_are_found_once_one_was_registered():
    class Own(pytest.Item):
        def runtest(self):
            pass

    class Foreign:
        pass

    assert not issubclass(Foreign, Own)
    Own.register(Foreign)
    assert issubclass(Foreign, Own) and isinstance(Foreign(), Own) and not isinstance(1, Own)


def test_keywords_are_a_mapping_over_the_parents(project):
    folder = project(inner_k="import pytest\npytestmark = pytest.mark.a\n@pytest.mark.b\ndef test_x(): pass\n")

    def look(session):
        (item,) = session.items
        item.keywords["own"] = 1
        with pytest.raises(ValueError):
            del item.keywords["own"]
        return set(item.keywords), "a" in item.keywords, item.keywords.get("zzz", 5), len(item.keywords)

    keys, has_module_mark, missing, count = collect(folder, look)
    assert {"own", "a", "b", "test_x", "inner_k.py", "pytestmark"} <= keys and count == len(keys)
    assert has_module_mark and missing == 5


@pytest.mark.parametrize("where", ["class", "instance", "base"])
def test_replaced_methods_are_called(project, where, monkeypatch):
    calls = []
    folder = project(inner_o="def test_x(): raise AssertionError('not replaced')\n")

    class Plugin:
        def pytest_itemcollected(self, item):
            if where == "class":
                monkeypatch.setattr(type(item), "runtest", lambda self: calls.append(self.name))
            elif where == "instance":
                item.runtest = lambda: calls.append(item.name)

    if where == "base":
        monkeypatch.setattr(pytest.Function, "setup", lambda self: calls.append(self.name), raising=True)
        monkeypatch.setattr(pytest.Function, "runtest", lambda self: None)
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main([str(folder), "-q"], plugins=[Plugin()])
    sys.modules.pop("inner_o")
    assert (status, calls) == (0, ["test_x"])


def test_a_finished_session_is_forgotten(project):
    folder = project(
        inner_l="import pytest\nclass TestC:\n    def setup_method(self): pass\n"
        "    @pytest.mark.parametrize('a', [1, 2])\n    def test_m(self, a, tmp_path): pass\n"
    )
    sessions = []
    for _round in range(3):
        collect(folder, lambda session: sessions.append(weakref.ref(session)))
    gc.collect()
    assert [session() for session in sessions[:-1]] == [None, None]


def test_arguments_that_others_contain_are_collected_once(project):
    folder = project(inner_a="def test_1(): pass\ndef test_2(): pass\n", inner_b="def test_3(): pass\n")

    def look(session):
        return [item.nodeid for item in session.items]

    first, second = f"{folder}/inner_a.py", f"{folder}/inner_b.py"
    assert collect(first, look, "--rootdir", str(folder), f"{first}::test_2", second) == [
        "inner_a.py::test_1",
        "inner_a.py::test_2",
        "inner_b.py::test_3",
    ]
    assert collect(f"{first}::test_2", look, "--rootdir", str(folder), f"{first}::test_1") == [
        "inner_a.py::test_2",
        "inner_a.py::test_1",
    ]


def test_the_module_that_is_tested_looks_as_if_imported(project):
    folder = project(inner_m="def test_x(): pass\n")

    def look(session):
        module = session.items[0].module
        spec = module.__spec__
        return (
            sys.modules["inner_m"] is module,
            (module.__name__, module.__package__, spec.name, spec.origin, spec.has_location, spec._initializing),
            (module.__file__, module.__cached__.endswith(".pyc"), module.__loader__ is spec.loader),
        )

    file = str(folder / "inner_m.py")
    assert collect(folder, look) == (
        True,
        ("inner_m", "", "inner_m", file, True, False),
        (file, True, True),
    )
