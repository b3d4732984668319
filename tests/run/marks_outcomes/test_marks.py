import sys

import pytest


@pytest.mark.skip
def test_skip():
    pass


@pytest.mark.skip(reason="not today")
def test_skip_reason():
    pass


@pytest.mark.skipif(sys.version_info > (3,), reason="modern")
def test_skipif():
    pass


@pytest.mark.skipif("sys.version_info < (3,)", "config.getoption('verbose') > 0")
def test_skipif_text():
    pass


@pytest.mark.skipif(True)
def test_skipif_without_reason():
    pass


@pytest.mark.skipif("undefined_name")
def test_skipif_undefined():
    pass


@pytest.mark.skipif("1 +")
def test_skipif_syntax():
    pass


@pytest.mark.xfail
def test_xfail():
    assert 0


@pytest.mark.xfail(reason="maybe")
def test_xpass():
    pass


@pytest.mark.xfail(strict=True, reason="never")
def test_xpass_strict():
    pass


@pytest.mark.xfail(raises=(KeyError, ValueError))
def test_xfail_raises():
    raise ValueError


@pytest.mark.xfail(raises=KeyError)
def test_xfail_raises_other():
    raise ValueError("other")


@pytest.mark.xfail(run=False, reason="crashes")
def test_xfail_not_run():
    assert 0


@pytest.mark.xfail("False", reason="does not hold")
def test_xfail_condition():
    assert 0


def test_imperative():
    pytest.xfail("from inside")


def test_added_while_running(request):
    request.node.add_marker(pytest.mark.xfail(reason="late"))
    assert 0


@pytest.fixture
def broken():
    raise RuntimeError("setup")


@pytest.mark.xfail
def test_xfail_setup(broken):
    pass
