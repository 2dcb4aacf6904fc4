// AVX-512: 16 lanes, 32 registers. 14 x 32 outputs take 28 of them; 4 are left for the operands.
#ifdef __x86_64__
#include <immintrin.h>
#include <math.h>
#include <string.h>
#include "CKernels.h"

#define CK_LANES 16
#define CK_TILE_ROWS 14
// Nothing here says prefer-256-bit: that would halve the width without a word.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,bmi,bmi2"))), \
                             apply_to = function)
#include "bodies.h"
#pragma clang attribute pop
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma,bmi,bmi2"))), apply_to = function)
#include "bfloat16_dots.h"
#include "bfloat16_dots_training.h"
#pragma clang attribute pop
#define CK_HAS_DOTS

#define CK_TABLE ck_kernels_avx512
#define CK_NAME "avx512"
#include "table.h"
#endif
