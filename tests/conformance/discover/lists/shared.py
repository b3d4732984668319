CASES = [1, 2]
OTHERS = {"a": 1}
NAMES = ("x", "y")
