/* What the files of `fastest discover` share. */
#ifndef CLI_DISCOVER_H
#define CLI_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "cli/commands.h"
#include "discover/discover.h"

enum discover_output { OUTPUT_TREE, OUTPUT_IDS, OUTPUT_JSON, OUTPUT_COUNT };

/* The command line, our own options taken out of it. */
struct discover_options {
    enum discover_output output;
    const char *python; /* NULL */
    bool without_index, verifies, wants_exact, watches, wants_help;
    const char **rest; /* pytest's arguments */
    size_t rest_count;
};

/* Whether the interpreter would collect exactly these ids; if not, `reason_out` (may be NULL) says why. */
bool discovered_test_is_exact(const struct discovery *discovery, const struct discovered_file *file,
                              const struct found_function *function, const char **reason_out);
bool discovered_file_is_exact(const struct discovery *discovery, const struct discovered_file *file,
                              const char **reason_out);

/* How many of the selected tests are exact. */
size_t discovery_count_exact(const struct discovery *discovery);
/* How many files may hold other tests than those that were found. */
size_t discovery_count_inexact_files(const struct discovery *discovery);

/* Of the JSON: raised when a member changes its meaning or goes. */
enum { DISCOVER_SCHEMA_VERSION = 1 };

/* ---- Forms of output ---- */

/* What is on its way to standard output: few writes, and no more in memory than a million tests are worth. */
struct printer {
    struct text text;
    bool has_failed;
    const struct discovery *unsaved; /* waited for before anything is written; NULL */
    struct error save_error;         /* then */
};
enum { PRINTER_BYTES = 1 << 20 };
/* Writes what is there. */
void printer_write(struct printer *printer);

/* Each adds all of it, writing whenever PRINTER_BYTES have come together. */
void discover_print_tree(struct printer *printer, const struct discovery *discovery);
void discover_print_ids(struct printer *printer, const struct discovery *discovery);
void discover_print_json(struct printer *printer, const struct discovery *discovery);

/* The members of a file's object but "tests", each with a comma in front: docs/discover.md. */
void discover_json_add_file(struct text *json, const struct discovery *discovery, const struct discovered_file *file);
/* The objects of its selected tests, with commas between them. */
void discover_json_add_tests(struct text *json, const struct discovery *discovery, const struct discovered_file *file);

/* Adds text with control characters escaped as Python does, for lines. */
void text_add_printable(struct text *text, const char *bytes, size_t length);

/* ---- With the interpreter ---- */

struct interpreter; /* front/front.h */

/* --verify: collects with the interpreter, too, and prints every difference; the exit status. */
int discover_verify(const struct discover_options *options, const struct command_line *line,
                    const struct interpreter *interpreter, const struct discovery *discovery);
/* --exact: lets the interpreter collect the files that are not exact, and makes the discovery anew with what it found.
 */
MUST_CHECK bool discover_record(const struct discover_question *question, const struct command_line *line,
                                const struct interpreter *interpreter, struct discovery *discovery,
                                struct error *error);

/* ---- While files change ---- */

/* --watch: every change as a line of JSON, until a signal or the reader's end; the exit status. */
int discover_watch(const struct discover_question *question);

#endif
