// Lines of JSON, 64 bytes at a time: what each byte is, and whether the tokens may stand beside each
// other as they do. A reader then asks about 64 bytes with a handful of word operations.
//
// The JSON meant is the one that programs write: one object a line, no white space between tokens,
// numbers without exponent. There, which token may follow which is a question about neighbouring
// bits, asked of all bytes of a block at once:
//
//     text      {"a":[1,2]}
//     inside    .##........     between quotes, the opening one counted
//     colon     ....#......
//     start     ......#.#..     of a number or literal
//     comma     .......#...
//
// Left to the caller: that brackets match and a line is one object, that keys stand where keys must,
// what literals, escapes and characters beyond ASCII are.
//
// The portable form is the definition. The others are one source compiled for several vectors, and
// chosen once a call by what the processor has; tests compare them bit by bit.
#ifndef VIGIL_JSON_BLOCKS_H
#define VIGIL_JSON_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of a block.
enum { VIGIL_BLOCK_BYTES = 64 };

/// 64 bytes; bit i of each word is byte i. Strings reach over blocks, but over no newline.
typedef struct {
  /// From an opening quote to the byte before the closing one.
  uint64_t inside;
  /// Quotes that open a string.
  uint64_t opening;
  /// Outside strings: `{` and `[`, `}` and `]`, `:`, `,`.
  uint64_t open;
  uint64_t close;
  uint64_t colon;
  uint64_t comma;
  /// 0x0A, anywhere.
  uint64_t newline;
  /// Of `open` and `close`: braces. Of other bytes: no meaning.
  uint64_t brace;
  /// First bytes of what is outside strings and none of the above.
  uint64_t start;
  /// What is in no number of all that: literals, and what is no JSON.
  uint64_t letter;
  /// In strings: behind a backslash that is itself not escaped.
  uint64_t escaped;
  /// In strings: below 0x20, or from 0x80 on.
  uint64_t special;
  /// Bytes that must not follow the bytes before them.
  uint64_t error;
} vigil_json_block;

/// Ways to compute it.
enum {
  VIGIL_BLOCKS_PORTABLE = 0,
  /// What every processor of the architecture has.
  VIGIL_BLOCKS_BASELINE = 1,
  VIGIL_BLOCKS_AVX2 = 2,
  VIGIL_BLOCKS_AVX512 = 3,
};

/// The best way that this processor has.
int vigil_json_blocks_best(void);

/// Fills `(count + 63) / 64` blocks of lines that begin with the first byte. All words are 0 for
/// bytes beyond `count`. Behind the first error the words are as if nothing had been wrong, but for
/// what an odd quote turns round. `way` must not exceed `vigil_json_blocks_best()`.
void vigil_json_blocks(const uint8_t *bytes, size_t count, vigil_json_block *blocks, int way);

#endif
