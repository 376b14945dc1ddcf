#include "json_blocks.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// What the bytes before ask of the next one: bits 0 of words, or 1.
typedef struct {
  bool is_escaped;
  /// All ones inside a string.
  uint64_t parity;
  uint64_t opened, separated, valued, scalar;
  uint64_t minus, dot, digit, zero;
  /// 1 while a fraction goes on.
  uint64_t fraction;
} vigil_json_carry;

#define VIGIL_INLINE static inline __attribute__((always_inline))

// MARK: Grammar

/// The classes of 64 bytes, by their values alone but for `quote` and `escaped`.
typedef struct {
  uint64_t quote, escaped, newline, special, open, close, brace, colon, comma;
  uint64_t digit, zero, dot, minus;
} vigil_byte_classes;

/// The bits one further, the last one kept for the next block.
VIGIL_INLINE uint64_t vigil_following(uint64_t bits, uint64_t *carry) {
  uint64_t result = bits << 1 | *carry;
  *carry = bits >> 63;
  return result;
}

/// Each bit: whether an odd number of bits is set up to and with it.
VIGIL_INLINE uint64_t vigil_running_parity(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}

/// Numbers without exponent; returns the bytes of `scalar` that are in none.
VIGIL_INLINE uint64_t vigil_check_numbers(
    const vigil_byte_classes *classes, uint64_t scalar, uint64_t start, vigil_json_carry *carry,
    uint64_t *error) {
  uint64_t digit = classes->digit & scalar, dot = classes->dot & scalar;
  uint64_t minus = classes->minus & scalar;
  *error |= minus & ~start;
  *error |= dot & ~vigil_following(digit, &carry->digit);
  uint64_t behind_minus = vigil_following(minus, &carry->minus);
  uint64_t behind_dot = vigil_following(dot, &carry->dot);
  *error |= (behind_minus | behind_dot) & ~digit;
  uint64_t leading_zero = (start | behind_minus) & classes->zero & scalar;
  *error |= vigil_following(leading_zero, &carry->zero) & digit;
  // Adding the first digit of a fraction to the digits leaves one bit behind its last.
  uint64_t sum, total;
  bool first = __builtin_add_overflow(digit, behind_dot & digit, &sum);
  bool second = __builtin_add_overflow(sum, carry->fraction, &total);
  carry->fraction = first | second;
  *error |= total & ~digit & dot;
  // As long as that, a number may be beyond a binary64.
  if (digit == UINT64_MAX) *error |= 1;
  return scalar & ~(digit | dot | minus);
}

VIGIL_INLINE void vigil_check_block(
    const vigil_byte_classes *classes, uint64_t parity, vigil_json_block *block,
    vigil_json_carry *carry) {
  uint64_t inside = parity ^ carry->parity;
  uint64_t opening = classes->quote & inside, closing = classes->quote & ~inside;
  uint64_t outside = ~(inside | classes->quote | classes->newline);
  carry->parity = 0 - (inside >> 63);
  block->newline = classes->newline;
  block->brace = classes->brace;
  block->inside = inside;
  block->opening = opening;
  block->escaped = classes->escaped & inside;
  block->special = classes->special & inside;

  uint64_t open = classes->open & outside, close = classes->close & outside;
  uint64_t colon = classes->colon & outside, comma = classes->comma & outside;
  block->open = open;
  block->close = close;
  block->colon = colon;
  block->comma = comma;
  uint64_t separator = colon | comma;
  uint64_t scalar = outside & ~(open | close | separator);
  uint64_t behind_scalar = vigil_following(scalar, &carry->scalar);
  uint64_t start = scalar & ~behind_scalar;
  block->start = start;

  uint64_t error = behind_scalar & ~(scalar | comma | close);
  error |= vigil_following(open, &carry->opened) & ~(opening | start | open | close);
  error |= vigil_following(separator, &carry->separated) & ~(opening | start | open);
  error |= vigil_following(closing | close, &carry->valued) &
           ~(separator | close | classes->newline);
  block->letter = vigil_check_numbers(classes, scalar, start, carry, &error);
  block->error = error;
}

