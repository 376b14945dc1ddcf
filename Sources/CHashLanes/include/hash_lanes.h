// SHA-256 of many messages at once, several in one pass of the processor, by Intel's multi-buffer
// library (libipsec-mb), which is made for x86-64. On other machines there are no lanes, and the
// caller hashes one message after the other with libcrypto: the digests are the same.
#ifndef VIGIL_HASH_LANES_H
#define VIGIL_HASH_LANES_H

#include <stddef.h>
#include <stdint.h>

typedef struct vigil_hash_lanes vigil_hash_lanes;

/// NULL where there is no such library or it does not work on this processor. For one thread.
vigil_hash_lanes *vigil_hash_lanes_new(void);

void vigil_hash_lanes_free(vigil_hash_lanes *lanes);

/// The digests of `bytes[starts[i] ..< ends[i]]`, i below `count`, 32 bytes each. Messages must not be
/// empty; those of over 65,534 bytes are refused. Returns how many were made: `count`, or fewer when the
/// library failed or refused, and then none counts.
size_t vigil_hash_lanes_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *digests);

/// The key of `vigil_hash_lanes_hmac_sha256`: 1 to 64 bytes, which are not kept.
void vigil_hash_lanes_set_key(vigil_hash_lanes *lanes, const uint8_t *key, size_t count);

/// HMAC-SHA-256 (RFC 2104) of the same under the key that was set; otherwise as above.
size_t vigil_hash_lanes_hmac_sha256(
    vigil_hash_lanes *lanes, const uint8_t *bytes, const uint32_t *starts, const uint32_t *ends,
    size_t count, uint8_t *codes);

#endif
