// Every convolution as a matrix product.

// The last line of window `row`: near what no window before it has read.
CK_INLINE const char *newest_line(const ck_windows *w, const float *image, ptrdiff_t row) {
  const ptrdiff_t x = row % w->output_width, y = row / w->output_width % w->output_height;
  const ptrdiff_t n = row / w->output_width / w->output_height;
  const ptrdiff_t iy = y * w->stride_height + (w->kernel_height - 1) * w->dilation_height - w->pad_top;
  return (const char *)(image
                        + ((n * w->height + greatest(0, least(iy, w->height - 1))) * w->width + x * w->stride_width)
                              * w->pixel_stride);
}

// Copies `columns` of rows [row, row + rows) of a product, from `tile` on, to the pixels of the output that they are for, or adds
// them to what lies there.
CK_INLINE void scatter_rows(const ck_windows *w, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t columns, const float *tile,
                            ptrdiff_t tile_stride, float *output, ptrdiff_t output_stride, const ck_scatter *scatter,
                            int adds) {
  ptrdiff_t x = row % w->output_width, y = row / w->output_width % w->output_height;
  ptrdiff_t n = row / w->output_width / w->output_height;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const ptrdiff_t iy = y * scatter->step_height + scatter->offset_height;
    const ptrdiff_t ix = x * scatter->step_width + scatter->offset_width;
    float *pixel = output + ((n * scatter->height + iy) * scatter->width + ix) * output_stride;
    const float *made = tile + r * tile_stride;
    if (adds)
      CK_OVER(columns, store_some(whole, pixel + i, load_some(whole, made + i, part) + load_some(whole, pixel + i, part), part););
    else copy(pixel, made, columns);
    if (++x == w->output_width) {
      x = 0;
      if (++y == w->output_height) y = 0, n++;
    }
  }
}

// Rows [row, row + rows) of the window matrix times packed weights, at most CK_BLOCK_ROWS of them. `output` is the
// whole output, from the first column of this call on. With `scatter` the rows go to scattered pixels, and a residual, which is
// the output itself then, lies there, too.
static void convolution_rows(const ck_windows *w, const float *image, const float *panels, ptrdiff_t columns,
                             ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,
                             const ck_scatter *scatter, const ck_epilogue *e, float *scratch) {
  const ptrdiff_t depth = w->kernel_height * w->kernel_width * w->channels;
  const ptrdiff_t blocks = divide_up(depth, CK_BLOCK_DEPTH), block = divide_up(depth, blocks);
  // Weights that stay in the second cache are cheap to read again: then few rows at a time, which stay in the first.
  if (!scatter && depth * columns <= CK_RESIDENT_WEIGHTS && rows > CK_STRIP_ROWS) {
    const ptrdiff_t strips = divide_up(rows, CK_STRIP_ROWS);
    for (ptrdiff_t s = 0; s < strips; s++) {
      const ptrdiff_t from = rows * s / strips, until = rows * (s + 1) / strips;
      convolution_rows(w, image, panels, columns, row + from, until - from, output, output_stride, 0, e, scratch);
    }
    return;
  }
  const ptrdiff_t chunk = scatter ? CK_BLOCK_DEPTH : columns;  // scattered columns pass through the scratch
  // Asked for ahead: weights that no cache keeps, or else what as many rows more will read of the image.
  const ptrdiff_t tiles = divide_up(rows, CK_TILE_ROWS) * divide_up(columns, CK_PANEL) * blocks;
  ck_ahead pixels = {newest_line(w, image, row + rows), 0, 0, tiles, 0};
  pixels.jump = greatest(0, newest_line(w, image, row + 2 * rows) - pixels.next) / tiles;
  pixels.step = least(64, divide_up(pixels.jump, block));
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
                       last && !scatter && e && e->residual ? e->residual + row * output_stride : 0,
                       depth * columns > CK_RESIDENT_WEIGHTS ? 0 : &pixels);
      pixels.next += pixels.jump * divide_up(rows, CK_TILE_ROWS) * divide_up(width, CK_PANEL);
    }
    if (e && e->activation != CK_LINEAR)
      for (ptrdiff_t r = 0; r < rows; r++)
        activate(e->activation, e->parameters, width, tile + r * tile_stride, tile + r * tile_stride);
    if (!scatter) return;
    scatter_rows(w, row, rows, width, tile, tile_stride, output + n, output_stride, scatter, e && e->residual);
  }
}

// A matrix as it is: windows of one pixel.
CK_INLINE ck_windows matrix_windows(ptrdiff_t rows, ptrdiff_t columns) {
  return (ck_windows){.height = 1, .width = rows, .pixel_stride = columns, .channels = columns, .kernel_height = 1,
                      .kernel_width = 1, .stride_height = 1, .stride_width = 1, .dilation_height = 1,
                      .dilation_width = 1, .output_height = 1, .output_width = rows};
}

