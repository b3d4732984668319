/* fastest discover [PATH...]: which tests there are, told from the sources. */
#include "cli/discover.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "config/config.h"
#include "front/front.h"
#include "os/file.h"

enum { MANY_FILES = 48 }; /* to remember: fewer are written sooner than a thread starts */

enum { EXIT_FOUND = 0, EXIT_ERRORS = 2, EXIT_BROKEN = 3, EXIT_USAGE = 4, EXIT_NO_TESTS = 5 };

static const char HELP[] =
    "usage: fastest discover [options] [file_or_dir] [file_or_dir] [...]\n"
    "\n"
    "Tells which tests there are, from the sources: nothing is imported or run. Where the sources do not decide\n"
    "it, the tests are marked \"not exact\", with the reason.\n"
    "\n"
    "  -q, --quiet           the ids only, one a line\n"
    "  -o FORMAT             pretty (a tree), ids, count, or json (docs/discover.md)\n"
    "  --exact               let the interpreter collect the files that are not exact; what it finds is remembered\n"
    "  --verify              collect with the interpreter, too, and show every difference\n"
    "  --watch               tell every change as a line of JSON, until interrupted\n"
    "  --no-index            neither read nor write the index in .pytest_cache\n"
    "  --python PATH         the project's interpreter: a program, or an environment's folder\n"
    "  -h, --help            this\n"
    "\n"
    "All other arguments are pytest's: paths, ids, -k, -m, --ignore, --ignore-glob, --deselect, -c, --rootdir,\n"
    "-o NAME=VALUE, --pyargs, -p, ...; addopts and PYTEST_ADDOPTS count as in a run.\n"
    "\n"
    "Exit status: 0 tests were found, 2 some file cannot be collected, 4 the command line or the configuration is\n"
    "wrong, 5 there are no tests; 1 --verify found a difference.\n";

/* ---- The command line ---- */

static bool
output_parse(const char *format, struct discover_options *options, struct error *error)
{
    static const struct {
        const char *name;
        enum discover_output output;
    } FORMATS[] = {{"pretty", OUTPUT_TREE}, {"ids", OUTPUT_IDS}, {"json", OUTPUT_JSON}, {"count", OUTPUT_COUNT}};

    for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
        if (strcmp(format, FORMATS[i].name) == 0) {
            options->output = FORMATS[i].output;
            return true;
        }
    }
    return error_set(error, ERROR_USAGE, "-o: '%s' is neither pretty, ids, json or count, nor NAME=VALUE", format);
}

/* "-o FORMAT", "-oFORMAT"; "-o NAME=VALUE" is pytest's. `index` is moved behind what was taken. */
static bool
output_take(const struct command_line *line, size_t *index, struct discover_options *options, struct error *error)
{
    const char *word = line->words[*index];
    bool is_joined = word[2] != '\0';
    const char *value = is_joined ? word + 2 : *index + 1 < line->word_count ? line->words[*index + 1] : NULL;

    if (!value) {
        return error_set(error, ERROR_USAGE, "argument -o/--override-ini: expected one argument");
    }
    if (strchr(value, '=')) {
        options->rest[options->rest_count++] = word;
        if (!is_joined) {
            options->rest[options->rest_count++] = value;
        }
    } else if (!output_parse(value, options, error)) {
        return false;
    }
    *index += is_joined ? 1 : 2;
    return true;
}

static bool *
flag_find(const char *word, struct discover_options *options)
{
    const struct {
        const char *name;
        bool *flag;
    } FLAGS[] = {
        {"--no-index", &options->without_index}, {"--verify", &options->verifies}, {"--exact", &options->wants_exact},
        {"--watch", &options->watches},          {"--help", &options->wants_help}, {"-h", &options->wants_help},
    };

    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) {
        if (strcmp(word, FLAGS[i].name) == 0) {
            return FLAGS[i].flag;
        }
    }
    return NULL;
}

