// What only training multiplies, of bfloat16 numbers expanded to floats.

// As `product_rows`, of rounded numbers.
static void product_rows_bfloat16(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *b,
                                  ptrdiff_t row_stride, ptrdiff_t column_stride, float *output,
                                  ptrdiff_t output_stride, const ck_epilogue *e, float *scratch) {
  const ptrdiff_t block = pair_block(depth);
  const ck_windows w = matrix_windows(rows, depth);
  float *panel = scratch + CK_BLOCK_ROWS * CK_PACK_STRIDE;
  for (ptrdiff_t k = 0; k < depth; k += block) {
    const ptrdiff_t d = least(block, depth - k);
    const int last = k + d == depth;
    pack_rows(&w, a, 0, rows, k, k + d, scratch, CK_PACK_STRIDE);
    for (ptrdiff_t r = 0; r < rows; r++) round_in_place(scratch + r * CK_PACK_STRIDE, d);
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      const ptrdiff_t width = least(CK_PANEL, columns - n);
      const ck_ahead nothing = {(const char *)panel, 0, 0, 0, 0};
      ck_epilogue here = *e;
      if (here.bias) here.bias += n;
      pack_panels(b + k * row_stride + n * column_stride, row_stride, column_stride, d, width, panel, 0);
      round_in_place(panel, d * CK_PANEL);
      multiply_by_rows(rows, width, d, scratch, panel, 0, output + n, output_stride, k > 0, last ? &here : 0,
                       last && e->residual ? e->residual + n : 0, &nothing);
    }
  }
  activate_rows(e, rows, columns, output, output_stride);
}

// As `kernel_gradient`, of rounded numbers.
static void kernel_gradient_bfloat16(const ck_windows *w, const float *image, const float *output_gradient,
                                     ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,
                                     ptrdiff_t depth_start, ptrdiff_t depth_end, float *result,
                                     ptrdiff_t result_stride, float *scratch) {
  const ptrdiff_t depth = depth_end - depth_start, shares = divide_up(rows, CK_GRADIENT_ROWS);
  float *packed = scratch + CK_GRADIENT_ROWS * CK_PACK_STRIDE;
  const ck_ahead nothing = {(const char *)packed, 0, 0, 0, 0};
  for (ptrdiff_t s = 0; s < shares; s++) {
    const ptrdiff_t r = row + rows * s / shares, d = row + rows * (s + 1) / shares - r;
    pack_rows(w, image, r, d, depth_start, depth_end, scratch, CK_PACK_STRIDE);
    for (ptrdiff_t i = 0; i < d; i++) round_in_place(scratch + i * CK_PACK_STRIDE, depth);
    for (ptrdiff_t n = 0; n < columns; n += CK_GRADIENT_COLUMNS) {
      const ptrdiff_t width = least(CK_GRADIENT_COLUMNS, columns - n);
      pack_panels(output_gradient + r * gradient_stride + n, gradient_stride, 1, d, width, packed, d * CK_PANEL);
      round_in_place(packed, divide_up(width, CK_PANEL) * d * CK_PANEL);
      multiply_by_depth(depth, width, d, scratch, CK_PACK_STRIDE, packed, d * CK_PANEL, CK_PANEL,
                        result + depth_start * result_stride + n, result_stride, s > 0, &nothing);
    }
  }
}
