/* What counts in a discovery: command lines, settings, sys.path. */
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

#include "base/text.h"
#include "discover/internal.h"

extern char **environ;

/* A folder of its own; the tests leave it to the system's cleaning of /tmp. */
static void
make_folder(char folder[64])
{
    char name[64] = "/tmp/fastest-settings-XXXXXX";

    assert_non_null(mkdtemp(name));
    assert_non_null(realpath(name, folder));
}

static void
write_file(const char *folder, const char *name, const char *content)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

/* Paths without the folder that they are in. */
static void
add_list(struct text *text, const char *name, const char *const *list, const char *folder)
{
    if (!*list) {
        return;
    }
    text_add_format(text, "%s:", name);
    for (; *list; list++) {
        size_t length = strlen(folder);
        bool is_inside = strncmp(*list, folder, length) == 0 && (*list)[length] == '/';
        text_add_format(text, " %s", strcmp(*list, folder) == 0 ? "." : *list + (is_inside ? length + 1 : 0));
    }
    text_add_string(text, "; ");
}

struct question {
    const char *folder;
    const char *words; /* split at spaces */
    const char *environment[3];
};

static void
describe(const struct question *row, struct text *text, unsigned char key[16])
{
    struct arena arena = {0};
    struct discover_settings settings;
    struct error error = ERROR_INIT;
    char *copy = arena_copy_string(&arena, row->words);
    const char *words[16];
    size_t count = 0;

    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    struct discover_question question = {
        .folder = row->folder, .arguments = words, .argument_count = count, .environment = row->environment};
    if (!settings_read(&question, &arena, &settings, &error)) {
        text_add_format(text, "%s", error.message);
    } else {
        settings.arguments = memcpy(arena_alloc_zeroed(&arena, (settings.argument_count + 1) * sizeof(char *)),
                                    settings.arguments, settings.argument_count * sizeof(char *));
        add_list(text, "args", settings.arguments, row->folder);
        add_list(text, "ignored", settings.ignored, row->folder);
        add_list(text, "deselected", settings.deselected, row->folder);
        add_list(text, "plugins", settings.early_plugins, row->folder);
        text_add_format(text, "%s%s%s", settings.keyword ? "-k " : "", settings.keyword ? settings.keyword : "",
                        settings.keyword ? "; " : "");
        text_add_string(text, settings.has_noconftest ? "noconftest; " : "");
        text_add_string(text, settings.import_mode == IMPORT_MODE_IMPORTLIB ? "importlib; " : "");
        text_add_string(text, settings.has_strict_marks ? "strict; " : "");
        text_add_string(text, settings.has_error_filters ? "errors; " : "");
        text_add_format(text, "%s", settings.reason ? settings.reason : "");
        if (key) {
            memcpy(key, settings.key, 16);
        }
    }
    project_release(&settings.project);
    arena_release(&arena);
}

