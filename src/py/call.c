/* Calls, optional attributes, modules and exceptions for the limited API of 3.10. */
#include "py/call.h"

#include "py/py.h"

PyObject *
py_call(struct state *state, PyObject *callable, PyObject *args, PyObject *kwargs)
{
    return PyObject_Call(callable, args ? args : state->empty_tuple, kwargs);
}

PyObject *
py_call_take(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    PyObject *result = callable && args && kwargs ? PyObject_Call(callable, args, kwargs) : NULL;

    Py_XDECREF(callable);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return result;
}

/* In the stable ABI from 3.13 on; older interpreters leave it NULL. */
extern int PyObject_GetOptionalAttr(PyObject *object, PyObject *name, PyObject **value_out) __attribute__((weak));

int
py_find_attr(struct state *state, PyObject *object, PyObject *name, PyObject **value_out)
{
    if (PyObject_GetOptionalAttr) {
        return PyObject_GetOptionalAttr(object, name, value_out);
    }
    PyObject *value = PyObject_CallFunctionObjArgs(state->getattr, object, name, state->missing, NULL);

    *value_out = NULL;
    if (!value) {
        return -1;
    }
    if (value == state->missing) {
        Py_DECREF(value);
        return 0;
    }
    *value_out = value;
    return 1;
}

PyObject *
py_attr(struct state *state, PyObject *object, const char *name)
{
    PyObject *borrowed_name = py_literal(state, name);
    return borrowed_name ? PyObject_GetAttr(object, borrowed_name) : NULL;
}

int
py_attr_is_true(struct state *state, PyObject *object, PyObject *name)
{
    PyObject *value = NULL;
    int found = py_find_attr(state, object, name, &value);

    if (found <= 0) {
        return found;
    }
    found = PyObject_IsTrue(value);
    Py_DECREF(value);
    return found;
}

/* The module, imported if it is not yet: PyImport_ImportModule() takes 5,000 instructions to see that it is. */
static PyObject *
py_import(const char *module_name)
{
    PyObject *name = PyUnicode_FromString(module_name);
    PyObject *module = name ? PyImport_GetModule(name) : NULL;

    if (module == Py_None) {
        Py_CLEAR(module); /* None forbids the import: that is for it to say */
    }
    if (!module && name && !PyErr_Occurred()) {
        module = PyImport_Import(name);
    }
    Py_XDECREF(name);
    return module;
}

PyObject *
py_import_attr(const char *module_name, const char *name)
{
    PyObject *module = py_import(module_name);
    PyObject *value = NULL;

    if (module) {
        value = PyObject_GetAttrString(module, name);
        Py_DECREF(module);
    }
    return value;
}

PyObject *
py_call_of_module(const char *module_name, const char *name, PyObject *first, PyObject *args, PyObject *kwargs)
{
    PyObject *function = py_import_attr(module_name, name);
    PyObject *head = function ? PyTuple_Pack(1, first) : NULL;
    PyObject *all_args = head ? PySequence_Concat(head, args) : NULL;
    PyObject *result = all_args ? PyObject_Call(function, all_args, kwargs) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(head);
    Py_XDECREF(all_args);
    return result;
}

PyObject *
py_find_module(const char *module_name)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *module = modules ? PyDict_GetItemString(modules, module_name) : NULL;

    if (module == Py_None) {
        return NULL;
    }
    return Py_XNewRef(module);
}

PyObject *
py_error_take(void)
{
    PyObject *type = NULL;
    PyObject *value = NULL;
    PyObject *traceback = NULL;

    PyErr_Fetch(&type, &value, &traceback);
    if (!type) {
        return NULL;
    }
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback && value) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

void
py_error_restore_take(PyObject *exception)
{
    PyObject *type = Py_NewRef((PyObject *)Py_TYPE(exception));
    PyErr_Restore(type, exception, PyException_GetTraceback(exception));
}

PyObject *
py_pass_on_take(PyObject *result, PyObject *exception, int status)
{
    if (status < 0) {
        Py_XDECREF(exception);
        Py_XDECREF(result);
        return NULL;
    }
    if (exception) {
        py_error_restore_take(exception);
    }
    return result;
}

void
py_error_set_context_take(PyObject *context)
{
    PyObject *exception = py_error_take();

    if (!exception) {
        Py_DECREF(context);
        return;
    }
    if (exception == context) {
        Py_DECREF(context);
    } else {
        PyException_SetContext(exception, context);
    }
    py_error_restore_take(exception);
}

void
py_error_set_cause_take(PyObject *cause)
{
    PyObject *exception = py_error_take();

    if (!exception) {
        Py_DECREF(cause);
        return;
    }
    PyException_SetContext(exception, Py_NewRef(cause));
    PyException_SetCause(exception, cause);
    py_error_restore_take(exception);
}
