/* TerminalReporter's fields, and what the files of this room call of each other. */
#ifndef PLUGINS_TERMINAL_REPORTER_H
#define PLUGINS_TERMINAL_REPORTER_H

#include "base/text.h"
#include "io/io.h"
#include "plugins/terminal/terminal.h"
#include "run/run.h"

enum progress_style { PROGRESS_NONE, PROGRESS_PERCENT, PROGRESS_COUNT, PROGRESS_TIMES };

struct terminal_types {
    PyTypeObject *reporter;
    PyTypeObject *warning_report;
    PyTypeObject *callable_bool;
};
static inline struct terminal_types *
terminal_types(struct state *state)
{
    return state_room(state, ROOM_TERMINAL);
}

/* Options that are asked for with every test. */
struct verbosities {
    unsigned generation; /* option_generation() + 1 they belong to; 0: never read */
    int main;
    int test_cases;
};

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    struct engine *engine; /* of `config` */
    PyObject *config;
    PyObject *tw;
    PyObject *session;   /* NULL until it starts */
    PyObject *stats;     /* {category: [reports]} */
    PyObject *startpath; /* pathlib.Path; NULL: made from the invocation directory when asked for */
    /*
     * currentfspath: NULL, the absolute path (str) of the file whose letters are being written, the prefix of the
     * current line (str), or what a plugin has put there.
     */
    PyObject *current;
    bool current_is_path;
    struct text current_key; /* the path as node ids begin with it, while current_is_path */
    PyObject *reportchars;
    PyObject *foldskipped;
    PyObject *isatty;
    PyObject *progress_nodeids; /* set of the node ids (str) that have shown a letter */
    PyObject *timing_nodeids;
    PyObject *current_logreport;
    PyObject *known_types;    /* list of str; NULL: not determined */
    PyObject *interrupt_memo; /* representation of a KeyboardInterrupt; NULL: none */
    PyObject *interrupt_message;
    unsigned main_markup; /* enum terminal_markup; 0: not determined */
    enum progress_style progress;
    struct verbosities verbosities;
    unsigned shared_generation; /* hook_generation() + 1 for which the writer was told whether it is shared */
    int screen_width;
    int shows_fspath; /* as set; -1: by verbosity */
    bool has_markup;
    bool is_terminal;
    bool tests_ran;
    long collected_count;
    long left_out_count;        /* of those: what was counted without being collected */
    long displayed_warnings;    /* -1: none were displayed */
    double session_start_time;  /* wall clock */
    double session_start;       /* monotonic */
    double collect_report_time; /* monotonic */
} TerminalReporter;

/* Markup of one write: flags, or what a plugin gave. */
struct paint {
    unsigned flags;
    PyObject *dict; /* borrowed; NULL: flags */
};

/* ---- reporter.c ---- */
PyTypeObject *reporter_add_type(PyObject *module, struct state *state);
PyObject *reporter_new(struct engine *engine, PyObject *file);
/* Exactly our class, and nobody has put methods or attributes on it. */
bool reporter_is_plain(TerminalReporter *self);
const struct verbosities *reporter_verbosities(TerminalReporter *self); /* NULL with an exception */
int reporter_shows_fspath(TerminalReporter *self);                      /* 1, 0, -1 */
/* Lets the writer hold text back if only built-ins run between two tests. Before the reports of each test. */
void reporter_update_sharing(TerminalReporter *self);
bool reporter_has_option(TerminalReporter *self, char letter);

/* ---- writing.c: each calls an overriding method if there is one. 0 or -1 ---- */
int reporter_ensure_newline(TerminalReporter *self);
int reporter_write_line(TerminalReporter *self, const char *utf8, size_t length, unsigned markup);
int reporter_write_sep(TerminalReporter *self, char character, const char *title, unsigned markup);
int reporter_write_fspath_result(TerminalReporter *self, PyObject *nodeid, const char *result, struct paint paint);
int reporter_write_ensure_prefix(TerminalReporter *self, PyObject *prefix, PyObject *extra, struct paint paint);
int reporter_rewrite(TerminalReporter *self, const char *utf8, size_t length, unsigned markup);
int reporter_wrap_write(TerminalReporter *self, PyObject *content);
int reporter_set_current(TerminalReporter *self, PyObject *current); /* borrowed; NULL: None */
/* tw.write(text, **paint) */
int write_painted_string(PyObject *writer, PyObject *string, struct paint paint);
/* str as UTF-8 appended, surrogates included. */
int text_add_object(struct text *text, PyObject *object);
extern PyMethodDef WRITING_METHODS[];

