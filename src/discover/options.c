/* The table of options with their effect on collection, and the words of a command line by it. */
#include "discover/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "discover/string_list.h"
#include "os/file.h"

enum { MAX_FILE_BYTES = 16 * 1024 * 1024, MAX_FILE_DEPTH = 20 };

enum option_arity { ARITY_NONE, ARITY_ONE, ARITY_OPTIONAL };
enum option_check { CHECK_NONE, CHECK_INT, CHECK_FLOAT, CHECK_CHOICE };

struct option_row {
    const char *names[3];
    enum option_arity arity;
    enum option_effect effect;
    enum option_check check;
    const char *detail; /* CHECK_CHOICE: "a|b"; else see enum option_effect */
};

#define FLAG(effect, ...) {{__VA_ARGS__}, ARITY_NONE, effect, CHECK_NONE, NULL}
#define VALUE(effect, ...) {{__VA_ARGS__}, ARITY_ONE, effect, CHECK_NONE, NULL}
#define OPTIONAL(effect, ...) {{__VA_ARGS__}, ARITY_OPTIONAL, effect, CHECK_NONE, NULL}
#define NUMBER(...) {{__VA_ARGS__}, ARITY_ONE, EFFECT_NONE, CHECK_INT, NULL}
#define FRACTION(...) {{__VA_ARGS__}, ARITY_ONE, EFFECT_NONE, CHECK_FLOAT, NULL}
#define CHOICE(effect, choices, ...) {{__VA_ARGS__}, ARITY_ONE, effect, CHECK_CHOICE, choices}
#define SETTING(text, ...) {{__VA_ARGS__}, ARITY_NONE, EFFECT_OVERRIDE, CHECK_NONE, text}
#define REASON(text, ...) {{__VA_ARGS__}, ARITY_NONE, EFFECT_REASON, CHECK_NONE, text}

#define BY_CACHE "the cache of the last run decides which tests run, and in which order"
#define BY_DOCTEST "doctests are collected by the interpreter"