static void
command_lines_are_read_as_pytest_reads_them(void **state)
{
    char folder[64];
    static const struct {
        const char *words;
        const char *environment;
        const char *expected;
    } ROWS[] = {
        {"", NULL, "args: .; "},
        {"-k=a t.py -x --ignore sub -vk b", NULL, "args: t.py; ignored: sub; -k b; "},
        {"-xqk c --deselect=t.py::a --noconftest", NULL, "args: .; deselected: t.py::a; -k c; noconftest; "},
        {"--import-mode importlib t.py::x --strict-markers -W error::UserWarning", NULL,
         "args: t.py::x; importlib; strict; errors; "},
        {"-p foo -p no:bar -pno:doctest -p pytester", "PYTEST_PLUGINS=a.b,c", "args: .; plugins: foo no:bar a.b c; "},
        {"t.py", "PYTEST_ADDOPTS=-k 'x y' sub", "args: sub t.py; -k x y; "},
        {"-- t.py", NULL, "args: t.py; "},
        {"@words t.py", NULL, "args: sub t.py; -k from a file; "},
        {"--cov sub --cov-report=xml -n 4 --timeout 3 t.py", NULL, "args: t.py; "},
        {"--unheard t.py", NULL,
         "args: t.py; --unheard: an option that is not pytest's, whose effect on collection is not known"},
        {"--unheard value t.py", NULL,
         "args: t.py; --unheard: an option that is not pytest's, whose effect on collection is not known"},
        {"-o pythonpath=. --pyargs pack pack.t::name ./t.py nothing", NULL,
         "args: pack pack/t.py::name ./t.py nothing; --pyargs: modules are found by the interpreter"},
        {"--lf", NULL, "args: .; --lf: the cache of the last run decides which tests run, and in which order"},
        {"--doctest-modules", NULL, "args: .; --doctest-modules: doctests are collected by the interpreter"},
        {"-k", NULL, "argument -k: expected one argument"},
        {"--maxfail x", NULL, "argument --maxfail: invalid int value: 'x'"},
        {"--import-mode=x", NULL,
         "argument --import-mode: invalid choice: 'x' (choose from 'prepend', 'append', 'importlib')"},
        {"--noconftest=1", NULL, "argument --noconftest: ignored explicit argument '1'"},
        {"@nothing", NULL, "[Errno 2] No such file or directory: 'nothing'"},
        {"-o x", NULL, "-o/--override-ini expects option=value style (got: 'x')."},
        {"-p no:mark", NULL, "plugin mark cannot be disabled"},
        {"--confcutdir nothing", NULL, "--confcutdir must be a directory, given: nothing"},
        {"", "PYTEST_ADDOPTS='a", "PYTEST_ADDOPTS does not split into words: No closing quotation"},
    };
    (void)state;
    make_folder(folder);
    write_file(folder, "t.py", "");
    write_file(folder, "sub/t.py", "");
    write_file(folder, "pack/__init__.py", "");
    write_file(folder, "pack/t.py", "");
    write_file(folder, "words", "-k\r\nfrom a file\n@more\n");
    write_file(folder, "more", "sub");
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        struct question question = {folder, ROWS[i].words, {ROWS[i].environment}};
        describe(&question, &text, NULL);
        assert_string_equal(text_string(&text), ROWS[i].expected);
        text_release(&text);
    }
}

