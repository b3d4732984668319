/* POSIX threads: each takes the next few items until there are no more. */
#include "os/thread.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/error.h"

enum { MOST_THREADS = 64, MOST_ITEMS_AT_ONCE = 32 };

void
lock_init(struct lock *lock)
{
    pthread_mutex_init(&lock->mutex, NULL);
}

void
lock_enter(struct lock *lock)
{
    if (pthread_mutex_lock(&lock->mutex) != 0) {
        BUG("a lock cannot be taken");
    }
}

void
lock_leave(struct lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}

void
lock_release(struct lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

unsigned
processor_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    return 1;
}

struct task {
    parallel_function function;
    void *context;
    size_t count;
    size_t items_at_once;
    atomic_size_t next;
};

struct worker {
    struct task *task;
    unsigned number;
    bool is_started;
    pthread_t thread;
};

static void *
work(void *argument)
{
    const struct worker *worker = argument;
    struct task *task = worker->task;

    for (;;) {
        size_t first = atomic_fetch_add(&task->next, task->items_at_once);
        if (first >= task->count) {
            return NULL;
        }
        size_t left = task->count - first;
        size_t end = first + (left < task->items_at_once ? left : task->items_at_once);
        for (size_t i = first; i < end; i++) {
            task->function(task->context, worker->number, i);
        }
    }
}

void
parallel_for(size_t count, unsigned thread_count, parallel_function function, void *context)
{
    unsigned wanted = thread_count > MOST_THREADS ? MOST_THREADS : thread_count ? thread_count : 1;
    size_t items_at_once = count / wanted / 64 + 1;
    struct task task = {.function = function, .context = context, .count = count};
    struct worker workers[MOST_THREADS];

    wanted = wanted > count ? (unsigned)count : wanted;
    task.items_at_once = items_at_once > MOST_ITEMS_AT_ONCE ? MOST_ITEMS_AT_ONCE : items_at_once;
    for (unsigned i = 1; i < wanted; i++) {
        workers[i] = (struct worker){.task = &task, .number = i};
        workers[i].is_started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    }
    workers[0] = (struct worker){.task = &task};
    work(&workers[0]);
    for (unsigned i = 1; i < wanted; i++) {
        if (workers[i].is_started) {
            pthread_join(workers[i].thread, NULL);
        }
    }
}

static void *
call(void *argument)
{
    const struct background *background = argument;

    background->function(background->context);
    return NULL;
}

void
background_start(struct background *background, void (*function)(void *context), void *context)
{
    /* is_started comes last, and the thread does not look at it. */
    *background = (struct background){.function = function, .context = context};
    bool is_started = pthread_create(&background->thread, NULL, call, background) == 0;

    if (!is_started) {
        function(context);
    }
    background->is_started = is_started;
}

void
background_join(struct background *background)
{
    if (background->is_started) {
        pthread_join(background->thread, NULL);
        background->is_started = false;
    }
}
