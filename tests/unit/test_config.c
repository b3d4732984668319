/* Configuration files: their dialects, their errors, and which of them counts. */
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
#include "config/config.h"

/* ---- Ini files ---- */

/* The whole file as text: [section] and name=value, newlines in values as "|". */
static void
describe_ini(const struct ini_file *file, struct text *text)
{
    for (size_t i = 0; i < file->section_count; i++) {
        text_add_format(text, "[%s]", file->sections[i].name);
        for (size_t j = 0; j < file->sections[i].value_count; j++) {
            text_add_format(text, "%s=%s;", file->sections[i].values[j].name, file->sections[i].values[j].value);
        }
    }
    for (size_t i = 0; i < text->length; i++) {
        text->bytes[i] = text->bytes[i] == '\n' ? '|' : text->bytes[i];
    }
}

static void
ini_rows_parse_or_name_their_line(void **state)
{
    static const struct {
        const char *text;
        const char *expected; /* what it holds, or the message */
    } ROWS[] = {
        {"[pytest]\naddopts = -q\n", "[pytest]addopts=-q;"},
        {"[a]\nx: 1\ny = b:c\nz=d=e\nw:v=u", "[a]x=1;y=b:c;z=d=e;w=v=u;"},
        {"[a]\nx =\n  one\n\n  # no\n\ttwo  \ny=", "[a]x=one|two;y=;"},
        {"[a]\nx = 1\n  2\n", "[a]x=1|2;"},
        {"[a] # said ; so\nx=1 # kept\n", "[a]x=1 # kept;"},
        {"\xef\xbb\xbf[a]\r\nx=1\r\ny=2", "[a]x=1;y=2;"},
        {"[a]\nx = \xc2\xa0v\xe2\x80\x83\n", "[a]x=v;"},
        {"[a]\nx=1\n[b", "[a]x=1|[b;"},
        {"", ""},
        {"x=1", "f:1: no section header defined"},
        {"[]", "f:1: empty section name"},
        {"[a]\n\nnothing", "f:3: unexpected line: 'nothing'"},
        {"[a]\nit's", "f:2: unexpected line: \"it's\""},
        {"[a]\n  x", "f:2: unexpected value continuation"},
        {"[a]\nx=1\nx=2", "f:3: duplicate name 'x'"},
        {"[a]\n[a]", "f:2: duplicate section 'a'"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena = {0};
        struct ini_file file = {0};
        struct error error = ERROR_INIT;
        struct text text = {0};
        if (ini_parse("f", ROWS[i].text, strlen(ROWS[i].text), &arena, &file, &error)) {
            describe_ini(&file, &text);
        } else {
            text_add_string(&text, error.message);
        }
        assert_string_equal(text_string(&text), ROWS[i].expected);
        text_release(&text);
        arena_release(&arena);
    }
}

/* ---- TOML (generated documents are compared with tomllib in tests/engine/test_toml_file.py) ---- */

static void
toml_keeps_order_and_finds_keys(void **state)
{
    static const char DOCUMENT[] = "top = 1\n[tool.pytest.ini_options]\naddopts = '-q'\n\"odd key\" = [1, 'b']\n"
                                   "[[bin]]\nn = 0x1f\n[[bin]]\nn = 1_000\n";
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct toml_value *root = NULL;
    (void)state;

    assert_true(toml_parse(DOCUMENT, strlen(DOCUMENT), &arena, &root, &error));
    assert_int_equal(root->count, 3);
    const struct toml_value *options = toml_find(toml_find(toml_find(root, "tool"), "pytest"), "ini_options");
    assert_non_null(options);
    assert_string_equal(options->entries[0].key, "addopts");
    assert_string_equal(options->entries[0].value->text, "-q");
    assert_int_equal(toml_find(options, "odd key")->count, 2);
    assert_string_equal(toml_find(toml_find(root, "bin")->items[1], "n")->text, "1000");
    assert_null(toml_find(toml_find(root, "top"), "x"));
    arena_release(&arena);
}

static void
toml_errors_name_the_line(void **state)
{
    static const char *const ROWS[][2] = {
        {"a = 1\nb = \n", "expected a value (at line 2)"},
        {"a = 1\na = 2\n", "expected a key that is not in use (at line 2)"},
        {"[a]\n[a]\n", "expected a table that is not in use (at line 2)"},
        {"a = 'x\n", "expected no control characters (at line 2)"},
        {"a = [1 2]\n", "expected ',' or ']' (at line 1)"},
        {"a\n", "expected '=' after a key (at line 1)"},
        {"a = 1 b = 2\n", "expected the end of the line (at line 1)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena = {0};
        struct error error = ERROR_INIT;
        struct toml_value *root = NULL;
        assert_false(toml_parse(ROWS[i][0], strlen(ROWS[i][0]), &arena, &root, &error));
        assert_string_equal(error.message, ROWS[i][1]);
        arena_release(&arena);
    }
}

static void
nested_values_do_not_overflow_the_stack(void **state)
{
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct toml_value *root = NULL;
    struct text text = {0};
    (void)state;

    text_add_string(&text, "a = ");
    text_add_repeated(&text, '[', 100000);
    assert_false(toml_parse(text.bytes, text.length, &arena, &root, &error));
    text_release(&text);
    arena_release(&arena);
}

/* ---- Words ---- */

static void
words_split_as_a_shell_splits_them(void **state)
{
    static const char *const ROWS[][2] = {
        {"  -k 'a b'  c\\ d\t\"e \\\" \\x $\"f\n'' g#h", "-k|a b|c d|e \" \\x $f||g#h|"},
        {"", ""},
        {"'open", "No closing quotation"},
        {"\"open", "No closing quotation"},
        {"a\\", "No escaped character"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena = {0};
        struct error error = ERROR_INIT;
        struct text text = {0};
        const char **words = NULL;
        size_t count = 0;
        if (!shell_split(ROWS[i][0], &arena, &words, &count, &error)) {
            text_add_string(&text, error.message);
        }
        for (size_t j = 0; j < count; j++) {
            text_add_format(&text, "%s|", words[j]);
        }
        assert_string_equal(text_string(&text), ROWS[i][1]);
        text_release(&text);
        arena_release(&arena);
    }
}

/* ---- Projects ---- */

static void
absolute_paths_are_resolved_by_name(void **state)
{
    static const char *const ROWS[][2] = {
        {"a", "/w/a"}, {"./a//b/", "/w/a/b"}, {"../x", "/x"}, {"../../..", "/"},
        {"/", "/"},    {"/a/../b/.", "/b"},   {"", "/w"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        path_add_absolute(&text, "/w", ROWS[i][0]);
        assert_string_equal(text_string(&text), ROWS[i][1]);
        text_release(&text);
    }
}

/* A folder of its own, with files made by write_file(); the tests leave it to the system's cleaning of /tmp. */
struct place {
    char folder[64];
};

static void
place_make(struct place *place)
{
    snprintf(place->folder, sizeof place->folder, "/tmp/fastest-config-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
}

static void
write_file(const struct place *place, const char *name, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    for (char *slash = strchr(path + strlen(place->folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

/* Root and file relative to the place, and the names set: "sub sub/pytest.ini addopts,". */
static void
describe_project(const struct place *place, const char *const *arguments, size_t count, struct text *text)
{
    struct project_question question = {
        .invocation_folder = place->folder, .arguments = arguments, .argument_count = count};
    struct project project;
    struct error error = ERROR_INIT;
    size_t skip = strlen(place->folder);

    if (!project_find(&question, &project, &error)) {
        text_add_string(text, strstr(error.message, ": ") + 2);
    } else {
        text_add_format(text, "%s %s ", project.root_folder + skip,
                        project.config_file ? project.config_file + skip : "-");
        for (size_t i = 0; i < project.setting_count; i++) {
            text_add_format(text, "%s,", project.settings[i].name);
        }
        for (size_t i = 0; i < project.ignored_file_count; i++) {
            text_add_format(text, " ignores %s", project.ignored_files[i]);
        }
    }
    project_release(&project);
}

static void
first_file_that_counts_is_found(void **state)
{
    static const struct {
        const char *files[6]; /* name, content, ... */
        const char *argument;
        const char *expected;
    } ROWS[] = {
        {{"pytest.ini", ""}, NULL, " /pytest.ini "},
        {{"tox.ini", "[tox]\n", "setup.py", ""}, NULL, " - "},
        {{"tox.ini", "[pytest]\nx=1\n", "pyproject.toml", "[tool.pytest.ini_options]\ny=1\n"},
         NULL,
         " /pyproject.toml y, ignores tox.ini"},
        {{"pyproject.toml", "[project]\n", "setup.cfg", "[tool:pytest]\nz=1\n"}, NULL, " /setup.cfg z,"},
        {{"pyproject.toml", "[tool.pytest]\nz=1\n", "sub/test_a.py", ""}, "sub/test_a.py::x", " /pyproject.toml z,"},
        {{"sub/pytest.toml", "[pytest]\na=1\n", "sub/test_a.py", ""}, "sub/test_a.py", "/sub /sub/pytest.toml a,"},
        {{"sub/setup.py", "", "sub/deep/test_a.py", ""}, "sub/deep", "/sub - "},
        {{"pytest.toml", "a = 1\n"},
         NULL,
         "pytest configuration must be under a [pytest] table (found top-level options: a)"},
        {{"pyproject.toml", "[tool.pytest]\na=1\n[tool.pytest.ini_options]\nb=1\n"},
         NULL,
         "Cannot use both [tool.pytest] (native TOML types) and [tool.pytest.ini_options] (string-based INI format) "
         "simultaneously. Please use [tool.pytest] with native TOML types (recommended) or "
         "[tool.pytest.ini_options] for backwards compatibility."},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct place place;
        struct text text = {0};
        place_make(&place);
        for (size_t j = 0; j < COUNT_OF(ROWS[i].files) && ROWS[i].files[j]; j += 2) {
            write_file(&place, ROWS[i].files[j], ROWS[i].files[j + 1]);
        }
        describe_project(&place, &ROWS[i].argument, ROWS[i].argument ? 1 : 0, &text);
        assert_string_equal(text_string(&text), ROWS[i].expected);
        text_release(&text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ini_rows_parse_or_name_their_line),  cmocka_unit_test(toml_keeps_order_and_finds_keys),
        cmocka_unit_test(toml_errors_name_the_line),          cmocka_unit_test(nested_values_do_not_overflow_the_stack),
        cmocka_unit_test(words_split_as_a_shell_splits_them), cmocka_unit_test(absolute_paths_are_resolved_by_name),
        cmocka_unit_test(first_file_that_counts_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
