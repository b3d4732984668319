import pytest


@pytest.mark.slow(level=2)
def test_a_two():
    pass


@pytest.mark.slow(level=1)
def test_a_one():
    pass


def test_other():
    pass


class TestB:
    def test_plain(self):
        pass

    @pytest.mark.slow
    def test_slow(self):
        pass
