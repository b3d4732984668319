/* The parametrizations of a function, by fixtures and by marks, and the tests that they multiply into. */
#include "discover/id_values.h"

/* One parametrize mark, taken apart. */
struct request {
    struct context context;
    const char **names;
    size_t name_count;
    bool *is_indirect;
    bool is_all_indirect;
    bool is_tuple; /* one name: each item is one value */
    const struct value *values, *ids;
    int scope; /* enum fixture_scope; -1: not given */
};

struct multiplier {
    struct resolve_work *work;
    struct collected *collected;
    const struct fixture_level *level;
    struct request *requests;
    size_t request_count;
    const char *reason;
    bool is_fatal; /* pytest gives up on the whole file */
};

static bool
fail(struct multiplier *multiplier, bool is_fatal, const char *reason)
{
    if (!multiplier->reason) {
        multiplier->reason = reason;
    }
    multiplier->is_fatal = multiplier->is_fatal || is_fatal;
    return false;
}

/* ---- Reading marks ---- */

static void
add_name(struct multiplier *multiplier, struct request *request, const char *name, size_t length)
{
    struct arena *arena = multiplier->work->arena;

    while (length && (*name == ' ' || *name == '\t' || *name == '\n')) {
        name++;
        length--;
    }
    while (length && (name[length - 1] == ' ' || name[length - 1] == '\t' || name[length - 1] == '\n')) {
        length--;
    }
    if (length) {
        request->names = arena_grow(arena, request->names, request->name_count, sizeof(char *));
        request->names[request->name_count++] = arena_copy_bytes(arena, name, length);
    }
}

static bool
read_names(struct multiplier *multiplier, struct request *request, const struct value *value)
{
    struct object object = object_of_value(multiplier->work, request->context, value);
    const void *base;

    if (object.kind != OBJECT_VALUE) {
        return fail(multiplier, false, "parametrized with names that are computed");
    }
    base = context_base(&object.context);
    if (object.value->kind == VALUE_STRING) {
        const char *text = blob_text(base, object.value->text);
        const char *last = text + strlen(text);
        for (const char *at = text; at < last;) {
            size_t length = strcspn(at, ",");
            add_name(multiplier, request, at, length);
            at += length + 1;
        }
        while (last > text && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\n')) {
            last--;
        }
        request->is_tuple = request->name_count == 1 && last > text && last[-1] != ',';
        return true;
    }
    if (object.value->kind != VALUE_LIST && object.value->kind != VALUE_TUPLE) {
        return fail(multiplier, false, "parametrized with names that are computed");
    }
    for (uint32_t i = 0; i < object.value->items.count; i++) {
        const char *name = value_string(multiplier->work, object.context, value_item(base, object.value, i), NULL);
        if (!name) {
            return fail(multiplier, false, "parametrized with names that are computed");
        }
        request->names = arena_grow(multiplier->work->arena, request->names, request->name_count, sizeof(char *));
        request->names[request->name_count++] = name;
    }
    return true;
}

static bool
read_indirect(struct multiplier *multiplier, struct request *request, const struct value *value)
{
    struct object object = {.kind = OBJECT_MISSING};
    size_t named = 0;

    request->is_indirect = arena_alloc_zeroed(multiplier->work->arena, request->name_count + 1);
    if (!value) {
        return true;
    }
    object = object_of_value(multiplier->work, request->context, value);
    enum value_kind kind = object.kind == OBJECT_VALUE ? (enum value_kind)object.value->kind : VALUE_UNKNOWN;
    if (kind == VALUE_TRUE || kind == VALUE_FALSE) {
        memset(request->is_indirect, kind == VALUE_TRUE, request->name_count);
        request->is_all_indirect = kind == VALUE_TRUE;
        return true;
    }
    if (kind != VALUE_LIST && kind != VALUE_TUPLE) {
        return fail(multiplier, false, "parametrized indirectly in a way that is computed");
    }
    for (uint32_t i = 0; i < object.value->items.count; i++) {
        const struct value *item = value_item(context_base(&object.context), object.value, i);
        const char *name = value_string(multiplier->work, object.context, item, NULL);
        size_t k = 0;
        while (name && k < request->name_count && strcmp(request->names[k], name) != 0) {
            k++;
        }
        if (!name || k == request->name_count) {
            return fail(multiplier, true, "parametrized indirectly for a name that it does not have");
        }
        request->is_indirect[k] = true;
        named++;
    }
    request->is_all_indirect = named == request->name_count;
    return true;
}

