/* What is told of one file: its tests in order, those that are not exact behind a question mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "discover/internal.h"
#include "os/source_file.h"
#include "os/temporary.h"

static char top[64];

static bool
write_file(const char *name, const char *source)
{
    struct text path = {0};

    text_add_format(&path, "%s/%s", top, name);
    bool is_written = file_replace(path.bytes, source, strlen(source), NULL, 0);
    text_release(&path);
    return is_written;
}

/* There is no interpreter: what the sources import lies beside them. */
static int
make_top(void **state)
{
    (void)state;
    snprintf(top, sizeof top, "/tmp/fastest-resolve-XXXXXX");
    return mkdtemp(top) && write_file("pytest.py", "") && write_file("unittest.py", "") && write_file("os.py", "") &&
                   write_file("enum.py", "") && write_file("dataclasses.py", "") && write_file("typing.py", "") &&
                   write_file("abc.py", "ABC = abstractmethod = None")
               ? 0
               : -1;
}

static int
remove_top(void **state)
{
    (void)state;
    return tree_remove(top, NULL, NULL) ? 0 : -1;
}

static void
add_tests(const struct discovered_file *file, struct text *found)
{
    const struct found_function *functions = blob_at(file->found, file->found->functions.first);

    for (size_t i = 0; i < file->selected_count; i++) {
        struct text id = {0};
        discovered_id_add(file, &file->selected[i], &id);
        text_add_string(found, found->length ? " " : "");
        text_add_string(found, functions[file->selected[i].function].flags & TEST_EXACT ? "" : "?");
        text_add_string(found, id.bytes + strlen("test_a.py::"));
        text_release(&id);
    }
    text_add_string(found, file->found->flags & FILE_EXACT ? "" : " ...");
}

/* The tests of a source; " ..." where there may be others. */
static char *
resolve(const char *source)
{
    static const char *const NONE[] = {NULL};
    struct discover_question question = {.folder = top, .environment = NONE, .without_index = true, .thread_count = 1};
    struct discovery discovery;
    struct error error = ERROR_INIT;
    struct text found = {0};

    assert_true(write_file("test_a.py", source));
    assert_true(discovery_make(&question, &discovery, &error));
    assert_int_equal(discovery.file_count, 1);
    assert_true(found_check(discovery.files[0].found, discovery.files[0].found->size_bytes));
    add_tests(&discovery.files[0], &found);
    discovery_release(&discovery);
    return found.bytes;
}

struct row {
    const char *source, *found;
};

static void
check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *found = resolve(rows[i].source);
        if (strcmp(found ? found : "", rows[i].found) != 0) {
            fail_msg("%s\ngives %s\nnot   %s", rows[i].source, found, rows[i].found);
        }
        free(found);
    }
}