// MARK: Portable

static void vigil_blocks_portable(
    const uint8_t *bytes, size_t count, vigil_json_block *blocks, vigil_json_carry *carry) {
  for (size_t index = 0; index < count; index++, bytes += VIGIL_BLOCK_BYTES) {
    vigil_byte_classes classes = {0};
    for (int place = 0; place < VIGIL_BLOCK_BYTES; place++) {
      uint8_t byte = bytes[place];
      uint64_t bit = (uint64_t)1 << place;
      bool was_escaped = carry->is_escaped;
      carry->is_escaped = byte == '\\' && !was_escaped;
      if (was_escaped) classes.escaped |= bit;
      if (byte == '"' && !was_escaped) classes.quote |= bit;
      if (byte == '\n') classes.newline |= bit;
      if (byte < 0x20 || byte >= 0x80) classes.special |= bit;
      if (byte == '{' || byte == '[') classes.open |= bit;
      if (byte == '}' || byte == ']') classes.close |= bit;
      if (byte & 0x20) classes.brace |= bit;
      if (byte == ':') classes.colon |= bit;
      if (byte == ',') classes.comma |= bit;
      if (byte >= '0' && byte <= '9') classes.digit |= bit;
      if (byte == '0') classes.zero |= bit;
      if (byte == '.') classes.dot |= bit;
      if (byte == '-') classes.minus |= bit;
    }
    vigil_check_block(
        &classes, vigil_running_parity(classes.quote), blocks + index, carry);
  }
}

// MARK: Vectors

typedef uint8_t vigil_bytes_64 __attribute__((ext_vector_type(64)));
typedef _Bool vigil_bits_64 __attribute__((ext_vector_type(64)));

// A macro, for a function with a vector of 64 bytes as an argument has no stable calling convention.
#define VIGIL_MASK(comparison) \
  __builtin_bit_cast(uint64_t, __builtin_convertvector((comparison), vigil_bits_64))

/// The bytes behind an unescaped backslash. Runs of backslashes are told even from odd by a
/// subtraction that borrows through a run (J. Keiser and D. Lemire, simdjson).
VIGIL_INLINE uint64_t vigil_escaped(uint64_t backslash, bool *is_escaped) {
  const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
  uint64_t first = *is_escaped;
  if (backslash == 0) {
    *is_escaped = false;
    return first;
  }
  uint64_t potential = backslash & ~first;
  uint64_t codes = (((potential << 1) | odd) - potential) ^ odd;
  *is_escaped = (codes & backslash) >> 63;
  return codes ^ (backslash | first);
}

VIGIL_INLINE void vigil_blocks_vector(
    const uint8_t *bytes, size_t count, vigil_json_block *blocks, vigil_json_carry *shared,
    uint64_t (*running_parity)(uint64_t)) {
  vigil_json_carry carry = *shared;
  for (size_t index = 0; index < count; index++, bytes += VIGIL_BLOCK_BYTES) {
    vigil_bytes_64 x;
    memcpy(&x, bytes, sizeof x);
    vigil_bytes_64 bracket = x | 0x20;
    vigil_byte_classes classes;
    classes.escaped = vigil_escaped(VIGIL_MASK(x == '\\'), &carry.is_escaped);
    classes.quote = VIGIL_MASK(x == '"') & ~classes.escaped;
    classes.newline = VIGIL_MASK(x == '\n');
    // 0x20 to 0x7F moved to the front of the unsigned range.
    classes.special = VIGIL_MASK((vigil_bytes_64)(x - 0x20) >= 0x60);
    classes.open = VIGIL_MASK(bracket == '{');
    classes.close = VIGIL_MASK(bracket == '}');
    classes.brace = VIGIL_MASK(bracket == x);
    classes.colon = VIGIL_MASK(x == ':');
    classes.comma = VIGIL_MASK(x == ',');
    classes.digit = VIGIL_MASK((vigil_bytes_64)(x - '0') <= 9);
    classes.zero = VIGIL_MASK(x == '0');
    classes.dot = VIGIL_MASK(x == '.');
    classes.minus = VIGIL_MASK(x == '-');
    vigil_check_block(&classes, running_parity(classes.quote), blocks + index, &carry);
  }
  *shared = carry;
}

