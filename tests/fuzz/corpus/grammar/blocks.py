from x import (a,
   b); import c
@dec(1)
async def f[T](x, y=(lambda: (yield))):
    """doc
    string"""
    if x: import os; import sys
    def inner(): yield 1
    class C: pass
    s = f"{x["a"]}" + 'a#b' # comment (
    return [

    ]
# trailing

class A(B): x = 1; y = 2
class B:
    def m(self): ...
    match x:
        case 1: pass
        case [a]:
            y = 2
    case = 3; match = 4
if x \
   and y:
	z = 1
else: w
