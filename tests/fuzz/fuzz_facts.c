/* Any bytes as a source give facts that hold; facts with any bytes changed are refused, or can be read to the end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "facts/facts.h"

enum { MAX_PATCHES = 8, PATCH_BYTES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been read, so that nothing is left out. */
struct reader {
    const void *base;
    unsigned sum;
};

static void bindings_touch(struct reader *reader, struct blob_range range);
static void functions_touch(struct reader *reader, struct blob_range range);

static void
text_touch(struct reader *reader, blob_offset offset)
{
    const char *text = blob_text(reader->base, offset);
    uint32_t length = blob_text_length(reader->base, offset);

    reader->sum += length ? (unsigned char)text[length - 1] : 0U;
    reader->sum += (unsigned char)text[0];
    if (text[length] != '\0') {
        abort();
    }
}

static void
texts_touch(struct reader *reader, struct blob_range range)
{
    const blob_offset *offsets = blob_at(reader->base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        text_touch(reader, offsets[i]);
    }
}

static void
values_touch(struct reader *reader, const struct value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct value *value = &values[i];
        const struct value_keyword *keywords = blob_at(reader->base, value->keywords.first);
        reader->sum += value->kind;
        text_touch(reader, value->text);
        values_touch(reader, blob_at(reader->base, value->items.first), value->items.count);
        for (uint32_t k = 0; k < value->keywords.count; k++) {
            text_touch(reader, keywords[k].name);
            values_touch(reader, &keywords[k].value, 1);
        }
    }
}

static void
decorators_touch(struct reader *reader, struct blob_range range)
{
    const struct decorator *decorators = blob_at(reader->base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        values_touch(reader, &decorators[i].expression, 1);
    }
}

static void
function_touch(struct reader *reader, const struct function_facts *function)
{
    const struct function_details *details = function_details(reader->base, function);
    const struct parameter *parameters = blob_at(reader->base, function->parameters);
    const uint32_t count = function_parameters(reader->base, function).count;

    text_touch(reader, function->name);
    for (uint32_t i = 0; i < count; i++) {
        text_touch(reader, parameters[i].name);
    }
    decorators_touch(reader, details->decorators);
    texts_touch(reader, details->words);
    text_touch(reader, details->returned_name);
    functions_touch(reader, details->inner);
}

static void
functions_touch(struct reader *reader, struct blob_range range)
{
    const struct function_facts *functions = blob_at(reader->base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        function_touch(reader, &functions[i]);
    }
}

static void
class_touch(struct reader *reader, const struct class_facts *facts)
{
    const struct value_keyword *keywords = blob_at(reader->base, facts->keywords.first);

    text_touch(reader, facts->name);
    values_touch(reader, blob_at(reader->base, facts->bases.first), facts->bases.count);
    for (uint32_t i = 0; i < facts->keywords.count; i++) {
        values_touch(reader, &keywords[i].value, 1);
    }
    decorators_touch(reader, facts->decorators);
    bindings_touch(reader, facts->bindings);
}

static void
import_touch(struct reader *reader, const struct import_facts *import)
{
    text_touch(reader, import->module);
    text_touch(reader, import->name);
    text_touch(reader, import->as_name);
}

static void
target_touch(struct reader *reader, const struct binding *binding)
{
    const void *target = blob_at(reader->base, binding->target);

    switch ((enum binding_kind)binding->kind) {
    case BINDING_FUNCTION:
        function_touch(reader, target);
        break;
    case BINDING_CLASS:
        class_touch(reader, target);
        break;
    case BINDING_IMPORT:
    case BINDING_STAR:
        import_touch(reader, target);
        break;
    case BINDING_VALUE:
    case BINDING_ATTRIBUTE:
    case BINDING_ANNOTATION:
        values_touch(reader, target, binding->target ? 1 : 0);
        break;
    case BINDING_UNKNOWN:
    case BINDING_DELETED:
        break;
    }
}

static void
bindings_touch(struct reader *reader, struct blob_range range)
{
    const struct binding *bindings = blob_at(reader->base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        text_touch(reader, bindings[i].name);
        if (bindings[i].condition) {
            const struct condition *condition = blob_at(reader->base, bindings[i].condition);
            text_touch(reader, condition->test);
            texts_touch(reader, condition->earlier);
        }
        target_touch(reader, &bindings[i]);
    }
}

static unsigned
facts_touch(const struct facts *facts)
{
    struct reader reader = {.base = facts};
    const struct import_facts *imports = blob_at(facts, facts->imports.first);
    const struct definition_line *lines = blob_at(facts, facts->definitions.first);

    text_touch(&reader, facts->error);
    text_touch(&reader, facts->docstring);
    texts_touch(&reader, facts->calls);
    for (uint32_t i = 0; i < facts->imports.count; i++) {
        import_touch(&reader, &imports[i]);
    }
    for (uint32_t i = 0; i < facts->definitions.count; i++) {
        text_touch(&reader, lines[i].name);
    }
    bindings_touch(&reader, facts->bindings);
    return reader.sum;
}

/* The bytes where they end, so that reading behind them is seen. */
static unsigned
bytes_read(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = memory_alloc(size + !size);
    unsigned sum = 0;

    memcpy(copy, bytes, size);
    if (facts_check(copy, size)) {
        sum = facts_touch((const struct facts *)(const void *)copy);
    }
    memory_free(copy);
    return sum;
}

/* Source bytes behind one that says how many patches of the facts stand at the end. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outline outline = {0};
    struct blob blob = {0};
    unsigned sum = 0;

    if (size == 0 || size > 1 << 20) {
        return 0;
    }
    const size_t patch_count = data[0] % (MAX_PATCHES + 1);
    const size_t patch_bytes = patch_count * PATCH_BYTES;
    if (size < 1 + patch_bytes) {
        return 0;
    }
    const size_t length = size - 1 - patch_bytes;
    char *source = memory_alloc(length + !length);
    memcpy(source, data + 1, length);
    facts_read(source, length, &outline, &blob);
    if (!facts_check(blob.bytes, blob.size_bytes)) {
        abort();
    }
    for (size_t i = 0; i < patch_count; i++) {
        uint32_t patch[2];
        memcpy(patch, data + 1 + length + i * PATCH_BYTES, sizeof patch);
        size_t at = patch[0] % (blob.size_bytes / sizeof patch[1]) * sizeof patch[1];
        memcpy(blob.bytes + at, &patch[1], sizeof patch[1]);
    }
    sum = bytes_read(blob.bytes, blob.size_bytes);
    memory_free(source);
    outline_release(&outline);
    blob_release(&blob);
    return sum == 1 ? -1 : 0;
}
