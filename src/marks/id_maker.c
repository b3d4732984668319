/* Ids of parameter sets: from what the user gave, from the values, made unique. */
#include "marks/internal.h"

#include "base/text.h"
#include "io/io.h"

enum { LONG_STRING = 100 };

/* ---- Escaping ---- */

/* Whether escaping changes nothing: printable ASCII without a backslash (bytes: with). */
static bool
is_plain(const char *text, Py_ssize_t length, bool allows_backslash)
{
    for (Py_ssize_t i = 0; i < length; i++) {
        unsigned char character = (unsigned char)text[i];
        if (character < 32 || character > 126 || (character == '\\' && !allows_backslash)) {
            return false;
        }
    }
    return true;
}

static PyObject *
escape_bytes(PyObject *value)
{
    const char *bytes = PyBytes_AsString(value);
    Py_ssize_t length = PyBytes_Size(value);
    struct text text = {0};
    PyObject *result = NULL;

    for (Py_ssize_t i = 0; i < length; i++) {
        unsigned char character = (unsigned char)bytes[i];
        if (character == '\t' || character == '\r' || character == '\n') {
            text_add_string(&text, character == '\t' ? "\\t" : character == '\r' ? "\\r" : "\\n");
        } else if (character < 32 || character > 126) {
            text_add_format(&text, "\\x%02x", character);
        } else {
            text_add_char(&text, (char)character);
        }
    }
    result = py_text_from(&text);
    text_release(&text);
    return result;
}

/* ascii_escaped(value) of str or bytes: a new reference. */
static PyObject *
ascii_escape(PyObject *value)
{
    Py_ssize_t length = 0;
    const char *text = NULL;
    PyObject *escaped = NULL;
    PyObject *result = NULL;

    if (PyBytes_Check(value)) {
        return escape_bytes(value);
    }
    text = PyUnicode_CheckExact(value) ? py_utf8_sized(value, &length) : NULL;
    if (text && is_plain(text, length, false)) {
        return Py_NewRef(value);
    }
    PyErr_Clear(); /* lone surrogates have no UTF-8, but they have an escape */
    escaped = PyUnicode_AsUnicodeEscapeString(value);
    if (escaped) {
        /* All is ASCII now; DEL is the one unprintable character that unicode_escape leaves alone. */
        result = escape_bytes(escaped);
        Py_DECREF(escaped);
    }
    return result;
}

/* ---- Config ---- */

static PyObject *
maker_ini(struct id_maker *maker, const char *name)
{
    return maker->engine ? ini_get(maker->engine, name) : PyObject_CallMethod(maker->config, "getini", "s", name);
}

static int
keeps_unicode(struct id_maker *maker)
{
    PyObject *value = NULL;

    if (maker->keeps_unicode < 0) {
        if (!maker->config) {
            maker->keeps_unicode = 0;
            return 0;
        }
        value = maker_ini(maker, "disable_test_id_escaping_and_forfeit_all_rights_to_community_support");
        maker->keeps_unicode = value ? PyObject_IsTrue(value) : -1;
        Py_XDECREF(value);
    }
    return maker->keeps_unicode;
}

static PyObject *
escape_by_config(struct id_maker *maker, PyObject *value)
{
    int keeps = keeps_unicode(maker);
    return keeps < 0 ? NULL : keeps ? Py_NewRef(value) : ascii_escape(value);
}

/* "In <nodeid>: " or "": a new reference. */
static PyObject *
error_prefix(struct id_maker *maker)
{
    return maker->nodeid ? PyUnicode_FromFormat("In %S: ", maker->nodeid) : PyUnicode_FromString("");
}

/* ---- One value. Each: 1 and a new reference, 0 when there is no such id, -1 with an exception ---- */

static int
answer(PyObject *id, PyObject **id_out)
{
    *id_out = id;
    return id ? 1 : -1;
}