static bool
read_scope(struct multiplier *multiplier, struct request *request, const struct value *value)
{
    static const char *const WORDS[] = {"function", "class", "module", "package", "session"};
    const char *word;

    request->scope = -1;
    if (!value || value->kind == VALUE_NONE) {
        return true;
    }
    word = value_string(multiplier->work, request->context, value, NULL);
    for (size_t i = 0; word && i < COUNT_OF(WORDS); i++) {
        if (strcmp(word, WORDS[i]) == 0) {
            request->scope = (int)i;
            return true;
        }
    }
    return fail(multiplier, false, "parametrized with a scope that is not known");
}

static bool
read_request(struct multiplier *multiplier, const struct mark *mark, struct request *request)
{
    static const char *const KEYWORDS[] = {"argnames", "argvalues", "indirect", "ids", "scope"};
    const struct value *call = mark->call;
    const void *base = context_base(&mark->context);

    *request = (struct request){.context = mark->context};
    if (!call || call->items.count > 2) {
        return fail(multiplier, true, "parametrized with arguments that pytest refuses");
    }
    const struct value_keyword *keywords = blob_at(base, call->keywords.first);
    for (uint32_t i = 0; i < call->keywords.count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < COUNT_OF(KEYWORDS); k++) {
            is_known = is_known || (keywords[i].name && strcmp(blob_text(base, keywords[i].name), KEYWORDS[k]) == 0);
        }
        if (!is_known) {
            return fail(multiplier, false, "parametrized with arguments that are computed");
        }
    }
    const struct value *names =
        call->items.count > 0 ? value_item(base, call, 0) : value_keyword(base, call, "argnames");
    request->values = call->items.count > 1 ? value_item(base, call, 1) : value_keyword(base, call, "argvalues");
    request->ids = value_keyword(base, call, "ids");
    if (!names || !request->values) {
        return fail(multiplier, true, "parametrized with arguments that pytest refuses");
    }
    return read_names(multiplier, request, names) &&
           read_indirect(multiplier, request, value_keyword(base, call, "indirect")) &&
           read_scope(multiplier, request, value_keyword(base, call, "scope"));
}

/* ---- Adding parametrizations ---- */

static struct parametrization *
add_parametrization(struct multiplier *multiplier)
{
    struct collected *collected = multiplier->collected;

    collected->parametrizations = arena_grow(multiplier->work->arena, collected->parametrizations,
                                             collected->parametrization_count, sizeof *collected->parametrizations);
    return memset(&collected->parametrizations[collected->parametrization_count++], 0,
                  sizeof *collected->parametrizations);
}

