/* Threads that wait for work and share the items of a task, and the locks between them. */
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

/*
 * Threads that outlive one task: a thread that waits begins sooner than a new one, which the system tends to put beside
 * the one that made it. They start when they are first needed. Of one owner: no two of its functions at the same time.
 */
struct thread_pool;

/* For up to `thread_count` threads at once, the caller's among them. */
struct thread_pool *thread_pool_new(unsigned thread_count);
void thread_pool_free(struct thread_pool *pool); /* joins; NULL does nothing */

/* `thread` is below the thread count, and no two calls at the same time have the same one. */
typedef void (*parallel_function)(void *context, unsigned thread, size_t item);

/*
 * Calls the function once for every item in [0, count), in no order, from this thread and from the others; from fewer
 * when they cannot be started. Returns when all calls have; what they wrote can be read then.
 */
void thread_pool_for(struct thread_pool *pool, size_t count, parallel_function function, void *context);

/* Calls the function while this thread goes on; before it returns where there is no other thread. */
void thread_pool_start(struct thread_pool *pool, void (*function)(void *context), void *context);
/* Waits for the call; what it wrote can be read then. Also done before anything else begins. */
void thread_pool_join(struct thread_pool *pool);

#endif
