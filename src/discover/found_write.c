/* A file's tests, written into a blob. */
#include "base/json.h"
#include "discover/id_values.h"

struct found_writer {
    struct resolve_work *work;
    struct blob *blob;
    const char *last_classes, *last_reason;
    blob_offset classes, reason;
    const struct collected *last_closure;
    struct blob_range closure, marks;
    struct found_details *details; /* in the arena */
    uint32_t details_count;
};

/* ---- Marks ---- */

static bool add_json(struct resolve_work *work, struct context context, const struct value *value, struct text *json);

static bool
add_json_items(struct resolve_work *work, struct context context, const struct value *value, struct text *json)
{
    for (uint32_t i = 0; i < value->items.count; i++) {
        if (i) {
            text_add_string(json, ", ");
        }
        if (!add_json(work, context, value_item(context_base(&context), value, i), json)) {
            return false;
        }
    }
    return true;
}

static bool
add_json_dict(struct resolve_work *work, struct context context, const struct value *value, struct text *json)
{
    const void *base = context_base(&context);

    text_add_char(json, '{');
    for (uint32_t i = 0; i + 1 < value->items.count; i += 2) {
        const struct value *key = value_item(base, value, i);
        if (key->kind != VALUE_STRING) {
            return false;
        }
        text_add_string(json, i ? ", " : "");
        json_add_string(json, blob_text(base, key->text), blob_text_length(base, key->text));
        text_add_string(json, ": ");
        if (!add_json(work, context, value_item(base, value, i + 1), json)) {
            return false;
        }
    }
    text_add_char(json, '}');
    return true;
}

static bool
add_json(struct resolve_work *work, struct context context, const struct value *value, struct text *json)
{
    struct object object = object_of_value(work, context, value);

    if (object.kind != OBJECT_VALUE) {
        return false;
    }
    context = object.context;
    value = object.value;
    const void *base = context_base(&context);
    switch ((enum value_kind)value->kind) {
    case VALUE_NONE:
        text_add_string(json, "null");
        return true;
    case VALUE_FALSE:
        text_add_string(json, "false");
        return true;
    case VALUE_TRUE:
        text_add_string(json, "true");
        return true;
    case VALUE_INTEGER:
    case VALUE_FLOAT:
        text_add(json, blob_text(base, value->text), blob_text_length(base, value->text));
        return !strpbrk(blob_text(base, value->text), "in"); /* inf, nan */
    case VALUE_STRING:
        json_add_string(json, blob_text(base, value->text), blob_text_length(base, value->text));
        return true;
    case VALUE_LIST:
    case VALUE_TUPLE: {
        text_add_char(json, '[');
        bool is_good = add_json_items(work, context, value, json);
        text_add_char(json, ']');
        return is_good;
    }
    case VALUE_DICT:
        return add_json_dict(work, context, value, json);
    default:
        return false;
    }
}

/* The arguments as JSON; false when they are not all literal. */
static bool
mark_arguments_write(struct resolve_work *work, const struct mark *mark, struct text *text)
{
    const void *base = context_base(&mark->context);

    text_add_string(text, "{\"args\": [");
    if (mark->call && !add_json_items(work, mark->context, mark->call, text)) {
        return false;
    }
    text_add_string(text, "], \"kwargs\": {");
    const struct value_keyword *keywords = mark->call ? blob_at(base, mark->call->keywords.first) : NULL;
    for (uint32_t i = 0; mark->call && i < mark->call->keywords.count; i++) {
        if (!keywords[i].name) {
            return false;
        }
        text_add_string(text, i ? ", " : "");
        json_add_string(text, blob_text(base, keywords[i].name), blob_text_length(base, keywords[i].name));
        text_add_string(text, ": ");
        if (!add_json(work, mark->context, &keywords[i].value, text)) {
            return false;
        }
    }
    text_add_string(text, "}}");
    return true;
}

static struct blob_range
write_marks(struct found_writer *writer, const struct mark_list *marks)
{
    struct blob_range range = {0, (uint32_t)marks->count};
    struct text text = {0};

    if (!marks->count) {
        return range;
    }
    range.first = blob_reserve(writer->blob, marks->count * sizeof(struct found_mark));
    for (size_t i = 0; i < marks->count; i++) {
        struct found_mark found = {0};
        found.name = blob_add_text(writer->blob, marks->items[i].name, marks->items[i].length);
        text_clear(&text);
        if (!marks->items[i].is_made && mark_arguments_write(writer->work, &marks->items[i], &text)) {
            found.arguments = blob_add_text(writer->blob, text.bytes, text.length);
        }
        memcpy(writer->blob->bytes + range.first + i * sizeof found, &found, sizeof found);
    }
    text_release(&text);
    return range;
}

/* ---- Texts ---- */

static blob_offset
write_text(struct found_writer *writer, const char *text)
{
    return text ? blob_add_text(writer->blob, text, strlen(text)) : 0;
}

