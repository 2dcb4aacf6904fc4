// zlib, for the members of zip archives. Only `Zip` imports this module.
#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

// `inflateInit2` and `deflateInit2` are macros, which Swift cannot see. Negative window bits: no header around the stream.
static inline int czlib_begin_inflating(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

static inline int czlib_begin_deflating(z_stream *stream) {
  return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

#endif
