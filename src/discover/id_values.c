/* What pytest writes into an id for a value. */
#include "discover/id_values.h"

#include "base/utf8.h"

/* ---- Escaping ---- */

static void
add_control(struct text *text, uint32_t character)
{
    switch (character) {
    case '\t':
        text_add_string(text, "\\t");
        return;
    case '\n':
        text_add_string(text, "\\n");
        return;
    case '\r':
        text_add_string(text, "\\r");
        return;
    default:
        text_add_format(text, "\\x%02x", (unsigned)character);
    }
}

void
id_add_string(const struct resolve_work *work, const char *bytes, size_t length, struct text *text)
{
    const char *end = bytes + length;

    if (!work->resolver->settings->escapes_non_ascii_ids) {
        text_add(text, bytes, length);
        return;
    }
    while (bytes < end) {
        uint32_t character = 0;
        size_t width = utf8_read(bytes, (size_t)(end - bytes), &character);
        bytes += width ? width : 1;
        if (character == '\\') {
            text_add_string(text, "\\\\");
        } else if (character >= 0x20 && character < 0x7F) {
            text_add_char(text, (char)character);
        } else if (character > 0xFFFF) {
            text_add_format(text, "\\U%08x", (unsigned)character);
        } else if (character > 0xFF) {
            text_add_format(text, "\\u%04x", (unsigned)character);
        } else {
            add_control(text, character);
        }
    }
}

static void
id_add_bytes(const char *bytes, size_t length, struct text *text)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x20 && byte < 0x7F) {
            text_add_char(text, bytes[i]);
        } else {
            add_control(text, byte);
        }
    }
}

/* ---- repr() and str() of literals ---- */

static bool
add_repr_quoted(const char *bytes, size_t length, struct text *text)
{
    bool has_single = memchr(bytes, '\'', length) != NULL;
    char quote = has_single && !memchr(bytes, '"', length) ? '"' : '\'';

    text_add_char(text, quote);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == (unsigned char)quote || byte == '\\') {
            text_add_char(text, '\\');
            text_add_char(text, bytes[i]);
        } else if (byte >= 0x20 && byte < 0x7F) {
            text_add_char(text, bytes[i]);
        } else {
            add_control(text, byte);
        }
    }
    text_add_char(text, quote);
    return true;
}

static bool value_add_repr(const void *base, const struct value *value, struct text *text);

static bool
add_repr_items(const void *base, const struct value *value, const char *brackets, struct text *text)
{
    bool is_dict = value->kind == VALUE_DICT;

    text_add_char(text, brackets[0]);
    for (uint32_t i = 0; i < value->items.count; i++) {
        if (i) {
            text_add_string(text, is_dict && i % 2 ? ": " : ", ");
        }
        if (!value_add_repr(base, value_item(base, value, i), text)) {
            return false;
        }
    }
    if (value->kind == VALUE_TUPLE && value->items.count == 1) {
        text_add_char(text, ',');
    }
    text_add_char(text, brackets[1]);
    return true;
}

/* Adds repr() of a literal; false: not known. */
static bool
value_add_repr(const void *base, const struct value *value, struct text *text)
{
    const char *own = blob_text(base, value->text);
    size_t length = blob_text_length(base, value->text);

    switch ((enum value_kind)value->kind) {
    case VALUE_NONE:
        text_add_string(text, "None");
        return true;
    case VALUE_FALSE:
        text_add_string(text, "False");
        return true;
    case VALUE_TRUE:
        text_add_string(text, "True");
        return true;
    case VALUE_ELLIPSIS:
        text_add_string(text, "Ellipsis");
        return true;
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_COMPLEX:
        text_add(text, own, length);
        return true;
    case VALUE_STRING:
        return utf8_is_ascii(own, length) && add_repr_quoted(own, length, text);
    case VALUE_BYTES:
        text_add_char(text, 'b');
        return add_repr_quoted(own, length, text);
    case VALUE_TUPLE:
        return add_repr_items(base, value, "()", text);
    case VALUE_LIST:
        return add_repr_items(base, value, "[]", text);
    case VALUE_DICT:
        return add_repr_items(base, value, "{}", text);
    default:
        return false;
    }
}

/* ---- Values ---- */

