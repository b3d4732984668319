/* The event loop of a build without libuv: there is none, and it says so. Nothing else can then be called. */
#include "os/loop.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

bool
loop_new(struct loop **loop_out, struct error *error)
{
    return error_set(error, ERROR_INTERNAL,
                     "this fastest was built without libuv and cannot wait for changes: install libuv1-dev (the "
                     "package's name in Debian), then build it again");
}

static NO_RETURN void
never_called(void)
{
    BUG("there is no loop");
}

void
loop_free(struct loop *loop)
{
}

void
loop_run(struct loop *loop)
{
    never_called();
}

void
loop_stop(struct loop *loop)
{
    never_called();
}

struct loop_timer *
loop_timer_new(struct loop *loop, void (*fire)(void *context), void *context)
{
    never_called();
}

void
loop_timer_start(struct loop_timer *timer, unsigned delay_ms)
{
    never_called();
}

void
loop_timer_stop(struct loop_timer *timer)
{
    never_called();
}

bool
loop_signal_handle(struct loop *loop, int signal_number, void (*handle)(void *context, int signal_number),
                   void *context, struct error *error)
{
    never_called();
}

int
folder_watch_start(struct loop *loop, const char *path, void (*changed)(void *context, const char *name), void *context,
                   struct folder_watch **watch_out)
{
    never_called();
}

void
folder_watch_stop(struct folder_watch *watch)
{
    never_called();
}

bool
folder_watch_is_current(const struct folder_watch *watch)
{
    never_called();
}

struct loop_output *
loop_output_open(struct loop *loop, int fd, void (*closed)(void *context), void *context)
{
    never_called();
}

void
loop_output_close(struct loop_output *output)
{
}

void
loop_output_add(struct loop_output *output, const char *bytes, size_t length)
{
    never_called();
}
