/* Which of a file's tests -k, -m, --deselect and the ids among the arguments leave. */
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "base/lower.h"
#include "base/text.h"
#include "discover/internal.h"
#include "syntax/syntax.h"

struct selection {
    const struct discover_settings *settings;
    bool has_keyword, has_marks;
    struct match_expression keyword; /* names of terms in lower case */
    struct match_expression marks;   /* integers without leading zeros */
};

/* ---- Making ---- */

static bool
read_expression(const char *text, const char *option, struct arena *arena, struct match_expression *expression,
                struct error *error)
{
    struct match_source source = {.text = text, .length = strlen(text)};
    struct match_fault fault;

    if (match_expression_parse(&source, arena, expression, &fault)) {
        return true;
    }
    const char *shown = fault.kind == MATCH_FAULT_ARGUMENT ? "None" : text;
    return error_set(error, ERROR_USAGE, "Wrong expression passed to '%s': %s: at column %zu: %s", option, shown,
                     fault.column, fault.message);
}

static bool
read_keyword(struct selection *selection, const char *text, struct arena *arena, struct error *error)
{
    struct match_expression *keyword = &selection->keyword;

    text += strspn(text, " \t\n\r\f\v");
    selection->has_keyword = *text != '\0';
    if (!selection->has_keyword) {
        return true;
    }
    if (!read_expression(text, "-k", arena, keyword, error)) {
        return false;
    }
    for (size_t i = 0; i < keyword->term_count; i++) {
        struct text lower = {0};
        if (keyword->terms[i].argument_count) {
            return error_set(error, ERROR_USAGE, "Keyword expressions do not support call parameters.");
        }
        text_add_lower(&lower, keyword->terms[i].name, strlen(keyword->terms[i].name));
        keyword->terms[i].name = arena_copy_bytes(arena, lower.bytes, lower.length);
        text_release(&lower);
    }
    return true;
}

static const char *
plain_integer(const char *written, struct arena *arena)
{
    bool is_negative = *written == '-';
    const char *digits = written + is_negative + strspn(written + is_negative, "0");

    if (!*digits) {
        return "0";
    }
    char *plain = arena_copy_string(arena, digits - is_negative);
    *plain = is_negative ? '-' : *plain;
    return plain;
}

static bool
read_marks(struct selection *selection, const char *text, struct arena *arena, struct error *error)
{
    const struct match_expression *marks = &selection->marks;

    selection->has_marks = *text != '\0';
    if (selection->has_marks && !read_expression(text, "-m", arena, &selection->marks, error)) {
        return false;
    }
    for (size_t i = 0; i < marks->term_count; i++) {
        for (size_t j = 0; j < marks->terms[i].argument_count; j++) {
            struct match_argument *argument = &marks->terms[i].arguments[j];
            argument->text = argument->kind == MATCH_INTEGER ? plain_integer(argument->text, arena) : argument->text;
        }
    }
    return true;
}

bool
selection_make(const struct discover_settings *settings, struct arena *arena, struct selection **selection_out,
               struct error *error)
{
    struct selection *selection = arena_alloc_zeroed(arena, sizeof *selection);

    selection->settings = settings;
    if (settings->keyword && !read_keyword(selection, settings->keyword, arena, error)) {
        return false;
    }
    if (settings->marks && !read_marks(selection, settings->marks, arena, error)) {
        return false;
    }
    *selection_out = selection;
    return true;
}

size_t
selection_mark_names(const struct selection *selection, struct arena *arena, const char *const **names_out)
{
    const size_t count = selection->has_marks ? selection->marks.term_count : 0;
    const char **names = arena_alloc(arena, (count + 1) * sizeof *names);

    for (size_t i = 0; i < count; i++) {
        names[i] = selection->marks.terms[i].name;
    }
    *names_out = names;
    return count;
}

/* ---- One test at a time ---- */

struct candidate {
    const struct selection *selection;
    const struct discovered_file *file;
    const struct found_function *function;
    const struct found_test *test;
    struct text names; /* in lower case, each behind a newline: no term holds one */
    size_t file_names_length;
    size_t function_names_length; /* of the file and of `named_function` */
    const struct found_function *named_function;
    bool is_undecided;
    struct arena *arena;
    struct found_test *selected;
    size_t selected_count;
};

