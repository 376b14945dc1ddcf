// SHA-256 (FIPS 180-4) over the processor's own instructions, two messages at a time where there are
// two: the rounds of one message wait for each other, so a second one costs little more than nothing.
//
// libcrypto hashes one message at a time and spends more on its interface than on a short message.
// Where the instructions are missing nothing here may be called, and libcrypto does the work.
#ifndef VIGIL_SHA256_H
#define VIGIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

/// A message: what was hashed before it, one piece copied in front, and the bytes.
typedef struct {
  /// The chaining value after `prior_count` bytes; the standard's initial value for 0.
  uint32_t state[8];
  /// Bytes that `state` stands for; a multiple of 64.
  uint64_t prior_count;
  /// The first bytes of the rest; at most 63.
  const uint8_t *lead;
  size_t lead_count;
  const uint8_t *bytes;
  size_t count;
} vigil_sha256_message;

/// Whether the processor has the instructions. Asks the processor each time: keep the answer.
int vigil_sha256_is_available(void);

/// Takes whole blocks of 64 bytes into `state`.
void vigil_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t block_count);

/// Ends the message: its digest, 32 bytes. `message->state` is used up.
void vigil_sha256_end(vigil_sha256_message *message, uint8_t digest[32]);

/// Ends two messages, interleaved.
void vigil_sha256_end_two(
    vigil_sha256_message *first, uint8_t first_digest[32], vigil_sha256_message *second,
    uint8_t second_digest[32]);

#endif
