/* shlex.split(): the words of addopts and of other settings of type "args". */
#include <string.h>

#include "base/text.h"
#include "config/config.h"

struct splitter {
    const char *next;
    struct text word;
    bool has_word; /* an empty quotation is a word, too */
};

static bool
is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

/* One quotation, behind its opening quote. */
static bool
read_quoted(struct splitter *splitter, char quote, struct error *error)
{
    while (*splitter->next != quote) {
        char character = *splitter->next;
        if (!character) {
            return error_set(error, ERROR_USAGE, "No closing quotation");
        }
        if (character == '\\' && quote == '"') {
            char escaped = splitter->next[1];
            if (!escaped) {
                return error_set(error, ERROR_USAGE, "No escaped character");
            }
            if (escaped != '"' && escaped != '\\') {
                text_add_char(&splitter->word, '\\');
            }
            character = escaped;
            splitter->next++;
        }
        text_add_char(&splitter->word, character);
        splitter->next++;
    }
    splitter->next++;
    return true;
}

static bool
read_word(struct splitter *splitter, struct error *error)
{
    while (*splitter->next && !is_blank(*splitter->next)) {
        char character = *splitter->next++;
        splitter->has_word = true;
        if (character == '\'' || character == '"') {
            if (!read_quoted(splitter, character, error)) {
                return false;
            }
        } else if (character == '\\') {
            if (!*splitter->next) {
                return error_set(error, ERROR_USAGE, "No escaped character");
            }
            text_add_char(&splitter->word, *splitter->next++);
        } else {
            text_add_char(&splitter->word, character);
        }
    }
    return true;
}

bool
shell_split(const char *text, struct arena *arena, const char ***words_out, size_t *count_out, struct error *error)
{
    struct splitter splitter = {.next = text};
    const char **words = arena_alloc(arena, (strlen(text) / 2 + 1) * sizeof *words);
    size_t count = 0;
    bool is_split = true;

    while (is_split) {
        while (is_blank(*splitter.next)) {
            splitter.next++;
        }
        splitter.has_word = false;
        text_clear(&splitter.word);
        is_split = read_word(&splitter, error);
        if (!splitter.has_word) {
            break;
        }
        words[count++] = arena_copy_bytes(arena, text_string(&splitter.word), splitter.word.length);
    }
    text_release(&splitter.word);
    if (is_split) {
        *words_out = words;
        *count_out = count;
    }
    return is_split;
}
