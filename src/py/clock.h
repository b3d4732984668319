/* The clocks of a run: the system's, unless tests have put functions of theirs into _pytest.timing. */
#ifndef PY_CLOCK_H
#define PY_CLOCK_H

#include "py/state.h"

/* Seconds since the epoch, and by a clock of which only differences mean something. */
double state_wall_s(struct state *state);
double state_now_s(struct state *state);

/* _replace_clock(name, function): "time" or "perf_counter" of the module _pytest.timing; None: the system's again. */
PyObject *replace_clock_function(PyObject *module, PyObject *args);

#endif
