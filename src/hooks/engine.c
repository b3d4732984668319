/* Engines: made for a Config, hung into its plugin manager, taken apart with it. */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "hooks/dispatch.h"
#include "os/clock.h"
#include "os/variable.h"

/* Different in each terminal or in each run; or options, which count themselves. */
static bool
is_passing_variable(const char *variable)
{
    static const char *const NAMES[] = {
        "_",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "COLUMNS",
        "LINES",
        "WINDOWID",
        "TMUX_PANE",
        "TERM_SESSION_ID",
        "XDG_SESSION_ID",
        "SSH_TTY",
        "SSH_CLIENT",
        "SSH_CONNECTION",
        "SSH_AUTH_SOCK",
        "GPG_TTY",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "PYTEST_ADDOPTS",
        "PYTEST_CURRENT_TEST",
        "PYTEST_VERSION",
    };
    size_t length = strcspn(variable, "=");

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strncmp(NAMES[i], variable, length) == 0 && !NAMES[i][length]) {
            return true;
        }
    }
    return strncmp(variable, "FASTEST_", strlen("FASTEST_")) == 0;
}

/* The same for any order of the variables. */
static uint64_t
variables_hash(void)
{
    uint64_t sum = 0;

    for (const char *const *variable = environment_variables(); variable && *variable; variable++) {
        sum += is_passing_variable(*variable) ? 0 : hash_64(*variable, strlen(*variable));
    }
    return sum;
}

struct engine *
engine_new(struct state *state, PyObject *config, PyObject *pluginmanager)
{
    PluginManager *manager = (PluginManager *)pluginmanager;
    struct engine *engine = NULL;

    if (!PyObject_TypeCheck(pluginmanager, hooks_types(state)->plugin_manager)) {
        PyErr_Format(PyExc_TypeError, "a Config needs a PytestPluginManager, not %R", Py_TYPE(pluginmanager));
        return NULL;
    }
    if (manager->engine) {
        PyErr_SetString(PyExc_ValueError, "this plugin manager belongs to another Config already");
        return NULL;
    }
    engine = memory_alloc_zeroed(sizeof *engine);
    engine->state = state;
    engine->started_ns = clock_file_ns();
    engine->ends_with_process = state->is_command_line;
    engine->variables_hash = state->is_command_line ? variables_hash() : 0;
    state->is_command_line = false;
    engine->config = config;
    engine->pluginmanager = Py_NewRef(pluginmanager);
    engine->relay = Py_NewRef(manager->hook);
    manager->engine = engine;
    return engine;
}

int
engine_traverse(struct engine *engine, visitproc visit, void *arg)
{
    Py_VISIT(engine->pluginmanager);
    Py_VISIT(engine->relay);
    Py_VISIT(engine->options);
    for (size_t i = 0; i < ROOM_COUNT; i++) {
        const struct engine_room *room = &engine->rooms[i];
        int status = room->data && room->traverse ? room->traverse(room->data, visit, arg) : 0;
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

void
engine_clear(struct engine *engine)
{
    if (engine->pluginmanager) {
        ((PluginManager *)engine->pluginmanager)->engine = NULL;
    }
    /* Highest first: a room may use those below it while it goes. */
    for (size_t i = ROOM_COUNT; i-- > 0;) {
        struct engine_room room = engine->rooms[i];
        engine->rooms[i] = (struct engine_room){0};
        if (room.data && room.release) {
            room.release(room.data);
        }
    }
    Py_CLEAR(engine->options);
    Py_CLEAR(engine->relay);
    Py_CLEAR(engine->pluginmanager);
}

void
engine_free(struct engine *engine)
{
    if (engine) {
        engine_clear(engine);
        memory_free(engine);
    }
}

unsigned
hook_generation(struct engine *engine)
{
    return ((PluginManager *)engine->pluginmanager)->generation;
}
