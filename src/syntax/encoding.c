/* Looks for "coding[=:]\s*([-\w.]+)" in a comment of the first two lines, as the tokenizer of CPython does. */
#include "syntax/encoding.h"

#include <string.h>

static bool
is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '_' || byte == '.';
}

static char
normal_byte(char byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return (char)(byte - 'A' + 'a');
    }
    return byte == '_' ? '-' : byte;
}

/* The declared name in one line, or false. `is_blank_out`: the line holds no code, so the next one counts, too. */
static bool
line_find_name(const char *line, size_t length, char *name, bool *is_blank_out)
{
    size_t i = 0;

    while (i < length && (line[i] == ' ' || line[i] == '\t' || line[i] == '\f')) {
        i++;
    }
    *is_blank_out = i == length || line[i] == '#';
    if (i == length || line[i] != '#') {
        return false;
    }
    for (; i + 7 <= length; i++) {
        if (memcmp(line + i, "coding", 6) != 0 || (line[i + 6] != ':' && line[i + 6] != '=')) {
            continue;
        }
        size_t from = i + 7;
        while (from < length && (line[from] == ' ' || line[from] == '\t')) {
            from++;
        }
        size_t count = 0;
        while (from + count < length && is_name_byte(line[from + count]) && count < ENCODING_NAME_BYTES - 1) {
            name[count] = normal_byte(line[from + count]);
            count++;
        }
        if (count) {
            name[count] = '\0';
            return true;
        }
    }
    return false;
}

static bool
name_is_utf8(const char *name)
{
    return strcmp(name, "utf-8") == 0 || strcmp(name, "utf8") == 0 || strncmp(name, "utf-8-", 6) == 0 ||
           strcmp(name, "ascii") == 0 || strcmp(name, "us-ascii") == 0;
}

struct source_encoding
source_encoding_find(const char *bytes, size_t length)
{
    struct source_encoding encoding = {.name = "utf-8"};
    size_t at = 0;

    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        at = encoding.mark_bytes = 3;
    }
    for (int line = 0; line < 2 && at < length; line++) {
        size_t end = at;
        bool is_blank = false;
        while (end < length && bytes[end] != '\n' && bytes[end] != '\r') {
            end++;
        }
        if (line_find_name(bytes + at, end - at, encoding.name, &is_blank) || !is_blank) {
            break;
        }
        at = end + 1;
        if (end + 1 < length && bytes[end] == '\r' && bytes[end + 1] == '\n') {
            at++;
        }
    }
    encoding.is_utf8 = name_is_utf8(encoding.name);
    return encoding;
}
