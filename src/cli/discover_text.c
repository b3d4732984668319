/* fastest discover for people and scripts: the tree of folders, files, classes and functions; the ids. */
#include <string.h>

#include "cli/discover.h"

/* ---- What is exact ---- */

/* Why nothing of the file is exact, whatever its sources say; NULL. */
static const char *
general_reason(const struct discovery *discovery, const struct discovered_file *file)
{
    return file->found->flags & FILE_RECORDED ? NULL : discovery->reason ? discovery->reason : file->reason;
}

bool
discovered_file_is_exact(const struct discovery *discovery, const struct discovered_file *file, const char **reason_out)
{
    const char *reason = general_reason(discovery, file);
    bool is_exact = !reason && !file->undecided && (file->found->flags & FILE_EXACT);

    if (!reason && file->found->reason) {
        reason = blob_text(file->found, file->found->reason);
    }
    if (reason_out) {
        *reason_out = is_exact ? NULL : reason ? reason : file->undecided;
    }
    return is_exact;
}

bool
discovered_test_is_exact(const struct discovery *discovery, const struct discovered_file *file,
                         const struct found_function *function, const char **reason_out)
{
    const char *reason = general_reason(discovery, file);
    bool is_exact = !reason && !file->undecided && (function->flags & TEST_EXACT);

    if (!reason_out) {
        return is_exact;
    }
    *reason_out = NULL;
    if (!is_exact && !reason && found_details(file->found, function)->reason) {
        *reason_out = blob_text(file->found, found_details(file->found, function)->reason);
    } else if (!is_exact) {
        (void)discovered_file_is_exact(discovery, file, reason_out);
    }
    return is_exact;
}

size_t
discovery_count_exact(const struct discovery *discovery)
{
    size_t count = 0;

    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        const struct found_function *functions = blob_at(file->found, file->found->functions.first);
        if (discovered_file_is_exact(discovery, file, NULL)) {
            count += file->selected_count;
            continue;
        }
        for (size_t j = 0; j < file->selected_count; j++) {
            count += discovered_test_is_exact(discovery, file, &functions[file->selected[j].function], NULL);
        }
    }
    return count;
}

size_t
discovery_count_inexact_files(const struct discovery *discovery)
{
    size_t count = 0;

    for (size_t i = 0; i < discovery->file_count; i++) {
        count += !discovered_file_is_exact(discovery, &discovery->files[i], NULL);
    }
    return count;
}

/* ---- Ids ---- */

void
discover_print_ids(struct printer *printer, const struct discovery *discovery)
{
    struct text path = {0};

    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        text_clear(&path);
        text_add_string(&path, file->nodeid);
        text_add(&path, "::", 2);
        for (size_t j = 0; j < file->selected_count; j++) {
            text_add(&printer->text, path.bytes, path.length);
            discovered_name_add(file, &file->selected[j], &printer->text);
            text_add_char(&printer->text, '\n');
            if (printer->text.length > PRINTER_BYTES) {
                printer_write(printer);
            }
        }
    }
    text_release(&path);
}

/* ---- The tree ---- */

void
text_add_printable(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x20 && byte != 0x7f) {
            text_add_char(text, bytes[i]);
        } else if (byte == '\n' || byte == '\t' || byte == '\r') {
            text_add_string(text, byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : "\\r");
        } else {
            text_add_format(text, "\\x%02x", byte);
        }
    }
}

struct tree {
    struct text *text;
    const struct discovery *discovery;
    const char *folder; /* the file before: what of its folders need not be said again */
    size_t folder_length;
};

static void
add_line_start(struct tree *tree, size_t depth, const char *name, size_t length)
{
    text_add_repeated(tree->text, ' ', depth * 2);
    text_add_printable(tree->text, name, length);
}

/* " (3)" behind what holds several tests. */
static void
add_count(struct tree *tree, size_t count)
{
    text_add_format(tree->text, " (%zu)", count);
}

static void
add_reason(struct tree *tree, const char *reason)
{
    if (reason) {
        text_add_string(tree->text, "  not exact: ");
        text_add_printable(tree->text, reason, strlen(reason));
    }
}

/* How many tests from `i` on, in files that follow each other, lie below the folder. */
static size_t
count_below(const struct discovery *discovery, size_t i, const char *folder, size_t length)
{
    size_t count = 0;

    for (; i < discovery->file_count && strncmp(discovery->files[i].nodeid, folder, length) == 0; i++) {
        count += discovery->files[i].selected_count;
    }
    return count;
}

/* Names the folders of file `i` that the one before it is not in; returns how deep the file is. */
static size_t
add_folders(struct tree *tree, size_t i)
{
    const char *path = tree->discovery->files[i].nodeid;
    size_t depth = 0;
    size_t start = 0;
    bool is_new = false;

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t end = (size_t)(slash - path) + 1;
        is_new = is_new || end > tree->folder_length || memcmp(tree->folder, path, end) != 0;
        if (is_new) {
            add_line_start(tree, depth, path + start, end - start);
            add_count(tree, count_below(tree->discovery, i, path, end));
            text_add_char(tree->text, '\n');
        }
        start = end;
        depth++;
    }
    tree->folder = path;
    tree->folder_length = start;
    return depth;
}