/* Takes our own options out of the words; those behind "--" are paths. `rest` must have room for all. */
static bool
options_take(const struct command_line *line, const char **rest, struct discover_options *options, struct error *error)
{
    bool is_over = false;

    *options = (struct discover_options){.rest = rest};
    for (size_t i = 0; i < line->word_count;) {
        const char *word = line->words[i];
        bool *flag = is_over ? NULL : flag_find(word, options);
        is_over = is_over || strcmp(word, "--") == 0;
        if (flag) {
            *flag = true;
            i++;
        } else if (!is_over && (strcmp(word, "-q") == 0 || strcmp(word, "--quiet") == 0)) {
            options->output = OUTPUT_IDS;
            i++;
        } else if (!is_over && strncmp(word, "-o", 2) == 0) {
            if (!output_take(line, &i, options, error)) {
                return false;
            }
        } else if (!is_over && strcmp(word, "--python") == 0 && i + 1 < line->word_count) {
            options->python = line->words[i + 1];
            i += 2;
        } else if (!is_over && strncmp(word, "--python=", strlen("--python=")) == 0) {
            options->python = word + strlen("--python=");
            i++;
        } else {
            rest[options->rest_count++] = word;
            i++;
        }
    }
    if (options->python && !*options->python) {
        return error_set(error, ERROR_USAGE, "--python needs the path of an interpreter");
    }
    return true;
}

/* ---- Output ---- */

void
printer_write(struct printer *printer)
{
    size_t length = printer->text.length;

    if (printer->unsaved) {
        (void)!discovery_save(printer->unsaved, &printer->save_error);
        printer->unsaved = NULL;
    }
    printer->has_failed =
        printer->has_failed || fwrite(text_string(&printer->text), 1, length, stdout) != length || fflush(stdout) != 0;
    text_clear(&printer->text);
}

/* One line: "ERROR path:3: what is wrong". */
static void
add_error(struct text *text, const char *path, unsigned line, const char *message)
{
    text_add_string(text, "ERROR ");
    text_add_printable(text, path, strlen(path));
    if (line) {
        text_add_format(text, ":%u", line);
    }
    text_add_string(text, ": ");
    text_add_printable(text, message, strlen(message));
    text_add_char(text, '\n');
}

/* Returns how many files and folders cannot be collected. */
static size_t
add_errors(struct text *text, const struct discovery *discovery)
{
    size_t error_count = discovery->problem_count;

    for (size_t i = 0; i < discovery->problem_count; i++) {
        const struct discovery_problem *problem = &discovery->problems[i];
        add_error(text, problem->path, problem->line, problem->message);
    }
    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        const struct found_file *found = file->found;
        if (found->error) {
            add_error(text, file->nodeid, found->error_line, blob_text(found, found->error));
            error_count++;
        } else if (file->unmatched && !discovered_file_is_exact(discovery, file, NULL)) {
            text_add_string(text, "not found: ");
            text_add_printable(text, file->path, strlen(file->path));
            text_add_string(text, "::");
            text_add_printable(text, file->unmatched, strlen(file->unmatched));
            text_add_string(text, " (the file is not exact: it may be there)\n");
        }
    }
    return error_count;
}

/* What ids and a count alone do not show. */
static void
add_exactness(struct text *text, const struct discovery *discovery)
{
    size_t exact_count = discovery_count_exact(discovery);
    size_t inexact_count = discovery->selected_count - exact_count;

    if (discovery->reason && exact_count == 0) {
        text_add_string(text, "fastest: nothing is exact: ");
        text_add_printable(text, discovery->reason, strlen(discovery->reason));
        text_add_char(text, '\n');
    } else if (inexact_count) {
        text_add_format(text, "fastest: %zu of these tests %s not exact; without -q it is said why\n", inexact_count,
                        inexact_count == 1 ? "is" : "are");
    }
}

