"""SetupState.stack in Python's hands, as pytest-rerunfailures takes it. For our own runner: install_finder."""

pytest_plugins = ["pytester"]


def test_levels_taken_off_the_stack_can_be_put_back(pytester):
    pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_teardown(item):
            stack = item.session._setupstate.stack
            item.kept = {node: stack.pop(node) for node in list(stack) if node is not item}

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if call.when == "teardown":
                print("only now")
                item.session._setupstate.stack.update(item.kept)
                item.session._setupstate.teardown_exact(None)
            return report
        """
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module", autouse=True)
        def module():
            yield
            print("torn down")

        def test(): pass
        """
    )
    pytester.runpytest("-s").stdout.fnmatch_lines(["*only now", "torn down"])


def test_a_level_can_be_set_to_itself(pytester):
    item = pytester.getitem("def test_func(): pass")
    state = item.session._setupstate
    calls = []
    state.setup(item)
    state.addfinalizer(lambda: calls.append(1), item)
    state.stack[item] = state.stack[item]
    state.teardown_exact(None)
    assert calls == [1]
