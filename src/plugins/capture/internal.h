/* What the files of this room share with each other only. */
#ifndef PLUGINS_CAPTURE_INTERNAL_H
#define PLUGINS_CAPTURE_INTERNAL_H

#include <sys/types.h>

#include "plugins/capture/capture.h"

/* ROOM_CAPTURE of the state. */
struct capture_types {
    PyTypeObject *encoded_file, *capture_io, *tee_capture_io, *dont_read_from_input;
    PyTypeObject *capture_base, *no_capture, *sys_capture, *sys_capture_binary, *fd_capture, *fd_capture_binary;
    PyTypeObject *multi_capture, *capture_result, *capture_manager, *capture_fixture;
    PyTypeObject *text_io_wrapper;  /* of io */
    PyObject *bytes_io;             /* of io */
    PyObject *capture_io_arguments; /* dict: how a CaptureIO calls TextIOWrapper */
    PyObject *snap_method;          /* CaptureBase.snap as we made it */
};
static inline struct capture_types *
capture_types(struct state *state)
{
    return state_room(state, ROOM_CAPTURE);
}

enum capture_state { CAPTURE_INITIALIZED, CAPTURE_STARTED, CAPTURE_SUSPENDED, CAPTURE_DONE };
enum capture_kind { CAPTURE_NOTHING, CAPTURE_SYS, CAPTURE_FD };

/* One captured stream: every class of pytest's has this layout. */
typedef struct capture {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *old;               /* SYS: the stream that was replaced; NULL when done */
    PyObject *tmpfile;           /* what sys.NAME is while started; FD of stdin: /dev/null */
    struct capture *sys_capture; /* FD: the half that replaces sys.NAME */
    enum capture_kind kind;
    enum capture_state state;
    bool is_binary;
    bool has_own_snap; /* a subclass's, or one that somebody put into the class before this was made */
    int target_fd;
    int saved_fd;   /* FD: a duplicate of the original, high and close-on-exec */
    int invalid_fd; /* FD: what stood in for a target that was closed; -1 */
    int file_fd;    /* FD: of tmpfile */
    dev_t device;   /* FD: which file that is */
    ino_t inode;
} Capture;

/* The capture of up to three streams. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    Capture *in;
    Capture *out;
    Capture *err;
    enum capture_state state; /* INITIALIZED is None in Python */
    bool is_in_suspended;
} MultiCapture;

/* stdin, stdout, stderr; "initialized" and so on, by enum capture_state */
extern const char *const CAPTURE_STREAM_NAMES[];
extern const char *const CAPTURE_STATE_NAMES[];
/* What the constructors do: 0 or -1. `tmpfile` NULL: a new one. */
int capture_init_sys(Capture *self, int fd, PyObject *tmpfile, bool is_tee);
int capture_init_fd(Capture *self, int fd);
/* Operations of any class: 0 or -1. */
int capture_start(Capture *self);
int capture_done(Capture *self);
int capture_suspend(Capture *self);
int capture_resume(Capture *self);
/* What was written since the last call: a new str or bytes. NULL with an exception. */
PyObject *capture_take_text(Capture *self); /* whichever snap() the class has */
PyObject *capture_snap(Capture *self);      /* ours */
int capture_write_original(Capture *self, PyObject *data);
/* Whether nothing was written since the last snap: one system call, no object. -1 with an exception. */
int capture_is_empty(Capture *self);
/* What has become of a stream that was captured while other code ran. One system call, no object; NULL is UNTOUCHED. */
enum capture_condition {
    CAPTURE_UNTOUCHED, /* nothing was written */
    CAPTURE_WRITTEN,   /* perhaps */
    CAPTURE_DISPLACED, /* the descriptor is closed or leads elsewhere, or sys.NAME is another object */
};
enum capture_condition capture_look(Capture *self);
/* `cls`(fd), with tee=True when asked for. */
Capture *capture_new(PyTypeObject *cls, int fd, bool is_tee);

MultiCapture *multi_capture_new(struct state *state, Capture *in, Capture *out, Capture *err); /* takes all three */
int multi_capture_start(MultiCapture *self);
int multi_capture_suspend(MultiCapture *self, bool with_input);
enum capture_condition multi_capture_look(MultiCapture *self); /* of stdout and stderr: the worse one */
int multi_capture_resume(MultiCapture *self);
int multi_capture_stop(MultiCapture *self);
/* New references, never NULL on success. */
int multi_capture_read(MultiCapture *self, PyObject **out, PyObject **err);
int multi_capture_pop_to_original(MultiCapture *self, PyObject **out, PyObject **err);
PyObject *capture_result_new(struct state *state, PyObject *out, PyObject *err);

/* The capture fixture that is in use, as the manager drives it. */
int capture_fixture_start(PyObject *fixture);
int capture_fixture_close(PyObject *fixture);
int capture_fixture_suspend(PyObject *fixture);
int capture_fixture_resume(PyObject *fixture);
PyObject *capture_fixture_name(PyObject *fixture); /* new reference */

/* The manager: a new reference; not registered yet. */
PyObject *capture_manager_new(struct engine *engine, PyObject *method);
int capture_manager_set_fixture(PyObject *manager, PyObject *fixture);
void capture_manager_unset_fixture(PyObject *manager);
int capture_manager_start_global(PyObject *manager);
int capture_manager_stop_global(PyObject *manager);
int capture_manager_suspend_global(PyObject *manager, bool with_input);
int capture_manager_read_global(PyObject *manager, PyObject **out, PyObject **err);
extern const struct native_plugin CAPTURE_MANAGER_PLUGIN;

extern const struct native_fixture CAPTURE_FIXTURES[];
extern const size_t CAPTURE_FIXTURE_COUNT;

/* For py_link: fields that hold these. */
static inline PyTypeObject *
capture_stream_type(struct state *state)
{
    return capture_types(state)->capture_base;
}
static inline PyTypeObject *
multi_capture_type(struct state *state)
{
    return capture_types(state)->multi_capture;
}
static inline PyTypeObject *
capture_fixture_type(struct state *state)
{
    return capture_types(state)->capture_fixture;
}

int streams_add(PyObject *module, struct state *state);
int stream_capture_add(PyObject *module, struct state *state);
int multi_capture_add(PyObject *module, struct state *state);
int capture_manager_add(PyObject *module, struct state *state);
int capture_fixture_add(PyObject *module, struct state *state);

#endif
