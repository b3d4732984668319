class TestClass:
    def test_one(self):
        pass

    def test_two(self, tmp_path):
        raise ValueError("no")
