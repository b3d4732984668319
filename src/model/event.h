/* What happens in a run, as both towers tell it: plain data. */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* Values are fixed: they cross processes. */
enum event_kind {
    EVENT_HOST_STARTED = 1, /* `number`: 1 for the first host of the run, 2 for the one after a crash, ... */
    EVENT_RUN_STARTED,      /* collection is done; `number`: how many items are selected */
    EVENT_TEST_STARTED,     /* `text`: the node id */
    EVENT_PHASE_FINISHED,   /* of the test that started last */
    EVENT_TEST_FINISHED,    /* nothing more comes about the test that started last */
    EVENT_RUN_ENDING,       /* the session's end has begun: if the host exits, that is its own end */
    EVENT_INTERRUPTED,      /* Ctrl-C has reached the session */
    EVENT_RUN_FINISHED,     /* `number`: the exit status; from here on only reporting and clean-up remain */
    EVENT_HOST_DIED,        /* written by the front; `number`: the signal, or EVENT_EXITED + status; `text`: stacks */
};
enum { EVENT_KIND_LAST = EVENT_HOST_DIED };
enum { EVENT_EXITED = 256 };

enum event_phase { EVENT_SETUP, EVENT_CALL, EVENT_TEARDOWN };

enum event_outcome { EVENT_PASSED, EVENT_FAILED, EVENT_SKIPPED };

struct event {
    enum event_kind kind;
    enum event_phase phase;     /* EVENT_PHASE_FINISHED */
    enum event_outcome outcome; /* EVENT_PHASE_FINISHED */
    uint32_t number;
    double start_s, stop_s; /* EVENT_PHASE_FINISHED: seconds since 1970 */
    double duration_s;      /* EVENT_PHASE_FINISHED: by the monotonic clock */
    const char *text;       /* borrowed; not NUL-terminated; what it is depends on the kind */
    size_t text_length;     /* of EVENT_PHASE_FINISHED: the report, serialized, or 0 when it plainly passed */
};

#endif
