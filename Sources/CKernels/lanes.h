// A vector of CK_LANES floats in clang's vector extension, and partial loads and stores.
// Included by each instruction set's file inside its `#pragma clang attribute push`.

#define CK_INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((ext_vector_type(CK_LANES)));
typedef int32_t vi __attribute__((ext_vector_type(CK_LANES)));
typedef float vf_unaligned __attribute__((ext_vector_type(CK_LANES), aligned(4)));

CK_INLINE ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
CK_INLINE ptrdiff_t greatest(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
CK_INLINE ptrdiff_t divide_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }

CK_INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
CK_INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
CK_INLINE vf splat(float x) { return (vf)x; }

// The first lanes of a vector: `lanes(n)` for any n >= 0, all of them from CK_LANES on.
#if CK_LANES == 16
typedef __mmask16 vm;
CK_INLINE vm lanes(ptrdiff_t n) { return n >= 16 ? 0xffff : n <= 0 ? 0 : (vm)((1u << n) - 1); }
CK_INLINE vf load_part(const float *p, vm m) { return (vf)_mm512_maskz_loadu_ps(m, p); }
CK_INLINE void store_part(float *p, vf v, vm m) { _mm512_mask_storeu_ps(p, m, (__m512)v); }
#else
typedef ptrdiff_t vm;
CK_INLINE vm lanes(ptrdiff_t n) { return n; }
CK_INLINE vf load_part(const float *p, vm m) {
  if (m >= CK_LANES) return load(p);
  float part[CK_LANES] = {0};
  for (vm i = 0; i < m; i++) part[i] = p[i];
  return load(part);
}
CK_INLINE void store_part(float *p, vf v, vm m) {
  if (m >= CK_LANES) {
    store(p, v);
    return;
  }
  float part[CK_LANES];
  store(part, v);
  for (vm i = 0; i < m; i++) p[i] = part[i];
}
#endif

// With a constant `whole` the plain instructions: masked ones cost a third of the bandwidth beyond the caches.
CK_INLINE vf load_some(const int whole, const float *p, vm part) { return whole ? load(p) : load_part(p, part); }
CK_INLINE void store_some(const int whole, float *p, vf v, vm part) {
  if (whole) store(p, v);
  else store_part(p, v, part);
}

// Runs a statement for every vector of `count` floats: at `i`, with `whole` and `part`.
#define CK_OVER(count, ...)                            \
  do {                                                 \
    const ptrdiff_t over = (count);                    \
    ptrdiff_t i = 0;                                   \
    for (; i + CK_LANES <= over; i += CK_LANES) {      \
      enum { whole = 1 };                              \
      const vm part = lanes(CK_LANES);                 \
      (void)part;                                      \
      __VA_ARGS__                                      \
    }                                                  \
    if (i < over) {                                    \
      enum { whole = 0 };                              \
      const vm part = lanes(over - i);                 \
      __VA_ARGS__                                      \
    }                                                  \
  } while (0)

// The comparisons keep a NaN of `x`: it would be a pity to hide a training run that diverges.
CK_INLINE vf at_least(vf x, vf low) { return x < low ? low : x; }
CK_INLINE vf at_most(vf x, vf high) { return x > high ? high : x; }
CK_INLINE vf magnitude(vf x) { return (vf)((vi)x & 0x7fffffff); }
CK_INLINE vf with_sign_of(vf x, vf sign) { return (vf)(((vi)x & 0x7fffffff) | ((vi)sign & (int32_t)0x80000000)); }
CK_INLINE vf square_root(vf x) { return __builtin_elementwise_sqrt(x); }

// Halves folded onto each other: the same tree for every row.
CK_INLINE float sum_of_lanes(vf v) {
  float part[CK_LANES];
  store(part, v);
  for (int step = CK_LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++) part[i] += part[i + step];
  return part[0];
}
CK_INLINE float maximum_of_lanes(vf v) {
  float part[CK_LANES];
  store(part, v);
  float best = part[0];
  for (int i = 1; i < CK_LANES; i++) best = part[i] > best ? part[i] : best;
  return best;
}

CK_INLINE void copy(float *to, const float *from, ptrdiff_t count) {
  if (count < CK_LANES) {
    vm part = lanes(count);
    store_part(to, load_part(from, part), part);
    return;
  }
  for (ptrdiff_t i = 0; i + CK_LANES < count; i += CK_LANES) store(to + i, load(from + i));
  store(to + count - CK_LANES, load(from + count - CK_LANES));
}

CK_INLINE void clear(float *to, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + CK_LANES <= count; i += CK_LANES) store(to + i, splat(0));
  if (i < count) store_part(to + i, splat(0), lanes(count - i));
}

// The part of the epilogue that happens in registers.
CK_INLINE vf finish(vf v, const ck_epilogue *e) {
  v = v < 0 ? v * e->slope : v;
  return at_most(at_least(v, splat(e->low)), splat(e->high));
}
