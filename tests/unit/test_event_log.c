/* The event log: what is appended is read back, by whoever holds the descriptor; damage is noticed, never followed. */
#include "wire/event_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct event_log *
new_log(void)
{
    struct error error = ERROR_INIT;
    struct event_log *log = NULL;
    assert_true(event_log_new("because", "/front", &log, &error));
    event_log_next_host(log);
    return log;
}

static struct event_log *
open_again(const struct event_log *log)
{
    struct error error = ERROR_INIT;
    struct event_log *other = NULL;
    assert_true(event_log_open_from_fd(dup(event_log_fd(log)), &other, &error));
    return other;
}

static size_t
count_events(const struct event_log *log, bool *is_damaged)
{
    struct event_reader reader;
    struct event event;
    size_t count = 0;

    event_reader_init(&reader, log);
    while (event_reader_next(&reader, &event, is_damaged)) {
        count++;
    }
    return count;
}

static void
what_is_appended_is_read_by_the_other_side(void **unused)
{
    static const double TIMES_S[3] = {10.5, 11.5, 1.0};
    struct event_log *front = new_log();
    struct event_log *host = open_again(front);
    struct event_reader reader;
    struct event event;
    bool is_damaged = true;

    (void)unused;
    assert_string_equal(event_log_interpreter_reason(host), "because");
    assert_string_equal(event_log_front_path(host), "/front");
    assert_int_equal(event_log_front_pid(host), getpid());
    assert_true(event_log_claim(host));
    event_log_append_run_started(host, 7);
    event_log_append_test_started(host, "a.py::test", 10);
    event_log_append_phase_finished(host, EVENT_CALL, EVENT_FAILED, TIMES_S, "{}!", 3);
    event_log_append_test_finished(host);
    event_log_append_interrupted(host);
    event_log_append_run_finished(host, 2);

    event_reader_init(&reader, front);
    assert_true(event_reader_next(&reader, &event, &is_damaged));
    assert_int_equal(event.kind, EVENT_RUN_STARTED);
    assert_int_equal(event.number, 7);
    assert_true(event_reader_next(&reader, &event, &is_damaged));
    assert_int_equal(event.text_length, 10);
    assert_memory_equal(event.text, "a.py::test", 10);
    assert_true(event_reader_next(&reader, &event, &is_damaged));
    assert_int_equal(event.phase, EVENT_CALL);
    assert_int_equal(event.outcome, EVENT_FAILED);
    assert_true(event.start_s == 10.5 && event.stop_s == 11.5 && event.duration_s == 1.0);
    assert_memory_equal(event.text, "{}!", 3);
    assert_true(event_reader_next(&reader, &event, &is_damaged));
    assert_int_equal(event.kind, EVENT_TEST_FINISHED);
    assert_true(event_reader_next(&reader, &event, &is_damaged));
    assert_int_equal(event_log_interrupt_count(front), 1);
    assert_true(event_reader_next(&reader, &event, &is_damaged));
    assert_int_equal(event.number, 2);
    assert_false(event_reader_next(&reader, &event, &is_damaged));
    assert_false(is_damaged);
    event_log_close(host);
    event_log_close(front);
}

static void
it_grows_and_the_front_sees_it_after_a_refresh(void **unused)
{
    enum { TESTS = 100000 };
    struct error error = ERROR_INIT;
    struct event_log *front = new_log();
    struct event_log *host = open_again(front);
    bool is_damaged = true;

    (void)unused;
    assert_true(event_log_claim(host));
    for (int i = 0; i < TESTS; i++) {
        event_log_append_test_started(host, "folder/test_module.py::test_name", 32);
        event_log_append_test_finished(host);
    }
    assert_true(event_log_refresh(front, &error));
    assert_int_equal(count_events(front, &is_damaged), 2 * TESTS);
    assert_false(is_damaged);
    event_log_close(host);
    event_log_close(front);
}

static void
one_process_claims_it_per_host(void **unused)
{
    struct event_log *front = new_log();
    struct event_log *host = open_again(front);
    struct event_log *late = open_again(front);

    (void)unused;
    assert_true(event_log_claim(host));
    assert_false(event_log_claim(late));
    event_log_append_test_finished(late);
    assert_int_equal(count_events(front, NULL), 0);
    event_log_next_host(front);
    assert_true(event_log_claim(late));
    assert_int_equal(event_log_host_number(late), 2);
    event_log_close(late);
    event_log_close(host);
    event_log_close(front);
}

static void
a_forked_child_writes_nothing(void **unused)
{
    struct event_log *front = new_log();
    struct event_log *host = open_again(front);
    int status = 0;

    (void)unused;
    assert_true(event_log_claim(host));
    pid_t child = fork();
    if (child == 0) {
        event_log_append_test_finished(host);
        event_log_append_interrupted(host);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_events(front, NULL), 0);
    assert_int_equal(event_log_interrupt_count(front), 0);
    event_log_append_test_finished(host);
    assert_int_equal(count_events(front, NULL), 1);
    event_log_close(host);
    event_log_close(front);
}

static void
strangers_are_refused(void **unused)
{
    struct event_log *log = NULL;
    struct error error = ERROR_INIT;
    int fd = memfd_create("stranger", 0);

    (void)unused;
    assert_false(event_log_open_from_fd(987654, &log, &error));
    assert_int_equal(error.kind, ERROR_IO);
    assert_false(event_log_open_from_fd(dup(fd), &log, &error));
    assert_int_equal(error.kind, ERROR_FORMAT);
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_false(event_log_open_from_fd(dup(fd), &log, &error));
    assert_int_equal(ftruncate(fd, 100000), 0);
    assert_false(event_log_open_from_fd(dup(fd), &log, &error));
    assert_string_equal(error.message, "not an event log");

    struct event_log *front = new_log();
    uint32_t version = 99;
    assert_int_equal(pwrite(event_log_fd(front), &version, sizeof version, 4), sizeof version);
    assert_false(event_log_open_from_fd(dup(event_log_fd(front)), &log, &error));
    assert_string_equal(error.message, "an event log of another version of fastest");
    event_log_close(front);
    close(fd);
}

static void
a_record_that_claims_too_much_ends_the_log(void **unused)
{
    struct event_log *front = new_log();
    struct event_log *host = open_again(front);
    uint32_t text_bytes = 4000000;
    bool is_damaged = false;

    (void)unused;
    assert_true(event_log_claim(host));
    event_log_append_test_finished(host);
    event_log_append_test_started(host, "a", 1);
    assert_int_equal(pwrite(event_log_fd(front), &text_bytes, sizeof text_bytes, 4096 + 16 + 8), sizeof text_bytes);
    assert_int_equal(count_events(front, &is_damaged), 1);
    assert_true(is_damaged);
    event_log_close(host);
    event_log_close(front);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_is_read_by_the_other_side),
        cmocka_unit_test(it_grows_and_the_front_sees_it_after_a_refresh),
        cmocka_unit_test(one_process_claims_it_per_host),
        cmocka_unit_test(a_forked_child_writes_nothing),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(a_record_that_claims_too_much_ends_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
