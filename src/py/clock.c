/* Reads the clocks. */
#include "py/clock.h"

#include <string.h>

#include "os/clock.h"
#include "py/py.h"

/* What the function says; an exception of it is printed, and the system's clock is read. One that is set stays. */
static double
replaced_s(PyObject *function, double system_s)
{
    PyObject *pending = py_error_take();
    PyObject *seconds = py_call0(function);
    double value = seconds ? PyFloat_AsDouble(seconds) : -1;

    Py_XDECREF(seconds);
    if (PyErr_Occurred()) {
        PyErr_WriteUnraisable(function);
        value = system_s;
    }
    if (pending) {
        py_error_restore_take(pending);
    }
    return value;
}

double
state_wall_s(struct state *state)
{
    return state->wall_clock ? replaced_s(state->wall_clock, clock_wall_s()) : clock_wall_s();
}

double
state_now_s(struct state *state)
{
    return state->perf_counter ? replaced_s(state->perf_counter, clock_now_s()) : clock_now_s();
}

PyObject *
replace_clock_function(PyObject *module, PyObject *args)
{
    struct state *state = state_from_module(module);
    const char *name = NULL;
    PyObject *function = NULL;

    if (!PyArg_ParseTuple(args, "sO", &name, &function)) {
        return NULL;
    }
    PyObject **slot = strcmp(name, "time") == 0 ? &state->wall_clock : &state->perf_counter;
    py_replace(slot, function == Py_None ? NULL : function);
    return Py_NewRef(Py_None);
}
