/* Public face of src/config: configuration files, and which of them is the project's. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct text; /* base/text.h */

/* ---- Ini files, in the dialect of the iniconfig library ---- */

struct ini_value {
    const char *name;
    const char *value; /* lines joined by newlines */
    size_t name_length, value_length;
};

struct ini_section {
    const char *name;
    size_t name_length;
    struct ini_value *values;
    size_t value_count;
};

/* Strings live in the arena given to ini_parse(). */
struct ini_file {
    struct ini_section *sections;
    size_t section_count;
};

/*
 * Parses the text of a file; `path` is only for messages, which are iniconfig's: "PATH:LINE: duplicate name 'x'".
 * The bytes must be UTF-8.
 */
MUST_CHECK bool ini_parse(const char *path, const char *bytes, size_t length, struct arena *arena,
                          struct ini_file *file_out, struct error *error);
/* NULL when there is no such section. */
const struct ini_section *ini_find_section(const struct ini_file *file, const char *name);

/* ---- TOML 1.0 ---- */

enum toml_kind { TOML_STRING, TOML_INTEGER, TOML_FLOAT, TOML_BOOLEAN, TOML_TIME, TOML_ARRAY, TOML_TABLE };

struct toml_value {
    enum toml_kind kind;
    const char *text; /* of strings; of the others but arrays and tables: as written, without underscores */
    size_t length;
    bool truth;                 /* TOML_BOOLEAN */
    struct toml_value **items;  /* TOML_ARRAY */
    struct toml_entry *entries; /* TOML_TABLE, in order */
    size_t count;
    unsigned flags; /* the reader's own */
};

struct toml_entry {
    const char *key; /* NUL-terminated, and may hold NULs */
    size_t key_length;
    struct toml_value *value;
};

/* Parses a whole document into a table. The message names the line and what was expected there. */
MUST_CHECK bool toml_parse(const char *bytes, size_t length, struct arena *arena, struct toml_value **root_out,
                           struct error *error);
/* NULL when it is no table or has no such key. */
const struct toml_value *toml_find(const struct toml_value *table, const char *key);

/* ---- The project: its root, its configuration file, what that says ---- */

enum config_mode { CONFIG_INI, CONFIG_TOML };

/* One setting as the file has it: a string of an ini file, or a TOML value. */
struct config_setting {
    const char *name;
    size_t name_length;
    const char *text; /* NULL: `toml` */
    size_t text_length;
    const struct toml_value *toml;
};

/* Why project_find() failed, beyond its message. */
enum project_failure {
    PROJECT_FAILED_OTHERWISE,
    PROJECT_FAILED_IN_TOML,   /* `failed_path` does not parse: tomllib may word it */
    PROJECT_FAILED_SETUP_CFG, /* setup.cfg has [pytest]: pytest makes this a test failure */
};

struct project_question {
    const char *invocation_folder; /* absolute */
    const char *config_file;       /* -c, NULL when not given */
    const char *root_folder;       /* --rootdir with variables expanded, NULL when not given */
    const char *const *arguments;  /* files, folders and node ids of the command line */
    size_t argument_count;
};

/* Paths are absolute; everything lives in `arena`. */
struct project {
    struct arena arena;
    const char *root_folder;
    const char *config_file; /* NULL: none */
    enum config_mode mode;
    struct config_setting *settings;
    size_t setting_count;
    const char *ignored_files[8]; /* names beside config_file that hold configuration, too */
    size_t ignored_file_count;
    enum project_failure failure;
    const char *failed_path;
};

/* Answers as pytest does. project_release() also after a failure. */
MUST_CHECK bool project_find(const struct project_question *question, struct project *project_out, struct error *error);
/*
 * Reads the settings of one file by its name, else by its ending, into `mode` and `settings`. `is_found_out`: whether
 * the file counts as pytest's configuration. The project must be zeroed, and released, too.
 */
MUST_CHECK bool project_read(struct project *project, const char *path, bool *is_found_out, struct error *error);
void project_release(struct project *project);

/* Adds the absolute form of `path`, `.` and `..` resolved by name (os.path.abspath). */
void path_add_absolute(struct text *text, const char *folder, const char *path);

/* ---- Installed distributions, as importlib.metadata sees them ---- */

struct entry_point {
    const char *name;
    const char *module;
    const char *attribute; /* "" when the module itself is meant */
    const char *folder;    /* the distribution's *.dist-info or *.egg-info */
};

/* Everything lives in `arena`, which the caller sets. */
struct entry_point_list {
    struct arena *arena;
    struct entry_point *points;
    size_t count;
};

/* Adds the entry points of one group from the distributions in a folder of sys.path, in importlib.metadata's order. */
void entry_points_read(const char *folder, const char *group, struct entry_point_list *list);

/* What the metadata says; NULL where it does not. */
struct distribution_facts {
    const char *name;
    const char *version;
};
/* `folder` is a distribution's *.dist-info or *.egg-info (which may be a file). */
void distribution_read(const char *folder, struct arena *arena, struct distribution_facts *facts_out);

/* Adds repr() of a Python str, for messages. */
void text_add_python_repr(struct text *text, const char *bytes, size_t length);

/* ---- Words as a shell splits them (shlex.split) ---- */

/* Stores the words, NUL-terminated; false with shlex's message when a quotation or an escape does not end. */
MUST_CHECK bool shell_split(const char *text, struct arena *arena, const char ***words_out, size_t *count_out,
                            struct error *error);

#endif
