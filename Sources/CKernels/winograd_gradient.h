// The gradient with respect to the kernel of a convolution in tiles: at each position the product of the transformed image
// turned round, channels x tiles, with the transformed gradient of the output, tiles x columns; the transform of their
// sums over all tiles is the gradient.

// Floats from position to position of a panel of the output's gradient, and of a panel of `tiles` tiles.
CK_INLINE ptrdiff_t winograd_panel_stride(ptrdiff_t tiles) { return odd_lines(tiles * CK_PANEL); }

static ptrdiff_t winograd_output_gradient_size(ptrdiff_t m, ptrdiff_t tiles) {
  return (m + 2) * (m + 2) * winograd_panel_stride(tiles);
}

CK_INLINE void winograd_output_gradient_tile(const int m, const int inside, const float *pixel, ptrdiff_t line,
                                             ptrdiff_t step, ptrdiff_t height, ptrdiff_t width, ptrdiff_t columns,
                                             float *transformed, ptrdiff_t stride) {
  const int n = m + 2;
  for (ptrdiff_t j = 0; j < columns; j += CK_LANES) {
    vf lines[4][6];
#pragma clang loop unroll(full)
    for (int x = 0; x < m; x++) {
      vf d[4];
#pragma clang loop unroll(full)
      for (int y = 0; y < m; y++)
        d[y] = inside || (y < height && x < width) ? load(pixel + y * line + x * step + j) : splat(0);
      winograd_output_gradient_line(m, d, lines[x]);
    }
#pragma clang loop unroll(full)
    for (int y = 0; y < n; y++) {
      vf d[4], t[6];
#pragma clang loop unroll(full)
      for (int x = 0; x < m; x++) d[x] = lines[x][y];
      winograd_output_gradient_line(m, d, t);
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) store(transformed + (y * n + x) * stride + j, t[x]);
    }
  }
}

CK_INLINE void winograd_output_gradient_tiles(const int m, const ck_windows *w, const float *gradient,
                                              ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t start,
                                              ptrdiff_t tiles, ptrdiff_t first, ptrdiff_t count, float *transformed) {
  const ptrdiff_t line = w->output_width * gradient_stride, stride = winograd_panel_stride(tiles);
  winograd_place at = winograd_place_of(m, w, start + first);
  for (ptrdiff_t t = first; t < first + count; t++, at = winograd_next(m, w, at)) {
    const ptrdiff_t height = w->output_height - at.y, width = w->output_width - at.x;
    const float *pixel = gradient + (at.image * w->output_height + at.y) * line + at.x * gradient_stride;
    for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
      float *to = transformed + n / CK_PANEL * winograd_output_gradient_size(m, tiles) + t * CK_PANEL;
      const ptrdiff_t rest = least(CK_PANEL, columns - n);
      if (height >= m && width >= m)
        winograd_output_gradient_tile(m, 1, pixel + n, line, gradient_stride, height, width, rest, to, stride);
      else winograd_output_gradient_tile(m, 0, pixel + n, line, gradient_stride, height, width, rest, to, stride);
    }
  }
}

// Of the block of `tiles` tiles from `start` on, transforms the gradient of output tiles [first, first + count), panel by
// panel. The columns that fill up the last panel are never looked at.
static void winograd_output_gradient(ptrdiff_t m, const ck_windows *w, const float *gradient,
                                     ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t start, ptrdiff_t tiles,
                                     ptrdiff_t first, ptrdiff_t count, float *transformed) {
  if (m == 4)
    winograd_output_gradient_tiles(4, w, gradient, gradient_stride, columns, start, tiles, first, count, transformed);
  else
    winograd_output_gradient_tiles(2, w, gradient, gradient_stride, columns, start, tiles, first, count, transformed);
}

// Floats of the sums of products of `channels` channels and one panel of columns.
static ptrdiff_t winograd_sums_size(ptrdiff_t m, ptrdiff_t channels) {
  return (m + 2) * (m + 2) * odd_lines(channels * CK_PANEL);
}

// sums[position][channel][column] of the products of a block of tiles, for one panel of columns and channels
// [channel, channel + count), which lie in one of the image's blocks of channels. With `accumulates` they are added.
static void winograd_kernel_products(ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles, const float *image,
                                     ptrdiff_t channel, ptrdiff_t count, const float *gradient, ptrdiff_t columns,
                                     int32_t accumulates, float *sums) {
  const winograd_layout l = winograd_layout_of(m, channels, tiles);
  const ptrdiff_t block = channel / l.block, row = channel % l.block;
  const ptrdiff_t panel_stride = winograd_panel_stride(tiles), sums_stride = odd_lines(count * CK_PANEL);
  for (ptrdiff_t p = 0; p < l.positions; p++)
    multiply_by_depth(count, columns, tiles, image + winograd_slot(&l, p, block) + row, CK_PACK_STRIDE,
                      gradient + p * panel_stride, panel_stride, CK_PANEL, sums + p * sums_stride, CK_PANEL,
                      accumulates, 0);
}

CK_INLINE void winograd_kernel_gradient_block(const int m, const int whole, ptrdiff_t channels, const float *sums,
                                              ptrdiff_t stride, ptrdiff_t columns, float *result,
                                              ptrdiff_t tap_stride, ptrdiff_t result_stride) {
  const int n = m + 2;
  for (ptrdiff_t c = 0; c < channels; c++)
    for (ptrdiff_t j = 0; j < columns; j += CK_LANES) {
      vf lines[6][3];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) {
        vf u[6];
#pragma clang loop unroll(full)
        for (int y = 0; y < n; y++) u[y] = load(sums + (y * n + x) * stride + c * CK_PANEL + j);
        winograd_kernel_gradient_line(m, u, lines[x]);
      }
#pragma clang loop unroll(full)
      for (int y = 0; y < 3; y++) {
        vf u[6], g[3];
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++) u[x] = lines[x][y];
        winograd_kernel_gradient_line(m, u, g);
#pragma clang loop unroll(full)
        for (int x = 0; x < 3; x++)
          store_some(whole, result + (y * 3 + x) * tap_stride + c * result_stride + j, g[x], lanes(columns - j));
      }
    }
}

// The gradient of `channels` channels of the kernel's taps, `tap_stride` apart, in `columns` columns, from their sums.
static void winograd_kernel_gradient(ptrdiff_t m, ptrdiff_t channels, const float *sums, ptrdiff_t columns,
                                     float *result, ptrdiff_t tap_stride, ptrdiff_t result_stride) {
  const ptrdiff_t stride = odd_lines(channels * CK_PANEL);
  if (m == 4 && columns % CK_LANES == 0)
    winograd_kernel_gradient_block(4, 1, channels, sums, stride, columns, result, tap_stride, result_stride);
  else if (m == 4)
    winograd_kernel_gradient_block(4, 0, channels, sums, stride, columns, result, tap_stride, result_stride);
  else winograd_kernel_gradient_block(2, 0, channels, sums, stride, columns, result, tap_stride, result_stride);
}
