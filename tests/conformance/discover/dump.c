/* Prints what discovery says of a folder: the ID as JSON, behind "exact" or why it is not; then the same of files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "discover/discover.h"

extern char **environ;

static void
print_file(const struct discovered_file *file, const char *all)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    struct text id = {0};
    struct text shown = {0};

    for (size_t i = 0; i < file->selected_count; i++) {
        const struct found_function *function = &functions[file->selected[i].function];
        const char *reason = all ? all : blob_text(found, found_details(found, function)->reason);
        text_clear(&id);
        discovered_id_add(file, &file->selected[i], &id);
        json_add_string(&shown, id.bytes, id.length);
        printf("%s\t%s\n", function->flags & TEST_EXACT && !all ? "exact" : reason, text_string(&shown));
        text_clear(&shown);
    }
    printf("# %s\t%s\t%s\n", found->flags & FILE_EXACT && !all ? "exact" : "inexact", file->nodeid,
           found->error ? blob_text(found, found->error) : blob_text(found, found->reason));
    text_release(&id);
    text_release(&shown);
}

int
main(int argc, char **argv)
{
    struct discover_question question = {0};
    struct discovery discovery;
    struct error error = ERROR_INIT;

    if (argc < 3) {
        return 2;
    }
    question.folder = argv[1];
    question.interpreter = argv[2];
    question.arguments = (const char *const *)argv + 3;
    question.argument_count = (size_t)argc - 3;
    question.environment = (const char *const *)environ;
    question.without_index = !getenv("DUMP_WITH_INDEX");
    if (!discovery_make(&question, &discovery, &error)) {
        printf("! %s\n", error.message);
        discovery_release(&discovery);
        return 1;
    }
    for (size_t i = 0; i < discovery.file_count; i++) {
        const char *reason = discovery.reason ? discovery.reason : discovery.files[i].reason;
        print_file(&discovery.files[i], getenv("DUMP_IGNORE_REASON") ? NULL : reason);
    }
    printf("## %s\n", discovery.reason ? discovery.reason : "");
    discovery_release(&discovery);
    return 0;
}