static void
names_stand_in_the_order_of_the_dict(void **state)
{
    static const struct row ROWS[] = {
        {"", ""},
        {"def test_a(): pass\ndef helper(): pass\ndef test_b(): pass", "test_a test_b"},
        {"def test_a(): pass\ndef test_b(): pass\ndef test_a(): pass", "test_a test_b"},
        {"def test_a(): pass\ndef test_b(): pass\ndel test_a\ndef test_a(): pass", "test_b test_a"},
        {"def test_a(): pass\ntest_b = test_a\ntest_c = None\ndel test_a", "test_b"},
        {"if something():\n    def test_a(): pass\ndef test_b(): pass", "?test_a ?test_b ..."},
        {"import os\nif os.environ:\n    def test_a(): pass\ndef test_b(): pass", "?test_a test_b ..."},
        {"if __name__ == '__main__':\n    def test_a(): pass", ""},
        {"try:\n    def test_a(): pass\nexcept ImportError: pass\ndef test_b(): pass", "?test_a test_b ..."},
        {"def test_a(): pass\ntest_a.__test__ = False", ""},
        {"def test_a(): pass\ntest_a.__test__ = False\ndef test_a(): pass", "test_a"},
        {"test_a = make()\ndef test_b(): pass", "?test_b ..."},
        {"test_a = max(1, 2)\ndef test_b(): pass", "test_b ..."},
        {"globals()['x'] = 1\ndef test_b(): pass", "?test_b ..."},
        {"raise SystemExit\ndef test_b(): pass", "?test_b ..."},
    };
    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
classes_follow_their_bases(void **state)
{
    static const struct row ROWS[] = {
        {"class TestA:\n    def test_a(self): pass\nclass TestB(TestA):\n    def test_b(self): pass",
         "TestA::test_a TestB::test_a TestB::test_b"},
        {"class A:\n    def test_a(self): pass", ""},
        {"class TestA:\n    def __init__(self): pass\n    def test_a(self): pass", ""},
        {"import unittest\nclass A(unittest.TestCase):\n    def test_b(self): pass\n    def test_a(self): pass",
         "A::test_a A::test_b"},
        {"class TestA:\n    class TestB:\n        def test_a(self): pass", "TestA::TestB::test_a"},
        {"from abc import ABC, abstractmethod\nclass TestA(ABC):\n    @abstractmethod\n    def test_a(self): pass", ""},
        {"class TestA(unknown.Base):\n    def test_a(self): pass", "?TestA::test_a ..."},
    };
    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
parameters_are_told_by_their_ids(void **state)
{
    static const struct row ROWS[] = {
        {"import pytest\n@pytest.mark.parametrize('a', [1, 'x', None, []])\ndef test_a(a): pass",
         "test_a[1] test_a[x] test_a[None] test_a[a3]"},
        {"import pytest\n@pytest.mark.parametrize('a', [1, 1])\ndef test_a(a): pass", "test_a[1_0] test_a[1_1]"},
        {"import pytest\n@pytest.mark.parametrize('a', f())\ndef test_a(a): pass\ndef test_b(): pass",
         "?test_a test_b ..."},
        {"import pytest\n@pytest.mark.parametrize(['a'], ['%d' % 3, ()])\ndef test_a(a): pass\ndef test_b(): pass",
         "?test_a ?test_b ..."},
        {"import pytest\n@pytest.mark.parametrize(['a'], [unknown_one(), ()])\ndef test_a(a): pass\ndef test_b(): pass",
         "?test_a ?test_b ..."},
        {"import pytest\n@pytest.mark.parametrize('b', [1, 2], ids=['x'])\n@pytest.mark.parametrize('a', f())\n"
         "def test_a(a, b): pass\ndef test_b(): pass",
         "?test_a ?test_b ..."},
        {"import pytest\n@pytest.mark.parametrize(['a'], [('x',)])\ndef test_a(a): pass", "test_a[x]"},
        {"import pytest\nL = [1]\nL[0] = 2\n@pytest.mark.parametrize('a', L)\ndef test_a(a): pass", "?test_a ..."},
        {"import pytest\nL = [1]\n@pytest.mark.parametrize('a', L)\ndef test_a(a): pass", "test_a[1]"},
        {"import pytest\n@pytest.fixture(params=['f'])\ndef f(): pass\ndef test_a(f): pass", "test_a[f]"},
        {"import pytest\n@pytest.mark.parametrize('b', [1])\ndef test_a(a): pass\ndef test_b(): pass",
         "?test_a ?test_b ..."},
        {"import pytest\n@pytest.fixture(params=[1, 2], scope='module')\ndef f(): pass\n"
         "def test_a(f): pass\ndef test_b(f): pass",
         "test_a[1] test_b[1] test_a[2] test_b[2]"},
    };
    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
definitions_that_raise_make_the_file_inexact(void **state)
{
    static const struct row ROWS[] = {
        {"import abc\nclass M(type): pass\nclass A(abc.ABC, metaclass=M): pass\ndef test_a(): pass", "?test_a ..."},
        {"import abc\nclass M(type): pass\nclass A(metaclass=M): pass\nclass O:\n    class B(A, abc.ABC): pass\n"
         "def test_a(): pass",
         "?test_a ..."},
        {"import abc\nclass M(abc.ABCMeta): pass\nclass A(abc.ABC, metaclass=M): pass\nclass B(A, abc.ABC): pass\n"
         "def test_a(): pass",
         "test_a"},
        {"import enum\nclass M(type): pass\nclass A(enum.Enum, metaclass=M): pass\ndef test_a(): pass", "?test_a ..."},
        {"import enum\nclass TestA(enum.Enum):\n    pytestmark = []\ndef test_a(): pass", "?test_a ..."},
        {"import typing\nclass A(typing.NamedTuple, metaclass=type): x: int\ndef test_a(): pass", "test_a"},
        {"import typing\nclass TestA(typing.NamedTuple):\n    pytestmark = make()\ndef test_a(): pass", "?test_a ..."},
        {"import dataclasses, unittest\n@dataclasses.dataclass\nclass A(unittest.TestCase):\n    x: int\n"
         "def test_a(): pass",
         "test_a ..."},
        {"import typing\nclass A(typing.NamedTuple):\n    __slots__ = ()\ndef test_a(): pass", "?test_a ..."},
        {"import enum\nclass A(enum.Enum):\n    a = 1\n    def __init__(self): pass\ndef test_a(): pass",
         "?test_a ..."},
        {"import enum\nclass A(enum.Enum):\n    a = 1, 2\n    def __init__(self, x, y): pass\ndef test_a(): pass",
         "test_a"},
        {"import enum\nclass A(enum.Enum):\n    a = 1, 2\n    def __init__(self, *x): pass\ndef test_a(): pass",
         "test_a"},
        {"import pytest\n@staticmethod\n@pytest.mark.skip\ndef test_a(): pass\ndef test_b(): pass",
         "?test_a test_b ..."},
        {"def helper(): pass\nclass A(helper): pass\ndef test_a(): pass", "?test_a ..."},
        {"class A: pass\nclass B(A): pass\nclass C(A, B): pass\ndef test_a(): pass", "?test_a ..."},
        {"import pytest\nclass A:\n    @pytest.mark.skip\n    @pytest.fixture\n    def f(self): pass\n"
         "def test_a(): pass",
         "?test_a ..."},
    };
    (void)state;
    check_rows(ROWS, COUNT_OF(ROWS));
}

static void
strict_markers_hold_for_marks_of_all_bodies(void **state)
{
    static const struct row ROWS[] = {
        {"import pytest\ndef test_a(): print(pytest.mark.never)\ndef test_b(x='pytest.mark.never'): pass",
         "test_a test_b"},
        {"import pytest\nx = [print, pytest.mark.never]\ndef test_a(): pass", "?test_a ..."},
        {"import pytest\nclass A:\n    def f(self, x=pytest.mark.never): pass\ndef test_a(): pass", "?test_a ..."},
        {"import pytest\nm = pytest.mark\ndef test_a(): pass", "?test_a ..."},
        {"import pytest\nx = pytest.mark.skip\ndef test_a(): pass", "test_a"},
    };
    (void)state;
    assert_true(write_file("pytest.ini", "[pytest]\naddopts = --strict-markers\n"));
    check_rows(ROWS, COUNT_OF(ROWS));
    assert_true(write_file("pytest.ini", "[pytest]\n"));
}

static void
folders_give_their_reason_to_every_test(void **state)
{
    static const char *const NONE[] = {NULL};
    struct discover_question question = {.folder = top, .environment = NONE, .without_index = true, .thread_count = 1};
    struct discovery discovery;
    struct error error = ERROR_INIT;

    (void)state;
    assert_true(write_file("conftest.py", "collect_ignore = [str(1)]"));
    assert_true(write_file("test_a.py", "def test_a(): pass\nclass TestB:\n    def test_b(self): pass"));
    assert_true(discovery_make(&question, &discovery, &error));
    assert_int_equal(discovery.file_count, 1);
    const struct found_file *found = discovery.files[0].found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    assert_true(found_check(found, found->size_bytes));
    assert_int_equal(found->functions.count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_false(functions[i].flags & TEST_EXACT);
        assert_string_equal(blob_text(found, found_details(found, &functions[i])->reason),
                            "conftest.py computes collect_ignore");
    }
    discovery_release(&discovery);
    assert_true(write_file("conftest.py", ""));
}

/* What most tests have in common stands in the index once, and what they do not have not at all. */
static void
plain_tests_are_small(void **state)
{
    static const char *const NONE[] = {NULL};
    struct discover_question question = {.folder = top, .environment = NONE, .without_index = true, .thread_count = 1};
    struct discovery discovery;
    struct error error = ERROR_INIT;

    (void)state;
    assert_true(write_file("test_a.py", "import pytest\ndef test_a(): pass\ndef test_b(): pass\n"
                                        "@pytest.mark.slow(1)\ndef test_c(): pass\n"
                                        "@pytest.mark.slow(1)\ndef test_d(): pass\n"));
    assert_true(discovery_make(&question, &discovery, &error));
    const struct found_file *found = discovery.files[0].found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    assert_true(found_check(found, found->size_bytes));
    assert_true(found->flags & FILE_IN_ORDER);
    assert_int_equal(found->tests.count, 0);
    assert_int_equal(discovery.files[0].selected_count, 4);
    assert_int_equal(discovery.files[0].selected[3].function, 3);
    assert_int_equal(found->details.count, 1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(functions[i].details, i < 2 ? 0 : 1);
    }
    discovery_release(&discovery);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_in_the_order_of_the_dict),
        cmocka_unit_test(classes_follow_their_bases),
        cmocka_unit_test(parameters_are_told_by_their_ids),
        cmocka_unit_test(definitions_that_raise_make_the_file_inexact),
        cmocka_unit_test(strict_markers_hold_for_marks_of_all_bodies),
        cmocka_unit_test(folders_give_their_reason_to_every_test),
        cmocka_unit_test(plain_tests_are_small),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
