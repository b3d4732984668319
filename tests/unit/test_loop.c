/* The event loop: timers fire in time, signals end it, folders tell, a slow or absent reader is told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/text.h"
#include "os/loop.h"

enum { TOO_LONG_MS = 20000 };

/* What the callbacks of a test share. */
struct scene {
    struct loop *loop;
    struct loop_timer *too_long;
    char folder[64];
    struct text told; /* what happened, in words */
    const char *wanted;
};

static void
never_in_time(void *context)
{
    (void)context;
    fail_msg("nothing happened");
}

static void
tell(void *context, const char *word)
{
    struct scene *scene = context;

    text_add_string(&scene->told, word ? word : "(itself)");
    text_add_char(&scene->told, ' ');
    if (scene->wanted && strstr(scene->told.bytes, scene->wanted)) {
        loop_stop(scene->loop);
    }
}

static int
scene_init(void **state)
{
    static struct scene scene;
    struct error error = ERROR_INIT;

    scene = (struct scene){.folder = "/tmp/fastest-loop-XXXXXX"};
    assert_non_null(mkdtemp(scene.folder));
    assert_true(loop_new(&scene.loop, &error));
    scene.too_long = loop_timer_new(scene.loop, never_in_time, NULL);
    loop_timer_start(scene.too_long, TOO_LONG_MS);
    *state = &scene;
    return 0;
}

static int
scene_release(void **state)
{
    struct scene *scene = *state;

    loop_free(scene->loop);
    text_release(&scene->told);
    return rmdir(scene->folder);
}

static void
run_until(struct scene *scene, const char *wanted)
{
    text_clear(&scene->told);
    scene->wanted = wanted;
    loop_run(scene->loop);
}

static void
first_fires(void *context)
{
    tell(context, "first");
}

static void
second_fires(void *context)
{
    tell(context, "second");
}

static void
a_timer_that_is_started_again_begins_anew(void **state)
{
    struct scene *scene = *state;
    struct loop_timer *first = loop_timer_new(scene->loop, first_fires, scene);
    struct loop_timer *second = loop_timer_new(scene->loop, second_fires, scene);
    struct loop_timer *stopped = loop_timer_new(scene->loop, never_in_time, scene);

    loop_timer_start(stopped, 0);
    loop_timer_start(first, 0);
    loop_timer_start(second, 1);
    loop_timer_start(first, 30);
    loop_timer_stop(stopped);
    run_until(scene, "first");
    assert_string_equal(text_string(&scene->told), "second first ");
}

static void
signal_comes(void *context, int signal_number)
{
    tell(context, signal_number == SIGINT ? "INT" : "TERM");
}

static void
signals_are_told_and_do_nothing_else(void **state)
{
    struct scene *scene = *state;
    struct error error = ERROR_INIT;

    assert_true(loop_signal_handle(scene->loop, SIGINT, signal_comes, scene, &error));
    assert_true(loop_signal_handle(scene->loop, SIGTERM, signal_comes, scene, &error));
    assert_false(loop_signal_handle(scene->loop, 9999, signal_comes, scene, &error));
    assert_non_null(strstr(error.message, "9999"));
    raise(SIGINT);
    run_until(scene, "INT");
    raise(SIGTERM);
    run_until(scene, "TERM");
}

static void
in_folder(const struct scene *scene, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", scene->folder, name);
}