/* Names in the order in which argparse joins them in messages. */
static const struct option_row ROWS[] = {
    VALUE(EFFECT_KEYWORD, "-k"),
    VALUE(EFFECT_MARKS, "-m"),
    FLAG(EFFECT_NONE, "--markers"),
    FLAG(EFFECT_NONE, "-x", "--exitfirst"),
    NUMBER("--maxfail"),
    SETTING("strict_config=true", "--strict-config"),
    SETTING("strict_markers=true", "--strict-markers"),
    SETTING("strict=true", "--strict"),
    VALUE(EFFECT_WARNING_FILTER, "-W", "--pythonwarnings"),
    NUMBER("--max-warnings"),
    FLAG(EFFECT_NONE, "--collectonly", "--collect-only", "--co"),
    FLAG(EFFECT_PYARGS, "--pyargs"),
    VALUE(EFFECT_IGNORE, "--ignore"),
    VALUE(EFFECT_IGNORE_GLOB, "--ignore-glob"),
    VALUE(EFFECT_DESELECT, "--deselect"),
    VALUE(EFFECT_CONFCUTDIR, "--confcutdir"),
    FLAG(EFFECT_NOCONFTEST, "--noconftest"),
    FLAG(EFFECT_KEEP_DUPLICATES, "--keepduplicates", "--keep-duplicates"),
    FLAG(EFFECT_IN_VIRTUALENV, "--collect-in-virtualenv"),
    FLAG(EFFECT_NONE, "--continue-on-collection-errors"),
    CHOICE(EFFECT_IMPORT_MODE, "prepend|append|importlib", "--import-mode"),
    VALUE(EFFECT_CONFIG_FILE, "-c", "--config-file"),
    VALUE(EFFECT_ROOT_FOLDER, "--rootdir"),
    VALUE(EFFECT_NONE, "--basetemp"),
    NUMBER("--durations"),
    FRACTION("--durations-min"),
    FLAG(EFFECT_NONE, "--fixtures", "--funcargs"),
    FLAG(EFFECT_NONE, "--fixtures-per-test"),
    FLAG(EFFECT_NONE, "-V", "--version"),
    FLAG(EFFECT_NONE, "-h", "--help"),
    VALUE(EFFECT_PLUGIN, "-p"),
    FLAG(EFFECT_NO_AUTOLOAD, "--disable-plugin-autoload"),
    FLAG(EFFECT_NONE, "--traceconfig", "--trace-config"),
    OPTIONAL(EFFECT_NONE, "--debug"),
    VALUE(EFFECT_OVERRIDE_GIVEN, "-o", "--override-ini"),
    FLAG(EFFECT_NONE, "-v", "--verbose"),
    FLAG(EFFECT_NONE, "--no-header"),
    FLAG(EFFECT_NONE, "--no-summary"),
    FLAG(EFFECT_NONE, "--no-fold-skipped"),
    FLAG(EFFECT_NONE, "--force-short-summary"),
    FLAG(EFFECT_NONE, "-q", "--quiet"),
    NUMBER("--verbosity"),
    VALUE(EFFECT_NONE, "-r", "--report-chars"),
    FLAG(EFFECT_NONE, "--disable-warnings", "--disable-pytest-warnings"),
    FLAG(EFFECT_NONE, "-l", "--showlocals"),
    FLAG(EFFECT_NONE, "--no-showlocals"),
    CHOICE(EFFECT_NONE, "auto|long|short|no|line|native", "--tb"),
    FLAG(EFFECT_NONE, "--xfail-tb"),
    CHOICE(EFFECT_NONE, "no|stdout|stderr|log|all", "--show-capture"),
    FLAG(EFFECT_NONE, "--fulltrace", "--full-trace"),
    CHOICE(EFFECT_NONE, "yes|no|auto", "--color"),
    CHOICE(EFFECT_NONE, "yes|no", "--code-highlight"),
    FLAG(EFFECT_NONE, "--pdb"),
    VALUE(EFFECT_NONE, "--pdbcls"),
    FLAG(EFFECT_NONE, "--trace"),
    CHOICE(EFFECT_NONE, "fd|sys|no|tee-sys", "--capture"),
    FLAG(EFFECT_NONE, "-s"),
    FLAG(EFFECT_NONE, "--runxfail"),
    CHOICE(EFFECT_NONE, "failed|all", "--pastebin"),
    CHOICE(EFFECT_NONE, "rewrite|plain", "--assert"),
    VALUE(EFFECT_NONE, "--junitxml", "--junit-xml"),
    VALUE(EFFECT_NONE, "--junitprefix", "--junit-prefix"),
    REASON(BY_DOCTEST, "--doctest-modules"),
    VALUE(EFFECT_NONE, "--doctest-report"),
    VALUE(EFFECT_DOCTEST_GLOB, "--doctest-glob"),
    FLAG(EFFECT_NONE, "--doctest-ignore-import-errors"),
    FLAG(EFFECT_NONE, "--doctest-continue-on-failure"),
    REASON(BY_CACHE, "--lf", "--last-failed"),
    REASON(BY_CACHE, "--ff", "--failed-first"),
    REASON(BY_CACHE, "--nf", "--new-first"),
    OPTIONAL(EFFECT_NONE, "--cache-show"),
    FLAG(EFFECT_NONE, "--cache-clear"),
    CHOICE(EFFECT_NONE, "all|none", "--lfnf", "--last-failed-no-failures"),
    FLAG(EFFECT_NONE, "--setuponly", "--setup-only"),
    FLAG(EFFECT_NONE, "--setupshow", "--setup-show"),
    FLAG(EFFECT_NONE, "--setupplan", "--setup-plan"),
    REASON(BY_CACHE, "--sw", "--stepwise"),
    REASON(BY_CACHE, "--sw-skip", "--stepwise-skip"),
    REASON(BY_CACHE, "--sw-reset", "--stepwise-reset"),
    VALUE(EFFECT_NONE, "--log-level"),
    VALUE(EFFECT_NONE, "--log-format"),
    VALUE(EFFECT_NONE, "--log-date-format"),
    VALUE(EFFECT_NONE, "--log-cli-level"),
    VALUE(EFFECT_NONE, "--log-cli-format"),
    VALUE(EFFECT_NONE, "--log-cli-date-format"),
    VALUE(EFFECT_NONE, "--log-file"),
    CHOICE(EFFECT_NONE, "w|a", "--log-file-mode"),
    VALUE(EFFECT_NONE, "--log-file-level"),
    VALUE(EFFECT_NONE, "--log-file-format"),
    VALUE(EFFECT_NONE, "--log-file-date-format"),
    VALUE(EFFECT_NONE, "--log-auto-indent"),
    VALUE(EFFECT_NONE, "--log-disable"),
    /* pytest-xdist's, which are our own */
    VALUE(EFFECT_NONE, "-n", "--numprocesses"),
    NUMBER("--maxprocesses"),
    VALUE(EFFECT_NONE, "--max-worker-restart"),
    VALUE(EFFECT_NONE, "--dist"),
    FLAG(EFFECT_NONE, "--loadscope-reorder"),
    FLAG(EFFECT_NONE, "--no-loadscope-reorder"),
    VALUE(EFFECT_NONE, "--testrunuid"),
    VALUE(EFFECT_NONE, "--tx"),
    NUMBER("--maxschedchunk"),
    /* pytest-cov */
    OPTIONAL(EFFECT_NONE, "--cov"),
    VALUE(EFFECT_NONE, "--cov-report"),
    VALUE(EFFECT_NONE, "--cov-config"),
    FLAG(EFFECT_NONE, "--no-cov-on-fail"),
    FLAG(EFFECT_NONE, "--no-cov"),
    FRACTION("--cov-fail-under"),
    FLAG(EFFECT_NONE, "--cov-append"),
    FLAG(EFFECT_NONE, "--cov-branch"),
    FLAG(EFFECT_NONE, "--cov-reset"),
    NUMBER("--cov-precision"),
    VALUE(EFFECT_NONE, "--cov-context"),
    /* pytest-timeout */
    FRACTION("--timeout"),
    VALUE(EFFECT_NONE, "--timeout_method", "--timeout-method"),
    FLAG(EFFECT_NONE, "--timeout-disable-debugger-detection"),
    FRACTION("--session-timeout"),
    /* pytest-randomly: whether it shuffles is told by what was recorded of it */
    VALUE(EFFECT_KEYED, "--randomly-seed"),
    FLAG(EFFECT_KEYED, "--randomly-dont-reset-seed"),
    FLAG(EFFECT_KEYED, "--randomly-dont-reorganize"),
    /* pytest-asyncio, pytest-benchmark, pytest-html, pytest-rerunfailures */
    VALUE(EFFECT_KEYED, "--asyncio-mode"),
    FLAG(EFFECT_KEYED, "--asyncio-debug"),
    FLAG(EFFECT_KEYED, "--benchmark-only"),
    FLAG(EFFECT_KEYED, "--benchmark-skip"),
    FLAG(EFFECT_NONE, "--benchmark-disable"),
    FLAG(EFFECT_NONE, "--benchmark-enable"),
    VALUE(EFFECT_NONE, "--html"),
    FLAG(EFFECT_NONE, "--self-contained-html"),
    VALUE(EFFECT_NONE, "--css"),
    NUMBER("--reruns"),
    FRACTION("--reruns-delay"),
    VALUE(EFFECT_NONE, "--only-rerun"),
    VALUE(EFFECT_NONE, "--rerun-except"),
};

