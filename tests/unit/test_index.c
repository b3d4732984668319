/* The index: what is kept is found again while it holds, whatever the file on disk has become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "discover/index.h"
#include "os/file.h"
#include "os/source_file.h"
#include "os/temporary.h"

static const unsigned char KEY[16] = "the key";
static const unsigned char OTHER_KEY[16] = "another key";
static char top[64], cache[96], index_path[112];

static int
make_top(void **state)
{
    (void)state;
    snprintf(top, sizeof top, "/tmp/fastest-index-XXXXXX");
    if (!mkdtemp(top)) {
        return -1;
    }
    snprintf(cache, sizeof cache, "%s/.pytest_cache/d/fastest", top);
    snprintf(index_path, sizeof index_path, "%s/index", cache);
    return 0;
}

static int
remove_top(void **state)
{
    (void)state;
    return tree_remove(top, NULL, NULL) ? 0 : -1;
}

/* The path of a file below the top, until the next call with the same number. */
static const char *
path_of(unsigned number)
{
    static char paths[16][96];

    snprintf(paths[number % 16], sizeof paths[0], "%s/test_%u.py", top, number);
    return paths[number % 16];
}

static void
write_file(unsigned number, const char *content)
{
    assert_true(file_replace(path_of(number), content, strlen(content), NULL, 0));
}

/* A file of one test, whose name is given. */
static struct found_file *
make_found(struct blob *blob, const char *name)
{
    blob_clear(blob);
    blob_reserve(blob, sizeof(struct found_file));
    blob_offset function = blob_reserve(blob, sizeof(struct found_function));
    blob_offset test = blob_reserve(blob, sizeof(struct found_test));
    blob_offset text = blob_add_text(blob, name, strlen(name));
    ((struct found_function *)(blob->bytes + function))->name = text;
    struct found_file *found = (struct found_file *)blob->bytes;
    *found = (struct found_file){.format = FOUND_FORMAT,
                                 .size_bytes = (uint32_t)blob->size_bytes,
                                 .functions = {function, 1},
                                 .tests = {test, 1}};
    return found;
}

static const char *
name_in(const struct found_file *found)
{
    return found ? blob_text(found, ((const struct found_function *)blob_at(found, found->functions.first))->name) : "";
}

/* What a discovery does: keeps the facts and one test of the files from `first` on. */
static void
keep_files_under(const unsigned char *key, unsigned first, unsigned count, const char *name, const char *missing)
{
    struct error error = ERROR_INIT;
    struct index *index = index_open(cache);
    struct library *library = library_new(index);
    struct blob blobs[16] = {{0}};

    for (unsigned i = first; i < first + count; i++) {
        struct source *source = library_source(library, path_of(i));
        struct source *other = library_source(library, path_of(0));
        struct dependencies dependencies = {
            .sources = &other, .source_count = 1, .missing = &missing, .missing_count = missing ? 1 : 0};
        assert_non_null(source_facts(library, source));
        index_keep_tests(index, library, source, key, make_found(&blobs[i], name), &dependencies);
    }
    assert_true(index_save(index, &error));
    library_free(library);
    index_close(index);
    for (size_t i = 0; i < 16; i++) {
        blob_release(&blobs[i]);
    }
}

static void
keep_files(unsigned first, unsigned count, const char *name, const char *missing)
{
    keep_files_under(KEY, first, count, name, missing);
}

/* The name of the test kept for a file; "" when nothing is. */
static void
assert_kept(unsigned number, const unsigned char *key, const char *name)
{
    struct index *index = index_open(cache);
    struct library *library = library_new(index);
    const struct found_file *found = index_find_tests(index, library, library_source(library, path_of(number)), key);

    assert_string_equal(name_in(found), name);
    library_free(library);
    index_close(index);
}

static void
tests_are_found_while_all_they_rest_on_is_the_same(void **state)
{
    struct text missing = {0};

    (void)state;
    text_add_format(&missing, "%s/helper.py", top);
    write_file(0, "x = 1\n");
    write_file(1, "def test_a(): pass\n");
    keep_files(1, 1, "test_a", missing.bytes);
    assert_kept(1, KEY, "test_a");
    assert_kept(1, OTHER_KEY, "");
    assert_kept(0, KEY, "");

    write_file(1, "def test_b(): pass\n");
    assert_kept(1, KEY, "");
    write_file(1, "def test_a(): pass\n"); /* other stamps, same content */
    assert_kept(1, KEY, "test_a");

    write_file(0, "x = 2\n");
    assert_kept(1, KEY, "");
    write_file(0, "x = 1\n");
    assert_true(file_replace(missing.bytes, "", 0, NULL, 0));
    assert_kept(1, KEY, "");
    file_remove(missing.bytes);
    assert_kept(1, KEY, "test_a");
    file_remove(path_of(0));
    assert_kept(1, KEY, "");
    text_release(&missing);
}