static const char *
computed(struct id_maker *maker, const char *text)
{
    return work_format(maker->work, "parametrized with %s, whose id is not known", text);
}

static void
add_argument_name(struct id_maker *maker)
{
    text_add_format(&maker->text, "%s%zu", maker->name, maker->index);
}

/* Strings and bytes: long ones only where they were given as an id. */
static const char *
add_text(struct id_maker *maker, const void *base, const struct value *value)
{
    const struct discover_settings *settings = maker->work->resolver->settings;
    const char *bytes = blob_text(base, value->text);
    size_t length = blob_text_length(base, value->text);
    bool is_bytes = value->kind == VALUE_BYTES;

    if (!settings->escapes_non_ascii_ids && (is_bytes || memchr(bytes, '\0', length))) {
        maker->is_refused = is_bytes;
        return computed(maker, "bytes that are not escaped");
    }
    if (!maker->is_given && settings->long_id_strategy != LONG_IDS_LEGACY &&
        (is_bytes ? length : utf8_length(bytes, length)) > 100) {
        if (settings->long_id_strategy == LONG_IDS_SHA256 || settings->long_id_strategy == LONG_IDS_DISALLOW) {
            maker->is_refused = settings->long_id_strategy == LONG_IDS_DISALLOW;
            return computed(maker, "a long string");
        }
        add_argument_name(maker);
    } else if (is_bytes) {
        id_add_bytes(bytes, length, &maker->text);
    } else {
        id_add_string(maker->work, bytes, length, &maker->text);
    }
    return NULL;
}

/* A string or bytes whose content is not known, but that it has more than 100 characters. */
static const char *
add_long(struct id_maker *maker)
{
    const struct discover_settings *settings = maker->work->resolver->settings;

    if (maker->is_given || settings->long_id_strategy != LONG_IDS_SHORT || !settings->escapes_non_ascii_ids) {
        return computed(maker, "a long string");
    }
    add_argument_name(maker);
    return NULL;
}

/* Whether another member may have the same value, and its name stand for both. */
static bool
may_be_alias(struct id_maker *maker, struct class_info *info, const struct object *member)
{
    struct scope_names names = class_names(maker->work, info);
    const void *base = info->scope.module->facts;
    struct context context = {&info->scope, UINT32_MAX};
    struct text own = {0};
    bool is_unhashable;
    bool is_alias = false;
    bool is_auto = member->value->kind == VALUE_CALL;
    bool is_known = value_add_key(maker->work, context, member->value, &own, &is_unhashable);

    for (uint32_t i = 0; i < names.count && !is_alias; i++) {
        const struct value *value = blob_at(base, names.items[i].binding->target);
        struct text other = {0};
        if (names.items[i].binding->kind != BINDING_VALUE || value == member->value || *names.items[i].name == '_') {
            continue;
        }
        bool is_other_known = value_add_key(maker->work, context, value, &other, &is_unhashable);
        bool is_other_auto = value->kind == VALUE_CALL;
        if (is_auto || is_other_auto) {
            /* auto() never gives a value twice; beside literals it counts on from them. */
            struct object callee =
                object_find_dotted(maker->work, context, blob_text(base, (is_auto ? member->value : value)->text));
            is_alias = !object_is(&callee, "enum.auto") || (is_auto != is_other_auto);
        } else {
            is_alias = !is_known || !is_other_known ||
                       (own.length == other.length && memcmp(own.bytes, other.bytes, own.length) == 0) ||
                       (value->kind != member->value->kind && value->kind != VALUE_STRING &&
                        member->value->kind != VALUE_STRING);
        }
        text_release(&other);
    }
    text_release(&own);
    return is_alias;
}