/* ---- One word ---- */

static const struct option_row *
row_find(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        for (size_t j = 0; j < COUNT_OF(ROWS[i].names) && ROWS[i].names[j]; j++) {
            const char *known = ROWS[i].names[j];
            if (strncmp(known, name, length) == 0 && !known[length]) {
                return &ROWS[i];
            }
        }
    }
    return NULL;
}

enum word_kind { WORD_POSITIONAL, WORD_OPTION, WORD_UNKNOWN };

struct word {
    enum word_kind kind;
    const struct option_row *row;
    const char *joined; /* the value in the same word; NULL */
    bool has_equals;
};

/* argparse's pattern for words that look like options and are numbers. */
static bool
is_negative_number(const char *text)
{
    const char *digits = text + 1;
    size_t whole = strspn(digits, "0123456789");

    if (!digits[whole]) {
        return whole > 0;
    }
    size_t fraction = digits[whole] == '.' ? strspn(digits + whole + 1, "0123456789") : 0;
    return fraction > 0 && !digits[whole + 1 + fraction];
}

static struct word
word_read(const char *text)
{
    struct word word = {.kind = WORD_OPTION};
    size_t name_length = strcspn(text, "=");

    if (text[0] != '-' || !text[1]) {
        return (struct word){.kind = WORD_POSITIONAL};
    }
    word.row = row_find(text, strlen(text));
    if (word.row) {
        return word;
    }
    word.row = text[name_length] ? row_find(text, name_length) : NULL;
    if (word.row) {
        word.joined = text + name_length + 1;
        word.has_equals = true;
        return word;
    }
    word.row = text[1] != '-' ? row_find(text, 2) : NULL;
    if (word.row) {
        word.joined = text + 2;
        return word;
    }
    word.kind = is_negative_number(text) || strchr(text, ' ') ? WORD_POSITIONAL : WORD_UNKNOWN;
    return word;
}

/* ---- All words ---- */

struct reader {
    struct arena *arena;
    const char *folder;
    struct string_list words; /* files expanded */
    struct given_words *given;
    struct error *error;
};

