def test_a(made): pass
