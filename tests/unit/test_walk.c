/* Which files a walk finds, in which order, and what it says of folders that it cannot follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/text.h"
#include "discover/internal.h"
#include "os/source_file.h"
#include "os/temporary.h"

static char top[64];

static int
make_top(void **state)
{
    (void)state;
    snprintf(top, sizeof top, "/tmp/fastest-walk-XXXXXX");
    return mkdtemp(top) ? 0 : -1;
}

static int
remove_top(void **state)
{
    (void)state;
    return tree_remove(top, NULL, NULL) ? 0 : -1;
}

/* "path", "path=content" (a file), "path/" (a folder) or "path>target" (a link), below the top. */
static void
make(const char *what)
{
    struct text path = {0};
    struct text folder = {0};
    const char *sign = strpbrk(what, "=>");

    text_add_format(&path, "%s/%.*s", top, (int)(sign ? sign - what : (long)strlen(what)), what);
    text_add(&folder, path.bytes, (size_t)(strrchr(path.bytes, '/') - path.bytes));
    assert_true(folder_make(folder.bytes));
    if (sign && *sign == '>') {
        assert_int_equal(symlink(sign + 1, path.bytes), 0);
    } else if (path.bytes[path.length - 1] != '/') {
        assert_true(file_replace(path.bytes, sign ? sign + 1 : "", sign ? strlen(sign + 1) : 0, NULL, 0));
    }
    text_release(&path);
    text_release(&folder);
}

/* The files found, "nodeid(selector,selector)", and the problems, "!path", or the error. */
static char *
walk(const char *const *arguments, size_t count)
{
    const char *environment[] = {NULL};
    struct discover_question question = {
        .folder = top, .arguments = arguments, .argument_count = count, .environment = environment};
    struct discover_settings settings;
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct library *library = library_new(NULL);
    struct text text = {0};
    struct walk found = {0};

    assert_true(settings_read(&question, &arena, &settings, &error));
    settings.folder = top;
    if (!walk_sources(&settings, library, &arena, &found, &error)) {
        text_add_string(&text, error.message);
        found.file_count = 0;
    }
    for (size_t i = 0; i < found.file_count; i++) {
        text_add_format(&text, "%s%s", i ? " " : "", found.files[i].source->nodeid);
        for (size_t j = 0; j < found.files[i].selector_count; j++) {
            text_add_format(&text, "(%s)", found.files[i].selectors[j]);
        }
        if (found.files[i].source->folder->reason) {
            text_add_char(&text, '?');
        }
    }
    for (size_t i = 0; i < found.problem_count; i++) {
        text_add_format(&text, " !%s", found.problems[i].path);
    }
    library_free(library);
    project_release(&settings.project);
    arena_release(&arena);
    return text.bytes ? text.bytes : (text_add_string(&text, ""), text.bytes);
}

