/* What is Python and what is not: a row per rule. Valid rows come from all versions from 3.8 to 3.15. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/text.h"
#include "syntax/syntax.h"

static const char *const VALID[] = {
    "Zone.Crue.Palse.lmport = x.Zone\nassert (a, b) == c\nassert (a, b)[0]\n",
    "f'{a}{b!r:>{c}}{d = }{{}}{\"e\"}' f'{a:%H:%M}' rf'\\d{a}' f'{a!=b}{(lambda: 1)()}{ {1: 2}[1]}'\n",
    "async def f(): return [await a async for b in c if await d]\n",
    "[y for x in z if (y := x)]\nany((m := x) for x in y)\n",
    "x = 0, 0_0, 0xFF, 0x_f, 0b1, 0o7, 1_000, 1., .5, 1e-5, 1j, 0777.5, 09e1, 09j\n",
    "'\\N{BULLET}\\x41\\u1234\\U0001F600\\q'\nb'\\x41\\N'\n",
    "'doc'\nfrom __future__ import annotations\nfrom __future__ import (division,)\n",
    "*a, = b\n[a, *b] = c\nfor a, *b in c: pass\nassert __debug__\n",
    "\xc3\xa9 = \xe5\x8f\x98 = 1\n",
    "",
    "\n\n# nothing\n",
    "x = 1; y = 2;\n",
    "a = b, *c = d = e\n",
    "(a, [b, c.d]), e[0] = f\n",
    "x: int\nx: int = 1, 2\n(x): int\nx.y: int = 3\n",
    "x += 1\nx @= y\nx **= yield_\n",
    "def f(a, /, b=1, *, c, d=2, **e): return *a, b\n",
    "def f(*a: *b, c): yield\n",
    "def f[*Ts, **P, T: int = str](x: T) -> T: pass\n",
    "class A[T](B, metaclass=C, *d, **e): pass\n",
    "type X[T] = list[T]\ntype = 1\ntype(x)\ntype.y = 2\n",
    "lazy import a.b as c\nlazy from a import b\nlazy = 1\n",
    "from . import a\nfrom .. import (a, b as c,)\nfrom ...a.b import *\nfrom .... import x\n",
    "import a.b.c as d, e\n",
    "lambda: (yield)\nlambda *a, b=1, **c: a if b else c\nlambda x, /: x\n",
    "x = a if b else c if d else lambda: e\n",
    "not not a and not b or c\na is not b not in c in d\n",
    "-~+a ** -b\n",
    "f(a, *b, c=1, *d, **e, f=2)\nf(x for x in y)\nf(a := 1, b)\nf((yield_), )\n",
    "a[1:2, ::3, *b, ...]\na[:]\na[b := 1]\na[()]\n",
    "{}\n{1}\n{1: 2, **a}\n{*a, b}\n{a: b for a, b in c if d if e}\n{*a for a in b}\n",
    "[]\n()\n(a,)\n[*a, b := 1]\n[a for b in c for d in e]\n(a for a in b)\n",
    "'a' \"b\" f'{c}' r''\n",
    "b'a' rb'b'\n",
    "if a := 1: pass\nelif b: pass\nelse: pass\n",
    "while a:\n    break\nelse:\n    pass\n",
    "for a, *b in c, *d:\n    continue\n",
    "for a.b[c], (d, e) in f: pass\n",
    "try: pass\nexcept (A, B) as c: pass\nexcept: pass\nelse: pass\nfinally: pass\n",
    "try: pass\nexcept* A: pass\n",
    "try: pass\nexcept A, B: pass\n",
    "with a, b as c, d() as (e, f): pass\n",
    "with (a as b, c as d,): pass\nwith (a, b): pass\nwith (a).b as c: pass\nwith (yield_): pass\n",
    "async def f():\n    async with a as b: await c\n    async for d in e: pass\n    return [g async for g in h]\n",
    "def f(): return (await a for a in b)\n",
    "@a.b[c](d)\n@(e := f)\nasync def g(): pass\n",
    "match a, *b:\n    case [c, *e] | {'d': c, **e} if g: pass\n    case A(x=1, y=B() as z) as w: pass\n",
    "match a:\n    case -1+2j: pass\n",
    "match a:\n    case b if c: pass\n    case (d): pass\n",
    "match = 1\nmatch(a)\nmatch[a]\nmatch: int\nmatch, case = a\nprint(match -1)\nmatch * a\n",
    "global_ = 1\ndef f():\n    global a, b\n    nonlocal_ = 2\n",
    "del a, b.c, (d, [e])\nassert a, b\nraise A from b\nraise\n",
    "if a:\n\tif b:\n\t\tpass\nelse:\n  pass\n",
    "x = (1\n  + 2)\ny = 1 + \\\n  2\n",
    "é = 1\n",
};

static const char *const INVALID[] = {
    "def f(a, a): pass\n",
    "lambda a, *a: 1\n",
    "f(a=1, a=2)\n",
    "f(a for a in b,)\n",
    "*a\n",
    "x = *a\n",
    "*a = b\n",
    "*a, *b = c\n",
    "for *a in b: pass\n",
    "del *a, b\n",
    "f'{}'\n",
    "f'{a b}'\n",
    "f'{a!x}'\n",
    "f'}'\n",
    "f'{lambda x: 1}'\n",
    "f'{a:{}}'\n",
    "'\\x1'\n",
    "b'\xc3\xa9'\n",
    "x = 0777\n",
    "x = 0b2\n",
    "x = 1_a\n",
    "ur'a'\n",
    "from __future__ import nothing\n",
    "import a\nfrom __future__ import annotations\n",
    "def f():\n    from a import *\n",
    "async def f():\n    yield 1\n    return 2\n",
    "async def f():\n    yield from a\n",
    "try: pass\nexcept* A: pass\nexcept B: pass\n",
    "for a in b:\n    try: pass\n    except* A: break\n",
    "match a:\n    case b: pass\n    case c: pass\n",
    "match a:\n    case [b, b]: pass\n",
    "match a:\n    case b | 1: pass\n",
    "match a:\n    case b + c: pass\n",
    "match a:\n    case {'b': 1, 'b': 2}: pass\n",
    "with f(a as b): pass\n",
    "class A[T, T]: pass\n",
    "x = \n",
    "= 1\n",
    "x = = 1\n",
    "a b\n",
    "f() = 1\n",
    "1 = x\n",
    "a + b = c\n",
    "(a, f()) = b\n",
    "x, y += 1\n",
    "f() : int\n",
    "x := 1\n",
    "a = b := c\n",
    "def f(a=1, b): pass\n",
    "def f(*): pass\n",
    "def f(*, **a): pass\n",
    "def f(/, a): pass\n",
    "def f(**a, b): pass\n",
    "def f(a, (b, c)): pass\n",
    "def f()\n    pass\n",
    "def f():\npass\n",
    "def class(): pass\n",
    "class A(: pass\n",
    "import a.\n",
    "import\n",
    "from a import\n",
    "from a import b,\n",
    "from a import ()\n",
    "from a.b. import c\n",
    "lambda a: \n",
    "a if b\n",
    "a not b\n",
    "a in not b\n",
    "1 + not a\n",
    "not\n",
    "f(a=1, b)\n",
    "f(**a, *b)\n",
    "f(a for a in b, c)\n",
    "f(a.b=1)\n",
    "f(a\n",
    "a[]\n",
    "a[1:2:3:4]\n",
    "{1: 2, 3}\n",
    "{1, **a}\n",
    "(*a)\n",
    "[a b]\n",
    "[for a in b]\n",
    "b'a' 'b'\n",
    "a..b\n",
    "a.1\n",
    "if a: pass\nelse if b: pass\n",
    "else: pass\n",
    "if a = 1: pass\n",
    "for a in : pass\n",
    "for f() in a: pass\n",
    "for a: pass\n",
    "while : pass\n",
    "try: pass\n",
    "try: pass\nexcept: pass\nexcept A: pass\n",
    "with a as f(): pass\n",
    "break\n",
    "def f():\n    for a in b: pass\n    break\n",
    "return\n",
    "class A:\n    return 1\n",
    "yield 1\n",
    "await a\n",
    "def f(): await a\n",
    "async with a: pass\n",
    "async a\n",
    "@a\nx = 1\n",
    "@a def f(): pass\n",
    "print 'a'\n",
    "exec 'a'\n",
    "a <> b\n",
    "`a`\n",
    "a ? b\n",
    "$a\n",
    "match a:\n    case b: pass\n    x = 1\n",
    "del f()\n",
    "    x = 1\n",
    "if a:\n    b\n  c\n",
    "raise a from\n",
    "global\n",
    "x = [\n",
    "x = )\n",
    "'a\n",
};

/* Valid in the grammar's eyes, and yet the compiler refuses them, or may. */
static const char *const DOUBTED[] = {
    "__debug__ = 1\n",
    "nonlocal x\n",
    "def f():\n    nonlocal x\n",
    "def f():\n    x = 1\n    global x\n",
    "def f():\n    print(x)\n    global x\n",
    "def f():\n    f'{x}'\n    global x\n",
    "def f(x):\n    global x\n",
    "def f():\n    global x\n    x: int = 1\n",
    "def f():\n    global x\n    def g():\n        nonlocal x\n",
    "class A:\n    x = 1\n    def f(self):\n        nonlocal x\n",
    "def f():\n    [await x]\n",
    "x = [a async for a in b]\n",
    "async def f():\n    [lambda: await x]\n",
    "[x := 1 for x in y]\n",
    "[x for x in (y := z)]\n",
    "class A:\n    [y := 1 for x in z]\n",
    "def f():\n    return [(yield x) for x in y]\n",
    "match x:\n    case [1, a] | [b, 1]: pass\n",
    "'\\N{NO SUCH CHARACTER}'\n",
    "\xe2\x82\xac = 1\n",
    "x = 1 \\\n",
};

