/* Facts of small sources, by rows: what they bind, in a short printed form; and that changed facts are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "facts/facts.h"

static void describe_bindings(const void *base, struct blob_range range, struct text *out);
static void describe_function(const void *base, const struct function_facts *function, struct text *out);

static const char *
separator(uint32_t index)
{
    return index ? ", " : "";
}

static void
add_text(const void *base, blob_offset offset, struct text *out)
{
    text_add(out, blob_text(base, offset), blob_text_length(base, offset));
}

/* Values as Python writes them, "?" before the source of what is not known. */
static void
describe_value(const void *base, const struct value *value, struct text *out)
{
    static const char *const BEFORE[] = {
        [VALUE_UNKNOWN] = "?",   [VALUE_NONE] = "None", [VALUE_FALSE] = "False", [VALUE_TRUE] = "True",
        [VALUE_ELLIPSIS] = "..", [VALUE_BYTES] = "b'",  [VALUE_STRING] = "'",    [VALUE_TUPLE] = "(",
        [VALUE_LIST] = "[",      [VALUE_SET] = "{",     [VALUE_DICT] = "{:",     [VALUE_LAMBDA] = "?",
        [VALUE_CONTAINER] = "~", [VALUE_LONG] = "long",
    };
    static const char *const BEHIND[] = {
        [VALUE_BYTES] = "'", [VALUE_STRING] = "'", [VALUE_TUPLE] = ")",  [VALUE_LIST] = "]",
        [VALUE_SET] = "}",   [VALUE_DICT] = "}",   [VALUE_LAMBDA] = "?", [VALUE_CONTAINER] = "~",
    };
    const struct value *items = blob_at(base, value->items.first);
    const struct value_keyword *keywords = blob_at(base, value->keywords.first);

    text_add_string(out, BEFORE[value->kind] ? BEFORE[value->kind] : "");
    add_text(base, value->text, out);
    text_add_string(out, value->kind == VALUE_CALL ? "(" : "");
    for (uint32_t i = 0; i < value->items.count; i++) {
        text_add_string(out, separator(i));
        describe_value(base, &items[i], out);
    }
    for (uint32_t i = 0; i < value->keywords.count; i++) {
        text_add_string(out, separator(i + value->items.count));
        add_text(base, keywords[i].name, out);
        text_add_string(out, "=");
        describe_value(base, &keywords[i].value, out);
    }
    text_add_string(out, value->kind == VALUE_CALL ? ")" : BEHIND[value->kind] ? BEHIND[value->kind] : "");
}

static void
describe_decorators(const void *base, struct blob_range range, struct text *out)
{
    const struct decorator *decorators = blob_at(base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        text_add_string(out, "@");
        describe_value(base, &decorators[i].expression, out);
        text_add_string(out, " ");
    }
}

static void
describe_parameters(const void *base, struct blob_range range, struct text *out)
{
    static const char *const BEFORE[] = {"/", "", "*", "~", "**"};
    const struct parameter *parameters = blob_at(base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        text_add_format(out, "%s%s", separator(i), BEFORE[parameters[i].kind]);
        add_text(base, parameters[i].name, out);
        text_add_string(out, parameters[i].has_default ? "=" : "");
    }
}

/* "@decorator async def name(parameters) yield -> returned [words] {inner}" */
static void
describe_function(const void *base, const struct function_facts *function, struct text *out)
{
    const struct function_details *details = function_details(base, function);
    const struct function_facts *inner = blob_at(base, details->inner.first);
    const blob_offset *words = blob_at(base, details->words.first);

    describe_decorators(base, details->decorators, out);
    text_add_string(out, function->flags & FUNCTION_ASYNC ? "async def " : "def ");
    add_text(base, function->name, out);
    text_add_string(out, "(");
    describe_parameters(base, function_parameters(base, function), out);
    text_add_string(out, function->flags & FUNCTION_HAS_YIELD ? ") yield" : ")");
    if (details->returned_name) {
        text_add_string(out, " -> ");
        add_text(base, details->returned_name, out);
    }
    for (uint32_t i = 0; i < details->words.count; i++) {
        text_add_string(out, " ");
        add_text(base, words[i], out);
    }
    for (uint32_t i = 0; i < details->inner.count; i++) {
        text_add_string(out, i ? "; " : " {");
        describe_function(base, &inner[i], out);
    }
    text_add_string(out, details->inner.count ? "}" : "");
}

