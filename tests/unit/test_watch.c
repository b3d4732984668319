/* Watched folders: bursts come as one, folders that come, go and are replaced stay watched, noise is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/text.h"
#include "os/loop.h"
#include "watch/watch.h"

enum { TOO_LONG_MS = 20000 };

struct scene {
    struct loop *loop;
    struct watch *watch;
    char folder[64];
    unsigned changed_count;
    char limited[256];
};

static void
never_in_time(void *context)
{
    (void)context;
    fail_msg("nothing happened");
}

static void
changed(void *context)
{
    struct scene *scene = context;
    scene->changed_count++;
    loop_stop(scene->loop);
}

static void
limited(void *context, const char *sentence)
{
    struct scene *scene = context;
    assert_string_equal(scene->limited, "");
    snprintf(scene->limited, sizeof scene->limited, "%s", sentence);
}

static int
scene_init(void **state)
{
    static struct scene scene;
    struct error error = ERROR_INIT;

    scene = (struct scene){.folder = "/tmp/fastest-watch-XXXXXX"};
    assert_non_null(mkdtemp(scene.folder));
    assert_true(loop_new(&scene.loop, &error));
    struct watch_listener listener = {.changed = changed, .limited = limited, .context = &scene};
    scene.watch = watch_new(scene.loop, &listener);
    loop_timer_start(loop_timer_new(scene.loop, never_in_time, NULL), TOO_LONG_MS);
    *state = &scene;
    return 0;
}

static int
scene_release(void **state)
{
    struct scene *scene = *state;
    char command[128];

    watch_free(scene->watch);
    loop_free(scene->loop);
    snprintf(command, sizeof command, "rm -rf %s", scene->folder);
    return system(command);
}

static const char *
in_folder(const struct scene *scene, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", scene->folder, name);
    return path;
}

static void
file_write(const struct scene *scene, const char *name)
{
    char path[128];
    int fd = open(in_folder(scene, name, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, name, strlen(name)), strlen(name));
    close(fd);
}

static void
folder_new(const struct scene *scene, const char *name)
{
    char path[128];
    assert_int_equal(mkdir(in_folder(scene, name, path), 0700), 0);
}

static void
folder_remove(const struct scene *scene, const char *name)
{
    char path[128];
    assert_int_equal(rmdir(in_folder(scene, name, path)), 0);
}

static bool
watch_names(struct scene *scene, const char *const *names, size_t count)
{
    char paths[8][128];
    const char *folders[8];

    for (size_t i = 0; i < count; i++) {
        folders[i] = *names[i] ? in_folder(scene, names[i], paths[i]) : scene->folder;
    }
    return watch_folders(scene->watch, folders, count);
}

static void
a_burst_is_told_once(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {""};

    assert_true(watch_names(scene, names, 1));
    assert_false(watch_names(scene, names, 1));
    for (int i = 0; i < 3; i++) {
        file_write(scene, "one");
        file_write(scene, "two");
    }
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 1);
    file_write(scene, "three");
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 2);
    assert_string_equal(scene->limited, "");
}

struct writer {
    struct scene *scene;
    struct loop_timer *timer;
    const char *name;
    const char *next_name; /* written once, when the first was written often enough; NULL: nothing */
    unsigned left_count;
};

static void
write_again(void *context)
{
    struct writer *writer = context;

    file_write(writer->scene, writer->name);
    if (--writer->left_count) {
        loop_timer_start(writer->timer, 10);
    } else if (writer->next_name) {
        writer->name = writer->next_name;
        writer->next_name = NULL;
        writer->left_count = 1;
        loop_timer_start(writer->timer, 150);
    }
}

static void
what_never_rests_is_told_all_the_same(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {""};
    struct writer writer = {.scene = scene, .name = "real", .left_count = 100000};

    watch_names(scene, names, 1);
    writer.timer = loop_timer_new(scene->loop, write_again, &writer);
    write_again(&writer);
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 1);
    assert_true(writer.left_count > 50000);
}

static void
noise_is_not_told(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"", "__pycache__"};
    struct writer writer = {.scene = scene, .name = ".a.py.swp", .next_name = "real", .left_count = 3};

    folder_new(scene, "__pycache__");
    watch_names(scene, names, 2);
    folder_new(scene, ".pytest_cache");
    file_write(scene, "__pycache__/a.py");
    writer.timer = loop_timer_new(scene->loop, write_again, &writer);
    write_again(&writer);
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 1);
    assert_int_equal(writer.left_count, 0); /* the noise ended long before */
}

static void
a_folder_that_does_not_exist_is_waited_for(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"a/b"};

    assert_true(watch_names(scene, names, 1));
    folder_new(scene, "a");
    loop_run(scene->loop);
    assert_true(watch_names(scene, names, 1));
    folder_new(scene, "a/b");
    loop_run(scene->loop);
    assert_true(watch_names(scene, names, 1));
    assert_false(watch_names(scene, names, 1));
    file_write(scene, "a/b/c");
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 3);
}

static void
a_folder_that_is_made_again_is_watched_again(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"", "a"};

    folder_new(scene, "a");
    watch_names(scene, names, 2);
    for (int round = 0; round < 3; round++) {
        folder_remove(scene, "a");
        folder_new(scene, "a");
        loop_run(scene->loop);
        assert_true(watch_names(scene, names, 2));
        assert_false(watch_names(scene, names, 2));
    }
    file_write(scene, "a/b");
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 4);
}

static void
folders_left_out_are_no_longer_watched(void **state)
{
    struct scene *scene = *state;
    const char *both[] = {"a", "b"};
    struct writer writer = {.scene = scene, .name = "a/c", .next_name = "b/real", .left_count = 1};

    folder_new(scene, "a");
    folder_new(scene, "b");
    watch_names(scene, both, 2);
    assert_false(watch_names(scene, both + 1, 1));
    writer.timer = loop_timer_new(scene->loop, write_again, &writer);
    write_again(&writer);
    loop_run(scene->loop);
    assert_int_equal(writer.left_count, 0);
    assert_int_equal(scene->changed_count, 1);
}

static void
more_events_than_the_queue_holds_lose_nothing(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"", "a"};

    folder_new(scene, "a");
    watch_names(scene, names, 2);
    for (int i = 0; i < 12000; i++) {
        file_write(scene, i % 2 ? "even" : "odd"); /* different neighbours: the system joins equal ones */
    }
    folder_remove(scene, "a");
    folder_new(scene, "a"); /* nobody hears of it */
    loop_run(scene->loop);
    assert_true(watch_names(scene, names, 2));
    file_write(scene, "a/b");
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 2);
}

static void
without_watches_the_folders_are_looked_at(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {""};
    struct rlimit limit, none;

    /* No descriptor for the first watch. */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool is_new = watch_names(scene, names, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(is_new);
    assert_non_null(strstr(scene->limited, "looked at every second"));
    watch_names(scene, names, 1);
    file_write(scene, "one");
    loop_run(scene->loop);
    file_write(scene, "one");
    loop_run(scene->loop);
    assert_int_equal(scene->changed_count, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_is_told_once, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(what_never_rests_is_told_all_the_same, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(noise_is_not_told, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(a_folder_that_does_not_exist_is_waited_for, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(a_folder_that_is_made_again_is_watched_again, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(folders_left_out_are_no_longer_watched, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(more_events_than_the_queue_holds_lose_nothing, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(without_watches_the_folders_are_looked_at, scene_init, scene_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
