// AVX-512 with its permutations of bytes (VBMI): Intel's processors since Ice Lake, AMD's since Zen 4.
#ifdef __x86_64__
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#include "pixel_kernels.h"

#define FT_INLINE static inline __attribute__((always_inline, unused))
#define FT_WORDS 16
// A product that is added without being rounded would differ from one set to the next.
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx2"))), apply_to = function)

#include "row_scaling.h"
#include "color_rows.h"
#include "row_lanes.h"
#pragma clang attribute pop

#define FT_TABLE ft_pixels_avx512
#define FT_NAME "avx512"
#include "pixel_table.h"
#endif