static void
describe_class(const void *base, const struct class_facts *facts, struct text *out)
{
    struct value bases = {.kind = VALUE_CALL, .text = facts->name, .items = facts->bases, .keywords = facts->keywords};

    describe_decorators(base, facts->decorators, out);
    text_add_string(out, facts->has_keywords && !facts->keywords.count ? "class* " : "class ");
    describe_value(base, &bases, out);
    text_add_string(out, " {");
    describe_bindings(base, facts->bindings, out);
    text_add_format(out, "}%s", facts->scope_flags & SCOPE_TOUCHES_NAMESPACE ? " touches" : "");
}

static void
describe_import(const void *base, const struct import_facts *import, struct text *out)
{
    static const char *const FLAGS[] = {"in function", "conditional", "type checking", "star", "in try"};

    text_add_repeated(out, '.', import->level);
    add_text(base, import->module, out);
    if (import->name) {
        text_add_string(out, ":");
        add_text(base, import->name, out);
    }
    if (import->as_name) {
        text_add_string(out, " as ");
        add_text(base, import->as_name, out);
    }
    for (unsigned i = 0; i < COUNT_OF(FLAGS); i++) {
        if (import->flags & 1U << i) {
            text_add_format(out, " (%s)", FLAGS[i]);
        }
    }
}

/* "if not A and not B and C: ", and of what else it depends. */
static void
describe_context(const void *base, const struct binding *binding, struct text *out)
{
    const struct condition *condition = blob_at(base, binding->condition);

    if (binding->flags & BINDING_CONDITIONAL) {
        text_add_string(out, "if ");
    }
    if (binding->condition) {
        const blob_offset *earlier = blob_at(base, condition->earlier.first);
        for (uint32_t i = 0; i < condition->earlier.count; i++) {
            text_add_string(out, i ? " not " : "not ");
            add_text(base, earlier[i], out);
        }
        text_add_string(out, condition->earlier.count && condition->test ? " and " : "");
        add_text(base, condition->test, out);
        text_add_string(out, ": ");
    }
    text_add_string(out, binding->flags & BINDING_TYPE_CHECKING ? "checking " : "");
    text_add_string(out, binding->flags & BINDING_IN_TRY ? "try " : "");
    text_add_string(out, binding->flags & BINDING_IN_EXCEPT ? "except " : "");
}

static void
describe_binding(const void *base, const struct binding *binding, struct text *out)
{
    const void *target = blob_at(base, binding->target);

    describe_context(base, binding, out);
    switch ((enum binding_kind)binding->kind) {
    case BINDING_FUNCTION:
        describe_function(base, target, out);
        return;
    case BINDING_CLASS:
        describe_class(base, target, out);
        return;
    case BINDING_IMPORT:
    case BINDING_STAR:
        add_text(base, binding->name, out);
        text_add_string(out, "<");
        describe_import(base, target, out);
        return;
    case BINDING_VALUE:
    case BINDING_ATTRIBUTE:
    case BINDING_UNKNOWN:
        add_text(base, binding->name, out);
        text_add_string(out, "=");
        if (binding->target) {
            describe_value(base, target, out);
        } else {
            text_add_string(out, "?");
        }
        return;
    case BINDING_ANNOTATION:
        add_text(base, binding->name, out);
        text_add_string(out, ":");
        describe_value(base, target, out);
        return;
    case BINDING_DELETED:
        text_add_string(out, "del ");
        add_text(base, binding->name, out);
        return;
    }
}

static void
describe_bindings(const void *base, struct blob_range range, struct text *out)
{
    const struct binding *bindings = blob_at(base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        text_add_string(out, i ? "; " : "");
        describe_binding(base, &bindings[i], out);
    }
}

static const struct facts *
read_facts(const char *source, struct blob *blob)
{
    struct outline outline = {0};

    facts_read(source, strlen(source), &outline, blob);
    outline_release(&outline);
    assert_true(facts_check(blob->bytes, blob->size_bytes));
    return (const struct facts *)(const void *)blob->bytes;
}

