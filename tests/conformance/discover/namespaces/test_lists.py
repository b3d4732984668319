import pytest

PLAIN = [1, 2]
APPENDED = [1]
APPENDED.append(2)
ASSIGNED = [1, 2]
ASSIGNED[0] = 5
AUGMENTED = [1]
AUGMENTED += [2]
BY_FUNCTION = []


def register(function):
    BY_FUNCTION.append(function)
    return function


@register
def helper(): pass


@pytest.mark.parametrize("a", PLAIN)
def test_plain(a): pass


@pytest.mark.parametrize("a", APPENDED)
def test_appended(a): pass


@pytest.mark.parametrize("a", ASSIGNED)
def test_assigned(a): pass


@pytest.mark.parametrize("a", AUGMENTED)
def test_augmented(a): pass


@pytest.mark.parametrize("a", BY_FUNCTION)
def test_by_function(a): pass


@pytest.mark.parametrize("a", [*PLAIN, 3])
def test_star(a): pass
