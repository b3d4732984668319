def test_a():
    x = "ÿ"
