/* iconv(3), by the names that Python has for encodings. */
#include "os/transcode.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"

/* Where the system's name is no mere variation of Python's. */
static const char *
system_name(const char *encoding)
{
    static const char *const NAMES[][2] = {
        {"mac-roman", "MACINTOSH"}, {"mac-cyrillic", "MAC-CYRILLIC"}, {"tis-620", "TIS-620"}, {"iso-ir-100", "LATIN1"},
        {"l2", "LATIN2"},           {"windows-1252", "CP1252"},       {"cp949", "UHC"},       {"ms949", "UHC"},
        {"sjis", "SJIS"},
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(NAMES[i][0], encoding) == 0) {
            return NAMES[i][1];
        }
    }
    return encoding;
}

/* The system also knows encodings in which a source would be no text to Python, and names with options behind "//". */
static bool
is_refused(const char *encoding)
{
    return strchr(encoding, '/') || strncmp(encoding, "utf-16", 6) == 0 || strncmp(encoding, "utf-32", 6) == 0 ||
           strncmp(encoding, "ucs", 3) == 0 || *encoding == '\0';
}

enum transcode_result
transcode(const char *encoding, const char *bytes, size_t length, struct text *text, size_t *failed_at)
{
    char buffer[4096];
    char *input = (char *)bytes; /* iconv(3) writes nothing there; its prototype predates const */
    size_t input_left = length;
    enum transcode_result result = TRANSCODE_DONE;
    iconv_t converter = is_refused(encoding) ? (iconv_t)-1 : iconv_open("UTF-8", system_name(encoding));

    if (converter == (iconv_t)-1) {
        return TRANSCODE_UNKNOWN;
    }
    while (input_left && result == TRANSCODE_DONE) {
        char *output = buffer;
        size_t output_left = sizeof buffer;
        if (iconv(converter, &input, &input_left, &output, &output_left) == (size_t)-1 && errno != E2BIG) {
            result = TRANSCODE_INVALID;
            *failed_at = length - input_left;
        }
        text_add(text, buffer, sizeof buffer - output_left);
    }
    iconv_close(converter);
    return result;
}
