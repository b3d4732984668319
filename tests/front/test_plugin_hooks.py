"""What runs record of plugins: fixtures, hooks, and what the hooks leave of each file's tests."""
import json
import sys

import pytest

PYTHON = ("--python", sys.executable)


@pytest.fixture
def discovered(run):
    """The JSON document of a discovery, which must agree with the interpreter."""

    def discover(*words):
        status, out, err = run("discover", *PYTHON, "-o", "json", *words)
        verified, differences, _ = run("discover", *PYTHON, "--verify", *words)
        assert verified == 0, differences
        return json.loads(out)

    return discover


@pytest.fixture
def exact_files(discovered):
    return lambda *words: [file["path"] for file in discovered(*words)["files"] if file["exact"]]


PARAMETRIZED = """
import pytest

@pytest.fixture(params=["sweet", 2, None, pytest.param(3, id="three")])
def flavour(request): return request.param
"""


def test_a_run_records_what_plugins_bring(project, session, run, with_plugin):
    with_plugin(PARAMETRIZED)
    folder = project(test_m="def test_taste(flavour): pass\n")
    words = ("discover", "--python", sys.executable, "test_m.py")
    assert "the plugin flavour (flavour 1.0) was not recorded yet" in run(*words)[1]
    assert session("-q", "test_m.py")[0] == 0
    ids = [f"test_m.py::test_taste[{name}]" for name in ("sweet", "2", "None", "three")]
    assert run(*words, "-q")[1].splitlines() == ids
    assert "not exact" not in run(*words)[1]
    # Another source may bring anything.
    with_plugin(PARAMETRIZED + "def pytest_itemcollected(item): pass\n")
    assert "not recorded yet" in run(*words)[1]
    assert session("-q", "test_m.py")[0] == 0
    assert "not exact" not in run(*words)[1]
    assert (folder / ".pytest_cache" / "d" / "fastest" / "records").exists()


# ---- hooks ----

FILES = {
    "test_a": "def test_1(): pass\ndef test_2(): pass\n",
    "test_b": "import helper\nclass TestB:\n    def test_1(self): pass\n",
    "helper": "",
}
MARKING = """
import sys

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "test_2":
            item.add_marker("second")
"""


@pytest.mark.parametrize("words", [("--collect-only", "-q"), ("-x",), ("-s",), ("-k", "test_1")])
def test_a_hook_that_changed_nothing_leaves_files_exact(project, session, discovered, with_plugin, words):
    with_plugin(MARKING)
    project(**FILES)
    session("-q", "test_a.py::test_1")  # now the plugin is known, and a part of a file says nothing of it
    found = discovered()
    assert found["reason"] == "the plugin flavour (flavour 1.0) implements pytest_collection_modifyitems"
    assert found["counts"]["exact"] == 0
    assert session(*words)[0] == 0
    found = discovered()
    assert (found["reason"], found["exact_order"], found["counts"]["exact"]) == (None, True, 3)


def test_collect_only_is_enough(project, session, run, with_plugin, tmp_path):
    with_plugin(MARKING)
    project(**FILES)
    assert session("--collect-only", "-q")[0] == 0
    assert run("discover", *PYTHON, "-o", "count") == (0, "3\n", "")


@pytest.mark.parametrize(
    "change, left",
    [
        (lambda folder: (folder / "test_a.py").write_text("def test_other(): pass\n"), ["test_b.py"]),
        (lambda folder: (folder / "helper.py").write_text("x = 1\n"), ["test_a.py"]),
        (lambda folder: (folder / "conftest.py").write_text("x = 1\n"), []),
        (lambda folder: (folder / "pytest.ini").write_text("[pytest]\nflavour = sweet\n"), []),
        (lambda folder: (folder / "installed" / "flavour_plugin.py").write_text(MARKING + "#"), []),
        (lambda folder: (folder / "installed/flavour-1.0.dist-info").rename(folder / "installed/flavour-2.dist-info"), []),
    ],
)  # fmt: skip
def test_it_does_until_something_changes(project, session, exact_files, with_plugin, change, left):
    with_plugin(MARKING)
    folder = project(**FILES)
    (folder / "conftest.py").write_text("")
    assert session("-q")[0] == 0
    assert exact_files() == ["test_a.py", "test_b.py"]
    change(folder)
    assert exact_files() == left
    assert session("-q")[0] == 0
    assert exact_files() == ["test_a.py", "test_b.py"]


