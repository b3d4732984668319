/*
 * The extension's module state, reachable from the module, from any of its types and from any
 * engine. There is no global: two interpreters have two states.
 *
 * Each folder keeps its own types and cached objects in a "room": a struct whose members are all
 * `PyObject *` or `PyTypeObject *` (owned; NULL is allowed), so that one loop can visit and clear
 * every room.
 */
#ifndef PY_STATE_H
#define PY_STATE_H

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>

#include "py/names.h"

enum room {
    ROOM_IO,
    ROOM_CODE,
    ROOM_HOOKS,
    ROOM_NODES,
    ROOM_MARKS,
    ROOM_FIXTURES,
    ROOM_COLLECT,
    ROOM_RUN,
    ROOM_REWRITE,
    ROOM_TERMINAL,
    ROOM_CAPTURE,
    ROOM_LOGGING,
    ROOM_WARNINGS,
    ROOM_SKIPPING,
    ROOM_TMPDIR,
    ROOM_MONKEYPATCH,
    ROOM_CACHE,
    ROOM_UNITTEST,
    ROOM_RAISES,
    ROOM_IMPORT_WATCH,
    ROOM_EXCEPTIONS, /* unraisable and thread exceptions, faulthandler */
    ROOM_COUNT,
};

/* One interned string per name of names.h: state->names.nodeid. */
struct names {
#define NAME(name) PyObject *name;
#define NAME_AS(name, text) PyObject *name;
    PY_NAMES
#undef NAME
#undef NAME_AS
};

struct engine;    /* hooks/hooks.h */
struct event_log; /* wire/event_log.h */
struct state;

/*
 * The only calls that go up through the layers: set once by the folder that provides them (named behind each), used
 * by lower folders.
 */
struct upcalls {
    /* pyext/: registers the built-in plugins, in pytest's order, with a new engine's plugin manager. 0 or -1. */
    int (*register_builtins)(struct engine *engine);
    /* collect/: imports a test module or conftest by path, mode "prepend", "append" or "importlib". New reference. */
    PyObject *(*import_path)(struct engine *engine, PyObject *path_text, const char *import_mode);
    /*
     * rewrite/: the code object of a source file, with its asserts rewritten if `rewrites`, from the cache when it
     * holds. A new reference; a SyntaxError or OSError as an import of the file would raise.
     */
    PyObject *(*load_code)(struct engine *engine, PyObject *path_text, bool rewrites);
    /*
     * rewrite/: puts the names that such code refers to into the namespace (dict) that it will run in. Not needed for
     * the code to run, but for what looks at modules and for pickling functions by value. 0 or -1.
     */
    int (*prepare_namespace)(struct state *state, PyObject *namespace);
    /* fixtures/: the DirectParamFixtureDef of a directly parametrized argument, on the session. A new reference. */
    PyObject *(*direct_definition_new)(struct engine *engine, PyObject *argname, int scope);
    /* fixtures/: enum scope of a FixtureDef; -1 with an exception. */
    int (*definition_scope)(PyObject *fixturedef);
    /* fixtures/: whether a mark may not be put on it (a FixtureFunctionDefinition). */
    bool (*is_fixture)(struct state *state, PyObject *object);
};

/* Interned strings by the address of the C string that spells them, for py_literal(): open addressing, none leaves. */
struct literals {
    struct literal {
        const char *address;
        PyObject *string; /* owned; NULL: a free slot */
        const char *text; /* of `string` */
    } *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/*
 * Output that is still redirected although no test is running: the capture of a phase that is over, left in place as
 * long as only code of ours runs. Taking it back costs eight system calls, and most often the next phase would put it
 * in place again. `settle` takes it back: 0 or -1.
 */
struct parked_output {
    int (*settle)(PyObject *owner);
    PyObject *owner; /* borrowed: it withdraws before it goes; NULL: nothing is parked */
};

struct state {
    PyObject *module; /* borrowed: the module owns this struct */
    struct names names;
    struct literals literals;
    PyObject *empty_tuple;
    PyObject *sys_dict; /* vars(sys) */
    PyObject *getattr;  /* builtins.getattr: with a default it raises nothing inside */
    PyObject *missing;  /* a private sentinel */
    /* Types of Python's own that the limited API does not name: functions, bound methods, staticmethod, classmethod. */
    PyTypeObject *function_type, *method_type, *static_method_type, *class_method_type;
    PyObject *path_type;                 /* pathlib.Path; NULL until one is made */
    PyObject *wall_clock, *perf_counter; /* what tests have replaced the system's clocks by (py/clock.h); or NULL */
    struct upcalls upcalls;
    struct parked_output parked_output;
    unsigned active_captures;      /* how many captures redirect output now; one that is parked does not count */
    unsigned long foreign_entries; /* see state_enter_foreign() */
    bool is_command_line;          /* the next engine is the one that this process was started for */
    struct event_log *event_log;   /* the front's, claimed by this process; NULL without one. For the outer run only */
    struct engine *outer_engine;   /* of the outermost run that is configured now; NULL between runs */
    long python_version;           /* sys.hexversion: the running interpreter's, not the one compiled against */
    PyObject **rooms[ROOM_COUNT];  /* arrays of owned references; NULL until room_add */
    size_t room_slots[ROOM_COUNT];
};

/* Makes the room of `slot_count` pointers, all NULL. Called once per folder, from <folder>_add(). */
void *state_room_add(struct state *state, enum room room, size_t slot_count);
#define STATE_ROOM_ADD(state, room, type) ((type *)state_room_add(state, room, sizeof(type) / sizeof(void *)))

static inline void *
state_room(struct state *state, enum room room)
{
    return state->rooms[room];
}

/*
 * To be called before the setup or teardown of a test runs foreign code: a fixture, a finalizer, a method that somebody
 * overrides. A phase without any has written nothing.
 */
static inline void
state_enter_foreign(struct state *state)
{
    state->foreign_entries++;
}

/*
 * To be called before foreign code runs outside of the phases of a test, and before anything is written to the streams:
 * the real ones are in their places afterwards. 0, or -1 with an exception. An exception that is set stays set.
 */
int state_take_parked_output(struct state *state);
static inline int
state_settle_output(struct state *state)
{
    state_enter_foreign(state);
    return state->parked_output.owner ? state_take_parked_output(state) : 0;
}

/* All three never fail on our own modules and types. */
struct state *state_from_module(PyObject *module);
struct state *state_from_type(PyTypeObject *type); /* of ours, or any subclass, also in Python */
static inline struct state *
state_of(PyObject *op)
{
    return state_from_type(Py_TYPE(op));
}

/* For pyext/module.c only. */
int state_init(struct state *state, PyObject *module);
int state_traverse(struct state *state, visitproc visit, void *arg);
void state_clear(struct state *state);
void state_release(struct state *state);

#endif
