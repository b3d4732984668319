def pytest_assertion_pass(item, lineno, orig, expl):
    print("PASS", item.name, lineno, repr(orig), repr(expl))
