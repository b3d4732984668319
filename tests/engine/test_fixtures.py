"""Fixture functions, argument names and keys, alone. For our own runner: it needs our _pytest (install_finder)."""
import functools
import unittest.mock

import pytest
from fastest import _fastest


def names(function, **kwargs):
    return _fastest.getfuncargnames(function, **kwargs)


def plain(a, b, c=1, *args, d, e=2, **kwargs):
    pass


class Methods:
    def method(self, a, b=1):
        pass

    @staticmethod
    def static(a, b):
        pass

    @classmethod
    def of_class(cls, a):
        pass


def test_arguments_are_those_without_default():
    assert names(plain) == ("a", "b", "d")
    assert names(lambda: None) == ()
    assert names(functools.partial(plain, 1)) == ("b", "d")
    assert names(Methods().method) == ("a",)
    assert names(Methods.of_class) == ("a",)


def test_self_is_dropped_of_functions_of_a_class_only():
    assert names(Methods.method, name="method", cls=Methods) == ("a",)
    assert names(Methods.static, name="static", cls=Methods) == ("a", "b")
    assert names(Methods.method) == ("self", "a")


def test_positional_only_arguments_are_no_fixtures():
    def function(a, b, /, c):
        pass

    assert names(function) == ("c",)


def test_decorators_are_looked_through():
    @functools.wraps(plain)
    def wrapper(*args, **kwargs):
        pass

    @unittest.mock.patch("os.getcwd")
    @unittest.mock.patch("os.getpid", 1)
    def mocked(getcwd, own):
        pass

    assert names(wrapper) == ("a", "b", "d")
    assert names(mocked) == ("own",)


def test_a_definition_keeps_what_its_function_says_of_itself():
    @_fastest.fixture(scope="module", params=iter([1, 2]), name="other")
    def function():
        "Words."

    assert function.name == "other" and function.__name__ == "function" and function.__doc__ == "Words."
    assert function.__wrapped__ is function._get_wrapped_function()
    assert repr(function._fixture_function_marker) == (
        "FixtureFunctionMarker(scope='module', params=(1, 2), autouse=False, ids=None, name='other')"
    )
    bound = function.__get__(self := Methods())
    assert bound._get_wrapped_function().__self__ is self
    with pytest.raises(AttributeError):
        function._fixture_function_marker.scope = "session"


def test_what_cannot_be_a_fixture_is_refused():
    with pytest.raises(ValueError, match="class fixtures not supported"):
        _fastest.fixture(Methods)
    once = _fastest.fixture(lambda: 1)
    with pytest.raises(ValueError, match="applied more than once to the same function '<lambda>'"):
        _fastest.fixture(once)


def test_the_marker_is_called_through_its_type():
    marker_type = _fastest.FixtureFunctionMarker
    original = marker_type.__call__
    seen = []
    marker_type.__call__ = lambda self, function: seen.append(function) or original(self, function)
    try:
        _fastest.fixture(plain)
    finally:
        marker_type.__call__ = original
    assert seen == [plain]


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [((1, 0), (1, 5), True), ((1, 0), (True, 0), False), (([1], 3), ([2], 3), True), (([1], 3), ([1], 4), False)],
)
def test_parameter_values_are_grouped_by_type_and_value_or_by_index(a, b, equal):
    assert (_fastest.ParamValueKey(*a) == _fastest.ParamValueKey(*b)) is equal


def test_values_that_refuse_comparison_are_different():
    class Odd:
        def __eq__(self, other):
            raise ValueError("no")

        def __hash__(self):
            return 1

    odd = Odd()
    assert _fastest.ParamValueKey(odd, 0) == _fastest.ParamValueKey(odd, 1)
    assert _fastest.ParamValueKey(odd, 0) != _fastest.ParamValueKey(Odd(), 0)


def test_names_are_deduplicated_in_order():
    assert _fastest.deduplicate_names("ab", ["c", "a"], ("d",)) == ("a", "b", "c", "d")
