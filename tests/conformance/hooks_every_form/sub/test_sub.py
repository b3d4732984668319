def test_folder(tmp_path):
    tmp_path.joinpath("file").write_text("")


class TestClass:
    def test_one(self):
        pass

    def test_two(self):
        raise ValueError("no")
