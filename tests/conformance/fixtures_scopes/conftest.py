import pytest

LOG = []


def logged(scope):
    @pytest.fixture(scope=scope, name=f"{scope}_fix")
    def fix(request):
        LOG.append(f"setup {scope} for {request.node.nodeid or 'session'}")
        yield scope
        LOG.append(f"teardown {scope}")

    return fix


session_fix = logged("session")
package_fix = logged("package")
module_fix = logged("module")
class_fix = logged("class")
function_fix = logged("function")


def dynamic_scope(fixture_name, config):
    return "module" if fixture_name.endswith("mod") else "function"


@pytest.fixture(scope=dynamic_scope)
def dyn_mod():
    LOG.append("setup dyn_mod")
    yield
    LOG.append("teardown dyn_mod")


@pytest.fixture(scope=dynamic_scope)
def dyn_func(dyn_mod):
    LOG.append("setup dyn_func")


def pytest_terminal_summary(terminalreporter):
    for line in LOG:
        terminalreporter.write_line(line)