def test_variables_that_steer_plugins_and_their_options_are_told_apart(
    project, session, exact_files, with_plugin, monkeypatch
):
    with_plugin(MARKING)
    project(**FILES)
    assert session("-q")[0] == 0
    for variable in ("FLAVOUR_PROFILE", "PYTEST_FLAVOUR"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, "1")
            assert exact_files() == []
    assert exact_files() == ["test_a.py", "test_b.py"]
    assert exact_files("-p", "no:flavour") == ["test_a.py", "test_b.py"]


HOOKS_THAT_CHANGE_SOMETHING = {
    "order": "def pytest_collection_modifyitems(items): items.reverse()",
    "number": "def pytest_collection_modifyitems(items): del items[0]",
    "id": "def pytest_collection_modifyitems(items): items[0]._id = items[0].parent.id.child('x')",
    "id when collected": "def pytest_itemcollected(item): item._id = item.parent.id.child('x')",
    "order behind all": """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_collection_modifyitems(items):
            yield
            items.reverse()
    """,
    "number at last": "def pytest_collection_finish(session): del session.items[0]",
    "parameters": """
        def pytest_generate_tests(metafunc):
            metafunc.fixturenames.append("flavour")
            metafunc.parametrize("flavour", [1, 2])
    """,
    "items": """
        import pytest

        def pytest_pycollect_makeitem(collector, name, obj):
            if name == "test_1":
                return pytest.Function.from_parent(collector, name="test_one", callobj=obj)
    """,
}


@pytest.mark.parametrize("name", HOOKS_THAT_CHANGE_SOMETHING)
def test_a_file_that_a_hook_changes_is_not_exact(project, session, exact_files, with_plugin, name):
    with_plugin(HOOKS_THAT_CHANGE_SOMETHING[name])
    project(test_a=FILES["test_a"])
    for _ in range(2):
        assert session("-q")[0] == 0
        assert exact_files() == []


def test_what_sees_only_the_selected_tests_says_nothing_of_the_others(project, session, exact_files, with_plugin):
    with_plugin("def pytest_collection_finish(session): session.items.sort(key=lambda item: item.name)")
    project(test_a="def test_2(): pass\ndef test_1(): pass\n", test_b="def test_1(): pass\n")
    assert session("-q", "-k", "test_1")[0] == 0
    assert exact_files() == ["test_b.py"]


def test_files_whose_order_changes_stay_exact_for_themselves(project, session, discovered, with_plugin):
    with_plugin("def pytest_collection_modifyitems(items): items.sort(key=lambda item: item.path, reverse=True)")
    project(**FILES)
    assert session("-q")[0] == 0
    found = discovered()
    assert (found["counts"]["exact"], found["exact_order"]) == (3, False)
    assert discovered("test_a.py")["counts"]["exact"] == 2


def test_what_shuffles_is_never_exact(project, session, run, exact_files, with_plugin):
    with_plugin(
        """
        from random import Random

        def pytest_collection_modifyitems(items):
            mix(items)

        def mix(items):
            Random(1).shuffle(items)
        """
    )
    project(test_a="def test_alone(): pass\n")
    assert session("-q")[0] == 0
    assert exact_files() == []
    run("discover", *PYTHON, "--exact")
    assert exact_files() == []


def test_what_comes_out_differently_is_not_relied_on(project, session, exact_files, with_plugin):
    with_plugin(
        """
        def pytest_collection_modifyitems(config, items):
            if config.rootpath.joinpath("reverse").exists():
                items.reverse()
        """
    )
    folder = project(**FILES)
    assert session("-q")[0] == 0
    assert exact_files() == ["test_a.py", "test_b.py"]
    (folder / "reverse").touch()
    assert session("-q")[0] == 0
    (folder / "reverse").unlink()
    assert session("-q")[0] == 0
    assert exact_files() == ["test_b.py"]


