#include "sha256.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

// FIPS 180-4 section 4.2.2.
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

int vigil_sha256_is_available(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

// The instructions hold the chaining value as words A B E F and C D G H.
typedef struct {
  __m128i abef, cdgh;
} chaining;

SHA_TARGET static inline chaining load_chaining(const uint32_t state[8]) {
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  chaining value = {_mm_alignr_epi8(abcd, efgh, 8), _mm_blend_epi16(efgh, abcd, 0xF0)};
  return value;
}

SHA_TARGET static inline void store_chaining(chaining value, uint32_t state[8]) {
  __m128i feba = _mm_shuffle_epi32(value.abef, 0x1B);
  __m128i dchg = _mm_shuffle_epi32(value.cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// Four rounds: the words for them, from the block or from the sixteen words before.
#define WORDS(words, bytes, group)                                                                \
  do {                                                                                            \
    if ((group) < 4) {                                                                            \
      words[group] = _mm_shuffle_epi8(                                                            \
          _mm_loadu_si128((const __m128i *)((bytes) + 16 * (group))), big_endian);                \
    } else {                                                                                      \
      __m128i sum = _mm_add_epi32(                                                                \
          _mm_sha256msg1_epu32(words[(group) & 3], words[((group) + 1) & 3]),                     \
          _mm_alignr_epi8(words[((group) + 3) & 3], words[((group) + 2) & 3], 4));                \
      words[(group) & 3] = _mm_sha256msg2_epu32(sum, words[((group) + 3) & 3]);                   \
    }                                                                                             \
  } while (0)

#define ROUNDS(value, words, group)                                                               \
  do {                                                                                            \
    __m128i input = _mm_add_epi32(                                                                \
        words[(group) & 3], _mm_load_si128((const __m128i *)(round_constants + 4 * (group))));    \
    value.cdgh = _mm_sha256rnds2_epu32(value.cdgh, value.abef, input);                            \
    value.abef = _mm_sha256rnds2_epu32(value.abef, value.cdgh, _mm_shuffle_epi32(input, 0x0E));   \
  } while (0)

#define BIG_ENDIAN_WORDS _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL)

SHA_TARGET void vigil_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t block_count) {
  const __m128i big_endian = BIG_ENDIAN_WORDS;
  chaining value = load_chaining(state);
  for (; block_count > 0; block_count--, bytes += 64) {
    chaining before = value;
    __m128i words[4];
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
      WORDS(words, bytes, group);
      ROUNDS(value, words, group);
    }
    value.abef = _mm_add_epi32(value.abef, before.abef);
    value.cdgh = _mm_add_epi32(value.cdgh, before.cdgh);
  }
  store_chaining(value, state);
}

SHA_TARGET static void blocks_of_two(
    uint32_t first[8], const uint8_t *first_bytes, uint32_t second[8], const uint8_t *second_bytes,
    size_t block_count) {
  const __m128i big_endian = BIG_ENDIAN_WORDS;
  chaining one = load_chaining(first), two = load_chaining(second);
  for (; block_count > 0; block_count--, first_bytes += 64, second_bytes += 64) {
    chaining one_before = one, two_before = two;
    __m128i one_words[4], two_words[4];
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
      WORDS(one_words, first_bytes, group);
      WORDS(two_words, second_bytes, group);
      ROUNDS(one, one_words, group);
      ROUNDS(two, two_words, group);
    }
    one.abef = _mm_add_epi32(one.abef, one_before.abef);
    one.cdgh = _mm_add_epi32(one.cdgh, one_before.cdgh);
    two.abef = _mm_add_epi32(two.abef, two_before.abef);
    two.cdgh = _mm_add_epi32(two.cdgh, two_before.cdgh);
  }
  store_chaining(one, first);
  store_chaining(two, second);
}

#else

int vigil_sha256_is_available(void) { return 0; }

void vigil_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t block_count) {
  (void)state, (void)bytes, (void)block_count;
  __builtin_trap();
}

