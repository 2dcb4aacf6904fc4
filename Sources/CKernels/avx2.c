// AVX2 with multiply-add: 8 lanes, 16 registers. 6 x 16 outputs take 12 of them.
#ifdef __x86_64__
#include <immintrin.h>
#include <math.h>
#include "CKernels.h"

#define CK_LANES 8
#define CK_TILE_ROWS 6
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#include "bodies.h"
#pragma clang attribute pop

#define CK_TABLE ck_kernels_avx2
#define CK_NAME "avx2"
#include "table.h"
#endif
