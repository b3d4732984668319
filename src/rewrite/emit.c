/* From assertions to edits: which subexpressions get a temporary, what the statement becomes, what its plan says. */
#include "rewrite/emit.h"

#include <string.h>

#include "base/compiler.h"
#include "rewrite/plan.h"

/* What the parent wants of a node. */
enum want {
    WANT_TEXT = 0,
    WANT_VALUE = 1 << 0,    /* its value, too */
    WANT_SNAPSHOT = 1 << 1, /* a later walrus rebinds the name, or may: show the value of now */
    WANT_WRAPPED = 1 << 2,  /* a temporary in any case */
    WANT_FALSE = 1 << 3,    /* when the assertion failed this was false */
};

struct emitter {
    struct rewritten *rewritten;
    const char *source;
    size_t length;
    const struct emit_options *options;
    const struct assertion *assertion;
    struct text plan;
    struct text head;
    uint32_t temporary_count;
    uint32_t *presets; /* temporaries that are set to FAIL before */
    uint32_t preset_count;
    uint32_t preset_capacity;
};

static void plan_node(struct emitter *emitter, const struct expression *node, unsigned want);

static void
add_edit(struct emitter *emitter, uint32_t offset, uint32_t removed, const struct text *text)
{
    struct rewritten *rewritten = emitter->rewritten;

    if (rewritten->edit_count == rewritten->edit_capacity) {
        rewritten->edit_capacity = rewritten->edit_capacity ? rewritten->edit_capacity * 2 : 64;
        rewritten->edits = memory_resize(rewritten->edits, rewritten->edit_capacity * sizeof *rewritten->edits);
    }
    rewritten->edits[rewritten->edit_count++] = (struct edit){
        .offset = offset,
        .removed = removed,
        .text_length = (uint32_t)text->length,
        .assertion = rewritten->place_count,
        .text = arena_copy_bytes(&rewritten->arena, text_string(text), text->length),
    };
}

static void
add_edit_string(struct emitter *emitter, uint32_t offset, const char *string)
{
    struct text text = {.bytes = (char *)string, .length = strlen(string)};
    add_edit(emitter, offset, 0, &text);
}

/* ---- What is known before anything is inserted ---- */

/* Values that need no code to be known at failure. */
static bool
is_constant(const struct expression *node)
{
    if (node->kind == EXPRESSION_CONSTANT) {
        return true;
    }
    if ((node->kind == EXPRESSION_UNARY && node->operator_kind != OPERATOR_NOT) || node->kind == EXPRESSION_BINARY) {
        for (const struct expression *child = node->first_child; child; child = child->next) {
            if (!is_constant(child)) {
                return false;
            }
        }
        return true;
    }
    return false;
}

