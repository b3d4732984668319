/* What the files of src/hooks that make the parser and the Config share. */
#ifndef HOOKS_CONFIG_INTERNAL_H
#define HOOKS_CONFIG_INTERNAL_H

#include "hooks/internal.h"

/* ---- Namespace (namespace.c): config.option, argparse.Namespace without argparse ---- */

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    unsigned generation; /* counts assignments */
    bool is_exposed;     /* somebody holds its __dict__: assignments may go unseen */
} Namespace;

PyObject *namespace_new(struct state *state); /* a new, empty one */
PyObject *namespace_copy(PyObject *op);
bool namespace_check(struct state *state, PyObject *object);
static inline PyObject *
namespace_dict(PyObject *op)
{
    return ((Namespace *)op)->dict;
}
/* Replaces the values by those of `dict`, as a parse that succeeded does. 0 or -1. */
int namespace_update(PyObject *op, PyObject *dict);
int namespace_add_type(PyObject *module, struct state *state);

/* ---- Arguments (argument.c): one option each ---- */

enum argument_kind {
    ARGUMENT_STORE,
    ARGUMENT_STORE_CONST, /* store_true and store_false, too */
    ARGUMENT_APPEND,
    ARGUMENT_APPEND_CONST,
    ARGUMENT_COUNT,
    ARGUMENT_HELP,         /* --help: ends a strict parse */
    ARGUMENT_QUIET,        /* -q: counts verbosity down */
    ARGUMENT_OVERRIDE_INI, /* --strict: acts like -o NAME=VALUE */
    ARGUMENT_FOREIGN,      /* only argparse can handle it */
};

enum argument_arity {
    ARITY_ONE,
    ARITY_NONE,
    ARITY_OPTIONAL, /* nargs="?" */
    ARITY_ANY,      /* nargs="*" */
    ARITY_SOME,     /* nargs="+" */
    ARITY_EXACT,    /* nargs=N, in arity_count: a list */
};

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    const struct option_spec *spec; /* NULL: added from Python */
    PyObject *names;                /* list of str; NULL while nobody asked for those of `spec` */
    PyObject *dest;                 /* str */
    PyObject *default_value;
    PyObject *const_value; /* NULL is None */
    PyObject *type;        /* callable; NULL: of `spec`, or none */
    PyObject *choices;     /* container; NULL: of `spec`, or none */
    PyObject *attrs;       /* dict: keyword arguments as Python gave them; NULL with `spec` */
    PyObject *action;      /* argparse.Action; NULL until the argparse parser exists or the option is foreign */
    enum argument_kind kind;
    enum argument_arity arity;
    Py_ssize_t arity_count;
    bool is_required;
    size_t number; /* position among all of the parser's */
} Argument;

PyObject *argument_from_spec(struct state *state, const struct option_spec *spec);
/* From addoption(*opts, **attrs): what argparse accepts and refuses is argparse's to say. */
PyObject *argument_from_python(struct state *state, PyObject *opts, PyObject *attrs);
/* An option that only argparse handles, from its action. 0 or -1. */
int argument_fill_from_action(Argument *argument, PyObject *action);
PyObject *argument_names(Argument *argument); /* borrowed list; NULL with an exception */
/* Whether the `length` bytes are one of its names; -1 never happens. */
bool argument_is_named(Argument *argument, const char *text, size_t length);
/* The dest that argparse derives from option names: a new str. */
PyObject *argument_derive_dest(PyObject *opts);
int argument_add_type(PyObject *module, struct state *state);

/* ---- Parser and groups (parser.c) ---- */

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *name;
    PyObject *description;
    PyObject *options;  /* list of Argument */
    PyObject *parser;   /* Parser or None */
    PyObject *arggroup; /* argparse's; NULL until its parser exists */
} OptionGroup;

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *usage;
    PyObject *prog;        /* str or None: argparse's default */
    PyObject *processopt;  /* callable or None; NULL for a Config's own parser, which sets `options` */
    PyObject *options;     /* the Config's namespace, which gets every option's default; NULL else */
    PyObject *extra_info;  /* dict */
    PyObject *groups;      /* list of OptionGroup, the anonymous one first */
    PyObject *optparser;   /* argparse's parser; NULL until needed. From then on it does all parsing */
    PyObject *inidict;     /* dict: name -> (help, type, default); see ini_add() for types */
    PyObject *ini_aliases; /* dict: alias -> name */
    size_t argument_count;
    bool has_odd_names; /* single-dash long options or number-like ones: argparse sorts those out */
} Parser;