struct row {
    const char *source;
    const char *facts;
};

static void
check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text text = {0};
        struct blob blob = {0};
        const struct facts *facts = read_facts(rows[i].source, &blob);
        describe_bindings(facts, facts->bindings, &text);
        if (facts->error_line) {
            text_add_format(&text, "line %u: %s", facts->error_line, blob_text(facts, facts->error));
        }
        assert_string_equal(text_string(&text), rows[i].facts);
        text_release(&text);
        blob_release(&blob);
    }
}

static void
literals_are_what_python_makes_of_them(void **state)
{
    static const struct row ROWS[] = {
        {"x = 0", "x=0"},
        {"x = 0x_Ff, 0o17, 0b1_0, 1_000, 00", "x=(255, 15, 2, 1000, 0)"},
        {"x = 0xffffffffffffffffffffffff", "x=79228162514264337593543950335"},
        {"x = -5, +5, - -5, -0, -0x10", "x=(-5, 5, 5, 0, -16)"},
        {"x = 1.0, .5, 1e16, 1e15, 1e-5, 0.0001, 1e999, -0.0, 1_0.0_1",
         "x=(1.0, 0.5, 1e+16, 1000000000000000.0, 1e-05, 0.0001, inf, -0.0, 10.01)"},
        {"x = 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1e1, 123456789012345678.0",
         "x=(5e-324, 2.2250738585072014e-308, 1.7976931348623157e+308, 1.0, 1.2345678901234568e+17)"},
        {"x = 2j, -2j, 1.5J, 1e400j", "x=(2j, (-0-2j), 1.5j, infj)"},
        {"x = 'a' \"b\" '''c'''", "x='abc'"},
        {"x = 'a\\n\\x41\\101\\u00e9\\U0001F600\\q\\\nb'", "x='a\nAA\xc3\xa9\xf0\x9f\x98\x80\\qb'"},
        {"x = r'\\n' 'a'", "x='\\na'"},
        {"x = b'\\101\\u0041' Rb'\\d'", "x=b'A\\u0041\\d'"},
        {"x = '\\N{DASH}', '\\ud800', f'{a}', 'a' f'b'", "x=(?'\\N{DASH}', ?'\\ud800', ?f'{a}', ?'a' f'b')"},
        {"x = '''a\r\nb\rc'''", "x='a\nb\nc'"},
        {"x = '\xff'", "x=?'\xff'"},
        {"x = [], (), {}, {1}, {1: 2}, (1,), (1)", "x=([], (), {:}, {1}, {:1, 2}, (1), 1)"},
        {"x = [None, True, False, ..., a . b]", "x=[None, True, False, .., a.b]"},
        {"x = [*a], [b for b in c], {**a}, {a: b for a in c}, (a for b in c)",
         "x=(~[*a]~, ~[b for b in c]~, ~{**a}~, ~{a: b for a in c}~, ?(a for b in c))"},
        {"x = f(1, *a, b=2, **c)", "x=f(1, ?*a, b=2, =c)"},
        {"x = f(a for a in b), f(x)(y), f(x).y, f[1], f(x if y else z)",
         "x=(f(?a for a in b), ?f(x)(y), ?f(x).y, ?f[1], f(?x if y else z))"},
        {"x = lambda a, b=1, *c: (a, b), 2", "x=(?lambda a, b=1, *c: (a, b)?, 2)"},
        {"x = {1: lambda: 2, 'a': lambda y: {y: 1}}", "x={:1, ?lambda: 2?, 'a', ?lambda y: {y: 1}?}"},
        {"x = not a, 1 + a, -a, 'a' % 3, 'a'.b, -2 ** 2, [1] * 2, 1 / 0, 2 ** -1",
         "x=(?not a, ?1 + a, ?-a, ?'a' % 3, ?'a'.b, ?-2 ** 2, ?[1] * 2, ?1 / 0, ?2 ** -1)"},
        {"x = 1 + 2 * 3, 2 ** 3 ** 2, (1 + 2) * -3, -7 // 2, -7 % 3, 1 << 70 >> 1, 2 ** 64 - 1 | 6 & 3",
         "x=(7, 512, -9, -4, 2, 590295810358705651712, 18446744073709551615)"},
        {"x = 1 / 3, 0.1 + 0.2, 3 * 1e300 * 1e300, 2 ** 127, -2 ** 127",
         "x=(0.3333333333333333, 0.30000000000000004, ?3 * 1e300 * 1e300, ?2 ** 127, ?-2 ** 127)"},
        {"x = 'a' * 3 + 'b', 2 * b'c', 'a' * -1, [1] + [a, 2], (1,) + (2,), 'a' + b'b', 'a' * 99999",
         "x=('aaab', b'cc', '', [1, a, 2], (1, 2), ?'a' + b'b', ?'a' * 99999)"},
        {"x = [1, # one\n 2]", "x=[1, 2]"},
        {"x = 1, f([2 ! 3])", "line 1: invalid syntax"},
        {"x = [1, 2,\n", "line 1: '[' was never closed"},
        {"x = 1 +", "line 1: invalid syntax"},
    };

    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
whatever_binds_a_name_is_told(void **state)
{
    static const struct row ROWS[] = {
        {"", ""},
        {"import a, b.c, d.e as f", "a<a; b<b.c; f<d.e as f"},
        {"lazy import a\nlazy from .b import c\nlazy = 1", "a<a; c<.b:c; lazy=1"},
        {"from . import a\nfrom ...b.c import (d as e, f,)\nfrom g import *",
         "a<.:a; e<...b.c:d as e; f<...b.c:f; <g (star)"},
        {"a = b = 1", "a=1; b=1"},
        {"a, (b, *c), d[0], e.f = g", "a=?; b=?; c=?; d.[]=?; e.f=?"},
        {"(a) = 1\n[b] = c", "a=1; b=?"},
        {"a: int = 1\nb: str\nc.d: int = 2", "a=1; c.d=2"},
        {"a += 1; b.c |= 2; d[e] = 3", "a=?; b.c=?; d.[]=?"},
        {"del a, b.c, (d, e), f[0]", "del a; b.c=?; del d; del e; f.[]=?"},
        {"x = (y := 1, [z := i for i in j])", "y=?; z=?; x=(?y := 1, ~[z := i for i in j]~)"},
        {"type A[T] = B\ntype = 1\ntype(x)", "A=?; type=1"},
        {"for a, b in c:\n d = 1\nelse:\n e = 2", "if a=?; if b=?; if d=1; if e=2"},
        {"while a:\n b = 1", "if b=1"},
        {"with a as b, c as (d, e.f):\n g = 1", "b=?; d=?; e.f=?; try g=1"},
        {"try:\n a = 1\nexcept A as b:\n c = 2\nelse:\n d = 3\nfinally:\n e = 4",
         "try a=1; if except b=?; if except c=2; if except del b; try d=3; e=4"},
        {"match a:\n case [b, *c, d.e, F(g, h=i), {'j': k, **l}, _, (1 | 2) as m] if n:\n  o = 1",
         "if b=?; if c=?; if g=?; if i=?; if k=?; if l=?; if m=?; if o=1"},
        {"def f():\n global a, b\n 'global c'", "def f(); if a=?; if b=?"},
        {"class A:\n def f(self):\n  def g():\n   global h", "class A() {def f(self)}; if h=?"},
        {"lambda: 0\nx[0]\n'doc'", ""},
    };

    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
conditions_are_followed(void **state)
{
    static const struct row ROWS[] = {
        {"if TYPE_CHECKING:\n a = 1\nelse:\n b = 2", "checking a=1; b=2"},
        {"if not t.TYPE_CHECKING:\n a = 1\nelse:\n b = 2", "a=1; checking b=2"},
        {"if True:\n a = 1\nelse:\n b = 2", "a=1"},
        {"if 0:\n a = 1\nelif x:\n b = 2", "if b=2"},
        {"if __name__ == '__main__':\n a = 1\nelse:\n b = 2", "b=2"},
        {"if __name__ == '__main__' and x:\n import a", ""},
        {"if x or TYPE_CHECKING:\n a = 1", "if a=1"},
        {"if sys.version_info >= (3, 8):\n a = 1\nelif os.name == 'nt':\n b = 2\nelse:\n c = 3",
         "if sys.version_info >= (3, 8): a=1; if not sys.version_info >= (3, 8) and os.name == 'nt': b=2; "
         "if not sys.version_info >= (3, 8) not os.name == 'nt': c=3"},
        {"if sys.platform.startswith('win') or not sys.version_info[0] == 2:\n a = 1",
         "if sys.platform.startswith('win') or not sys.version_info[0] == 2: a=1"},
        {"if x:\n a = 1\nelif sys.platform == 'y':\n b = 2\nelse:\n c = 3", "if a=1; if b=2; if c=3"},
        {"if x:\n if os.name == 'nt':\n  a = 1", "if a=1"},
        {"try:\n if os.name == 'nt':\n  a = 1\nexcept E: pass", "if os.name == 'nt': try a=1"},
        {"try:\n import a\nexcept ImportError:\n a = None", "try a<a (in try); if except a=None"},
    };

    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
functions_and_classes_are_described(void **state)
{
    static const struct row ROWS[] = {
        {"def f(): pass", "def f()"},
        {"async def f(a, b): yield", "async def f(a, b) yield"},
        {"def f(a, b=1, /, c: int = 2, *d: x, e, g=3, **h) -> i: ...", "def f(/a, /b=, c=, *d, ~e, ~g=, **h)"},
        {"def f(a, *, b=lambda c, d: 1, e): ...", "def f(a, ~b=, ~e)"},
        {"def f[T: (int, str)](a: T): ...", "def f(a)"},
        {"@a.b\n@c(1, d=[2])\n@e[0]\ndef f(): ...", "@a.b @c(1, d=[2]) @?e[0] def f()"},
        {"class A: x = 1", "class A() {x=1}"},
        {"@d\nclass A(B, c.D[E], F(), metaclass=M): pass", "@d class A(B, c.D, F(), metaclass=M) {}"},
        {"class A[T](B, *c):\n class D:\n  def e(self): 0", "class* A(B) {class D() {def e(self)}}"},
        {"class A:\n locals()['b'] = 1", "class A() {locals.[]=?} touches"},
        {"def f(a): return a", "def f(a) -> a a"},
        {"def f(a):\n a.b = 1\n return a", "def f(a) -> a a a= b"},
        {"def f(a):\n if a.b:\n  return a\n return a # same", "def f(a) -> a a b"},
        {"def f(a):\n a.b, c = 1, 2\n return a", "def f(a) -> a a a= b c"},
        {"def f(a):\n c(a)\n return a", "def f(a) -> a a a= c"},
        {"def f(a):\n print(a, a.b)\n return a", "def f(a) -> a a b print"},
        {"class A:\n a: int = 1\n b: 'B'", "class A() {a:int; a=1; b:'B'}"},
        {"def f(a):\n if a.b:\n  return a", "def f(a)"},
        {"def f(a):\n if a.b:\n  return\n return a", "def f(a)"},
        {"def f(a):\n a = g(a)\n return a", "def f(a)"},
        {"def f(a):\n for a in b: pass\n return a", "def f(a)"},
        {"def f(a):\n return b", "def f(a)"},
        {"def f(a):\n @w(a)\n def g(*b):\n  return 1\n return g", "def f(a) -> g a a= b g w {@w(a) def g(*b)}"},
        {"def f(a):\n def g(b):\n  def h(): return 1\n  return h\n return g",
         "def f(a) -> g b g h {def g(b) -> h h {def h()}}"},
        {"def test_f(a):\n def g(b): return b\n return a", "def test_f(a)"},
        {"def pytest_x(items):\n items.sort(); f'{a.b}' 'c'", "def pytest_x(items) a b f items sort"},
    };

    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
what_a_module_does_is_noted(void **state)
{
    static const struct {
        const char *source;
        uint32_t flags;
        const char *calls;
    } ROWS[] = {
        {"x = f()", 0, ""},
        {"f(g.h(1)); f()", SCOPE_CALLS, "f g.h"},
        {"f()()", SCOPE_CALLS | SCOPE_CALLS_UNNAMED, "f"},
        {"print(f'{len(x)}')", SCOPE_CALLS, "print len"},
        {"def f(): g()", 0, ""},
        {"try: import a\nexcept ImportError: pytest.skip('b')", SCOPE_CALLS | SCOPE_SKIPS_IN_EXCEPT, "pytest.skip"},
        {"pytest.importorskip('x')", SCOPE_CALLS | SCOPE_SKIPS, "pytest.importorskip"},
        {"x = pytest.importorskip('x')", SCOPE_SKIPS, ""},
        {"pytestmark = pytest.mark.skip(1)", 0, ""},
        {"if x: raise SkipTest", SCOPE_SKIPS, ""},
        {"if TYPE_CHECKING: raise SkipTest", 0, ""},
        {"if __name__ == '__main__': sys.exit(main())", 0, ""},
        {"globals()['x'] = 1", SCOPE_TOUCHES_NAMESPACE, ""},
        {"f(globals=1)", SCOPE_CALLS, "f"},
        {"sys.modules[__name__] = 1", SCOPE_TOUCHES_NAMESPACE, ""},
        {"vars = 1", 0, ""},
        {"def test_\xc3\xa9(\xd0\xb0): '\xef\xac\x81'", 0, ""},
        {"def test_\xef\xac\x81(): 0", SCOPE_TOUCHES_NAMESPACE, ""},
        {"def f(e\xcc\x81): 0", SCOPE_TOUCHES_NAMESPACE, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        struct blob blob = {0};
        const struct facts *facts = read_facts(ROWS[i].source, &blob);
        const blob_offset *calls = blob_at(facts, facts->calls.first);
        for (uint32_t c = 0; c < facts->calls.count; c++) {
            text_add_format(&text, "%s%s", c ? " " : "", blob_text(facts, calls[c]));
        }
        assert_string_equal(text_string(&text), ROWS[i].calls);
        assert_int_equal(facts->scope_flags, ROWS[i].flags);
        text_release(&text);
        blob_release(&blob);
    }
}

/* A source with one literal of so many bytes. */
static const struct facts *
read_literal(size_t length, const char *before, struct blob *blob)
{
    struct text source = {0};

    text_add_string(&source, before);
    for (size_t i = 0; i < length; i++) {
        text_add_char(&source, 'a');
    }
    text_add_string(&source, "'\nz = 1\n");
    const struct facts *facts = read_facts(source.bytes, blob);
    text_release(&source);
    return facts;
}

static void
long_literals_are_not_kept(void **state)
{
    struct blob blob = {0};

    (void)state;
    for (size_t length = FACTS_MAX_TEXT - 1; length <= FACTS_MAX_TEXT + 1; length++) {
        const struct facts *facts = read_literal(length, "x = '", &blob);
        const struct binding *binding = blob_at(facts, facts->bindings.first);
        const struct value *value = blob_at(facts, binding->target);
        bool is_kept = length <= FACTS_MAX_TEXT;
        assert_int_equal(value->kind, is_kept ? VALUE_STRING : VALUE_LONG);
        assert_int_equal(blob_text_length(facts, value->text), is_kept ? length : 0);
        assert_int_equal(facts->bindings.count, 2);
        assert_int_equal(facts->scope_flags, 0);
        blob_release(&blob);
    }
    const struct facts *facts = read_literal(1 << 20, "'PYTEST_DONT_REWRITE", &blob);
    assert_true(facts->has_dont_rewrite && !facts->docstring);
    assert_true(blob.size_bytes < 1000);
    blob_release(&blob);
    facts = read_literal(1 << 20, "f('x', y=b'", &blob);
    assert_true(blob.size_bytes < 1000);
    blob_release(&blob);
}

static void
lines_and_docstring_are_kept(void **state)
{
    struct blob blob = {0};
    const struct facts *facts =
        read_facts("'''PYTEST_DONT_''' 'REWRITE'\n\n@d\n@e\nasync def f():\n    class A: pass\n    return 1\n", &blob);
    const struct definition_line *lines = blob_at(facts, facts->definitions.first);
    const struct binding *binding = blob_at(facts, facts->bindings.first);
    const struct function_facts *function = blob_at(facts, binding->target);

    (void)state;
    assert_string_equal(blob_text(facts, facts->docstring), "PYTEST_DONT_REWRITE");
    assert_true(facts->has_dont_rewrite);
    assert_int_equal(facts->line_count, 7);
    assert_int_equal(facts->definitions.count, 1); /* f is a binding's */
    assert_int_equal(lines[0].line, 6);
    assert_int_equal(lines[0].end_line, 6);
    assert_int_equal(lines[0].is_class, 1);
    assert_int_equal(function_first_line(facts, function), 3);
    assert_int_equal(function->line, 5);
    assert_int_equal(function->end_line, 7);
    blob_release(&blob);
}

/* 150 lists in each other: too deep for values, still read to the end. */
static void
deep_values_are_unknown(void **state)
{
    struct text source = {0};
    struct blob blob = {0};
    unsigned depth = 0;

    (void)state;
    text_add_string(&source, "x = ");
    text_add_repeated(&source, '[', 150);
    text_add_repeated(&source, ']', 150);
    const struct facts *facts = read_facts(text_string(&source), &blob);
    const struct binding *binding = blob_at(facts, facts->bindings.first);
    const struct value *value = blob_at(facts, binding->target);
    for (; value->kind == VALUE_LIST; value = blob_at(facts, value->items.first)) {
        depth++;
    }
    assert_int_equal(value->kind, VALUE_UNKNOWN);
    assert_int_equal(depth, 64);
    blob_release(&blob);
    text_release(&source);
}

static void
a_plain_test_takes_less_than_100_bytes(void **state)
{
    enum { TESTS = 100 };
    struct text source = {0};
    struct blob blob = {0};

    (void)state;
    for (int i = 0; i < TESTS; i++) {
        text_add_format(&source, "def test_something_%d():\n    assert True\n\n\n", i);
    }
    read_facts(text_string(&source), &blob);
    assert_true(blob.size_bytes < TESTS * 100);
    blob_release(&blob);
    text_release(&source);
}

/* Every word of the facts replaced by ones that lie: refused, or still readable (ASan watches). */
static void
changed_facts_never_lead_outside(void **state)
{
    static const uint32_t LIES[] = {1, 4, 0x7FFFFFFF, 0xFFFFFFF8, UINT32_MAX};
    struct blob blob = {0};
    struct text text = {0};
    unsigned refused = 0;

    (void)state;
    read_facts("'doc'\nimport a\n@b(1, c=[2])\ndef pytest_x(e, f=1): g\nclass A(B): x = {1: 'y'}\nf()\n"
               "if os.name == 'nt':\n z = 1\n",
               &blob);
    for (size_t at = 0; at < blob.size_bytes; at += sizeof LIES[0]) {
        for (size_t i = 0; i < COUNT_OF(LIES); i++) {
            uint32_t kept = 0;
            memcpy(&kept, blob.bytes + at, sizeof kept);
            memcpy(blob.bytes + at, &LIES[i], sizeof kept);
            if (facts_check(blob.bytes, blob.size_bytes)) {
                const struct facts *facts = (const struct facts *)(const void *)blob.bytes;
                text_clear(&text);
                describe_bindings(facts, facts->bindings, &text);
            } else {
                refused++;
            }
            memcpy(blob.bytes + at, &kept, sizeof kept);
        }
    }
    assert_true(refused > blob.size_bytes / sizeof LIES[0]);
    assert_true(facts_check(blob.bytes, blob.size_bytes));
    for (size_t size = 0; size < blob.size_bytes; size++) {
        assert_false(facts_check(blob.bytes, size));
    }
    text_release(&text);
    blob_release(&blob);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_what_python_makes_of_them),
        cmocka_unit_test(whatever_binds_a_name_is_told),
        cmocka_unit_test(conditions_are_followed),
        cmocka_unit_test(functions_and_classes_are_described),
        cmocka_unit_test(what_a_module_does_is_noted),
        cmocka_unit_test(lines_and_docstring_are_kept),
        cmocka_unit_test(long_literals_are_not_kept),
        cmocka_unit_test(deep_values_are_unknown),
        cmocka_unit_test(a_plain_test_takes_less_than_100_bytes),
        cmocka_unit_test(changed_facts_never_lead_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
