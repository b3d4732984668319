/* A file's tests: what pytest would collect from its module, in its order, and what stands against knowing that. */
#include "discover/collecting.h"

#include "base/glob.h"

static bool
matches(const char *const *patterns, const char *name)
{
    for (; *patterns; patterns++) {
        size_t same = 0;
        while (name[same] && name[same] == (*patterns)[same]) {
            same++;
        }
        if (!(*patterns)[same] || (strpbrk(*patterns, "*?[") && glob_match(*patterns, name))) {
            return true;
        }
    }
    return false;
}

static bool
is_function_name(const struct collecting *collecting, const char *name)
{
    return matches(collecting->work->resolver->settings->python_functions, name);
}

bool
is_class_name(const struct collecting *collecting, const char *name)
{
    return matches(collecting->work->resolver->settings->python_classes, name);
}

/* ---- Marks and attributes of bodies ---- */

static void
add_marks_of_value(struct resolve_work *work, struct context context, const struct value *value, struct mark_list *list)
{
    struct mark mark;

    if (value->kind == VALUE_LIST) {
        for (uint32_t i = 0; i < value->items.count; i++) {
            add_marks_of_value(work, context, value_item(context_base(&context), value, i), list);
        }
        return;
    }
    const char *reason = mark_read(work, context, value, &mark);
    if (reason) {
        work_fail(work, work_format(work, "pytestmark is %s, which is not known", reason));
        return;
    }
    mark_list_add(work, list, &mark);
}

void
marks_of_scope(struct resolve_work *work, const struct scope *scope, struct mark_list *list)
{
    const struct binding *binding = scope_last(scope, "pytestmark", 10);
    struct context context = {scope, UINT32_MAX};

    if (!binding) {
        if (scope->star_count) {
            struct object object = object_find(work, context, "pytestmark", 10);
            if (object.kind != OBJECT_MISSING) {
                work_fail(work, "pytestmark comes from a star import");
            }
        }
        return;
    }
    if (binding->flags || scope_previous(scope, binding) || binding->kind != BINDING_VALUE ||
        scope_may_change(work, scope, "pytestmark")) {
        work_fail(work, "pytestmark is computed");
        return;
    }
    context.line = binding->line;
    const struct value *value = blob_at(scope->module->facts, binding->target);
    struct object object = object_of_value(work, context, value);
    if (object.kind == OBJECT_VALUE) {
        add_marks_of_value(work, object.context, object.value, list);
    } else {
        add_marks_of_value(work, context, value, list);
    }
}

const char *
attributes_read(struct resolve_work *work, const struct scope *scope, const char *name, uint32_t line,
                bool *is_no_test_out)
{
    const void *base = scope->module->facts;
    size_t length = strlen(name);
    const char *reason = NULL;

    for (uint32_t i = 0; scope->attribute_count && i < scope->count; i++) {
        const struct binding *binding = &scope->bindings[i];
        const char *target = blob_text(base, binding->name);
        if (binding->kind != BINDING_ATTRIBUTE || binding->line < line || strncmp(target, name, length) != 0 ||
            target[length] != '.') {
            continue;
        }
        const struct value *value = binding->target ? blob_at(base, binding->target) : NULL;
        bool is_certain = !(binding->flags & (BINDING_CONDITIONAL | BINDING_TYPE_CHECKING));
        if (is_certain && value && strcmp(target + length, ".__test__") == 0 && value->kind == VALUE_FALSE) {
            *is_no_test_out = true;
        } else if (strcmp(target + length, ".__doc__") != 0) {
            reason = work_format(work, "%s is assigned to", target);
        }
    }
    return reason;
}

/* ---- Functions ---- */

static void
collected_reserve(struct collecting *collecting, size_t more)
{
    struct collected_list *list = &collecting->found;

    list->capacity = list->count + more;
    struct collected *items = arena_alloc(collecting->work->arena, list->capacity * sizeof *items);
    if (list->count) {
        memcpy(items, list->items, list->count * sizeof *items);
    }
    list->items = items;
}

static struct collected *
collected_add(struct collecting *collecting)
{
    struct collected_list *list = &collecting->found;

    if (list->count == list->capacity) {
        collected_reserve(collecting, list->count);
    }
    list->items[list->count] = (struct collected){0};
    return &list->items[list->count++];
}