/* "argument -o/--override-ini: MESSAGE" */
static bool
refuse(struct reader *reader, const struct option_row *row, const char *message, const char *detail)
{
    struct text names = {0};

    for (size_t i = 0; i < COUNT_OF(row->names) && row->names[i]; i++) {
        text_add_string(&names, i ? "/" : "");
        text_add_string(&names, row->names[i]);
    }
    error_set(reader->error, ERROR_USAGE, "argument %s: %s%s", text_string(&names), message, detail);
    text_release(&names);
    return false;
}

static bool
is_number(const char *value, bool is_int)
{
    char *end = NULL;

    if (is_int) {
        (void)strtol(value, &end, 10);
    } else {
        (void)strtod(value, &end);
    }
    return end != value && !end[strspn(end, " \t\n")];
}

static bool
choice_check(struct reader *reader, const struct option_row *row, const char *value)
{
    struct text shown = {0};

    for (const char *choice = row->detail; *choice;) {
        size_t length = strcspn(choice, "|");
        if (strncmp(choice, value, length) == 0 && !value[length]) {
            text_release(&shown);
            return true;
        }
        text_add_format(&shown, "%s'%.*s'", shown.length ? ", " : "", (int)length, choice);
        choice += length + (choice[length] == '|');
    }
    struct text message = {0};
    text_add_python_repr(&message, value, strlen(value));
    text_add_format(&message, " (choose from %s)", text_string(&shown));
    refuse(reader, row, "invalid choice: ", text_string(&message));
    text_release(&message);
    text_release(&shown);
    return false;
}

static bool
value_check(struct reader *reader, const struct option_row *row, const char *value)
{
    struct text shown = {0};

    if (row->check == CHECK_CHOICE) {
        return choice_check(reader, row, value);
    }
    if (row->check == CHECK_NONE || is_number(value, row->check == CHECK_INT)) {
        return true;
    }
    text_add_python_repr(&shown, value, strlen(value));
    refuse(reader, row, row->check == CHECK_INT ? "invalid int value: " : "invalid float value: ", text_string(&shown));
    text_release(&shown);
    return false;
}

static bool
option_give(struct reader *reader, const struct option_row *row, const char *value)
{
    struct given_words *given = reader->given;

    if (value && !value_check(reader, row, value)) {
        return false;
    }
    given->options[given->option_count++] = (struct given_option){
        .effect = row->effect,
        .name = row->names[0],
        .value = value,
        .detail = row->detail,
    };
    return true;
}

/* Flags in one word: -xvs, and a last one with a value, joined or in the next word. */
static bool
cluster_read(struct reader *reader, const char *text, struct word *word)
{
    while (word->joined && word->row->arity == ARITY_NONE) {
        const char *joined = word->joined;
        char name[3] = {'-', joined[0], '\0'};
        const struct option_row *next = joined[0] && joined[0] != '-' ? row_find(name, 2) : NULL;
        if (word->has_equals || text[1] == '-') {
            struct text shown = {0};
            text_add_python_repr(&shown, joined, strlen(joined));
            refuse(reader, word->row, "ignored explicit argument ", text_string(&shown));
            text_release(&shown);
            return false;
        }
        if (!next) {
            word->kind = WORD_UNKNOWN;
            return true;
        }
        if (!option_give(reader, word->row, NULL)) {
            return false;
        }
        word->row = next;
        word->has_equals = joined[1] == '=';
        word->joined = word->has_equals ? joined + 2 : joined[1] ? joined + 1 : NULL;
    }
    return true;
}

/* Whether an option only chooses among what was collected. */
static bool
is_selecting(const struct option_row *row)
{
    return row->effect == EFFECT_KEYWORD || row->effect == EFFECT_MARKS || row->effect == EFFECT_DESELECT;
}

/* Reads an option with its value; `index` is moved behind them. */
static bool
option_read(struct reader *reader, struct word word, size_t *index)
{
    size_t next = *index + 1;

    if (!cluster_read(reader, reader->words.items[*index], &word)) {
        return false;
    }
    if (word.kind == WORD_UNKNOWN) {
        reader->given->unknown = reader->given->unknown ? reader->given->unknown : reader->words.items[*index];
        ++*index;
        return true;
    }
    *index = next;
    if (word.joined || word.row->arity == ARITY_NONE) {
        return option_give(reader, word.row, word.joined);
    }
    bool has_value = next < reader->words.count && strcmp(reader->words.items[next], "--") != 0 &&
                     word_read(reader->words.items[next]).kind == WORD_POSITIONAL;
    if (!has_value && word.row->arity == ARITY_ONE) {
        return refuse(reader, word.row, "expected one argument", "");
    }
    *index += has_value;
    return option_give(reader, word.row, has_value ? reader->words.items[next] : NULL);
}

