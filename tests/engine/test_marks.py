"""Marks, parameter sets, match expressions, ids and call specs."""
import copy

import pytest
from fastest import _fastest
from fastest._fastest import HIDDEN_PARAM
from fastest._fastest import CallSpec
from fastest._fastest import Expression
from fastest._fastest import IdMaker
from fastest._fastest import MarkGenerator
from fastest._fastest import ParameterSet

mark = MarkGenerator(_ispytest=True)


def ids(values, idfn=None, ids=None, nodeid=None, argnames=("a",)):
    sets = [value if isinstance(value, ParameterSet) else _fastest.param(value) for value in values]
    return IdMaker(argnames, sets, idfn, ids, None, nodeid).make_unique_parameterset_ids()


def test_a_mark_is_frozen_and_compares_by_value():
    one = mark.foo(1, a=2)
    assert repr(one) == "MarkDecorator(mark=Mark(name='foo', args=(1,), kwargs={'a': 2}))"
    assert one == mark.foo(1, a=2) and one != mark.foo(1, a=3)
    with pytest.raises(AttributeError, match="cannot assign to field 'name'"):
        one.mark.name = "bar"
    with pytest.raises(TypeError, match="unhashable type: 'dict'"):
        hash(one.mark)
    object.__setattr__(one.mark, "_param_ids_generated", ["x"])
    assert copy.copy(one.mark)._param_ids_generated == ["x"]


def test_a_decorator_marks_functions_and_classes_and_else_collects_arguments():
    def function():
        pass

    class Base:
        @mark.inner
        @staticmethod
        def method():
            pass

    class Derived(Base):
        pass

    assert mark.first(function) is function
    mark.second(1)(function)
    assert [m.name for m in function.pytestmark] == ["first", "second"]
    mark.base(Base), mark.own(Derived)
    assert [m.name for m in _fastest.get_unpacked_marks(Derived)] == ["base", "own"]
    assert [m.name for m in _fastest.get_unpacked_marks(Derived, consider_mro=False)] == ["own"]
    assert Base.method.pytestmark[0].name == "inner"
    unnamed = lambda: None  # noqa: E731
    assert mark.foo(unnamed).args == (unnamed,)
    assert mark.foo.with_args(function).args == (function,)


def test_a_copied_list_of_marks_is_not_shared():
    def original():
        pass

    mark.one(original)

    def wrapper():
        pass

    wrapper.__dict__.update(original.__dict__)
    mark.two(wrapper)
    assert [m.name for m in original.pytestmark] == ["one"]


def test_combining_parametrize_marks_remembers_where_the_ids_are():
    with_ids = mark.parametrize("a", [1], ids=["x"])
    assert with_ids.with_args().mark._param_ids_from == with_ids.mark
    assert mark.other(1).with_args(2).mark._param_ids_from is None


@pytest.mark.parametrize(
    "kwargs, error, text",
    [
        ({"id": 3}, TypeError, "got <class 'int'>: 3"),
        ({"marks": 3}, AssertionError, None),
        ({"marks": [mark.usefixtures("a")]}, ValueError, "cannot add pytest.mark.usefixtures"),
        ({"zz": 3}, TypeError, "unexpected keyword argument 'zz'"),
    ],
)
def test_param_refuses(kwargs, error, text):
    with pytest.raises(error, match=text):
        _fastest.param(1, **kwargs)


def test_a_parameter_set_is_a_named_tuple():
    one = _fastest.param(1, 2, marks=mark.a, id="x")
    assert one == ((1, 2), (mark.a,), "x") and one.values == (1, 2)
    assert one._replace(id=None).id is None
    assert one._fields == ("values", "marks", "id")
    assert ParameterSet.extract_from((1, 2)).values == (1, 2)
    assert ParameterSet.extract_from((1, 2), force_tuple=True).values == ((1, 2),)


@pytest.mark.parametrize(
    "names, expected",
    [("a, b", (["a", "b"], False)), ("a,", (["a"], False)), (" a ", (["a"], True)), (["a"], (["a"], False))],
)
def test_names_of_parameters(names, expected):
    assert ParameterSet._parse_parametrize_args(names, []) == expected


@pytest.mark.parametrize(
    "text, true_names, expected",
    [
        ("", "", False),
        ("a and (b or not c)", "a", True),
        ("a and b or c", "c", True),
        ("not a or b", "a", False),
        ("not not a", "a", True),
        ("ä and test-1[x]::y", "", False),
        ("True and None", "", False),
        ("\u00b2 and \u2167", "\u00b2 \u2167", True),
        ("a and " * 100_000 + "b", "a b", True),
    ],
    ids=range(9),
)
def test_expressions(text, true_names, expected):
    assert Expression.compile(text).evaluate(lambda name: name in true_names.split()) is expected


def test_expressions_pass_keyword_arguments():
    calls = []
    expression = Expression.compile("m(a=1, b='x y', c=True, d=None, e=-2)")
    assert expression.evaluate(lambda name, /, **kwargs: calls.append((name, kwargs)) or True)
    assert calls == [("m", {"a": 1, "b": "x y", "c": True, "d": None, "e": -2})]
    assert expression.idents() == frozenset({"m"})