/* The names that a test asks for by its parameters. */
static void
add_arguments(struct resolve_work *work, const struct holder *holder, const struct function_state *state,
              unsigned mock_count, struct name_list *names)
{
    const void *base = context_base(&state->context);
    const struct parameter *parameters = blob_at(base, state->signature->parameters);
    uint32_t count = function_parameters(base, state->signature).count;
    unsigned skipped = holder->info && state->kind != FUNCTION_STATIC;

    for (uint32_t i = 0; i < count; i++) {
        if (parameters[i].kind == PARAMETER_POSITIONAL_ONLY) {
            skipped = 0;
        }
    }
    skipped += mock_count;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t kind = parameters[i].kind;
        if ((kind != PARAMETER_PLAIN && kind != PARAMETER_KEYWORD_ONLY) || parameters[i].has_default ||
            function_is_given(state, i)) {
            continue;
        }
        if (skipped) {
            skipped--;
            continue;
        }
        name_list_add(work->arena, names, blob_text(base, parameters[i].name));
    }
}

/* The names that usefixtures marks ask for. */
static void
add_used_fixtures(struct resolve_work *work, struct collected *collected, struct name_list *names)
{
    for (size_t i = 0; i < collected->marks.count; i++) {
        const struct mark *mark = &collected->marks.items[i];
        if (!mark->call || !text_equals(mark->name, mark->length, "usefixtures")) {
            continue;
        }
        for (uint32_t k = 0; k < mark->call->items.count; k++) {
            const struct value *item = value_item(context_base(&mark->context), mark->call, k);
            const char *name = value_string(work, mark->context, item, NULL);
            if (name) {
                name_list_add(work->arena, names, name);
            } else if (!collected->reason) {
                collected->reason = "it uses fixtures whose names are computed";
            }
        }
    }
}

static void
append_marks(struct resolve_work *work, struct mark_list *list, const struct mark_list *more)
{
    for (size_t i = 0; i < more->count; i++) {
        mark_list_add(work, list, &more->items[i]);
    }
}

void
holder_read_fixtures(struct resolve_work *work, const struct scope_names *names, struct holder *holder)
{
    const char *const *used = work->resolver->settings->use_fixtures;

    fixture_level_read(work, names, holder->info != NULL, &holder->level);
    for (; used && *used; used++) {
        name_list_add(work->arena, &holder->used, *used);
    }
    autouse_names(work, &holder->level, &holder->used);
}

void
collect_test(struct collecting *collecting, const struct holder *holder, const struct object *object,
             const struct function_state *state, const char *name, const char *reason)
{
    struct resolve_work *work = collecting->work;
    struct collected *collected = collected_add(collecting);
    struct name_list names = {0};
    unsigned mock_count = state->mock_count;

    collected->name = name;
    collected->classes = holder->path;
    collected->reason = reason ? reason : holder->reason ? holder->reason : state->reason;
    collected->function = object->function;
    collected->module = object->context.scope->module;
    collected->class_key = holder->info;
    collected->flags = object->function->flags & FUNCTION_ASYNC ? TEST_ASYNC : 0;
    collected->marks = state->marks;
    for (const struct holder *outer = holder; outer; outer = outer->outer) {
        append_marks(work, &collected->marks, &outer->marks);
    }
    for (size_t i = 0; i < holder->used.count; i++) {
        name_list_add(work->arena, &names, holder->used.items[i]);
    }
    add_used_fixtures(work, collected, &names);
    if (holder->is_unittest) {
        collected->flags |= TEST_UNITTEST;
        struct name_list ignored = {0};
        closure_make(work, &holder->level, &names, &ignored, &collected->closure);
        return;
    }
    if (holder->info && text_begins(name, "test")) {
        mock_count += object->context.scope->owner == holder->info->facts ? holder->info->mock_count : 0;
    }
    add_arguments(work, holder, state, mock_count, &names);
    parametrize_function(work, collected, &holder->level, &names);
    if (collected->reason && work->resolver->settings->has_strict_parametrization_ids) {
        work_fail(work, work_format(work, "%s may have the same id twice, which is an error here", name));
    }
    if (holder->info && holder->info->mro_count > 2 && !collected->reason) {
        for (size_t i = 1; i < holder->info->mro_count; i++) {
            if (holder->info->mro[i]->mock_count) {
                collected->reason = "a base is decorated by mock.patch()";
            }
        }
    }
}