// At most CK_BLOCK_ROWS rows times a matrix that is read where it lies, b[k * row_stride + n * column_stride]: for matrices so
// large, and rows so few, that packing them would cost as much as the product. A panel of one block of the depth is packed at
// a time; the sums are those of packed weights, bit by bit.
static void product_rows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *b,
                         ptrdiff_t row_stride, ptrdiff_t column_stride, float *output, ptrdiff_t output_stride,
                         const ck_epilogue *e, float *scratch) {
  const ptrdiff_t blocks = divide_up(depth, CK_BLOCK_DEPTH), block = divide_up(depth, blocks);
  const ck_windows w = matrix_windows(rows, depth);
  float *panel = scratch + CK_BLOCK_ROWS * CK_PACK_STRIDE;
  for (ptrdiff_t k = 0; k < depth; k += block) {
    const ptrdiff_t d = least(block, depth - k);
    const int last = k + d == depth;
    pack_rows(&w, a, 0, rows, k, k + d, scratch, CK_PACK_STRIDE);
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      const ptrdiff_t width = least(CK_PANEL, columns - n);
      const ck_ahead nothing = {(const char *)panel, 0, 0, 0, 0};
      ck_epilogue here = *e;
      if (here.bias) here.bias += n;
      pack_panels(b + k * row_stride + n * column_stride, row_stride, column_stride, d, width, panel, 0);
      multiply_by_rows(rows, width, d, scratch, panel, 0, output + n, output_stride, k > 0, last ? &here : 0,
                       last && e->residual ? e->residual + n : 0, &nothing);
    }
  }
  if (e->activation != CK_LINEAR)
    for (ptrdiff_t r = 0; r < rows; r++)
      activate(e->activation, e->parameters, columns, output + r * output_stride, output + r * output_stride);
}

// Whether the rows of the window matrix lie in the image as they are: a 1x1 window of stride 1. Beyond CK_DIRECT_STRIDE they
// would share too few sets of the first cache.
CK_INLINE int lies_in_image(const ck_windows *w) {
  return w->kernel_height * w->kernel_width == 1 && w->stride_height == 1 && w->stride_width == 1 && w->pad_top == 0
         && w->pad_left == 0 && w->output_height == w->height && w->output_width == w->width
         && w->pixel_stride <= CK_DIRECT_STRIDE;
}

// result[k][n] = the sum over rows [row, row + rows), at least one, of windows(row, k) * output_gradient(row, n), for k in
// [depth_start, depth_end), at most CK_BLOCK_DEPTH of them. Rows are taken in equal shares of at most CK_GRADIENT_ROWS, in
// order. While a share is multiplied the next is asked for: a line of the cache of each of its rows with every tile.
static void kernel_gradient(const ck_windows *w, const float *image, const float *output_gradient,
                            ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,
                            ptrdiff_t depth_start, ptrdiff_t depth_end, float *result, ptrdiff_t result_stride,
                            float *scratch) {
  const ptrdiff_t line = 64, size = sizeof(float);  // bytes
  const ptrdiff_t depth = depth_end - depth_start, shares = divide_up(rows, CK_GRADIENT_ROWS);
  float *packed = scratch + CK_GRADIENT_ROWS * CK_PACK_STRIDE;
  const int is_left_direct = lies_in_image(w);
  const int is_right_direct =
      columns % CK_PANEL == 0 && gradient_stride <= CK_DIRECT_STRIDE && depth <= CK_DIRECT_DEPTH;
  // Rows as close as can be, and never a power of two apart.
  const ptrdiff_t left_stride = is_left_direct ? w->pixel_stride : divide_up(depth, 16) * 16 + 16;
  const ptrdiff_t first_channel = depth < w->channels ? depth_start % w->channels : 0;
  const ptrdiff_t image_lines = divide_up(least(depth, w->channels) * size, line);
  for (ptrdiff_t s = 0; s < shares; s++) {
    const ptrdiff_t r = row + rows * s / shares, d = row + rows * (s + 1) / shares - r;
    const float *left = is_left_direct ? image + r * w->pixel_stride + depth_start : scratch;
    if (!is_left_direct) pack_rows(w, image, r, d, depth_start, depth_end, scratch, left_stride);
    const ck_ahead next_image = {newest_line(w, image, r + d) + first_channel * size,
                                 w->stride_width * w->pixel_stride * size, line, image_lines, 0};
    for (ptrdiff_t n = 0; n < columns; n += CK_GRADIENT_COLUMNS) {
      const ptrdiff_t width = least(CK_GRADIENT_COLUMNS, columns - n), rest = columns - n - width;
      const float *gradient = output_gradient + r * gradient_stride + n;
      const float *panels = is_right_direct ? gradient : packed;
      if (!is_right_direct) pack_panels(gradient, gradient_stride, 1, d, width, packed, d * CK_PANEL);
      // The other columns of these rows come first, then the next rows and their image.
      const ck_ahead next = {(const char *)(rest > 0 ? gradient + width : gradient - n + d * gradient_stride),
                             gradient_stride * size, line,
                             divide_up(least(CK_GRADIENT_COLUMNS, rest > 0 ? rest : columns) * size, line),
                             rest > 0 ? 0 : &next_image};
      const ck_ahead nothing = {(const char *)panels, 0, 0, 0, 0};
      multiply_by_depth(depth, width, d, left, left_stride, panels, is_right_direct ? CK_PANEL : d * CK_PANEL,
                        is_right_direct ? gradient_stride : CK_PANEL, result + depth_start * result_stride + n,
                        result_stride, s > 0, rest > 0 || s + 1 < shares ? &next : &nothing);
    }
  }
}
