/* Starts hosts and stays with them: signals, job control, and a successor for a host that crashed. */
#include "front/front.h"

#include <signal.h>
#include <string.h>

#include "base/arena.h"
#include "os/file.h"
#include "wire/event_log.h"

enum {
    INTERRUPT_GRACE_MS = 200,
    MAX_CRASHES_IN_A_ROW = 3,
};

/* One host, from start to end. */
struct watch {
    int pid;
    const struct event_log *log;  /* NULL: the child keeps none */
    uint64_t received;            /* bit N: this process received signal N */
    uint32_t answered_interrupts; /* how many of the host's interrupt events belong to past signals */
    bool is_interrupt_open;       /* a SIGINT came, and the host has not said that it knows */
};

static void
watch_interrupt(struct watch *watch, const struct process_news *news)
{
    if (news->is_from_terminal && process_is_in_group(watch->pid)) {
        return; /* the terminal has told the host as well */
    }
    watch->is_interrupt_open = true;
}

static void
watch_grace_over(struct watch *watch)
{
    uint32_t interrupt_count = watch->log ? event_log_interrupt_count(watch->log) : 0;

    watch->is_interrupt_open = false;
    if (interrupt_count > watch->answered_interrupts) {
        watch->answered_interrupts = interrupt_count;
        return;
    }
    watch->answered_interrupts = interrupt_count + 1; /* its answer to this */
    process_signal(watch->pid, SIGINT);
}

static void
watch_signal(struct watch *watch, const struct process_news *news)
{
    watch->received |= UINT64_C(1) << news->signal_number;
    if (news->signal_number == SIGINT) {
        watch_interrupt(watch, news);
    } else if (news->signal_number == SIGHUP || !news->is_from_terminal || !process_is_in_group(watch->pid)) {
        /* Of a terminal that goes away the kernel tells the session's leader alone. */
        process_signal(watch->pid, news->signal_number);
    }
}

static struct process_status
watch_to_end(struct watch *watch)
{
    struct process_news news;

    for (;;) {
        process_wait(watch->pid, watch->is_interrupt_open ? INTERRUPT_GRACE_MS : -1, &news);
        switch (news.kind) {
        case PROCESS_ENDED:
            return news.status;
        case PROCESS_STOPPED:
            process_stop_with(watch->pid, news.signal_number);
            break;
        case PROCESS_SIGNAL:
            watch_signal(watch, &news);
            break;
        case PROCESS_TIMEOUT:
            watch_grace_over(watch);
            break;
        }
    }
}

/* Whether the host came neither to an end of its own nor to one that was asked for. */
static bool
watch_is_crash(const struct watch *watch, const struct process_status *status)
{
    int number = status->signal_number;

    if (number == 0) {
        return !watch->received && event_log_is_in_test(watch->log); /* os._exit() in a test */
    }
    if (number == SIGINT) {
        return false;
    }
    return !(watch->received & (UINT64_C(1) << number));
}

/* What the log tells about the host that just died. */
struct account {
    bool is_running;   /* tests had begun, and had not ended */
    bool has_progress; /* it finished at least one test */
    struct text test;  /* the one that ran, if any */
};

static void
account_read(struct account *account, const struct event_log *log)
{
    struct event_reader reader;
    struct event event;

    event_reader_init(&reader, log);
    while (event_reader_next(&reader, &event, NULL)) {
        switch (event.kind) {
        case EVENT_HOST_STARTED:
            account->has_progress = false;
            text_clear(&account->test);
            break;
        case EVENT_RUN_STARTED:
            account->is_running = true;
            break;
        case EVENT_TEST_STARTED:
            text_clear(&account->test);
            text_add(&account->test, event.text, event.text_length);
            break;
        case EVENT_TEST_FINISHED:
            account->has_progress = true;
            text_clear(&account->test);
            break;
        case EVENT_RUN_FINISHED:
            account->is_running = false;
            break;
        default:
            break;
        }
    }
}

