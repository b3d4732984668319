

# nothing
x = 1; y = 2;
a = b, *c = d = e
(a, [b, c.d]), e[0] = f
x: int
x: int = 1, 2
(x): int
x.y: int = 3
x += 1
x @= y
x **= yield_
def f(a, /, b=1, *, c, d=2, **e): return *a, b
def f(*a: *b, c): yield
def f[T: int = str, *Ts, **P](x: T) -> T: pass
class A[T](B, metaclass=C, *d, **e): pass
type X[T] = list[T]
type = 1
type(x)
type.y = 2
lazy import a.b as c
lazy from a import b
lazy = 1
from . import a
from .. import (a, b as c,)
from ...a.b import *
from .... import x
import a.b.c as d, e
lambda: (yield)
lambda *a, b=1, **c: a if b else c
lambda x, /: x
x = a if b else c if d else lambda: e
not not a and not b or c
a is not b not in c in d
-~+a ** -b
f(a, *b, c=1, *d, **e, f=2)
f(x for x in y)
f(a := 1, b)
f((yield_), )
a[1:2, ::3, *b, ...]
a[:]
a[b := 1]
a[()]
{}
{1}
{1: 2, **a}
{*a, b}
{a: b for a, b in c if d if e}
{*a for a in b}
[]
()
(a,)
[*a, b := 1]
[a for b in c for d in e]
(a for a in b)
'a' "b" f'{c}' rb''
b'a' rb'b'
if a := 1: pass
elif b: pass
else: pass
while a:
    break
else:
    pass
for a, *b in c, *d:
    continue
for a.b[c], (d, e) in f: pass
try: pass
except (A, B) as c: pass
except: pass
else: pass
finally: pass
try: pass
except* A: pass
try: pass
except A, B: pass
with a, b as c, d() as (e, f): pass
with (a as b, c as d,): pass
with (a, b): pass
with (a).b as c: pass
with (yield_): pass
async def f():
    async with a as b: await c
    async for d in e: pass
    return [g async for g in h]
def f(): return (await a for a in b)
@a.b[c](d)
@(e := f)
async def g(): pass
match a, *b:
    case [c, *_] | {'d': e, **f} if g: pass
    case A(x=1, y=B() as z) as w: pass
match a:
    case -1+2j: pass
match a:
    case b if c: pass
    case (d): pass
match = 1
match(a)
match[a]
match: int
match, case = a
print(match -1)
match * a
global_ = 1
def f():
    global a, b
    nonlocal_ = 2
del a, b.c, (d, [e])
assert a, b
raise A from b
raise
if a:
	if b:
		pass
else:
  pass
x = (1
  + 2)
y = 1 + \
  2