PyObject *parser_new(struct state *state, PyObject *usage, PyObject *prog, PyObject *options);
/* check_ispytest(): warns unless `is_pytest` (NULL is allowed) is True. 0 or -1. */
int parser_check_private(PyObject *is_pytest);
int parser_adopt_native(PyObject *parser, const struct native_plugin *plugin);
PyObject *option_group_new(struct state *state, PyObject *parser, PyObject *name, PyObject *description);
/* Appends the argument to the group and tells the parser. Takes the reference (NULL fails at once). 0 or -1. */
int option_group_add_take(OptionGroup *group, PyObject *argument);
int option_group_add_type(PyObject *module, struct state *state);
int parser_note_argument(Parser *parser, Argument *argument); /* numbers it, gives options its default */
/* parser.getgroup(): a borrowed reference. */
PyObject *parser_get_group(Parser *parser, PyObject *name, PyObject *description, PyObject *after);
/* The option with that name ("--lf"): borrowed, or NULL without exception. */
Argument *parser_find_named(Parser *parser, const char *text, size_t length);
/* The real argparse parser: borrowed, made on first use. */
PyObject *parser_optparser(PyObject *op);
int parser_add_types(PyObject *module, struct state *state);

/* ---- Parsing (option_parse.c) ---- */

enum parse_result {
    PARSE_FAILED = -1, /* an exception is set */
    PARSE_DONE = 0,
    PARSE_UNUSUAL = 1, /* nothing was changed: argparse must do it, or word the error */
    PARSE_HELP = 2,    /* strict, and --help came: the values so far are stored */
};

/*
 * Parses `args` (list of str) into `namespace` (a Namespace). Not strict: unknown options go into the list
 * *unknown_out (a new reference). Semantics are those of argparse's intermixed parse without abbreviations.
 */
enum parse_result option_parse(Parser *parser, PyObject *args, PyObject *namespace, bool is_strict,
                               PyObject **unknown_out);

/* parser.parse_known_and_unknown_args: natively, else by argparse. 0 or -1; the outs may be NULL. */
int parser_parse_known(PyObject *parser, PyObject *args, PyObject *namespace, PyObject **unknown_out);
/* parser.parse: 0, 1 when --help ended it, -1. */
int parser_parse_strict(PyObject *parser, PyObject *args, PyObject *namespace);

/* ---- Ini options (ini_options.c) ---- */

/*
 * Records a row as (help, type, default). A type is a tag ("bool"), the text of a union of tags and literals
 * ("int | 'auto'"), or what _pytest.config.argparsing made of a type expression.
 */
int ini_add_spec(Parser *parser, const struct ini_spec *spec);
PyObject *parser_addini(PyObject *op, PyObject *args, PyObject *kwargs);

/* ---- Config (config_object.c) ---- */

enum args_source { ARGS_FROM_ARGS, ARGS_FROM_INVOCATION_DIR, ARGS_FROM_TESTPATHS };

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    struct engine *engine; /* owned */
    PyObject *pluginmanager;
    PyObject *hook;
    PyObject *option;            /* Namespace */
    PyObject *invocation_params; /* InvocationParams */
    PyObject *parser;            /* Parser */
    PyObject *stash;
    PyObject *trace; /* NULL until asked for */
    PyObject *inicache;
    PyObject *inicfg;             /* dict: name -> ConfigValue */
    PyObject *args;               /* list */
    PyObject *args_source_object; /* a member of ArgsSource once somebody assigned or asked */
    enum args_source args_source;
    PyObject *known_args_namespace;
    PyObject *invocation_dir;  /* str */
    PyObject *rootpath;        /* str */
    PyObject *rootpath_object; /* pathlib.Path, when asked for */
    PyObject *inipath;         /* str or None */
    PyObject *inipath_object;
    PyObject *ignored_config_files; /* list */
    PyObject *cleanups;             /* list of callables and of capsules with a struct cleanup */
    bool is_configured;
} Config;