static bool
closure_has(const struct closure *closure, const char *name)
{
    for (size_t i = 0; i < closure->count; i++) {
        if (strcmp(closure->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_parametrized_already(const struct collected *collected, const char *name)
{
    for (size_t i = 0; i + 1 < collected->parametrization_count; i++) {
        for (size_t k = 0; k < collected->parametrizations[i].name_count; k++) {
            if (strcmp(collected->parametrizations[i].names[k], name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The narrowest scope of the fixtures that all of the names stand for. */
static enum fixture_scope
infer_scope(struct multiplier *multiplier, const struct request *request)
{
    int scope = -1;

    if (!request->is_all_indirect) {
        return FIXTURE_FUNCTION_SCOPE;
    }
    for (size_t i = 0; i < request->name_count; i++) {
        struct fixture *fixture;
        if (fixture_find(multiplier->level, request->names[i], &fixture, 1)) {
            if (fixture->scope_reason) {
                fail(multiplier, false,
                     work_format(multiplier->work, "uses the fixture %s: %s", fixture->name, fixture->scope_reason));
            }
            scope = scope < 0 || (int)fixture->scope < scope ? (int)fixture->scope : scope;
        }
    }
    return scope < 0 ? FIXTURE_FUNCTION_SCOPE : (enum fixture_scope)scope;
}

static const char UNCLEAR_USE[] = "";

static void
note_use(struct resolve_work *work, const struct request *request, const void *user)
{
    const struct value **key = arena_alloc(work->arena, sizeof request->values);

    *key = request->values;
    table_set(&work->used_marks, (const char *)key, sizeof request->values, (void *)(uintptr_t)user);
}

/*
 * A mark that says `ids` remembers what it made of them: the next function with this mark is given these as its ids,
 * which escapes them once more.
 */
static const char *
escape_again(struct resolve_work *work, const struct request *request, struct parametrization *made)
{
    const void *user = table_find(&work->used_marks, (const char *)&request->values, sizeof request->values);
    bool is_used = user != NULL;
    bool is_unclear = user == UNCLEAR_USE || request->context.scope->module != work->module;

    note_use(work, request, work);
    for (size_t i = 0; i < made->set_count; i++) {
        struct param_set *set = &made->sets[i];
        struct text text = {0};
        if (set->is_hidden) {
            continue;
        }
        if (is_unclear && (strchr(set->id, '\\') || strcmp(set->id, made->plain_ids[i]) != 0)) {
            return "parametrized by a mark with ids that depend on who has it first";
        }
        if (is_used && set->has_own_id) {
            set->id = made->plain_ids[i];
        } else if (is_used) {
            id_add_string(work, set->id, strlen(set->id), &text);
            set->id = arena_copy_bytes(work->arena, text_string(&text), text.length);
            text_release(&text);
        }
    }
    return is_used ? ids_make_unique(work, made) : NULL;
}

static bool
apply_request(struct multiplier *multiplier, const struct request *request)
{
    struct resolve_work *work = multiplier->work;
    struct collected *collected = multiplier->collected;
    struct parametrization *made = add_parametrization(multiplier);

    made->names = request->names;
    made->name_count = request->name_count;
    made->is_indirect = request->is_indirect;
    made->scope = request->scope >= 0 ? (enum fixture_scope)request->scope : infer_scope(multiplier, request);
    for (size_t i = 0; i < request->name_count; i++) {
        if (strcmp(request->names[i], "request") == 0 || !closure_has(&collected->closure, request->names[i])) {
            return fail(multiplier, true,
                        work_format(work, "parametrized for %s, which it does not take", request->names[i]));
        }
        if (is_parametrized_already(collected, request->names[i])) {
            return fail(multiplier, true, work_format(work, "parametrized twice for %s", request->names[i]));
        }
    }
    const char *reason =
        param_sets_read(work, request->context, request->values, request->ids, request->is_tuple, made);
    if (!reason && request->ids) {
        reason = escape_again(work, request, made);
    }
    return !reason || fail(multiplier, made->is_refused, reason);
}

static bool
is_requested(const struct multiplier *multiplier, const char *name)
{
    for (size_t i = 0; i < multiplier->request_count; i++) {
        for (size_t k = 0; k < multiplier->requests[i].name_count; k++) {
            if (strcmp(multiplier->requests[i].names[k], name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* What pytest showed for a recorded fixture's parameters. */
static void
use_known_ids(struct multiplier *multiplier, const struct fixture *fixture, struct parametrization *made)
{
    made->set_count = fixture->known_id_count;
    made->sets = arena_alloc_zeroed(multiplier->work->arena, (made->set_count + 1) * sizeof *made->sets);
    made->plain_ids = fixture->known_ids;
    for (size_t i = 0; i < made->set_count; i++) {
        made->sets[i].id = fixture->known_ids[i];
        made->sets[i].is_recorded = true;
    }
}

static bool
apply_fixture(struct multiplier *multiplier, const struct fixture *fixture, const char *name)
{
    struct resolve_work *work = multiplier->work;
    const struct parametrization *kept = table_find(&work->made, (const char *)&fixture, sizeof fixture);
    struct parametrization *made = add_parametrization(multiplier);
    const char *reason = NULL;

    if (fixture->scope_reason) {
        return fail(multiplier, false, work_format(work, "uses the fixture %s: %s", name, fixture->scope_reason));
    }
    if (kept) {
        *made = *kept;
        return true;
    }
    made->names = arena_alloc(work->arena, sizeof(char *));
    made->names[0] = name;
    made->name_count = 1;
    made->fixture = name;
    made->scope = fixture->scope;
    made->is_indirect = arena_alloc(work->arena, sizeof(bool));
    made->is_indirect[0] = true;
    if (fixture->known_ids) {
        use_known_ids(multiplier, fixture, made);
    } else if (!fixture->params) {
        reason = "its parameters are not known";
    } else {
        reason = param_sets_read(work, fixture->context, fixture->params, fixture->ids, true, made);
    }
    if (reason) {
        return fail(multiplier, made->is_refused, work_format(work, "uses the fixture %s, %s", name, reason));
    }
    const struct fixture **key = arena_alloc(work->arena, sizeof fixture);
    struct parametrization *copy = arena_alloc(work->arena, sizeof *copy);
    *key = fixture;
    *copy = *made;
    table_set(&work->made, (const char *)key, sizeof fixture, copy);
    return true;
}

/* Parametrized fixtures in the closure; those that marks parametrize aside. */
static bool
apply_fixtures(struct multiplier *multiplier)
{
    const struct closure *closure = &multiplier->collected->closure;
    bool has_params = false;

    for (const struct fixture_level *level = multiplier->level; level; level = level->outer) {
        has_params = has_params || level->has_params;
    }
    for (size_t i = 0; has_params && i < closure->count; i++) {
        struct fixture *fixtures[16];
        const char *name = closure->names[i];
        size_t count = is_requested(multiplier, name) ? 0 : fixture_find(multiplier->level, name, fixtures, 16);
        for (size_t k = 0; k < count; k++) {
            bool asks_for_outer = false;
            if (fixtures[k]->has_params) {
                if (!apply_fixture(multiplier, fixtures[k], name)) {
                    return false;
                }
                break;
            }
            for (size_t a = 0; a < fixtures[k]->argument_count; a++) {
                asks_for_outer = asks_for_outer || strcmp(fixtures[k]->arguments[a], name) == 0;
            }
            if (!asks_for_outer) {
                break;
            }
        }
    }
    return true;
}

/* ---- Multiplying ---- */

static const char *
call_id(struct resolve_work *work, const struct collected *collected, const uint32_t *indexes)
{
    struct text text = {0};
    bool is_shown = false;

    for (size_t i = 0; i < collected->parametrization_count; i++) {
        const struct param_set *set = &collected->parametrizations[i].sets[indexes[i]];
        if (set->is_hidden) {
            continue;
        }
        if (is_shown) {
            text_add_char(&text, '-');
        }
        is_shown = true;
        text_add_string(&text, set->id);
    }
    const char *id = is_shown ? arena_copy_bytes(work->arena, text_string(&text), text.length) : NULL;
    text_release(&text);
    return id;
}

/* Ids are shown in brackets, or not: not both for one function. */
static void
check_hidden(struct collected *collected)
{
    size_t shown = 0;

    for (size_t i = 0; i < collected->call_count; i++) {
        shown += collected->calls[i].id != NULL;
    }
    if (shown < collected->call_count) {
        collected->reason = "one of its parameter sets has no id";
        collected->call_count = 0;
        collected->parametrization_count = 0;
    }
}

static void
multiply(struct resolve_work *work, struct collected *collected)
{
    size_t count = collected->parametrization_count;
    size_t total = 1;

    if (!count) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        total *= collected->parametrizations[i].set_count;
        if (total > 2000000) {
            collected->reason = "parametrized into more tests than can be told";
            return;
        }
    }
    collected->call_count = total;
    collected->calls = arena_alloc(work->arena, (total + 1) * sizeof *collected->calls);
    uint32_t *indexes = arena_alloc(work->arena, (total + 1) * count * sizeof *indexes);
    for (size_t n = 0; n < total; n++) {
        size_t rest = n;
        uint32_t *own = indexes + n * count;
        for (size_t i = count; i-- > 0;) {
            own[i] = (uint32_t)(rest % collected->parametrizations[i].set_count);
            rest /= collected->parametrizations[i].set_count;
        }
        collected->calls[n].set_indexes = own;
        collected->calls[n].id = count == 1 && !collected->parametrizations[0].sets[own[0]].is_hidden
                                     ? collected->parametrizations[0].sets[own[0]].id
                                     : call_id(work, collected, own);
    }
    check_hidden(collected);
}

static bool
read_marks(struct multiplier *multiplier, struct name_list *direct)
{
    const struct mark_list *marks = &multiplier->collected->marks;
    struct arena *arena = multiplier->work->arena;

    for (size_t i = 0; i < marks->count; i++) {
        if (!text_equals(marks->items[i].name, marks->items[i].length, "parametrize")) {
            continue;
        }
        multiplier->requests =
            arena_grow(arena, multiplier->requests, multiplier->request_count, sizeof *multiplier->requests);
        struct request *request = &multiplier->requests[multiplier->request_count++];
        if (!read_request(multiplier, &marks->items[i], request)) {
            return false;
        }
        for (size_t k = 0; k < request->name_count; k++) {
            if (!request->is_indirect[k]) {
                name_list_add(arena, direct, request->names[k]);
            }
        }
    }
    return true;
}

void
parametrize_function(struct resolve_work *work, struct collected *collected, const struct fixture_level *level,
                     const struct name_list *initial)
{
    struct multiplier multiplier = {.work = work, .collected = collected, .level = level};
    struct name_list direct = {0};

    if (!collected->marks.count && !initial->count) {
        return; /* of nothing there are no fixtures and no parameters */
    }
    bool is_good = read_marks(&multiplier, &direct);
    closure_make(work, level, initial, &direct, &collected->closure);
    is_good = is_good && (!collected->closure.reason || fail(&multiplier, false, collected->closure.reason));
    const bool is_readable = is_good;
    is_good = is_good && apply_fixtures(&multiplier);
    for (size_t i = 0; is_readable && i < multiplier.request_count; i++) {
        is_good = apply_request(&multiplier, &multiplier.requests[i]) && is_good; /* a later one may be refused */
    }
    if (is_good && !multiplier.reason) {
        multiply(work, collected);
        return;
    }
    collected->parametrization_count = 0;
    for (size_t i = 0; i < multiplier.request_count; i++) {
        if (multiplier.requests[i].ids) {
            note_use(work, &multiplier.requests[i], UNCLEAR_USE);
        }
    }
    if (!collected->reason) {
        collected->reason = multiplier.reason;
    }
    /* Bytes that are not escaped cannot be joined: pytest fails on them wherever they stand. */
    if (multiplier.is_fatal || !work->resolver->settings->escapes_non_ascii_ids) {
        work_fail(work, work_format(work, "%s is %s", collected->name, multiplier.reason));
    }
}
