/* Whether bytes are facts: every offset, range and text inside of them, in time linear in their number. */
#include <string.h>

#include "facts/reader.h"

enum {
    TEXT_ALIGNMENT = 8,
    RECORD_ALIGNMENT = 4,
    CHECK_MAX_DEPTH = VALUE_MAX_DEPTH + CLASS_MAX_DEPTH + INNER_MAX_DEPTH + 8,
};

struct checker {
    const unsigned char *bytes;
    size_t size_bytes;
    size_t left; /* bytes of records that may still be looked at: no record belongs to two */
    struct blob_range imports;
};

static bool values_hold(struct checker *checker, struct blob_range range, unsigned depth);
static bool bindings_hold(struct checker *checker, struct blob_range range, unsigned depth);
static bool functions_hold(struct checker *checker, struct blob_range range, unsigned depth);

/* 0 is none. */
static bool
text_holds(const struct checker *checker, blob_offset offset)
{
    if (!offset) {
        return true;
    }
    if (offset % TEXT_ALIGNMENT || offset < sizeof(struct facts) || offset + sizeof(uint32_t) >= checker->size_bytes) {
        return false;
    }
    size_t end = (size_t)offset + sizeof(uint32_t) + blob_text_length(checker->bytes, offset);
    return end < checker->size_bytes && checker->bytes[end] == '\0';
}

static bool
range_lies_inside(const struct checker *checker, struct blob_range range, size_t record_bytes)
{
    return range.first % RECORD_ALIGNMENT == 0 && range.first >= sizeof(struct facts) &&
           range.first + (uint64_t)range.count * record_bytes <= checker->size_bytes;
}

/* Whether the records may be looked at. */
static bool
range_holds(struct checker *checker, struct blob_range range, size_t record_bytes)
{
    if (!range.count) {
        return range.first == 0;
    }
    if (!range_lies_inside(checker, range, record_bytes) || range.count * record_bytes > checker->left) {
        return false;
    }
    checker->left -= range.count * record_bytes;
    return true;
}

static bool
record_holds(struct checker *checker, blob_offset offset, size_t record_bytes)
{
    return offset && range_holds(checker, (struct blob_range){.first = offset, .count = 1}, record_bytes);
}

static bool
texts_hold(struct checker *checker, struct blob_range range)
{
    const blob_offset *offsets = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *offsets)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!offsets[i] || !text_holds(checker, offsets[i])) {
            return false;
        }
    }
    return true;
}

/* ---- Values ---- */

static bool
value_holds(struct checker *checker, const struct value *value, unsigned depth)
{
    const struct value_keyword *keywords = blob_at(checker->bytes, value->keywords.first);

    if (depth > CHECK_MAX_DEPTH || value->kind > VALUE_LONG || !text_holds(checker, value->text) ||
        (value->kind == VALUE_DICT && value->items.count % 2)) {
        return false;
    }
    if (!values_hold(checker, value->items, depth + 1) || !range_holds(checker, value->keywords, sizeof *keywords)) {
        return false;
    }
    for (uint32_t i = 0; i < value->keywords.count; i++) {
        if (!text_holds(checker, keywords[i].name) || !value_holds(checker, &keywords[i].value, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool
values_hold(struct checker *checker, struct blob_range range, unsigned depth)
{
    const struct value *values = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *values)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!value_holds(checker, &values[i], depth)) {
            return false;
        }
    }
    return true;
}

static bool
keywords_hold(struct checker *checker, struct blob_range range)
{
    const struct value_keyword *keywords = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *keywords)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!text_holds(checker, keywords[i].name) || !value_holds(checker, &keywords[i].value, 0)) {
            return false;
        }
    }
    return true;
}

static bool
decorators_hold(struct checker *checker, struct blob_range range)
{
    const struct decorator *decorators = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *decorators)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!value_holds(checker, &decorators[i].expression, 0)) {
            return false;
        }
    }
    return true;
}

/* ---- Functions ---- */

/* The first one, and those behind it up to the last. */
static bool
parameters_hold(struct checker *checker, blob_offset first)
{
    const struct parameter *parameter = NULL;

    for (blob_offset at = first; first && !(parameter && parameter->is_last); at += (blob_offset)sizeof *parameter) {
        parameter = blob_at(checker->bytes, at);
        if (!record_holds(checker, at, sizeof *parameter) || !parameter->name ||
            !text_holds(checker, parameter->name) || parameter->kind > PARAMETER_STAR_STAR) {
            return false;
        }
    }
    return true;
}

static bool
function_holds(struct checker *checker, const struct function_facts *function, unsigned depth)
{
    if (depth > CHECK_MAX_DEPTH || !function->name || !text_holds(checker, function->name) ||
        !parameters_hold(checker, function->parameters)) {
        return false;
    }
    if (!function->details) {
        return true;
    }
    const struct function_details *details = blob_at(checker->bytes, function->details);
    return record_holds(checker, function->details, sizeof *details) && decorators_hold(checker, details->decorators) &&
           texts_hold(checker, details->words) && text_holds(checker, details->returned_name) &&
           functions_hold(checker, details->inner, depth + 1);
}

static bool
functions_hold(struct checker *checker, struct blob_range range, unsigned depth)
{
    const struct function_facts *functions = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *functions)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!function_holds(checker, &functions[i], depth)) {
            return false;
        }
    }
    return true;
}