static const char *
id_of(const struct candidate *candidate)
{
    const struct found_file *found = candidate->file->found;
    const struct found_details *details = found_details(found, candidate->function);
    const blob_offset *ids = blob_at(found, details->ids.first);

    return details->ids.count ? blob_text(found, ids[candidate->test->id]) : NULL;
}

/* The marks that the parameter set of this test adds. */
static struct blob_range
id_marks_of(const struct candidate *candidate)
{
    const struct found_details *details = found_details(candidate->file->found, candidate->function);
    const struct blob_range *ranges = blob_at(candidate->file->found, details->id_marks.first);

    return candidate->test->id < details->id_marks.count ? ranges[candidate->test->id] : (struct blob_range){0};
}

/* ---- -k ---- */

/*
 * The folders below the topmost one that has a node, and the file: the tree begins behind the folders that hold
 * confcutdir. A file that is beside confcutdir has the session for a parent.
 */
static const char *
names_in_path(const struct discovered_file *file, const char *confcutdir)
{
    if (!confcutdir[1]) {
        return file->path + 1;
    }
    for (const char *slash = strchr(file->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - file->path);
        if (strncmp(confcutdir, file->path, length) != 0 || confcutdir[length] != '/') {
            return slash + 1;
        }
    }
    return file->nodeid;
}

/* Each part between separators is a name of its own. */
static void
add_names(struct text *names, const char *parts, char separator)
{
    size_t start = names->length + 1;

    text_add_char(names, '\n');
    text_add_lower(names, parts, strlen(parts));
    for (size_t i = start; i < names->length; i++) {
        names->bytes[i] = names->bytes[i] == separator ? '\n' : names->bytes[i];
    }
}

static void
add_mark_names(struct candidate *candidate, struct blob_range range)
{
    const struct found_mark *marks = blob_at(candidate->file->found, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        add_names(&candidate->names, blob_text(candidate->file->found, marks[i].name), '\n');
    }
}

static void
cut_names(struct candidate *candidate, size_t length)
{
    candidate->names.length = length;
    candidate->names.bytes[length] = '\0';
}

static void
collect_names(struct candidate *candidate)
{
    const struct found_file *found = candidate->file->found;
    const struct found_function *function = candidate->function;
    const char *id = id_of(candidate);

    if (candidate->named_function != function) {
        cut_names(candidate, candidate->file_names_length);
        add_names(&candidate->names, blob_text(found, function->classes), ':');
        add_mark_names(candidate, found_details(found, function)->marks);
        candidate->named_function = function;
        candidate->function_names_length = candidate->names.length;
    }
    cut_names(candidate, candidate->function_names_length);
    add_mark_names(candidate, id_marks_of(candidate));
    add_names(&candidate->names, blob_text(found, function->name), '\n');
    if (id) {
        text_add_char(&candidate->names, '[');
        text_add_lower(&candidate->names, id, strlen(id));
        text_add_char(&candidate->names, ']');
    }
}

static enum match_answer
match_keyword(void *context, const struct match_term *term)
{
    const struct candidate *candidate = context;
    return memmem(candidate->names.bytes, candidate->names.length, term->name, strlen(term->name)) ? MATCH_YES
                                                                                                   : MATCH_NO;
}

/* ---- -m ---- */

static bool
number_equals(struct json_slice value, const char *integer)
{
    char number[64];
    char *end = NULL;

    if (value.length >= sizeof number) {
        return value.length == strlen(integer) && memcmp(value.start, integer, value.length) == 0;
    }
    memcpy(number, value.start, value.length);
    number[value.length] = '\0';
    if (strcmp(number, integer) == 0) {
        return true;
    }
    /* A float, perhaps: 1.0 equals 1. */
    double left = strtod(number, &end);
    return value.length && !*end && strpbrk(number, ".eE") && left == strtod(integer, NULL);
}

static bool
literal_is(struct json_slice value, const char *literal)
{
    return value.length == strlen(literal) && memcmp(value.start, literal, value.length) == 0;
}

static bool
string_equals(struct json_slice value, const char *expected)
{
    struct text text = {0};
    bool is_equal = json_string_read(value, &text) && text.length == strlen(expected) &&
                    memcmp(text_string(&text), expected, text.length) == 0;

    text_release(&text);
    return is_equal;
}

