/* What decorators make of a function: a test, a fixture, something with other arguments, or nobody knows. */
#include "discover/resolve.h"

const struct value *
value_keyword(const void *base, const struct value *call, const char *name)
{
    const struct value_keyword *keywords = blob_at(base, call->keywords.first);

    for (uint32_t i = 0; i < call->keywords.count; i++) {
        if (keywords[i].name && strcmp(blob_text(base, keywords[i].name), name) == 0) {
            return &keywords[i].value;
        }
    }
    return NULL;
}

const char *
value_string(struct resolve_work *work, struct context context, const struct value *value, uint32_t *length_out)
{
    struct object object = object_of_value(work, context, value);
    const void *base;

    if (object.kind != OBJECT_VALUE || object.value->kind != VALUE_STRING) {
        return NULL;
    }
    base = context_base(&object.context);
    if (length_out) {
        *length_out = blob_text_length(base, object.value->text);
    }
    return blob_text(base, object.value->text);
}

/* ---- Marks ---- */

void
mark_list_add(struct resolve_work *work, struct mark_list *list, const struct mark *mark)
{
    list->items = arena_grow(work->arena, list->items, list->count, sizeof *list->items);
    list->items[list->count++] = *mark;
}

bool
mark_is_registered(const struct resolver *resolver, const char *name)
{
    /* What plugins register. */
    static const char *const OF_PLUGINS[][2] = {{"asyncio", "asyncio"},
                                                {"anyio", "anyio"},
                                                {"trio", "trio"},
                                                {"timeout", "timeout"},
                                                {"django", "django_db"},
                                                {"django", "urls"},
                                                {"xdist", "xdist_group"},
                                                {"benchmark", "benchmark"},
                                                {"rerunfailures", "flaky"},
                                                {"pytest_order", "order"},
                                                {"pytest-order", "order"},
                                                {"order", "order"},
                                                {"dependency", "dependency"},
                                                {"hypothesispytest", "hypothesis"},
                                                {"pytest_cov", "no_cover"},
                                                {"time_machine", "time_machine"},
                                                {"pytest_httpx", "httpx_mock"},
                                                {"socket", "enable_socket"},
                                                {"socket", "disable_socket"},
                                                {"socket", "allow_hosts"}};
    const struct discover_settings *settings = resolver->settings;
    const struct python_path *path = resolver->python_path;

    static const char *const BUILT_IN[] = {"filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"};

    for (size_t i = 0; i < COUNT_OF(BUILT_IN); i++) {
        if (strcmp(name, BUILT_IN[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < path->plugin_count; i++) {
        for (size_t k = 0; k < COUNT_OF(OF_PLUGINS); k++) {
            if (strcmp(path->plugins[i].name, OF_PLUGINS[k][0]) == 0 && strcmp(name, OF_PLUGINS[k][1]) == 0) {
                return true;
            }
        }
    }
    for (const char *const *known = settings->marks_known; known && *known; known++) {
        if (strcmp(name, *known) == 0) {
            return true;
        }
    }
    return false;
}

/* Fills the name. NULL, or why the mark cannot be made. */
static const char *
mark_name(struct resolve_work *work, const char *known, bool is_called, struct mark *mark)
{
    static const char *const MISSPELLED[] = {"parameterize", "parametrise", "parameterise"};
    const struct discover_settings *settings = work->resolver->settings;
    const char *name = known + strlen("pytest.mark.");
    size_t length = strcspn(name, ".");

    if (!length || *name == '_' || (name[length] && !(is_called && strcmp(name + length, ".with_args") == 0))) {
        return work_format(work, "%s, which is no mark", known);
    }
    name = name[length] ? arena_copy_bytes(work->arena, name, length) : name;
    for (size_t i = 0; i < COUNT_OF(MISSPELLED); i++) {
        if (strcmp(name, MISSPELLED[i]) == 0) {
            return work_format(work, "the mark %s, which pytest refuses", name);
        }
    }
    if ((settings->has_strict_marks || settings->has_error_filters) && !mark_is_registered(work->resolver, name)) {
        return work_format(work, "the mark %s, which may not be registered", name);
    }
    mark->name = name;
    mark->length = (uint32_t)length;
    return NULL;
}

/* Whether a mark called with just this applies itself to it. */
static bool
may_be_markable(struct resolve_work *work, struct context context, const struct value *value)
{
    if (value->kind == VALUE_UNKNOWN || value->kind == VALUE_CALL) {
        /* Calls and operations seldom give functions; where they do, the mark does not know its arguments either. */
        return value->kind == VALUE_UNKNOWN && *blob_text(context_base(&context), value->text) == '*';
    }
    if (value->kind != VALUE_NAME) {
        return false;
    }
    struct object object = object_of_value(work, context, value);
    if (object.kind == OBJECT_KNOWN) {
        return !text_begins(object.text, "sys.") && !text_begins(object.text, "os.");
    }
    return object.kind == OBJECT_FUNCTION || object.kind == OBJECT_CLASS;
}

const char *
mark_read(struct resolve_work *work, struct context context, const struct value *value, struct mark *mark_out)
{
    const void *base = context_base(&context);
    const char *text = blob_text(base, value->text);
    struct object object;

    if (value->kind != VALUE_NAME && value->kind != VALUE_CALL) {
        return "an expression";
    }
    object = object_find_dotted(work, context, text);
    if (value->kind == VALUE_NAME && object.kind == OBJECT_VALUE && object.value != value && work->depth < 20) {
        work->depth++;
        const char *reason = mark_read(work, object.context, object.value, mark_out);
        work->depth--;
        return reason;
    }
    if (object.kind != OBJECT_KNOWN || !text_begins(object.text, "pytest.mark.")) {
        return text;
    }
    *mark_out = (struct mark){.call = value->kind == VALUE_CALL ? value : NULL, .context = context};
    const char *reason = mark_name(work, object.text, value->kind == VALUE_CALL, mark_out);
    if (reason || value->kind == VALUE_NAME) {
        return reason;
    }
    if (value->items.count == 1 && !value->keywords.count && !strstr(object.text, ".with_args") &&
        may_be_markable(work, context, value_item(base, value, 0))) {
        return work_format(work, "%s, whose argument may be a function", text);
    }
    return NULL;
}

/* ---- Decorators ---- */

struct decorating {
    struct resolve_work *work;
    struct function_state *state;
};

static void apply(struct decorating *decorating, struct context context, const struct value *value);

static void
give_up(struct decorating *decorating, const char *text)
{
    if (!decorating->state->reason) {
        decorating->state->reason = work_format(decorating->work, "decorated by %s, whose result is not known", text);
    }
}

/* Importing the module fails there. */
static void
refuse(struct decorating *decorating, const struct context *context, const char *what)
{
    if (!context->scope->module->is_outside) {
        work_fail(decorating->work, work_format(decorating->work, "it has %s", what));
    }
}

/* What hypothesis makes of a test: the same, or one that asks for fewer arguments. */
static bool
apply_hypothesis(struct function_state *state, const char *name, struct context context, const struct value *value)
{
    static const char *const TRANSPARENT[] = {"settings", "example", "seed", "reproduce_failure"};
    const void *base = context_base(&context);
    const struct value_keyword *keywords = blob_at(base, value->keywords.first);
    bool is_plain = value->kind == VALUE_CALL;

    for (size_t i = 0; i < COUNT_OF(TRANSPARENT); i++) {
        if (strcmp(name, TRANSPARENT[i]) == 0) {
            return is_plain;
        }
    }
    if (strcmp(name, "given") != 0 || !is_plain || state->given || state->mock_count || state->is_generator ||
        (value->items.count != 0) == (value->keywords.count != 0)) {
        return false;
    }
    for (uint32_t i = 0; i < value->items.count; i++) {
        const struct value *item = value_item(base, value, i);
        is_plain = is_plain && item->kind != VALUE_ELLIPSIS &&
                   !(item->kind == VALUE_UNKNOWN && *blob_text(base, item->text) == '*');
    }
    for (uint32_t i = 0; i < value->keywords.count; i++) {
        is_plain = is_plain && keywords[i].name;
    }
    const struct parameter *parameters = blob_at(context_base(&state->context), state->signature->parameters);
    const uint32_t count = function_parameters(context_base(&state->context), state->signature).count;
    for (uint32_t i = 0; i < count; i++) {
        is_plain = is_plain && (parameters[i].kind == PARAMETER_PLAIN ||
                                (parameters[i].kind == PARAMETER_KEYWORD_ONLY && !value->items.count));
    }
    state->given = value;
    state->given_context = context;
    return is_plain && value->items.count < count + 1;
}

bool
function_is_given(const struct function_state *state, uint32_t parameter)
{
    const struct value *given = state->given;
    const void *base = context_base(&state->context);
    const struct parameter *parameters = blob_at(base, state->signature->parameters);

    if (!given) {
        return false;
    }
    if (given->items.count) {
        return parameter + given->items.count >= function_parameters(base, state->signature).count;
    }
    return value_keyword(context_base(&state->given_context), given, blob_text(base, parameters[parameter].name)) !=
           NULL;
}

static bool
apply_known(struct decorating *decorating, const char *known, struct context context, const struct value *value)
{
    static const char *const TRANSPARENT[] = {
        "unittest.skip",        "unittest.skipIf",     "unittest.skipUnless", "unittest.expectedFailure",
        "typing.no_type_check", "typing.final",        "typing.override",     "functools.lru_cache",
        "functools.cache",      "warnings.deprecated", "abc.abstractmethod"};
    struct function_state *state = decorating->state;

    for (size_t i = 0; i < COUNT_OF(TRANSPARENT); i++) {
        if (strcmp(known, TRANSPARENT[i]) == 0) {
            state->is_abstract = state->is_abstract || strcmp(known, "abc.abstractmethod") == 0;
            return state->kind != FUNCTION_FIXTURE;
        }
    }
    if (strcmp(known, "pytest.fixture") == 0 || strcmp(known, "pytest.yield_fixture") == 0 ||
        strcmp(known, "pytest_asyncio.fixture") == 0) {
        bool is_plain = state->kind == FUNCTION_TEST && !state->marks.count;
        if (state->kind == FUNCTION_FIXTURE || state->marks.count) {
            refuse(decorating, &context, "a fixture with marks, or of a fixture");
        }
        bool has_function = value->kind == VALUE_CALL && value->items.count;
        state->kind = FUNCTION_FIXTURE;
        state->fixture = value;
        state->fixture_context = context;
        return is_plain && !has_function;
    }
    if (strcmp(known, "typing.overload") == 0) {
        refuse(decorating, &context, "an overload in place of a function"); /* it takes no arguments by name */
    }
    if (state->kind != FUNCTION_TEST) {
        return false;
    }
    if (text_begins(known, "hypothesis.")) {
        return apply_hypothesis(state, known + strlen("hypothesis."), context, value);
    }
    if (strcmp(known, "builtins.staticmethod") == 0) {
        state->kind = FUNCTION_STATIC;
    } else if (strcmp(known, "builtins.classmethod") == 0) {
        state->kind = FUNCTION_CLASS;
    } else if (strcmp(known, "builtins.property") == 0 || strcmp(known, "functools.cached_property") == 0) {
        state->kind = FUNCTION_NO_CALLABLE;
    } else if (strcmp(known, "contextlib.contextmanager") == 0 ||
               strcmp(known, "contextlib.asynccontextmanager") == 0) {
        state->is_generator = false;
    } else {
        return false;
    }
    return true;
}

/* Whether the body of a decorator may change what it is given, in ways that collection sees. */
static bool
has_dangerous_words(const void *base, const struct function_details *details)
{
    static const char *const WORDS[] = {"pytest",      "mark",        "__test__",      "pytestmark",
                                        "setattr",     "__dict__",    "__signature__", "__wrapped__",
                                        "patchings",   "__name__",    "globals",       "_getframe",
                                        "parametrize", "usefixtures", "vars",          "__setattr__"};
    const blob_offset *words = blob_at(base, details->words.first);

    for (uint32_t i = 0; i < details->words.count; i++) {
        for (size_t k = 0; k < COUNT_OF(WORDS); k++) {
            if (strcmp(blob_text(base, words[i]), WORDS[k]) == 0) {
                return true;
            }
        }
    }
    return details->words.count == 0; /* nothing is said of it */
}

/* Whether the body sets an attribute of the name: -k looks at those of test functions. */
static bool
sets_attribute_of(const void *base, const struct function_details *details, const char *name)
{
    const blob_offset *words = blob_at(base, details->words.first);
    const size_t length = strlen(name);

    for (uint32_t i = 0; i < details->words.count; i++) {
        const char *word = blob_text(base, words[i]);
        if (strncmp(word, name, length) == 0 && strcmp(word + length, "=") == 0) {
            return true;
        }
    }
    return false;
}

static const struct function_facts *
find_inner(const void *base, const struct function_details *details, const char *name)
{
    const struct function_facts *inner = blob_at(base, details->inner.first);

    for (uint32_t i = 0; i < details->inner.count; i++) {
        if (strcmp(blob_text(base, inner[i].name), name) == 0) {
            return &inner[i];
        }
    }
    return NULL;
}

/* Whether the inner function is decorated by functools.wraps(PARAMETER), and by nothing else: 1; -1: something else. */
static int
has_wraps(struct decorating *decorating, const struct context *context, const struct function_facts *inner,
          const char *parameter)
{
    const void *base = context_base(context);
    const struct function_details *details = function_details(base, inner);
    const struct decorator *decorators = blob_at(base, details->decorators.first);

    if (!details->decorators.count) {
        return 0;
    }
    const struct value *value = &decorators[0].expression;
    if (details->decorators.count > 1 || value->kind != VALUE_CALL || value->items.count != 1 ||
        value->keywords.count) {
        return -1;
    }
    const struct value *wrapped = value_item(base, value, 0);
    struct object object = object_find_dotted(decorating->work, *context, blob_text(base, value->text));
    return object_is(&object, "functools.wraps") && wrapped->kind == VALUE_NAME &&
                   strcmp(blob_text(base, wrapped->text), parameter) == 0
               ? 1
               : -1;
}

/* A decorator of the project is called with the function. False: what it returns is not known. */
static bool
apply_project_function(struct decorating *decorating, struct context context, const struct function_facts *function)
{
    const void *base = context_base(&context);
    const struct function_details *details = function_details(base, function);
    const struct parameter *parameters = blob_at(base, function->parameters);
    struct function_state *state = decorating->state;

    if (details->decorators.count || !details->returned_name || !function->parameters ||
        parameters[0].kind > PARAMETER_PLAIN || (function->flags & (FUNCTION_ASYNC | FUNCTION_HAS_YIELD)) ||
        state->kind != FUNCTION_TEST || has_dangerous_words(base, details)) {
        return false;
    }
    const char *parameter = blob_text(base, parameters[0].name);
    const char *returned = blob_text(base, details->returned_name);
    if (sets_attribute_of(base, details, parameter) || sets_attribute_of(base, details, returned)) {
        return false;
    }
    if (strcmp(returned, parameter) == 0) {
        return true;
    }
    const struct function_facts *inner = find_inner(base, details, returned);
    int wraps = inner ? has_wraps(decorating, &context, inner, parameter) : -1;
    if (wraps < 0) {
        return false;
    }
    state->is_generator = (inner->flags & (FUNCTION_HAS_YIELD | FUNCTION_ASYNC)) == FUNCTION_HAS_YIELD;
    if (!wraps) {
        state->signature = inner;
        state->context = context;
        state->marks.count = 0;
        state->mock_count = 0;
    }
    return true;
}

/* The decorator that a factory of the project returns when it is called. */
static const struct function_facts *
factory_result(const struct context *context, const struct function_facts *factory)
{
    const void *base = context_base(context);
    const struct function_details *details = function_details(base, factory);

    if (details->decorators.count || !details->returned_name ||
        (factory->flags & (FUNCTION_ASYNC | FUNCTION_HAS_YIELD)) || has_dangerous_words(base, details)) {
        return NULL;
    }
    return find_inner(base, details, blob_text(base, details->returned_name));
}

static void
apply_object(struct decorating *decorating, const struct object *object, struct context context,
             const struct value *value, const char *text)
{
    bool is_done = false;

    if (object->kind == OBJECT_KNOWN) {
        is_done = apply_known(decorating, object->text, context, value);
    } else if (object->kind == OBJECT_FUNCTION) {
        const struct function_facts *function = object->function;
        if (value->kind == VALUE_CALL) {
            function = factory_result(&object->context, function);
        }
        is_done = function && apply_project_function(decorating, object->context, function);
    } else if (object->kind == OBJECT_VALUE && value->kind == VALUE_NAME && object->value != value &&
               decorating->work->depth < 20) {
        decorating->work->depth++;
        apply(decorating, object->context, object->value);
        decorating->work->depth--;
        return;
    }
    if (!is_done) {
        give_up(decorating, text);
    }
}

static void
apply(struct decorating *decorating, struct context context, const struct value *value)
{
    struct resolve_work *work = decorating->work;
    struct function_state *state = decorating->state;
    const char *text = blob_text(context_base(&context), value->text);
    struct mark mark;

    if (value->kind != VALUE_NAME && value->kind != VALUE_CALL) {
        give_up(decorating, text);
        return;
    }
    struct object object = object_find_dotted(work, context, text);
    if (object.kind == OBJECT_MISSING) {
        refuse(decorating, &context, object.text);
    }
    if (object.kind == OBJECT_KNOWN && text_begins(object.text, "pytest.mark.")) {
        const char *reason = mark_read(work, context, value, &mark);
        if (!reason && state->kind == FUNCTION_FIXTURE) {
            refuse(decorating, &context, "a mark on a fixture");
        }
        if (!reason && (state->kind == FUNCTION_FIXTURE || state->kind == FUNCTION_NO_CALLABLE)) {
            reason = "a mark, which pytest refuses there";
        }
        if (reason) {
            state->reason = state->reason ? state->reason : work_format(work, "decorated by %s", reason);
            return;
        }
        mark_list_add(work, &state->marks, &mark);
        return;
    }
    int mock_count = mock_patch_arguments(work, context, value);
    if (mock_count != -1) {
        if (mock_count < 0 || state->kind != FUNCTION_TEST) {
            give_up(decorating, text);
            return;
        }
        state->mock_count += (unsigned)mock_count;
        state->is_generator = false;
        return;
    }
    apply_object(decorating, &object, context, value, text);
}

void
function_read(struct resolve_work *work, const struct object *function, struct function_state *state)
{
    const void *base = context_base(&function->context);
    const struct function_details *details = function_details(base, function->function);
    const struct decorator *decorators = blob_at(base, details->decorators.first);
    uint16_t flags = function->function->flags;

    *state = (struct function_state){.signature = function->function, .context = function->context};
    state->is_generator = (flags & (FUNCTION_HAS_YIELD | FUNCTION_ASYNC)) == FUNCTION_HAS_YIELD;
    struct decorating decorating = {work, state};
    for (uint32_t i = details->decorators.count; i-- > 0;) {
        apply(&decorating, (struct context){function->context.scope, decorators[i].line}, &decorators[i].expression);
    }
}
