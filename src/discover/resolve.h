/*
 * What the files of stage 5 share: modules and their names, objects that expressions stand for, classes, marks,
 * fixtures, parametrizations. Private to discover/.
 *
 * The rule of all of it: what cannot be proved is told with a reason (one clause), never guessed.
 */
#ifndef DISCOVER_RESOLVE_H
#define DISCOVER_RESOLVE_H

#include <string.h>

#include "discover/internal.h"
#include "os/thread.h"

/* ---- scope.c: the names that a body binds ---- */

struct module;

/* A module's or a class's body. Offsets count from module->facts. */
struct scope {
    struct module *module;
    const struct class_facts *owner; /* the class; NULL: the module's body */
    const struct binding *bindings;
    uint32_t count;
    uint32_t *previous; /* of each binding: index + 1 of the one before with this name, or 0 */
    uint32_t *slots;    /* index + 1 of the last binding of a name; 0: free */
    uint32_t mask;
    uint32_t star_count;
    uint32_t attribute_count;
};

/* What the body leaves under a name when it has run. */
struct scope_name {
    const char *name;
    uint32_t length;
    uint32_t position;             /* bindings count; sorts as the namespace's dict does */
    const struct binding *binding; /* the last one */
    const struct scope *scope;     /* where the binding stands: another module's, of a star */
    const char *reason;            /* not NULL: which binding holds, or whether one does, is not known */
};

struct scope_names {
    struct scope_name *items;
    uint32_t count;
};

void scope_make(struct scope *scope, struct module *module, const struct class_facts *owner, struct arena *arena);
/* The last binding of a name; NULL: none. */
const struct binding *scope_last(const struct scope *scope, const char *name, size_t length);
const struct binding *scope_previous(const struct scope *scope, const struct binding *binding);

/* ---- modules.c: where modules are, and what importing them does ---- */

/* Kept by its source until resolution_free(). Read-only once made, but for `checked`. */
struct module {
    struct source *source;
    const struct facts *facts;
    struct scope scope;
    struct arena arena;           /* of a kept module */
    bool is_outside;              /* of the standard library, or installed */
    struct import_check *checked; /* NULL: not yet */
};

enum place_kind {
    PLACE_NONE,      /* nowhere */
    PLACE_SOURCE,    /* a .py file */
    PLACE_COMPILED,  /* an extension, built in, or bytecode alone */
    PLACE_NAMESPACE, /* a folder without __init__.py */
    PLACE_UNCLEAR,   /* reason */
};

/* A path that was looked for, and does not exist. The same one for the same path. */
struct missing_path {
    const char *path;
    size_t number;
};

/* Where a module is. */
struct place {
    enum place_kind kind;
    struct source *source;               /* PLACE_SOURCE */
    const char *folder;                  /* of a package: where its submodules are; NULL: it has none */
    const char *reason;                  /* PLACE_UNCLEAR */
    unsigned root;                       /* 1 + index of the root it was found through; 0: the path */
    bool is_standard;                    /* of the standard library */
    const struct missing_path **missing; /* that would be found before it */
    size_t missing_count;
};

/* What importing a module of the project needs. */
struct import_check {
    struct module **modules; /* of the project, imported by it directly */
    size_t module_count;
    const struct missing_path **missing;
    size_t missing_count;
    const char *reason; /* not NULL: it may fail, and why */
    bool *used_roots;   /* of each root */
    bool keeps_to_itself;
    bool changes_lists;
    bool is_unproven; /* whether it compiles */
};

struct resolve_shared {
    struct lock lock;
    struct arena arena;
    const char **roots; /* folders that collecting puts on sys.path; first those of `pythonpath` */
    size_t root_count;
    size_t ini_root_count;
    struct table places;       /* dotted name -> struct place * */
    struct table missing;      /* path -> its struct missing_path */
    struct table names;        /* struct scope * -> struct kept_names *: of modules with stars */
    struct table listings;     /* folder of the path -> struct table * of the names in it */
    struct table conftests;    /* struct source * -> struct conftest *, plugins of the project among them */
    struct table root_numbers; /* root -> 1 + its index */
    struct table first_names;  /* of modules of tests: see source_name_clashes() */
    struct table changes;      /* struct source * and a name -> what scope_may_change() says */
    struct conftest *plugins;  /* of -p and pytest_plugins, the last one first */
    const struct fixture_level *plugin_level;
    size_t option_adders;      /* conftests with pytest_addoption */
    struct conftest **hooking; /* conftests with a hook_reason */
    size_t hooking_count;
    const char *reason; /* not NULL: nothing is exact */
    unsigned char key[16];
};

