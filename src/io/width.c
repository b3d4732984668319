/* How wide text is on a terminal (`_pytest._io.wcwidth`), and how wide the terminal is. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/internal.h"

enum { FALLBACK_COLUMNS = 80, LEAST_COLUMNS = 40 };

bool
is_plain_ascii(const char *utf8, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)utf8[i];
        if (byte < 0x20 || byte > 0x7e) {
            return false;
        }
    }
    return true;
}

/* 0, 1, 2, -1 for unprintable, -2 with an exception. `character` is a str of length one. */
static int
wide_character_columns(PyObject *unicodedata, PyObject *character)
{
    PyObject *category = NULL;
    PyObject *width = NULL;
    int columns = -2;

    category = PyObject_CallMethod(unicodedata, "category", "O", character);
    if (!category) {
        goto done;
    }
    if (py_text_equals(category, "Cc")) {
        columns = -1;
    } else if (py_text_equals(category, "Me") || py_text_equals(category, "Mn")) {
        columns = 0;
    } else {
        width = PyObject_CallMethod(unicodedata, "east_asian_width", "O", character);
        if (width) {
            columns = py_text_equals(width, "F") || py_text_equals(width, "W") ? 2 : 1;
        }
    }
done:
    Py_XDECREF(category);
    Py_XDECREF(width);
    return columns;
}

/* Format characters and separators that a terminal shows as nothing. */
static bool
is_zero_width(Py_UCS4 character)
{
    return character == 0 || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2060 && character <= 0x2063);
}

static int
character_columns(PyObject *unicodedata, PyObject *string, Py_ssize_t index)
{
    Py_UCS4 value = PyUnicode_ReadChar(string, index);
    PyObject *character = NULL;
    int columns = -2;

    if (value >= 0x20 && value < 0x7f) {
        return 1;
    }
    if (is_zero_width(value)) {
        return 0;
    }
    character = PyUnicode_Substring(string, index, index + 1);
    if (character) {
        columns = wide_character_columns(unicodedata, character);
        Py_DECREF(character);
    }
    return columns;
}

/* -1: unprintable; -2 with an exception. */
static int
string_columns(PyObject *string)
{
    PyObject *unicodedata = PyImport_ImportModule("unicodedata");
    PyObject *normal = NULL;
    int columns = -2;

    if (!unicodedata) {
        goto done;
    }
    normal = PyObject_CallMethod(unicodedata, "normalize", "sO", "NFC", string);
    if (!normal) {
        goto done;
    }
    columns = 0;
    for (Py_ssize_t i = 0; i < PyUnicode_GetLength(normal); i++) {
        int more = character_columns(unicodedata, normal, i);
        if (more < 0) {
            columns = more;
            break;
        }
        columns += more;
    }
done:
    Py_XDECREF(normal);
    Py_XDECREF(unicodedata);
    return columns;
}

int
text_columns(const char *utf8, size_t length)
{
    PyObject *string = NULL;
    int columns = -1;

    if (is_plain_ascii(utf8, length)) {
        return (int)length;
    }
    string = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
    if (string) {
        columns = string_columns(string);
        Py_DECREF(string);
    }
    if (columns == -2 || !string) {
        /* Only a broken unicodedata gets here: an estimate is all the caller wants. */
        PyErr_Clear();
        columns = -1;
    }
    return columns;
}

static PyObject *
wcswidth_function(PyObject *Py_UNUSED(module), PyObject *string)
{
    int columns = 0;

    if (!PyUnicode_Check(string)) {
        return PyErr_Format(PyExc_TypeError, "wcswidth() takes a str, not %R", Py_TYPE(string));
    }
    columns = string_columns(string);
    return columns == -2 ? NULL : PyLong_FromLong(columns);
}

static PyObject *
wcwidth_function(PyObject *Py_UNUSED(module), PyObject *character)
{
    PyObject *unicodedata = NULL;
    int columns = 0;

    if (!PyUnicode_Check(character) || PyUnicode_GetLength(character) != 1) {
        return PyErr_Format(PyExc_TypeError, "wcwidth() takes one character, not %R", character);
    }
    unicodedata = PyImport_ImportModule("unicodedata");
    if (!unicodedata) {
        return NULL;
    }
    columns = character_columns(unicodedata, character, 0);
    Py_DECREF(unicodedata);
    return columns == -2 ? NULL : PyLong_FromLong(columns);
}

/*
 * os.environ.get(name), appended: false when absent. The process's own environment, which os.environ follows, unless
 * somebody has put a dict in its place.
 */
static bool
environment_find(const char *name, struct text *value)
{
    PyObject *os = py_find_module("os");
    PyObject *environ_object = os ? PyObject_GetAttrString(os, "environ") : NULL;
    bool is_replaced = environ_object && PyDict_Check(environ_object);
    PyObject *borrowed_value = is_replaced ? PyDict_GetItemString(environ_object, name) : NULL;
    const char *text = is_replaced ? NULL : getenv(name);
    bool is_found = text || borrowed_value;

    if (text) {
        text_add_string(value, text);
    } else if (borrowed_value && py_text_add_str(value, borrowed_value) < 0) {
        is_found = false;
    }
    Py_XDECREF(os);
    Py_XDECREF(environ_object);
    PyErr_Clear(); /* whatever the stand-in refused: the variable counts as absent */
    return is_found;
}