static void
file_write(const char *path, const char *content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static void
folders_tell_of_entries_by_name(void **state)
{
    struct scene *scene = *state;
    struct folder_watch *watch = NULL;
    char one[128], two[128];

    in_folder(scene, "one", one);
    in_folder(scene, "two", two);
    assert_int_equal(folder_watch_start(scene->loop, scene->folder, tell, scene, &watch), 0);
    file_write(one, "1");
    run_until(scene, "one");
    assert_int_equal(rename(one, two), 0);
    run_until(scene, "two");
    file_write(two, "2");
    run_until(scene, "two");
    assert_int_equal(unlink(two), 0);
    run_until(scene, "two");
    assert_true(folder_watch_is_current(watch));
    folder_watch_stop(watch);
}

static void
a_folder_that_was_replaced_is_not_current(void **state)
{
    struct scene *scene = *state;
    struct folder_watch *watch = NULL;
    char inner[128];

    in_folder(scene, "inner", inner);
    assert_int_equal(folder_watch_start(scene->loop, inner, tell, scene, &watch), ENOENT);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(folder_watch_start(scene->loop, inner, tell, scene, &watch), 0);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(mkdir(inner, 0700), 0); /* often with the same inode */
    run_until(scene, "(itself)");
    assert_false(folder_watch_is_current(watch));
    folder_watch_stop(watch);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(folder_watch_start(scene->loop, "/dev/null", tell, scene, &watch), ENOTDIR);
}

static void
reader_gone(void *context)
{
    tell(context, "gone");
}

static void
a_reader_that_goes_is_noticed_without_writing(void **state)
{
    struct scene *scene = *state;
    int pair[2];

    assert_int_equal(pipe(pair), 0);
    struct loop_output *output = loop_output_open(scene->loop, pair[1], reader_gone, scene);
    loop_output_add(output, "x", 1);
    close(pair[0]);
    run_until(scene, "gone");
    loop_output_add(output, "x", 1);
    assert_string_equal(text_string(&scene->told), "gone ");
    loop_output_close(output);
    close(pair[1]);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    output = loop_output_open(scene->loop, pair[1], reader_gone, scene);
    shutdown(pair[0], SHUT_WR); /* it says no more, and still listens */
    loop_output_add(output, "x", 1);
    assert_int_equal(scene->told.length, strlen("gone "));
    close(pair[0]);
    run_until(scene, "gone");
    loop_output_close(output);
    close(pair[1]);
}

struct slow_reader {
    struct scene *scene;
    struct loop_timer *timer;
    int fd;
    struct loop_output *output;
    const unsigned char *late; /* added when half was read */
    size_t got, half;
    unsigned sum;
};

static void
read_some(void *context)
{
    struct slow_reader *reader = context;
    unsigned char bytes[65536];
    ssize_t count = read(reader->fd, bytes, sizeof bytes);

    assert_true(count > 0 || errno == EAGAIN);
    for (ssize_t i = 0; i < count; i++) {
        reader->sum = reader->sum * 31 + bytes[i];
    }
    reader->got += count > 0 ? (size_t)count : 0;
    if (reader->late && reader->got > reader->half - sizeof bytes) {
        for (size_t i = 0; i < reader->half; i += reader->half / 10) {
            loop_output_add(reader->output, (const char *)reader->late + i, reader->half / 10);
        }
        reader->late = NULL;
    }
    if (reader->got == 2 * reader->half) {
        tell(reader->scene, "all");
    } else {
        loop_timer_start(reader->timer, 0);
    }
}

/* The reader lives in the same thread: an output that blocked would never end. */
static void
a_slow_reader_gets_everything_and_blocks_nobody(void **state)
{
    enum { BYTES = 1500000 };
    struct scene *scene = *state;
    struct slow_reader reader = {.scene = scene, .half = BYTES};
    unsigned char *bytes = test_malloc(BYTES);
    unsigned sum = 0;
    int pair[2];

    assert_int_equal(pipe(pair), 0);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    reader.fd = pair[0];
    reader.timer = loop_timer_new(scene->loop, read_some, &reader);
    reader.output = loop_output_open(scene->loop, pair[1], reader_gone, scene);
    reader.late = bytes;
    for (int i = 0; i < BYTES; i++) {
        bytes[i] = (unsigned char)(i * 7 + i / 1000);
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < BYTES; i++) {
            sum = sum * 31 + bytes[i];
        }
    }
    loop_output_add(reader.output, (const char *)bytes, BYTES);
    loop_timer_start(reader.timer, 0);
    run_until(scene, "all");
    assert_int_equal(reader.sum, sum);
    assert_false(fcntl(pair[1], F_GETFL) & O_NONBLOCK);
    loop_output_close(reader.output);
    close(pair[0]);
    close(pair[1]);
    test_free(bytes);
}

static void
a_file_as_output_is_never_gone(void **state)
{
    struct scene *scene = *state;
    char path[128], bytes[8] = "";

    in_folder(scene, "file", path);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    struct loop_output *output = loop_output_open(scene->loop, fd, reader_gone, scene);
    loop_output_add(output, "line\n", 5);
    loop_output_close(output);
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 5);
    assert_string_equal(bytes, "line\n");
    close(fd);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_timer_that_is_started_again_begins_anew, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(signals_are_told_and_do_nothing_else, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(folders_tell_of_entries_by_name, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(a_folder_that_was_replaced_is_not_current, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(a_reader_that_goes_is_noticed_without_writing, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(a_slow_reader_gets_everything_and_blocks_nobody, scene_init, scene_release),
        cmocka_unit_test_setup_teardown(a_file_as_output_is_never_gone, scene_init, scene_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