/* Whether a walrus in a later sibling rebinds the name that `node` is. */
static bool
is_rebound_later(const struct emitter *emitter, const struct expression *node)
{
    const struct token *tokens = emitter->assertion->tokens;
    uint32_t length = node->name_end - node->name_start;

    if (!emitter->assertion->has_walrus || node->kind != EXPRESSION_NAME) {
        return false;
    }
    for (const struct expression *later = node->next; later; later = later->next) {
        for (uint32_t i = later->first_token; i < later->last_token; i++) {
            if (tokens[i].kind == TOKEN_NAME && token_is(&tokens[i + 1], OPERATOR2(':', '=')) &&
                tokens[i].end - tokens[i].start == length &&
                memcmp(emitter->source + tokens[i].start, emitter->source + node->name_start, length) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool
needs_temporary(const struct emitter *emitter, const struct expression *node, unsigned want)
{
    if (want & (WANT_WRAPPED | WANT_SNAPSHOT)) {
        return true;
    }
    switch (node->kind) {
    case EXPRESSION_OPAQUE:
    case EXPRESSION_CALL:
    case EXPRESSION_ATTRIBUTE:
        return true;
    case EXPRESSION_NAME:
        /* A class body inside a function may read a variable that no mapping of its frame shows. */
        return emitter->assertion->scope == BLOCK_CLASS;
    case EXPRESSION_NAMED:
    case EXPRESSION_BOOL:
    case EXPRESSION_UNARY:
    case EXPRESSION_BINARY:
    case EXPRESSION_COMPARE:
        return (want & WANT_VALUE) && !is_constant(node);
    default:
        return false;
    }
}

/* A temporary's name: formatted output would cost as much as the rest of the rewriting. */
static void
add_temporary(const struct emitter *emitter, struct text *out, uint32_t number)
{
    char digits[10];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    text_add(out, emitter->rewritten->temporary_spelling, SPELLING_BYTES - 1);
    while (count) {
        text_add_char(out, digits[--count]);
    }
}

/* ---- The plan, and the edits around subexpressions ---- */

static void
plan_add_source(struct emitter *emitter, uint32_t start, uint32_t end)
{
    plan_add_bytes(&emitter->plan, emitter->source + start, end - start);
}

/* Private names: __x in class _A is _A__x to the compiler. */
static bool
is_mangled(const struct emitter *emitter, const struct expression *node)
{
    const char *name = emitter->source + node->name_start;
    uint32_t length = node->name_end - node->name_start;
    uint32_t at = emitter->assertion->class_start;

    if (length < 3 || memcmp(name, "__", 2) != 0 || memcmp(name + length - 2, "__", 2) == 0) {
        return false;
    }
    while (at < emitter->assertion->class_end && emitter->source[at] == '_') {
        at++;
    }
    return at < emitter->assertion->class_end;
}

static void
plan_name(struct emitter *emitter, const struct expression *node, unsigned want)
{
    bool is_private = is_mangled(emitter, node);
    unsigned flags = (is_private ? NODE_IS_MANGLED : 0) | (want & WANT_SNAPSHOT ? NODE_SHOWS_VALUE : 0);

    plan_add_number(&emitter->plan, flags);
    plan_add_source(emitter, node->name_start, node->name_end);
    if (is_private) {
        uint32_t start = emitter->assertion->class_start;
        while (emitter->source[start] == '_') {
            start++;
        }
        uint32_t class_bytes = emitter->assertion->class_end - start;
        plan_add_number(&emitter->plan, 1 + class_bytes + (node->name_end - node->name_start));
        text_add_char(&emitter->plan, '_');
        text_add(&emitter->plan, emitter->source + start, class_bytes);
        text_add(&emitter->plan, emitter->source + node->name_start, node->name_end - node->name_start);
    }
}

/* `is` between a value and a literal draws a warning from the compiler, unless a temporary hides the literal. */
static bool
is_identity(const struct expression *node)
{
    return node && (node->comparison == OPERATOR_IS || node->comparison == OPERATOR_IS_NOT);
}

static void
plan_compare(struct emitter *emitter, const struct expression *node)
{
    uint32_t index = 0;

    plan_add_number(&emitter->plan, node->child_count);
    for (const struct expression *child = node->first_child; child; child = child->next, index++) {
        unsigned want = WANT_VALUE;
        if (index) {
            plan_add_number(&emitter->plan, (uint32_t)child->comparison);
        }
        if (is_rebound_later(emitter, child)) {
            want |= WANT_SNAPSHOT;
        }
        if (is_constant(child) && (is_identity(child) || is_identity(child->next))) {
            want |= WANT_WRAPPED;
        }
        if (index >= 2) {
            /* Whether it is set tells how far the chain went; it must not be set from an earlier time. */
            want |= WANT_WRAPPED;
            if (emitter->preset_count == emitter->preset_capacity) {
                emitter->preset_capacity = emitter->preset_capacity ? emitter->preset_capacity * 2 : 8;
                emitter->presets = memory_resize(emitter->presets, emitter->preset_capacity * sizeof *emitter->presets);
            }
            emitter->presets[emitter->preset_count++] = emitter->temporary_count;
        }
        plan_node(emitter, child, want);
    }
}

static void
plan_bool(struct emitter *emitter, const struct expression *node, unsigned want)
{
    /* A false `or` has tried all of its operands: nobody needs to ask. */
    bool all_reached = node->operator_kind == OPERATOR_OR && (want & WANT_FALSE);

    plan_add_number(&emitter->plan, node->operator_kind == OPERATOR_OR);
    plan_add_number(&emitter->plan, node->child_count);
    for (const struct expression *child = node->first_child; child; child = child->next) {
        unsigned child_want = all_reached ? WANT_FALSE : WANT_TEXT;
        if (child->next && !all_reached) {
            child_want |= WANT_VALUE;
        }
        if (child->kind == EXPRESSION_NAMED ? child->next != NULL : is_rebound_later(emitter, child)) {
            child_want |= WANT_SNAPSHOT;
        }
        plan_node(emitter, child, child_want);
    }
}

static void
plan_call(struct emitter *emitter, const struct expression *node)
{
    plan_add_number(&emitter->plan, node->child_count);
    for (const struct expression *child = node->first_child; child; child = child->next) {
        unsigned want = is_rebound_later(emitter, child) ? WANT_SNAPSHOT : WANT_TEXT;
        if (child == node->first_child && is_constant(child)) {
            want |= WANT_WRAPPED; /* no warning that a literal is not callable */
        }
        plan_node(emitter, child, want);
    }
}

static void
plan_details(struct emitter *emitter, const struct expression *node, unsigned want)
{
    const struct expression *child = node->first_child;

    switch (node->kind) {
    case EXPRESSION_OPAQUE:
        break;
    case EXPRESSION_NAME:
    case EXPRESSION_NAMED:
        plan_name(emitter, node, want);
        break;
    case EXPRESSION_CONSTANT:
        plan_add_source(emitter, node->start, node->end);
        break;
    case EXPRESSION_BOOL:
        plan_bool(emitter, node, want);
        break;
    case EXPRESSION_UNARY:
        plan_add_number(&emitter->plan, (uint32_t)node->operator_kind);
        plan_node(emitter, child, is_constant(node) ? WANT_VALUE : WANT_TEXT);
        break;
    case EXPRESSION_BINARY:
        plan_add_number(&emitter->plan, (uint32_t)node->operator_kind);
        plan_node(emitter, child, is_rebound_later(emitter, child) ? WANT_SNAPSHOT : WANT_TEXT);
        plan_node(emitter, child->next, WANT_TEXT);
        break;
    case EXPRESSION_CALL:
        plan_call(emitter, node);
        break;
    case EXPRESSION_KEYWORD:
    case EXPRESSION_ATTRIBUTE:
        plan_add_source(emitter, node->name_start, node->name_end);
        plan_node(emitter, child, WANT_TEXT);
        break;
    case EXPRESSION_STARRED:
        plan_node(emitter, child, WANT_TEXT);
        break;
    case EXPRESSION_COMPARE:
        plan_compare(emitter, node);
        break;
    }
}

static void
plan_node(struct emitter *emitter, const struct expression *node, unsigned want)
{
    bool is_wrapped = needs_temporary(emitter, node, want);
    uint32_t inside = node->is_sole_generator ? 1 : 0;

    plan_add_number(&emitter->plan, (uint32_t)node->kind);
    plan_add_number(&emitter->plan, is_wrapped ? emitter->temporary_count + 1 : 0);
    if (is_wrapped) {
        text_clear(&emitter->head);
        text_add_char(&emitter->head, '(');
        add_temporary(emitter, &emitter->head, emitter->temporary_count++);
        text_add(&emitter->head, inside ? " := (" : " := ", inside ? 5 : 4);
        add_edit(emitter, node->outer_start + inside, 0, &emitter->head);
    }
    plan_details(emitter, node, want);
    if (is_wrapped) {
        add_edit_string(emitter, node->outer_end - inside, inside ? "))" : ")");
    }
}

/* ---- The statement ---- */

static bool
is_multi_line(const struct emitter *emitter, const struct assertion *assertion)
{
    for (uint32_t i = assertion->start; i < assertion->end; i++) {
        if (emitter->source[i] == '\n' || emitter->source[i] == '\r') {
            return true;
        }
    }
    return false;
}

/* The text that pytest_assertion_pass gets: the test up to its comma, or up to the end of the line. */
static void
plan_original(struct emitter *emitter, const struct assertion *assertion)
{
    const char *source = emitter->source;
    uint32_t start = assertion->test->outer_start;
    uint32_t end = assertion->has_message ? assertion->comma : assertion->end;

    while (!assertion->has_message && end < emitter->length && source[end] != '\n' && source[end] != '\r') {
        end++;
    }
    while (end > start && strchr(" \t\r\n\f", source[end - 1])) {
        end--;
    }
    while (end > start && source[end - 1] == '\\') {
        end--;
    }
    plan_add_number(&emitter->plan, assertion->line);
    plan_add_bytes(&emitter->plan, source + start, end - start);
}

/* The plan as a bytes literal. */
static void
add_plan_literal(struct text *out, const struct text *plan)
{
    text_add_string(out, "b'");
    for (size_t i = 0; i < plan->length; i++) {
        unsigned char byte = (unsigned char)plan->bytes[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '\'' || byte == '\\') {
            const char escape[4] = {'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
            text_add(out, escape, sizeof escape);
        } else {
            text_add_char(out, (char)byte);
        }
    }
    text_add_char(out, '\'');
}

static void
add_targets(struct emitter *emitter, struct text *head)
{
    for (uint32_t i = 0; i < emitter->temporary_count; i++) {
        add_temporary(emitter, head, i);
        text_add(head, " = ", 3);
    }
}

static void
add_presets(struct emitter *emitter, struct text *head)
{
    for (uint32_t i = 0; i < emitter->preset_count; i++) {
        text_add_char(head, '(');
        add_temporary(emitter, head, emitter->presets[i]);
        text_add(head, " := ", 4);
    }
    text_add_string(head, emitter->rewritten->fail_spelling);
    text_add_repeated(head, ')', emitter->preset_count);
    text_add_string(head, " and (");
}

enum form {
    FORM_ASSERT,     /* assert E, FAIL(plan, M) */
    FORM_VALUE,      /* t = None if (E) else FAIL(plan, M) */
    FORM_FAIL_FIRST, /* t = FAIL(plan) if not (E) else None: the call is on the statement's first line */
};

static enum form
choose_form(const struct emitter *emitter, const struct assertion *assertion)
{
    const struct emit_options *options = emitter->options;
    bool needs_lines = !options->has_columns && is_multi_line(emitter, assertion);

    if (needs_lines && !assertion->has_message) {
        return FORM_FAIL_FIRST;
    }
    if (emitter->temporary_count || options->has_pass_hook || options->is_optimized) {
        return FORM_VALUE;
    }
    return FORM_ASSERT;
}

static void
add_pass(struct emitter *emitter, struct text *head)
{
    if (!emitter->options->has_pass_hook) {
        text_add_string(head, "None");
        return;
    }
    text_add_format(head, "%s(", emitter->rewritten->pass_spelling);
    add_plan_literal(head, &emitter->plan);
    text_add_char(head, ')');
}

/* What replaces the word assert. */
static void
head_build(struct emitter *emitter, enum form form, struct text *head)
{
    text_clear(head);
    if (form == FORM_ASSERT) {
        text_add_string(head, "assert");
        return;
    }
    add_targets(emitter, head);
    if (form == FORM_FAIL_FIRST) {
        text_add_format(head, "%s(", emitter->rewritten->fail_spelling);
        add_plan_literal(head, &emitter->plan);
        text_add_string(head, ") if not (");
    } else {
        add_pass(emitter, head);
        text_add_string(head, " if (");
    }
    if (emitter->preset_count) {
        add_presets(emitter, head);
    }
}

/* What comes behind the test: the comma is replaced, or stands here for the first time. */
static void
tail_build(struct emitter *emitter, enum form form, struct text *tail)
{
    text_clear(tail);
    if (form == FORM_FAIL_FIRST) {
        text_add_string(tail, emitter->preset_count ? ")) else " : ") else ");
        add_pass(emitter, tail);
        return;
    }
    text_add_string(tail, form == FORM_ASSERT ? ", " : emitter->preset_count ? ")) else " : ") else ");
    text_add_format(tail, "%s(", emitter->rewritten->fail_spelling);
    add_plan_literal(tail, &emitter->plan);
    text_add_string(tail, emitter->assertion->has_message ? "," : ")");
}

static void
add_place(struct rewritten *rewritten, const struct assertion *assertion)
{
    if (rewritten->place_count == rewritten->place_capacity) {
        rewritten->place_capacity = rewritten->place_capacity ? rewritten->place_capacity * 2 : 32;
        rewritten->places = memory_resize(rewritten->places, rewritten->place_capacity * sizeof *rewritten->places);
    }
    rewritten->places[rewritten->place_count++] = (struct assertion_place){
        .start = assertion->start,
        .end = assertion->end,
        .line = assertion->line,
        .is_tuple = assertion->test->is_tuple,
    };
}

static void
emit_assertion(struct emitter *emitter, const struct assertion *assertion)
{
    struct rewritten *rewritten = emitter->rewritten;
    uint32_t head_index = rewritten->edit_count;
    struct text nothing = {0};

    emitter->assertion = assertion;
    emitter->temporary_count = emitter->preset_count = 0;
    text_clear(&emitter->plan);
    text_add_char(&emitter->plan, emitter->options->has_pass_hook ? PLAN_HAS_ORIGINAL : 0);
    if (emitter->options->has_pass_hook) {
        plan_original(emitter, assertion);
    }
    add_edit(emitter, assertion->start, 0, &nothing);
    plan_node(emitter, assertion->test, emitter->options->has_pass_hook ? WANT_TEXT : WANT_FALSE);

    enum form form = choose_form(emitter, assertion);
    head_build(emitter, form, &emitter->head);
    struct edit *head = &rewritten->edits[head_index];
    head->removed = (uint32_t)strlen("assert");
    head->text_length = (uint32_t)emitter->head.length;
    head->text = arena_copy_bytes(&rewritten->arena, emitter->head.bytes, emitter->head.length);
    tail_build(emitter, form, &emitter->head);
    if (assertion->has_message) {
        add_edit(emitter, assertion->comma, 1, &emitter->head);
        add_edit_string(emitter, assertion->end, ")");
    } else {
        add_edit(emitter, assertion->end, 0, &emitter->head);
    }
    add_place(rewritten, assertion);
}

/* ---- The source ---- */

/* Follows a source to ascending offsets, counting lines and columns. */
struct place_cursor {
    const char *source;
    uint32_t at, line, line_start;
};

static void
cursor_move(struct place_cursor *cursor, uint32_t offset)
{
    for (; cursor->at < offset; cursor->at++) {
        char byte = cursor->source[cursor->at];
        if (byte == '\n' || (byte == '\r' && cursor->source[cursor->at + 1] != '\n')) {
            cursor->line++;
            cursor->line_start = cursor->at + 1;
        }
    }
}

static void
places_locate(struct rewritten *rewritten, const char *source)
{
    struct place_cursor cursor = {.source = source, .line = 1};

    for (uint32_t i = 0; i < rewritten->place_count; i++) {
        struct assertion_place *place = &rewritten->places[i];
        cursor_move(&cursor, place->start);
        place->line = cursor.line;
        place->column = place->start - cursor.line_start;
        cursor_move(&cursor, place->end);
        place->end_line = cursor.line;
        place->end_column = place->end - cursor.line_start;
    }
}

static void
edits_apply(struct rewritten *rewritten, const char *source, size_t length)
{
    struct place_cursor cursor = {.source = source, .line = 1};
    uint32_t copied = 0;
    uint32_t line = 0;
    uint32_t inserted = 0; /* on this line */

    for (uint32_t i = 0; i < rewritten->edit_count; i++) {
        struct edit *edit = &rewritten->edits[i];
        text_add(&rewritten->source, source + copied, edit->offset - copied);
        text_add(&rewritten->source, edit->text, edit->text_length);
        copied = edit->offset + edit->removed;
        cursor_move(&cursor, edit->offset);
        inserted = cursor.line == line ? inserted : 0;
        line = edit->line = cursor.line;
        edit->column = edit->offset - cursor.line_start;
        edit->new_column = edit->column + inserted;
        inserted += edit->text_length - edit->removed;
    }
    text_add(&rewritten->source, source + copied, length - copied);
}

/* Finds a spelling for our names that the source does not contain. */
static void
choose_spelling(struct rewritten *rewritten, const char *source, size_t length)
{
    char *const spellings[] = {rewritten->temporary_spelling, rewritten->fail_spelling, rewritten->pass_spelling};
    static const char *const PATTERNS[] = {"_py_assert", "_pytest_ar", "_pytest_ap"};

    for (char letter = 'p'; letter <= 'z'; letter++) {
        bool is_free = true;
        for (size_t i = 0; i < COUNT_OF(PATTERNS); i++) {
            memcpy(spellings[i], PATTERNS[i], SPELLING_BYTES);
            spellings[i][1] = letter;
            is_free &= memmem(source, length, spellings[i], SPELLING_BYTES - 1) == NULL;
        }
        if (is_free) {
            return;
        }
    }
}

bool
rewritten_build(struct rewritten *rewritten, const char *source, size_t length, const struct emit_options *options)
{
    struct emitter emitter = {.rewritten = rewritten, .source = source, .length = length, .options = options};
    struct span_reader reader;
    struct assertion assertion;

    choose_spelling(rewritten, source, length);
    span_reader_init(&reader, source, length);
    while (span_reader_next(&reader, &assertion)) {
        emit_assertion(&emitter, &assertion);
    }
    bool is_understood = !reader.has_failed;
    rewritten->is_disabled =
        reader.head.has_docstring &&
        memmem(source + reader.head.docstring_start, reader.head.docstring_end - reader.head.docstring_start,
               "PYTEST_DONT_REWRITE", strlen("PYTEST_DONT_REWRITE")) != NULL;
    if (is_understood && !rewritten->is_disabled) {
        places_locate(rewritten, source);
        edits_apply(rewritten, source, length);
    }
    span_reader_release(&reader);
    text_release(&emitter.plan);
    text_release(&emitter.head);
    memory_free(emitter.presets);
    return is_understood;
}

void
rewritten_release(struct rewritten *rewritten)
{
    text_release(&rewritten->source);
    memory_free(rewritten->edits);
    memory_free(rewritten->places);
    arena_release(&rewritten->arena);
}
