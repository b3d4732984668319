/* Records: what was added is found again, as long as it holds; whatever the file has become is survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "discover/records.h"
#include "os/file.h"
#include "os/temporary.h"

static const unsigned char KEY[16] = "the key";
static const unsigned char OTHER_KEY[16] = "another key";

static int
folder_setup(void **state)
{
    static char folder[64];

    snprintf(folder, sizeof folder, "/tmp/records-XXXXXX");
    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

static int
folder_teardown(void **state)
{
    return tree_remove(*state, NULL, NULL) ? 0 : -1;
}

/* A run that imported `count` modules of the given version, test_0.py ... collected cleanly. */
static void
run_make(struct blob *blob, uint32_t count, unsigned char version)
{
    blob_clear(blob);
    blob_offset at = blob_reserve(blob, sizeof(struct recorded_run));
    blob_offset sources = blob_reserve(blob, count * sizeof(struct recorded_source));
    blob_offset clean = blob_reserve(blob, count * sizeof(struct recorded_file));

    for (uint32_t i = 0; i < count; i++) {
        char path[32];
        int length = snprintf(path, sizeof path, "/p/test_%u.py", i);
        blob_offset text = blob_add_text(blob, path, (size_t)length);
        struct recorded_source *source = (struct recorded_source *)(blob->bytes + sources) + i;
        struct recorded_file *entry = (struct recorded_file *)(blob->bytes + clean) + i;
        source->path = text;
        source->hash[0] = version;
        *entry = (struct recorded_file){.source = i, .test_count = 7};
    }
    struct recorded_run *run = (struct recorded_run *)(blob->bytes + at);
    memcpy(run->key, KEY, sizeof run->key);
    run->sources = (struct blob_range){.first = sources, .count = count};
    run->files = (struct blob_range){.first = clean, .count = count};
}

/* Says that all files are of one version. */
static bool
is_of_version(const struct source_check *check, const char *path, const struct recorded_source *source)
{
    (void)path;
    return source->hash[0] == *(const unsigned char *)check->memory;
}

static void
save(struct records *records)
{
    struct error error = ERROR_INIT;
    assert_true(records_save(records, &error));
    records_free(records);
}

static void
what_steers_plugins_is_told_apart(void **state)
{
    static const struct entry_point ENTRIES[] = {
        {.folder = "/x/pytest_cov-7.1.0.dist-info", .name = "pytest_cov", .module = "pytest_cov.plugin"},
        {.folder = "/x/hypothesis-6.0.dist-info", .name = "hypothesispytest", .module = "_hypothesis_pytestplugin"},
    };
    static const struct {
        const char *variables[4];
        bool is_same;
    } ROWS[] = {
        {{"HOME=/", "PYTEST_CURRENT_TEST=x", "PYTEST_VERSION=9", "PYTEST_ADDOPTS=-q"}, true},
        {{"HYPOTHESISX=1", "COVERAGE_X=1", "COV=1", "XPYTEST_=1"}, true},
        {{"HYPOTHESIS_PROFILE=ci"}, false},
        {{"COV_CORE_SOURCE=x"}, false},
        {{"PYTEST_ANY="}, false},
    };
    static const char *const NONE[] = {NULL};
    unsigned char plain[16];

    (void)state;
    records_steering_key(ENTRIES, 2, NONE, plain);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const char *variables[COUNT_OF(ROWS[i].variables) + 1] = {NULL};
        unsigned char key[16];
        memcpy(variables, ROWS[i].variables, sizeof ROWS[i].variables);
        records_steering_key(ENTRIES, 2, variables, key);
        assert_int_equal(memcmp(key, plain, sizeof key) == 0, ROWS[i].is_same);
    }
}

