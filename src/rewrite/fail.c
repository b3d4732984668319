/* What rewritten code calls: assert_fail when an assertion failed, assert_pass when it held and somebody listens. */
#include "hooks/hooks.h"
#include "rewrite/internal.h"
#include "rewrite/plan.h"

enum { DEFAULT_LIMIT = 240 }; /* characters of a representation */

/* How long representations in explanations may be, by the running item's config: 0 is unlimited. */
static Py_ssize_t
representation_limit(struct state *state)
{
    PyObject *item = rewrite_room(state)->current_item;
    int verbosity = item ? config_verbosity(((Node *)item)->engine, "assertions") : 0;

    if (verbosity >= 2) {
        return 0;
    }
    return verbosity >= 1 ? DEFAULT_LIMIT * 10 : DEFAULT_LIMIT;
}

/* The frame that called us, opened: releases with frame_close. 0, or -1 with an exception. */
static int
frame_open(struct state *state, struct explain_frame *frame)
{
    PyObject *caller = (PyObject *)PyEval_GetFrame(); /* borrowed */

    *frame = (struct explain_frame){.state = state};
    if (!caller) {
        PyErr_SetString(PyExc_RuntimeError, "fastest: no frame asserted anything");
        return -1;
    }
    frame->locals = PyObject_GetAttr(caller, state->names.f_locals);
    frame->globals = PyObject_GetAttr(caller, state->names.f_globals);
    frame->builtins = PyObject_GetAttr(caller, state->names.f_builtins);
    frame->max_size = representation_limit(state);
    return frame->locals && frame->globals && frame->builtins && !PyErr_Occurred() ? 0 : -1;
}

static void
frame_close(struct explain_frame *frame)
{
    Py_CLEAR(frame->locals);
    Py_CLEAR(frame->globals);
    Py_CLEAR(frame->builtins);
}

/* rewrite._format_assertmsg: lines of a message are kept; a message that is no str is shown by its representation. */
static int
message_add(struct explain_frame *frame, PyObject *message, bool doubles_percent, struct text *out)
{
    struct text plain = {0};
    bool is_text = PyUnicode_Check(message);
    int status = is_text ? py_text_add_str(&plain, message) : representation_add(frame, message, &plain);

    for (size_t i = 0; status == 0 && i < plain.length; i++) {
        char byte = plain.bytes[i];
        if (byte == '\n') {
            text_add(out, "\n~", 2);
        } else if (byte == '%' && doubles_percent) {
            text_add(out, "%%", 2);
        } else if (!is_text && byte == '\\' && i + 1 < plain.length && plain.bytes[i + 1] == 'n') {
            text_add(out, "\n~", 2);
            i++;
        } else {
            text_add_char(out, byte);
        }
    }
    text_release(&plain);
    return status;
}

/* The class as the code that asserts would find it: a new reference. */
static PyObject *
assertion_error_class(struct explain_frame *frame)
{
    PyObject *borrowed_class = NULL;

    if (PyDict_Check(frame->globals)) {
        borrowed_class = PyDict_GetItemString(frame->globals, "AssertionError");
    }
    if (!borrowed_class && PyDict_Check(frame->builtins)) {
        borrowed_class = PyDict_GetItemString(frame->builtins, "AssertionError");
    }
    return Py_NewRef(borrowed_class ? borrowed_class : PyExc_AssertionError);
}

static void
raise_assertion_error(struct explain_frame *frame, const struct text *explanation)
{
    struct text formatted = {0};
    PyObject *error_class = assertion_error_class(frame);
    PyObject *message = NULL;
    PyObject *error = NULL;

    explanation_format(text_string(explanation), explanation->length, &formatted);
    message = py_text_from(&formatted);
    if (message) {
        error = py_call1(error_class, message);
    }
    if (error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    }
    text_release(&formatted);
    Py_DECREF(error_class);
    Py_XDECREF(message);
    Py_XDECREF(error);
}

/* The argument is a plan: its bytes, or false with an exception. */
static bool
plan_get(PyObject *const *args, Py_ssize_t count, Py_ssize_t max, const unsigned char **plan_out, size_t *length_out)
{
    char *bytes = NULL;
    Py_ssize_t length = 0;

    if (count < 1 || count > max) {
        py_bad_argument_count("assert_fail", count, 1, max);
        return false;
    }
    if (PyBytes_AsStringAndSize(args[0], &bytes, &length) < 0) {
        return false;
    }
    if (length < 1) {
        PyErr_SetString(PyExc_ValueError, "fastest: the plan of this assertion is empty");
        return false;
    }
    *plan_out = (const unsigned char *)bytes;
    *length_out = (size_t)length;
    return true;
}

