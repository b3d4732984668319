/* Threads that share files: everything is done once, and nothing is written while another reads it (ThreadSanitizer).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
#include "os/thread.h"

enum { FILE_COUNT = 120, THREAD_COUNT = 4 };

struct counts {
    atomic_uint items[1000];
    atomic_uint busy[8]; /* threads */
    atomic_bool has_overlap;
};

static void
count_item(void *context, unsigned thread, size_t item)
{
    struct counts *counts = context;

    if (atomic_fetch_add(&counts->busy[thread], 1) != 0) {
        atomic_store(&counts->has_overlap, true);
    }
    atomic_fetch_add(&counts->items[item], 1);
    atomic_fetch_sub(&counts->busy[thread], 1);
}

static void
every_item_is_done_once(void **state)
{
    static const size_t SIZES[] = {0, 1, 2, 7, 1000};

    (void)state;
    for (unsigned threads = 0; threads <= 8; threads++) {
        struct thread_pool *pool = thread_pool_new(threads);
        for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
            struct counts counts = {0};
            thread_pool_for(pool, SIZES[i], count_item, &counts);
            assert_false(counts.has_overlap);
            for (size_t item = 0; item < COUNT_OF(counts.items); item++) {
                assert_int_equal(counts.items[item], item < SIZES[i]);
            }
        }
        thread_pool_free(pool);
    }
}

static void
add_one(void *context)
{
    int *count = context;

    ++*count; /* what joins and starts is enough between threads */
}

static void
jobs_are_done_when_joined(void **state)
{
    (void)state;
    for (unsigned threads = 0; threads <= 3; threads++) {
        struct thread_pool *pool = thread_pool_new(threads);
        struct counts counts = {0};
        int count = 0;
        for (int i = 0; i < 20; i++) {
            thread_pool_start(pool, add_one, &count);
            if (i % 3 == 0) {
                thread_pool_for(pool, 5, count_item, &counts);
            }
        }
        thread_pool_join(pool);
        assert_int_equal(count, 20);
        assert_int_equal(counts.items[4], 7);
        thread_pool_start(pool, add_one, &count);
        thread_pool_free(pool); /* joins */
        assert_int_equal(count, 21);
    }
}

/* ---- Files ---- */

struct shared_files {
    char top[64];
    char paths[FILE_COUNT][96];
    struct library *library;
    struct index *index;
    struct found_file *found[FILE_COUNT];
    atomic_uint known_count;
};

static const unsigned char KEY[16] = "the key";

/* Every file rests on one that all share, and asks for another's facts. */
static void
keep_file(void *context, unsigned thread, size_t item)
{
    struct shared_files *project = context;
    struct source *shared = library_source(project->library, project->paths[0]);
    struct source *source = library_source(project->library, project->paths[item]);
    struct source *other = library_source(project->library, project->paths[item * 7 % FILE_COUNT]);
    struct dependencies dependencies = {.sources = &shared, .source_count = 1};
    struct found_file *found = memory_alloc_zeroed(sizeof *found);

    (void)thread;
    if (index_find_tests(project->index, project->library, source, KEY)) {
        atomic_fetch_add(&project->known_count, 1);
    }
    assert_int_equal(source_facts(project->library, shared)->bindings.count, 1);
    assert_int_equal(source_facts(project->library, source)->bindings.count, 1);
    assert_int_equal(source_facts(project->library, other)->bindings.count, 1);
    *found = (struct found_file){.format = FOUND_FORMAT, .size_bytes = sizeof *found};
    project->found[item] = found;
    index_keep_tests(project->index, project->library, source, KEY, found, &dependencies);
    assert_false(library_has_path(project->library, "/nowhere/at/all"));
}

static void
look_at_all(struct shared_files *project)
{
    struct error error = ERROR_INIT;
    char folder[96];

    snprintf(folder, sizeof folder, "%s/cache/d/fastest", project->top);
    project->index = index_open(folder);
    project->library = library_new(project->index);
    atomic_store(&project->known_count, 0);
    struct thread_pool *pool = thread_pool_new(THREAD_COUNT);
    thread_pool_for(pool, FILE_COUNT, keep_file, project);
    thread_pool_free(pool);
    assert_true(index_save(project->index, &error));
    library_free(project->library);
    index_close(project->index);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        memory_free(project->found[i]);
    }
}

static void
make_files(struct shared_files *project, const char *content)
{
    snprintf(project->top, sizeof project->top, "/tmp/fastest-threads-XXXXXX");
    assert_non_null(mkdtemp(project->top));
    for (size_t i = 0; i < FILE_COUNT; i++) {
        snprintf(project->paths[i], sizeof project->paths[i], "%s/test_%zu.py", project->top, i);
        assert_true(file_replace(project->paths[i], content, strlen(content), NULL, 0));
    }
}

static void
files_are_shared_by_threads(void **state)
{
    struct shared_files *project = memory_alloc_zeroed(sizeof *project);

    (void)state;
    make_files(project, "def test_a(): pass\n");
    look_at_all(project);
    assert_int_equal(project->known_count, 0);
    look_at_all(project);
    assert_int_equal(project->known_count, FILE_COUNT);
    assert_true(tree_remove(project->top, NULL, NULL));
    memory_free(project);
}

/* ---- A whole discovery ---- */

static size_t
count_tests(const char *folder)
{
    const char *environment[] = {NULL};
    struct discover_question question = {.folder = folder, .environment = environment, .thread_count = THREAD_COUNT};
    struct discovery discovery;
    struct error error = ERROR_INIT;

    if (!discovery_make(&question, &discovery, &error)) {
        fail_msg("%s", error.message);
    }
    size_t count = discovery.selected_count;
    discovery_release(&discovery);
    return count;
}

/* Files that inherit from, import and take fixtures from the same few: cold, and from the index. */
static void
discoveries_are_the_same_every_time(void **state)
{
    static const char CONFTEST[] = "import pytest\n@pytest.fixture(params=[1, 2])\ndef two(request): pass\n";
    static const char BASE[] = "class Base:\n    def test_inherited(self): pass\n";
    static const char TEST[] = "from base import Base\nfrom test_0 import *\nimport pytest\n\n"
                               "class TestIt(Base):\n    def test_own(self, two): pass\n\n"
                               "@pytest.mark.parametrize('x', [1, 2, 3])\ndef test_x(x): pass\n";
    struct shared_files *project = memory_alloc_zeroed(sizeof *project);
    char path[96];

    (void)state;
    make_files(project, TEST);
    snprintf(path, sizeof path, "%s/conftest.py", project->top);
    assert_true(file_replace(path, CONFTEST, strlen(CONFTEST), NULL, 0));
    snprintf(path, sizeof path, "%s/base.py", project->top);
    assert_true(file_replace(path, BASE, strlen(BASE), NULL, 0));
    assert_true(file_replace(project->paths[0], "", 0, NULL, 0));
    for (unsigned turn = 0; turn < 3; turn++) {
        assert_int_equal(count_tests(project->top), (FILE_COUNT - 1) * 6);
    }
    assert_true(tree_remove(project->top, NULL, NULL));
    memory_free(project);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_done_once),
        cmocka_unit_test(jobs_are_done_when_joined),
        cmocka_unit_test(files_are_shared_by_threads),
        cmocka_unit_test(discoveries_are_the_same_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
