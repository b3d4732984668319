/* Fixtures: read from bodies, found through levels, and the closure of what a test uses. */
#include "discover/resolve.h"

#include <stdlib.h>

/* ---- Reading ---- */

static enum fixture_scope
scope_of_word(const char *word, const char **reason_out)
{
    static const char *const WORDS[] = {"function", "class", "module", "package", "session"};

    for (size_t i = 0; word && i < COUNT_OF(WORDS); i++) {
        if (strcmp(word, WORDS[i]) == 0) {
            return (enum fixture_scope)i;
        }
    }
    *reason_out = "its scope is not known";
    return FIXTURE_FUNCTION_SCOPE;
}

/* Fills scope, autouse, params, ids and name from the decorator's keywords. */
static void
read_keywords(struct resolve_work *work, const struct function_state *state, struct fixture *fixture)
{
    const void *base = context_base(&state->fixture_context);
    const struct value *call = state->fixture;

    if (call->kind != VALUE_CALL) {
        return;
    }
    const struct value_keyword *keywords = blob_at(base, call->keywords.first);
    for (uint32_t i = 0; i < call->keywords.count; i++) {
        const char *word = keywords[i].name ? blob_text(base, keywords[i].name) : "**";
        const struct value *value = &keywords[i].value;
        struct object object = object_of_value(work, state->fixture_context, value);
        enum value_kind kind = object.kind == OBJECT_VALUE ? (enum value_kind)object.value->kind : VALUE_UNKNOWN;
        if (strcmp(word, "scope") == 0) {
            fixture->scope =
                scope_of_word(value_string(work, state->fixture_context, value, NULL), &fixture->scope_reason);
        } else if (strcmp(word, "autouse") == 0) {
            fixture->is_autouse = kind != VALUE_FALSE;
            fixture->reason = kind == VALUE_FALSE || kind == VALUE_TRUE ? fixture->reason : "autouse is computed";
        } else if (strcmp(word, "params") == 0) {
            fixture->has_params = kind != VALUE_NONE;
            fixture->params = value;
        } else if (strcmp(word, "ids") == 0) {
            fixture->ids = kind == VALUE_NONE ? NULL : value;
        } else if (strcmp(word, "name") == 0) {
            const char *name = value_string(work, state->fixture_context, value, &fixture->length);
            fixture->name = name ? name : fixture->name;
            fixture->reason = name || kind == VALUE_NONE ? fixture->reason : "its name is computed";
        } else if (strcmp(word, "**") == 0) {
            fixture->reason = "its arguments are computed";
        }
    }
}

static void
read_arguments(struct resolve_work *work, const struct function_state *state, bool is_class, struct fixture *fixture)
{
    const void *base = context_base(&state->context);
    const struct parameter *parameters = blob_at(base, state->signature->parameters);
    const uint32_t count = function_parameters(base, state->signature).count;
    bool is_first = is_class;
    unsigned mocked = state->mock_count;

    fixture->arguments = arena_alloc(work->arena, (count + 1) * sizeof(char *));
    for (uint32_t i = 0; i < count; i++) {
        uint16_t kind = parameters[i].kind;
        if (is_first && kind <= PARAMETER_PLAIN) {
            is_first = false;
            continue;
        }
        if ((kind != PARAMETER_PLAIN && kind != PARAMETER_KEYWORD_ONLY) || parameters[i].has_default) {
            continue;
        }
        if (mocked) {
            mocked--;
            continue;
        }
        fixture->arguments[fixture->argument_count++] = blob_text(base, parameters[i].name);
    }
}

static void
level_add_unknown(struct resolve_work *work, struct fixture_level *level, const char *name, const char *reason)
{
    level->unknown_names = arena_grow(work->arena, level->unknown_names, level->unknown_count, sizeof(char *));
    level->unknown_reasons = arena_grow(work->arena, level->unknown_reasons, level->unknown_count, sizeof(char *));
    level->unknown_names[level->unknown_count] = name;
    level->unknown_reasons[level->unknown_count++] = reason ? reason : "what it is is not known";
}

static void
level_add(struct resolve_work *work, struct fixture_level *level, struct fixture *fixture)
{
    level->items = arena_grow(work->arena, level->items, level->count, sizeof(struct fixture *));
    level->items[level->count++] = fixture;
    level->has_autouse = level->has_autouse || fixture->is_autouse;
    level->has_params = level->has_params || fixture->has_params;
}

static void
read_function(struct resolve_work *work, const struct scope_name *name, const struct object *object, bool is_class,
              struct fixture_level *level)
{
    struct function_state state;