/* A source, and the first version of Python 3 that compiles it; 0: all that there are. */
static const struct {
    const char *source;
    unsigned minor;
} NEWER[] = {
    {"x = 1\n", 0},
    {"match a:\n    case b: pass\n", 0},
    {"with (a as b, c as d): pass\n", 0},
    {"try: pass\nexcept* A: pass\n", 11},
    {"a[*b]\n", 11},
    {"def f(*a: *b): pass\n", 11},
    {"type X = int\n", 12},
    {"def f[T](): pass\n", 12},
    {"class A[T]: pass\n", 12},
    {"f'{a['b']}'\n", 12},
    {"f'{a + \"\\n\"}'\n", 12},
    {"f'{a[\"b\"]}'\n", 0},
    {"class A[T = int]: pass\n", 13},
    {"t'{a}'\n", 14},
    {"try: pass\nexcept A, B: pass\n", 14},
    {"lazy import a\n", 15},
};

/* Names that are declared where they may be. */
static const char *const DECLARED[] = {
    "global x\nx = 1\n",
    "def f():\n    global x, y\n    x = y\n",
    "def f():\n    [x for x in y]\n    global x\n",
    "def f(a):\n    def g():\n        nonlocal a\n",
    "def f():\n    for a, (b, *c) in d: pass\n    def g():\n        nonlocal a, b, c\n",
    "def f():\n    with x as (p, q): pass\n    import r.s\n    def g():\n        nonlocal p, q, r\n",
    "def f():\n    try: pass\n    except E as e: pass\n    def g():\n        nonlocal e, n\n    n = 0\n",
    "def f():\n    match a:\n        case [q, *r] | A(q, x=r): pass\n    def g():\n        nonlocal q, r\n",
    "def f():\n    if (n := 1): m = k = 1\n    o: int\n    def g():\n        nonlocal n, m, k, o\n",
    "def f():\n    def g():\n        nonlocal h\n    def h(): pass\n",
};

