/* Whether importing a module of the project works: everything that it imports is there, and nothing may raise. */
#include "discover/resolve.h"

struct checker {
    struct resolve_work *work;
    struct module *module;
    struct module **modules;
    size_t module_count;
    const char *reason;
    const char *missing_in_try; /* an import in a try that was not found */
};

static void
checker_add(struct checker *checker, struct module *module)
{
    if (module->is_outside || module == checker->module) {
        return;
    }
    checker->modules =
        arena_grow(checker->work->arena, checker->modules, checker->module_count, sizeof(struct module *));
    checker->modules[checker->module_count++] = module;
}

static void
checker_fail(struct checker *checker, const char *reason)
{
    if (!checker->reason) {
        checker->reason = reason;
    }
}

/* The binding that an import of the module's body makes; NULL: it stands in a class. */
static const struct binding *
binding_of_import(const struct module *module, const struct import_facts *import)
{
    blob_offset offset = (blob_offset)((const char *)import - (const char *)module->facts);

    for (uint32_t i = 0; i < module->scope.count; i++) {
        const struct binding *binding = &module->scope.bindings[i];
        if ((binding->kind == BINDING_IMPORT || binding->kind == BINDING_STAR) && binding->target == offset) {
            return binding;
        }
    }
    return NULL;
}

/* Whether `from MODULE import NAME` finds it. */
static bool
module_has_name(struct checker *checker, const struct place *place, const char *name, size_t length)
{
    struct module *module = place->kind == PLACE_SOURCE ? module_of(checker->work, place->source) : NULL;

    if (module) {
        const struct scope *scope = &module->scope;
        work_use(checker->work, module);
        const struct binding *last = module->facts->error_line ? NULL : scope_last(scope, name, length);
        if (last && last->kind == BINDING_DELETED && !(last->flags & BINDING_IN_EXCEPT) && !module->is_outside) {
            return false; /* also where only a condition does it */
        }
        if (module->facts->error_line || scope->star_count || (module->facts->scope_flags & SCOPE_TOUCHES_NAMESPACE) ||
            scope_last(scope, "__getattr__", 11)) {
            return true;
        }
        for (const struct binding *binding = scope_last(scope, name, length); binding;
             binding = scope_previous(scope, binding)) {
            bool is_never = (binding->flags & BINDING_TYPE_CHECKING) ||
                            (binding->condition && condition_holds(checker->work, module->facts,
                                                                   blob_at(module->facts, binding->condition)) == 0);
            if (!is_never) {
                return true;
            }
        }
        if (text_equals(name, length, "__name__") || text_equals(name, length, "__file__") ||
            text_equals(name, length, "__doc__") || text_equals(name, length, "__path__")) {
            return true;
        }
    }
    struct place below = module_find_below(checker->work, place, name, length);
    if (below.kind == PLACE_SOURCE) {
        checker_add(checker, module_of(checker->work, below.source));
    }
    return below.kind != PLACE_NONE;
}

/* Adds the packages that importing a.b.c imports, and the module. */
static struct place
check_dotted(struct checker *checker, const struct import_facts *import)
{
    struct resolve_work *work = checker->work;
    const char *dotted = blob_text(checker->module->facts, import->module);
    size_t length = blob_text_length(checker->module->facts, import->module);
    struct place place = {.kind = PLACE_NONE};

    if (import->level) {
        place = module_find_import(work, checker->module, import);
        if (place.kind == PLACE_SOURCE) {
            checker_add(checker, module_of(work, place.source));
        }
        return place;
    }
    for (size_t end = 0; end < length; end++) {
        end += strcspn(dotted + end, ".");
        place = module_find(work, dotted, end);
        if (place.kind == PLACE_SOURCE && !place.is_standard) {
            checker_add(checker, module_of(work, place.source));
        }
    }
    return place;
}

/* A run has these where the environment has none: fastest brings its own. */
static bool
is_brought_by_us(const struct import_facts *import, const char *dotted)
{
    static const char *const PACKAGES[] = {"pytest", "_pytest", "pluggy", "py"};
    size_t length = strcspn(dotted, ".");

    for (size_t i = 0; i < COUNT_OF(PACKAGES); i++) {
        if (!import->level && strlen(PACKAGES[i]) == length && strncmp(dotted, PACKAGES[i], length) == 0) {
            return true;
        }
    }
    return false;
}