/* Saves it, too, unless that was done: before anything is written, since a broken pipe ends the process. */
static int
discovery_print(const struct discover_options *options, const struct discovery *discovery, bool is_saved)
{
    struct printer printer = {.unsaved = is_saved ? NULL : discovery, .save_error = ERROR_INIT};
    struct text errors = {0};

    /* Most lines are shorter: what is not written to takes no memory. */
    text_reserve(&printer.text,
                 discovery->selected_count < PRINTER_BYTES / 64 ? discovery->selected_count * 64 : PRINTER_BYTES);
    switch (options->output) {
    case OUTPUT_TREE:
        discover_print_tree(&printer, discovery);
        break;
    case OUTPUT_IDS:
        discover_print_ids(&printer, discovery);
        break;
    case OUTPUT_JSON:
        discover_print_json(&printer, discovery);
        break;
    case OUTPUT_COUNT:
        text_add_format(&printer.text, "%zu\n", discovery->selected_count);
        break;
    }
    printer_write(&printer);
    size_t error_count = add_errors(&errors, discovery);
    if (options->output == OUTPUT_IDS || options->output == OUTPUT_COUNT) {
        add_exactness(&errors, discovery);
    }
    text_add_string(&errors, printer.has_failed ? "fastest: not all of it could be written\n" : "");
    fwrite(text_string(&errors), 1, errors.length, stderr);
    text_release(&errors);
    text_release(&printer.text);
    return printer.save_error.kind          ? complain(&printer.save_error)
           : printer.has_failed             ? EXIT_BROKEN
           : error_count                    ? EXIT_ERRORS
           : discovery->selected_count == 0 ? EXIT_NO_TESTS
                                            : EXIT_FOUND;
}

/* ---- The command ---- */

/* Without an interpreter much can be told all the same; one that was asked for must be there. */
static bool
interpreter_find(const struct discover_options *options, const char *folder, struct interpreter *interpreter,
                 struct error *error)
{
    struct text absolute = {0};
    struct error ignored = ERROR_INIT;

    if (!interpreter_choose(options->python, interpreter, options->python ? error : &ignored)) {
        interpreter_release(interpreter);
        *interpreter = (struct interpreter){0};
        return !options->python;
    }
    path_add_absolute(&absolute, folder, interpreter->path.bytes);
    text_clear(&interpreter->path);
    text_add(&interpreter->path, absolute.bytes, absolute.length);
    text_release(&absolute);
    return true;
}

static bool
needs_interpreter(const struct discover_options *options, const struct interpreter *interpreter, struct error *error)
{
    if (!interpreter->path.length && (options->verifies || options->wants_exact)) {
        return error_set(error, ERROR_USAGE, "no Python interpreter was found to collect with: --python names one");
    }
    return true;
}

static int
discover(const struct discover_options *options, const struct command_line *line, struct error *error)
{
    struct interpreter interpreter = {0};
    struct text folder = {0};
    struct discovery discovery = {0};
    int status = EXIT_USAGE;

    if (!working_folder(&folder, error) || !interpreter_find(options, folder.bytes, &interpreter, error) ||
        !needs_interpreter(options, &interpreter, error)) {
        status = complain(error);
        goto done;
    }
    struct discover_question question = {
        .folder = folder.bytes,
        .arguments = options->rest,
        .argument_count = options->rest_count,
        .environment = line->environment,
        .interpreter = interpreter.path.length ? interpreter.path.bytes : NULL,
        .without_index = options->without_index,
    };
    if (options->watches) {
        status = discover_watch(&question);
        goto done;
    }
    bool saves_first = options->verifies || options->wants_exact;
    bool is_made =
        saves_first ? discovery_make(&question, &discovery, error) : discovery_answer(&question, &discovery, error);
    if (is_made && !saves_first && discovery.scanned_count >= MANY_FILES && !options->without_index) {
        discovery_save_start(&discovery);
    }
    if (is_made && options->wants_exact && discovery_count_inexact_files(&discovery)) {
        is_made = discover_record(&question, line, &interpreter, &discovery, error);
    }
    status = !is_made            ? complain(error)
             : options->verifies ? discover_verify(options, line, &interpreter, &discovery)
                                 : discovery_print(options, &discovery, saves_first);

done:
    discovery_release(&discovery);
    interpreter_release(&interpreter);
    text_release(&folder);
    return status;
}

int
command_discover(const struct command_line *line)
{
    const char **rest = memory_alloc((line->word_count + 1) * sizeof *rest);
    struct discover_options options;
    struct error error = ERROR_INIT;
    int status = EXIT_FOUND;

    signal(SIGPIPE, SIG_DFL); /* `fastest discover | head` ends quietly, also below programs that ignore it */
    if (!options_take(line, rest, &options, &error)) {
        status = complain(&error);
    } else if (options.wants_help) {
        fputs(HELP, stdout);
    } else {
        status = discover(&options, line, &error);
    }
    memory_free(rest);
    return status;
}