static void vigil_blocks_baseline(
    const uint8_t *bytes, size_t count, vigil_json_block *blocks, vigil_json_carry *carry) {
  vigil_blocks_vector(bytes, count, blocks, carry, vigil_running_parity);
}

#if defined(__x86_64__)
/// A product without carries with all ones adds up, in each bit, all bits below it.
__attribute__((always_inline, target("pclmul"))) static inline uint64_t
vigil_running_parity_by_product(uint64_t bits) {
  __m128i product = _mm_clmulepi64_si128(
      _mm_set_epi64x(0, (long long)bits), _mm_set1_epi8((char)0xFF), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

__attribute__((target("avx2,bmi,bmi2,pclmul"))) static void vigil_blocks_avx2(
    const uint8_t *bytes, size_t count, vigil_json_block *blocks, vigil_json_carry *carry) {
  vigil_blocks_vector(bytes, count, blocks, carry, vigil_running_parity_by_product);
}

__attribute__((target("avx2,bmi,bmi2,pclmul,avx512f,avx512bw,avx512vl,avx512dq"), min_vector_width(512)))
static void vigil_blocks_avx512(
    const uint8_t *bytes, size_t count, vigil_json_block *blocks, vigil_json_carry *carry) {
  vigil_blocks_vector(bytes, count, blocks, carry, vigil_running_parity_by_product);
}
#endif

// MARK: Choice

int vigil_json_blocks_best(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2") ||
      !__builtin_cpu_supports("pclmul"))
    return VIGIL_BLOCKS_BASELINE;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    return VIGIL_BLOCKS_AVX512;
  return VIGIL_BLOCKS_AVX2;
#else
  return VIGIL_BLOCKS_BASELINE;
#endif
}

static void vigil_blocks_by(
    int way, const uint8_t *bytes, size_t count, vigil_json_block *blocks,
    vigil_json_carry *carry) {
  switch (way) {
#if defined(__x86_64__)
    case VIGIL_BLOCKS_AVX512: vigil_blocks_avx512(bytes, count, blocks, carry); return;
    case VIGIL_BLOCKS_AVX2: vigil_blocks_avx2(bytes, count, blocks, carry); return;
#endif
    case VIGIL_BLOCKS_BASELINE: vigil_blocks_baseline(bytes, count, blocks, carry); return;
    default: vigil_blocks_portable(bytes, count, blocks, carry); return;
  }
}

void vigil_json_blocks(const uint8_t *bytes, size_t count, vigil_json_block *blocks, int way) {
  vigil_json_carry carry = {0};
  size_t whole = count / VIGIL_BLOCK_BYTES, rest = count % VIGIL_BLOCK_BYTES;
  vigil_blocks_by(way, bytes, whole, blocks, &carry);
  if (rest == 0) return;
  uint8_t last[VIGIL_BLOCK_BYTES] = {0};
  memcpy(last, bytes + whole * VIGIL_BLOCK_BYTES, rest);
  vigil_blocks_by(way, last, 1, blocks + whole, &carry);
  uint64_t words[sizeof *blocks / sizeof(uint64_t)];
  memcpy(words, blocks + whole, sizeof words);
  for (size_t index = 0; index < sizeof words / sizeof *words; index++)
    words[index] &= ((uint64_t)1 << rest) - 1;
  memcpy(blocks + whole, words, sizeof words);
}