/* As == has it: True is 1, and 1.0 too. */
static bool
value_equals(struct json_slice value, const struct match_argument *argument)
{
    bool is_true = literal_is(value, "true");
    bool is_false = literal_is(value, "false");

    switch (argument->kind) {
    case MATCH_STRING:
        return string_equals(value, argument->text);
    case MATCH_NONE:
        return literal_is(value, "null");
    case MATCH_TRUE:
        return is_true || number_equals(value, "1");
    case MATCH_FALSE:
        return is_false || number_equals(value, "0");
    case MATCH_INTEGER:
        return (is_true && strcmp(argument->text, "1") == 0) || (is_false && strcmp(argument->text, "0") == 0) ||
               number_equals(value, argument->text);
    }
    return false;
}

static enum match_answer
mark_matches(const struct found_file *found, const struct found_mark *mark, const struct match_term *term)
{
    struct json_slice arguments = {blob_text(found, mark->arguments), blob_text_length(found, mark->arguments)};
    struct json_slice keywords = {0};

    if (strcmp(blob_text(found, mark->name), term->name) != 0) {
        return MATCH_NO;
    }
    if (term->argument_count && !mark->arguments) {
        return MATCH_UNKNOWN;
    }
    bool has_keywords = json_find(arguments, "kwargs", &keywords);
    for (size_t i = 0; i < term->argument_count; i++) {
        struct json_slice value = {0};
        if (!has_keywords || !json_find(keywords, term->arguments[i].name, &value) ||
            !value_equals(value, &term->arguments[i])) {
            return MATCH_NO;
        }
    }
    return MATCH_YES;
}

static enum match_answer
match_marks(void *context, const struct match_term *term)
{
    const struct candidate *candidate = context;
    const struct found_file *found = candidate->file->found;
    const struct blob_range ranges[] = {id_marks_of(candidate), found_details(found, candidate->function)->marks};
    enum match_answer answer = MATCH_NO;

    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        const struct found_mark *marks = blob_at(found, ranges[i].first);
        for (uint32_t j = 0; j < ranges[i].count; j++) {
            enum match_answer one = mark_matches(found, &marks[j], term);
            if (one == MATCH_YES) {
                return one;
            }
            answer = one == MATCH_UNKNOWN ? one : answer;
        }
    }
    return answer;
}

/* ---- --deselect ---- */

static bool
is_deselected(const struct candidate *candidate)
{
    const char *const *prefixes = candidate->selection->settings->deselected;
    struct text id = {0};
    bool is_found = false;

    if (*prefixes) {
        discovered_id_add(candidate->file, candidate->test, &id);
    }
    for (; *prefixes && !is_found; prefixes++) {
        is_found = strncmp(id.bytes, *prefixes, strlen(*prefixes)) == 0;
    }
    text_release(&id);
    return is_found;
}

/* Undecided ones stay. */
static bool
is_wanted(struct candidate *candidate)
{
    const struct selection *selection = candidate->selection;

    if (selection->has_keyword) {
        collect_names(candidate);
        if (match_expression_evaluate(&selection->keyword, match_keyword, candidate) == MATCH_NO) {
            return false;
        }
    }
    if (selection->has_marks) {
        enum match_answer answer = match_expression_evaluate(&selection->marks, match_marks, candidate);
        candidate->is_undecided = candidate->is_undecided || answer == MATCH_UNKNOWN;
        if (answer == MATCH_NO) {
            return false;
        }
    }
    return !is_deselected(candidate);
}

/* ---- Ids among the arguments ---- */

/* Whether `name` is the first `length` bytes of `part`. */
static bool
part_is(const char *part, size_t length, const char *name, size_t name_length)
{
    return length == name_length && memcmp(part, name, length) == 0;
}