static struct blob_range
write_texts(struct found_writer *writer, const char *const *texts, size_t count)
{
    struct blob_range range = {0, (uint32_t)count};

    if (!count) {
        return range;
    }
    range.first = blob_reserve(writer->blob, count * sizeof(blob_offset));
    for (size_t i = 0; i < count; i++) {
        blob_offset offset = write_text(writer, texts[i]);
        memcpy(writer->blob->bytes + range.first + i * sizeof offset, &offset, sizeof offset);
    }
    return range;
}

/* ---- Functions ---- */

static struct blob_range
write_ids(struct found_writer *writer, const struct collected *collected)
{
    const char **ids = arena_alloc(writer->work->arena, (collected->call_count + 1) * sizeof *ids);

    for (size_t i = 0; i < collected->call_count; i++) {
        ids[i] = collected->calls[i].id ? collected->calls[i].id : "";
    }
    return write_texts(writer, ids, collected->call_count);
}

static struct blob_range
write_id_marks(struct found_writer *writer, const struct collected *collected)
{
    struct blob_range range = {0, (uint32_t)collected->call_count};
    bool has_marks = false;

    for (size_t i = 0; i < collected->parametrization_count; i++) {
        for (size_t k = 0; k < collected->parametrizations[i].set_count; k++) {
            has_marks = has_marks || collected->parametrizations[i].sets[k].marks.count;
        }
    }
    if (!has_marks) {
        return (struct blob_range){0, 0};
    }
    range.first = blob_reserve(writer->blob, collected->call_count * sizeof range);
    for (size_t n = 0; n < collected->call_count; n++) {
        struct mark_list marks = {0};
        for (size_t i = 0; i < collected->parametrization_count; i++) {
            const struct param_set *set = &collected->parametrizations[i].sets[collected->calls[n].set_indexes[i]];
            for (size_t k = 0; k < set->marks.count; k++) {
                mark_list_add(writer->work, &marks, &set->marks.items[k]);
            }
        }
        struct blob_range own = write_marks(writer, &marks);
        memcpy(writer->blob->bytes + range.first + n * sizeof own, &own, sizeof own);
    }
    return range;
}

static struct blob_range
write_parametrizations(struct found_writer *writer, const struct collected *collected)
{
    struct blob_range range = {0, (uint32_t)collected->parametrization_count};

    if (!range.count) {
        return range;
    }
    range.first = blob_reserve(writer->blob, range.count * sizeof(struct found_parametrization));
    for (uint32_t i = 0; i < range.count; i++) {
        const struct parametrization *made = &collected->parametrizations[i];
        struct found_parametrization found = {0};
        found.names = write_texts(writer, made->names, made->name_count);
        found.fixture = write_text(writer, made->fixture);
        found.ids = write_texts(writer, made->plain_ids, made->set_count);
        memcpy(writer->blob->bytes + range.first + i * sizeof found, &found, sizeof found);
    }
    return range;
}

static bool
is_same_closure(const struct collected *left, const struct collected *right)
{
    if (!left || left->closure.count != right->closure.count) {
        return false;
    }
    for (size_t i = 0; i < left->closure.count; i++) {
        if (strcmp(left->closure.names[i], right->closure.names[i]) != 0) {
            return false;
        }
    }
    return true;
}

static blob_offset
write_file_name(struct found_writer *writer, const struct collected *collected)
{
    const struct resolve_work *work = writer->work;
    const char *root = work->resolver->settings->project.root_folder;
    size_t length = strlen(root);
    const char *path = collected->module->source->path;

    if (collected->module == work->module) {
        return 0;
    }
    return write_text(writer, strncmp(path, root, length) == 0 && path[length] == '/' ? path + length + 1 : path);
}

static bool
is_same_text(const void *base, blob_offset left, blob_offset right)
{
    return blob_text_length(base, left) == blob_text_length(base, right) && !left == !right &&
           memcmp(blob_text(base, left), blob_text(base, right), blob_text_length(base, left)) == 0;
}

static bool
are_same_marks(const void *base, struct blob_range left, struct blob_range right)
{
    const struct found_mark *one = blob_at(base, left.first);
    const struct found_mark *other = blob_at(base, right.first);
    bool is_same = left.count == right.count;

    for (uint32_t i = 0; is_same && i < left.count; i++) {
        is_same =
            is_same_text(base, one[i].name, other[i].name) && is_same_text(base, one[i].arguments, other[i].arguments);
    }
    return is_same;
}

/* Tests that follow each other often have the marks of their class or file, and no others. */
static struct blob_range
write_function_marks(struct found_writer *writer, const struct collected *collected)
{
    size_t size_bytes = writer->blob->size_bytes;
    struct blob_range marks = write_marks(writer, &collected->marks);

    if (are_same_marks(writer->blob->bytes, marks, writer->marks)) {
        writer->blob->size_bytes = size_bytes;
    } else {
        writer->marks = marks;
    }
    return writer->marks;
}

/* The number of these details + 1. Functions that follow each other share them. */
static uint32_t
keep_details(struct found_writer *writer, const struct found_details *details)
{
    static const struct found_details NONE = {.reason = 0};
    uint32_t count = writer->details_count;

    if (memcmp(details, &NONE, sizeof NONE) == 0) {
        return 0;
    }
    if (!count || memcmp(details, &writer->details[count - 1], sizeof *details) != 0) {
        writer->details[count] = *details;
        writer->details_count++;
    }
    return writer->details_count;
}

