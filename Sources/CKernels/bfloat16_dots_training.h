// What only training multiplies, by AVX512_BF16.

// The kernel's gradient adds up over rows, so what is paired is the numbers of two rows in the same column: twice as many rows at
// once as of floats, in the same memory.
enum { CK_DOT_GRADIENT_ROWS = 2 * CK_GRADIENT_ROWS, CK_UNPAIRED_ROWS = 16 };

// A row for the last one to be paired with where their number is odd.
static const float missing_row[CK_PACK_STRIDE];

CK_INLINE void pair_vectors(const int whole, const float *even, const float *odd, vm part, uint32_t *pairs) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5,
                                         20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512bh both =
      _mm512_cvtne2ps_pbh((__m512)load_some(whole, odd, part), (__m512)load_some(whole, even, part));
  _mm512_storeu_si512(pairs, _mm512_permutexvar_epi16(order, (__m512i)both));
}

// Rows [row, row + rows) of columns [start, start + depth) of the window matrix: pair p at pairs[p * stride].
static void pack_paired_rows(const ck_windows *w, const float *image, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t start,
                             ptrdiff_t depth, uint32_t *pairs, ptrdiff_t stride) {
  float lines[CK_UNPAIRED_ROWS * CK_PACK_STRIDE];
  const int is_direct = lies_in_image(w);
  const ptrdiff_t line = is_direct ? w->pixel_stride : CK_PACK_STRIDE;
  for (ptrdiff_t r = 0; r < rows; r += CK_UNPAIRED_ROWS) {
    const ptrdiff_t count = least(CK_UNPAIRED_ROWS, rows - r);
    const float *from = is_direct ? image + (row + r) * w->pixel_stride + start : lines;
    if (!is_direct) pack_rows(w, image, row + r, count, start, start + depth, lines, CK_PACK_STRIDE);
    for (ptrdiff_t i = 0; i < count; i += 2, from += 2 * line, pairs += stride) {
      const float *odd = i + 1 < count ? from + line : missing_row;
      for (ptrdiff_t k = 0; k < depth; k += CK_LANES) pair_vectors(1, from + k, odd + k, 0, pairs + k);
    }
  }
}

// Rows of a matrix as panels of pairs: panels[column / CK_PANEL][pair][CK_PANEL].
static void pack_paired_panels(const float *matrix, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns,
                               uint32_t *panels) {
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
    const float *even = matrix + n;
    const int whole = columns - n >= CK_PANEL;
    const vm first = lanes(columns - n), second = lanes(columns - n - CK_LANES);
    for (ptrdiff_t r = 0; r < rows; r += 2, even += 2 * stride, panels += CK_PANEL) {
      const float *odd = r + 1 < rows ? even + stride : missing_row;
      if (whole) {
        pair_vectors(1, even, odd, first, panels);
        pair_vectors(1, even + CK_LANES, odd + CK_LANES, second, panels + CK_LANES);
      } else {
        pair_vectors(0, even, odd, first, panels);
        pair_vectors(0, even + CK_LANES, odd + CK_LANES, second, panels + CK_LANES);
      }
    }
  }
}

// As `product_rows_bfloat16`.
static void product_rows_dots(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *b,
                              ptrdiff_t row_stride, ptrdiff_t column_stride, float *output, ptrdiff_t output_stride,
                              const ck_epilogue *e, float *scratch) {
  const ptrdiff_t block = dot_block(depth);
  const ck_windows w = matrix_windows(rows, depth);
  uint16_t *packed = (uint16_t *)scratch;
  uint32_t *panel = (uint32_t *)(scratch + CK_BLOCK_ROWS * CK_PACK_STRIDE);
  const ck_ahead nothing = {(const char *)panel, 0, 0, 0, 0};
  for (ptrdiff_t k = 0; k < depth; k += block) {
    const ptrdiff_t d = least(block, depth - k);
    const ck_epilogue *last = k + d == depth ? e : 0;
    pack_rows_of_pairs(&w, a, 0, rows, k, d, packed);
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      const ptrdiff_t width = least(CK_PANEL, columns - n);
      const float *from = b + k * row_stride + n * column_stride;
      if (column_stride == 1) pack_paired_panels(from, row_stride, d, width, panel);
      else pack_panels_bfloat16(from, row_stride, column_stride, d, width, panel);
      dot_panel(rows, width, divide_up(d, 2), packed, panel, output + n, output_stride, k > 0, last,
                last && e->bias ? e->bias + n : 0, last && e->residual ? e->residual + n : 0, nothing);
    }
  }
  activate_rows(e, rows, columns, output, output_stride);
}

