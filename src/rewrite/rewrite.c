/* Registers what src/rewrite gives the module, and the names that rewritten code refers to. */
#include "rewrite/rewrite.h"

#include "rewrite/internal.h"

PY_NAMED_ONE(format_explanation_function_named, format_explanation_function, "format_explanation", "explanation")
static PyMethodDef FUNCTIONS[] = {
    {"assert_fail", PY_FAST(assert_fail), NULL},
    {"assert_pass", PY_FAST(assert_pass), NULL},
    {"load_code", PY_FAST(load_code_function), NULL},
    {"line_diff", PY_FAST(line_diff_function), NULL},
    {"compare_values", PY_FAST(compare_values_function), NULL},
    {"compare_part", PY_FAST(compare_part_function), NULL},
    {"rewritten_source", rewritten_source_function, METH_VARARGS, NULL},
    {"should_repr_global_name", should_repr_global_name_function, METH_O, NULL},
    {"_fallback_count", fallback_count_function, METH_NOARGS, "_fallback_count($module)\n--\n\n"},
    {"_cache_tag", cache_tag_function, METH_NOARGS, "_cache_tag($module)\n--\n\n"},
    {"_asserting_item", asserting_item_function, METH_NOARGS, "_asserting_item($module)\n--\n\n"},
    {"_truncation_of", truncation_of_function, METH_O, NULL},
    {"_truncate_lines", truncate_lines_function, METH_VARARGS, NULL},
    {"format_explanation", PY_FAST_WITH_KEYWORDS(format_explanation_function_named),
     "format_explanation($module, explanation)\n--\n\n"},
    PY_END_METHOD,
};

static int
rewrite_prepare_namespace(struct state *state, PyObject *namespace)
{
    struct rewrite_room *room = rewrite_room(state);
    PyObject *builtins = PyEval_GetBuiltins(); /* borrowed */

    /* exec() does this, PyEval_EvalCode() does not; imports by C functions ask for it. */
    int has_builtins = PyDict_Contains(namespace, state->names.__builtins__);
    if (has_builtins < 0 || !builtins ||
        (!has_builtins && PyDict_SetItem(namespace, state->names.__builtins__, builtins) < 0)) {
        return -1;
    }
    if (PyDict_SetItem(namespace, room->name_builtins, room->builtins) < 0 ||
        PyDict_SetItem(namespace, room->name_fail, room->fail) < 0) {
        return -1;
    }
    return 0;
}

/* "cpython-313-fastest-0.1.0-pytest-9.2.0.pyc": the last part of a cache file's name; ".pyo" under -O. */
static PyObject *
make_cache_tag(void)
{
    PyObject *implementation = PySys_GetObject("implementation"); /* borrowed */
    PyObject *tag = implementation ? PyObject_GetAttrString(implementation, "cache_tag") : NULL;
    PyObject *name = NULL;
    long level = optimization_level();

    if (tag && level >= 0) {
        name = PyUnicode_FromFormat("%S-fastest-%s-pytest-%s.py%c", tag, FASTEST_VERSION, FASTEST_PYTEST_VERSION,
                                    level > 0 ? 'o' : 'c');
    }
    Py_XDECREF(tag);
    return name;
}

static PyObject *
make_magic(void)
{
    PyObject *magic = py_import_attr("_frozen_importlib_external", "MAGIC_NUMBER");

    if (!magic) {
        PyErr_Clear();
        magic = py_import_attr("importlib.util", "MAGIC_NUMBER");
    }
    if (magic && (!PyBytes_Check(magic) || PyBytes_Size(magic) != 4)) {
        Py_CLEAR(magic);
        PyErr_SetString(PyExc_ImportError, "this interpreter's bytecode has no magic number of four bytes");
    }
    return magic;
}

static int
room_fill(struct rewrite_room *room, PyObject *module)
{
    room->builtins = PyImport_ImportModule("builtins");
    room->compile = py_import_attr("builtins", "compile");
    room->marshal_dumps = py_import_attr("marshal", "dumps");
    room->marshal_loads = py_import_attr("marshal", "loads");
    room->fix_co_filename = py_import_attr("_imp", "_fix_co_filename");
    room->fail = PyObject_GetAttrString(module, "assert_fail");
    room->pass = PyObject_GetAttrString(module, "assert_pass");
    room->name_fail = PyUnicode_InternFromString("@pytest_ar");
    room->name_pass = PyUnicode_InternFromString("@pytest_ap");
    room->name_builtins = PyUnicode_InternFromString("@py_builtins");
    room->cache_tag = make_cache_tag();
    room->magic = make_magic();
    room->pruned_folders = PySet_New(NULL);
    room->fallback_count = PyLong_FromLong(0);
    return room->builtins && room->compile && room->marshal_dumps && room->marshal_loads && room->fix_co_filename &&
                   room->fail && room->pass && room->name_fail && room->name_pass && room->name_builtins &&
                   room->cache_tag && room->magic && room->pruned_folders && room->fallback_count
               ? 0
               : -1;
}

int
rewrite_add(PyObject *module, struct state *state)
{
    struct rewrite_room *room = STATE_ROOM_ADD(state, ROOM_REWRITE, struct rewrite_room);

    if (PyModule_AddFunctions(module, FUNCTIONS) < 0 || room_fill(room, module) < 0) {
        return -1;
    }
    /* Code that runs in a namespace of its own making finds them, too. */
    PyObject *namespace = PyModule_GetDict(room->builtins); /* borrowed */
    if (PyDict_SetItem(namespace, room->name_fail, room->fail) < 0 ||
        PyDict_SetItem(namespace, room->name_pass, room->pass) < 0) {
        return -1;
    }
    state->upcalls.load_code = load_code_upcall;
    state->upcalls.prepare_namespace = rewrite_prepare_namespace;
    return 0;
}