static void
collect_function(struct collecting *collecting, const struct holder *holder, const struct scope_name *entry,
                 const struct object *object, bool is_named)
{
    struct resolve_work *work = collecting->work;
    bool is_no_test = false;
    struct function_state state;
    const char *reason = NULL;
    const char *own_name = blob_text(context_base(&object->context), object->function->name);

    bool is_other_name = own_name != entry->name && strcmp(own_name, entry->name) != 0;

    if (entry->scope->attribute_count) {
        reason = attributes_read(work, entry->scope, entry->name, entry->binding->line, &is_no_test);
    }
    if (is_other_name || object->context.scope != entry->scope) {
        bool is_own_no_test = false;
        const char *own =
            attributes_read(work, object->context.scope, own_name, object->function->line, &is_own_no_test);
        reason = reason ? reason : is_own_no_test ? "its __test__ is assigned to" : own;
    }
    if (!is_named) {
        if (reason && strstr(reason, ".__test__ ")) {
            work_note_more(work, reason);
        }
        return;
    }
    function_read(work, object, &state);
    if (((state.kind == FUNCTION_FIXTURE || state.kind == FUNCTION_NO_CALLABLE) && !state.reason) || is_no_test) {
        return;
    }
    if (state.is_generator && !state.reason && !reason) {
        work_fail(work, work_format(work, "%s is a generator, which pytest refuses", entry->name));
    }
    if (!reason && entry->reason) {
        reason = work_format(work, "it %s", entry->reason);
    }
    if (!reason && !holder->info && (state.kind == FUNCTION_STATIC || state.kind == FUNCTION_CLASS) &&
        state.marks.count) {
        reason = "a static or class method outside of classes does not show its marks";
    }
    collect_test(collecting, holder, object, &state, entry->name, reason);
}

/* ---- Whatever a name is bound to ---- */

void
collect_entry(struct collecting *collecting, const struct holder *holder, const struct scope_name *entry)
{
    struct resolve_work *work = collecting->work;
    bool is_definition = entry->binding->kind == BINDING_FUNCTION || entry->binding->kind == BINDING_CLASS;
    bool is_named = is_function_name(collecting, entry->name);

    if (entry->binding->kind == BINDING_FUNCTION && !entry->scope->attribute_count && !is_named) {
        return;
    }
    struct object object = entry->reason && is_definition ? object_of_binding(work, entry->scope, entry->binding)
                                                          : object_of_entry(work, entry);
    bool is_imported = !holder->info && (object.kind == OBJECT_FUNCTION || object.kind == OBJECT_CLASS) &&
                       object.context.scope->module != work->module;
    if (is_imported && !work->resolver->settings->collects_imported_tests) {
        return;
    }
    if (object.kind == OBJECT_FUNCTION) {
        collect_function(collecting, holder, entry, &object, is_named);
        return;
    }
    if (object.kind == OBJECT_CLASS) {
        collect_class(collecting, holder, entry, &object);
        return;
    }
    if (object.kind == OBJECT_MISSING && !entry->reason && !entry->binding->flags) {
        work_fail(work, work_format(work, "%s is bound to %s", entry->name, object.text));
    }
    is_named = is_named || is_class_name(collecting, entry->name);
    bool is_plain = object.kind == OBJECT_MODULE ||
                    (object.kind == OBJECT_VALUE && object.value->kind != VALUE_UNKNOWN &&
                     object.value->kind != VALUE_CALL && object.value->kind != VALUE_LAMBDA) ||
                    (object.kind == OBJECT_KNOWN &&
                     (text_begins(object.text, "unittest.Test") || text_begins(object.text, "pytest.Test")));
    if (is_named && !is_plain && work->resolver->settings->has_error_filters) {
        work_fail(work, work_format(work, "%s may give a warning, which may be an error", entry->name));
    }
    if (is_named && !is_plain) {
        work_note_more(work, work_format(work, "%s may be a test: %s", entry->name,
                                         object.text ? object.text : "its value is computed"));
    } else if (is_named && object.kind == OBJECT_KNOWN && work->resolver->settings->has_error_filters) {
        work_fail(work, work_format(work, "%s gives a warning, which may be an error", entry->name));
    }
}

/* ---- The module ---- */