static void
later_segments_override_and_are_joined_some_time(void **state)
{
    struct mapped_file mapped;
    size_t most_bytes = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        write_file(i, "def test_a(): pass\n");
    }
    keep_files(1, 3, "test_0", NULL);
    for (unsigned turn = 1; turn < 100; turn++) {
        char name[16];
        snprintf(name, sizeof name, "test_%u", turn);
        keep_files(1, 1, name, NULL);
        assert_kept(1, KEY, name);
        assert_kept(2, KEY, "test_0");
        assert_true(file_map(index_path, &mapped));
        most_bytes = mapped.size_bytes > most_bytes ? mapped.size_bytes : most_bytes;
        file_unmap(&mapped);
    }
    assert_in_range(most_bytes, 1, 16 * 1024);
    file_remove(path_of(3));
    for (unsigned turn = 0; turn < 50; turn++) {
        keep_files(1, 1, "x", NULL);
    }
    write_file(3, "def test_a(): pass\n"); /* forgotten since it had vanished */
    assert_kept(3, KEY, "");
}

static void
tests_under_two_keys_are_kept_side_by_side(void **state)
{
    struct mapped_file mapped;
    size_t most_bytes = 0;
    unsigned char key[16] = "key 0";

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        write_file(i, "def test_a(): pass\n");
    }
    keep_files(1, 2, "one", NULL);
    keep_files_under(OTHER_KEY, 1, 2, "other", NULL);
    for (unsigned turn = 0; turn < 30; turn++) { /* more segments than there may be: they are joined meanwhile */
        keep_files(3, 1, "test_a", NULL);
        assert_kept(1, KEY, "one");
        assert_kept(1, OTHER_KEY, "other");
    }
    for (unsigned turn = 0; turn < 100; turn++) {
        unsigned char last[16];
        memcpy(last, key, sizeof last);
        key[4] = (unsigned char)turn;
        keep_files_under(key, 1, 2, "new", NULL);
        assert_kept(2, key, "new");
        assert_kept(2, turn ? last : OTHER_KEY, turn ? "new" : "other");
        assert_true(file_map(index_path, &mapped));
        most_bytes = mapped.size_bytes > most_bytes ? mapped.size_bytes : most_bytes;
        file_unmap(&mapped);
    }
    assert_in_range(most_bytes, 1, 24 * 1024);
    assert_kept(1, KEY, "");
    write_file(1, "def test_b(): pass\n");
    keep_files(1, 1, "test_b", NULL);
    assert_kept(1, key, "");
    assert_kept(1, KEY, "test_b");
}

/* Loads the file as it is now, and asks it everything. */
static void
ask_everything(void)
{
    struct index *index = index_open(cache);
    struct library *library = library_new(index);

    for (unsigned i = 0; i < 4; i++) {
        struct source *source = library_source(library, path_of(i));
        const struct found_file *found = index_find_tests(index, library, source, KEY);
        assert_true(!found || strcmp(name_in(found), "test_a") == 0);
        assert_int_equal(source_facts(library, source)->error_line, 0);
    }
    library_free(library);
    index_close(index);
}

static void
damage_is_never_believed(void **state)
{
    struct text whole = {0};
    struct error error = ERROR_INIT;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        write_file(i, "def test_a(): pass\n");
    }
    keep_files(1, 2, "test_a", "/nowhere");
    keep_files_under(OTHER_KEY, 3, 1, "test_a", NULL);
    keep_files(3, 1, "test_a", NULL);
    assert_true(file_read(index_path, 1 << 20, &whole, &error));
    for (size_t i = 0; i < whole.length; i++) {
        whole.bytes[i] = (char)(whole.bytes[i] ^ (1 << i % 8));
        assert_true(file_replace(index_path, whole.bytes, whole.length, NULL, 0));
        ask_everything();
        whole.bytes[i] = (char)(whole.bytes[i] ^ (1 << i % 8));
    }
    for (size_t i = 0; i < whole.length; i++) {
        assert_true(file_replace(index_path, whole.bytes, i, NULL, 0));
        ask_everything();
    }
    /* And what is damaged is made anew. */
    assert_true(file_replace(index_path, whole.bytes, whole.length / 3, NULL, 0));
    keep_files(1, 3, "test_a", NULL);
    assert_kept(2, KEY, "test_a");
    text_release(&whole);
}

static void
two_processes_may_write_at_once(void **state)
{
    int status = 0;

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        write_file(i, "def test_a(): pass\n");
    }
    keep_files(1, 1, "test_a", NULL);
    for (unsigned turn = 0; turn < 5; turn++) {
        pid_t child = fork();
        assert_true(child >= 0);
        keep_files(child ? 2 + turn : 7 + turn, 1, "test_a", NULL);
        if (child == 0) {
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_kept(2 + turn, KEY, "test_a");
        assert_kept(7 + turn, KEY, "test_a");
    }
}

static void
the_cache_folder_is_made_as_pytest_makes_it(void **state)
{
    struct text text = {0};
    struct text path = {0};
    struct error error = ERROR_INIT;

    (void)state;
    write_file(0, "");
    keep_files(0, 1, "test_a", NULL);
    text_add_format(&path, "%s/.pytest_cache/CACHEDIR.TAG", top);
    assert_true(file_read(path.bytes, 4096, &text, &error));
    assert_memory_equal(text.bytes, "Signature: 8a477f597d28d172789f06886806bc55\n", 44);
    text_release(&text);
    text_release(&path);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_top, remove_top)
    const struct CMUnitTest tests[] = {
        TEST(tests_are_found_while_all_they_rest_on_is_the_same),
        TEST(later_segments_override_and_are_joined_some_time),
        TEST(tests_under_two_keys_are_kept_side_by_side),
        TEST(damage_is_never_believed),
        TEST(two_processes_may_write_at_once),
        TEST(the_cache_folder_is_made_as_pytest_makes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