static void
settings_have_the_types_that_pytest_gives_them(void **state)
{
    static const struct {
        const char *file;
        const char *content;
        const char *words;
        const char *expected; /* behind the folder, when it is an error */
    } ROWS[] = {
        {"pytest.ini", "[pytest]\ntestpaths = s* 't.py'\naddopts = -k 'a b'", "", "args: sub t.py; -k a b; "},
        {"pytest.ini", "[pytest]\ntestpaths = **/t.py", "", "args: sub/deep/t.py sub/t.py t.py; "},
        {"pytest.ini", "[pytest]\ntestpaths = nothing", "", "args: .; "},
        {"pytest.ini", "[pytest]\naddopts = --ignore=sub", "-o addopts=-kz", "args: .; -k z; "},
        {"pytest.ini", "[pytest]\nfilterwarnings =\n  ignore\n  err::UserWarning", "", "args: .; errors; "},
        {"pytest.ini", "[pytest]\nstrict = yes", "", "args: .; strict; "},
        {"pytest.ini", "[pytest]\nstrict = yes\nstrict_markers = 0", "", "args: .; "},
        {"pytest.ini", "[pytest]\nstrict = perhaps", "", "invalid truth value 'perhaps'"},
        {"pytest.ini", "[pytest]\naddopts = 'a", "", "No closing quotation"},
        {"pytest.ini", "[pytest]\nminversion = 9.3", "",
         "/pytest.ini: 'minversion' requires pytest-9.3, actual pytest-" FASTEST_PYTEST_VERSION "'"},
        {"pytest.ini", "[pytest]\nempty_parameter_set_mark = x", "",
         "/pytest.ini: config option 'empty_parameter_set_mark' expects one of 'skip' | 'xfail' | 'fail_at_collect', "
         "got 'x'"},
        {"pytest.toml", "[pytest]\naddopts = ['-k', 'q r']\nstrict = true", "", "args: .; -k q r; strict; "},
        {"pytest.toml", "[pytest]\naddopts = '-k q'", "",
         "/pytest.toml: config option 'addopts' expects a list for type 'args', got str: '-k q'"},
        {"pytest.toml", "[pytest]\ntestpaths = ['a', 3]", "",
         "/pytest.toml: config option 'testpaths' expects a list of strings, but item at index 1 is int: 3"},
        {"pytest.toml", "[pytest]\nstrict = 'yes'", "",
         "/pytest.toml: config option 'strict' expects a bool, got str: 'yes'"},
        {"pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-k q'\nstrict = true", "", "args: .; -k q; strict; "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char folder[64];
        struct text text = {0};
        make_folder(folder);
        write_file(folder, "t.py", "");
        write_file(folder, "sub/t.py", "");
        write_file(folder, "sub/deep/t.py", "");
        write_file(folder, ".hidden/t.py", "");
        write_file(folder, ROWS[i].file, ROWS[i].content);
        struct question question = {folder, ROWS[i].words, {NULL}};
        describe(&question, &text, NULL);
        const char *found = text_string(&text);
        found += ROWS[i].expected[0] == '/' ? strlen(folder) : 0;
        assert_string_equal(found, ROWS[i].expected);
        text_release(&text);
    }
}

/* What the tests of a file depend on changes the key; what only selects or shows does not. */
static void
the_key_tells_what_files_depend_on(void **state)
{
    static const struct {
        const char *words;
        bool is_same;
    } ROWS[] = {
        {"t.py", true},
        {"-k a -m b --ignore=x --deselect=y -q --tb=short --cov", true},
        {"-o console_output_style=count -o testpaths=a", true},
        {"--import-mode=append", false},
        {"--noconftest", false},
        {"-o python_functions=check", false},
        {"-o asyncio_mode=auto", false},
        {"-p foo", false},
        {"--randomly-seed=3", false},
        {"--strict-markers", false},
        {"-W error", false},
    };
    char folder[64];
    unsigned char base[16];
    struct text text = {0};
    (void)state;
    make_folder(folder);
    struct question plain = {folder, "", {NULL}};
    describe(&plain, &text, base);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        unsigned char key[16];
        struct question question = {folder, ROWS[i].words, {NULL}};
        describe(&question, &text, key);
        if ((memcmp(base, key, sizeof key) == 0) != ROWS[i].is_same) {
            fail_msg("the key of '%s'", ROWS[i].words);
        }
    }
    text_release(&text);
}

/* ---- sys.path ---- */

/* What an interpreter itself says; false: it cannot be started. */
static bool
ask_interpreter(const char *interpreter, struct text *text)
{
    char command[512];
    char buffer[4096];
    size_t count = 0;

    snprintf(command, sizeof command, "cd / && '%s' -c 'import sys; print(chr(10).join(sys.path[1:]))' 2>/dev/null",
             interpreter);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while ((count = fread(buffer, 1, sizeof buffer, pipe)) > 0) {
        text_add(text, buffer, count);
    }
    return pclose(pipe) == 0;
}

static void
compare_path(const char *interpreter)
{
    struct arena arena = {0};
    struct python_path path;
    struct text expected = {0};
    struct text found = {0};

    python_path_find(interpreter, (const char *const *)environ, &arena, &path);
    if (ask_interpreter(interpreter, &expected)) {
        for (size_t i = 0; path.folders[i]; i++) {
            text_add_format(&found, "%s\n", path.folders[i]);
        }
        assert_string_equal(text_string(&found), text_string(&expected));
        assert_null(path.reason);
    }
    text_release(&expected);
    text_release(&found);
    arena_release(&arena);
}

