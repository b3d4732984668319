"""Runs that leave files alone: what a node id does not name, and what the index says cannot be selected."""
import json

ONE_TEST = "def test_one(): pass\n"


def test_hooks_see_every_file_of_a_folder_although_one_test_is_named(project, session, tmp_path):
    project(
        conftest="""
        import pathlib

        def pytest_collect_file(file_path):
            with pathlib.Path("seen").open("a") as seen:
                print(file_path.name, file=seen)
        """,
        test_a=ONE_TEST,
        test_b=ONE_TEST,
    )
    code, out, err = session("test_b.py::test_one")
    assert code == 0 and "1 passed" in out, out + err
    assert set((tmp_path / "seen").read_text().split()) == {"conftest.py", "test_a.py", "test_b.py"}


def test_named_tests_of_one_folder_run_in_the_order_of_the_arguments(project, session, tmp_path):
    project(test_a=ONE_TEST, test_b=ONE_TEST, test_c=ONE_TEST)
    for _ in range(2):
        code, out, err = session("-v", "test_c.py::test_one", "test_a.py", "test_b.py::test_one", "test_a.py::test_one")
        lines = [line.split()[0] for line in out.splitlines() if "PASSED" in line]
        assert lines == ["test_c.py::test_one", "test_a.py::test_one", "test_b.py::test_one"], out + err


def test_ids_of_a_few_tests_join_the_list_of_all(project, session, tmp_path):
    project(test_m="".join(f"def test_{n}(): pass\n" for n in range(50)))
    file = tmp_path / ".pytest_cache" / "v" / "cache" / "nodeids"

    assert session("test_m.py")[0] == 0
    everything = json.loads(file.read_text())
    assert len(everything) == 50
    written = file.stat().st_mtime_ns
    for number in (0, 9, 10, 49):
        assert session(f"test_m.py::test_{number}")[0] == 0
    assert file.stat().st_mtime_ns == written
    project(test_a=ONE_TEST, test_z=ONE_TEST)
    assert session("test_z.py")[0] == 0
    assert session("test_a.py")[0] == 0
    assert json.loads(file.read_text()) == ["test_a.py::test_one", *everything, "test_z.py::test_one"]