typedef struct {
    PyObject_HEAD
    PyObject *args;    /* tuple */
    PyObject *plugins; /* sequence or None */
    PyObject *dir;     /* str until asked for */
} InvocationParams;

typedef struct {
    PyObject_HEAD
    PyObject *value;
    PyObject *origin; /* "file", "override" */
    PyObject *mode;   /* "ini", "toml" */
} ConfigValue;

/* Where config's own types are in hooks_room.config_slots. */
enum config_slot { SLOT_CONFIG_VALUE, SLOT_CLASS_ATTRIBUTE };

static inline Config *
config_of(struct engine *engine)
{
    return (Config *)engine->config;
}

PyObject *config_new(struct state *state, PyObject *pluginmanager, PyObject *invocation_params, PyObject *prog);
PyObject *invocation_params_new(struct state *state, PyObject *args, PyObject *plugins, PyObject *dir);
PyObject *config_value_new(struct state *state, PyObject *value, const char *origin, const char *mode);
int config_add_type(PyObject *module, struct state *state);
int config_value_add_types(PyObject *module, struct state *state);

/* config._pytest.config.<function>(config, ...) in Python, for what is rare: NULL-terminated arguments. */
PyObject *config_call_python(const char *function, PyObject *a, PyObject *b, PyObject *c);

/* The methods in C (config_methods.c). */
extern PyMethodDef config_methods[];

/* config_parse.c: config.parse(args, addopts). `args` (a list) is changed as pytest changes it. 0 or -1. */
int config_parse(Config *config, PyObject *args, bool uses_addopts);
/* config._decide_args: a new list, the source by pointer. */
PyObject *config_decide_args(Config *config, PyObject *given, PyObject *namespace, bool warns,
                             enum args_source *source_out);

/* config_project.c: determine_setup() for the command line in `namespace`; fills rootpath, inipath, inicfg. */
int config_find_project(Config *config, PyObject *namespace);
int config_project_add(PyObject *module);
/* Adds the -o settings of a list (or None) to inicfg: 1 when there were any, 0, -1. */
int config_apply_overrides(Config *config, PyObject *override_ini);

/* config_ini.c */
PyObject *config_getini(Config *config, PyObject *name);
PyObject *config_getini_uncached(Config *config, PyObject *name);
/* shlex.split(text): a new list. */
PyObject *config_split_words(PyObject *text);

/* config_life.c */
int config_do_configure(Config *config);
int config_ensure_unconfigure(Config *config);
extern const struct native_plugin CONFIG_PLUGIN;

/* The words of an option of type "paths", before they are paths; what getini() refuses is refused. */
PyObject *config_ini_words(Config *config, const char *name);
/* What relative paths of settings start from, as str: the folder of the file, else the working folder. */
PyObject *config_folder_of_settings(Config *config);

/* config_settings.c: each 0, or -1 with an exception. */
int config_check_minversion(Config *config);
int config_check_required_plugins(Config *config);
int config_extend_python_path(Config *config);

/* config_warnings.c: warnings while plugins are imported are recorded, then told; both keep an exception that is set.
 */
struct config_warnings {
    PyObject *context; /* warnings.catch_warnings(); NULL: without the plugin "warnings" */
    PyObject *log;
};
int config_warnings_begin(Config *config, struct config_warnings *warnings);
int config_warnings_end(Config *config, struct config_warnings *warnings);
/* The filters of the run, until its cleanups. */
int config_warnings_enter_run(Config *config);

/* config_main.c */
int config_main_add(PyObject *module, struct state *state);

/* ---- Small things ---- */

/* The value of a Python literal as rows of options give them: None, True, 'text', 12, 0.5, [], (), ['a', 'b']. */
PyObject *literal_value(const char *text);

#endif
