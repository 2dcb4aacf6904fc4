// The same products by AVX512_BF16, whose instruction multiplies two pairs in each of 16 lanes and adds them to a float.

// Rows of the window matrix, rounded to bfloat16 as they are packed: CK_DOT_STRIDE numbers apart.
enum { CK_DOT_STRIDE = 2 * CK_PACK_STRIDE, CK_DOT_DEPTH = 2 * CK_BLOCK_DEPTH };

CK_INLINE void round_vector(const float *from, uint16_t *to) {
  _mm256_storeu_si256((__m256i_u *)to, (__m256i)_mm512_cvtneps_pbh((__m512)load(from)));
}
CK_INLINE void round_floats(const float *from, uint16_t *to, ptrdiff_t count) {
  for (; count >= CK_LANES; count -= CK_LANES, from += CK_LANES, to += CK_LANES) round_vector(from, to);
  if (count > 0)
    _mm256_mask_storeu_epi16(to, lanes(count), (__m256i)_mm512_cvtneps_pbh((__m512)load_part(from, lanes(count))));
}
#define CK_PACK(name) name##_rounded
#define CK_PACK_SOURCE float
#define CK_PACK_TARGET uint16_t
#define CK_PACK_VECTOR(from, to) round_vector(from, to)
#define CK_PACK_COPY(from, to, count) round_floats(from, to, count)
#define CK_PACK_CLEAR(to, count) memset(to, 0, 2 * (size_t)(count))
#include "pack_windows.h"

// `rows` x CK_PANEL of the result, `vectors` of its vectors alive: as `multiply_tile`, over pairs. Pair p of row i stands at
// a[i * CK_DOT_STRIDE + 2 * p], or with `by_depth` at a[p * a_stride + 2 * i].
CK_INLINE void dot_tile(const int rows, const int vectors, const int by_depth, const int whole, ptrdiff_t pairs,
                        const uint16_t *a, ptrdiff_t a_stride, const uint32_t *b, float *c, ptrdiff_t c_stride, ptrdiff_t columns, int accumulates,
                        const ck_epilogue *e, const float *bias, const float *residual, const char *ahead,
                        ptrdiff_t ahead_step) {
  __m512 sum[CK_TILE_ROWS][2];
#define CK_SUMS                                                     \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) \
  _Pragma("clang loop unroll(full)") for (int j = 0; j < vectors; j++)
  CK_SUMS {
    sum[i][j] = _mm512_setzero_ps();
    __builtin_prefetch(c + i * c_stride + j * CK_LANES, 1);
  }
  for (ptrdiff_t p = 0; p < pairs; p++, a += by_depth ? a_stride : 2, b += CK_PANEL) {
    __m512bh right[2];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = (__m512bh)_mm512_loadu_si512(b + j * CK_LANES);
    __builtin_prefetch(ahead, 0, 2);
    ahead += ahead_step;
    if (by_depth) {
      __builtin_prefetch(ahead, 0, 2);
      ahead += ahead_step;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      int32_t pair;
      __builtin_memcpy(&pair, a + (by_depth ? 2 * i : i * CK_DOT_STRIDE), sizeof pair);
      const __m512bh left = (__m512bh)_mm512_set1_epi32(pair);
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], left, right[j]);
    }
  }
  const vm part[2] = {lanes(columns), lanes(columns - CK_LANES)};
