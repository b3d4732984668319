import logging, pytest, sys
log = logging.getLogger("app.sub")
@pytest.fixture
def fx():
    log.info("in setup"); yield; log.warning("in teardown")
@pytest.fixture(scope="session", autouse=True)
def sess():
    log.info("session setup"); yield; log.info("session teardown")
def test_a(fx):
    log.debug("debug msg"); log.info("info msg"); log.warning("multi\nline"); log.error("err %d", 1); log.critical("crit")
def test_b(fx, caplog):
    caplog.set_level(logging.DEBUG, logger="app.sub")
    log.debug("dbg"); assert [r.levelname for r in caplog.records] == ["INFO"] or caplog.record_tuples[-1][2] == "dbg"
    with caplog.at_level(logging.ERROR): log.warning("hidden?"); log.error("shown")
    print(caplog.text); print(caplog.messages, caplog.get_records("setup"))
    caplog.clear(); assert not caplog.records
    assert 0
def test_exc():
    try: 1/0
    except ZeroDivisionError: log.exception("exc here")
    print("printed"); print("to err", file=sys.stderr)
    assert False
def test_filter(caplog):
    class F(logging.Filter):
        def filter(self, r): return "keep" in r.getMessage()
    with caplog.filtering(F()): log.error("keep me"); log.error("drop")
    assert caplog.messages == ["keep me"]
def test_disable():
    logging.disable(logging.CRITICAL); log.error("never"); logging.disable(logging.NOTSET)
@pytest.mark.parametrize("n", [1, 2])
def test_p(n): log.info("n=%s", n, extra={"auto_indent": True})
def test_badfmt():
    log.error("bad %d", "x")