static void
rows_find_what_pytest_collects(void **state)
{
    static const struct {
        const char *name;
        const char *made[8];
        const char *arguments[4];
        const char *expected;
    } ROWS[] = {
        {"order",
         {"test_b.py", "test_a/test_x.py", "test_c.py", "a_test.py", "test.py"},
         {0},
         "a_test.py test_a/test_x.py test_b.py test_c.py"},
        {"package first",
         {"pytest.ini=[pytest]\npython_files=*.py", "p/__init__.py", "p/Z.py", "p/a/x.py"},
         {0},
         "p/__init__.py p/Z.py p/a/x.py"},
        {"init of no test", {"p/__init__.py", "p/test_a.py"}, {0}, "p/test_a.py"},
        {"left out",
         {"build/test_a.py", ".x/test_a.py", "__pycache__/test_a.py", "a.egg/test_a.py", "v/pyvenv.cfg", "v/test_a.py",
          "c/conda-meta/history", "c/test_a.py"},
         {0},
         ""},
        {"named, so not left out",
         {"build/test_a.py", "v/pyvenv.cfg", "v/x.py"},
         {"build", "v/x.py"},
         "build/test_a.py v/x.py"},
        {"environment allowed", {"v/pyvenv.cfg", "v/test_x.py"}, {"--collect-in-virtualenv"}, "v/test_x.py"},
        {"ignored",
         {"test_a.py", "b/test_b.py", "c/test_c.py", "d/test_d.py"},
         {"--ignore=test_a.py", "--ignore=b", "--ignore-glob=*/test_d*"},
         "c/test_c.py"},
        {"conftest ignores",
         {"conftest.py=collect_ignore = ['a', 'b/test_b.py']", "a/test_a.py", "b/test_b.py", "b/test_c.py",
          "b/d/conftest.py=collect_ignore_glob = ('*_x.py',)", "b/d/test_x.py", "b/d/test_y.py"},
         {0},
         "b/d/test_y.py b/test_c.py"},
        {"nearest conftest",
         {"conftest.py=collect_ignore = ['b/test_b.py']", "b/conftest.py=collect_ignore=[]", "b/test_b.py"},
         {0},
         "b/test_b.py"},
        {"computed",
         {"b/conftest.py=collect_ignore = []\nif x():\n    collect_ignore.append('test_b.py')", "b/test_b.py",
          "test_a.py"},
         {0},
         "b/test_b.py? test_a.py"},
        {"no conftest", {"conftest.py=collect_ignore = ['test_a.py']", "test_a.py"}, {"--noconftest"}, "test_a.py"},
        {"overlap", {"a/test_a.py", "a/test_b.py"}, {"a/test_b.py", "a", "a/test_b.py::x"}, "a/test_a.py a/test_b.py"},
        {"order of arguments", {"a/test_a.py", "b/test_b.py"}, {"b", "a/test_a.py"}, "b/test_b.py a/test_a.py"},
        {"a-b is not below a", {"a/test_a.py", "a-b/test_b.py"}, {"a-b", "a"}, "a-b/test_b.py a/test_a.py"},
        {"duplicates", {"a/test_a.py"}, {"--keep-duplicates", "a", "a/test_a.py"}, "a/test_a.py a/test_a.py"},
        {"parts",
         {"test_a.py", "test_b.py"},
         {"test_b.py::C::x[a::b/c]", "test_b.py::y", "test_a.py"},
         "test_b.py(C::x[a::b/c])(y) test_a.py"},
        {"covered parts",
         {"test_a.py"},
         {"test_a.py::C::x", "test_a.py::C", "test_a.py::x[1]", "test_a.py::x"},
         "test_a.py(C)(x)"},
        {"missing", {0}, {"nothing.py"}, "file or directory not found: nothing.py"},
        {"missing part", {0}, {"nothing.py::x"}, "file or directory not found: nothing.py::x"},
        {"part of a folder", {"a/"}, {"a::x"}, "directory argument cannot contain :: selection parts: a::x"},
        {"brackets of nothing", {"a/"}, {"a[x]"}, "path cannot contain [] parametrization: a[x]"},
        {"links",
         {"a/test_a.py", "b>a", "test_b.py>a/test_a.py", "test_c.py>nowhere"},
         {0},
         "a/test_a.py b/test_a.py test_b.py"},
        {"loops", {"a/test_a.py", "a/b/up>../..", "a/self>self", "a/here>."}, {0}, "a/test_a.py !a/b/up !a/here"},
        {"odd names",
         {"test_\xff.py", "test_\xc3\xa9.py", "test_\xef\xbf\xbd.py", "test_\n.py", "test_z.py"},
         {0},
         "test_\n.py test_z.py test_\xc3\xa9.py test_\xff.py test_\xef\xbf\xbd.py"},
        {"patterns with slashes",
         {"pytest.ini=[pytest]\npython_files=u/*.py c*.py\nnorecursedirs=x/y", "u/a.py", "x/u/b.py", "x/y/c.py",
          "x/cc.py", "x/z/c.py"},
         {0},
         "u/a.py x/cc.py x/u/b.py x/z/c.py"},
        {"texts",
         {"test_a.txt", "a.txt", "b/README.rst", "b/test_b.txt", "b/conftest.py=collect_ignore=['test_b.txt']"},
         {"."},
         "test_a.txt"},
        {"named texts", {"a.txt", "b.rst"}, {"b.rst", "a.txt"}, "b.rst a.txt"},
        {"no doctest", {"test_a.txt"}, {"-pno:doctest"}, ""},
        {"confcutdir",
         {"conftest.py=collect_ignore=['a/b/test_x.py']", "a/b/test_x.py"},
         {"--confcutdir=a", "a"},
         "a/b/test_x.py"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        size_t count = 0;
        for (size_t j = 0; j < COUNT_OF(ROWS[i].made) && ROWS[i].made[j]; j++) {
            make(ROWS[i].made[j]);
        }
        while (count < COUNT_OF(ROWS[i].arguments) && ROWS[i].arguments[count]) {
            count++;
        }
        char *found = walk(ROWS[i].arguments, count);
        if (strcmp(found, ROWS[i].expected) != 0) {
            fail_msg("%s: found %s, not %s", ROWS[i].name, found, ROWS[i].expected);
        }
        memory_free(found);
        assert_true(tree_remove(top, NULL, NULL));
        assert_int_equal(mkdir(top, 0777), 0);
    }
}

/* Where both root and arguments are elsewhere, ids begin at the argument. */
static void
files_outside_of_the_root_are_named_from_their_argument(void **state)
{
    struct text given[2] = {{0}};
    const char *arguments[3] = {"--rootdir=r"};

    (void)state;
    make("r/pytest.ini");
    make("o/p/test_a.py");
    text_add_format(&given[0], "%s/o", top);
    text_add_format(&given[1], "%s/o/p/test_a.py", top);
    for (size_t i = 0; i < 2; i++) {
        arguments[1] = given[i].bytes;
        char *found = walk(arguments, 2);
        assert_string_equal(found, i ? "" : "p/test_a.py");
        memory_free(found);
        text_release(&given[i]);
    }
}

static void
unreadable_folders_are_problems_and_the_rest_is_found(void **state)
{
    char folder[80];

    (void)state;
    if (getuid() == 0) {
        skip(); /* root reads everything */
    }
    make("a/test_a.py");
    make("b/test_b.py");
    snprintf(folder, sizeof folder, "%s/a", top);
    assert_int_equal(chmod(folder, 0), 0);
    char *found = walk(NULL, 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_string_equal(found, "b/test_b.py !a");
    memory_free(found);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_find_what_pytest_collects, make_top, remove_top),
        cmocka_unit_test_setup_teardown(files_outside_of_the_root_are_named_from_their_argument, make_top, remove_top),
        cmocka_unit_test_setup_teardown(unreadable_folders_are_problems_and_the_rest_is_found, make_top, remove_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
