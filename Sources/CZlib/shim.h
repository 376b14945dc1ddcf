#include <zlib.h>
// inflateInit2 is a macro over a size-checked call, which Swift does not import.
static inline int vigil_inflate_init(z_streamp stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}