static void blocks_of_two(
    uint32_t first[8], const uint8_t *first_bytes, uint32_t second[8], const uint8_t *second_bytes,
    size_t block_count) {
  (void)first, (void)first_bytes, (void)second, (void)second_bytes, (void)block_count;
  __builtin_trap();
}

#endif

// What is left of a message: a run of blocks that lie in a row, and how to go on after it.
typedef struct {
  vigil_sha256_message *message;
  const uint8_t *run;
  size_t run_count;
  // 0: the lead and the bytes that fill its block; 1: blocks among the bytes; 2: the end; 3: nothing.
  int step;
  // The block with the lead; the last bytes with the padding of section 5.1.1.
  uint8_t copied[128];
} rest;

// The bytes after whole blocks, the mark 0x80, zeros, and the length in bits.
static void pad(rest *self, const uint8_t *bytes, size_t count, uint64_t total_count) {
  size_t padded_count = count < 56 ? 64 : 128;
  if (bytes != self->copied && count > 0) memcpy(self->copied, bytes, count);
  self->copied[count] = 0x80;
  memset(self->copied + count + 1, 0, padded_count - count - 9);
  uint64_t bits = __builtin_bswap64(total_count * 8);
  memcpy(self->copied + padded_count - 8, &bits, 8);
  self->run = self->copied;
  self->run_count = padded_count / 64;
  self->step = 3;
}

static void advance(rest *self) {
  vigil_sha256_message *message = self->message;
  uint64_t total_count = message->prior_count + message->lead_count + message->count;
  if (self->step == 0 && message->lead_count > 0) {
    size_t fill = 64 - message->lead_count;
    memcpy(self->copied, message->lead, message->lead_count);
    if (message->count < fill) {
      if (message->count > 0)
        memcpy(self->copied + message->lead_count, message->bytes, message->count);
      pad(self, self->copied, message->lead_count + message->count, total_count);
      return;
    }
    memcpy(self->copied + message->lead_count, message->bytes, fill);
    self->run = self->copied;
    self->run_count = 1;
    self->step = 1;
    return;
  }
  size_t start = message->lead_count > 0 ? 64 - message->lead_count : 0;
  size_t left = message->count - start;
  if (self->step < 2 && left >= 64) {
    self->run = message->bytes + start;
    self->run_count = left / 64;
    self->step = 2;
    return;
  }
  if (self->step < 3) {
    pad(self, message->bytes + start + left / 64 * 64, left % 64, total_count);
    return;
  }
  self->run_count = 0;
}

static void finish(rest *self) {
  while (self->run_count > 0) {
    vigil_sha256_blocks(self->message->state, self->run, self->run_count);
    advance(self);
  }
}

static void store_digest(const uint32_t state[8], uint8_t digest[32]) {
  for (int word = 0; word < 8; word++) {
    uint32_t big = __builtin_bswap32(state[word]);
    memcpy(digest + 4 * word, &big, 4);
  }
}

static void begin(rest *self, vigil_sha256_message *message) {
  self->message = message;
  self->step = 0;
  advance(self);
}

void vigil_sha256_end(vigil_sha256_message *message, uint8_t digest[32]) {
  rest left;
  begin(&left, message);
  finish(&left);
  store_digest(message->state, digest);
}

void vigil_sha256_end_two(
    vigil_sha256_message *first, uint8_t first_digest[32], vigil_sha256_message *second,
    uint8_t second_digest[32]) {
  rest one, two;
  begin(&one, first);
  begin(&two, second);
  while (one.run_count > 0 && two.run_count > 0) {
    size_t count = one.run_count < two.run_count ? one.run_count : two.run_count;
    blocks_of_two(first->state, one.run, second->state, two.run, count);
    one.run += 64 * count;
    two.run += 64 * count;
    if ((one.run_count -= count) == 0) advance(&one);
    if ((two.run_count -= count) == 0) advance(&two);
  }
  finish(&one);
  finish(&two);
  store_digest(first->state, first_digest);
  store_digest(second->state, second_digest);
}