/* Whether another host should take over. False with `error` set, or without: then the run simply ends like the host. */
static bool
crash_continues(struct event_log *log, const struct process_status *status, const struct text *stacks,
                int *crashes_in_a_row, struct error *error)
{
    struct account account = {0};
    int number = status->signal_number;
    char name[32];
    bool continues = false;

    if (!event_log_refresh(log, error)) {
        return false;
    }
    account_read(&account, log);
    event_log_append_host_died(log, number ? number : EVENT_EXITED + status->exit_code, stacks);
    *crashes_in_a_row = account.has_progress ? 1 : *crashes_in_a_row + 1;
    if (account.is_running && *crashes_in_a_row < MAX_CRASHES_IN_A_ROW) {
        continues = true;
    } else if (account.is_running) {
        error_set(error, ERROR_INTERNAL,
                  "the interpreter crashed %d times in a row without finishing a test, last by %s in %.300s",
                  *crashes_in_a_row, number ? signal_name(number, name) : "an exit",
                  account.test.length ? account.test.bytes : "no test");
    }
    text_release(&account.test);
    return continues;
}

/* PYTHON .../_private/bin/pytest ARGUMENTS, and the environment with the log's descriptor. */
struct host_command {
    struct arena arena;
    const char **argv;
    const char **environment;
};

static bool
command_build(struct host_command *command, const struct run_request *request, int log_fd, struct error *error)
{
    struct text script = {0};
    struct text variable = {0};
    size_t variable_count = 0;
    size_t kept_count = 0;

    if (!package_find(&script, error)) {
        text_release(&script);
        return false;
    }
    text_add_string(&script, "/fastest/_private/bin/pytest");
    command->argv = arena_alloc(&command->arena, (request->argument_count + 3) * sizeof *command->argv);
    command->argv[0] = request->interpreter->path.bytes;
    command->argv[1] = arena_copy_string(&command->arena, script.bytes);
    for (size_t i = 0; i < request->argument_count; i++) {
        command->argv[2 + i] = request->arguments[i];
    }
    command->argv[2 + request->argument_count] = NULL;

    while (request->environment[variable_count]) {
        variable_count++;
    }
    command->environment = arena_alloc(&command->arena, (variable_count + 2) * sizeof *command->environment);
    text_add_format(&variable, EVENT_LOG_VARIABLE "=%d", log_fd);
    command->environment[kept_count++] = arena_copy_string(&command->arena, variable.bytes);
    for (size_t i = 0; i < variable_count; i++) {
        if (strncmp(request->environment[i], EVENT_LOG_VARIABLE "=", sizeof EVENT_LOG_VARIABLE) != 0) {
            command->environment[kept_count++] = request->environment[i];
        }
    }
    command->environment[kept_count] = NULL;
    text_release(&variable);
    text_release(&script);
    return true;
}

bool
program_run(const struct process_request *request, struct process_status *status_out, struct error *error)
{
    struct signals signals;
    struct watch watch = {0};

    signals_hold(&signals);
    bool is_started = process_start(request, &signals, &watch.pid, error);
    if (is_started) {
        *status_out = watch_to_end(&watch);
    }
    signals_release(&signals);
    return is_started;
}

static bool
log_new(const struct run_request *request, struct event_log **log_out, struct error *error)
{
    struct text own_path = {0};
    bool is_made = file_own_path(&own_path, error) &&
                   event_log_new(request->interpreter->reason.bytes, own_path.bytes, log_out, error);

    text_release(&own_path);
    return is_made;
}

bool
host_run(const struct run_request *request, struct process_status *status_out, struct error *error)
{
    struct host_command command = {0};
    struct event_log *log = NULL;
    struct signals signals;
    struct process_status status = {0};
    struct text stacks = {0};
    int crashes_in_a_row = 0;
    bool is_ok = false;

    signals_hold(&signals);
    if (!log_new(request, &log, error)) {
        goto done;
    }
    if (!command_build(&command, request, event_log_fd(log), error)) {
        goto done;
    }
    do {
        struct watch watch = {.log = log, .answered_interrupts = event_log_interrupt_count(log)};
        struct process_request host = {
            .argv = command.argv,
            .environment = command.environment,
            .kept_fds = {event_log_fd(log), event_log_stacks_fd(log)},
            .output_fd = -1,
        };
        event_log_next_host(log);
        if (!process_start(&host, &signals, &watch.pid, error)) {
            goto done;
        }
        status = watch_to_end(&watch);
        text_clear(&stacks);
        event_log_take_stacks(log, &stacks);
        if (stacks.length) {
            request->show_stacks(&stacks);
        }
        if (!watch_is_crash(&watch, &status)) {
            break;
        }
    } while (crash_continues(log, &status, &stacks, &crashes_in_a_row, error));
    is_ok = error->kind == ERROR_NONE;
    *status_out = status;

done:
    text_release(&stacks);
    event_log_close(log);
    arena_release(&command.arena);
    signals_release(&signals);
    return is_ok;
}