/* A star import fails at a name of __all__ that is not there. */
static const char *
check_star(struct checker *checker, const struct place *place)
{
    struct resolve_work *work = checker->work;
    struct module *module = place->kind == PLACE_SOURCE ? module_of(work, place->source) : NULL;

    if (!module || module->is_outside || module->facts->error_line || !scope_last(&module->scope, "__all__", 7)) {
        return NULL;
    }
    struct object list = object_find(work, (struct context){&module->scope, UINT32_MAX}, "__all__", 7);
    if (list.kind != OBJECT_VALUE || (list.value->kind != VALUE_LIST && list.value->kind != VALUE_TUPLE)) {
        return NULL;
    }
    const void *base = context_base(&list.context);
    for (uint32_t i = 0; i < list.value->items.count; i++) {
        const struct value *item = value_item(base, list.value, i);
        if (item->kind == VALUE_STRING &&
            !module_has_name(checker, place, blob_text(base, item->text), blob_text_length(base, item->text))) {
            return work_format(work, "imports all of %s, which does not have %s", module->source->nodeid,
                               blob_text(base, item->text));
        }
    }
    return NULL;
}

static void
check_import(struct checker *checker, const struct import_facts *import)
{
    struct resolve_work *work = checker->work;
    const void *base = checker->module->facts;
    const struct binding *binding = NULL;
    const char *dotted = blob_text(base, import->module);

    if (import->flags & (IMPORT_IN_FUNCTION | IMPORT_TYPE_CHECKING)) {
        return;
    }
    if (import->flags & IMPORT_CONDITIONAL) {
        binding = binding_of_import(checker->module, import);
        if (binding && binding->condition && condition_holds(work, base, blob_at(base, binding->condition)) == 0) {
            return;
        }
        bool is_alternative = binding && (binding->flags & BINDING_IN_EXCEPT) && checker->missing_in_try;
        bool is_certain =
            binding && binding->condition && condition_holds(work, base, blob_at(base, binding->condition)) > 0;
        if (!is_alternative && !is_certain) {
            return; /* whoever wrote the condition knows when it is there */
        }
    }
    struct place place = check_dotted(checker, import);
    bool is_found = place.kind != PLACE_NONE || is_brought_by_us(import, dotted);
    const char *reason = NULL;
    if (place.kind == PLACE_UNCLEAR) {
        reason = work_format(work, "imports %s", place.reason);
    } else if (!is_found) {
        reason = work_format(work, "imports %.*s%s, which was not found", import->level, "....", dotted);
    } else if (import->flags & IMPORT_STAR) {
        reason = check_star(checker, &place);
    } else if (import->name && place.kind != PLACE_NONE && place.kind != PLACE_COMPILED &&
               !module_has_name(checker, &place, blob_text(base, import->name), blob_text_length(base, import->name))) {
        reason = work_format(work, "imports %s from %.*s%s, which does not have it", blob_text(base, import->name),
                             import->level, "....", dotted);
    }
    if (reason && (import->flags & IMPORT_IN_TRY)) {
        checker->missing_in_try = reason;
    } else if (reason) {
        checker_fail(checker, reason);
    }
}

/* Whether the project's interpreter compiles it. */
static void
check_syntax(struct checker *checker)
{
    struct resolve_work *work = checker->work;
    const struct facts *facts = checker->module->facts;
    const int minor = work->resolver->python_path->minor;

    if (facts->doubt && !source_was_compiled(checker->module->source, minor)) {
        work->is_unproven = true;
        checker_fail(checker, blob_text(facts, facts->doubt));
    }
    if (facts->newer_minor && minor < (int)facts->newer_minor) {
        checker_fail(checker, work_format(work, "may not compile: line %u takes Python 3.%u", facts->newer_line,
                                          facts->newer_minor));
    }
    if (facts->compile_may_warn && work->resolver->settings->has_error_filters) {
        checker_fail(checker, "may give a warning when it is compiled, which may be an error");
    }
}

static void
check_module(struct checker *checker)
{
    const struct facts *facts = checker->module->facts;
    const struct import_facts *imports = blob_at(facts, facts->imports.first);

    if (facts->error_line) {
        checker_fail(checker,
                     work_format(checker->work, "imports %s, which is no Python", checker->module->source->path));
        return;
    }
    check_syntax(checker);
    for (uint32_t i = 0; i < facts->imports.count; i++) {
        check_import(checker, &imports[i]);
    }
    if ((facts->scope_flags & SCOPE_SKIPS_IN_EXCEPT) && checker->missing_in_try) {
        checker_fail(checker, work_format(checker->work, "%s, and raises or skips then", checker->missing_in_try));
    }
}

