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
/// Twelve bytes in a row hold three whole groups of four digits. `places` says of each byte whether it
/// can be a group's first (bit 0), second (bit 1) and third digit (bit 2) where the group's three bytes
/// are printable or white space; the fourth is not looked at.
static inline int vigil_may_hide_text(
    const uint8_t *bytes, size_t count, const uint8_t places[256]) {
  unsigned lengths[4] = {0, 0, 0, 0};
  for (size_t index = 0; index + 2 < count; index++) {
    unsigned fits = places[bytes[index]] & (places[bytes[index + 1]] >> 1) &
                    (places[bytes[index + 2]] >> 2) & 1;
    unsigned length = fits ? lengths[index & 3] + 1 : 0;
    if (length == 3) return 1;
    lengths[index & 3] = length;
  }
  return 0;
}

#endif
