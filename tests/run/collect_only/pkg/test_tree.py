import pytest


class TestOuter:
    class TestInner:
        def test_deep(self):
            """Goes deep."""

    @pytest.mark.parametrize("a, b", [(1, "x"), (2, "y")])
    def test_param(self, a, b):
        pass