/* The test's own name against the last part, with its brackets or, where the part has none, without. */
static bool
name_matches(const struct candidate *candidate, const char *part, size_t length, const char *brackets)
{
    const struct found_file *found = candidate->file->found;
    const char *name = blob_text(found, candidate->function->name);
    const char *id = id_of(candidate);
    size_t plain_length = strcspn(name, "[");
    struct text whole = {0};

    if (!brackets) {
        return part_is(part, length, name, plain_length);
    }
    text_add_string(&whole, name);
    if (id) {
        text_add_format(&whole, "[%s]", id);
    }
    bool matches = whole.length >= length && part_is(part, length, whole.bytes, length) &&
                   strcmp(whole.bytes + length, brackets) == 0;
    text_release(&whole);
    return matches;
}

/* "Class::name[id]": outer names one after the other, the last one with everything in it. */
static bool
is_selected_by(const struct candidate *candidate, const char *selector)
{
    const char *classes = blob_text(candidate->file->found, candidate->function->classes);
    const char *brackets = strchr(selector, '[');
    const char *end = brackets ? brackets : selector + strlen(selector);

    for (const char *part = selector;;) {
        const char *separator = strstr(part, "::");
        bool is_last = !separator || separator >= end;
        size_t length = (size_t)((is_last ? end : separator) - part);
        if (!*classes) {
            return is_last && name_matches(candidate, part, length, brackets);
        }
        const char *class_end = strstr(classes, "::");
        size_t class_length = class_end ? (size_t)(class_end - classes) : strlen(classes);
        if (!part_is(part, length, classes, class_length)) {
            return false;
        }
        if (is_last) {
            return !brackets;
        }
        classes += class_length + (class_end ? 2 : 0);
        part = separator + 2;
    }
}

/* ---- All tests of a file ---- */

static void
select_test(struct candidate *candidate)
{
    size_t count = candidate->selected_count++;

    candidate->selected = arena_grow(candidate->arena, candidate->selected, count, sizeof *candidate->selected);
    candidate->selected[count] = *candidate->test;
}

static void
take_tests(struct candidate *candidate, struct discovered_file *file, const char *selector)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    bool is_matched = !selector;

    for (uint32_t i = 0; i < found_test_count(found); i++) {
        const struct found_test test = found_test_at(found, i);
        candidate->test = &test;
        candidate->function = &functions[test.function];
        if (selector && !is_selected_by(candidate, selector)) {
            continue;
        }
        is_matched = true;
        if (is_wanted(candidate)) {
            select_test(candidate);
        } else {
            file->deselected_count++;
        }
    }
    if (!is_matched && !file->unmatched) {
        file->unmatched = selector;
    }
}

static void
select_all(const struct found_file *found, struct tests_in_order *in_order, struct arena *arena,
           struct discovered_file *file)
{
    enum { FIRST_COUNT = 32 };
    size_t count = found_test_count(found);

    if (found->flags & FILE_IN_ORDER && in_order->count < count) {
        in_order->count = count < FIRST_COUNT ? FIRST_COUNT : count * 2;
        in_order->tests = arena_alloc(arena, in_order->count * sizeof *in_order->tests);
        for (uint32_t i = 0; i < in_order->count; i++) {
            in_order->tests[i] = (struct found_test){i, 0};
        }
    }
    file->selected = found->flags & FILE_IN_ORDER ? in_order->tests : blob_at(found, found->tests.first);
    file->selected_count = count;
}

void
selection_apply(const struct selection *selection, const struct walked_file *walked, struct tests_in_order *in_order,
                struct arena *arena, struct discovered_file *file)
{
    const struct found_file *found = file->found;
    struct candidate candidate = {.selection = selection, .file = file, .arena = arena};

    file->deselected_count = 0;
    if (!selection->has_keyword && !selection->has_marks && !*selection->settings->deselected &&
        !walked->selector_count) {
        select_all(found, in_order, arena, file);
        return;
    }
    if (selection->has_keyword) {
        add_names(&candidate.names, names_in_path(file, selection->settings->confcutdir), '/');
        candidate.file_names_length = candidate.names.length;
    }
    if (!walked->selector_count) {
        take_tests(&candidate, file, NULL);
    }
    for (size_t i = 0; i < walked->selector_count; i++) {
        take_tests(&candidate, file, walked->selectors[i]);
    }
    file->selected = candidate.selected;
    file->selected_count = candidate.selected_count;
    if (candidate.is_undecided) {
        file->undecided = "-m asks for arguments of marks that are not literal";
    }
    text_release(&candidate.names);
}
