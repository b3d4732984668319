def f():
	x = (yield)

class A:    x = f"""{a}
{(yield)}"""
    y = "\
"
