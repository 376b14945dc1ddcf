// Byte classes looked for 16 bytes at a time: how far a JSON string goes on plainly, what a text is
// made of, how far a run of base64 goes. Inline, for most strings are shorter than a call is worth.
//
// Each has a portable form, which is the definition, and one over SSE2, which every x86-64 has: AVX2
// would need a call through a run-time choice, and few strings have 32 bytes. None reads a byte
// outside `bytes[0 ..< count]`.
#ifndef VIGIL_BYTE_SCAN_H
#define VIGIL_BYTE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// What a text has in it: the union of its bytes' classes.
enum {
  /// A byte other than `0-9`, `a-f`, `A-F` and `-`.
  VIGIL_TEXT_NOT_HEXADECIMAL = 1,
  /// White space, a control character, or one of `" ' : = % \`.
  VIGIL_TEXT_SPECIAL = 2,
  /// `?` or `#`.
  VIGIL_TEXT_QUERY = 4,
};

/// Of what a run of base64 digits (both alphabets) consists.
enum {
  /// Some digit is none of `0-9`, `a-f`, `A-F`, `+` and `-`.
  VIGIL_BASE64_NOT_HEXADECIMAL = 1,
};

static inline int vigil_byte_ends_plain_run(uint8_t byte) {
  return byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\';
}

static inline unsigned vigil_byte_traits(uint8_t byte) {
  unsigned traits = 0;
  uint8_t letter = (uint8_t)((byte | 0x20) - 'a');
  if ((uint8_t)(byte - '0') > 9 && letter > 5 && byte != '-') traits |= VIGIL_TEXT_NOT_HEXADECIMAL;
  if (byte <= 0x20 || byte == '"' || byte == '\'' || byte == ':' || byte == '=' || byte == '%' ||
      byte == '\\')
    traits |= VIGIL_TEXT_SPECIAL;
  if (byte == '?' || byte == '#') traits |= VIGIL_TEXT_QUERY;
  return traits;
}

/// Bytes at the front that stand in a JSON string for themselves: 0x20 to 0x7E but `"` and `\`.
static inline size_t vigil_plain_run_portable(const uint8_t *bytes, size_t count) {
  const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
  size_t index = 0;
  for (; count - index >= 8; index += 8) {
    uint64_t word;
    memcpy(&word, bytes + index, 8);
    uint64_t quotes = word ^ (ones * '"'), backslashes = word ^ (ones * '\\');
    uint64_t deletes = word ^ (ones * 0x7F);
    // A byte's high bit is set by borrowing when the byte is below the subtrahend; a borrow from a
    // lower byte can only follow a byte that ends the run already.
    uint64_t ends = (word - ones * 0x20) | (quotes - ones) | (backslashes - ones) |
                    (deletes - ones) | word;
    if (ends & highs) break;
  }
  while (index < count && !vigil_byte_ends_plain_run(bytes[index])) index++;
  return index;
}

/// The union of the bytes' classes; 0 for no bytes.
static inline unsigned vigil_text_traits_portable(const uint8_t *bytes, size_t count) {
  unsigned traits = 0;
  for (size_t index = 0; index < count; index++) traits |= vigil_byte_traits(bytes[index]);
  return traits;
}

/// Bytes at the front that are base64 digits, and what they are.
static inline size_t vigil_base64_run_portable(
    const uint8_t *bytes, size_t count, unsigned *traits) {
  size_t index = 0;
  *traits = 0;
  for (; index < count; index++) {
    uint8_t byte = bytes[index], letter = (uint8_t)((byte | 0x20) - 'a');
    if ((uint8_t)(byte - '0') <= 9 || letter <= 5 || byte == '+' || byte == '-') continue;
    if (letter > 25 && byte != '/' && byte != '_') break;
    *traits |= VIGIL_BASE64_NOT_HEXADECIMAL;
  }
  return index;
}

#if defined(__SSE2__)

/// One bit a byte, set where the run ends.
static inline unsigned vigil_plain_ends_16(const uint8_t *bytes) {
  __m128i x = _mm_loadu_si128((const __m128i *)bytes);
  // Signed: bytes from 0x80 on are negative, and so below 0x20 as well.
  __m128i ends = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20));
  ends = _mm_or_si128(ends, _mm_cmpeq_epi8(x, _mm_set1_epi8('"')));
  ends = _mm_or_si128(ends, _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
  ends = _mm_or_si128(ends, _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7F)));
  return (unsigned)_mm_movemask_epi8(ends);
}

/// 0xFF where a byte is in `low ... low + span`.
static inline __m128i vigil_in_range_16(__m128i x, uint8_t low, uint8_t span) {
  __m128i distance = _mm_sub_epi8(x, _mm_set1_epi8((char)low));
  return _mm_cmpeq_epi8(_mm_min_epu8(distance, _mm_set1_epi8((char)span)), distance);
}

