/* Threads that share the items of one task, and the locks between them. */
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct lock {
    pthread_mutex_t mutex;
};

void lock_init(struct lock *lock);
void lock_enter(struct lock *lock);
void lock_leave(struct lock *lock);
void lock_release(struct lock *lock);

/* How many threads can run at once here: what this process may use of the machine, at least 1. */
unsigned processor_count(void);

/* `thread` is below the thread count, and no two calls at the same time have the same one. */
typedef void (*parallel_function)(void *context, unsigned thread, size_t item);

/*
 * Calls the function once for every item in [0, count), in no order, from this thread and up to thread_count - 1
 * others; from fewer when they cannot be started. Returns when all calls have; what they wrote can be read then.
 */
void parallel_for(size_t count, unsigned thread_count, parallel_function function, void *context);

/* One call in a thread of its own. Zeroed: none. */
struct background {
    void (*function)(void *context);
    void *context;
    bool is_started;
    pthread_t thread;
};

/* Calls the function while this thread goes on; before it returns where no thread can be started. */
void background_start(struct background *background, void (*function)(void *context), void *context);
/* Waits for the call; what it wrote can be read then. May be called again, and before any start. */
void background_join(struct background *background);

#endif
