/* The one place that includes the library, all of it inline. */
#include "base/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include <xxhash.h>
#pragma GCC diagnostic pop

void
hash_128(const void *bytes, size_t size_bytes, unsigned char hash_out[16])
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size_bytes);

    memcpy(hash_out, &hash.low64, sizeof hash.low64);
    memcpy(hash_out + sizeof hash.low64, &hash.high64, sizeof hash.high64);
}

uint64_t
hash_64(const void *bytes, size_t size_bytes)
{
    return XXH3_64bits(bytes, size_bytes);
}