/* Says nothing of other files: a run that had less than the question's is asked only beside one that had them. */
static void
hooks_are_asked_of_runs_that_had_the_files(void **state)
{
    static const char *const FEW[] = {"/p/test_0.py"};
    static const char *const MANY[] = {"/p/test_0.py", "/p/test_1.py"};
    const struct recorded_question few = {FEW, 1, false};
    const struct recorded_question many = {MANY, 2, true};
    const struct recorded_rest rest = {0};
    unsigned char version = 1;
    struct source_check check = {.is_same = is_of_version, .memory = &version};
    struct records *records = records_open(*state);
    const struct recorded_run *found = NULL;
    struct blob run = {0};

    run_make(&run, 1, 1);
    records_add_run(records, &run);
    assert_true(records_prepare_hooks(records, KEY, &few, &check));
    assert_non_null(records_find_hooks(records, KEY, FEW[0], &rest, &check, &found));
    assert_false(records_prepare_hooks(records, KEY, &many, &check));
    assert_null(records_find_hooks(records, KEY, FEW[0], &rest, &check, &found));
    assert_false(records_prepare_hooks(records, OTHER_KEY, &few, &check));
    /* One that had them, of other contents, and left all of them. */
    run_make(&run, 2, 2);
    ((struct recorded_run *)run.bytes)->flags = RUN_LEFT_ALL;
    records_add_run(records, &run);
    assert_true(records_prepare_hooks(records, KEY, &many, &check));
    assert_non_null(records_find_hooks(records, KEY, FEW[0], &rest, &check, &found));
    assert_null(records_find_hooks(records, KEY, MANY[1], &rest, &check, &found));
    save(records);
    blob_release(&run);
}

static void
run_is_known_while_nothing_changed(void **state)
{
    static const char *const IMPORTS[] = {"/p/test_1.py", "/p/test_2.py", "/p/new.py"};
    unsigned char version = 1;
    struct source_check check = {.is_same = is_of_version, .memory = &version};
    struct records *records = records_open(*state);
    struct blob run = {0};
    size_t count = 0;

    run_make(&run, 5, 1);
    assert_false(records_know_run(records, &run));
    records_add_run(records, &run);
    save(records);
    records = records_open(*state);
    assert_true(records_know_run(records, &run));
    assert_true(records_is_clean(records, KEY, "/p/test_0.py", IMPORTS, 2, NULL, &check, &count));
    assert_int_equal(count, 7);
    assert_false(records_is_clean(records, KEY, "/p/test_0.py", IMPORTS, 3, NULL, &check, NULL));
    assert_false(records_is_clean(records, OTHER_KEY, "/p/test_0.py", IMPORTS, 2, NULL, &check, NULL));
    assert_false(records_is_clean(records, KEY, "/p/new.py", IMPORTS, 0, NULL, &check, NULL));
    version = 2;
    assert_false(records_is_clean(records, KEY, "/p/test_0.py", IMPORTS, 2, NULL, &check, NULL));
    run_make(&run, 5, 2);
    assert_false(records_know_run(records, &run));
    records_add_run(records, &run);
    /* Still appended only, and both versions are told apart. */
    assert_true(records_is_clean(records, KEY, "/p/test_0.py", IMPORTS, 2, NULL, &check, NULL));
    version = 1;
    assert_true(records_is_clean(records, KEY, "/p/test_0.py", IMPORTS, 2, NULL, &check, NULL));
    save(records);
    blob_release(&run);
}

static void
plugins_are_found_by_key(void **state)
{
    static const struct entry_point POINTS[] = {
        {.name = "b", .module = "b_plugin", .folder = "/x/b-1.dist-info"},
        {.name = "a", .module = "a", .folder = "/x/a-1.dist-info"},
    };
    const struct entry_point elsewhere[] = {
        {.name = "a", .module = "a", .folder = "/y/a-1.dist-info"},
        {.name = "xdist", .module = "xdist.plugin", .folder = "/y/pytest_xdist-3.dist-info"}, /* never loaded */
        {.name = "b", .module = "b_plugin", .folder = "/y/b-1.dist-info"},
    };
    struct records *records = records_open(*state);
    struct blob facts = {0};
    unsigned char key[16];
    unsigned char same_key[16];
    unsigned char shorter_key[16];

    records_plugin_key(POINTS, 2, key);
    records_plugin_key(elsewhere, 3, same_key);
    records_plugin_key(POINTS, 1, shorter_key);
    assert_memory_equal(key, same_key, sizeof key);
    assert_memory_not_equal(key, shorter_key, sizeof key);
    blob_reserve(&facts, sizeof(struct plugin_facts));
    blob_offset plugins = blob_reserve(&facts, sizeof(struct recorded_plugin));
    blob_offset name = blob_add_text(&facts, "mock", 4);
    ((struct recorded_plugin *)(facts.bytes + plugins))->name = name;
    ((struct plugin_facts *)facts.bytes)->plugins = (struct blob_range){.first = plugins, .count = 1};
    records_add_plugins(records, key, &facts);
    save(records);
    records = records_open(*state);
    const struct plugin_facts *found = records_find_plugins(records, key);
    assert_non_null(found);
    const struct recorded_plugin *plugin = blob_at(found, found->plugins.first);
    assert_string_equal(blob_text(found, plugin->name), "mock");
    assert_null(records_find_plugins(records, shorter_key));
    records_free(records);
    blob_release(&facts);
}

