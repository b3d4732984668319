/* The mini language of explanations: newlines before { } ~ > mean something, all others are escaped. */
#include <string.h>

#include "base/arena.h"
#include "rewrite/internal.h"

/* One level of "where": the line that it explains, and how many lines explain it so far. */
struct level {
    size_t line;
    size_t where_count;
};

struct formatter {
    struct text *lines; /* one text per line */
    size_t line_count;
    size_t line_capacity;
    struct level *levels;
    size_t level_count;
    size_t level_capacity;
};

static struct text *
line_new(struct formatter *formatter)
{
    if (formatter->line_count == formatter->line_capacity) {
        formatter->line_capacity = formatter->line_capacity ? formatter->line_capacity * 2 : 16;
        formatter->lines = memory_resize(formatter->lines, formatter->line_capacity * sizeof *formatter->lines);
    }
    formatter->lines[formatter->line_count] = (struct text){0};
    return &formatter->lines[formatter->line_count++];
}

static void
level_push(struct formatter *formatter, size_t line)
{
    if (formatter->level_count == formatter->level_capacity) {
        formatter->level_capacity = formatter->level_capacity ? formatter->level_capacity * 2 : 8;
        formatter->levels = memory_resize(formatter->levels, formatter->level_capacity * sizeof *formatter->levels);
    }
    formatter->levels[formatter->level_count++] = (struct level){line, 0};
}

/* The end of the next piece: the newline before { } ~ or >, or the end. */
static const char *
piece_end(const char *at, const char *end)
{
    for (;;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline) {
            return end;
        }
        if (newline + 1 < end && strchr("{}~>", newline[1]) && newline[1]) {
            return newline;
        }
        at = newline + 1;
    }
}

static void
add_piece(struct text *line, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '\n') {
            text_add(line, "\\n", 2);
        } else {
            text_add_char(line, *at);
        }
    }
}

static void
format_piece(struct formatter *formatter, const char *at, const char *end)
{
    struct level *level = &formatter->levels[formatter->level_count - 1];
    struct text *line = NULL;

    switch (*at) {
    case '{': {
        bool is_first = level->where_count == 0;
        level->where_count++;
        level_push(formatter, formatter->line_count);
        line = line_new(formatter);
        text_add(line, " +", 2);
        text_add_repeated(line, ' ', 2 * (formatter->level_count - 1));
        text_add_string(line, is_first ? "where " : "and   ");
        break;
    }
    case '}':
        if (formatter->level_count > 1) {
            formatter->level_count--;
        }
        line = &formatter->lines[formatter->levels[formatter->level_count - 1].line];
        break;
    default:
        level->line++;
        line = line_new(formatter);
        text_add_repeated(line, ' ', 2 * (*at == '~' ? formatter->level_count : formatter->level_count - 1));
        break;
    }
    add_piece(line, at + 1, end);
}

void
explanation_format(const char *explanation, size_t length, struct text *out)
{
    struct formatter formatter = {0};
    const char *end = explanation + length;
    const char *at = piece_end(explanation, end);

    level_push(&formatter, 0);
    add_piece(line_new(&formatter), explanation, at);
    while (at < end) {
        const char *next = piece_end(at + 1, end);
        format_piece(&formatter, at + 1, next);
        at = next;
    }
    for (size_t i = 0; i < formatter.line_count; i++) {
        if (i) {
            text_add_char(out, '\n');
        }
        text_add(out, text_string(&formatter.lines[i]), formatter.lines[i].length);
        text_release(&formatter.lines[i]);
    }
    memory_free(formatter.lines);
    memory_free(formatter.levels);
}
