// A chain-free loop of multiply-adds: what the processor could do at most, to be printed beside every measurement.
enum { CK_PEAK_CHAINS = CK_TILE_ROWS > 6 ? 24 : 12 };
#ifdef __x86_64__
#define CK_REGISTER "x"
#else
#define CK_REGISTER "w"
#endif
static float peak(ptrdiff_t rounds) {
  vf sum[CK_PEAK_CHAINS];
  vf left = splat(1.0f), right = splat(1e-9f);
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = splat((float)i);
  for (ptrdiff_t r = 0; r < rounds; r++) {
    __asm__ volatile("" : "+" CK_REGISTER(left), "+" CK_REGISTER(right));
#pragma clang loop unroll(full)
    for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = left * right + sum[i];
  }
  vf total = splat(0);
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) total += sum[i];
  return sum_of_lanes(total);
}
