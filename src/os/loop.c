/* The event loop, by libuv. */
#include "os/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#endif

#include <uv.h>

#include "base/arena.h"
#include "base/path.h"
#include "base/text.h"

struct loop {
    uv_loop_t uv;
};

/* libuv's functions for handles, whose memory may go only when it says so: each is alone in the block in its `data`. */
static void
handle_freed(uv_handle_t *handle)
{
    memory_free(handle->data);
}

static void
handle_close(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, handle_freed);
    }
}

static void
handle_close_any(uv_handle_t *handle, void *unused)
{
    (void)unused;
    handle_close(handle);
}

bool
loop_new(struct loop **loop_out, struct error *error)
{
    struct loop *loop = memory_alloc_zeroed(sizeof *loop);
    int status = uv_loop_init(&loop->uv);

    if (status) {
        memory_free(loop);
        return error_set_errno(error, -status, "cannot wait for events");
    }
    *loop_out = loop;
    return true;
}

void
loop_free(struct loop *loop)
{
    if (!loop) {
        return;
    }
    uv_walk(&loop->uv, handle_close_any, NULL);
    while (uv_run(&loop->uv, UV_RUN_DEFAULT)) { /* a stop from before ends the first */
    }
    if (uv_loop_close(&loop->uv)) {
        BUG("the loop is still busy");
    }
    memory_free(loop);
}

void
loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

/* ---- Timers ---- */

struct loop_timer {
    uv_timer_t uv;
    void (*fire)(void *context);
    void *context;
};

struct loop_timer *
loop_timer_new(struct loop *loop, void (*fire)(void *context), void *context)
{
    struct loop_timer *timer = memory_alloc_zeroed(sizeof *timer);

    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->fire = fire;
    timer->context = context;
    return timer;
}

static void
timer_fired(uv_timer_t *handle)
{
    const struct loop_timer *timer = handle->data;
    timer->fire(timer->context);
}

void
loop_timer_start(struct loop_timer *timer, unsigned delay_ms)
{
    uv_update_time(timer->uv.loop); /* else the delay begins when the loop last woke up */
    uv_timer_start(&timer->uv, timer_fired, delay_ms, 0);
}

void
loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

/* ---- Signals ---- */

struct signal_handler {
    uv_signal_t uv;
    void (*handle)(void *context, int signal_number);
    void *context;
};

static void
signal_came(uv_signal_t *handle, int signal_number)
{
    const struct signal_handler *handler = handle->data;
    handler->handle(handler->context, signal_number);
}

bool
loop_signal_handle(struct loop *loop, int signal_number, void (*handle)(void *context, int signal_number),
                   void *context, struct error *error)
{
    struct signal_handler *handler = memory_alloc_zeroed(sizeof *handler);

    uv_signal_init(&loop->uv, &handler->uv);
    handler->uv.data = handler;
    handler->handle = handle;
    handler->context = context;
    int status = uv_signal_start(&handler->uv, signal_came, signal_number);
    if (status) {
        handle_close((uv_handle_t *)&handler->uv);
        return error_set_errno(error, -status, "cannot wait for signal %d", signal_number);
    }
    return true;
}

/* ---- Folders ---- */

struct folder_watch {
    uv_fs_event_t uv;
    void (*changed)(void *context, const char *name);
    void *context;
    dev_t device; /* of what was watched, and its inode */
    ino_t inode;
    bool is_doubtful; /* the folder itself was moved, removed, or given other permissions */
    char path[];
};

static void
folder_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct folder_watch *watch = handle->data;

    (void)events;
    /* libuv gives the folder's own name when it is the folder that changed. */
    if (status || !name || strcmp(name, path_name(watch->path)) == 0) {
        watch->is_doubtful = true;
        name = NULL;
    }
    watch->changed(watch->context, name);
}

int
folder_watch_start(struct loop *loop, const char *path, void (*changed)(void *context, const char *name), void *context,
                   struct folder_watch **watch_out)
{
    size_t path_bytes = strlen(path) + 1;
    struct stat facts;

    /* Before it is watched: what replaces it in between is then known to be another one. */
    if (stat(path, &facts)) {
        return errno;
    }
    if (!S_ISDIR(facts.st_mode)) {
        return ENOTDIR;
    }
    struct folder_watch *watch = memory_alloc_zeroed(sizeof *watch + path_bytes);
    uv_fs_event_init(&loop->uv, &watch->uv);
    watch->uv.data = watch;
    watch->changed = changed;
    watch->context = context;
    watch->device = facts.st_dev;
    watch->inode = facts.st_ino;
    memcpy(watch->path, path, path_bytes);
    int status = uv_fs_event_start(&watch->uv, folder_event, path, 0);
    if (status) {
        handle_close((uv_handle_t *)&watch->uv);
        return -status;
    }
    *watch_out = watch;
    return 0;
}

void
folder_watch_stop(struct folder_watch *watch)
{
    uv_fs_event_stop(&watch->uv);
    handle_close((uv_handle_t *)&watch->uv);
}

