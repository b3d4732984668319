/* The state of one pretty-printing, shared by the printer and what it knows of each type. */
#ifndef IO_PRETTY_H
#define IO_PRETTY_H

#include "io/internal.h"

/* One run of the printer. Functions return 0, 1 (the bounds are reached: stop), or -1 with an exception. */
struct pretty {
    struct state *state;
    PyObject *printer; /* borrowed: PrettyPrinter; NULL: the defaults, made when a plugin's function needs it */
    long width;
    long indent_per_level;
    long depth; /* 0: unlimited */
    struct text out;
    Py_ssize_t max_lines, max_chars; /* negative: none */
    Py_ssize_t line_count, char_count;
    PyObject **context; /* objects that are being written, outermost first; borrowed */
    size_t context_count, context_capacity;
};

/* Where an object stands: columns before it and behind it, and how deep. */
struct place {
    long indent;
    long allowance;
    long level;
};

/* pretty_emit.c */
int pretty_emit_string(struct pretty *pretty, const char *string);
int pretty_emit_object(struct pretty *pretty, PyObject *string); /* a str */
int pretty_emit_take(struct pretty *pretty, PyObject *string);   /* the same; takes it, NULL fails at once */
int pretty_emit_newline(struct pretty *pretty, long indent);
/* The printer is inside of an object between the two calls. */
void pretty_open(struct pretty *pretty, PyObject *object);
static inline void
pretty_close(struct pretty *pretty)
{
    pretty->context_count--;
}
bool pretty_is_open(const struct pretty *pretty, PyObject *object);
/* What stands for an object inside of itself: a new str. */
PyObject *pretty_recursion_text(PyObject *object);

/* pretty_repr.c: an object on one line, a new str, and the same emitted. */
PyObject *pretty_repr(struct pretty *pretty, PyObject *object, long level);
int pretty_emit_repr(struct pretty *pretty, PyObject *object, long level);

/* pretty_printer.c: whatever the object is. */
int pretty_object(struct pretty *pretty, PyObject *object, struct place place);

/* pretty_types.c: one function per known __repr__. */
typedef int (*pretty_function)(struct pretty *pretty, PyObject *object, struct place place);
struct pretty_type {
    const char *method; /* "_pprint_dict" */
    pretty_function print;
    const char *module; /* where the type is found; NULL: a built-in */
    const char *type;
};
extern const struct pretty_type PRETTY_TYPES[];
extern const size_t PRETTY_TYPE_COUNT;
int pretty_dataclass(struct pretty *pretty, PyObject *object, struct place place);

/* pretty_text.c */
int pretty_str(struct pretty *pretty, PyObject *object, struct place place);
int pretty_bytes(struct pretty *pretty, PyObject *object, struct place place);
int pretty_bytearray(struct pretty *pretty, PyObject *object, struct place place);

#endif
