/* fastest verify [pytest's arguments]: the environment's pytest and fastest on the same suite, compared. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/commands.h"
#include "cli/observed_run.h"
#include "front/front.h"
#include "os/clock.h"
#include "os/file.h"

enum { EXIT_EQUAL = 0, EXIT_DIFFERENT = 1, EXIT_INTERRUPTED = 2 };

/* One of the two runs. */
struct side {
    const char *name;
    struct recording recording;
    struct text output;
    struct process_status status;
    double duration_s;
};

static void
side_release(struct side *side)
{
    recording_release(&side->recording);
    text_release(&side->output);
}

static bool
side_run(struct side *side, const struct command_line *line, const char *const *head, const struct own_options *options,
         struct error *error)
{
    struct observed_run run = {
        .head = head,
        .plugin = "fastest._recorder",
        .variable = "FASTEST_VERIFY_LOG",
        .words = options->rest,
        .word_count = options->rest_count,
        .environment = line->environment,
    };
    double start_s = clock_now_s();
    bool is_ok = observed_run(&run, &side->recording.bytes, &side->output, &side->status, error);

    side->duration_s = clock_now_s() - start_s;
    recording_parse(&side->recording);
    return is_ok;
}

static void
side_print(const struct side *side)
{
    char name[32];

    printf("%-8s %6zu tests, %.2f s, ", side->name, side->recording.test_count, side->duration_s);
    if (side->status.signal_number) {
        printf("ended by %s\n", signal_name(side->status.signal_number, name));
    } else {
        printf("exit status %d\n", side->status.exit_code);
    }
    if (!side->recording.pytest_version || side->recording.exit_status < 0) {
        printf("%s", text_string(&side->output)); /* no session, or a broken one: its own words say why */
    }
}

/* "9.2" of both; another patch release behaves the same. */
static void
versions_print(const struct side *pytest)
{
    static const char OURS[] = FASTEST_PYTEST_VERSION;
    const char *theirs = pytest->recording.pytest_version;
    size_t minor_length = (size_t)(strrchr(OURS, '.') - OURS) + 1;

    if (theirs && strncmp(OURS, theirs, minor_length) != 0) {
        printf("fastest behaves as pytest %s; this environment has %s\n", OURS, theirs);
    }
}

static size_t
ends_compare(const struct process_status *pytest, const struct process_status *fastest, struct text *report)
{
    if (pytest->exit_code == fastest->exit_code && pytest->signal_number == fastest->signal_number) {
        return 0;
    }
    text_add_format(report, "the processes ended differently: pytest: %d; fastest: %d (negative: by a signal)\n",
                    pytest->signal_number ? -pytest->signal_number : pytest->exit_code,
                    fastest->signal_number ? -fastest->signal_number : fastest->exit_code);
    return 1;
}

static int
sides_compare(const struct side *pytest, const struct side *again, struct side *fastest)
{
    struct text report = {0};

    if (!pytest->recording.pytest_version || !fastest->recording.pytest_version) {
        puts("not compared: there was no session");
        return EXIT_DIFFERENT;
    }
    if (again->recording.pytest_version) {
        size_t settled_count = recording_settle(&pytest->recording, &again->recording, &fastest->recording);
        if (settled_count) {
            printf("%zu test ids are others in every run of pytest: their digits are not compared\n", settled_count);
        }
    }
    size_t difference_count = recording_compare(&pytest->recording, &fastest->recording, &report);
    difference_count += ends_compare(&pytest->status, &fastest->status, &report);
    printf("%s", text_string(&report));
    text_release(&report);
    if (difference_count) {
        printf("%zu difference%s\n", difference_count, difference_count == 1 ? "" : "s");
        return EXIT_DIFFERENT;
    }
    printf("equal: ids, order, outcomes, exit status; %.1f times faster\n", pytest->duration_s / fastest->duration_s);
    return EXIT_EQUAL;
}

/* Whether some test ran on one side only. */
static bool
ids_differ(const struct side *pytest, const struct side *fastest)
{
    struct text report = {0};
    bool is_different = false;

    if (recording_compare(&pytest->recording, &fastest->recording, &report)) {
        is_different = strstr(text_string(&report), "not reported") != NULL;
    }
    text_release(&report);
    return is_different;
}

/* pytest, fastest, and pytest once more where ids differ: pytest's own may not be stable. */
static bool
sides_run(struct side sides[3], const struct command_line *line, const struct own_options *options, struct error *error)
{
    struct interpreter interpreter = {0};
    struct text script = {0};
    struct text own = {0};
    bool is_ok = false;

    if (!interpreter_choose(options->python, &interpreter, error) || !package_find(&script, error) ||
        !file_own_path(&own, error)) {
        goto done;
    }
    text_add_string(&script, "/fastest/_private/verify/pytest");
    const char *pytest_head[] = {interpreter.path.bytes, script.bytes, NULL};
    const char *fastest_head[] = {own.bytes, "--python", interpreter.path.bytes, NULL};
    if (!side_run(&sides[0], line, pytest_head, options, error)) {
        goto done;
    }
    versions_print(&sides[0]);
    side_print(&sides[0]);
    fflush(stdout);
    if (!sides[0].recording.pytest_version) {
        is_ok = true; /* nothing to compare with */
        goto done;
    }
    if (!side_run(&sides[1], line, fastest_head, options, error)) {
        goto done;
    }
    side_print(&sides[1]);
    is_ok = !ids_differ(&sides[0], &sides[1]) || side_run(&sides[2], line, pytest_head, options, error);

done:
    text_release(&own);
    text_release(&script);
    interpreter_release(&interpreter);
    return is_ok;
}

/*
 * Ids made from sets and hashes would differ between any two runs. Who wants another seed, or "random", says so.
 * The result, NULL-terminated, is the caller's to free.
 */
static const char **
environment_with_seed(const char *const *environment)
{
    static const char NAME[] = "PYTHONHASHSEED=";
    size_t count = 0;
    bool is_set = false;

    for (; environment[count]; count++) {
        is_set = is_set || strncmp(environment[count], NAME, sizeof NAME - 1) == 0;
    }
    const char **result = memory_alloc((count + 2) * sizeof *result);
    memcpy(result, environment, count * sizeof *result);
    if (!is_set) {
        result[count++] = "PYTHONHASHSEED=0";
    }
    result[count] = NULL;
    return result;
}

int
command_verify(const struct command_line *given)
{
    const char **environment = environment_with_seed(given->environment);
    struct command_line seeded = *given;
    const struct command_line *line = &seeded;
    seeded.environment = environment;
    const char **rest = memory_alloc((line->word_count + 1) * sizeof *rest);
    struct side sides[] = {{.name = "pytest"}, {.name = "fastest"}, {.name = "pytest, again"}};
    struct own_options options;
    struct error error = ERROR_INIT;
    int exit_code = EXIT_DIFFERENT;

    if (!own_options_take(line, rest, &options, &error) || !sides_run(sides, line, &options, &error)) {
        exit_code = complain(&error);
    } else if (sides[0].recording.exit_status == EXIT_INTERRUPTED && sides[1].recording.test_count == 0) {
        exit_code = EXIT_INTERRUPTED;
    } else {
        exit_code = sides_compare(&sides[0], &sides[2], &sides[1]);
    }
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        side_release(&sides[i]);
    }
    memory_free(rest);
    memory_free(environment);
    return exit_code;
}