def test_what_is_ignored_unless_it_is_named_is_not_recorded(project, session, discovered, with_plugin):
    with_plugin("def pytest_ignore_collect(collection_path): return collection_path.name == 'test_a.py' or None")
    project(**FILES)
    assert session("-q", "test_a.py")[0] == 0
    assert session("-q")[0] == 0
    assert [(file["path"], file["exact"]) for file in discovered()["files"]] == [("test_a.py", False), ("test_b.py", True)]


FOCUS = """
    def pytest_collection_modifyitems(items):
        if any(item.get_closest_marker("only") for item in items):
            items[:] = [item for item in items if item.get_closest_marker("only")]
"""


def test_a_file_alone_says_little_of_it_among_others(project, session, exact_files, with_plugin, tmp_path):
    with_plugin(FOCUS)
    project(**FILES)
    assert session("-q", "test_a.py")[0] == 0
    assert exact_files() == []
    assert exact_files("test_a.py") == ["test_a.py"]
    assert session("-q")[0] == 0
    project(test_b="def test_new(): pass\n")
    assert session("-q", "test_b.py")[0] == 0
    # All were seen to be left alone, and each of them as it is now.
    assert exact_files() == ["test_a.py", "test_b.py"]
    project(test_b="import pytest\n@pytest.mark.only\ndef test_new(): pass\n")
    assert session("-q")[0] == 0
    assert session("-q", "test_a.py")[0] == 0
    assert exact_files() == ["test_b.py"]


def test_marks_of_hooks_are_nobodys_for_k_and_m(project, session, exact_files, with_plugin):
    with_plugin(MARKING)
    project(**FILES)
    assert session("-q")[0] == 0
    for words in (("-m", "second"), ("-k", "second")):
        assert exact_files(*words) == ["test_b.py"]


# ---- hooks of conftests ----

SKIPPING = """
    import pytest
    import helper

    def pytest_collection_modifyitems(config, items):
        for item in items:
            mark(item)

    def mark(item):
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=str(helper)))
"""


def test_a_conftest_that_changed_nothing_leaves_files_exact(project, session, discovered, tmp_path):
    project(**FILES, conftest=SKIPPING)
    reason = "the hook pytest_collection_modifyitems in conftest.py may change what is collected"
    found = discovered()
    assert (found["reason"], found["counts"]["exact"]) == (reason, 0)
    assert session("--collect-only", "-q")[0] == 0
    found = discovered()
    assert (found["reason"], found["exact_order"], found["counts"]["exact"]) == (None, True, 3)
    project(helper="x = 1\n")  # what the conftest imports
    assert discovered()["reason"] == reason


def test_a_conftest_concerns_all_files_or_those_below_it(project, session, exact_files, tmp_path):
    project(**FILES)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "test_c.py").write_text("def test_3(n): pass\ndef test_4(): pass\n")
    conftest = tmp_path / "sub" / "conftest.py"
    conftest.write_text("def pytest_generate_tests(metafunc): pass\n")
    assert exact_files() == ["test_a.py", "test_b.py"]
    assert session("-q", "--collect-only")[0] == 0
    assert exact_files() == ["sub/test_c.py", "test_a.py", "test_b.py"]
    conftest.write_text("def pytest_collection_modifyitems(items): items.reverse()\n")
    assert exact_files() == []
    assert session("-q", "--collect-only")[0] == 0
    assert exact_files() == ["test_b.py"]


@pytest.mark.parametrize(
    "conftest",
    [
        "import time\ndef pytest_collection_modifyitems(items): items.sort(key=lambda item: time.time())\n",
        "def pytest_collection_modifyitems(items, config):\n    if config.option.markexpr: items.clear()\n",
        "from helper import pytest_collection_modifyitems\n",
        "import helper\ndef pytest_collection_modifyitems(items): helper.pytest_collection_modifyitems(items)\n",
    ],
)
def test_a_conftest_that_may_do_otherwise_next_time_is_not_believed(project, session, exact_files, conftest):
    project(**FILES, conftest=conftest)
    project(helper="def pytest_collection_modifyitems(items): pass\n")
    assert session("-q")[0] == 0
    assert exact_files() == []