/* ---- What one file's resolving needs ---- */

struct class_info;
struct fixture_level;

struct resolve_work {
    const struct resolver *resolver;
    struct resolve_shared *shared;
    struct arena *arena;
    struct module *module;
    struct table classes;       /* struct class_facts * -> struct class_info * */
    struct table known_classes; /* dotted name -> struct class_info * */
    struct table seen;          /* modules that the answer rests on */
    struct table followed;      /* modules whose imports were looked at */
    struct source **sources;
    size_t source_count;
    const struct missing_path **missing;
    size_t missing_count;
    bool *is_missing; /* of each number: whether it is among them */
    size_t number_count;
    struct table used_marks;    /* parametrize marks with `ids` that were used: by their values */
    struct table made;          /* struct fixture * -> struct parametrization * */
    struct table names;         /* struct scope * -> struct scope_names *: of bodies with stars */
    struct resolve_work *asker; /* which this one makes the names of a body for; NULL */
    const struct scope *making; /* this body */
    bool is_partial;            /* its names rest on those of a body that is being made */
    bool *used_roots;           /* of each of shared->roots */
    bool keeps_to_itself;       /* the module; */
    bool imports_do_not;        /* one of those that it imports does not */
    bool changes_lists;         /* the module, or one that is imported for it, changes those of others */
    bool takes_lists;           /* parameters come from lists of other modules */
    bool is_unproven;           /* whether what it rests on compiles */
    unsigned depth, class_depth;
    bool loads_plugins;      /* the file, for all that is collected */
    const char *file_reason; /* nothing in the file is exact */
    const char *more_reason; /* what is found is exact, but there may be more */
};

