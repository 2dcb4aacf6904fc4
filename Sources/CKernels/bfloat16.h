// Products of bfloat16 numbers, the upper halves of floats, summed in float.
//
// Weights lie packed as pairs of neighbouring rows, panels[n / CK_PANEL][k / 2][CK_PANEL][2]: half the memory of floats, and
// what the processors' dot products read. Activations are rounded, to the nearest with ties to even, while rows are packed.

typedef uint32_t vu __attribute__((ext_vector_type(CK_LANES)));
typedef uint32_t vu_unaligned __attribute__((ext_vector_type(CK_LANES), aligned(4)));

// The nearest bfloat16, as a float. A NaN keeps its sign and what fits of its payload, and is a quiet one.
CK_INLINE vf nearest_bfloat16(vf x) {
  const vu bits = (vu)x, quiet = bits | 0x400000, nearest = bits + ((bits >> 16 & 1) + 0x7fff);
  return (vf)((x != x ? quiet : nearest) & 0xffff0000);
}

// Two rows of floats as pairs.
CK_INLINE void pair_rows(const float *even, const float *odd, uint32_t *pairs) {
  const vu first = (vu)nearest_bfloat16(load(even)), second = (vu)nearest_bfloat16(load(odd));
  *(vu_unaligned *)pairs = first >> 16 | second;
}

// As `pack_panels`, some rows at a time, which are in the first cache when they become pairs: training packs in every step.
static void pack_panels_bfloat16(const float *source, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,
                                 ptrdiff_t columns, uint32_t *panels) {
  enum { CK_PAIRED_ROWS = 64 };
  float block[CK_PAIRED_ROWS * CK_PANEL];
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL)
    for (ptrdiff_t k = 0; k < rows; k += CK_PAIRED_ROWS) {
      const ptrdiff_t count = least(CK_PAIRED_ROWS, rows - k);
      pack_panels(source + k * row_stride + n * column_stride, row_stride, column_stride, count,
                  least(CK_PANEL, columns - n), block, 0);
      if (count % 2) clear(block + count * CK_PANEL, CK_PANEL);
      for (ptrdiff_t i = 0; i < count; i += 2, panels += CK_PANEL)
        for (ptrdiff_t j = 0; j < CK_PANEL; j += CK_LANES)
          pair_rows(block + i * CK_PANEL + j, block + (i + 1) * CK_PANEL + j, panels + j);
    }
}

// `count` floats in whole vectors; what is beyond them may be rounded, too.
CK_INLINE void round_in_place(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) store(x + i, nearest_bfloat16(load(x + i)));
}

// A block of a panel as floats, without loss.
CK_INLINE void expand_panel(ptrdiff_t depth, const uint32_t *pairs, float *panel) {
  for (ptrdiff_t k = 0; k < depth; k += 2, pairs += CK_PANEL, panel += 2 * CK_PANEL)
    for (ptrdiff_t j = 0; j < CK_PANEL; j += CK_LANES) {
      const vu pair = *(const vu_unaligned *)(pairs + j);
      store(panel + j, (vf)(pair << 16));
      store(panel + CK_PANEL + j, (vf)(pair & 0xffff0000));
    }
}

static void activate_rows(const ck_epilogue *e, ptrdiff_t rows, ptrdiff_t columns, float *output, ptrdiff_t stride) {
  if (e && e->activation != CK_LINEAR)
    for (ptrdiff_t r = 0; r < rows; r++)
      activate(e->activation, e->parameters, columns, output + r * stride, output + r * stride);
}

// Blocks of the depth hold whole pairs.
CK_INLINE ptrdiff_t pair_block(ptrdiff_t depth) {
  const ptrdiff_t block = divide_up(depth, divide_up(depth, CK_BLOCK_DEPTH));
  return block + block % 2;
}

// `output` is the first of these rows. Panels are expanded one at a time, into the caches, and multiplied as floats.
static void expanded_rows(const ck_windows *w, const float *image, const uint32_t *panels, ptrdiff_t columns,
                          ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride, const ck_epilogue *e,
                          float *scratch) {
  const ptrdiff_t depth = w->kernel_height * w->kernel_width * w->channels, pairs = divide_up(depth, 2);
  const ptrdiff_t block = pair_block(depth), groups = divide_up(rows, CK_TILE_ROWS);
  float *panel = scratch + CK_BLOCK_ROWS * CK_PACK_STRIDE;
  for (ptrdiff_t k = 0; k < depth; k += block) {
    const ptrdiff_t d = least(block, depth - k);
    const int last = k + d == depth;
    pack_rows(w, image, row, rows, k, k + d, scratch, CK_PACK_STRIDE);
    for (ptrdiff_t r = 0; r < rows; r++) round_in_place(scratch + r * CK_PACK_STRIDE, d);
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      const uint32_t *from = panels + n * pairs + k / 2 * CK_PANEL;
      expand_panel(d, from, panel);
      ck_epilogue here = {0};
      if (last && e) here = *e;
      if (here.bias) here.bias += n;
      const ptrdiff_t bytes = d / 2 * CK_PANEL * (ptrdiff_t)sizeof(uint32_t);
      const ck_ahead weights = {(const char *)(from + pairs * CK_PANEL), divide_up(bytes, groups * d), bytes / groups,
                                groups, 0};
      multiply_by_rows(rows, least(CK_PANEL, columns - n), d, scratch, panel, 0, output + n, output_stride, k > 0,
                       last && e ? &here : 0,
                       last && e && e->residual ? e->residual + row * output_stride + n : 0, &weights);
    }
  }
  activate_rows(e, rows, columns, output, output_stride);
}

typedef void ck_paired_product(const ck_windows *w, const float *image, const uint32_t *panels, ptrdiff_t columns,
                               ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,
                               const ck_epilogue *e, float *scratch);

// Rows that go to scattered pixels pass through the end of the scratch memory, some columns at a time.
static void scattered_rows(ck_paired_product *product, const ck_windows *w, const float *image, const uint32_t *panels,
                           ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,
                           const ck_scatter *scatter, int adds, float *scratch) {
  enum { CK_SCATTERED_COLUMNS = 256, CK_SCATTERED_STRIDE = CK_SCATTERED_COLUMNS + 16 };
  const ptrdiff_t pairs = divide_up(w->kernel_height * w->kernel_width * w->channels, 2);
  float *tile = scratch + CK_SCRATCH - CK_BLOCK_ROWS * CK_SCATTERED_STRIDE;
  for (ptrdiff_t n = 0; n < columns; n += CK_SCATTERED_COLUMNS) {
    const ptrdiff_t width = least(CK_SCATTERED_COLUMNS, columns - n);
    product(w, image, panels + n * pairs, width, row, rows, tile, CK_SCATTERED_STRIDE, 0, scratch);
    scatter_rows(w, row, rows, width, tile, CK_SCATTERED_STRIDE, output + n, output_stride, scatter, adds);
  }
}

// As `convolution_rows`; of an epilogue, what is scattered has the residual alone.
static void convolution_rows_bfloat16(const ck_windows *w, const float *image, const uint32_t *panels,
                                      ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows, float *output,
                                      ptrdiff_t output_stride, const ck_scatter *scatter, const ck_epilogue *e,
                                      float *scratch) {
  if (scatter)
    scattered_rows(expanded_rows, w, image, panels, columns, row, rows, output, output_stride, scatter,
                   e && e->residual, scratch);
  else
    expanded_rows(w, image, panels, columns, row, rows, output + row * output_stride, output_stride, e, scratch);
}
