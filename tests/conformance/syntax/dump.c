/* Prints the tokens and the assertions of source files, for compare.py to hold against tokenize and ast. */
#include <stdio.h>
#include <string.h>

#include "../whole_file.h"
#include "base/arena.h"
#include "syntax/syntax.h"

static void
print_tree(const struct expression *node)
{
    printf("(%d %d %d %u %u", (int)node->kind, (int)node->operator_kind, (int)node->comparison, node->start, node->end);
    for (const struct expression *child = node->first_child; child; child = child->next) {
        print_tree(child);
    }
    printf(")");
}

static void
print_tokens(const char *source, size_t length)
{
    struct lexer lexer;
    struct token token;

    lexer_init(&lexer, source, length);
    do {
        token = lexer_next(&lexer);
        printf("T %d %u %u %u\n", (int)token.kind, token.start, token.end, token.line);
    } while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR);
}

static void
print_assertions(const char *source, size_t length)
{
    struct span_reader reader;
    struct assertion assertion;

    span_reader_init(&reader, source, length);
    while (span_reader_next(&reader, &assertion)) {
        printf("A %u %u %u %u %d %.*s ", assertion.start, assertion.end, assertion.line,
               assertion.has_message ? assertion.comma : 0, (int)assertion.scope,
               (int)(assertion.class_end - assertion.class_start), source + assertion.class_start);
        print_tree(assertion.test);
        printf("\n");
    }
    if (reader.has_failed) {
        printf("F\n");
    }
    span_reader_release(&reader);
}

/* dump tokens|spans|time FILE...: "time" reads every file's assertions and prints nothing. */
int
main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        size_t length = 0;
        char *bytes = read_whole(argv[i], &length);
        struct source_encoding encoding = source_encoding_find(bytes, length);

        printf("S %s %s\n", argv[i], encoding.name);
        if (strcmp(argv[1], "tokens") == 0) {
            print_tokens(bytes + encoding.mark_bytes, length - encoding.mark_bytes);
        } else {
            print_assertions(bytes + encoding.mark_bytes, length - encoding.mark_bytes);
        }
        memory_free(bytes);
    }
    return 0;
}