static void
each_row_is_what_it_is(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(VALID); i++) {
        const struct grammar grammar = grammar_check(VALID[i], strlen(VALID[i]));
        if (!grammar.is_python || grammar.doubt) {
            fail_msg("refused at line %u: %s", grammar.line, VALID[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(INVALID); i++) {
        if (grammar_check(INVALID[i], strlen(INVALID[i])).is_python) {
            fail_msg("accepted: %s", INVALID[i]);
        }
    }
}

static void
what_may_not_compile_is_doubted(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(DOUBTED); i++) {
        const struct grammar grammar = grammar_check(DOUBTED[i], strlen(DOUBTED[i]));
        if (!grammar.is_python || !grammar.doubt) {
            fail_msg("not doubted: %s", DOUBTED[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(DECLARED); i++) {
        const struct grammar grammar = grammar_check(DECLARED[i], strlen(DECLARED[i]));
        if (!grammar.is_python || grammar.doubt) {
            fail_msg("doubted for %s: %s", grammar.doubt ? grammar.doubt : "nothing", DECLARED[i]);
        }
    }
}

static void
versions_are_told(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(NEWER); i++) {
        const struct grammar grammar = grammar_check(NEWER[i].source, strlen(NEWER[i].source));
        if (!grammar.is_python || grammar.doubt || grammar.newer_minor != NEWER[i].minor) {
            fail_msg("3.%u: %s", grammar.newer_minor, NEWER[i].source);
        }
    }
}

static void
the_line_is_told(void **unused)
{
    static const char SOURCE[] = "a = 1\ndef f():\n    x = (1,\n  2 3)\n";
    static const char DOUBT[] = "def f():\n    x = 1\n    global x\n";
    static const char NEW[] = "\n\nf'{a['b']}'\n";

    (void)unused;
    const struct grammar refused = grammar_check(SOURCE, strlen(SOURCE));
    assert_false(refused.is_python);
    assert_int_equal(refused.line, 4);
    assert_int_equal(grammar_check(DOUBT, strlen(DOUBT)).line, 3);
    assert_int_equal(grammar_check(NEW, strlen(NEW)).newer_line, 3);
}

/* Nobody is told that deep nesting is no Python, and nobody's stack ends. */
static void
depth_is_bounded(void **unused)
{
    static const char *const PARTS[] = {"lambda: ", "not ", "-", "a if b else ", "2 ** ", "a = ", "f()."};
    struct text text = {0};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        text_clear(&text);
        text_add_string(&text, "async def f(): x = ");
        for (int count = 0; count < 100000; count++) {
            text_add_string(&text, PARTS[i]);
        }
        text_add_string(&text, "a\n");
        assert_true(grammar_check(text.bytes, text.length).is_python);
    }
    text_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_what_it_is), cmocka_unit_test(what_may_not_compile_is_doubted),
        cmocka_unit_test(versions_are_told),      cmocka_unit_test(the_line_is_told),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
