/* --durations: the slowest phases of the run, at the end of the report. */
#include <stdlib.h>

#include "run/internal.h"

struct timed {
    PyObject *report; /* borrowed from the reporter's stats */
    double duration;
    Py_ssize_t position; /* keeps the sort stable */
};

struct timed_list {
    struct timed *entries;
    size_t count;
    size_t capacity;
};

static int
compare_slowest_first(const void *left, const void *right)
{
    const struct timed *a = left;
    const struct timed *b = right;

    if (a->duration != b->duration) {
        return a->duration < b->duration ? 1 : -1;
    }
    return a->position < b->position ? -1 : 1;
}

static int
add_report(struct state *state, struct timed_list *list, PyObject *report)
{
    PyObject *duration = NULL;
    int found = py_find_attr(state, report, state->names.duration, &duration);

    if (found <= 0) {
        return found;
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 256;
        struct timed *grown = PyMem_Realloc(list->entries, list->capacity * sizeof *grown);
        if (!grown) {
            Py_DECREF(duration);
            PyErr_NoMemory();
            return -1;
        }
        list->entries = grown;
    }
    list->entries[list->count] = (struct timed){report, PyFloat_AsDouble(duration), (Py_ssize_t)list->count};
    list->count++;
    Py_DECREF(duration);
    return PyErr_Occurred() ? -1 : 0;
}

static int
add_all(struct state *state, struct timed_list *list, PyObject *stats)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_reports = NULL;
    Py_ssize_t position = 0;

    while (PyDict_Next(stats, &position, &borrowed_key, &borrowed_reports)) {
        for (Py_ssize_t i = 0; PyList_Check(borrowed_reports) && i < PyList_Size(borrowed_reports); i++) {
            if (add_report(state, list, PyList_GetItem(borrowed_reports, i)) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int
write_line(PyObject *reporter, PyObject *text)
{
    PyObject *written = text ? PyObject_CallMethod(reporter, "write_line", "O", text) : NULL;
    Py_XDECREF(text);
    return py_status_take(written);
}

/* str.format with one double and fixed precision, as Python rounds. */
static PyObject *
format_seconds(double seconds, char type, int precision)
{
    char *text = PyOS_double_to_string(seconds, type, precision, 0, NULL);
    PyObject *result = text ? PyUnicode_FromString(text) : PyErr_NoMemory();
    PyMem_Free(text);
    return result;
}

static PyObject *
hidden_message(size_t hidden_count, double minimum, bool is_default)
{
    PyObject *bound = format_seconds(minimum, 'g', 6);
    PyObject *text = NULL;

    if (bound) {
        text = PyUnicode_FromFormat("(%zu durations < %Us hidden.%s)", hidden_count, bound,
                                    is_default ? "  Use -vv to show these durations." : "");
        Py_DECREF(bound);
    }
    return text;
}

static PyObject *
duration_line(struct state *state, const struct timed *timed)
{
    PyObject *seconds = format_seconds(timed->duration, 'f', 2);
    PyObject *when = PyObject_GetAttr(timed->report, state->names.when);
    PyObject *nodeid = PyObject_GetAttr(timed->report, state->names.nodeid);
    PyObject *padded = when ? PyObject_CallMethod(when, "ljust", "i", 8) : NULL;
    PyObject *line = NULL;

    if (seconds && padded && nodeid) {
        line = PyUnicode_FromFormat("%Us %U %U", seconds, padded, nodeid);
    }
    Py_XDECREF(seconds);
    Py_XDECREF(when);
    Py_XDECREF(nodeid);
    Py_XDECREF(padded);
    return line;
}

static int
write_durations(struct engine *engine, PyObject *reporter, struct timed_list *list, long wanted, PyObject *min_option)
{
    bool is_default = min_option == Py_None;
    double minimum = is_default ? (config_verbosity(engine, NULL) < 2 ? 0.005 : 0.0) : PyFloat_AsDouble(min_option);
    PyObject *title =
        wanted ? PyUnicode_FromFormat("slowest %ld durations", wanted) : PyUnicode_FromString("slowest durations");
    PyObject *written = title ? PyObject_CallMethod(reporter, "write_sep", "sO", "=", title) : NULL;
    size_t count = wanted && (size_t)wanted < list->count ? (size_t)wanted : list->count;

    Py_XDECREF(title);
    if (!written) {
        return -1;
    }
    Py_DECREF(written);
    for (size_t i = 0; i < count; i++) {
        if (list->entries[i].duration < minimum) {
            if (write_line(reporter, PyUnicode_FromString("")) < 0) {
                return -1;
            }
            return write_line(reporter, hidden_message(count - i, minimum, is_default));
        }
        if (write_line(reporter, duration_line(engine->state, &list->entries[i])) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
durations_terminal_summary(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct timed_list list = {0};
    PyObject *wanted = option_get(engine, "durations");
    PyObject *minimum = NULL;
    PyObject *stats = NULL;
    PyObject *result = NULL;

    if (!wanted || wanted == Py_None) {
        return wanted;
    }
    minimum = option_get(engine, "durations_min");
    stats = minimum ? PyObject_GetAttrString(args[0], "stats") : NULL;
    if (!stats || add_all(engine->state, &list, stats) < 0) {
        goto done;
    }
    if (list.count) {
        qsort(list.entries, list.count, sizeof *list.entries, compare_slowest_first);
        if (write_durations(engine, args[0], &list, PyLong_AsLong(wanted), minimum) < 0) {
            goto done;
        }
    }
    result = Py_NewRef(Py_None);
done:
    PyMem_Free(list.entries);
    Py_XDECREF(stats);
    Py_XDECREF(minimum);
    Py_DECREF(wanted);
    return result;
}
