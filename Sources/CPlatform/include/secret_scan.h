// What a text without spaces, quotes and separators may hide from a reader of names: known beginnings
// of credentials, and base64 of printable text. Both answer "no" for certain and "yes" for a closer look.
#ifndef VIGIL_SECRET_SCAN_H
#define VIGIL_SECRET_SCAN_H

#include <stddef.h>
#include <stdint.h>

/// Whether two bytes in a row are a pair of `pairs`, a set of 65,536 bits by first byte, then second.
static inline int vigil_has_pair(const uint8_t *bytes, size_t count, const uint64_t pairs[1024]) {
  for (size_t index = 0; index + 1 < count; index++) {
    unsigned pair = (unsigned)bytes[index] << 8 | bytes[index + 1];
    if (pairs[pair >> 6] >> (pair & 63) & 1) return 1;
  }
  return 0;
}

/// Whether base64 among the bytes can decode to 12 printable bytes in a row, whatever the alignment.
///
/// Twelve bytes in a row hold three whole groups, and the first byte of a group is printable or white
/// space only where the group's first digit has a value of 2, 3 or 8 to 31: `C`, `D`, `I` to `Z`, `a`
/// to `f`.
static inline int vigil_may_hide_text(const uint8_t *bytes, size_t count) {
  unsigned lengths[4] = {0, 0, 0, 0};
  for (size_t index = 0; index < count; index++) {
    uint8_t byte = bytes[index];
    int fits = (uint8_t)(byte - 'a') < 6 || (uint8_t)(byte - 'I') < 18 || byte == 'C' || byte == 'D';
    unsigned length = fits ? lengths[index & 3] + 1 : 0;
    if (length == 3) return 1;
    lengths[index & 3] = length;
  }
  return 0;
}

#endif