/* ---- paths.c ---- */
/* bestrelpath(from, to) appended; both are UTF-8. */
void relative_path_add(struct text *out, const char *from, const char *to);
/* The part of a node id before its first "::". */
size_t nodeid_path_length(const char *nodeid, size_t length);
/* str(config.cwd_relative_nodeid(nodeid)) appended. 0 or -1. */
int nodeid_add_relative(TerminalReporter *self, struct text *out, const char *nodeid, size_t length);
/* _locationline(): a new str. `location`: (fspath, line, domain). */
PyObject *location_line(TerminalReporter *self, PyObject *nodeid, PyObject *location);

/* ---- stats.c ---- */
int reporter_add_stats(TerminalReporter *self, PyObject *category, PyObject *item);
PyObject *reporter_find_stats(TerminalReporter *self, const char *category); /* new list or NULL without exception */
Py_ssize_t reporter_count_stats(TerminalReporter *self, const char *category);
/* The main colour as enum terminal_markup; 0 with an exception. */
unsigned reporter_main_markup(TerminalReporter *self);
int reporter_is_last_item(TerminalReporter *self);
long reporter_tests_collected(TerminalReporter *self); /* -1 with an exception */
unsigned markup_of_category(TerminalReporter *self, const char *category);
const char *markup_color_name(unsigned markup);
void session_duration_add(struct text *out, double seconds);
extern PyMethodDef STATS_METHODS[];

/* ---- progress.c ---- */
int reporter_read_progress_style(TerminalReporter *self);
int reporter_fill_progress(TerminalReporter *self);
extern PyMethodDef PROGRESS_METHODS[];
PyObject *hook_runtest_logstart(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *hook_runtest_logreport(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *hook_after_runtestloop(struct engine *engine, PyObject *self, PyObject *const *args, void *memory,
                                 PyObject *result);

/* ---- collection.c ---- */
extern PyMethodDef COLLECTION_METHODS[];
PyObject *hook_collection(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *hook_collectreport(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *hook_deselected(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *hook_collection_finish(struct engine *engine, PyObject *self, PyObject *const *args);

/* ---- header.c ---- */
int reporter_write_hook_lines(TerminalReporter *self, PyObject *lines);
PyObject *hook_sessionstart(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *hook_report_header(struct engine *engine, PyObject *self, PyObject *const *args);

/* ---- summary.c ---- */
extern PyMethodDef SUMMARY_METHODS[];

/* ---- short_summary.c ---- */
extern PyMethodDef SHORT_SUMMARY_METHODS[];
/* The reason of a skipped or xfailed test as its author wrote it: a new str. */
PyObject *raw_skip_reason(struct state *state, PyObject *report);
/*
 * `prefix` + message + `suffix`, cut to its first line and to `width` columns. False when not even "..." fits.
 */
bool trimmed_add(struct text *out, const char *prefix, const char *suffix, PyObject *message, int width);

/* ---- warnings.c ---- */
PyTypeObject *warning_report_add_type(PyObject *module);
PyObject *hook_warning_recorded(struct engine *engine, PyObject *self, PyObject *const *args);
extern PyMethodDef WARNING_METHODS[];

/* ---- functions of `_pytest.terminal` ---- */
PyObject *function_create_terminal_writer(PyObject *module, PyObject *args, PyObject *kwargs);
PyObject *function_format_trimmed(PyObject *module, PyObject *args);
PyObject *function_raw_skip_reason(PyObject *module, PyObject *report);

/* ---- session.c: the session's end ---- */
extern const struct native_plugin REPORTER_PLUGIN;
extern PyMethodDef SESSION_METHODS[];

#endif
