// The matrix product of packed operands.

// rows x CK_PANEL of the result, `vectors` of its vectors alive. `a(i, p)` is a[i * CK_PACK_STRIDE + p], or with
// `by_depth` a[p * a_stride + i]. Every output is one chain of multiply-adds over p, whatever `rows` is: that
// is why the batch and the split over threads cannot show in a result.
CK_INLINE void multiply_tile(const int rows, const int vectors, const int by_depth, const int whole, ptrdiff_t depth,
                             const float *a, ptrdiff_t a_stride, const float *b, float *c, ptrdiff_t c_stride,
                             ptrdiff_t columns, int accumulates, const ck_epilogue *e, const float *bias,
                             const float *residual) {
  vf sum[CK_TILE_ROWS][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = splat(0);
  for (ptrdiff_t p = 0; p < depth; p++) {
    vf right[2];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = load(b + j * CK_LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vf left = splat(a[by_depth ? i : i * CK_PACK_STRIDE]);
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = left * right[j] + sum[i][j];
    }
    a += by_depth ? a_stride : 1;
    b += CK_PANEL;
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) {
    const vm part = lanes(columns - j * CK_LANES);
    const vf shift = bias ? load_some(whole, bias + j * CK_LANES, part) : splat(0);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      float *to = c + i * c_stride + j * CK_LANES;
      vf v = sum[i][j];
      if (accumulates) v += load_some(whole, to, part);
      if (e) {
        v += shift;
        if (residual) v += load_some(whole, residual + i * c_stride + j * CK_LANES, part);
        v = finish(v, e);
      }
      store_some(whole, to, v, part);
    }
  }
}

#define CK_TILE(n)                                                                                              \
  case n:                                                                                                       \
    multiply_tile(n, vectors, by_depth, whole, depth, a, a_stride, b, c, c_stride, columns, accumulates, e, bias, \
                  residual);                                                                                    \
    break;

CK_INLINE void multiply_rows(const int vectors, const int by_depth, const int whole, ptrdiff_t rows, ptrdiff_t depth,
                             const float *a, ptrdiff_t a_stride, const float *b, float *c, ptrdiff_t c_stride,
                             ptrdiff_t columns, int accumulates, const ck_epilogue *e, const float *bias,
                             const float *residual) {
  switch (rows) {
    CK_TILE(1) CK_TILE(2) CK_TILE(3) CK_TILE(4) CK_TILE(5) CK_TILE(6)
#if CK_TILE_ROWS > 6
    CK_TILE(7) CK_TILE(8) CK_TILE(9) CK_TILE(10) CK_TILE(11) CK_TILE(12) CK_TILE(13) CK_TILE(14)
#endif
  }
}

// Rows are shared out evenly: 49 as 13 + 12 + 12 + 12, not 14 + 14 + 14 + 7.
CK_INLINE void multiply(const int by_depth, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a,
                        ptrdiff_t a_stride, const float *panels, ptrdiff_t panel_stride, float *c, ptrdiff_t c_stride,
                        int accumulates, const ck_epilogue *e, const float *residual) {
  const ptrdiff_t groups = divide_up(rows, CK_TILE_ROWS), base = rows / groups, larger = rows % groups;
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL, panels += panel_stride) {
    const ptrdiff_t width = least(CK_PANEL, columns - n);
    const float *bias = e && e->bias ? e->bias + n : 0;
    for (ptrdiff_t g = 0, i = 0; g < groups; g++) {
      const ptrdiff_t count = base + (g < larger);
      const float *left = a + (by_depth ? i : i * CK_PACK_STRIDE);
      float *to = c + i * c_stride + n;
      const float *add = residual ? residual + i * c_stride + n : 0;
      if (width == CK_PANEL)
        multiply_rows(2, by_depth, 1, count, depth, left, a_stride, panels, to, c_stride, width, accumulates, e, bias,
                      add);
      else if (width > CK_LANES)
        multiply_rows(2, by_depth, 0, count, depth, left, a_stride, panels, to, c_stride, width, accumulates, e, bias,
                      add);
      else
        multiply_rows(1, by_depth, 0, count, depth, left, a_stride, panels, to, c_stride, width, accumulates, e, bias,
                      add);
      i += count;
    }
  }
}

static void multiply_by_rows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *panels,
                             ptrdiff_t panel_stride, float *c, ptrdiff_t c_stride, int accumulates,
                             const ck_epilogue *e, const float *residual) {
  multiply(0, rows, columns, depth, a, CK_PACK_STRIDE, panels, panel_stride, c, c_stride, accumulates, e, residual);
}

static void multiply_by_depth(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, ptrdiff_t a_stride,
                              const float *panels, ptrdiff_t panel_stride, float *c, ptrdiff_t c_stride) {
  multiply(1, rows, columns, depth, a, a_stride, panels, panel_stride, c, c_stride, 1, 0, 0);
}