void work_fail(struct resolve_work *work, const char *reason); /* keeps the first */
void work_note_more(struct resolve_work *work, const char *reason);
const char *work_format(struct resolve_work *work, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Notes that the answer rests on the module. */
void work_use(struct resolve_work *work, const struct module *module);
void work_use_source(struct resolve_work *work, struct source *source);
/* Notes that it rests on these paths not being there. */
void work_use_missing(struct resolve_work *work, const struct missing_path *const *missing, size_t count);

void work_release(struct resolve_work *work);

/* The module of a source; the same one for the same source. */
struct module *module_of(struct resolve_work *work, struct source *source);
/* Where `import DOTTED` finds the module, in sight of the module `from`. */
struct place module_find(struct resolve_work *work, const char *dotted, size_t length);
struct place module_find_below(struct resolve_work *work, const struct place *package, const char *name, size_t length);
/* Where the module of an import statement is: relative ones count from `from`. */
struct place module_find_import(struct resolve_work *work, const struct module *from,
                                const struct import_facts *import);
/* Marks the file inexact when importing the module may fail; follows the project's modules. */
void module_check_imports(struct resolve_work *work, struct module *module);
/* The same for the packages that a file of the walk lies in. */
void module_check_packages(struct resolve_work *work, const struct source *source);
/* Marks the file inexact when statements of the body do what cannot be seen. */
void module_check_body(struct resolve_work *work, struct module *module, const char *label);
/* definitions.c: why importing the module may fail at one of its definitions, one clause; NULL. */
const char *module_definitions_reason(struct resolve_work *work, struct module *module);
/* effects.c: whether importing the module by itself, without those that it imports, changes nothing else. */
bool module_keeps_to_itself(struct resolve_work *work, struct module *module);
/* Whether its body may change a list or the like that another of the project's modules holds. */
bool module_changes_lists(struct resolve_work *work, struct module *module);
/* The folder that importing the file puts on sys.path, in the arena. */
const char *module_root(const struct resolver *resolver, const char *path, struct arena *arena);

/* ---- names.c: what expressions stand for ---- */

enum object_kind {
    OBJECT_UNKNOWN,  /* text: why */
    OBJECT_MISSING,  /* nothing binds the name */
    OBJECT_KNOWN,    /* text: the dotted name of something known by heart: "pytest.mark.skip", "builtins.int" */
    OBJECT_MODULE,   /* place */
    OBJECT_FUNCTION, /* function */
    OBJECT_CLASS,    /* class */
    OBJECT_VALUE,    /* value: no name */
    OBJECT_MEMBER,   /* of the enumeration class_facts: text is its name, value what it was bound to */
};

/* Where an expression stands: what its names mean. */
struct context {
    const struct scope *scope;
    uint32_t line; /* bindings from this line on do not count */
};

/* What the offsets of its expressions count from. */
static inline const void *
context_base(const struct context *context)
{
    return context->scope->module->facts;
}

struct object {
    enum object_kind kind;
    const char *text;
    const struct place *place;
    struct context context; /* where it was defined */
    union {
        const struct function_facts *function;
        const struct class_facts *class_facts;
    };
    const struct value *value;
};

/* compiled.c: whether Python 3.minor has compiled it as it is; false where that cannot be told. */
bool source_was_compiled(const struct source *source, int minor);

/* A name as code in the body (line UINT32_MAX: after it has run) sees it. */
struct object object_find(struct resolve_work *work, struct context context, const char *name, size_t length);
/* A dotted name: "a.b.c". */
struct object object_find_dotted(struct resolve_work *work, struct context context, const char *dotted);
/* The function that the binding's `def` makes. */
static inline const struct function_facts *
binding_function(const struct scope *scope, const struct binding *binding)
{
    return blob_at(scope->module->facts, binding->target);
}

/* What a binding gives its name. */
struct object object_of_binding(struct resolve_work *work, const struct scope *scope, const struct binding *binding);
/* NAMEs followed; else the value in its context. */
struct object object_of_value(struct resolve_work *work, struct context context, const struct value *value);
/* Whether the object is the one known under this dotted name. */
bool object_is(const struct object *object, const char *known);
struct object object_unknown(const char *reason);
/* Whether statements of the body may change a mutable value that it binds to the name. */
bool scope_may_change(struct resolve_work *work, const struct scope *scope, const char *name);

struct object object_of_entry(struct resolve_work *work, const struct scope_name *entry);

/* The names that a body leaves, as its dict has them, stars followed. */
struct scope_names scope_names_of(struct resolve_work *work, const struct scope *scope);

/* A binding's condition: 1 true, 0 false, -1 not known. */
int condition_holds(const struct resolve_work *work, const void *base, const struct condition *condition);

/* ---- classes.c ---- */

enum class_flags {
    CLASS_IS_UNITTEST = 1,
    CLASS_HAS_ABC_META = 2,
    CLASS_HAS_CONSTRUCTOR = 4, /* a base that is known by heart brings __init__ or __new__ */
    CLASS_IS_ENUM = 8,
};

struct class_info {
    const char *name;
    const char *known; /* dotted name of a class known by heart; NULL: facts */
    const struct class_facts *facts;
    struct scope scope; /* of its body */
    struct context context;
    struct class_info **mro; /* itself first */
    size_t mro_count;
    struct class_info **bases; /* those that are known */
    size_t base_count;
    const struct class_info *metaclass; /* NULL: `type`, or not known */
    unsigned flags;
    const char *reason;   /* not NULL: its bases are not known */
    const char *refusal;  /* not NULL: why the statement may raise */
    bool is_outside_base; /* the unknown base is of another project */
    const char *doubt;    /* not NULL: what it holds may be something else than its bodies say */
    unsigned mock_count;  /* arguments that mock.patch() around it gives to its own tests */
    bool has_unclear_metaclass;
    bool is_outside;
    bool has_names;
    struct scope_names names; /* made on demand */
};

struct class_info *class_of(struct resolve_work *work, const struct object *object);
struct scope_names class_names(struct resolve_work *work, struct class_info *info);
/* The first class of the MRO that binds the name, and what it gives it. NULL: none (or `object`). */
struct class_info *class_find(struct resolve_work *work, struct class_info *info, const char *name,
                              const struct scope_name **entry_out);
/* How many arguments a call of mock.patch() gives to what it decorates; -1: it is none; -2: not known. */
int mock_patch_arguments(struct resolve_work *work, struct context context, const struct value *value);
/* Whether inspect.isabstract() holds: 1, 0, -1 (reason). */
int class_is_abstract(struct resolve_work *work, struct class_info *info, const char **reason_out);

/* ---- functions.c: what decorators make of a function ---- */

struct mark {
    const char *name;
    uint32_t length;
    const struct value *call; /* with its arguments; NULL: none */
    bool is_made;             /* by pytest, with arguments of its own */
    struct context context;   /* of the arguments */
};

struct mark_list {
    struct mark *items;
    size_t count;
};

enum function_kind {
    FUNCTION_TEST, /* callable, a function below its wrappers */
    FUNCTION_STATIC,
    FUNCTION_CLASS,
    FUNCTION_FIXTURE,
    FUNCTION_NO_CALLABLE, /* a property */
};

struct function_state {
    enum function_kind kind;
    const char *reason;                     /* not NULL: what it is is not known */
    const struct function_facts *signature; /* whose parameters it takes */
    struct context context;                 /* of the signature */
    unsigned mock_count;                    /* arguments that mock.patch() gives */
    const struct value *given;              /* hypothesis.given(...): gives arguments, too */
    struct context given_context;
    struct mark_list marks;      /* closest first */
    const struct value *fixture; /* FUNCTION_FIXTURE: the decorator */
    struct context fixture_context;
    bool is_abstract;
    bool is_generator;
};

void function_read(struct resolve_work *work, const struct object *function, struct function_state *state);
/* Whether hypothesis gives the argument. */
bool function_is_given(const struct function_state *state, uint32_t parameter);
/* The mark that an expression makes. NULL: it makes one; else why that is not known. */
const char *mark_read(struct resolve_work *work, struct context context, const struct value *value,
                      struct mark *mark_out);
/* Whether strict markers let the mark be. */
bool mark_is_registered(const struct resolver *resolver, const char *name);
void mark_list_add(struct resolve_work *work, struct mark_list *list, const struct mark *mark);
/* Adds what `pytestmark` of a body says. */
void marks_of_scope(struct resolve_work *work, const struct scope *scope, struct mark_list *list);

/* A string literal, names followed; NULL: not known to be one. */
const char *value_string(struct resolve_work *work, struct context context, const struct value *value,
                         uint32_t *length_out);
const struct value *value_keyword(const void *base, const struct value *call, const char *name);
static inline const struct value *
value_item(const void *base, const struct value *value, uint32_t i)
{
    return (const struct value *)blob_at(base, value->items.first) + i;
}

/* ---- fixtures.c ---- */

enum fixture_scope {
    FIXTURE_FUNCTION_SCOPE,
    FIXTURE_CLASS_SCOPE,
    FIXTURE_MODULE_SCOPE,
    FIXTURE_PACKAGE_SCOPE,
    FIXTURE_SESSION_SCOPE
};

struct fixture {
    const char *name;
    uint32_t length;
    enum fixture_scope scope;
    bool is_autouse;
    bool has_params;
    const char *reason;       /* not NULL: something about it is not known */
    const char *scope_reason; /* not NULL: its scope is not known */
    const struct value *params, *ids;
    struct context context;
    const char **known_ids; /* of a recorded one */
    size_t known_id_count;
    const char **arguments;
    size_t argument_count;
};

/* The fixtures of one holder: plugins, a conftest, a module, a class. */
struct fixture_level {
    const struct fixture_level *outer;
    struct fixture **items; /* in order of registration */
    size_t count;
    const char **unknown_names; /* what they are bound to is not known */
    const char **unknown_reasons;
    size_t unknown_count;
    bool has_autouse, has_params;
};

struct conftest {
    struct module *module;
    struct fixture_level level;
    const char *reason;      /* what it makes inexact below it */
    const char *hook_reason; /* ... where no run saw what its hooks leave; NULL: it has no such hooks */
    bool has_global_hook;    /* one of these concerns all files, not only those below it */
    struct source **sources;
    size_t source_count;
    const struct missing_path **missing;
    size_t missing_count;
    bool *used_roots;
    unsigned root; /* 1 + index of the root that importing it brings; 0: none */
    bool is_late;  /* it names plugins, and pytest refuses that where it is loaded */
    struct conftest *next;
};

struct conftest *conftest_of(const struct resolve_shared *shared, const struct source *source);
/* Whether a file of another root is imported under the same name. */
bool source_name_clashes(const struct resolver *resolver, const struct source *source, const char *root);
const char *source_root(const struct resolver *resolver, const struct source *source, struct arena *arena);
unsigned root_number(const struct resolve_shared *shared, const char *root); /* 0: it is none */
void resolver_find_roots(struct resolver *resolver);

/* Fills the level from the names of a body. `is_class`: their first parameter is not asked for. */
void fixture_level_read(struct resolve_work *work, const struct scope_names *names, bool is_class,
                        struct fixture_level *level);
/* Fixtures of this name in sight, the closest first. Returns how many; at most `max`. */
size_t fixture_find(const struct fixture_level *level, const char *name, struct fixture **found_out, size_t max);

struct closure {
    const char **names;
    size_t count;
    const char *reason;
};
struct name_list {
    const char **items;
    size_t count;
};
void name_list_add(struct arena *arena, struct name_list *list, const char *name); /* unless it is there */
/* The closure of what a function uses, in pytest's order. `ignored`: directly parametrized. */
void closure_make(struct resolve_work *work, const struct fixture_level *level, const struct name_list *initial,
                  const struct name_list *ignored, struct closure *closure_out);
/* Names of autouse fixtures, from the outermost level. */
void autouse_names(struct resolve_work *work, const struct fixture_level *level, struct name_list *names);

/* ---- ids.c, parametrize.c ---- */

struct param_set {
    const char *id;
    const struct value *const *values;
    size_t value_count;
    struct context context; /* of the values */
    struct mark_list marks;
    long number;     /* is_number: of a range, there is no value */
    bool has_own_id; /* of pytest.param() */
    bool is_hidden, is_number;
    bool is_empty;    /* the one set of none */
    bool is_recorded; /* its value is not known */
    bool has_unknown_marks;
};

struct parametrization {
    const char **names;
    size_t name_count;
    const char *fixture; /* NULL: a mark */
    enum fixture_scope scope;
    bool *is_indirect; /* of each name */
    struct param_set *sets;
    size_t set_count;
    bool is_refused;        /* pytest fails there */
    const char **plain_ids; /* before duplicates were told apart */
    const char *const *known_ids;
};

/* A test of a function: what one of its ids stands for. */
struct call {
    const char *id;        /* NULL: no brackets */
    uint32_t *set_indexes; /* one per parametrization */
};

/* Fills sets and ids; the names are there. NULL, or why they are not known. `is_tuple`: each item is one value. */
const char *param_sets_read(struct resolve_work *work, struct context context, const struct value *values,
                            const struct value *ids, bool is_tuple, struct parametrization *parametrization);

/* ---- resolve.c: a function as it is collected ---- */

struct collected {
    const char *name;
    const char *classes;
    const char *reason;
    const struct function_facts *function;
    const struct module *module; /* where it is defined */
    unsigned flags;
    struct mark_list marks;
    struct closure closure;
    struct parametrization *parametrizations;
    size_t parametrization_count;
    struct call *calls; /* none: not parametrized */
    size_t call_count;
    const void *class_key; /* tells its class from others; NULL: none */
};

struct collected_list {
    struct collected *items;
    size_t count, capacity;
};

/* Fills parametrizations and calls. */
void parametrize_function(struct resolve_work *work, struct collected *collected, const struct fixture_level *level,
                          const struct name_list *initial);

/* The order of pytest's reordering by parameters, as pairs of function and call. */
struct test_order {
    struct found_test *tests; /* NULL: each function is one test, in their order */
    size_t count;
};
void reorder_tests(struct resolve_work *work, const struct collected_list *functions, struct test_order *order_out);

void found_write(struct resolve_work *work, const struct collected_list *functions, const struct test_order *order,
                 struct blob *found_out);

static inline bool
text_equals(const char *left, size_t length, const char *right)
{
    return strlen(right) == length && memcmp(left, right, length) == 0;
}

static inline bool
text_begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

#endif
