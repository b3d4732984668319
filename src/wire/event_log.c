/* The event log's layout, its single writer and its distrustful reader. */
#include "wire/event_log.h"

#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "os/shared_memory.h"

enum {
    LOG_MAGIC = 0x54534146, /* FAST */
    LOG_VERSION = 3,        /* bump on any change below */
    FIRST_BYTES = 64 * 1024,
    LARGEST_STEP_BYTES = 16 * 1024 * 1024,
    LARGEST_STACKS_BYTES = 256 * 1024,
};

/* At the start of the memory. Native byte order: same machine, same boot. */
struct log_header {
    uint32_t magic;
    uint32_t version;
    _Atomic uint64_t used_bytes; /* of the memory, this header included: what is behind it does not exist yet */
    int32_t front_pid;
    uint32_t host_number;
    _Atomic int32_t host_pid; /* 0 until claimed */
    _Atomic uint32_t interrupt_count;
    _Atomic uint32_t is_in_test;
    int32_t stacks_fd;     /* the same number in the front and in its hosts; -1: none */
    char reason[472];      /* NUL-terminated */
    char front_path[3584]; /* the same */
};

/* Precedes `text_bytes` bytes, and padding to RECORD_ALIGN. */
struct record {
    uint32_t kind; /* enum event_kind */
    uint32_t number;
    uint32_t text_bytes;
    uint8_t phase;
    uint8_t outcome;
    uint16_t reserved;
};

/* Between the record and the text of EVENT_PHASE_FINISHED. */
struct record_times {
    double start_s, stop_s, duration_s;
};

enum { RECORD_ALIGN = 8 };

static_assert(sizeof(struct log_header) == 4096, "shared with running hosts");
static_assert(sizeof(struct record) == 16, "shared with running hosts");
static_assert(sizeof(struct record_times) == 24, "shared with running hosts");

struct event_log {
    struct shared_memory memory;
    struct shared_memory stacks; /* the front's; used as a file */
    off_t stacks_taken;
    const volatile bool *is_owner; /* NULL: compare owner_pid */
    pid_t owner_pid;
    bool is_writer;
    bool is_paused;
    bool lets_tests_exit;
};

static struct log_header *
log_header(const struct event_log *log)
{
    return (struct log_header *)(void *)log->memory.bytes;
}

static struct event_log *
log_from_memory(struct shared_memory memory)
{
    struct event_log *log = memory_alloc_zeroed(sizeof *log);
    log->memory = memory;
    log->stacks = SHARED_MEMORY_EMPTY;
    return log;
}

bool
event_log_new(const char *reason, const char *front_path, struct event_log **log_out, struct error *error)
{
    struct shared_memory memory = SHARED_MEMORY_EMPTY;

    if (!shared_memory_create(&memory, "fastest-events", FIRST_BYTES, error)) {
        return false;
    }
    struct event_log *log = log_from_memory(memory);
    struct log_header *header = log_header(log);
    if (!shared_memory_create(&log->stacks, "fastest-stacks", 0, error)) {
        event_log_close(log);
        return false;
    }
    header->stacks_fd = log->stacks.fd;
    header->magic = LOG_MAGIC;
    header->version = LOG_VERSION;
    header->front_pid = getpid();
    snprintf(header->reason, sizeof header->reason, "%s", reason);
    if (strlen(front_path) < sizeof header->front_path) {
        snprintf(header->front_path, sizeof header->front_path, "%s", front_path);
    }
    atomic_store(&header->used_bytes, sizeof *header);
    log->is_writer = true;
    log->owner_pid = getpid();
    *log_out = log;
    return true;
}

bool
event_log_open_from_fd(int fd, struct event_log **log_out, struct error *error)
{
    struct shared_memory memory = SHARED_MEMORY_EMPTY;

    if (!shared_memory_open(&memory, fd, error)) {
        return false;
    }
    const struct log_header *header = (const void *)memory.bytes;
    bool is_log = memory.size_bytes >= sizeof *header && header->magic == LOG_MAGIC;
    bool is_readable = is_log && header->version == LOG_VERSION && memchr(header->reason, 0, sizeof header->reason) &&
                       memchr(header->front_path, 0, sizeof header->front_path);
    if (!is_readable) {
        shared_memory_close(&memory);
        return error_set(error, ERROR_FORMAT,
                         is_log ? "an event log of another version of fastest" : "not an event log");
    }
    if (header->stacks_fd >= 0) {
        fcntl(header->stacks_fd, F_SETFD, FD_CLOEXEC);
    }
    *log_out = log_from_memory(memory);
    return true;
}

void
event_log_close(struct event_log *log)
{
    if (log) {
        fork_flag_free(log->is_owner);
        shared_memory_close(&log->memory);
        shared_memory_close(&log->stacks);
        memory_free(log);
    }
}

