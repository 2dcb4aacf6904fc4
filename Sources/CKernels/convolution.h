// Every convolution as a matrix product.

// Rows [row, row + rows) of the window matrix times packed weights, at most CK_BLOCK_ROWS of them. `output` is the
// whole output, from the first column of this call on. With `scatter` the rows go to scattered pixels.
static void convolution_rows(const ck_windows *w, const float *image, const float *panels, ptrdiff_t columns,
                             ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,
                             const ck_scatter *scatter, const ck_epilogue *e, float *scratch) {
  const ptrdiff_t depth = w->kernel_height * w->kernel_width * w->channels;
  const ptrdiff_t blocks = divide_up(depth, CK_BLOCK_DEPTH), block = divide_up(depth, blocks);
  const ptrdiff_t chunk = scatter ? CK_BLOCK_DEPTH : columns;  // scattered columns pass through the scratch
  for (ptrdiff_t n = 0; n < columns; n += chunk) {
    const ptrdiff_t width = least(chunk, columns - n);
    float *tile = scatter ? scratch + CK_BLOCK_ROWS * CK_PACK_STRIDE : output + row * output_stride;
    const ptrdiff_t tile_stride = scatter ? CK_PACK_STRIDE : output_stride;
    for (ptrdiff_t k = 0; k < depth; k += block) {
      const ptrdiff_t d = least(block, depth - k);
      const int last = k + d == depth;
      pack_rows(w, image, row, rows, k, k + d, scratch, CK_PACK_STRIDE);
      multiply_by_rows(rows, width, d, scratch, panels + n / CK_PANEL * depth * CK_PANEL + k * CK_PANEL,
                       depth * CK_PANEL, tile, tile_stride, k > 0, last ? e : 0,
                       last && e && e->residual ? e->residual + row * output_stride : 0);
    }
    if (e && e->activation != CK_LINEAR)
      for (ptrdiff_t r = 0; r < rows; r++)
        activate(e->activation, e->parameters, width, tile + r * tile_stride, tile + r * tile_stride);
    if (!scatter) return;
    ptrdiff_t x = row % w->output_width, y = row / w->output_width % w->output_height,
            image_index = row / w->output_width / w->output_height;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const ptrdiff_t iy = y * scatter->step_height + scatter->offset_height;
      const ptrdiff_t ix = x * scatter->step_width + scatter->offset_width;
      copy(output + ((image_index * scatter->height + iy) * scatter->width + ix) * output_stride + n,
           tile + r * tile_stride, width);
      if (++x == w->output_width) {
        x = 0;
        if (++y == w->output_height) y = 0, image_index++;
      }
    }
  }
}

// result[k][n] += the sum over rows [row, row + rows) of windows(row, k) * output_gradient(row, n), for k in
// [depth_start, depth_end), at most CK_BLOCK_DEPTH of them. Rows are taken CK_GRADIENT_ROWS at a time, in order.
static void kernel_gradient(const ck_windows *w, const float *image, const float *output_gradient,
                            ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,
                            ptrdiff_t depth_start, ptrdiff_t depth_end, float *result, ptrdiff_t result_stride,
                            float *scratch) {
  float *panels = scratch + CK_GRADIENT_ROWS * CK_PACK_STRIDE;
  // Rows as close as can be, and never a power of two apart.
  const ptrdiff_t stride = divide_up(depth_end - depth_start, 16) * 16 + 16;
  for (ptrdiff_t r = 0; r < rows; r += CK_GRADIENT_ROWS) {
    const ptrdiff_t d = least(CK_GRADIENT_ROWS, rows - r);
    pack_rows(w, image, row + r, d, depth_start, depth_end, scratch, stride);
    for (ptrdiff_t n = 0; n < columns; n += CK_GRADIENT_COLUMNS) {
      const ptrdiff_t width = least(CK_GRADIENT_COLUMNS, columns - n);
      pack_panels(output_gradient + (row + r) * gradient_stride + n, gradient_stride, 1, d, width, panels,
                  d * CK_PANEL);
      multiply_by_depth(depth_end - depth_start, width, d, scratch, stride, panels, d * CK_PANEL,
                        result + depth_start * result_stride + n, result_stride);
    }
  }
}
