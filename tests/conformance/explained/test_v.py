import collections, dataclasses, pytest
@dataclasses.dataclass
class D:
    a: int
    b: object
    c: str = "x"
NT = collections.namedtuple("NT", "x y")
class BadEq:
    def __eq__(self, o): raise RuntimeError("bad\neq")
def test_dict(): assert {"a": 1, "b": [1, 2, 3], **{str(i): i for i in range(20)}} == {"a": 1, "b": [1, 2, 4], "z": 5}
def test_dict2(): assert {(1,): 1, 2: 3, "x": object} == {2: 3, "y": [1] * 50}
def test_list(): assert [1, 2, 3] * 10 == [1, 2, 4] * 12
def test_str(): assert "hello\nworld\n" * 8 + "a" * 90 == "hello\nworld!\n" * 7 + "a" * 91
def test_str2(): assert "x" * 100 + "abc" + "y" * 100 == "x" * 100 + "abd" + "y" * 100
def test_str3(): assert "caf\xe9" == "cafe\u0301"
def test_str4(): assert " \n" == "\n "
def test_notin(): assert "foo" not in "long text " * 8 + "foo bar\nbaz foo"
def test_set(): assert {1, 2, 3, "a"} == {2, 3, 4}
def test_set2(): assert {1, 2} < {1}
def test_set3(): assert {1, 2} != {1, 2}
def test_dc(): assert D(1, D(2, [1], "q")) == D(1, D(2, [2], "q"))
def test_nt(): assert NT(1, "a") == NT(1, "b")
def test_bytes(): assert b"abc" == b"abd"
def test_badeq(): assert [BadEq()] == [1]
def test_approx(): assert [1.0, 2.0] == pytest.approx([1.1, 2.0])
def test_approx2(): assert {"a": 1.0} == pytest.approx({"a": 1.1})
def test_msg():
    x = 5
    assert x == 6, "100% wrong\nsecond"
def test_msg2(): assert [1] == [2], ["a", "b"]
def test_attr():
    class O: v = [1] * 100
    o = O()
    assert o.v == [1] * 99
def test_long(): assert "a" * 1000 == 5
def test_in(): assert 3 in [1, 2]
def test_range(): assert range(5) == [0, 1, 2]
def test_deep(): assert [[1, [2, {"a": {"b": 1}}]]] == [[1, [2, {"a": {"b": 2}}]]]
def test_none(): assert None == {"a": 1}
def test_ordered(): assert collections.OrderedDict(a=1, b=2) == collections.OrderedDict(b=2, a=1)
def test_counter(): assert collections.Counter("abca") == collections.Counter("abc")
def test_deque(): assert collections.deque([1, 2]) == collections.deque([1, 3])
def test_func():
    def f(a, *b, **c): return a
    assert f(f(1), *[1], k=f(2)) == f("x" * 50)
