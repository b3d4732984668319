/* Warnings of pytest's own categories. */
#ifndef PY_WARN_H
#define PY_WARN_H

#include <Python.h>

/*
 * warnings.warn(text, _pytest.warning_types.<category>, stack_level): 0, or -1 with the warning raised. Level 1 is the
 * Python code that called us. The format is PyUnicode_FromFormat's.
 */
int py_warn(const char *category, Py_ssize_t stack_level, const char *fmt, ...);

/* pytest's check_ispytest(): warns when a private constructor was called without `_ispytest=True` (NULL: not given). */
int py_check_is_pytest(PyObject *flag);

#endif