static int
is_instance_of_imported(PyObject *value, const char *module_name, const char *class_name)
{
    PyObject *module = py_find_module(module_name);
    PyObject *cls = module ? PyObject_GetAttrString(module, class_name) : NULL;
    int is_instance = cls ? PyObject_IsInstance(value, cls) : module ? -1 : 0;

    Py_XDECREF(cls);
    Py_XDECREF(module);
    return is_instance;
}

/* Regular expressions, enumeration members and things with a name. */
static int
id_from_object(struct id_maker *maker, PyObject *value, PyObject **id_out)
{
    struct state *state = maker->state;
    int is_it = is_instance_of_imported(value, "re", "Pattern");

    *id_out = NULL;
    if (is_it > 0) {
        PyObject *pattern = PyObject_GetAttrString(value, "pattern");
        PyObject *id = pattern ? ascii_escape(pattern) : NULL;
        Py_XDECREF(pattern);
        return answer(id, id_out);
    }
    if (is_it < 0 || value == marks_types(state)->notset) {
        return is_it < 0 ? -1 : 0;
    }
    is_it = is_instance_of_imported(value, "enum", "Enum");
    if (is_it != 0) {
        return is_it < 0 ? -1 : answer(PyObject_Str(value), id_out);
    }
    is_it = py_find_attr(state, value, state->names.__name__, id_out);
    if (is_it > 0 && !PyUnicode_Check(*id_out)) {
        Py_CLEAR(*id_out);
        return 0;
    }
    return is_it;
}

int
id_maker_from_value(struct id_maker *maker, PyObject *value, PyObject **id_out)
{
    if (PyUnicode_Check(value) || PyBytes_Check(value)) {
        return answer(escape_by_config(maker, value), id_out);
    }
    if (value == Py_None || PyLong_Check(value) || PyFloat_Check(value) || PyObject_TypeCheck(value, &PyComplex_Type)) {
        return answer(PyObject_Str(value), id_out);
    }
    return id_from_object(maker, value, id_out);
}

static PyObject *
id_from_value_required(struct id_maker *maker, PyObject *value, Py_ssize_t index)
{
    PyObject *id = NULL;
    PyObject *prefix = NULL;
    PyObject *repr = NULL;

    if (id_maker_from_value(maker, value, &id) != 0) {
        return id;
    }
    prefix = error_prefix(maker);
    repr = prefix ? safe_repr(maker->state, value, 240, false) : NULL;
    if (repr) {
        outcome_fail(maker->state, false,
                     "%Uids contains unsupported value %U (type: %R) at index %zd. Supported types are: str, bytes, "
                     "int, float, complex, bool, enum, regex or anything with a __name__.",
                     prefix, repr, (PyObject *)Py_TYPE(value), index);
    }
    Py_XDECREF(repr);
    Py_XDECREF(prefix);
    return NULL;
}

/* raise ValueError(...) from the exception that is set, if that is an Exception. Returns -1. */
static int
explain_function_error(struct id_maker *maker, PyObject *argname, Py_ssize_t index)
{
    PyObject *cause = NULL;
    PyObject *prefix = NULL;

    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    cause = py_error_take();
    prefix = maker->nodeid ? PyUnicode_FromFormat("%S: ", maker->nodeid) : PyUnicode_FromString("");
    if (prefix) {
        PyErr_Format(PyExc_ValueError, "%Uerror raised while trying to determine id of parameter '%S' at position %zd",
                     prefix, argname, index);
    }
    Py_XDECREF(prefix);
    py_error_set_cause_take(cause);
    return -1;
}

static int
id_from_function(struct id_maker *maker, PyObject *value, PyObject *argname, Py_ssize_t index, PyObject **id_out)
{
    PyObject *made = py_call1(maker->idfn, value);
    int found = 0;

    *id_out = NULL;
    if (!made) {
        return explain_function_error(maker, argname, index);
    }
    found = made == Py_None ? 0 : id_maker_from_value(maker, made, id_out);
    Py_DECREF(made);
    return found;
}

