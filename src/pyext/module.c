/* The extension module _fastest: its state, and every folder's types in it. */
#include "code/code.h"
#include "collect/collect.h"
#include "fixtures/fixtures.h"
#include "hooks/hooks.h"
#include "io/io.h"
#include "marks/marks.h"
#include "nodes/nodes.h"
#include "plugins/plugins.h"
#include "pyext/builtins.h"
#include "pyext/discovery.h"
#include "pyext/host.h"
#include "rewrite/rewrite.h"
#include "run/run.h"

PyMODINIT_FUNC PyInit__fastest(void);

/* Lowest folder first: each may use the types of those before it. */
static int (*const FOLDERS[])(PyObject *module, struct state *state) = {
    io_add, code_add, hooks_add, nodes_add, marks_add, fixtures_add, collect_add, run_add, rewrite_add, plugins_add,
};

static int
module_exec(PyObject *module)
{
    struct state *state = state_from_module(module);

    if (state_init(state, module) < 0) {
        return -1;
    }
    state->upcalls.register_builtins = builtins_register;
    for (size_t i = 0; i < COUNT_OF(FOLDERS); i++) {
        if (FOLDERS[i](module, state) < 0) {
            return -1;
        }
    }
    return discovery_add(module) < 0 ? -1 : host_join_front(state);
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    return state_traverse(state_from_module(module), visit, arg);
}

static int
module_clear(PyObject *module)
{
    state_clear(state_from_module(module));
    return 0;
}

static void
module_free(void *module)
{
    struct state *state = state_from_module(module);
    if (state) {
        state_clear(state);
        host_leave_front(state);
        state_release(state);
    }
}

static PyModuleDef_Slot MODULE_SLOTS[] = {
    {Py_mod_exec, (void *)module_exec},
    {0, NULL},
};

static struct PyModuleDef MODULE_DEF = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_fastest",
    .m_doc = "The engine of fastest: pytest's object model and protocol in C.",
    .m_size = sizeof(struct state),
    .m_slots = MODULE_SLOTS,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC
PyInit__fastest(void)
{
    return PyModuleDef_Init(&MODULE_DEF);
}
