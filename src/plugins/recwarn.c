/* The plugin "recwarn": the fixture of that name; what it gives is Python (`_pytest.recwarn`). */
#include "plugins/recwarn.h"

#include "fixtures/fixtures.h"

/* with WarningsRecorder() as recorder: warnings.simplefilter("default"); yield recorder */
static PyObject *
setup_recwarn(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(request), PyObject *const *Py_UNUSED(args))
{
    PyObject *recorder_type = py_import_attr("_pytest.recwarn", "WarningsRecorder");
    PyObject *recorder = recorder_type ? py_call0(recorder_type) : NULL;
    PyObject *entered = recorder ? PyObject_CallMethod(recorder, "__enter__", NULL) : NULL;
    PyObject *simplefilter = entered ? py_import_attr("warnings", "simplefilter") : NULL;
    PyObject *done = simplefilter ? PyObject_CallFunction(simplefilter, "s", "default") : NULL;

    if (!done) {
        Py_CLEAR(recorder);
    }
    Py_XDECREF(done);
    Py_XDECREF(simplefilter);
    Py_XDECREF(entered);
    Py_XDECREF(recorder_type);
    return recorder;
}

static int
teardown_recwarn(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(request), PyObject *recorder)
{
    return py_status_take(PyObject_CallMethod(recorder, "__exit__", "OOO", Py_None, Py_None, Py_None));
}

static const struct native_fixture RECWARN_FIXTURES[] = {
    {.name = "recwarn",
     .scope = SCOPE_FUNCTION,
     .setup = setup_recwarn,
     .teardown = teardown_recwarn,
     .module = "_pytest.recwarn",
     .doc = "Return a :class:`WarningsRecorder` instance that records all warnings emitted by test functions.\n\n"
            "    See :ref:`warnings` for information on warning categories.\n    ",
     .line = 36},
};

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (fixtures_register_native(engine, RECWARN_FIXTURES, COUNT_OF(RECWARN_FIXTURES)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook RECWARN_HOOKS[] = {{.id = HOOK_sessionstart, .call = register_fixtures}};

const struct native_plugin RECWARN_PLUGIN = {
    .name = "recwarn",
    .module = "_pytest.recwarn",
    .hooks = RECWARN_HOOKS,
    .hook_count = COUNT_OF(RECWARN_HOOKS),
};
