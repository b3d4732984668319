import does_not_exist

def test_a(): pass
