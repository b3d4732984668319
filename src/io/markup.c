/* Colours and separators: names to SGR codes, and the line of tw.sep(). */
#include "base/utf8.h"
#include "io/internal.h"

struct markup_name {
    const char *name;
    unsigned char code;
    unsigned flag; /* enum terminal_markup; 0: only by name */
};

/* In the order of enum terminal_markup, which is the order in which flags are written. */
static const struct markup_name NAMES[] = {
    {"bold", 1, MARKUP_BOLD},
    {"red", 31, MARKUP_RED},
    {"green", 32, MARKUP_GREEN},
    {"yellow", 33, MARKUP_YELLOW},
    {"blue", 34, MARKUP_BLUE},
    {"purple", 35, MARKUP_PURPLE},
    {"cyan", 36, MARKUP_CYAN},
    {"white", 37, MARKUP_WHITE},
    {"light", 2, MARKUP_LIGHT},
    {"blink", 5, MARKUP_BLINK},
    {"invert", 7, MARKUP_INVERT},
    {"Black", 40, MARKUP_BLACK_BACKGROUND},
    {"Red", 41, MARKUP_RED_BACKGROUND},
    {"bold", 1, MARKUP_THEN_BOLD},
    {"black", 30, 0},
    {"Green", 42, 0},
    {"Yellow", 43, 0},
    {"Blue", 44, 0},
    {"Purple", 45, 0},
    {"Cyan", 46, 0},
    {"White", 47, 0},
};

void
sgr_from_flags(struct sgr *sgr, unsigned markup)
{
    sgr->count = 0;
    for (size_t i = 0; markup && i < COUNT_OF(NAMES); i++) {
        if (NAMES[i].flag & markup) {
            sgr->codes[sgr->count++] = NAMES[i].code;
            markup &= ~NAMES[i].flag;
        }
    }
}

int
sgr_add_name(struct sgr *sgr, PyObject *name, bool is_on)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (py_text_equals(name, NAMES[i].name)) {
            if (is_on && sgr->count < sizeof sgr->codes) {
                sgr->codes[sgr->count++] = NAMES[i].code;
            }
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "unknown markup: %R", name);
    return -1;
}

void
sgr_open(const struct sgr *sgr, struct text *out)
{
    for (unsigned i = 0; i < sgr->count; i++) {
        unsigned char code = sgr->codes[i];
        text_add(out, "\x1b[", 2);
        if (code >= 10) {
            text_add_char(out, (char)('0' + code / 10));
        }
        text_add_char(out, (char)('0' + code % 10));
        text_add_char(out, 'm');
    }
}

PyObject *
terminal_markup_dict(unsigned markup)
{
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict && i < COUNT_OF(NAMES); i++) {
        if ((NAMES[i].flag & markup) && PyDict_SetItemString(dict, NAMES[i].name, Py_True) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

static bool
is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void
add_times(struct text *out, const char *bytes, size_t length, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(out, bytes, length);
    }
}

void
separator_format(const struct separator *separator, struct text *out)
{
    long filler_width = (long)utf8_length(separator->filler, separator->filler_bytes);
    size_t trimmed_bytes = separator->filler_bytes;
    size_t start = out->length;
    long width = 0;

    if (!filler_width) {
        return;
    }
    if (separator->title) {
        long title_width = (long)utf8_length(separator->title, separator->title_bytes);
        long room = separator->full_width - title_width - 2;
        long count = room > 0 ? room / (2 * filler_width) : 0;
        size_t times = count < 1 ? 1 : (size_t)count;
        add_times(out, separator->filler, separator->filler_bytes, times);
        text_add_char(out, ' ');
        text_add(out, separator->title, separator->title_bytes);
        text_add_char(out, ' ');
        add_times(out, separator->filler, separator->filler_bytes, times);
    } else if (separator->full_width > 0) {
        add_times(out, separator->filler, separator->filler_bytes, (size_t)(separator->full_width / filler_width));
    }
    /* A filler like "_ " has no use for its last column: there may be room for one more without it. */
    while (trimmed_bytes && is_space(separator->filler[trimmed_bytes - 1])) {
        trimmed_bytes--;
    }
    if (out->length > start) {
        width = (long)utf8_length(out->bytes + start, out->length - start);
    }
    if (width + (long)utf8_length(separator->filler, trimmed_bytes) <= separator->full_width) {
        text_add(out, separator->filler, trimmed_bytes);
    }
}