/* Whether __test__ says that there are no tests: 1, 0, -1 not known. */
int
has_no_tests(struct resolve_work *work, const struct object *object)
{
    if (object->kind == OBJECT_MISSING) {
        return 0;
    }
    if (object->kind != OBJECT_VALUE) {
        return -1;
    }
    (void)work;
    switch ((enum value_kind)object->value->kind) {
    case VALUE_FALSE:
    case VALUE_NONE:
        return 1;
    case VALUE_TRUE:
        return 0;
    default:
        return -1;
    }
}

/* Attributes of what nothing binds cannot be assigned to. */
static void
check_attributes(struct resolve_work *work, const struct scope *scope)
{
    const void *base = scope->module->facts;

    for (uint32_t i = 0; scope->attribute_count && i < scope->count; i++) {
        const struct binding *binding = &scope->bindings[i];
        const char *name = blob_text(base, binding->name);
        if (binding->kind == BINDING_ATTRIBUTE && !binding->flags) {
            struct object object = object_find(work, (struct context){scope, binding->line}, name, strcspn(name, "."));
            if (object.kind == OBJECT_MISSING) {
                work_fail(work, work_format(work, "it assigns to an attribute of %s", object.text));
            }
        }
    }
}

/* Whether all that pytest_plugins names is pytest's own. */
static bool
loads_own_plugins(struct resolve_work *work, const struct scope_name *entry)
{
    struct object object = object_of_entry(work, entry);

    if (object.kind != OBJECT_VALUE) {
        return false;
    }
    const void *base = context_base(&object.context);
    if (object.value->kind == VALUE_STRING) {
        return strcmp(blob_text(base, object.value->text), "pytester") == 0;
    }
    for (uint32_t i = 0; i < object.value->items.count; i++) {
        const struct value *item = value_item(base, object.value, i);
        if (item->kind != VALUE_STRING || strcmp(blob_text(base, item->text), "pytester") != 0) {
            return false;
        }
    }
    return object.value->kind == VALUE_LIST || object.value->kind == VALUE_TUPLE;
}

static void
collect_module(struct collecting *collecting, const struct fixture_level *outer)
{
    struct resolve_work *work = collecting->work;
    const struct scope *scope = &work->module->scope;
    struct scope_names names = scope_names_of(work, scope);
    struct holder holder = {.level = {.outer = outer}};
    static const char *const SPECIAL[] = {"pytest_generate_tests", "pytest_plugins", "__getattr__"};

    for (uint32_t i = 0; i < names.count; i++) {
        if (names.items[i].name[0] != 'p' && names.items[i].name[0] != '_') {
            continue;
        }
        for (size_t k = 0; k < COUNT_OF(SPECIAL); k++) {
            if (strcmp(names.items[i].name, SPECIAL[k]) == 0 && !(k == 1 && loads_own_plugins(work, &names.items[i]))) {
                work_fail(work, work_format(work, "it has %s", SPECIAL[k]));
                work->loads_plugins = work->loads_plugins || k == 1;
            }
        }
        if (strcmp(names.items[i].name, "__test__") == 0) {
            struct object object = object_of_entry(work, &names.items[i]);
            int has_none = has_no_tests(work, &object);
            if (has_none > 0) {
                return;
            }
            if (has_none < 0) {
                work_fail(work, "its __test__ is computed");
            }
        }
    }
    check_attributes(work, scope);
    marks_of_scope(work, scope, &holder.marks);
    holder_read_fixtures(work, &names, &holder);
    collected_reserve(collecting, names.count + 1);
    for (uint32_t i = 0; i < names.count; i++) {
        collect_entry(collecting, &holder, &names.items[i]);
    }
}

/* ---- The file ---- */

static void
add_conftest(struct resolve_work *work, const struct conftest *conftest, bool *allowed_roots)
{
    if (conftest->reason) {
        work_fail(work, conftest->reason);
    }
    if (conftest->root) {
        allowed_roots[conftest->root - 1] = true;
    }
    work_use(work, conftest->module);
    work->changes_lists = work->changes_lists || module_changes_lists(work, conftest->module);
    for (size_t i = 0; i < conftest->source_count; i++) {
        work_use_source(work, conftest->sources[i]);
    }
    work_use_missing(work, conftest->missing, conftest->missing_count);
    for (size_t i = 0; i < work->shared->root_count; i++) {
        work->used_roots[i] = work->used_roots[i] || conftest->used_roots[i];
    }
}

