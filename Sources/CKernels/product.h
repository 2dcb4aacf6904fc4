// The matrix product of packed operands.

// Memory that will be needed, asked for while a product runs: for each of the next `tiles` tiles one line at each step of
// the depth, the first at `next`, the others `step` bytes apart, and those of the next tile `jump` bytes further on; after
// that as `then` says. The processor prefetches too, but not past the end of a page and not into what has not begun.
typedef struct ck_ahead {
  const char *next;
  ptrdiff_t step, jump, tiles;
  const struct ck_ahead *then;
} ck_ahead;

// rows x CK_PANEL of the result, `vectors` of its vectors alive. `a(i, p)` is a[i * CK_PACK_STRIDE + p], or with
// `by_depth` a[p * a_stride + i]. Every output is one chain of multiply-adds over p, whatever `rows` is: that
// is why the batch and the split over threads cannot show in a result.
CK_INLINE void multiply_tile(const int rows, const int vectors, const int by_depth, const int whole, ptrdiff_t depth,
                             const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride, float *c, ptrdiff_t c_stride,
                             ptrdiff_t columns, int accumulates, const ck_epilogue *e, const float *bias,
                             const float *residual, const char *ahead, ptrdiff_t ahead_step) {
  vf sum[CK_TILE_ROWS][2];
  const vm part[2] = {lanes(columns), lanes(columns - CK_LANES)};
#define CK_SUMS                                                     \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) \
  _Pragma("clang loop unroll(full)") for (int j = 0; j < vectors; j++)
  // The stores at the end would wait for lines that are in no cache.
  CK_SUMS {
    sum[i][j] = splat(0);
    __builtin_prefetch(c + i * c_stride + j * CK_LANES, 1);
  }
  for (ptrdiff_t p = 0; p < depth; p++) {
    vf right[2];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = load(b + j * CK_LANES);
    __builtin_prefetch(ahead, 0, 2);
    ahead += ahead_step;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vf left = splat(a[by_depth ? i : i * CK_PACK_STRIDE]);
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = left * right[j] + sum[i][j];
    }
    a += by_depth ? a_stride : 1;
    b += by_depth ? b_stride : CK_PANEL;
  }
  if (accumulates) CK_SUMS sum[i][j] += load_some(whole, c + i * c_stride + j * CK_LANES, part[j]);
  if (e) {
    if (bias) {
      vf shift[2];
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) shift[j] = load_some(whole, bias + j * CK_LANES, part[j]);
      CK_SUMS sum[i][j] += shift[j];
    }
    if (residual) CK_SUMS sum[i][j] += load_some(whole, residual + i * c_stride + j * CK_LANES, part[j]);
    if (e->slope != 1) CK_SUMS sum[i][j] = sum[i][j] < 0 ? sum[i][j] * e->slope : sum[i][j];
    if (e->low != -INFINITY) CK_SUMS sum[i][j] = at_least(sum[i][j], splat(e->low));
    if (e->high != INFINITY) CK_SUMS sum[i][j] = at_most(sum[i][j], splat(e->high));
  }
  CK_SUMS store_some(whole, c + i * c_stride + j * CK_LANES, sum[i][j], part[j]);
#undef CK_SUMS
}

#define CK_TILE(n)                                                                                                  \
  case n:                                                                                                           \
    multiply_tile(n, vectors, by_depth, whole, depth, a, a_stride, b, b_stride, c, c_stride, columns, accumulates, e, bias,   \
                  residual, ahead, ahead_step);                                                                     \
    break;

CK_INLINE void multiply_rows(const int vectors, const int by_depth, const int whole, ptrdiff_t rows, ptrdiff_t depth,
                             const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride, float *c, ptrdiff_t c_stride,
                             ptrdiff_t columns, int accumulates, const ck_epilogue *e, const float *bias,
                             const float *residual, const char *ahead, ptrdiff_t ahead_step) {
  switch (rows) {
    CK_TILE(1) CK_TILE(2) CK_TILE(3) CK_TILE(4) CK_TILE(5) CK_TILE(6)
#if CK_TILE_ROWS > 6
    CK_TILE(7) CK_TILE(8) CK_TILE(9) CK_TILE(10) CK_TILE(11) CK_TILE(12) CK_TILE(13) CK_TILE(14)
#endif
  }
}

// Rows are shared out evenly: 49 as 13 + 12 + 12 + 12, not 14 + 14 + 14 + 7.
CK_INLINE void multiply(const int by_depth, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a,
                        ptrdiff_t a_stride, const float *panels, ptrdiff_t panel_stride, ptrdiff_t b_stride, float *c,
                        ptrdiff_t c_stride, int accumulates, const ck_epilogue *e, const float *residual, const ck_ahead *ahead) {
  const ptrdiff_t groups = divide_up(rows, CK_TILE_ROWS), base = rows / groups, larger = rows % groups;
  // Without other wishes it is the weights of the next panel.
  const int weights = !ahead;
  const ptrdiff_t line = CK_PANEL * (ptrdiff_t)sizeof(float);
  ck_ahead now = weights ? (ck_ahead){0} : *ahead;
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL, panels += panel_stride) {
    const ptrdiff_t width = least(CK_PANEL, columns - n);
    if (weights) now = (ck_ahead){(const char *)(panels + panel_stride), line / groups, depth * line / groups, groups, 0};
    const float *bias = e && e->bias ? e->bias + n : 0;
    for (ptrdiff_t g = 0, i = 0; g < groups; g++) {
      const ptrdiff_t count = base + (g < larger);
      const float *left = a + (by_depth ? i : i * CK_PACK_STRIDE);
      float *to = c + i * c_stride + n;
      const float *add = residual ? residual + i * c_stride + n : 0;
      if (width == CK_PANEL)
        multiply_rows(2, by_depth, 1, count, depth, left, a_stride, panels, b_stride, to, c_stride, width, accumulates, e, bias,
                      add, now.next, now.step);
      else if (width > CK_LANES)
        multiply_rows(2, by_depth, 0, count, depth, left, a_stride, panels, b_stride, to, c_stride, width, accumulates, e, bias,
                      add, now.next, now.step);
      else
        multiply_rows(1, by_depth, 0, count, depth, left, a_stride, panels, b_stride, to, c_stride, width, accumulates, e, bias,
                      add, now.next, now.step);
      i += count;
      now.next += now.jump;
      if (--now.tiles == 0) now = now.then ? *now.then : (ck_ahead){(const char *)panels, 0, 0, 0, 0};
    }
  }
}

static void multiply_by_rows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *panels,
                             ptrdiff_t panel_stride, float *c, ptrdiff_t c_stride, int accumulates,
                             const ck_epilogue *e, const float *residual, const ck_ahead *ahead) {
  multiply(0, rows, columns, depth, a, CK_PACK_STRIDE, panels, panel_stride, CK_PANEL, c, c_stride, accumulates, e, residual,
           ahead);
}

static void multiply_by_depth(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, ptrdiff_t a_stride,
                              const float *panels, ptrdiff_t panel_stride, ptrdiff_t b_stride, float *c,
                              ptrdiff_t c_stride, int accumulates, const ck_ahead *ahead) {
  multiply(1, rows, columns, depth, a, a_stride, panels, panel_stride, b_stride, c, c_stride, accumulates, 0, 0, ahead);
}