static void
sys_path_is_what_the_interpreter_says(void **state)
{
    static const char *const PYTHONS[] = {"/usr/bin/python3", "/usr/local/bin/python3"};
    char folder[64];
    (void)state;
    make_folder(folder);
    for (size_t i = 0; i < COUNT_OF(PYTHONS); i++) {
        char command[256];
        char environment[128];
        if (access(PYTHONS[i], X_OK) != 0) {
            continue;
        }
        compare_path(PYTHONS[i]);
        for (int system = 0; system < 2; system++) {
            snprintf(environment, sizeof environment, "%s/%zu%d", folder, i, system);
            snprintf(command, sizeof command, "'%s' -m venv --without-pip %s %s >/dev/null 2>&1", PYTHONS[i],
                     system ? "--system-site-packages" : "", environment);
            FILE *pipe = popen(command, "r");
            assert_non_null(pipe);
            if (pclose(pipe) == 0) {
                char program[192];
                snprintf(program, sizeof program, "%s/bin/python", environment);
                compare_path(program);
            }
        }
    }
}

static void
path_files_name_folders_and_run_code(void **state)
{
    static const char *const ENVIRONMENT[] = {"HOME=/nowhere", "PYTHONPATH=/one:/two:/one", NULL};
    struct arena arena = {0};
    struct python_path path;
    struct text text = {0};
    char folder[64];
    char program[192];
    (void)state;
    make_folder(folder);
    write_file(folder, "base/lib/python3.12/os.py", "");
    snprintf(program, sizeof program, "home = %s/base/bin\nversion = 3.12.1\ninclude-system-site-packages = false\n",
             folder);
    write_file(folder, "env/pyvenv.cfg", program);
    write_file(folder, "env/bin/python", "");
    write_file(folder, "env/lib/python3.12/site-packages/a.pth", "# no\n\n../../../extra\nmissing\r\n");
    write_file(folder, "env/lib/python3.12/site-packages/distutils-precedence.pth", "import os; os.x");
    write_file(folder, "env/extra/x", "");
    write_file(folder, "env/lib/python3.12/site-packages/foo_bar-1.5.dist-info/entry_points.txt",
               "[console_scripts]\nx = y\n[pytest11]\nfoo = foo_bar.plugin\n other=foo_bar:thing # no\n");
    write_file(folder, "env/lib/python3.12/site-packages/foo_bar-1.5.dist-info/METADATA",
               "Name: Foo-Bar\nVersion: 1.5\n");
    snprintf(program, sizeof program, "%s/env/bin/python", folder);
    python_path_find(program, ENVIRONMENT, &arena, &path);
    add_list(&text, "path", path.folders, folder);
    for (size_t i = 0; i < path.plugin_count; i++) {
        text_add_format(&text, "%s=%s (%s) ", path.plugins[i].name, path.plugins[i].module,
                        path.plugins[i].distribution);
    }
    assert_string_equal(text_string(&text),
                        "path: /one /two base/lib/python312.zip base/lib/python3.12 base/lib/python3.12/lib-dynload "
                        "env/lib/python3.12/site-packages env/extra; foo=foo_bar.plugin (Foo-Bar 1.5) "
                        "other=foo_bar (Foo-Bar 1.5) ");
    assert_false(path.has_import_hooks);
    assert_int_equal(path.minor, 12);
    write_file(folder, "env/lib/python3.12/site-packages/z.pth", "import finder; finder.install()");
    python_path_find(program, ENVIRONMENT, &arena, &path);
    assert_true(path.has_import_hooks);
    text_release(&text);
    arena_release(&arena);
}

static void
an_unknown_interpreter_gives_a_reason(void **state)
{
    struct arena arena = {0};
    struct python_path path;
    (void)state;
    python_path_find(NULL, NULL, &arena, &path);
    assert_non_null(path.reason);
    assert_null(path.folders[0]);
    python_path_find("/bin/sh", NULL, &arena, &path);
    assert_non_null(path.reason);
    arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines_are_read_as_pytest_reads_them),
        cmocka_unit_test(settings_have_the_types_that_pytest_gives_them),
        cmocka_unit_test(the_key_tells_what_files_depend_on),
        cmocka_unit_test(sys_path_is_what_the_interpreter_says),
        cmocka_unit_test(path_files_name_folders_and_run_code),
        cmocka_unit_test(an_unknown_interpreter_gives_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