@pytest.mark.parametrize(
    "text, column, message",
    [
        ("a b", 3, "expected end of input; got identifier"),
        ("(a", 3, "expected right parenthesis; got end of input"),
        ("not", 4, "expected not OR left parenthesis OR identifier; got end of input"),
        ("a $", 3, 'unexpected character "$"'),
        ("m(a=b)", 5, 'unexpected character/s "b"'),
        ("m(1)", 3, "not a valid python identifier 1"),
        ("m(if=1)", 3, "unexpected reserved python keyword `if`"),
        ("m(a 1)", 5, "expected =; got identifier"),
        ("m(a='x)", 5, "closing quote \"'\" is missing"),
        (r"m(a='\n')", 6, 'escaping with "\\" not supported in marker expression'),
        ("\u00e9 \u2190", 3, 'unexpected character "\u2190"'),
        ("\u00e9\udc80", 2, 'unexpected character "\udc80"'),
        ("a\0", 2, 'unexpected character "\0"'),
        ("m(a\u00b2=1)", 3, "not a valid python identifier a\u00b2"),
    ],
)
def test_expression_errors_name_the_column(text, column, message):
    with pytest.raises(SyntaxError) as caught:
        Expression.compile(text)
    assert (caught.value.offset, caught.value.msg, caught.value.text) == (column, message, text)


def test_arguments_that_no_call_can_have_have_no_place():
    with pytest.raises(SyntaxError) as caught:
        Expression.compile("m(a=1, a=2)")
    assert (caught.value.offset, caught.value.msg, caught.value.text) == (1, "keyword argument repeated: a", None)


def test_numbers_are_what_int_takes_for_them():
    calls = []
    Expression.compile("m(a=-007, b=\u0663)").evaluate(lambda name, /, **kwargs: calls.append(kwargs) or True)
    assert calls == [{"a": -7, "b": 3}]
    with pytest.raises(ValueError, match="invalid literal"):
        Expression.compile("m(a=\u00b2)")


def test_an_exception_of_the_matcher_ends_the_evaluation():
    asked = []

    def matcher(name):
        asked.append(name)
        raise KeyError(name)

    with pytest.raises(KeyError, match="a"):
        Expression.compile("not (a or b) or c").evaluate(matcher)
    assert asked == ["a"]


def test_deep_expressions_end_in_an_exception():
    with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
        Expression.compile("(" * 100_000)


def test_ids_from_values():
    import enum
    import re

    class Color(enum.Enum):
        RED = 1

    values = [1, 2.5, True, None, 1j, "x", "é\n\\", b"\xff\t", re.compile("a.*"), Color.RED, int, len, object(), "x" * 101]
    assert ids(values) == [
        "1", "2.5", "True", "None", "1j", "x", "\\xe9\\n\\\\", "\\xff\\t", "a.*", "Color.RED", "int", "len", "a12", "a13",
    ]  # fmt: skip


def test_ids_are_made_unique_without_meeting_others():
    assert ids(["a", "a", "a0", "a1", "b"]) == ["a2", "a3", "a0", "a1", "b"]
    assert ids([1, 1, 2]) == ["1_0", "1_1", "2"]
    assert ids(["a", "b"], ids=["z", None]) == ["z", "b"]
    assert ids([1, 2], idfn=lambda value: "one" if value == 1 else None) == ["one", "2"]


def test_ids_that_cannot_be():
    with pytest.raises(BaseException, match="ids contains unsupported value <object.*at index 0"):
        ids([1], ids=[object()], nodeid="N")
    with pytest.raises(BaseException, match="In N: multiple instances of HIDDEN_PARAM"):
        ids([_fastest.param(1, id=HIDDEN_PARAM), _fastest.param(2, id=HIDDEN_PARAM)], nodeid="N")
    with pytest.raises(ValueError, match="N: error raised while trying to determine id of parameter 'a' at position 0"):
        ids([1], idfn=lambda value: 1 / 0, nodeid="N")


def test_a_call_spec_grows_by_arguments():
    scope = _fastest  # any object without a value is no scope
    first = CallSpec({"a": 1}, {"a": 0}, {}, ["x"], [])
    assert (first.id, first.getparam("a")) == ("x", 1)
    with pytest.raises(ValueError, match="b"):
        first.getparam("b")
    with pytest.raises(TypeError, match="not a scope"):
        first.setmulti(argnames=["b"], valset=[2], id="y", marks=[], scope=scope, param_index=3, nodeid="n")
    second = first.setmulti(
        argnames=["b"], valset=[2], id="y", marks=[mark.m], scope="function", param_index=3, nodeid="n"
    )
    assert (second.id, second.params, second.indices) == ("x-y", {"a": 1, "b": 2}, {"a": 0, "b": 3})
    assert second.marks == [mark.m.mark] and first.params == {"a": 1}
    hidden = second.setmulti(
        argnames=["c"], valset=[2], id=HIDDEN_PARAM, marks=[], scope="function", param_index=0, nodeid="n"
    )
    assert hidden.id == "x-y"
    with pytest.raises(BaseException, match="n: duplicate parametrization of 'b'"):
        second.setmulti(argnames=["b"], valset=[2], id="y", marks=[], scope="function", param_index=3, nodeid="n")