#define CK_SUM ((vf)sum[i][j])
#define CK_SUM_BECOMES(...) sum[i][j] = (__m512)(__VA_ARGS__)
  if (accumulates) CK_SUMS CK_SUM_BECOMES(CK_SUM + load_some(whole, c + i * c_stride + j * CK_LANES, part[j]));
  if (e) {
    if (bias) CK_SUMS CK_SUM_BECOMES(CK_SUM + load_some(whole, bias + j * CK_LANES, part[j]));
    if (residual) CK_SUMS CK_SUM_BECOMES(CK_SUM + load_some(whole, residual + i * c_stride + j * CK_LANES, part[j]));
    if (e->slope != 1) CK_SUMS CK_SUM_BECOMES(CK_SUM < 0 ? CK_SUM * e->slope : CK_SUM);
    if (e->low != -INFINITY) CK_SUMS CK_SUM_BECOMES(at_least(CK_SUM, splat(e->low)));
    if (e->high != INFINITY) CK_SUMS CK_SUM_BECOMES(at_most(CK_SUM, splat(e->high)));
  }
  CK_SUMS store_some(whole, c + i * c_stride + j * CK_LANES, CK_SUM, part[j]);
#undef CK_SUM_BECOMES
#undef CK_SUM
#undef CK_SUMS
}

#define CK_DOT_TILE(n)                                                                                          \
  case n:                                                                                                       \
    dot_tile(n, vectors, by_depth, whole, pairs, a, a_stride, b, c, c_stride, columns, accumulates, e, bias, residual,    \
             ahead, ahead_step);                                                                                \
    break;

CK_INLINE void dot_rows(const int vectors, const int by_depth, const int whole, ptrdiff_t rows, ptrdiff_t pairs,
                        const uint16_t *a, ptrdiff_t a_stride, const uint32_t *b, float *c, ptrdiff_t c_stride,
                        ptrdiff_t columns, int accumulates, const ck_epilogue *e, const float *bias,
                        const float *residual, const char *ahead, ptrdiff_t ahead_step) {
  switch (rows) {
    CK_DOT_TILE(1) CK_DOT_TILE(2) CK_DOT_TILE(3) CK_DOT_TILE(4) CK_DOT_TILE(5) CK_DOT_TILE(6) CK_DOT_TILE(7)
    CK_DOT_TILE(8) CK_DOT_TILE(9) CK_DOT_TILE(10) CK_DOT_TILE(11) CK_DOT_TILE(12) CK_DOT_TILE(13) CK_DOT_TILE(14)
  }
}

// Blocks of the depth hold whole pairs.
CK_INLINE ptrdiff_t dot_block(ptrdiff_t depth) { return (divide_up(depth, divide_up(depth, CK_DOT_DEPTH)) + 1) / 2 * 2; }

// Columns [start, start + depth) of rows of the window matrix.
CK_INLINE void pack_rows_of_pairs(const ck_windows *w, const float *image, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t start,
                                  ptrdiff_t depth, uint16_t *packed) {
  pack_rows_rounded(w, image, row, rows, start, start + depth, packed, CK_DOT_STRIDE);
  // An odd depth ends with half a pair.
  if (depth % 2)
    for (ptrdiff_t r = 0; r < rows; r++) packed[r * CK_DOT_STRIDE + depth] = 0;
}

// Packed rows times a panel, at most CK_PANEL `columns` of it.
CK_INLINE void dot_panel(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t pairs, const uint16_t *packed, const uint32_t *panel,
                         float *output, ptrdiff_t output_stride, int accumulates, const ck_epilogue *e,
                         const float *bias, const float *residual, ck_ahead next) {
  const ptrdiff_t groups = divide_up(rows, CK_TILE_ROWS), base = rows / groups, larger = rows % groups;
  for (ptrdiff_t g = 0, i = 0; g < groups; g++, next.next += next.jump) {
    const ptrdiff_t count = base + (g < larger);
    const uint16_t *a = packed + i * CK_DOT_STRIDE;
    float *c = output + i * output_stride;
    const float *add = residual ? residual + i * output_stride : 0;
#define CK_DOTS(vectors, whole)                                                                                  \
  dot_rows(vectors, 0, whole, count, pairs, a, 0, panel, c, output_stride, columns, accumulates, e, bias, add, next.next, \
           next.step)
    if (columns == CK_PANEL) CK_DOTS(2, 1);
    else if (columns > CK_LANES) CK_DOTS(2, 0);
    else CK_DOTS(1, 0);
#undef CK_DOTS
    i += count;
  }
}