/* Tests of /p/test_1.py, which rests on one source. */
static void
tests_make(struct blob *blob, const unsigned char key[16], unsigned char version)
{
    struct found_file file = {.format = FOUND_FORMAT, .size_bytes = sizeof file, .flags = FILE_RECORDED};

    blob_clear(blob);
    blob_reserve(blob, sizeof(struct recorded_tests));
    blob_offset path = blob_add_text(blob, "/p/test_1.py", 12);
    blob_offset source = blob_reserve(blob, sizeof(struct recorded_source));
    blob_offset found = blob_add(blob, &file, sizeof file);
    struct recorded_tests *tests = (struct recorded_tests *)blob->bytes;
    memcpy(tests->key, key, sizeof tests->key);
    tests->path = path;
    tests->found = found;
    tests->found_bytes = sizeof file;
    tests->sources = (struct blob_range){.first = source, .count = 1};
    ((struct recorded_source *)(blob->bytes + source))->path = path;
    ((struct recorded_source *)(blob->bytes + source))->hash[0] = version;
}

static void
tests_hold_under_their_key_while_the_sources_do(void **state)
{
    unsigned char version = 1;
    struct source_check check = {.is_same = is_of_version, .memory = &version};
    struct records *records = records_open(*state);
    struct blob tests = {0};

    tests_make(&tests, KEY, 1);
    records_add_tests(records, &tests);
    tests_make(&tests, OTHER_KEY, 2);
    records_add_tests(records, &tests);
    save(records);
    records = records_open(*state);
    assert_non_null(records_find_tests(records, "/p/test_1.py", KEY, &check));
    assert_null(records_find_tests(records, "/p/test_1.py", OTHER_KEY, &check));
    assert_null(records_find_tests(records, "/p/test_2.py", KEY, &check));
    version = 2;
    assert_null(records_find_tests(records, "/p/test_1.py", KEY, &check));
    records_free(records);
    blob_release(&tests);
}

/* Every single byte wrong, every length: what lies before the damage stays, nothing is read out of bounds. */
static void
damage_is_survived(void **state)
{
    unsigned char version = 1;
    struct source_check check = {.is_same = is_of_version, .memory = &version};
    struct records *records = records_open(*state);
    struct blob run = {0};
    struct text path = {0};
    struct text bytes = {0};
    struct error error = ERROR_INIT;

    run_make(&run, 2, 1);
    records_add_run(records, &run);
    save(records);
    text_add_format(&path, "%s/records", (char *)*state);
    assert_true(file_read(path.bytes, 1 << 20, &bytes, &error));
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.bytes[i] ^= 0x40;
        assert_true(file_replace(path.bytes, bytes.bytes, i % 2 ? bytes.length : i, "", 0));
        records = records_open(*state);
        assert_false(records_is_clean(records, KEY, "/p/test_0.py", NULL, 0, NULL, &check, NULL));
        records_free(records);
        bytes.bytes[i] ^= 0x40;
    }
    /* A damaged file is written anew by the next one that has something to say. */
    records = records_open(*state);
    records_add_run(records, &run);
    save(records);
    records = records_open(*state);
    assert_true(records_is_clean(records, KEY, "/p/test_0.py", NULL, 0, NULL, &check, NULL));
    records_free(records);
    text_release(&path);
    text_release(&bytes);
    blob_release(&run);
}

static void
file_does_not_grow_without_end(void **state)
{
    struct blob run = {0};
    struct text path = {0};
    struct file_stamp stamp;

    for (unsigned char version = 0; version < 200; version++) {
        struct records *records = records_open(*state);
        run_make(&run, 100, version);
        records_add_run(records, &run);
        save(records);
    }
    text_add_format(&path, "%s/records", (char *)*state);
    assert_true(file_stamp_read(path.bytes, &stamp));
    assert_true(stamp.size_bytes < 64 * 1024 + 4 * run.size_bytes);
    text_release(&path);
    blob_release(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(run_is_known_while_nothing_changed, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(hooks_are_asked_of_runs_that_had_the_files, folder_setup, folder_teardown),
        cmocka_unit_test(what_steers_plugins_is_told_apart),
        cmocka_unit_test_setup_teardown(plugins_are_found_by_key, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(tests_hold_under_their_key_while_the_sources_do, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(damage_is_survived, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(file_does_not_grow_without_end, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
