/* Content hashes: XXH3. Native byte order: for files of this machine. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

void hash_128(const void *bytes, size_t size_bytes, unsigned char hash_out[16]);
uint64_t hash_64(const void *bytes, size_t size_bytes);

#endif