/* A member of an enumeration: what its str() is. */
static const char *
add_member(struct id_maker *maker, const struct object *member)
{
    struct object class_object = {.kind = OBJECT_CLASS, .class_facts = member->class_facts, .context = member->context};
    struct class_info *info = class_of(maker->work, &class_object);
    const struct scope_name *entry;
    bool is_string = false;
    bool is_number = false;

    for (size_t i = 0; i < info->mro_count; i++) {
        const char *known = info->mro[i]->known;
        if (!known) {
            continue;
        }
        is_string = is_string || strcmp(known, "enum.StrEnum") == 0 || strcmp(known, "builtins.str") == 0 ||
                    strcmp(known, "builtins.bytes") == 0;
        is_number = is_number || strcmp(known, "enum.IntEnum") == 0 || strcmp(known, "enum.IntFlag") == 0;
    }
    if (may_be_alias(maker, info, member)) {
        return computed(maker, member->text);
    }
    static const char *const SPECIAL[] = {"__str__", "__new__", "__init__", "_generate_next_value_", "__repr__"};
    for (size_t i = 0; i < COUNT_OF(SPECIAL); i++) {
        if (class_find(maker->work, info, SPECIAL[i], &entry)) {
            return computed(maker, member->text);
        }
    }
    if (is_string || (is_number && maker->work->resolver->python_path->minor >= 11)) {
        struct context context = {&info->scope, UINT32_MAX};
        struct object value = object_of_value(maker->work, context, member->value);
        enum value_kind wanted = is_string ? VALUE_STRING : VALUE_INTEGER;
        if (value.kind != OBJECT_VALUE || value.value->kind != (uint32_t)wanted) {
            return computed(maker, member->text);
        }
        return id_add_value(maker, value.context, value.value);
    }
    text_add_format(&maker->text, "%s.%s", info->name, member->text);
    return NULL;
}

static const char *
known_name(const char *known)
{
    static const char *const GROUPS[] = {"operator.", "itertools.", "collections.", "pathlib."};
    static const char *const NAMES[] = {"decimal.Decimal",    "fractions.Fraction", "uuid.UUID",
                                        "datetime.date",      "datetime.datetime",  "datetime.time",
                                        "datetime.timedelta", "datetime.timezone",  "functools.partial"};
    const char *last = strrchr(known, '.') + 1;

    if (strcmp(known, "builtins.IOError") == 0 || strcmp(known, "builtins.EnvironmentError") == 0) {
        return "OSError";
    }
    if (text_begins(known, "builtins.") && !strchr(known + 9, '.')) {
        return *last == '_' || strcmp(last, "NotImplemented") == 0 || strcmp(last, "Ellipsis") == 0 ? NULL : last;
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(known, NAMES[i]) == 0) {
            return last;
        }
    }
    for (size_t i = 0; i < COUNT_OF(GROUPS); i++) {
        if (text_begins(known, GROUPS[i]) && !strchr(known + strlen(GROUPS[i]), '.')) {
            return last;
        }
    }
    return NULL;
}

/* Whether calls of what is known by heart give something without a name that is no literal. */
static bool
makes_nameless(const char *known)
{
    static const char *const NAMES[] = {"builtins.object",
                                        "builtins.dict",
                                        "builtins.list",
                                        "builtins.set",
                                        "builtins.frozenset",
                                        "builtins.tuple",
                                        "builtins.bytearray",
                                        "builtins.range",
                                        "builtins.enumerate",
                                        "builtins.zip",
                                        "builtins.map",
                                        "builtins.filter",
                                        "builtins.iter",
                                        "builtins.slice",
                                        "builtins.memoryview",
                                        "builtins.sorted",
                                        "builtins.reversed",
                                        "functools.partial",
                                        "decimal.Decimal",
                                        "fractions.Fraction",
                                        "datetime.date",
                                        "datetime.datetime",
                                        "datetime.time",
                                        "datetime.timedelta",
                                        "datetime.timezone",
                                        "pathlib.Path",
                                        "pathlib.PurePath",
                                        "pathlib.PosixPath",
                                        "pathlib.PurePosixPath",
                                        "pathlib.PureWindowsPath",
                                        "uuid.UUID",
                                        "operator.itemgetter",
                                        "operator.attrgetter",
                                        "operator.methodcaller",
                                        "collections.OrderedDict",
                                        "collections.defaultdict",
                                        "collections.Counter",
                                        "collections.deque",
                                        "collections.ChainMap",
                                        "collections.UserDict",
                                        "collections.UserList"};
    const char *last = strrchr(known, '.') + 1;
    size_t length = strlen(last);

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(known, NAMES[i]) == 0) {
            return true;
        }
    }
    return text_begins(known, "builtins.") && *last >= 'A' && *last <= 'Z' &&
           ((length > 5 && strcmp(last + length - 5, "Error") == 0) || strstr(last, "Exception") ||
            strstr(last, "Warning") || strcmp(last, "SystemExit") == 0 || strcmp(last, "KeyboardInterrupt") == 0);
}

