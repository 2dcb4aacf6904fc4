#include "CProbe.h"

#ifdef __x86_64__
#include <immintrin.h>

// "v" below: "x" would press all chains into half of the registers, and the loop would wait for memory.
enum { CHAINS = 24 };

__attribute__((target("avx512f,avx512bf16"))) static double products(long rounds) {
  __m512 sums[CHAINS];
  __m512bh left = (__m512bh)_mm512_set1_epi32(0x3f803f80), right = (__m512bh)_mm512_set1_epi32(0x30003000);
#pragma clang loop unroll(full)
  for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_setzero_ps();
  for (long round = 0; round < rounds; round++) {
    __asm__ volatile("" : "+v"(left), "+v"(right));
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_dpbf16_ps(sums[i], left, right);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < CHAINS; i++) __asm__ volatile("" : : "v"(sums[i]));
  return (double)rounds * CHAINS * 16 * 2 * 2;
}

double probe_bfloat16(long rounds) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") ? products(rounds) : 0;
}

double probe_clock(long rounds) {
  long value = 3;
  for (long round = 0; round < rounds; round += 8)
    __asm__ volatile(
        "imul %0, %0\n imul %0, %0\n imul %0, %0\n imul %0, %0\n"
        "imul %0, %0\n imul %0, %0\n imul %0, %0\n imul %0, %0"
        : "+r"(value));
  return 3.0 * (double)((rounds + 7) / 8 * 8);  // three cycles each on every x86-64 processor of the last fifteen years
}
#else
double probe_bfloat16(long rounds) { return 0 * (double)rounds; }
double probe_clock(long rounds) { return 0 * (double)rounds; }
#endif
