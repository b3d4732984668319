/* Reads what two runs recorded, and tells them apart. */
#include "front/front.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void
recording_release(struct recording *recording)
{
    for (size_t i = 0; i < recording->test_count; i++) {
        text_release(&recording->tests[i].outcomes);
    }
    memory_free(recording->tests);
    table_release(&recording->by_nodeid);
    text_release(&recording->bytes);
    *recording = (struct recording){0};
}

/* The table holds index + 1: the array moves as it grows. */
static struct recorded_test *
recording_find(const struct recording *recording, const char *nodeid)
{
    uintptr_t place = (uintptr_t)table_find(&recording->by_nodeid, nodeid, strlen(nodeid));
    return place ? &recording->tests[place - 1] : NULL;
}

static void
recording_add(struct recording *recording, const char *nodeid, const char *outcome)
{
    struct recorded_test *test = recording_find(recording, nodeid);

    if (!test) {
        size_t count = recording->test_count;
        if ((count & (count - 1)) == 0) { /* full at every power of two */
            recording->tests = memory_resize(recording->tests, (count ? 2 * count : 1) * sizeof *recording->tests);
        }
        test = &recording->tests[recording->test_count++];
        *test = (struct recorded_test){.nodeid = nodeid};
        table_set(&recording->by_nodeid, nodeid, strlen(nodeid), (void *)(uintptr_t)recording->test_count);
    }
    text_add_format(&test->outcomes, "%s%s", test->outcomes.length ? ", " : "", outcome);
}

static void
recording_parse_line(struct recording *recording, char *line)
{
    char kind = line[0];

    if (!kind || line[1] != ' ') {
        return;
    }
    line += 2;
    char *rest = strchr(line, ' ');
    if (kind == 'V') {
        recording->pytest_version = line;
    } else if (kind == 'E') {
        recording->exit_status = (int)strtol(line, NULL, 10);
    } else if (kind == 'C') {
        recording_add(recording, line, "collection error");
    } else if (kind == 'R' && rest) {
        *rest = '\0';
        recording_add(recording, rest + 1, line);
    }
}

void
recording_parse(struct recording *recording)
{
    char *line = recording->bytes.bytes;

    recording->exit_status = -1;
    while (line && *line) {
        char *end = strchr(line, '\n');
        if (!end) {
            break; /* cut short */
        }
        *end = '\0';
        recording_parse_line(recording, line);
        line = end + 1;
    }
}

static bool
differ_in_digits_alone(const char *id, const char *other)
{
    while (*id && *other) {
        if (isdigit((unsigned char)*id) && isdigit((unsigned char)*other)) {
            id += strspn(id, "0123456789");
            other += strspn(other, "0123456789");
        } else if (*id++ != *other++) {
            return false;
        }
    }
    return *id == *other;
}

size_t
recording_settle(const struct recording *expected, const struct recording *again, struct recording *found)
{
    size_t settled_count = 0;

    for (size_t i = 0; i < expected->test_count; i++) {
        const char *id = expected->tests[i].nodeid;
        if (recording_find(found, id) || recording_find(again, id)) {
            continue;
        }
        for (size_t j = 0; j < found->test_count; j++) {
            struct recorded_test *test = &found->tests[j];
            if (!recording_find(expected, test->nodeid) && differ_in_digits_alone(id, test->nodeid)) {
                test->nodeid = id;
                table_set(&found->by_nodeid, id, strlen(id), (void *)(uintptr_t)(j + 1));
                settled_count++;
                break;
            }
        }
    }
    return settled_count;
}

/* The first test, in the order of `expected`, that has another place among the tests that both have. */
static bool
order_compare(const struct recording *expected, const struct recording *found, struct text *report)
{
    size_t place = 0;

    for (size_t i = 0; i < expected->test_count; i++) {
        if (!recording_find(found, expected->tests[i].nodeid)) {
            continue;
        }
        while (!recording_find(expected, found->tests[place].nodeid)) {
            place++;
        }
        if (strcmp(expected->tests[i].nodeid, found->tests[place].nodeid) != 0) {
            text_add_format(report, "order: pytest runs %s where fastest runs %s\n", expected->tests[i].nodeid,
                            found->tests[place].nodeid);
            return true;
        }
        place++;
    }
    return false;
}

static void
status_format(int exit_status, struct text *text)
{
    if (exit_status < 0) {
        text_add_string(text, "the session did not end");
    } else {
        text_add_format(text, "%d", exit_status);
    }
}

size_t
recording_compare(const struct recording *expected, const struct recording *found, struct text *report)
{
    size_t difference_count = 0;

    for (size_t i = 0; i < expected->test_count; i++) {
        const struct recorded_test *test = &expected->tests[i];
        const struct recorded_test *other = recording_find(found, test->nodeid);
        if (!other || strcmp(text_string(&test->outcomes), text_string(&other->outcomes)) != 0) {
            text_add_format(report, "%s: pytest: %s; fastest: %s\n", test->nodeid, text_string(&test->outcomes),
                            other ? text_string(&other->outcomes) : "not reported");
            difference_count++;
        }
    }
    for (size_t i = 0; i < found->test_count; i++) {
        const struct recorded_test *test = &found->tests[i];
        if (!recording_find(expected, test->nodeid)) {
            text_add_format(report, "%s: pytest: not reported; fastest: %s\n", test->nodeid,
                            text_string(&test->outcomes));
            difference_count++;
        }
    }
    difference_count += order_compare(expected, found, report);
    if (expected->exit_status != found->exit_status) {
        text_add_string(report, "exit status: pytest: ");
        status_format(expected->exit_status, report);
        text_add_string(report, "; fastest: ");
        status_format(found->exit_status, report);
        text_add_char(report, '\n');
        difference_count++;
    }
    return difference_count;
}
