/* Any bytes behind a log's header: the reader stays inside, and comes to an end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/event_log.h"

enum { HEADER_BYTES = 4096, USED_BYTES_OFFSET = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = ERROR_INIT;
    struct event_log *log = NULL;
    struct event_reader reader;
    struct event event;
    uint64_t used_bytes = HEADER_BYTES + size;
    unsigned sum = 0;

    if (size > 60000 || !event_log_new("", "", &log, &error)) {
        return 0;
    }
    if (size > 0 && data[size - 1] == 0xff) {
        used_bytes = UINT64_MAX; /* a header that lies */
    }
    if (pwrite(event_log_fd(log), data, size, HEADER_BYTES) != (ssize_t)size ||
        pwrite(event_log_fd(log), &used_bytes, sizeof used_bytes, USED_BYTES_OFFSET) != sizeof used_bytes) {
        abort();
    }
    event_reader_init(&reader, log);
    while (event_reader_next(&reader, &event, NULL)) {
        for (size_t i = 0; i < event.text_length; i++) {
            sum += (unsigned char)event.text[i];
        }
    }
    event_log_close(log);
    return sum == 1 ? -1 : 0;
}