    if (!object->function->details) {
        return;
    }
    function_read(work, object, &state);
    const char *reason = name->reason ? work_format(work, "it %s", name->reason) : state.reason;
    if (reason) {
        level_add_unknown(work, level, name->name, reason);
    }
    if (state.kind != FUNCTION_FIXTURE) {
        return;
    }
    struct fixture *fixture = arena_alloc_zeroed(work->arena, sizeof *fixture);
    fixture->name = name->name;
    fixture->length = name->length;
    fixture->context = state.fixture_context;
    fixture->reason = reason;
    read_keywords(work, &state, fixture);
    read_arguments(work, &state, is_class, fixture);
    level_add(work, level, fixture);
}

/* What the name was bound to before, where it is not certain that this was replaced: fixtures that may hold, too. */
static void
read_earlier(struct resolve_work *work, const struct scope_name *name, bool is_class, struct fixture_level *level)
{
    for (const struct binding *binding = name->reason ? scope_previous(name->scope, name->binding) : NULL; binding;
         binding = scope_previous(name->scope, binding)) {
        if (binding->kind == BINDING_FUNCTION) {
            struct object object = object_of_binding(work, name->scope, binding);
            read_function(work, name, &object, is_class, level);
        }
    }
}

/* Whether a call may give a fixture: of the project's own functions, or of pytest.fixture(). */
static bool
may_make_fixture(struct resolve_work *work, const struct object *object)
{
    const struct value *value = object->value;

    if (value->kind == VALUE_UNKNOWN) {
        return true;
    }
    if (value->kind != VALUE_CALL) {
        return false;
    }
    struct object callee =
        object_find_dotted(work, object->context, blob_text(context_base(&object->context), value->text));
    if (callee.kind == OBJECT_KNOWN) {
        return text_begins(callee.text, "pytest.") || text_begins(callee.text, "pytest_asyncio.");
    }
    return callee.kind != OBJECT_CLASS;
}

static int
compare_names(const void *left, const void *right)
{
    const struct scope_name *a = *(const struct scope_name *const *)left;
    const struct scope_name *b = *(const struct scope_name *const *)right;
    uint32_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->name, b->name, shorter);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* Whether a name can be a fixture at all, as far as its binding tells. */
static bool
is_candidate(const struct scope_name *name)
{
    switch ((enum binding_kind)name->binding->kind) {
    case BINDING_FUNCTION:
        return binding_function(name->scope, name->binding)->details != 0;
    case BINDING_CLASS:
        return false;
    default:
        return true;
    }
}

void
fixture_level_read(struct resolve_work *work, const struct scope_names *names, bool is_class,
                   struct fixture_level *level)
{
    const struct scope_name **sorted = arena_alloc(work->arena, (names->count + 1) * sizeof *sorted);
    size_t count = 0;