static int
id_from_hook(struct id_maker *maker, PyObject *value, PyObject *argname, PyObject **id_out)
{
    PyObject *id = NULL;

    *id_out = NULL;
    if (maker->engine) {
        PyObject *const args[] = {maker->config, value, argname};
        id = hook_call(maker->engine->relay, HOOK_make_parametrize_id, args);
    } else {
        PyObject *hook = PyObject_GetAttrString(maker->config, "hook");
        PyObject *caller = hook ? PyObject_GetAttrString(hook, "pytest_make_parametrize_id") : NULL;
        PyObject *kwargs = Py_BuildValue("{sOsOsO}", "config", maker->config, "val", value, "argname", argname);
        id = caller && kwargs ? py_call(maker->state, caller, NULL, kwargs) : NULL;
        Py_XDECREF(kwargs);
        Py_XDECREF(caller);
        Py_XDECREF(hook);
    }
    if (!id || id != Py_None) {
        return answer(id, id_out);
    }
    Py_DECREF(id);
    return 0;
}

static int
fail_for_long_string(struct id_maker *maker, PyObject *argname, Py_ssize_t index, Py_ssize_t length)
{
    PyObject *prefix = error_prefix(maker);

    if (prefix) {
        outcome_fail(maker->state, false,
                     "%Uparametrize value for '%S' at index %zd is too long for an auto-generated ID (%zd "
                     "characters). Use pytest.param(..., id=...) or parametrize(..., ids=...) to set an explicit ID, "
                     "or change parametrize_long_str_id_strategy.",
                     prefix, argname, index, length);
        Py_DECREF(prefix);
    }
    return -1;
}

static PyObject *
sha256_of(PyObject *value)
{
    PyObject *bytes = PyUnicode_Check(value) ? PyUnicode_AsUTF8String(value) : Py_NewRef(value);
    PyObject *sha256 = bytes ? py_import_attr("hashlib", "sha256") : NULL;
    PyObject *digest = sha256 ? py_call1(sha256, bytes) : NULL;
    PyObject *id = digest ? PyObject_CallMethod(digest, "hexdigest", NULL) : NULL;

    Py_XDECREF(digest);
    Py_XDECREF(sha256);
    Py_XDECREF(bytes);
    return id;
}

/* A str or bytes; over 100 characters as parametrize_long_str_id_strategy says. */
static int
id_from_string(struct id_maker *maker, PyObject *value, PyObject *argname, Py_ssize_t index, PyObject **id_out)
{
    Py_ssize_t length = PyObject_Size(value);
    PyObject *strategy = NULL;
    int found = -1;

    *id_out = NULL;
    if (length <= LONG_STRING) {
        return length < 0 ? -1 : answer(escape_by_config(maker, value), id_out);
    }
    strategy = maker->config ? maker_ini(maker, "parametrize_long_str_id_strategy") : PyUnicode_FromString("short");
    if (!strategy) {
        return -1;
    }
    if (py_text_equals(strategy, "legacy")) {
        found = answer(escape_by_config(maker, value), id_out);
    } else if (py_text_equals(strategy, "short")) {
        found = 0;
    } else if (py_text_equals(strategy, "sha256")) {
        found = answer(sha256_of(value), id_out);
    } else if (py_text_equals(strategy, "disallow")) {
        found = fail_for_long_string(maker, argname, index, length);
    } else {
        usage_error(maker->state,
                    "Unknown parametrize_long_str_id_strategy: %R. Valid values: disallow, legacy, sha256, short",
                    strategy);
    }
    Py_DECREF(strategy);
    return found;
}

PyObject *
id_maker_value(struct id_maker *maker, PyObject *value, PyObject *argname, Py_ssize_t index)
{
    PyObject *id = NULL;
    int found = 0;

    if (maker->idfn) {
        found = id_from_function(maker, value, argname, index, &id);
    }
    if (found == 0 && maker->has_hook) {
        found = id_from_hook(maker, value, argname, &id);
    }
    if (found == 0) {
        found = PyUnicode_Check(value) || PyBytes_Check(value) ? id_from_string(maker, value, argname, index, &id)
                                                               : id_maker_from_value(maker, value, &id);
    }
    return found != 0 ? id : PyUnicode_FromFormat("%S%zd", argname, index);
}

