#include <stddef.h>
#include "CKernels.h"

extern const ck_kernels ck_kernels_avx512, ck_kernels_avx2, ck_kernels_portable;

const ck_kernels *ck_kernels_at(ptrdiff_t index) {
  const ck_kernels *sets[3];
  ptrdiff_t count = 0;
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    sets[count++] = &ck_kernels_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    sets[count++] = &ck_kernels_avx2;
#endif
  sets[count++] = &ck_kernels_portable;
  return index >= 0 && index < count ? sets[index] : NULL;
}

int32_t ck_bfloat16(void) {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512bf16")) return CK_NO_BFLOAT16;
  // AMD starts as many of them as multiply-adds. Intel was measured to start a quarter as many: it means AMX to be used.
  return __builtin_cpu_is("amd") ? CK_FAST_DOTS : CK_SLOW_DOTS;
#else
  return CK_NO_BFLOAT16;
#endif
}
