/* Shell patterns: `*`, `?`, `[seq]`, `[!seq]`, backtracking only to the last star. */
#include "base/glob.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/path.h"
#include "base/utf8.h"

/* One UTF-8 character; a stray byte counts as one. */
static uint32_t
next_character(const char **text)
{
    uint32_t point = (unsigned char)**text;
    size_t width = point < 0x80 ? 1 : utf8_read(*text, strnlen(*text, 4), &point); /* ASCII: nearly always */

    *text += width ? width : 1;
    return point;
}

/* The `]` that ends the set opened before `set`; NULL when there is none and the bracket is a plain character. */
static const char *
set_end(const char *set)
{
    const char *end = set;

    if (*end == '!') {
        end++;
    }
    if (*end == ']') {
        end++;
    }
    return strchr(end, ']');
}

static bool
set_contains(const char *set, const char *end, uint32_t character)
{
    bool is_negated = *set == '!';
    bool found = false;

    set += is_negated;
    while (set < end) {
        uint32_t low = next_character(&set);
        uint32_t high = low;
        if (set + 1 < end && *set == '-') {
            set++;
            high = next_character(&set);
        }
        found = found || (character >= low && character <= high);
    }
    return found != is_negated;
}

/* Whether the pattern's next element (no star) takes `character`; moves the pattern behind it. */
static bool
element_takes(const char **pattern, uint32_t character)
{
    const char *start = *pattern;

    if (*start == '?') {
        (*pattern)++;
        return true;
    }
    if (*start == '[') {
        const char *end = set_end(start + 1);
        if (end) {
            *pattern = end + 1;
            return set_contains(start + 1, end, character);
        }
    }
    return next_character(pattern) == character;
}

/* Whether the pattern begins with an ASCII character that stands for itself. */
static bool
is_plain(const char *pattern)
{
    return (unsigned char)*pattern < 0x80 && *pattern && *pattern != '*' && *pattern != '?' && *pattern != '[';
}

/* Where in the text what stands behind a star may match next: the text's end, if nowhere. */
static const char *
seek(const char *pattern, const char *text)
{
    return is_plain(pattern) ? strchrnul(text, *pattern) : text;
}

bool
glob_match(const char *pattern, const char *text)
{
    const char *star_pattern = NULL;
    const char *star_text = NULL;

    while (*text) {
        if (*pattern == *text && is_plain(pattern)) {
            pattern++;
            text++;
            continue;
        }
        if (*pattern == '*') {
            star_pattern = ++pattern;
            text = star_text = seek(pattern, text);
            continue;
        }
        if (*pattern) {
            const char *next_text = text;
            uint32_t character = next_character(&next_text);
            if (element_takes(&pattern, character)) {
                text = next_text;
                continue;
            }
        }
        if (!star_pattern) {
            return false;
        }
        next_character(&star_text);
        pattern = star_pattern;
        text = star_text = seek(pattern, star_text);
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

bool
glob_match_path(const char *pattern, const char *path)
{
    if (!strchr(pattern, '/')) {
        return glob_match(pattern, path_name(path));
    }
    if (path[0] == '/' && pattern[0] != '/') {
        /* "*" "/" pattern: try it behind every slash. */
        for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
            if (glob_match(pattern, slash + 1)) {
                return true;
            }
        }
        return false;
    }
    return glob_match(pattern, path);
}
