// A chain-free loop of multiply-adds: what the processor could do at most, to be printed beside every measurement; and the
// clock it runs at meanwhile.
enum { CK_PEAK_CHAINS = CK_TILE_ROWS > 6 ? 24 : 12 };
#ifdef __x86_64__
#define CK_REGISTER "x"
#define CK_ADD_ONCE "addq %1, %0\n\t"
#else
#define CK_REGISTER "w"
#define CK_ADD_ONCE "add %0, %0, %1\n\t"
#endif
#define CK_FOUR_TIMES(text) text text text text

// With `chained` also 32 additions that wait for one another. One takes a cycle (of registers: processors fold additions of
// constants), and the multiply-adds, which take half as long, keep the clock where wide vectors put it.
CK_INLINE float multiply_adds(const int chained, ptrdiff_t rounds) {
  vf sum[CK_PEAK_CHAINS];
  vf left = splat(1.0f), right = splat(1e-9f);
  uint64_t chain = 1, increment = 3;
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = splat((float)i);
  for (ptrdiff_t r = 0; r < rounds; r++) {
    __asm__ volatile("" : "+" CK_REGISTER(left), "+" CK_REGISTER(right));
    if (chained)
      __asm__ volatile(CK_FOUR_TIMES(CK_FOUR_TIMES(CK_ADD_ONCE CK_ADD_ONCE)) : "+r"(chain) : "r"(increment) : "cc");
#pragma clang loop unroll(full)
    for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = left * right + sum[i];
  }
  vf total = splat(0);
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) total += sum[i];
  return sum_of_lanes(total);
}

static float peak(ptrdiff_t rounds) { return multiply_adds(0, rounds); }

// 32 cycles a round, each with three quarters of a multiply-add.
static float cycles(ptrdiff_t rounds) { return multiply_adds(1, rounds); }
