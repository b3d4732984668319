/* Names, numbers and strings: what the lexer takes for one, and Python does not. */
#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "syntax/grammar_parser.h"
#include "syntax/strings.h"

/* ---- Names ---- */

/* Letters of most alphabets, whole runs of them; and what may follow one in a name, but not begin it. */
static bool
may_be_in_name(uint32_t code, bool is_first)
{
    static const uint32_t LETTERS[][2] = {
        {0xB5, 0xB5},     {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2C1},    {0x370, 0x373},   {0x376, 0x377},
        {0x386, 0x386},   {0x388, 0x38A},   {0x38C, 0x38C},   {0x38E, 0x3A1},   {0x3A3, 0x3F5},   {0x3F7, 0x481},
        {0x48A, 0x52F},   {0x531, 0x556},   {0x561, 0x587},   {0x5D0, 0x5EA},   {0x620, 0x64A},   {0x904, 0x939},
        {0xE01, 0xE30},   {0xE40, 0xE46},   {0x10D0, 0x10FA}, {0x1E00, 0x1F15}, {0x3041, 0x3096}, {0x30A1, 0x30FA},
        {0x4E00, 0x9FA5}, {0xAC00, 0xD7A3},
    };
    static const uint32_t MARKS[][2] = {
        {0x300, 0x36F}, {0x5B0, 0x5BD}, {0x64B, 0x669}, {0x93E, 0x94F}, {0x966, 0x96F}, {0xE34, 0xE3A}, {0xE47, 0xE4E},
    };

    for (size_t i = 0; i < COUNT_OF(LETTERS); i++) {
        if (code >= LETTERS[i][0] && code <= LETTERS[i][1]) {
            return true;
        }
    }
    for (size_t i = 0; !is_first && i < COUNT_OF(MARKS); i++) {
        if (code >= MARKS[i][0] && code <= MARKS[i][1]) {
            return true;
        }
    }
    return false;
}

void
check_name(struct parser *parser, const struct token *token)
{
    size_t width = 1;

    for (uint32_t at = token->start; at < token->end; at += (uint32_t)width) {
        uint32_t code = UINT32_MAX; /* what is no UTF-8 is no letter */
        width = 1;
        if ((unsigned char)parser->source[at] < 0x80) {
            continue; /* most names, also of files that are not all ASCII */
        }
        width = utf8_read(parser->source + at, token->end - at, &code);
        width = width ? width : 1;
        if (!may_be_in_name(code, at == token->start)) {
            parser_doubt(parser, "a character that may not be part of a name");
        }
    }
}

/* ---- Numbers ---- */

void
check_behind_number(struct parser *parser)
{
    switch (parser->keyword) {
    case KEYWORD_AND:
    case KEYWORD_ELSE:
    case KEYWORD_FOR:
    case KEYWORD_IF:
    case KEYWORD_IN:
    case KEYWORD_IS:
    case KEYWORD_NOT:
    case KEYWORD_OR:
        parser->found.may_warn = true;
        break;
    default:
        parser_fail(parser);
        break;
    }
}

void
check_number(struct parser *parser, const struct token *token)
{
    const char *text = parser->source + token->start;
    const uint32_t length = token->end - token->start;

    if (length > MANY_DIGITS) {
        parser_doubt(parser, "a number with thousands of digits");
    }
    if (*text != '0' || length == 1) {
        return;
    }
    if (text[1] == 'b' || text[1] == 'B' || text[1] == 'o' || text[1] == 'O') {
        const char most = text[1] == 'b' || text[1] == 'B' ? '1' : '7';
        bool is_good = length > 2;
        for (uint32_t i = 2; i < length; i++) {
            is_good = is_good && (text[i] == '_' || text[i] <= most);
        }
        if (!is_good) {
            parser_fail(parser);
        }
    } else if (text[1] != 'x' && text[1] != 'X') {
        bool is_integer = true, is_zero = true;
        for (uint32_t i = 1; i < length; i++) {
            is_integer = is_integer && ((text[i] >= '0' && text[i] <= '9') || text[i] == '_');
            is_zero = is_zero && (text[i] == '0' || text[i] == '_');
        }
        if (is_integer && !is_zero) {
            parser_fail(parser); /* 0777 */
        }
    }
}

/* ---- Strings ---- */