/* What stands around the file: conftests, packages, its name. Returns the fixtures that it sees. */
static const struct fixture_level *
look_around(struct resolve_work *work, const struct source *source, bool *allowed_roots)
{
    const struct resolver *resolver = work->resolver;
    const struct fixture_level *level = NULL;

    for (const struct source_folder *folder = source->folder; folder; folder = folder->parent) {
        const struct conftest *conftest = folder->conftest ? conftest_of(work->shared, folder->conftest) : NULL;
        if (conftest) {
            add_conftest(work, conftest, allowed_roots);
            level = level ? level : &conftest->level;
        }
    }
    for (const struct conftest *plugin = work->shared->plugins; plugin; plugin = plugin->next) {
        add_conftest(work, plugin, allowed_roots);
    }
    for (size_t i = 0; i < work->shared->ini_root_count; i++) {
        allowed_roots[i] = true;
    }
    if (resolver->settings->import_mode != IMPORT_MODE_IMPORTLIB) {
        const char *root = source_root(resolver, source, work->arena);
        unsigned number = root_number(work->shared, root);
        const char *slash = strrchr(source->path, '/');
        const char *dot = strchr(slash ? slash : source->path, '.');
        if (number) {
            allowed_roots[number - 1] = true;
        }
        if (source_name_clashes(resolver, source, root)) {
            work_fail(work, "a file of another folder is imported under the same name");
        }
        if (dot && strcmp(dot, ".py") != 0) {
            work_fail(work, "its name has a dot, and is no module's");
        }
    }
    module_check_packages(work, source);
    return level ? level : work->shared->plugin_level;
}

static void
check_roots(struct resolve_work *work, const bool *allowed_roots)
{
    for (size_t i = 0; i < work->shared->root_count; i++) {
        if (work->used_roots[i] && !allowed_roots[i]) {
            work_fail(work, work_format(work, "it imports from %s, which only other tests put on sys.path",
                                        work->shared->roots[i]));
        }
    }
}

static void
read_file(struct collecting *collecting, struct source *source)
{
    struct resolve_work *work = collecting->work;
    const struct facts *facts = work->module->facts;
    bool *allowed_roots = arena_alloc_zeroed(work->arena, work->shared->root_count + 1);
    const struct fixture_level *level = look_around(work, source, allowed_roots);

    if (facts->scope_flags & SCOPE_TOUCHES_NAMESPACE) {
        work_fail(work, "it changes its own names");
    }
    if (facts->scope_flags & SCOPE_SKIPS) {
        work_fail(work, "it may raise, or skip itself");
    }
    module_check_imports(work, work->module);
    module_check_body(work, work->module, "it");
    const char *reason = module_definitions_reason(work, work->module);
    if (reason) {
        work_fail(work, work_format(work, "it %s", reason));
    }
    collect_module(collecting, level);
    work->keeps_to_itself = module_keeps_to_itself(work, work->module);
    work->changes_lists = work->changes_lists || (!work->keeps_to_itself && module_changes_lists(work, work->module));
    check_roots(work, allowed_roots);
}

void
resolve_file(const struct resolver *resolver, struct source *source, struct arena *arena, struct blob *found_out,
             struct dependencies *dependencies_out)
{
    struct resolve_shared *shared = resolver->shared;
    struct module module = {.source = source};
    struct resolve_work work = {.resolver = resolver, .shared = shared, .arena = arena, .module = &module};
    struct collecting collecting = {.work = &work};
    struct test_order order = {0};

    module.facts = source_facts(resolver->library, source);
    work.used_roots = arena_alloc_zeroed(arena, shared->root_count + 1);
    if (!source->failure && !module.facts->error_line) {
        scope_make(&module.scope, &module, NULL, arena);
        read_file(&collecting, source);
        reorder_tests(&work, &collecting.found, &order);
    }
    found_write(&work, &collecting.found, &order, found_out);
    const char **missing = arena_alloc(arena, (work.missing_count + 1) * sizeof *missing);
    for (size_t i = 0; i < work.missing_count; i++) {
        missing[i] = work.missing[i]->path;
    }
    *dependencies_out =
        (struct dependencies){work.sources, work.source_count, missing, work.missing_count, work.is_unproven};
    work_release(&work);
}
