/* collect_ignore and collect_ignore_glob of a conftest, as far as they are literal; and the order of names. */
#include "discover/walk.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

/* ---- Lists ---- */

static const char *
reason_for(const char *what, const char *name, const struct source *conftest, struct arena *arena)
{
    struct text reason = {0};

    text_add_format(&reason, "%s %s %s", conftest->nodeid, what, name);
    const char *copy = arena_copy_bytes(arena, text_string(&reason), reason.length);
    text_release(&reason);
    return copy;
}

/* False when an item is no literal string. */
static bool
read_items(const struct facts *facts, const struct value *value, const char *folder, struct arena *arena,
           struct ignore_list *list)
{
    const struct value *items = blob_at(facts, value->items.first);
    const char **paths = arena_alloc(arena, (value->items.count + 1) * sizeof *paths);
    struct text path = {0};
    bool is_literal = value->kind == VALUE_LIST || value->kind == VALUE_TUPLE || value->kind == VALUE_SET;

    for (uint32_t i = 0; is_literal && i < value->items.count; i++) {
        is_literal = items[i].kind == VALUE_STRING;
        if (is_literal) {
            text_clear(&path);
            path_add_absolute(&path, folder, blob_text(facts, items[i].text));
            paths[i] = arena_copy_bytes(arena, text_string(&path), path.length);
        }
    }
    text_release(&path);
    paths[is_literal ? value->items.count : 0] = NULL;
    *list = (struct ignore_list){.items = paths};
    return is_literal;
}

/* Whether the body calls a method of the name: collect_ignore.append("x"). */
static bool
is_changed_by_calls(const struct facts *facts, const char *name)
{
    const blob_offset *calls = blob_at(facts, facts->calls.first);
    size_t length = strlen(name);

    for (uint32_t i = 0; i < facts->calls.count; i++) {
        const char *call = blob_text(facts, calls[i]);
        if (strncmp(call, name, length) == 0 && call[length] == '.') {
            return true;
        }
    }
    return false;
}

static const struct binding *
last_binding(const struct facts *facts, const char *name)
{
    const struct binding *bindings = blob_at(facts, facts->bindings.first);

    for (uint32_t i = facts->bindings.count; i > 0; i--) {
        if (bindings[i - 1].name && strcmp(blob_text(facts, bindings[i - 1].name), name) == 0 &&
            !(bindings[i - 1].flags & BINDING_TYPE_CHECKING)) {
            return &bindings[i - 1];
        }
    }
    return NULL;
}

void
ignore_list_read(const struct facts *facts, const char *name, const struct source *conftest, struct arena *arena,
                 struct ignore_list *list)
{
    const struct binding *binding = NULL;

    if (facts->error_line) {
        *list = (struct ignore_list){.reason = reason_for("is no Python, and could set", name, conftest, arena)};
        return;
    }
    binding = last_binding(facts, name);
    if (!binding || binding->kind == BINDING_DELETED) {
        return;
    }
    if (binding->kind != BINDING_VALUE || binding->flags || is_changed_by_calls(facts, name) ||
        !read_items(facts, blob_at(facts, binding->target), conftest->folder->path, arena, list)) {
        list->reason = reason_for("computes", name, conftest, arena);
    }
}

/* ---- Names ---- */

/* The character at `*text` as Python's surrogateescape decodes it, and moves behind it. */
static uint32_t
decode(const char **text)
{
    uint32_t point = 0xDC00U + (unsigned char)**text;
    size_t width = utf8_read(*text, strnlen(*text, 4), &point);

    *text += width ? width : 1;
    return point;
}

int
names_compare(const char *left, const char *right)
{
    size_t same = 0;

    while (left[same] && left[same] == right[same]) {
        same++;
    }
    if ((unsigned char)left[same] < 0x80 && (unsigned char)right[same] < 0x80) {
        return left[same] - right[same];
    }
    for (;;) {
        uint32_t one = *left ? decode(&left) : 0;
        uint32_t other = *right ? decode(&right) : 0;
        if (one != other || one == 0) {
            return one < other ? -1 : one > other;
        }
    }
}