/* int(os.environ[name]) as shutil reads it; 0 when absent or malformed. */
static long
environment_number(const char *name)
{
    struct text text = {0};
    char *end = NULL;
    long value = 0;

    if (environment_find(name, &text) && text.length) {
        value = strtol(text.bytes, &end, 10);
        value = *end ? 0 : value;
    }
    text_release(&text);
    return value;
}

static int
standard_output_descriptor(void)
{
    PyObject *borrowed_stdout = PySys_GetObject("__stdout__");
    int fd = -1;

    if (borrowed_stdout && borrowed_stdout != Py_None) {
        Py_INCREF(borrowed_stdout);
        fd = PyObject_AsFileDescriptor(borrowed_stdout);
        Py_DECREF(borrowed_stdout);
        if (fd < 0) {
            PyErr_Clear(); /* closed, or a stand-in without a descriptor */
        }
    }
    return fd;
}

/* `_pytest._io.terminalwriter.get_terminal_width()`, where somebody has replaced it; -1: nobody has. */
static int
patched_columns(void)
{
    PyObject *module = py_find_module("_pytest._io.terminalwriter");
    PyObject *function = module ? PyObject_GetAttrString(module, "get_terminal_width") : NULL;
    PyObject *result = NULL;
    int columns = -1;

    if (function && !PyCFunction_Check(function)) {
        result = py_call0(function);
        columns = result ? (int)PyLong_AsLong(result) : -1;
    }
    Py_XDECREF(module);
    Py_XDECREF(function);
    Py_XDECREF(result);
    PyErr_Clear(); /* the module is being imported, or the replacement is of no use */
    return columns;
}

int
terminal_columns(int fd)
{
    int patched = patched_columns();
    if (patched >= 0) {
        return patched;
    }
    long columns = environment_number("COLUMNS");

    if (columns <= 0) {
        struct winsize size = {0};
        int terminal_fd = fd >= 0 ? fd : standard_output_descriptor();
        bool is_known = terminal_fd >= 0 && ioctl(terminal_fd, TIOCGWINSZ, &size) == 0;
        columns = is_known && size.ws_col ? size.ws_col : FALLBACK_COLUMNS;
    }
    return columns < LEAST_COLUMNS ? FALLBACK_COLUMNS : (int)columns;
}

static PyObject *
get_terminal_width(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLong(terminal_columns(-1));
}

static bool
environment_is(const char *name, const char *value)
{
    struct text text = {0};
    bool is_it = environment_find(name, &text) && strcmp(text_string(&text), value) == 0;

    text_release(&text);
    return is_it;
}

bool
environment_is_set(const char *name)
{
    struct text text = {0};
    bool is_set = environment_find(name, &text) && text.length;

    text_release(&text);
    return is_set;
}

int
file_wants_markup(PyObject *file)
{
    PyObject *isatty = NULL;
    PyObject *answer = NULL;
    int is_terminal = 0;

    if (environment_is("PY_COLORS", "1")) {
        return 1;
    }
    if (environment_is("PY_COLORS", "0") || environment_is_set("NO_COLOR")) {
        return 0;
    }
    if (environment_is_set("FORCE_COLOR")) {
        return 1;
    }
    isatty = PyObject_GetAttrString(file, "isatty");
    if (!isatty) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    answer = py_call0(isatty);
    Py_DECREF(isatty);
    is_terminal = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return is_terminal > 0 ? !environment_is("TERM", "dumb") : is_terminal;
}

static PyObject *
should_do_markup(PyObject *Py_UNUSED(module), PyObject *file)
{
    int wants = file_wants_markup(file);
    return wants < 0 ? NULL : PyBool_FromLong(wants);
}

static PyMethodDef FUNCTIONS[] = {
    {"wcwidth", wcwidth_function, METH_O,
     "wcwidth($module, c, /)\n--\n\nDetermine how many columns are needed to display a character in a terminal.\n\n"
     "Returns -1 if the character is not printable.\nReturns 0, 1 or 2 for other characters.\n"},
    {"wcswidth", wcswidth_function, METH_O,
     "wcswidth($module, s, /)\n--\n\nDetermine how many columns are needed to display a string in a terminal.\n\n"
     "Returns -1 if the string contains non-printable characters.\n"},
    {"get_terminal_width", get_terminal_width, METH_NOARGS, "get_terminal_width($module, /)\n--\n\n"},
    {"should_do_markup", should_do_markup, METH_O, "should_do_markup($module, file, /)\n--\n\n"},
    PY_END_METHOD,
};

int
width_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