// `output` is the first of these rows.
static void dotted_rows(const ck_windows *w, const float *image, const uint32_t *panels, ptrdiff_t columns,
                        ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride, const ck_epilogue *e,
                        float *scratch) {
  const ptrdiff_t depth = w->kernel_height * w->kernel_width * w->channels, pairs = divide_up(depth, 2);
  const ptrdiff_t block = dot_block(depth), blocks = divide_up(depth, block);
  // Here a weight takes half the room: see `convolution_rows`.
  const int stay = depth * columns <= 2 * CK_RESIDENT_WEIGHTS;
  if (stay && rows > CK_STRIP_ROWS) {
    const ptrdiff_t strips = divide_up(rows, CK_STRIP_ROWS);
    for (ptrdiff_t s = 0; s < strips; s++) {
      const ptrdiff_t from = rows * s / strips, until = rows * (s + 1) / strips;
      dotted_rows(w, image, panels, columns, row + from, until - from, output + from * output_stride, output_stride, e,
                  scratch);
    }
    return;
  }
  uint16_t *packed = (uint16_t *)scratch;
  const ptrdiff_t groups = divide_up(rows, CK_TILE_ROWS);
  const ptrdiff_t tiles = groups * divide_up(columns, CK_PANEL) * blocks, line = CK_PANEL * (ptrdiff_t)sizeof(uint32_t);
  const char *pixels = newest_line(w, image, row + rows);
  const ptrdiff_t jump = greatest(0, newest_line(w, image, row + 2 * rows) - pixels) / tiles;
  for (ptrdiff_t k = 0; k < depth; k += block) {
    const ptrdiff_t d = least(block, depth - k), count_of_pairs = divide_up(d, 2);
    const ck_epilogue *last = k + d == depth ? e : 0;
    pack_rows_of_pairs(w, image, row, rows, k, d, packed);
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      const uint32_t *b = panels + n * pairs + k / 2 * CK_PANEL;
      const ptrdiff_t width = least(CK_PANEL, columns - n);
      const float *bias = last && last->bias ? last->bias + n : 0;
      const char *ahead = stay ? pixels : (const char *)(b + pairs * CK_PANEL);
      const ptrdiff_t step = stay ? least(64, divide_up(jump, count_of_pairs)) : line / groups;
      const ck_ahead next = {ahead, step, stay ? jump : count_of_pairs * line / groups, 0, 0};
      dot_panel(rows, width, count_of_pairs, packed, b, output + n, output_stride, k > 0, last, bias,
                last && last->residual ? last->residual + row * output_stride + n : 0, next);
      if (stay) pixels = ahead + groups * jump;
    }
  }
  activate_rows(e, rows, columns, output, output_stride);
}

static void convolution_rows_dots(const ck_windows *w, const float *image, const uint32_t *panels, ptrdiff_t columns,
                                  ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,
                                  const ck_scatter *scatter, const ck_epilogue *e, float *scratch) {
  if (scatter)
    scattered_rows(dotted_rows, w, image, panels, columns, row, rows, output, output_stride, scatter,
                   e && e->residual, scratch);
  else dotted_rows(w, image, panels, columns, row, rows, output + row * output_stride, output_stride, e, scratch);
}

static float peak_dots(ptrdiff_t rounds) {
  __m512 sum[CK_PEAK_CHAINS], left = _mm512_set1_ps(1.0f), right = _mm512_set1_ps(1e-9f);
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = _mm512_set1_ps((float)i);
  for (ptrdiff_t r = 0; r < rounds; r++) {
    __asm__ volatile("" : "+x"(left), "+x"(right));
#pragma clang loop unroll(full)
    for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)left, (__m512bh)right);
  }
  __m512 total = _mm512_setzero_ps();
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) total = _mm512_add_ps(total, sum[i]);
  return _mm512_reduce_add_ps(total);
}