const char *
event_log_interpreter_reason(const struct event_log *log)
{
    return log_header(log)->reason;
}

const char *
event_log_front_path(const struct event_log *log)
{
    return log_header(log)->front_path;
}

int
event_log_front_pid(const struct event_log *log)
{
    return log_header(log)->front_pid;
}

uint32_t
event_log_host_number(const struct event_log *log)
{
    return log_header(log)->host_number;
}

int
event_log_fd(const struct event_log *log)
{
    return log->memory.fd;
}

int
event_log_stacks_fd(const struct event_log *log)
{
    return log_header(log)->stacks_fd;
}

void
event_log_take_stacks(struct event_log *log, struct text *stacks)
{
    char chunk[4096];
    ssize_t got = 0;
    size_t limit = stacks->length + LARGEST_STACKS_BYTES;

    while ((got = pread(log->stacks.fd, chunk, sizeof chunk, log->stacks_taken)) > 0) {
        log->stacks_taken += got;
        if (stacks->length < limit) {
            text_add(stacks, chunk, (size_t)got);
        }
    }
}

void
event_log_next_host(struct event_log *log)
{
    log_header(log)->host_number++;
    atomic_store(&log_header(log)->is_in_test, 0);
    atomic_store(&log_header(log)->host_pid, 0);
}

bool
event_log_refresh(struct event_log *log, struct error *error)
{
    return shared_memory_remap(&log->memory, error);
}

uint32_t
event_log_interrupt_count(const struct event_log *log)
{
    return atomic_load(&log_header(log)->interrupt_count);
}

bool
event_log_is_in_test(const struct event_log *log)
{
    return atomic_load(&log_header(log)->is_in_test) != 0;
}

bool
event_log_claim(struct event_log *log)
{
    int32_t nobody = 0;

    log->owner_pid = getpid();
    if (!atomic_compare_exchange_strong(&log_header(log)->host_pid, &nobody, log->owner_pid)) {
        return false;
    }
    log->is_owner = fork_flag_new();
    log->is_writer = true;
    return true;
}

/* ---- Writing ---- */

void
event_log_pause(struct event_log *log, bool is_paused)
{
    log->is_paused = is_paused;
}

static bool
log_may_write(const struct event_log *log)
{
    if (!log->is_writer || log->is_paused) {
        return false;
    }
    return log->is_owner ? *log->is_owner : log->owner_pid == getpid();
}

