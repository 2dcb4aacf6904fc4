// The same products by AVX512_BF16, whose instruction multiplies two pairs in each of 16 lanes and adds them to a float.

// `rows` x CK_PANEL of the result, `vectors` of its vectors alive: as `multiply_tile`, over pairs.
CK_INLINE void dot_tile(const int rows, const int vectors, const int whole, ptrdiff_t pairs, const float *a,
                        const uint32_t *b, float *c, ptrdiff_t c_stride, ptrdiff_t columns, int accumulates,
                        const ck_epilogue *e, const float *bias, const float *residual) {
  __m512 sum[CK_TILE_ROWS][2];
#define CK_SUMS                                                     \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) \
  _Pragma("clang loop unroll(full)") for (int j = 0; j < vectors; j++)
  CK_SUMS sum[i][j] = _mm512_setzero_ps();
  for (ptrdiff_t p = 0; p < pairs; p++, a++, b += CK_PANEL) {
    __m512bh right[2];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = (__m512bh)_mm512_loadu_si512(b + j * CK_LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const __m512bh left = (__m512bh)_mm512_set1_ps(a[i * CK_PACK_STRIDE]);
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], left, right[j]);
    }
  }
  const vm part[2] = {lanes(columns), lanes(columns - CK_LANES)};
  CK_SUMS {
    float *to = c + i * c_stride + j * CK_LANES;
    vf v = (vf)sum[i][j];
    if (accumulates) v += load_some(whole, to, part[j]);
    if (bias) v += load_some(whole, bias + j * CK_LANES, part[j]);
    if (residual) v += load_some(whole, residual + i * c_stride + j * CK_LANES, part[j]);
    if (e) v = finish(v, e);
    store_some(whole, to, v, part[j]);
  }
#undef CK_SUMS
}

#define CK_DOT_TILE(n)                                                                                          \
  case n:                                                                                                       \
    dot_tile(n, vectors, whole, pairs, a, b, c, c_stride, columns, accumulates, e, bias, residual);             \
    break;

CK_INLINE void dot_rows(const int vectors, const int whole, ptrdiff_t rows, ptrdiff_t pairs, const float *a,
                        const uint32_t *b, float *c, ptrdiff_t c_stride, ptrdiff_t columns, int accumulates,
                        const ck_epilogue *e, const float *bias, const float *residual) {
  switch (rows) {
    CK_DOT_TILE(1) CK_DOT_TILE(2) CK_DOT_TILE(3) CK_DOT_TILE(4) CK_DOT_TILE(5) CK_DOT_TILE(6) CK_DOT_TILE(7)
    CK_DOT_TILE(8) CK_DOT_TILE(9) CK_DOT_TILE(10) CK_DOT_TILE(11) CK_DOT_TILE(12) CK_DOT_TILE(13) CK_DOT_TILE(14)
  }
}

// Rounds the packed rows in place: row by row, each to the front of where it was.
static void round_rows(ptrdiff_t rows, ptrdiff_t depth, float *packed) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *row = packed + r * CK_PACK_STRIDE;
    // An odd depth ends with half a pair.
    if (depth % 2) row[depth] = 0;
    for (ptrdiff_t i = 0; i < depth; i += 2 * CK_LANES) {
      const __m512 low = (__m512)load(row + i), high = (__m512)load(row + i + CK_LANES);
      store(row + i / 2, (vf)_mm512_cvtne2ps_pbh(high, low));
    }
  }
}

static void convolution_rows_dots(const ck_windows *w, const float *image, const uint32_t *panels, ptrdiff_t columns,
                                  ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,
                                  const ck_epilogue *e, float *scratch) {
  const ptrdiff_t depth = w->kernel_height * w->kernel_width * w->channels, pairs = divide_up(depth, 2);
  const ptrdiff_t block = pair_block(depth);
  const ptrdiff_t groups = divide_up(rows, CK_TILE_ROWS), base = rows / groups, larger = rows % groups;
  output += row * output_stride;
  for (ptrdiff_t k = 0; k < depth; k += block) {
    const ptrdiff_t d = least(block, depth - k);
    const ck_epilogue *last = k + d == depth ? e : 0;
    pack_rows(w, image, row, rows, k, k + d, scratch, CK_PACK_STRIDE);
    round_rows(rows, d, scratch);
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      const uint32_t *b = panels + n * pairs + k / 2 * CK_PANEL;
      const ptrdiff_t width = least(CK_PANEL, columns - n);
      const float *bias = last && last->bias ? last->bias + n : 0;
      for (ptrdiff_t g = 0, i = 0; g < groups; g++) {
        const ptrdiff_t count = base + (g < larger);
        const float *a = scratch + i * CK_PACK_STRIDE;
        float *c = output + i * output_stride + n;
        const float *residual = last && last->residual ? last->residual + (row + i) * output_stride + n : 0;
        if (width == CK_PANEL)
          dot_rows(2, 1, count, divide_up(d, 2), a, b, c, output_stride, width, k > 0, last, bias, residual);
        else if (width > CK_LANES)
          dot_rows(2, 0, count, divide_up(d, 2), a, b, c, output_stride, width, k > 0, last, bias, residual);
        else
          dot_rows(1, 0, count, divide_up(d, 2), a, b, c, output_stride, width, k > 0, last, bias, residual);
        i += count;
      }
    }
  }
  activate_rows(e, rows, columns, output, output_stride);
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