/* ---- One set ---- */

static PyObject *
id_from_values(struct id_maker *maker, const struct parameter_set *set, Py_ssize_t index)
{
    Py_ssize_t count = maker->sets->name_count;
    PyObject *parts = NULL;
    PyObject *id = NULL;

    if (count == 1) {
        PyObject *value = parameter_set_value(set, 0);
        id = value ? id_maker_value(maker, value, PyTuple_GetItem(maker->sets->names, 0), index) : NULL;
        Py_XDECREF(value);
        if (!id || PyUnicode_Check(id)) {
            return id;
        }
        /* bytes, where ids are not escaped: joining says what is wrong with them */
        parts = PyTuple_Pack(1, id);
        Py_DECREF(id);
        count = 0;
    } else {
        parts = PyTuple_New(count);
    }
    for (Py_ssize_t i = 0; parts && i < count; i++) {
        PyObject *value = parameter_set_value(set, i);
        PyObject *part = value ? id_maker_value(maker, value, PyTuple_GetItem(maker->sets->names, i), index) : NULL;
        Py_XDECREF(value);
        if (!part || PyTuple_SetItem(parts, i, part) < 0) {
            Py_CLEAR(parts);
        }
    }
    id = py_text_join("-", parts);
    Py_XDECREF(parts);
    return id;
}

/* A new reference to a str or HIDDEN_PARAM. */
static PyObject *
id_of_set(struct id_maker *maker, Py_ssize_t index)
{
    const struct parameter_set *set = &maker->sets->sets[index];
    PyObject *hidden = marks_types(maker->state)->hidden_param;

    if (set->id) {
        return set->id == hidden ? Py_NewRef(hidden) : escape_by_config(maker, set->id);
    }
    if (maker->ids && index < PyList_Size(maker->ids)) {
        PyObject *given = py_list_item(maker->ids, index);
        PyObject *id = given == hidden ? Py_NewRef(hidden) : NULL;
        if (!id && given != Py_None) {
            id = id_from_value_required(maker, given, index);
        }
        bool is_done = given != Py_None;
        Py_DECREF(given);
        if (is_done) {
            return id;
        }
    }
    return id_from_values(maker, set, index);
}

/* ---- Uniqueness ---- */

static int
is_strict(struct id_maker *maker)
{
    PyObject *value = maker->config ? maker_ini(maker, "strict_parametrization_ids") : Py_NewRef(Py_False);
    int strict = -1;

    if (value == Py_None) {
        Py_DECREF(value);
        value = maker_ini(maker, "strict");
    }
    if (value) {
        strict = PyObject_IsTrue(value);
        Py_DECREF(value);
    }
    return strict;
}

/* ", ".join(list), HIDDEN_PARAM as "<hidden>": a new reference. */
static PyObject *
join_ids(struct id_maker *maker, PyObject *ids)
{
    PyObject *hidden = marks_types(maker->state)->hidden_param;
    PyObject *shown = PyList_New(0);
    PyObject *joined = NULL;

    for (Py_ssize_t i = 0; shown && i < PyList_Size(ids); i++) {
        PyObject *borrowed_id = PyList_GetItem(ids, i);
        PyObject *text = borrowed_id == hidden ? PyUnicode_FromString("<hidden>") : Py_NewRef(borrowed_id);
        if (py_list_append_take(shown, text) < 0) {
            Py_CLEAR(shown);
        }
    }
    joined = py_text_join(", ", shown);
    Py_XDECREF(shown);
    return joined;
}

/* saferepr(list(values)) of each set, joined. */
static PyObject *
join_sets(struct id_maker *maker)
{
    PyObject *parts = PyList_New(0);
    PyObject *joined = NULL;

    for (Py_ssize_t i = 0; parts && i < maker->sets->count; i++) {
        PyObject *values = parameter_set_values(&maker->sets->sets[i]);
        PyObject *list = values ? PySequence_List(values) : NULL;
        PyObject *repr = list ? safe_repr(maker->state, list, 240, false) : NULL;
        Py_XDECREF(list);
        Py_XDECREF(values);
        if (py_list_append_take(parts, repr) < 0) {
            Py_CLEAR(parts);
        }
    }
    joined = parts ? join_ids(maker, parts) : NULL;
    Py_XDECREF(parts);
    return joined;
}