/* ---- Bindings ---- */

static bool
class_holds(struct checker *checker, const struct class_facts *facts, unsigned depth)
{
    return facts->name && text_holds(checker, facts->name) && keywords_hold(checker, facts->keywords) &&
           values_hold(checker, facts->bases, 0) && decorators_hold(checker, facts->decorators) &&
           bindings_hold(checker, facts->bindings, depth + 1);
}

/* Bindings of one block share it: its size is bounded, not counted. */
static bool
condition_holds(const struct checker *checker, blob_offset offset)
{
    const struct condition *condition = blob_at(checker->bytes, offset);
    const struct blob_range self = {.first = offset, .count = 1};

    if (!offset) {
        return true;
    }
    if (!range_lies_inside(checker, self, sizeof *condition) || !text_holds(checker, condition->test) ||
        condition->earlier.count > CONDITION_MAX_EARLIER) {
        return false;
    }
    if (!condition->earlier.count) {
        return condition->earlier.first == 0;
    }
    const blob_offset *earlier = blob_at(checker->bytes, condition->earlier.first);
    if (!range_lies_inside(checker, condition->earlier, sizeof *earlier)) {
        return false;
    }
    for (uint32_t i = 0; i < condition->earlier.count; i++) {
        if (!earlier[i] || !text_holds(checker, earlier[i])) {
            return false;
        }
    }
    return true;
}

static bool
import_is_known(const struct checker *checker, blob_offset offset)
{
    const size_t record_bytes = sizeof(struct import_facts);

    return offset >= checker->imports.first && (offset - checker->imports.first) % record_bytes == 0 &&
           (offset - checker->imports.first) / record_bytes < checker->imports.count;
}

/* `shared`: the value of the last binding that had one: the next may have the same (a = b = 1). */
static bool
target_holds(struct checker *checker, const struct binding *binding, blob_offset shared, unsigned depth)
{
    const blob_offset target = binding->target;

    switch ((enum binding_kind)binding->kind) {
    case BINDING_FUNCTION:
        return record_holds(checker, target, sizeof(struct function_facts)) &&
               function_holds(checker, blob_at(checker->bytes, target), 0);
    case BINDING_CLASS:
        return depth < CLASS_MAX_DEPTH && record_holds(checker, target, sizeof(struct class_facts)) &&
               class_holds(checker, blob_at(checker->bytes, target), depth);
    case BINDING_IMPORT:
    case BINDING_STAR:
        return import_is_known(checker, target);
    case BINDING_VALUE:
    case BINDING_ATTRIBUTE:
        if (!target) {
            return binding->kind == BINDING_ATTRIBUTE;
        }
        return target == shared || (record_holds(checker, target, sizeof(struct value)) &&
                                    value_holds(checker, blob_at(checker->bytes, target), 0));
    case BINDING_ANNOTATION:
        return record_holds(checker, target, sizeof(struct value)) &&
               value_holds(checker, blob_at(checker->bytes, target), 0);
    case BINDING_UNKNOWN:
    case BINDING_DELETED:
        return target == 0;
    }
    return false;
}

static bool
bindings_hold(struct checker *checker, struct blob_range range, unsigned depth)
{
    const struct binding *bindings = blob_at(checker->bytes, range.first);
    blob_offset shared = 0;

    if (!range_holds(checker, range, sizeof *bindings)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        const struct binding *binding = &bindings[i];
        if (!text_holds(checker, binding->name) || (!binding->name && binding->kind != BINDING_STAR) ||
            !condition_holds(checker, binding->condition) || !target_holds(checker, binding, shared, depth)) {
            return false;
        }
        if (binding->kind == BINDING_VALUE || binding->kind == BINDING_ATTRIBUTE) {
            shared = binding->target;
        }
    }
    return true;
}

/* ---- The file ---- */

static bool
imports_hold(struct checker *checker, struct blob_range range)
{
    const struct import_facts *imports = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *imports)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!text_holds(checker, imports[i].module) || !text_holds(checker, imports[i].name) ||
            !text_holds(checker, imports[i].as_name)) {
            return false;
        }
    }
    return true;
}

static bool
definitions_hold(struct checker *checker, struct blob_range range)
{
    const struct definition_line *lines = blob_at(checker->bytes, range.first);

    if (!range_holds(checker, range, sizeof *lines)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        if (!lines[i].name || !text_holds(checker, lines[i].name)) {
            return false;
        }
    }
    return true;
}

bool
facts_check(const void *bytes, size_t size_bytes)
{
    struct checker checker = {.bytes = bytes, .size_bytes = size_bytes, .left = size_bytes};
    const struct facts *facts = bytes;

    if (size_bytes < sizeof *facts || size_bytes > UINT32_MAX || (uintptr_t)bytes % TEXT_ALIGNMENT ||
        facts->format != FACTS_FORMAT || facts->size_bytes != size_bytes) {
        return false;
    }
    checker.imports = facts->imports;
    return text_holds(&checker, facts->error) && text_holds(&checker, facts->doubt) &&
           text_holds(&checker, facts->docstring) && imports_hold(&checker, facts->imports) &&
           definitions_hold(&checker, facts->definitions) && texts_hold(&checker, facts->calls) &&
           texts_hold(&checker, facts->uses) && bindings_hold(&checker, facts->bindings, 0);
}
