/* Warnings of pytest's own categories. */
#include "py/warn.h"

#include <stdarg.h>

#include "py/py.h"

int
py_warn(const char *category, Py_ssize_t stack_level, const char *fmt, ...)
{
    PyObject *type = py_import_attr("_pytest.warning_types", category);
    PyObject *text = NULL;
    const char *utf8 = NULL;
    int status = -1;
    va_list arguments;

    va_start(arguments, fmt);
    text = type ? PyUnicode_FromFormatV(fmt, arguments) : NULL;
    va_end(arguments);
    utf8 = text ? py_utf8(text) : NULL;
    if (utf8) {
        status = PyErr_WarnEx(type, utf8, stack_level);
    }
    Py_XDECREF(text);
    Py_XDECREF(type);
    return status;
}

int
py_check_is_pytest(PyObject *flag)
{
    int given = flag ? PyObject_IsTrue(flag) : 0;

    if (given != 0) {
        return given < 0 ? -1 : 0;
    }
    return py_warn("PytestDeprecationWarning", 1, "A private pytest class or function was used.");
}