    for (uint32_t i = 0; i < names->count; i++) {
        if (is_candidate(&names->items[i])) {
            sorted[count++] = &names->items[i];
        }
    }
    if (count > 1) {
        qsort(sorted, count, sizeof *sorted, compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        const struct scope_name *name = sorted[i];
        bool is_function = name->binding->kind == BINDING_FUNCTION;
        struct object object =
            is_function ? object_of_binding(work, name->scope, name->binding) : object_of_entry(work, name);
        read_earlier(work, name, is_class, level);
        if (name->reason && !is_function) {
            level_add_unknown(work, level, name->name, work_format(work, "%s %s", name->name, name->reason));
        } else if (object.kind == OBJECT_FUNCTION) {
            read_function(work, name, &object, is_class, level);
        } else if (object.kind == OBJECT_UNKNOWN || object.kind == OBJECT_MISSING ||
                   (object.kind == OBJECT_VALUE && may_make_fixture(work, &object))) {
            level_add_unknown(work, level, name->name, object.text);
        }
    }
}

/* ---- Finding ---- */

size_t
fixture_find(const struct fixture_level *level, const char *name, struct fixture **found_out, size_t max)
{
    size_t length = strlen(name);
    size_t count = 0;

    for (; level; level = level->outer) {
        for (size_t i = level->count; i-- > 0;) {
            struct fixture *fixture = level->items[i];
            if (count < max && fixture->length == length && memcmp(fixture->name, name, length) == 0) {
                found_out[count++] = fixture;
            }
        }
    }
    return count;
}

/* Why what a level binds to the name is not known; NULL: nothing is unclear. */
static const char *
find_unknown(const struct fixture_level *level, const char *name)
{
    for (; level; level = level->outer) {
        for (size_t i = 0; i < level->unknown_count; i++) {
            if (strcmp(level->unknown_names[i], name) == 0) {
                return level->unknown_reasons[i];
            }
        }
    }
    return NULL;
}

/* ---- The closure ---- */

/* Lists of names are searched one by one, and fixtures followed by recursion: no test that a person wrote has more. */
enum { MOST_NAMES = 250 };

static bool
name_list_has(const struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == name || strcmp(list->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void
name_list_add(struct arena *arena, struct name_list *list, const char *name)
{
    if (list->count <= MOST_NAMES && !name_list_has(list, name)) {
        list->items = arena_grow(arena, list->items, list->count, sizeof(char *));
        list->items[list->count++] = name;
    }
}

enum { MAX_OVERRIDES = 16 };

/* A name of the closure while it is made. */
struct closure_entry {
    const char *name;
    struct fixture *fixtures[MAX_OVERRIDES]; /* the closest first */
    size_t count;
    size_t next; /* which of them is asked next: fixtures[next]; where a fixture asks for the one it overrides */
    bool is_active;
};

struct traversal {
    struct resolve_work *work;
    const struct fixture_level *level;
    const struct name_list *ignored;
    struct closure_entry **entries;
    size_t count;
    const char *reason;
};

static void traverse(struct traversal *traversal, const char *name);

static struct closure_entry *
traversal_add(struct traversal *traversal, const char *name)
{
    struct resolve_work *work = traversal->work;
    struct closure_entry *entry = arena_alloc(work->arena, sizeof *entry);

    entry->name = name;
    entry->count = 0;
    entry->next = 0;
    traversal->entries = arena_grow(work->arena, traversal->entries, traversal->count, sizeof(struct closure_entry *));
    traversal->entries[traversal->count++] = entry;
    if (name_list_has(traversal->ignored, name)) {
        return entry;
    }
    const char *unknown = find_unknown(traversal->level, name);
    if (unknown && !traversal->reason) {
        traversal->reason = work_format(work, "uses the fixture %s: %s", name, unknown);
    }
    entry->count = fixture_find(traversal->level, name, entry->fixtures, MAX_OVERRIDES);
    const struct python_path *path = work->resolver->python_path;
    if (!entry->count && !work->resolver->plugins && path->plugin_count && strcmp(name, "request") != 0 &&
        !traversal->reason) {
        traversal->reason =
            work_format(work, "uses the fixture %s, which the plugin %s may bring", name, path->plugins[0].name);
    }
    return entry;
}

static void
traverse(struct traversal *traversal, const char *name)
{
    struct closure_entry *entry = NULL;

    for (size_t i = 0; i < traversal->count; i++) {
        if (strcmp(traversal->entries[i]->name, name) == 0) {
            entry = traversal->entries[i];
            break;
        }
    }
    if (entry && entry->next == 0) {
        return;
    }
    if (!entry && traversal->count >= MOST_NAMES) {
        traversal->reason = "it uses more than 250 fixtures";
        return;
    }
    if (!entry) {
        entry = traversal_add(traversal, name);
    }
    size_t index = entry->next;
    if (index >= entry->count) {
        return;
    }
    struct fixture *fixture = entry->fixtures[index];
    if (fixture->reason && !traversal->reason) {
        traversal->reason = work_format(traversal->work, "uses the fixture %s: %s", name, fixture->reason);
    }
    entry->next = index + 1;
    for (size_t i = 0; i < fixture->argument_count; i++) {
        traverse(traversal, fixture->arguments[i]);
    }
    entry->next = index;
}

void
closure_make(struct resolve_work *work, const struct fixture_level *level, const struct name_list *initial,
             const struct name_list *ignored, struct closure *closure_out)
{
    struct traversal traversal = {.work = work, .level = level, .ignored = ignored};
    size_t count = 0;

    for (size_t i = 0; i < initial->count; i++) {
        traverse(&traversal, initial->items[i]);
    }
    *closure_out = (struct closure){.reason = traversal.reason};
    closure_out->names = arena_alloc(work->arena, (traversal.count + 1) * sizeof(char *));
    for (int scope = FIXTURE_SESSION_SCOPE; scope >= FIXTURE_FUNCTION_SCOPE; scope--) {
        for (size_t i = 0; i < traversal.count; i++) {
            const struct closure_entry *entry = traversal.entries[i];
            int own = entry->count ? (int)entry->fixtures[0]->scope : FIXTURE_FUNCTION_SCOPE;
            if (own == scope) {
                closure_out->names[count++] = entry->name;
            }
        }
    }
    closure_out->count = count;
}

void
autouse_names(struct resolve_work *work, const struct fixture_level *level, struct name_list *names)
{
    if (!level) {
        return;
    }
    autouse_names(work, level->outer, names);
    for (size_t i = 0; level->has_autouse && i < level->count; i++) {
        if (level->items[i]->is_autouse) {
            name_list_add(work->arena, names, level->items[i]->name);
        }
    }
}