static uint32_t
write_details(struct found_writer *writer, const struct collected *collected, const char *reason)
{
    bool is_plain = !reason && collected->module == writer->work->module &&
                    !(collected->marks.count | collected->closure.count | collected->parametrization_count);

    if (is_plain) {
        return 0;
    }
    if (reason != writer->last_reason) {
        writer->reason = write_text(writer, reason);
        writer->last_reason = reason;
    }
    if (!is_same_closure(writer->last_closure, collected)) {
        writer->closure = write_texts(writer, collected->closure.names, collected->closure.count);
    }
    writer->last_closure = collected;
    struct found_details details = {.reason = writer->reason, .fixtures = writer->closure};
    details.file = write_file_name(writer, collected);
    details.marks = write_function_marks(writer, collected);
    details.parametrization = write_parametrizations(writer, collected);
    details.ids = write_ids(writer, collected);
    details.id_marks = write_id_marks(writer, collected);
    return keep_details(writer, &details);
}

static struct found_function
write_function(struct found_writer *writer, const struct collected *collected)
{
    const struct function_facts *function = collected->function;
    const char *reason = writer->work->file_reason ? writer->work->file_reason : collected->reason;

    if (collected->classes != writer->last_classes) {
        writer->classes = write_text(writer, collected->classes);
        writer->last_classes = collected->classes;
    }
    return (struct found_function){
        .name = write_text(writer, collected->name),
        .classes = writer->classes,
        .line = function->line,
        .end_line = function->end_line,
        .column = function->column,
        .flags = (uint16_t)(collected->flags | (reason ? 0 : TEST_EXACT)),
        .details = write_details(writer, collected, reason),
    };
}

/* ---- The file ---- */

static void
write_header(struct found_writer *writer, const struct collected_list *functions, struct found_file *file)
{
    const struct resolve_work *work = writer->work;
    const struct facts *facts = work->module->facts;
    bool is_exact = !work->file_reason && !work->more_reason;
    const char *reason = work->file_reason ? work->file_reason : work->more_reason;

    if (work->module->source->failure) {
        file->error = write_text(writer, work->module->source->failure);
    } else if (facts->error_line) {
        file->error = write_text(writer, blob_text(facts, facts->error));
        file->error_line = facts->error_line;
    }
    for (size_t i = 0; i < functions->count; i++) {
        is_exact = is_exact && !functions->items[i].reason;
        reason = reason ? reason : functions->items[i].reason;
    }
    file->format = FOUND_FORMAT;
    file->flags = is_exact && !file->error ? FILE_EXACT : 0;
    file->flags |= work->loads_plugins ? FILE_LOADS_PLUGINS : 0;
    file->flags |= work->keeps_to_itself ? FILE_KEEPS_TO_ITSELF : 0;
    file->flags |= work->changes_lists ? FILE_CHANGES_LISTS : 0;
    file->flags |= work->takes_lists ? FILE_TAKES_LISTS : 0;
    file->flags |= work->keeps_to_itself && !work->imports_do_not ? FILE_IMPORTS_KEEP : 0;
    file->reason = is_exact ? 0 : write_text(writer, reason);
}

static bool
is_in_order(const struct collected_list *functions, const struct test_order *order)
{
    bool is_so = order->count == functions->count;

    if (!order->tests) {
        return true;
    }
    for (uint32_t i = 0; is_so && i < order->count; i++) {
        is_so = order->tests[i].function == i && order->tests[i].id == 0;
    }
    return is_so;
}

static void
write_tests(struct found_writer *writer, const struct collected_list *functions, const struct test_order *order,
            struct found_file *file)
{
    if (is_in_order(functions, order)) {
        file->flags |= FILE_IN_ORDER;
    } else if (order->count) {
        file->tests.count = (uint32_t)order->count;
        file->tests.first = blob_add(writer->blob, order->tests, order->count * sizeof *order->tests);
    }
}

void
found_write(struct resolve_work *work, const struct collected_list *functions, const struct test_order *order,
            struct blob *found_out)
{
    struct found_writer writer = {.work = work, .blob = found_out};
    struct found_file file = {0};
    uint32_t count = (uint32_t)functions->count;

    blob_clear(found_out);
    blob_reserve(found_out, sizeof file);
    writer.details = arena_alloc(work->arena, (count + 1) * sizeof *writer.details);
    write_header(&writer, functions, &file);
    file.functions = (struct blob_range){0, count};
    if (count) {
        file.functions.first = blob_reserve(found_out, count * sizeof(struct found_function));
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct found_function found = write_function(&writer, &functions->items[i]);
        memcpy(found_out->bytes + file.functions.first + i * sizeof found, &found, sizeof found);
    }
    file.details = (struct blob_range){0, writer.details_count};
    if (writer.details_count) {
        file.details.first = blob_add(found_out, writer.details, writer.details_count * sizeof *writer.details);
    }
    write_tests(&writer, functions, order, &file);
    file.size_bytes = (uint32_t)found_out->size_bytes;
    memcpy(found_out->bytes, &file, sizeof file);
}