static bool
is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* The names that sources use most. */
static bool
is_known_character(const char *name, uint32_t length)
{
    static const char *const NAMES[] = {
        "BULLET",
        "SNOWMAN",
        "EM DASH",
        "EN DASH",
        "HORIZONTAL ELLIPSIS",
        "NO-BREAK SPACE",
        "ZERO WIDTH SPACE",
        "ZERO WIDTH JOINER",
        "ZERO WIDTH NON-JOINER",
        "SOFT HYPHEN",
        "BYTE ORDER MARK",
        "ZERO WIDTH NO-BREAK SPACE",
        "EURO SIGN",
        "POUND SIGN",
        "CENT SIGN",
        "COPYRIGHT SIGN",
        "REGISTERED SIGN",
        "TRADE MARK SIGN",
        "DEGREE SIGN",
        "MICRO SIGN",
        "MULTIPLICATION SIGN",
        "SECTION SIGN",
        "LEFT DOUBLE QUOTATION MARK",
        "RIGHT DOUBLE QUOTATION MARK",
        "LEFT SINGLE QUOTATION MARK",
        "RIGHT SINGLE QUOTATION MARK",
        "CHECK MARK",
        "HEAVY CHECK MARK",
        "GREEK SMALL LETTER ALPHA",
        "GREEK SMALL LETTER PI",
        "LATIN SMALL LETTER E WITH ACUTE",
        "LATIN SMALL LETTER SHARP S",
        "COMBINING ACUTE ACCENT",
        "PILE OF POO",
        "REPLACEMENT CHARACTER",
        "RIGHTWARDS ARROW",
        "LEFTWARDS ARROW",
        "BLACK STAR",
        "WHITE STAR",
        "LEFT CURLY BRACKET",
        "RIGHT CURLY BRACKET",
        "LEFT SQUARE BRACKET",
        "RIGHT SQUARE BRACKET",
        "LEFT PARENTHESIS",
        "RIGHT PARENTHESIS",
        "QUOTATION MARK",
        "APOSTROPHE",
        "SPACE",
        "COMMA",
        "FULL STOP",
        "COLON",
        "DIGIT ZERO",
        "DIGIT ONE",
        "REVERSE SOLIDUS",
        "GREEK SMALL LETTER MU",
        "GREEK CAPITAL LETTER DELTA",
        "GREEK CAPITAL LETTER OMEGA",
        "LATIN SMALL LETTER O WITH DIAERESIS",
        "LATIN SMALL LETTER U WITH DIAERESIS",
        "LATIN SMALL LETTER A WITH DIAERESIS",
        "LATIN SMALL LETTER N WITH TILDE",
        "COMBINING DIAERESIS",
        "LINE SEPARATOR",
        "PARAGRAPH SEPARATOR",
        "NEXT LINE",
    };

    static const char SMALL[] = "LATIN SMALL LETTER ", CAPITAL[] = "LATIN CAPITAL LETTER ";

    if ((length == sizeof SMALL && memcmp(name, SMALL, sizeof SMALL - 1) == 0) ||
        (length == sizeof CAPITAL && memcmp(name, CAPITAL, sizeof CAPITAL - 1) == 0)) {
        return name[length - 1] >= 'A' && name[length - 1] <= 'Z';
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strlen(NAMES[i]) == length && memcmp(NAMES[i], name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether `count` hexadecimal digits stand there; none of a character beyond Unicode. */
static bool
are_digits(const char *text, const char *end, uint32_t count)
{
    if ((uint32_t)(end - text) < count) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!is_hex(text[i])) {
            return false;
        }
    }
    return count < 8 || (text[0] == '0' && text[1] == '0' && (text[2] == '0' || (text[2] == '1' && text[3] == '0')));
}

void
check_escapes(struct parser *parser, uint32_t start, uint32_t end, bool is_bytes)
{
    const char *const stop = parser->source + end;

    for (const char *at = parser->source + start; at < stop && (at = memchr(at, '\\', (size_t)(stop - at)));) {
        const char kind = at + 1 < stop ? at[1] : '\n';
        at += 2;
        if (kind == 'x' && !are_digits(at, stop, 2)) {
            parser_fail(parser);
        } else if (!is_bytes && (kind == 'u' || kind == 'U') && !are_digits(at, stop, kind == 'u' ? 4 : 8)) {
            parser_fail(parser);
        } else if (!is_bytes && kind == 'N') {
            const char *close = at < stop && *at == '{' ? memchr(at, '}', (size_t)(stop - at)) : NULL;
            if (!close) {
                parser_fail(parser);
                return;
            }
            if (!is_known_character(at + 1, (uint32_t)(close - at - 1))) {
                parser_doubt(parser, "a character by a name that is not known");
            }
            at = close;
        } else if (!strchr("\n\r\\'\"abfnrtv01234567xuUN", kind)) {
            parser->found.may_warn = true;
        }
    }
}

static bool
is_prefix(const char *text, uint32_t length, const char *words)
{
    char lower[3] = {0};

    for (uint32_t i = 0; i < length; i++) {
        lower[i] = (char)(text[i] | 0x20);
    }
    for (const char *word = words; *word; word += strcspn(word, " ") + 1) {
        if (strcspn(word, " ") == length && memcmp(word, lower, length) == 0) {
            return true;
        }
    }
    return false;
}

void
check_string(struct parser *parser, const struct token *token)
{
    const char *text = parser->source + token->start;
    uint32_t prefix = 0;
    bool is_raw = false, is_bytes = false;

    while (text[prefix] != '"' && text[prefix] != '\'') {
        is_raw = is_raw || (text[prefix] | 0x20) == 'r';
        is_bytes = is_bytes || (text[prefix] | 0x20) == 'b';
        prefix++;
    }
    if (prefix && !is_prefix(text, prefix, "r u b f t br rb fr rf tr rt ")) {
        parser_fail(parser);
        return;
    }
    if (token->kind == TOKEN_FORMATTED_STRING) {
        check_formatted(parser, token, token->start + prefix, is_raw);
        return;
    }
    if (is_bytes && !parser->is_ascii) {
        for (uint32_t at = token->start; at < token->end; at++) {
            if ((unsigned char)parser->source[at] >= 0x80) {
                parser_fail(parser);
                return;
            }
        }
    }
    if (parser->next_backslash < token->start) {
        const char *found = memchr(text, '\\', parser->lexer.length - token->start);
        parser->next_backslash = found ? (uint32_t)(found - parser->source) : UINT32_MAX;
    }
    if (!is_raw && parser->next_backslash < token->end) {
        bool is_triple = token->end - token->start >= prefix + 6 && text[prefix] == text[prefix + 1] &&
                         text[prefix] == text[prefix + 2];
        uint32_t quotes = is_triple ? 3 : 1;
        check_escapes(parser, token->start + prefix + quotes, token->end - quotes, is_bytes);
    }
}