static bool
argument_exists(struct reader *reader, const char *argument)
{
    const char *colons = strstr(argument, "::");
    struct text path = {0};
    char *name = arena_copy_bytes(reader->arena, argument, colons ? (size_t)(colons - argument) : strlen(argument));

    path_add_absolute(&path, reader->folder, name);
    bool exists = file_exists(text_string(&path));
    text_release(&path);
    return exists;
}

static bool
words_walk(struct reader *reader)
{
    struct given_words *given = reader->given;
    bool is_after_dashes = false;
    bool is_after_unknown = false;

    for (size_t i = 0; i < reader->words.count;) {
        const char *text = reader->words.items[i];
        struct word word = is_after_dashes ? (struct word){.kind = WORD_POSITIONAL} : word_read(text);
        bool was_unknown = is_after_unknown;
        is_after_unknown = false;
        if (!is_after_dashes && strcmp(text, "--") == 0) {
            is_after_dashes = true;
            i++;
        } else if (word.kind == WORD_OPTION) {
            size_t first = i;
            if (!option_read(reader, word, &i)) {
                return false;
            }
            for (; first < i && !is_selecting(word.row); first++) {
                string_list_add(&given->collecting, reader->arena, reader->words.items[first]);
            }
        } else if (word.kind == WORD_UNKNOWN) {
            string_list_add(&given->collecting, reader->arena, text);
            given->unknown = given->unknown ? given->unknown : text;
            is_after_unknown = !strchr(text, '=');
            i++;
        } else {
            /* Where no such file is, it is rather the value of the option before it. */
            if (!was_unknown || argument_exists(reader, text)) {
                given->positionals[given->positional_count++] = text;
            } else {
                string_list_add(&given->collecting, reader->arena, text);
            }
            i++;
        }
    }
    return true;
}

/* ---- @FILE ---- */

static bool words_expand(struct reader *reader, const char *const *words, size_t count, unsigned depth);

/* The lines of the file, each a word; they may name files themselves. */
static bool
file_expand(struct reader *reader, const char *name, unsigned depth)
{
    struct text path = {0};
    struct text bytes = {0};
    struct error error = ERROR_INIT;
    bool is_good = false;

    path_add_absolute(&path, reader->folder, name);
    if (depth > MAX_FILE_DEPTH) {
        error_set(reader->error, ERROR_USAGE, "'%s': files of arguments name each other", name);
    } else if (!file_exists(text_string(&path))) {
        error_set(reader->error, ERROR_USAGE, "[Errno 2] No such file or directory: '%s'", name);
    } else if (!file_read(text_string(&path), MAX_FILE_BYTES, &bytes, &error)) {
        error_set(reader->error, ERROR_USAGE, "%s", error.message);
    } else {
        is_good = true;
    }
    for (size_t at = 0; is_good && at < bytes.length;) {
        size_t length = strcspn(bytes.bytes + at, "\r\n");
        const char *line = arena_copy_bytes(reader->arena, bytes.bytes + at, length);
        is_good = words_expand(reader, &line, 1, depth + 1);
        at += length;
        at += bytes.bytes[at] == '\r' && bytes.bytes[at + 1] == '\n' ? 2 : 1;
    }
    text_release(&bytes);
    text_release(&path);
    return is_good;
}

static bool
words_expand(struct reader *reader, const char *const *words, size_t count, unsigned depth)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] != '@') {
            string_list_add(&reader->words, reader->arena, words[i]);
        } else if (!file_expand(reader, words[i] + 1, depth)) {
            return false;
        }
    }
    return true;
}

bool
words_read(const char *const *words, size_t count, const char *folder, struct arena *arena,
           struct given_words *given_out, struct error *error)
{
    struct reader reader = {.arena = arena, .folder = folder, .given = given_out, .error = error};
    size_t letter_count = 0;

    *given_out = (struct given_words){0};
    if (!words_expand(&reader, words, count, 0)) {
        return false;
    }
    for (size_t i = 0; i < reader.words.count; i++) {
        letter_count +=
            reader.words.items[i][0] == '-' ? strlen(reader.words.items[i]) : 0; /* clusters hold several options */
    }
    given_out->positionals = arena_alloc(arena, (reader.words.count + 1) * sizeof *given_out->positionals);
    given_out->options = arena_alloc(arena, (letter_count + 1) * sizeof *given_out->options);
    return words_walk(&reader);
}
