def test_plain():
    pass


def test_all(session_fix, package_fix, module_fix, class_fix, function_fix):
    assert function_fix == "function"


class TestOne:
    def test_x(self, class_fix, module_fix):
        pass

    def test_y(self, class_fix, function_fix):
        pass

    class TestInner:
        def test_z(self, class_fix):
            pass


def test_dyn(dyn_func, dyn_mod):
    pass


def test_dyn_again(dyn_func):
    pass
