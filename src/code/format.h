/* How one entry of a traceback becomes text: first what is known of it, then how that looks. */
#ifndef CODE_FORMAT_H
#define CODE_FORMAT_H

#include <limits.h>

#include "code/internal.h"

struct formatter {
    struct state *state;
    const struct repr_options *options;
    PyObject *first;                  /* borrowed: the ExceptionInfo whose chain it is */
    char working_directory[PATH_MAX]; /* empty: unknown */
};

/* What an entry's text is made from, without its frame. Owned references. */
struct entry_facts {
    PyObject *code;
    PyObject *globals;   /* for sources that only an importer has; NULL: the source is a file */
    PyObject *path;      /* Path, or str where there is no such file; NULL: the path of the code's file */
    PyObject *arguments; /* list of (name, text), or None */
    PyObject *locals;    /* list of lines, or None */
    long line;           /* 0-based */
    long instruction;    /* index into the code */
    bool is_short;
};

/* What the last entry says of its exception. Owned references; NULL: another entry's. */
struct exception_facts {
    PyObject *text; /* exconly(tryshort=True) */
    PyObject *type_name;
};

/* Everything but the path. 0 or -1; released by the caller either way. */
int entry_facts_take(struct formatter *formatter, TracebackEntry *entry, bool is_short, struct entry_facts *facts);
void entry_facts_release(struct entry_facts *facts);
int exception_facts_take(ExceptionInfo *excinfo, struct exception_facts *facts);
void exception_facts_release(struct exception_facts *facts);

/* "long", "short", ...: the entry's own, else the formatter's. NULL with an exception. */
const char *entry_style(const struct formatter *formatter, TracebackEntry *entry);

/* The ReprEntry of an entry with its source: a new reference. */
PyObject *entry_facts_format(struct formatter *formatter, const struct entry_facts *facts,
                             const struct exception_facts *exception);

/* "E   text" lines are added to a list, behind an indentation: with `marks_all` each has the mark. 0 or -1. */
int format_exception_lines(PyObject *lines, PyObject *text, long indent, bool marks_all);

/* ReprFileLocation(path, line, message): takes `path` and `message`. */
PyObject *format_location_take(struct state *state, PyObject *path, long line, PyObject *message);

#endif