/* The same for every file that imports it: kept. */
static const struct import_check *
keep_check(struct resolve_work *work, struct module *module)
{
    struct resolve_shared *shared = work->shared;
    struct import_check *check = __atomic_load_n(&module->checked, __ATOMIC_ACQUIRE);
    struct import_check *other = NULL;

    if (check) {
        return check;
    }
    struct resolve_work own = {.resolver = work->resolver, .shared = shared, .arena = work->arena, .module = module};
    own.used_roots = arena_alloc_zeroed(work->arena, shared->root_count + 1);
    struct checker checker = {.work = &own, .module = module};
    check_module(&checker);
    if (!module->facts->error_line) {
        const char *reason = module_definitions_reason(&own, module);
        if (reason || own.file_reason) {
            checker_fail(&checker, reason ? reason : work_format(&own, "may raise when imported: %s", own.file_reason));
        }
    }
    bool keeps_to_itself = !module->facts->error_line && module_keeps_to_itself(&own, module);
    bool changes_lists = !keeps_to_itself && !module->facts->error_line && module_changes_lists(&own, module);
    lock_enter(&shared->lock);
    check = arena_alloc_zeroed(&shared->arena, sizeof *check);
    check->reason = checker.reason ? arena_copy_string(&shared->arena, checker.reason) : NULL;
    check->keeps_to_itself = keeps_to_itself;
    check->changes_lists = changes_lists;
    check->is_unproven = own.is_unproven;
    check->module_count = checker.module_count;
    check->modules = arena_alloc(&shared->arena, (checker.module_count + 1) * sizeof *check->modules);
    if (checker.module_count) {
        memcpy(check->modules, checker.modules, checker.module_count * sizeof *check->modules);
    }
    check->missing_count = own.missing_count;
    check->missing = arena_alloc(&shared->arena, (own.missing_count + 1) * sizeof *check->missing);
    if (own.missing_count) {
        memcpy(check->missing, own.missing, own.missing_count * sizeof *check->missing);
    }
    check->used_roots = arena_alloc(&shared->arena, shared->root_count + 1);
    memcpy(check->used_roots, own.used_roots, shared->root_count + 1);
    lock_leave(&shared->lock);
    work_release(&own);
    if (!__atomic_compare_exchange_n(&module->checked, &other, check, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return other;
    }
    return check;
}

/* What is known of importing the module counts for the file that it is imported for. */
static const struct import_check *
follow_one(struct resolve_work *work, struct module *module)
{
    struct source *source = module->source;
    const struct import_check *check = keep_check(work, module);

    work_use(work, module);
    work->imports_do_not = work->imports_do_not || !check->keeps_to_itself;
    work->changes_lists = work->changes_lists || check->changes_lists;
    work->is_unproven = work->is_unproven || check->is_unproven;
    if (check->reason) {
        work_fail(work, work_format(work, "imports %s, which %s", source->nodeid, check->reason));
    }
    if (module->facts->scope_flags & SCOPE_SKIPS) {
        work_fail(work, work_format(work, "imports %s, which may raise or skip", source->nodeid));
    }
    work_use_missing(work, check->missing, check->missing_count);
    for (size_t k = 0; k < work->shared->root_count; k++) {
        work->used_roots[k] = work->used_roots[k] || check->used_roots[k];
    }
    return check;
}

/* Modules on the way from the file, the next one of each to be followed. */
struct level {
    struct module *const *modules;
    size_t left;
};

/* Follows the modules that importing these imports, however long the chain is. */
static void
follow(struct resolve_work *work, struct module *const *modules, size_t count)
{
    struct level *levels = count ? memory_alloc(8 * sizeof *levels) : NULL;
    size_t capacity = 8;
    size_t depth = count ? 1 : 0;

    if (count) {
        levels[0] = (struct level){modules, count};
    }
    while (depth) {
        struct level *level = &levels[depth - 1];
        if (!level->left) {
            depth--;
            continue;
        }
        struct module *module = *level->modules++;
        level->left--;
        if (!table_add(&work->followed, (const char *)&module->source, sizeof module->source, module)) {
            continue;
        }
        const struct import_check *check = follow_one(work, module);
        if (depth == capacity) {
            capacity *= 2;
            levels = memory_resize(levels, capacity * sizeof *levels);
        }
        levels[depth++] = (struct level){check->modules, check->module_count};
    }
    memory_free(levels);
}

void
module_check_imports(struct resolve_work *work, struct module *module)
{
    struct checker checker = {.work = work, .module = module};

    check_module(&checker);
    if (checker.reason) {
        work_fail(work, checker.reason);
    }
    follow(work, checker.modules, checker.module_count);
}

void
module_check_packages(struct resolve_work *work, const struct source *source)
{
    struct module *module;

    for (const struct source_folder *folder = source->folder; folder && folder->init; folder = folder->parent) {
        if (folder->init != source) {
            module = module_of(work, folder->init);
            follow(work, &module, 1);
        }
    }
}