/* Whether instances of the class have no name and are no literals. */
static bool
has_nameless_instances(struct resolve_work *work, struct class_info *info)
{
    static const char *const NAMES[] = {"__name__", "__getattr__", "__getattribute__", "__new__", "__class__"};
    static const char *const PLAIN[] = {"builtins.object", "abc.ABC",           "typing.Generic",
                                        "typing.Protocol", "typing.NamedTuple", "builtins.list",
                                        "builtins.dict",   "builtins.set",      "builtins.tuple"};
    const struct scope_name *entry;

    if (info->reason || info->doubt) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (class_find(work, info, NAMES[i], &entry)) {
            return false;
        }
    }
    for (size_t i = 0; i < info->mro_count; i++) {
        const char *known = info->mro[i]->known;
        bool is_plain = !known;
        for (size_t k = 0; known && k < COUNT_OF(PLAIN); k++) {
            is_plain = is_plain || strcmp(known, PLAIN[k]) == 0;
        }
        if (!is_plain && !makes_nameless(known)) {
            return false;
        }
    }
    return true;
}

static const char *
add_call(struct id_maker *maker, struct context context, const struct value *value)
{
    const void *base = context_base(&context);
    const char *text = blob_text(base, value->text);
    struct object callee = object_find_dotted(maker->work, context, text);
    const struct value *first = value->items.count ? value_item(base, value, 0) : NULL;

    if (object_is(&callee, "re.compile") && first) {
        struct object pattern = object_of_value(maker->work, context, first);
        if (pattern.kind == OBJECT_VALUE && pattern.value->kind == VALUE_STRING) {
            bool is_given = maker->is_given;
            maker->is_given = true; /* of any length */
            const char *reason = add_text(maker, context_base(&pattern.context), pattern.value);
            maker->is_given = is_given;
            return maker->work->resolver->settings->escapes_non_ascii_ids ? reason : computed(maker, text);
        }
    }
    if (object_is(&callee, "builtins.float") && value->items.count == 1 && first->kind == VALUE_STRING) {
        static const char *const WORDS[] = {"inf", "-inf", "nan"};
        for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
            if (strcmp(blob_text(base, first->text), WORDS[i]) == 0) {
                text_add_string(&maker->text, WORDS[i]);
                return NULL;
            }
        }
    }
    if ((callee.kind == OBJECT_KNOWN && makes_nameless(callee.text)) ||
        (callee.kind == OBJECT_CLASS && has_nameless_instances(maker->work, class_of(maker->work, &callee)))) {
        if (maker->is_given) {
            return computed(maker, text);
        }
        add_argument_name(maker);
        return NULL;
    }
    return computed(maker, text);
}

/* A name that is bound to something else than a literal. */
static const char *
add_object(struct id_maker *maker, const struct object *object, const char *text)
{
    const char *name = NULL;

    if (object->kind == OBJECT_MEMBER) {
        return add_member(maker, object);
    }
    if (object->kind == OBJECT_KNOWN) {
        name = strchr(object->text, '.') ? known_name(object->text) : NULL;
        if (object_is(object, "builtins.NotImplemented") || object_is(object, "builtins.Ellipsis")) {
            add_argument_name(maker);
            return NULL;
        }
    } else if (object->kind == OBJECT_FUNCTION &&
               !function_details(context_base(&object->context), object->function)->decorators.count) {
        name = blob_text(context_base(&object->context), object->function->name);
    } else if (object->kind == OBJECT_CLASS && !class_of(maker->work, object)->doubt) {
        name = blob_text(context_base(&object->context), object->class_facts->name);
    }
    if (!name && object->kind == OBJECT_UNKNOWN) {
        return work_format(maker->work, "parametrized with %s: %s", text, object->text);
    }
    if (!name) {
        return computed(maker, text);
    }
    text_add_string(&maker->text, name);
    return NULL;
}

/* ids=str, ids=repr */
static const char *
add_by_function(struct id_maker *maker, const void *base, const struct value *value)
{
    struct text made = {0};
    bool is_made = true;

    if (maker->function == ID_STR && value->kind == VALUE_STRING) {
        text_add(&made, blob_text(base, value->text), blob_text_length(base, value->text));
    } else {
        is_made = value_add_repr(base, value, &made);
    }
    if (is_made) {
        id_add_string(maker->work, text_string(&made), made.length, &maker->text);
    }
    text_release(&made);
    return is_made ? NULL : computed(maker, "a value");
}