/* How many of the following tests are in the same class, told by its first `length` bytes. */
static size_t
count_in_class(const struct discovered_file *file, size_t i, const char *classes, size_t length)
{
    const struct found_function *functions = blob_at(file->found, file->found->functions.first);
    size_t count = 0;

    for (; i < file->selected_count; i++) {
        const char *others = blob_text(file->found, functions[file->selected[i].function].classes);
        if (strncmp(others, classes, length) != 0 || (others[length] && others[length] != ':')) {
            break;
        }
        count++;
    }
    return count;
}

/* Names the classes of a test that the one before it is not in; returns how deep the test is. */
static size_t
add_classes(struct tree *tree, const struct discovered_file *file, size_t i, const char *before, size_t depth)
{
    const struct found_function *functions = blob_at(file->found, file->found->functions.first);
    const char *classes = blob_text(file->found, functions[file->selected[i].function].classes);
    bool is_new = false;

    for (size_t start = 0; classes[start];) {
        const char *separator = strstr(classes + start, "::");
        size_t end = separator ? (size_t)(separator - classes) : strlen(classes);
        is_new = is_new || strncmp(before, classes, end) != 0 || (before[end] && before[end] != ':');
        if (is_new) {
            add_line_start(tree, depth, classes + start, end - start);
            add_count(tree, count_in_class(file, i, classes, end));
            text_add_char(tree->text, '\n');
        }
        start = end + (separator ? 2 : 0);
        depth++;
    }
    return depth;
}

/* One line for the parametrizations of a function that follow each other; returns how many. */
static size_t
add_function(struct tree *tree, const struct discovered_file *file, size_t i, size_t depth, const char *file_reason)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    const struct found_function *function = &functions[file->selected[i].function];
    const struct found_details *details = found_details(found, function);
    const char *reason = NULL;
    size_t count = 1;

    while (i + count < file->selected_count && file->selected[i + count].function == file->selected[i].function) {
        count++;
    }
    (void)discovered_test_is_exact(tree->discovery, file, function, &reason);
    add_line_start(tree, depth, blob_text(found, function->name), blob_text_length(found, function->name));
    if (details->ids.count && count == 1) {
        const blob_offset *ids = blob_at(found, details->ids.first);
        blob_offset id = ids[file->selected[i].id];
        text_add_char(tree->text, '[');
        text_add_printable(tree->text, blob_text(found, id), blob_text_length(found, id));
        text_add_char(tree->text, ']');
    } else if (count > 1) {
        add_count(tree, count);
    }
    add_reason(tree, reason && !(file_reason && strcmp(reason, file_reason) == 0) ? reason : NULL);
    text_add_char(tree->text, '\n');
    return count;
}

static void
add_file(struct tree *tree, size_t number)
{
    const struct discovered_file *file = &tree->discovery->files[number];
    const struct found_function *functions = blob_at(file->found, file->found->functions.first);
    size_t depth = add_folders(tree, number);
    const char *name = file->nodeid + tree->folder_length;
    const char *reason = NULL;
    const char *classes = "";

    (void)discovered_file_is_exact(tree->discovery, file, &reason);
    add_line_start(tree, depth, name, strlen(name));
    add_count(tree, file->selected_count);
    if (file->found->error) {
        text_add_string(tree->text, "  error");
    }
    add_reason(tree, reason != tree->discovery->reason ? reason : NULL);
    text_add_char(tree->text, '\n');
    for (size_t i = 0; i < file->selected_count;) {
        size_t test_depth = add_classes(tree, file, i, classes, depth + 1);
        classes = blob_text(file->found, functions[file->selected[i].function].classes);
        i += add_function(tree, file, i, test_depth, reason);
    }
}

static void
add_summary(struct text *text, const struct discovery *discovery)
{
    size_t exact_count = discovery_count_exact(discovery);
    size_t count = discovery->selected_count;

    text_add_format(text, "%s%zu test%s in %zu file%s", discovery->file_count ? "\n" : "", count, count == 1 ? "" : "s",
                    discovery->file_count, discovery->file_count == 1 ? "" : "s");
    if (discovery->deselected_count) {
        text_add_format(text, ", %zu deselected", discovery->deselected_count);
    }
    if (discovery->reason && exact_count < count) {
        text_add_format(text, "; %zu not exact: ", count - exact_count);
        text_add_printable(text, discovery->reason, strlen(discovery->reason));
    } else if (exact_count < count) {
        text_add_format(text, "; %zu not exact", count - exact_count);
    }
    text_add_char(text, '\n');
}

void
discover_print_tree(struct printer *printer, const struct discovery *discovery)
{
    struct tree tree = {.text = &printer->text, .discovery = discovery, .folder = ""};

    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        bool may_hold_more = !discovery->reason && !(file->found->flags & FILE_EXACT) && !file->deselected_count;
        if (file->selected_count || file->found->error || may_hold_more) {
            add_file(&tree, i);
        }
        if (printer->text.length > PRINTER_BYTES) {
            printer_write(printer);
        }
    }
    add_summary(&printer->text, discovery);
}