// `rows` of the result: paired rows times paired panels of `columns`.
static void dot_paired(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t pairs, const uint32_t *left, ptrdiff_t left_stride,
                       const uint32_t *panels, float *result, ptrdiff_t result_stride, int accumulates,
                       const ck_ahead *ahead) {
  const ptrdiff_t groups = divide_up(rows, CK_TILE_ROWS), base = rows / groups, larger = rows % groups;
  ck_ahead now = *ahead;
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL, panels += pairs * CK_PANEL)
    for (ptrdiff_t g = 0, i = 0; g < groups; g++) {
      const ptrdiff_t count = base + (g < larger), width = least(CK_PANEL, columns - n);
      const uint16_t *a = (const uint16_t *)(left + i);
      float *c = result + i * result_stride + n;
#define CK_DOTS(vectors, whole)                                                                                        \
  dot_rows(vectors, 1, whole, count, pairs, a, 2 * left_stride, panels, c, result_stride, width, accumulates, 0, 0, 0, \
           now.next, now.step)
      if (width == CK_PANEL) CK_DOTS(2, 1);
      else if (width > CK_LANES) CK_DOTS(2, 0);
      else CK_DOTS(1, 0);
#undef CK_DOTS
      i += count;
      now.next += now.jump;
      if (--now.tiles == 0) now = now.then ? *now.then : (ck_ahead){(const char *)panels, 0, 0, 0, 0};
    }
}

// As `kernel_gradient`.
static void kernel_gradient_dots(const ck_windows *w, const float *image, const float *output_gradient,
                                 ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,
                                 ptrdiff_t depth_start, ptrdiff_t depth_end, float *result, ptrdiff_t result_stride,
                                 float *scratch) {
  const ptrdiff_t line = 64, size = sizeof(float);  // bytes
  const ptrdiff_t depth = depth_end - depth_start, shares = divide_up(rows, CK_DOT_GRADIENT_ROWS);
  const ptrdiff_t left_stride = divide_up(depth, 16) * 16 + 16;  // never a power of two
  uint32_t *left = (uint32_t *)scratch, *panels = left + CK_GRADIENT_ROWS * CK_PACK_STRIDE;
  const ptrdiff_t first_channel = depth < w->channels ? depth_start % w->channels : 0;
  const ptrdiff_t image_lines = divide_up(least(depth, w->channels) * size, line);
  for (ptrdiff_t s = 0; s < shares; s++) {
    const ptrdiff_t r = row + rows * s / shares, d = row + rows * (s + 1) / shares - r;
    pack_paired_rows(w, image, r, d, depth_start, depth, left, left_stride);
    const ck_ahead next_image = {newest_line(w, image, r + d) + first_channel * size,
                                 w->stride_width * w->pixel_stride * size, line, image_lines, 0};
    for (ptrdiff_t n = 0; n < columns; n += CK_GRADIENT_COLUMNS) {
      const ptrdiff_t width = least(CK_GRADIENT_COLUMNS, columns - n), rest = columns - n - width;
      const float *gradient = output_gradient + r * gradient_stride + n;
      pack_paired_panels(gradient, gradient_stride, d, width, panels);
      // As in `kernel_gradient`: the other columns of these rows, then the next rows and their image.
      const ck_ahead next = {(const char *)(rest > 0 ? gradient + width : gradient - n + d * gradient_stride),
                             gradient_stride * size, line,
                             divide_up(least(CK_GRADIENT_COLUMNS, rest > 0 ? rest : columns) * size, line),
                             rest > 0 ? 0 : &next_image};
      const ck_ahead nothing = {(const char *)panels, 0, 0, 0, 0};
      dot_paired(depth, width, divide_up(d, 2), left, left_stride, panels, result + depth_start * result_stride + n,
                 result_stride, s > 0, rest > 0 || s + 1 < shares ? &next : &nothing);
    }
  }
}