/* Number and text before the root node: where the test stands and what it says. Returns the bytes they take. */
static size_t
plan_original(const unsigned char *plan, size_t length, uint32_t *line_out, const char **text_out, size_t *text_length)
{
    size_t at = 0;
    uint32_t numbers[2] = {0, 0};

    for (size_t i = 0; i < 2; i++) {
        for (unsigned shift = 0; at < length; shift += 7) {
            numbers[i] |= shift < 32 ? (uint32_t)(plan[at] & 0x7f) << shift : 0;
            if (!(plan[at++] & 0x80)) {
                break;
            }
        }
    }
    *line_out = numbers[0];
    *text_length = numbers[1] <= length - at ? numbers[1] : length - at;
    *text_out = (const char *)plan + at;
    return at + *text_length;
}

/* assert_fail(plan[, message]): called when an assertion failed; raises its AssertionError. */
PyObject *
assert_fail(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct state *state = state_from_module(module);
    struct explain_frame frame = {0};
    struct text explanation = {0};
    const unsigned char *plan = NULL;
    size_t length = 0;
    size_t skipped = 1;

    if (!plan_get(args, count, 2, &plan, &length)) {
        return NULL;
    }
    if (frame_open(state, &frame) < 0) {
        goto done;
    }
    bool has_original = plan[0] & PLAN_HAS_ORIGINAL;
    if (has_original) {
        uint32_t line = 0;
        const char *text = NULL;
        size_t text_length = 0;
        skipped += plan_original(plan + 1, length - 1, &line, &text, &text_length);
    }
    /* With pytest_assertion_pass, pytest formats the message once less: percent signs stay doubled. */
    if (count == 2 && message_add(&frame, args[1], has_original, &explanation) < 0) {
        goto done;
    }
    text_add_string(&explanation, count == 2 ? "\n>assert " : "assert ");
    if (explain_plan(&frame, plan + skipped, length - skipped, &explanation) < 0) {
        goto done;
    }
    raise_assertion_error(&frame, &explanation);
done:
    frame_close(&frame);
    text_release(&explanation);
    return NULL;
}

/* Calls pytest_assertion_pass of the running item. 0 or -1. */
static int
notify_pass(struct explain_frame *frame, uint32_t line, const char *original, size_t original_length,
            const struct text *formatted)
{
    Node *item = (Node *)rewrite_room(frame->state)->current_item;
    PyObject *number = PyLong_FromUnsignedLong(line);
    PyObject *text = PyUnicode_DecodeUTF8(original, (Py_ssize_t)original_length, NULL);
    PyObject *explanation = py_text_from(formatted);
    int status = -1;

    if (number && text && explanation) {
        PyObject *const values[] = {(PyObject *)item, number, text, explanation};
        PyObject *relay = node_relay(item);
        status = relay ? hook_notify(relay, HOOK_assertion_pass, values) : -1;
    }
    Py_XDECREF(number);
    Py_XDECREF(text);
    Py_XDECREF(explanation);
    return status;
}

/* assert_pass(plan): called when an assertion held, in modules rewritten for pytest_assertion_pass. */
PyObject *
assert_pass(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct state *state = state_from_module(module);
    Node *item = (Node *)rewrite_room(state)->current_item;
    struct explain_frame frame = {0};
    struct text explanation = {0};
    struct text formatted = {0};
    const unsigned char *plan = NULL;
    const char *original = NULL;
    size_t original_length = 0;
    size_t length = 0;
    uint32_t line = 0;
    PyObject *result = NULL;

    if (!plan_get(args, count, 1, &plan, &length)) {
        return NULL;
    }
    PyObject *relay = item ? node_relay(item) : NULL;
    if (item && !relay) {
        return NULL;
    }
    if (!item || hook_is_empty(relay, HOOK_assertion_pass)) {
        return Py_NewRef(Py_None);
    }
    size_t skipped = 1 + plan_original(plan + 1, length - 1, &line, &original, &original_length);
    if (frame_open(state, &frame) == 0 && explain_plan(&frame, plan + skipped, length - skipped, &explanation) == 0) {
        explanation_format(text_string(&explanation), explanation.length, &formatted);
        if (notify_pass(&frame, line, original, original_length, &formatted) == 0) {
            result = Py_NewRef(Py_None);
        }
    }
    frame_close(&frame);
    text_release(&explanation);
    text_release(&formatted);
    return result;
}
