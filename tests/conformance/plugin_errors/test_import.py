import nosuchmodule
def test_a(): pass