static inline unsigned vigil_text_traits_16(__m128i x) {
  __m128i lower = _mm_or_si128(x, _mm_set1_epi8(0x20));
  __m128i hexadecimal = _mm_or_si128(
      _mm_or_si128(vigil_in_range_16(x, '0', 9), vigil_in_range_16(lower, 'a', 5)),
      _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));
  __m128i special = vigil_in_range_16(x, 0, 0x20);
  special = _mm_or_si128(special, _mm_cmpeq_epi8(x, _mm_set1_epi8('"')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(x, _mm_set1_epi8('\'')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(x, _mm_set1_epi8(':')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(x, _mm_set1_epi8('=')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(x, _mm_set1_epi8('%')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
  __m128i query = _mm_or_si128(
      _mm_cmpeq_epi8(x, _mm_set1_epi8('?')), _mm_cmpeq_epi8(x, _mm_set1_epi8('#')));
  return (_mm_movemask_epi8(hexadecimal) != 0xFFFF ? VIGIL_TEXT_NOT_HEXADECIMAL : 0u) |
         (_mm_movemask_epi8(special) ? VIGIL_TEXT_SPECIAL : 0u) |
         (_mm_movemask_epi8(query) ? VIGIL_TEXT_QUERY : 0u);
}

/// 1 to 15 bytes, some of them twice or more, in place of the 16 that are not there.
static inline __m128i vigil_load_short(const uint8_t *bytes, size_t count) {
  uint64_t low, high;
  if (count >= 8) {
    memcpy(&low, bytes, 8);
    memcpy(&high, bytes + count - 8, 8);
  } else if (count >= 4) {
    uint32_t first, last;
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + count - 4, 4);
    low = high = (uint64_t)last << 32 | first;
  } else {
    low = bytes[0] | (uint64_t)bytes[count / 2] << 8 | (uint64_t)bytes[count - 1] << 16;
    low = high = low | low << 24 | low << 48;
  }
  return _mm_set_epi64x((long long)high, (long long)low);
}

#endif

/// `vigil_plain_run_portable`, 16 bytes at a time.
static inline size_t vigil_plain_run(const uint8_t *bytes, size_t count) {
  size_t index = 0;
#if defined(__SSE2__)
  for (; count - index >= 16; index += 16) {
    unsigned ends = vigil_plain_ends_16(bytes + index);
    if (ends) return index + (size_t)__builtin_ctz(ends);
  }
#endif
  return index + vigil_plain_run_portable(bytes + index, count - index);
}

/// `vigil_text_traits_portable`, 16 bytes at a time; bytes may be looked at twice.
static inline unsigned vigil_text_traits(const uint8_t *bytes, size_t count) {
#if defined(__SSE2__)
  if (count >= 16) {
    unsigned traits = 0;
    for (size_t index = 0; count - index > 16; index += 16)
      traits |= vigil_text_traits_16(_mm_loadu_si128((const __m128i *)(bytes + index)));
    return traits | vigil_text_traits_16(_mm_loadu_si128((const __m128i *)(bytes + count - 16)));
  }
  return count == 0 ? 0 : vigil_text_traits_16(vigil_load_short(bytes, count));
#else
  return vigil_text_traits_portable(bytes, count);
#endif
}

/// `vigil_base64_run_portable`, 16 bytes at a time.
static inline size_t vigil_base64_run(const uint8_t *bytes, size_t count, unsigned *traits) {
  size_t index = 0;
  unsigned others = 0;
#if defined(__SSE2__)
  for (; count - index >= 16; index += 16) {
    __m128i x = _mm_loadu_si128((const __m128i *)(bytes + index));
    __m128i lower = _mm_or_si128(x, _mm_set1_epi8(0x20));
    __m128i plain = _mm_or_si128(
        _mm_or_si128(vigil_in_range_16(x, '0', 9), vigil_in_range_16(lower, 'a', 5)),
        _mm_or_si128(
            _mm_cmpeq_epi8(x, _mm_set1_epi8('+')), _mm_cmpeq_epi8(x, _mm_set1_epi8('-'))));
    __m128i other = _mm_or_si128(
        vigil_in_range_16(lower, 'g', 19),
        _mm_or_si128(
            _mm_cmpeq_epi8(x, _mm_set1_epi8('/')), _mm_cmpeq_epi8(x, _mm_set1_epi8('_'))));
    unsigned other_bits = (unsigned)_mm_movemask_epi8(other);
    unsigned ends = 0xFFFFu & ~((unsigned)_mm_movemask_epi8(plain) | other_bits);
    if (ends) {
      unsigned length = (unsigned)__builtin_ctz(ends);
      others |= other_bits & ((1u << length) - 1);
      *traits = others ? VIGIL_BASE64_NOT_HEXADECIMAL : 0;
      return index + length;
    }
    others |= other_bits;
  }
#endif
  index += vigil_base64_run_portable(bytes + index, count - index, traits);
  if (others) *traits |= VIGIL_BASE64_NOT_HEXADECIMAL;
  return index;
}

/// Whether two ranges of `count` bytes are equal. Words at a time, and no call: names are short.
static inline int vigil_bytes_equal(const uint8_t *left, const uint8_t *right, size_t count) {
  uint64_t a, b;
  if (count < 8) {
    for (size_t index = 0; index < count; index++)
      if (left[index] != right[index]) return 0;
    return 1;
  }
  for (size_t index = 0; count - index > 8; index += 8) {
    memcpy(&a, left + index, 8);
    memcpy(&b, right + index, 8);
    if (a != b) return 0;
  }
  memcpy(&a, left + count - 8, 8);
  memcpy(&b, right + count - 8, 8);
  return a == b;
}

/// Spreads the bytes over 64 bits; for tables of one process alone. Not for keys that decide
/// anything: who chooses the bytes can choose where they fall.
static inline uint64_t vigil_table_hash(const uint8_t *bytes, size_t count) {
  uint64_t hash = count * 0x9E3779B97F4A7C15u;
  size_t index = 0;
  uint64_t word;
  for (; count - index >= 8; index += 8) {
    memcpy(&word, bytes + index, 8);
    hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
    hash ^= hash >> 32;
  }
  word = 0;
  for (; index < count; index++) word = word << 8 | bytes[index];
  hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
  return hash ^ hash >> 32;
}

#endif
