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
    "",
    "\n\n# nothing\n",
    "x = 1; y = 2;\n",
    "a = b, *c = d = e\n",
    "(a, [b, c.d]), e[0] = f\n",
    "x: int\nx: int = 1, 2\n(x): int\nx.y: int = 3\n",
    "x += 1\nx @= y\nx **= yield_\n",
    "def f(a, /, b=1, *, c, d=2, **e): return *a, b\n",
    "def f(*a: *b, c): yield\n",
    "def f[T: int = str, *Ts, **P](x: T) -> T: pass\n",
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
    "match a, *b:\n    case [c, *_] | {'d': e, **f} if g: pass\n    case A(x=1, y=B() as z) as w: pass\n",
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

static void
each_row_is_what_it_is(void **unused)
{
    uint32_t line;

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(VALID); i++) {
        if (!grammar_check(VALID[i], strlen(VALID[i]), &line)) {
            fail_msg("refused at line %u: %s", line, VALID[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(INVALID); i++) {
        if (grammar_check(INVALID[i], strlen(INVALID[i]), &line)) {
            fail_msg("accepted: %s", INVALID[i]);
        }
    }
}

static void
the_line_is_told(void **unused)
{
    static const char SOURCE[] = "a = 1\ndef f():\n    x = (1,\n  2 3)\n";
    uint32_t line = 0;

    (void)unused;
    assert_false(grammar_check(SOURCE, strlen(SOURCE), &line));
    assert_int_equal(line, 4);
}

/* Nobody is told that deep nesting is no Python, and nobody's stack ends. */
static void
depth_is_bounded(void **unused)
{
    static const char *const PARTS[] = {"lambda: ", "not ", "-", "await ", "a if b else ", "2 ** ", "a = ", "f()."};
    struct text text = {0};
    uint32_t line;

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        text_clear(&text);
        text_add_string(&text, "async def f(): x = ");
        for (int count = 0; count < 100000; count++) {
            text_add_string(&text, PARTS[i]);
        }
        text_add_string(&text, "a\n");
        (void)grammar_check(text.bytes, text.length, &line);
    }
    text_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_what_it_is),
        cmocka_unit_test(the_line_is_told),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
