import warnings, pytest, threading, gc, sys
def test_dep(): warnings.warn("old", DeprecationWarning)
def test_pend(): warnings.warn("older", PendingDeprecationWarning)
@pytest.mark.parametrize("n", range(12))
def test_many(n): warnings.warn("same text")
def test_multi():
    warnings.warn("line one\nline two")
    warnings.warn(ResourceWarning("res"), source=object())
@pytest.mark.filterwarnings("error")
def test_err(): warnings.warn("becomes error")
@pytest.mark.filterwarnings("ignore:same", "error:other")
def test_ig(): warnings.warn("same text"); warnings.warn("other")
@pytest.mark.filterwarnings("nonsense::x::y::z::a")
def test_badfilter(): pass
@pytest.mark.filterwarnings("error::no.such.Category")
def test_badcat(): pass
def test_recwarn(recwarn):
    warnings.warn("rec"); assert len(recwarn) == 1; assert recwarn.pop(UserWarning).message.args == ("rec",)
    with pytest.warns(UserWarning, match="mat"): warnings.warn("matching")
    with pytest.warns(DeprecationWarning): warnings.warn("x", DeprecationWarning)
def test_warns_fail():
    with pytest.warns(DeprecationWarning): warnings.warn("user")
def test_warns_none():
    with pytest.warns(UserWarning, match="abc"): pass
def test_deprecated_call():
    with pytest.deprecated_call(): pass
def test_thread():
    t = threading.Thread(target=lambda: 1/0, name="mine"); t.start(); t.join()
def test_unraisable():
    class D:
        def __del__(self): raise ValueError("in del")
    d = D(); del d; gc.collect()
async def test_async(): pass
def test_returns(): return 5
def test_unknown_mark(): pass
test_unknown_mark = pytest.mark.nosuchmark(test_unknown_mark)
class TestInit:
    def __init__(self): pass
    def test_x(self): pass
def test_yield(): yield 1
def test_gen_warn():
    warnings.warn_explicit("explicit", UserWarning, "some/file.py", 12)