const char *
id_add_value(struct id_maker *maker, struct context context, const struct value *value)
{
    const void *base = context_base(&context);
    const char *text = blob_text(base, value->text);

    if (value->kind == VALUE_NAME) {
        struct object object = object_of_value(maker->work, context, value);
        if (object.kind == OBJECT_VALUE) {
            return id_add_value(maker, object.context, object.value);
        }
        return maker->function ? computed(maker, text) : add_object(maker, &object, text);
    }
    if (maker->function) {
        return add_by_function(maker, base, value);
    }
    switch ((enum value_kind)value->kind) {
    case VALUE_STRING:
    case VALUE_BYTES:
        return add_text(maker, base, value);
    case VALUE_NONE:
    case VALUE_FALSE:
    case VALUE_TRUE:
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_COMPLEX:
        value_add_repr(base, value, &maker->text);
        return NULL;
    case VALUE_LONG:
        return add_long(maker);
    case VALUE_ELLIPSIS:
    case VALUE_TUPLE:
    case VALUE_LIST:
    case VALUE_SET:
    case VALUE_DICT:
    case VALUE_CONTAINER:
        if (maker->is_given) {
            maker->is_refused = true;
            return computed(maker, "an id of the wrong type");
        }
        add_argument_name(maker);
        return NULL;
    case VALUE_LAMBDA:
        text_add_string(&maker->text, "<lambda>");
        return NULL;
    case VALUE_CALL:
        return add_call(maker, context, value);
    default:
        return computed(maker, text);
    }
}

/* ---- Keys ---- */

static bool
add_items_key(struct resolve_work *work, struct context context, const struct value *value, struct text *text,
              bool *is_unhashable_out)
{
    const void *base = context_base(&context);

    for (uint32_t i = 0; i < value->items.count; i++) {
        const struct value *item = value_item(base, value, i);
        /* 1, 1.0 and True are equal inside of tuples. */
        if (item->kind == VALUE_FLOAT || item->kind == VALUE_TRUE || item->kind == VALUE_FALSE ||
            item->kind == VALUE_COMPLEX || !value_add_key(work, context, item, text, is_unhashable_out)) {
            return false;
        }
        text_add_char(text, ',');
    }
    return true;
}

bool
value_add_key(struct resolve_work *work, struct context context, const struct value *value, struct text *text,
              bool *is_unhashable_out)
{
    const void *base = context_base(&context);
    struct object object = object_of_value(work, context, value);

    if (object.kind == OBJECT_FUNCTION || object.kind == OBJECT_CLASS) {
        text_add_format(text, "@%p",
                        object.kind == OBJECT_CLASS ? (const void *)object.class_facts : (const void *)object.function);
        return true;
    }
    if (object.kind == OBJECT_KNOWN && text_begins(object.text, "builtins.")) {
        text_add_format(text, "@%s", object.text);
        return true;
    }
    if (object.kind != OBJECT_VALUE) {
        return false;
    }
    value = object.value;
    base = context_base(&object.context);
    text_add_format(text, "%u:%u:", value->kind,
                    value->text ? blob_text_length(base, value->text) : value->items.count);
    switch ((enum value_kind)value->kind) {
    case VALUE_NONE:
    case VALUE_FALSE:
    case VALUE_TRUE:
    case VALUE_ELLIPSIS:
        return true;
    case VALUE_INTEGER:
    case VALUE_STRING:
    case VALUE_BYTES:
        text_add(text, blob_text(base, value->text), blob_text_length(base, value->text));
        return true;
    case VALUE_FLOAT:
        text_add_string(text, blob_text(base, value->text));
        return strcmp(blob_text(base, value->text), "nan") != 0 && strcmp(blob_text(base, value->text), "-0.0") != 0;
    case VALUE_TUPLE:
        return add_items_key(work, object.context, value, text, is_unhashable_out);
    case VALUE_LIST:
    case VALUE_DICT:
    case VALUE_SET:
        *is_unhashable_out = true;
        return false;
    default:
        return false;
    }
}
