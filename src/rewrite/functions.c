/* Functions for `_pytest.assertion` and for tests. */
#include <string.h>

#include "base/text.h"
#include "rewrite/internal.h"

/* load_code(path, rewrites, has_pass_hook): the code object of a source file. */
PyObject *
load_code_function(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 3) {
        return py_bad_argument_count("load_code", count, 3, 3);
    }
    int rewrites = PyObject_IsTrue(args[1]);
    int has_pass_hook = PyObject_IsTrue(args[2]);
    if (rewrites < 0 || has_pass_hook < 0) {
        return NULL;
    }
    return code_load(state_from_module(module), args[0], rewrites, has_pass_hook);
}

/* util.format_explanation(explanation) */
PyObject *
format_explanation_function(PyObject *Py_UNUSED(module), PyObject *explanation)
{
    struct text plain = {0};
    struct text formatted = {0};
    PyObject *result = NULL;

    if (explanation == Py_None || py_text_add_str(&plain, explanation) == 0) {
        explanation_format(text_string(&plain), plain.length, &formatted);
        result = py_text_from(&formatted);
    }
    text_release(&plain);
    text_release(&formatted);
    return result;
}