static size_t
padded(size_t size_bytes)
{
    return (size_bytes + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

/* Doubling at first, so that a short run has a small log. */
static bool
log_reserve(struct event_log *log, size_t needed_bytes)
{
    size_t size_bytes = log->memory.size_bytes;
    struct error error = ERROR_INIT;

    while (size_bytes < needed_bytes) {
        size_bytes += size_bytes < LARGEST_STEP_BYTES ? size_bytes : LARGEST_STEP_BYTES;
    }
    if (!shared_memory_grow(&log->memory, size_bytes, &error)) {
        log->is_writer = false; /* memory is out: what is in the log stays readable */
        return false;
    }
    return true;
}

static void
log_append(struct event_log *log, struct record record, const struct record_times *times, const char *text)
{
    if (!log_may_write(log)) {
        return;
    }
    uint64_t used_bytes = atomic_load_explicit(&log_header(log)->used_bytes, memory_order_relaxed);
    size_t end = used_bytes + sizeof record + (times ? sizeof *times : 0) + padded(record.text_bytes);
    if (end > log->memory.size_bytes && !log_reserve(log, end)) {
        return;
    }
    unsigned char *place = log->memory.bytes + used_bytes;
    memcpy(place, &record, sizeof record);
    place += sizeof record;
    if (times) {
        memcpy(place, times, sizeof *times);
        place += sizeof *times;
    }
    if (record.text_bytes) {
        memcpy(place, text, record.text_bytes);
    }
    atomic_store_explicit(&log_header(log)->used_bytes, end, memory_order_release);
}

void
event_log_let_tests_exit(struct event_log *log)
{
    log->lets_tests_exit = true;
}

static void
log_set_in_test(struct event_log *log, bool is_in_test)
{
    if (log_may_write(log)) {
        atomic_store_explicit(&log_header(log)->is_in_test, is_in_test && !log->lets_tests_exit, memory_order_relaxed);
    }
}

static uint32_t
text_bytes_fit(size_t length)
{
    return length < UINT32_MAX ? (uint32_t)length : 0;
}

void
event_log_append_host_started(struct event_log *log)
{
    log_append(log, (struct record){.kind = EVENT_HOST_STARTED, .number = event_log_host_number(log)}, NULL, NULL);
}

void
event_log_append_run_started(struct event_log *log, uint32_t item_count)
{
    log_append(log, (struct record){.kind = EVENT_RUN_STARTED, .number = item_count}, NULL, NULL);
}

void
event_log_append_test_started(struct event_log *log, const char *nodeid, size_t length)
{
    log_append(log, (struct record){.kind = EVENT_TEST_STARTED, .text_bytes = text_bytes_fit(length)}, NULL, nodeid);
    log_set_in_test(log, true);
}

void
event_log_append_phase_finished(struct event_log *log, enum event_phase phase, enum event_outcome outcome,
                                const double times_s[3], const char *report, size_t report_length)
{
    struct record record = {
        .kind = EVENT_PHASE_FINISHED,
        .text_bytes = text_bytes_fit(report_length),
        .phase = (uint8_t)phase,
        .outcome = (uint8_t)outcome,
    };
    struct record_times times = {.start_s = times_s[0], .stop_s = times_s[1], .duration_s = times_s[2]};
    log_append(log, record, &times, report);
}

void
event_log_append_test_finished(struct event_log *log)
{
    log_append(log, (struct record){.kind = EVENT_TEST_FINISHED}, NULL, NULL);
    log_set_in_test(log, false);
}

void
event_log_append_interrupted(struct event_log *log)
{
    log_append(log, (struct record){.kind = EVENT_INTERRUPTED}, NULL, NULL);
    if (log_may_write(log)) {
        atomic_fetch_add(&log_header(log)->interrupt_count, 1);
    }
}

void
event_log_append_run_finished(struct event_log *log, int exit_status)
{
    log_append(log, (struct record){.kind = EVENT_RUN_FINISHED, .number = (uint32_t)exit_status}, NULL, NULL);
}

void
event_log_append_run_ending(struct event_log *log)
{
    log_append(log, (struct record){.kind = EVENT_RUN_ENDING}, NULL, NULL);
    log_set_in_test(log, false);
}

void
event_log_append_host_died(struct event_log *log, int number, const struct text *stacks)
{
    struct record record = {
        .kind = EVENT_HOST_DIED,
        .number = (uint32_t)number,
        .text_bytes = text_bytes_fit(stacks->length),
    };
    log_append(log, record, NULL, stacks->bytes);
}

/* ---- Reading ---- */

void
event_reader_init(struct event_reader *reader, const struct event_log *log)
{
    uint64_t used_bytes = atomic_load_explicit(&log_header(log)->used_bytes, memory_order_acquire);

    reader->log = log;
    reader->offset = sizeof(struct log_header);
    reader->end = used_bytes < log->memory.size_bytes ? used_bytes : log->memory.size_bytes;
}

/* Copies `size_bytes` and moves on; false when they are not all there. */
static bool
reader_take(struct event_reader *reader, void *bytes, size_t size_bytes)
{
    if (size_bytes > reader->end - reader->offset) {
        return false;
    }
    memcpy(bytes, reader->log->memory.bytes + reader->offset, size_bytes);
    reader->offset += size_bytes;
    return true;
}

static bool
reader_take_event(struct event_reader *reader, struct event *event)
{
    struct record record;
    struct record_times times = {0, 0, 0};

    if (!reader_take(reader, &record, sizeof record)) {
        return false;
    }
    if (record.kind < EVENT_HOST_STARTED || record.kind > EVENT_KIND_LAST || record.phase > EVENT_TEARDOWN ||
        record.outcome > EVENT_SKIPPED) {
        return false;
    }
    if (record.kind == EVENT_PHASE_FINISHED && !reader_take(reader, &times, sizeof times)) {
        return false;
    }
    if (padded(record.text_bytes) > reader->end - reader->offset) {
        return false;
    }
    *event = (struct event){
        .kind = (enum event_kind)record.kind,
        .phase = (enum event_phase)record.phase,
        .outcome = (enum event_outcome)record.outcome,
        .number = record.number,
        .start_s = times.start_s,
        .stop_s = times.stop_s,
        .duration_s = times.duration_s,
        .text = (const char *)reader->log->memory.bytes + reader->offset,
        .text_length = record.text_bytes,
    };
    reader->offset += padded(record.text_bytes);
    return true;
}

bool
event_reader_next(struct event_reader *reader, struct event *event_out, bool *is_damaged_out)
{
    struct event event;
    bool has_more = reader->offset < reader->end;
    bool is_whole = has_more && reader_take_event(reader, &event);

    if (is_damaged_out) {
        *is_damaged_out = has_more && !is_whole;
    }
    if (!is_whole) {
        reader->offset = reader->end;
        return false;
    }
    *event_out = event;
    return true;
}
