// AVX2.
#ifdef __x86_64__
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#include "pixel_kernels.h"

#define FT_INLINE static inline __attribute__((always_inline, unused))
#define FT_WORDS 8
// A product that is added without being rounded would differ from one set to the next.
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "row_scaling.h"
#include "color_rows.h"
#include "row_pixels.h"
#pragma clang attribute pop

#define FT_TABLE ft_pixels_avx2
#define FT_NAME "avx2"
#include "pixel_table.h"
#endif
