def test_x(): pass
def test_y(cache):
    cache.set("my/key", {"v": [1]}); cache.mkdir("mydir").joinpath("f.txt").write_text("x")
    assert cache.get("my/key", None) == {"v": [1]} and cache.get("no/key", 5) == 5