bool
folder_watch_is_current(const struct folder_watch *watch)
{
    struct stat facts;

    return !watch->is_doubtful && stat(watch->path, &facts) == 0 && facts.st_dev == watch->device &&
           facts.st_ino == watch->inode;
}

/* ---- Output ---- */

enum {
    CHUNK_BYTES = 4096,   /* a pipe that can take something can take this much without blocking: PIPE_BUF */
    PATIENCE_MS = 50,     /* how long a slow reader may keep the loop from its other work */
    OTHER_WORK_MS = 1,    /* and for how long the loop then turns to that */
    KEPT_BYTES = 1 << 20, /* written bytes are dropped from the front of what waits, not one chunk at a time */
};

struct loop_output {
    int fd;
    void (*closed)(void *context);
    void *context;
    struct text waiting;
    size_t written; /* of what waits */
    struct loop_timer *retry;
    uv_poll_t *hangup; /* NULL: the system does not tell when the reader goes */
    int hangup_fd;
    bool is_closed;
    struct sigaction saved_sigpipe;
};

static void
output_end(struct loop_output *output)
{
    loop_timer_stop(output->retry);
    if (output->hangup) {
        uv_poll_stop(output->hangup);
    }
    if (!output->is_closed) {
        output->is_closed = true;
        output->closed(output->context);
    }
}

static void
output_flush(void *context)
{
    struct loop_output *output = context;
    struct pollfd ready = {.fd = output->fd, .events = POLLOUT};

    while (output->written < output->waiting.length && !output->is_closed) {
        size_t length = output->waiting.length - output->written;
        int count = poll(&ready, 1, PATIENCE_MS);
        if (count > 0 && !(ready.revents & POLLOUT)) {
            output_end(output);
            return;
        }
        ssize_t taken = -1;
        if (count > 0) {
            taken =
                write(output->fd, output->waiting.bytes + output->written, length < CHUNK_BYTES ? length : CHUNK_BYTES);
            if (taken < 0 && errno != EAGAIN && errno != EINTR) {
                output_end(output);
                return;
            }
        }
        if (taken < 0) {
            loop_timer_start(output->retry, OTHER_WORK_MS); /* full, or a signal came: the loop looks at that first */
            return;
        }
        output->written += (size_t)taken;
    }
    text_clear(&output->waiting);
    output->written = 0;
}

void
loop_output_add(struct loop_output *output, const char *bytes, size_t length)
{
    if (output->is_closed) {
        return;
    }
    if (output->written >= KEPT_BYTES) {
        memmove(output->waiting.bytes, output->waiting.bytes + output->written,
                output->waiting.length - output->written + 1);
        output->waiting.length -= output->written;
        output->written = 0;
    }
    bool is_idle = output->waiting.length == 0;
    text_add(&output->waiting, bytes, length);
    if (is_idle) {
        output_flush(output);
    }
}

#ifdef __linux__
static void
output_hung_up(uv_poll_t *handle, int status, int events)
{
    struct loop_output *output = *(struct loop_output **)(handle + 1);

    (void)status;
    (void)events;
    output_end(output);
}

/*
 * Has the loop wait for the reader's end. Through an epoll descriptor of its own: libuv would make the output's
 * descriptor non-blocking, for everybody who shares it. Files have no reader, and are refused.
 */
static void
output_watch_hangup(struct loop_output *output, struct loop *loop)
{
    struct epoll_event nothing = {0}; /* errors and hangups are told unasked */
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0) {
        return;
    }
    uv_poll_t *handle = memory_alloc_zeroed(sizeof *handle + sizeof output);
    if (epoll_ctl(fd, EPOLL_CTL_ADD, output->fd, &nothing) || uv_poll_init(&loop->uv, handle, fd)) {
        memory_free(handle);
        close(fd);
        return;
    }
    *(struct loop_output **)(handle + 1) = output;
    handle->data = handle;
    uv_poll_start(handle, UV_READABLE, output_hung_up);
    output->hangup = handle;
    output->hangup_fd = fd;
}
#else
static void
output_watch_hangup(struct loop_output *output, struct loop *loop)
{
    (void)output;
    (void)loop;
}
#endif

struct loop_output *
loop_output_open(struct loop *loop, int fd, void (*closed)(void *context), void *context)
{
    struct loop_output *output = memory_alloc_zeroed(sizeof *output);
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    output->fd = fd;
    output->closed = closed;
    output->context = context;
    output->retry = loop_timer_new(loop, output_flush, output);
    sigaction(SIGPIPE, &ignore, &output->saved_sigpipe);
    output_watch_hangup(output, loop);
    return output;
}

void
loop_output_close(struct loop_output *output)
{
    if (!output) {
        return;
    }
    handle_close((uv_handle_t *)&output->retry->uv);
    if (output->hangup) {
        uv_poll_stop(output->hangup);
        handle_close((uv_handle_t *)output->hangup);
        close(output->hangup_fd);
    }
    sigaction(SIGPIPE, &output->saved_sigpipe, NULL);
    text_release(&output->waiting);
    memory_free(output);
}