static PyObject *
duplicates_of(PyObject *counts)
{
    PyObject *list = PyList_New(0);
    PyObject *borrowed_id = NULL;
    PyObject *borrowed_count = NULL;
    Py_ssize_t position = 0;

    while (list && PyDict_Next(counts, &position, &borrowed_id, &borrowed_count)) {
        if (PyLong_AsLong(borrowed_count) > 1 && PyList_Append(list, borrowed_id) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static int
fail_for_duplicates(struct id_maker *maker, PyObject *ids, PyObject *counts)
{
    PyObject *names = py_text_join(", ", maker->sets->names);
    PyObject *sets = names ? join_sets(maker) : NULL;
    PyObject *shown_ids = sets ? join_ids(maker, ids) : NULL;
    PyObject *duplicates = shown_ids ? duplicates_of(counts) : NULL;
    PyObject *shown_duplicates = duplicates ? join_ids(maker, duplicates) : NULL;

    if (shown_duplicates) {
        PyErr_Format((PyObject *)nodes_types(maker->state)->collect_error,
                     "Duplicate parametrization IDs detected, but strict_parametrization_ids is set.\n\n"
                     "Test name:      %S\n"
                     "Parameters:     %U\n"
                     "Parameter sets: %U\n"
                     "IDs:            %U\n"
                     "Duplicates:     %U\n\n"
                     "You can fix this problem using `@pytest.mark.parametrize(..., ids=...)` or "
                     "`pytest.param(..., id=...)`.",
                     maker->nodeid ? maker->nodeid : Py_None, names, sets, shown_ids, shown_duplicates);
    }
    Py_XDECREF(shown_duplicates);
    Py_XDECREF(duplicates);
    Py_XDECREF(shown_ids);
    Py_XDECREF(sets);
    Py_XDECREF(names);
    return -1;
}

/* collections.Counter(ids) as a dict. */
static PyObject *
count_ids(PyObject *ids)
{
    PyObject *counts = PyDict_New();

    for (Py_ssize_t i = 0; counts && i < PyList_Size(ids); i++) {
        PyObject *borrowed_id = PyList_GetItem(ids, i);
        PyObject *borrowed_count = PyDict_GetItemWithError(counts, borrowed_id);
        long count = borrowed_count ? PyLong_AsLong(borrowed_count) : 0;
        if (PyErr_Occurred() || py_dict_set_take(counts, borrowed_id, PyLong_FromLong(count + 1)) < 0) {
            Py_CLEAR(counts);
        }
    }
    return counts;
}

/* Ends the id in a digit? Then a suffix needs a separator. */
static int
ends_in_digit(PyObject *id)
{
    Py_ssize_t length = PyUnicode_GetLength(id);
    PyObject *last = length > 0 ? PyUnicode_Substring(id, length - 1, length) : NULL;
    PyObject *is_digit = last ? PyObject_CallMethod(last, "isdigit", NULL) : NULL;
    int result = is_digit ? is_digit == Py_True : length > 0 ? -1 : 0;

    Py_XDECREF(is_digit);
    Py_XDECREF(last);
    return result;
}

/* The first "<id>[_]<number>" that nobody has, from the number in `suffixes` on, which is left behind it. */
static PyObject *
suffixed_id(PyObject *id, PyObject *suffixes, PyObject *taken)
{
    PyObject *borrowed_number = PyDict_GetItemWithError(suffixes, id);
    long number = borrowed_number ? PyLong_AsLong(borrowed_number) : 0;
    int separates = PyErr_Occurred() ? -1 : ends_in_digit(id);
    PyObject *candidate = NULL;
    int is_taken = 1;

    while (separates >= 0 && is_taken > 0) {
        Py_XDECREF(candidate);
        candidate = PyUnicode_FromFormat("%U%s%ld", id, separates ? "_" : "", number++);
        is_taken = candidate ? PySet_Contains(taken, candidate) : -1;
    }
    if (separates < 0 || is_taken < 0 || py_dict_set_take(suffixes, id, PyLong_FromLong(number)) < 0) {
        Py_CLEAR(candidate);
    }
    return candidate;
}

static int
fail_for_hidden(struct id_maker *maker)
{
    PyObject *prefix = error_prefix(maker);

    if (prefix) {
        outcome_fail(maker->state, true,
                     "%Umultiple instances of HIDDEN_PARAM cannot be used in the same parametrize call, because the "
                     "tests names need to be unique.",
                     prefix);
        Py_DECREF(prefix);
    }
    return -1;
}

/*
 * Suffixes every id that occurs more than once. A new id must differ from what the list holds at that moment, so an
 * id leaves `taken` when its last occurrence is replaced.
 */
static int
make_unique(struct id_maker *maker, PyObject *ids, PyObject *taken, PyObject *counts)
{
    PyObject *suffixes = PyDict_New();
    PyObject *left = suffixes ? PyDict_Copy(counts) : NULL;
    int status = left ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(ids); i++) {
        PyObject *id = py_list_item(ids, i);
        PyObject *borrowed_count = PyDict_GetItemWithError(counts, id);
        PyObject *new_id = NULL;
        if (borrowed_count && PyLong_AsLong(borrowed_count) > 1) {
            new_id = id == marks_types(maker->state)->hidden_param ? NULL : suffixed_id(id, suffixes, taken);
            if (id == marks_types(maker->state)->hidden_param) {
                fail_for_hidden(maker);
            }
            long remaining = PyLong_AsLong(PyDict_GetItem(left, id)) - 1;
            status = new_id && py_dict_set_take(left, id, PyLong_FromLong(remaining)) == 0 &&
                             (remaining > 0 || PySet_Discard(taken, id) >= 0) && PySet_Add(taken, new_id) == 0 &&
                             PyList_SetItem(ids, i, Py_NewRef(new_id)) == 0
                         ? 0
                         : -1;
        }
        Py_XDECREF(new_id);
        Py_DECREF(id);
    }
    Py_XDECREF(left);
    Py_XDECREF(suffixes);
    return status;
}

static int
resolve_duplicates(struct id_maker *maker, PyObject *ids, PyObject *taken)
{
    PyObject *counts = count_ids(ids);
    int strict = counts ? is_strict(maker) : -1;
    int status = -1;

    if (strict == 0) {
        status = make_unique(maker, ids, taken, counts);
    } else if (strict > 0) {
        status = fail_for_duplicates(maker, ids, counts);
    }
    Py_XDECREF(counts);
    return status;
}

void
id_maker_start(struct id_maker *maker)
{
    struct state *state = maker->state;

    maker->keeps_unicode = -1;
    if (maker->config && PyObject_TypeCheck(maker->config, hooks_types(state)->config)) {
        maker->engine = engine_from_config(maker->config);
        maker->has_hook = !hook_is_empty(maker->engine->relay, HOOK_make_parametrize_id);
    } else {
        maker->has_hook = maker->config != NULL;
    }
}

PyObject *
id_maker_resolve(struct id_maker *maker)
{
    PyObject *ids = PyList_New(maker->sets->count);

    for (Py_ssize_t i = 0; ids && i < maker->sets->count; i++) {
        PyObject *id = id_of_set(maker, i);
        if (!id || PyList_SetItem(ids, i, id) < 0) {
            Py_CLEAR(ids);
        }
    }
    return ids;
}

PyObject *
id_maker_run(struct id_maker *maker)
{
    PyObject *ids = NULL;
    PyObject *taken = NULL;

    id_maker_start(maker);
    ids = id_maker_resolve(maker);
    taken = ids ? PySet_New(ids) : NULL;
    if (!taken || (PySet_Size(taken) != PyList_Size(ids) && resolve_duplicates(maker, ids, taken) < 0)) {
        Py_CLEAR(ids);
    }
    Py_XDECREF(taken);
    return ids;
}
