// Winograd's convolutions of stride 1 with a 3x3 window, F(4x4, 3x3) and F(2x2, 3x3).
//
// The output is cut into tiles of m x m pixels. The (m + 2) x (m + 2) pixels of the image that a tile sees and the nine
// taps of the kernel are transformed into as many positions; each position is a matrix product of tiles x channels by
// channels x columns, and the transform of a tile's products is its output.

enum { CK_WINOGRAD_POSITIONS = 36 };

// How transformed tiles lie in memory: each tile has a row of CK_PACK_STRIDE floats in every group. A row holds some
// slots, a slot the channels of one block at one position.
typedef struct {
  ptrdiff_t positions, blocks, block, slots, group_stride;
} winograd_layout;

// An odd number of cache lines, so that the same place in many groups or positions does not fall into one set of the
// cache.
CK_INLINE ptrdiff_t odd_lines(ptrdiff_t floats) { return (divide_up(floats, 16) | 1) * 16; }

CK_INLINE winograd_layout winograd_layout_of(ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles) {
  winograd_layout l = {.positions = (m + 2) * (m + 2), .blocks = divide_up(channels, CK_WINOGRAD_DEPTH)};
  l.block = divide_up(divide_up(channels, l.blocks), 16) * 16;
  l.slots = CK_PACK_STRIDE / l.block;
  l.group_stride = odd_lines(tiles * CK_PACK_STRIDE);
  return l;
}
CK_INLINE ptrdiff_t winograd_slot(const winograd_layout *l, ptrdiff_t position, ptrdiff_t block) {
  const ptrdiff_t slot = block * l->positions + position;
  return slot / l->slots * l->group_stride + slot % l->slots * l->block;
}

// Floats of `tiles` transformed tiles.
static ptrdiff_t winograd_image_size(ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles) {
  const winograd_layout l = winograd_layout_of(m, channels, tiles);
  return divide_up(l.positions * l.blocks, l.slots) * l.group_stride;
}

// Floats from position to position of a block of a panel of the kernel.
CK_INLINE ptrdiff_t winograd_kernel_stride(const winograd_layout *l) { return odd_lines(l->block * CK_PANEL); }

// Floats of a transformed panel of a kernel.
static ptrdiff_t winograd_kernel_size(ptrdiff_t m, ptrdiff_t channels) {
  const winograd_layout l = winograd_layout_of(m, channels, 0);
  return l.blocks * l.positions * winograd_kernel_stride(&l);
}

// Floats of scratch that `winograd_product` needs.
static ptrdiff_t winograd_scratch_size(ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles) {
  const winograd_layout l = winograd_layout_of(m, channels, tiles);
  return l.positions * (odd_lines(tiles * CK_PANEL) + winograd_kernel_stride(&l));
}

// A tile's first pixel in the output.
typedef struct {
  ptrdiff_t image, y, x;
} winograd_place;

CK_INLINE winograd_place winograd_place_of(ptrdiff_t m, const ck_windows *w, ptrdiff_t tile) {
  const ptrdiff_t across = divide_up(w->output_width, m), down = divide_up(w->output_height, m);
  return (winograd_place){tile / across / down, tile / across % down * m, tile % across * m};
}
CK_INLINE winograd_place winograd_next(ptrdiff_t m, const ck_windows *w, winograd_place at) {
  if ((at.x += m) < w->output_width) return at;
  at.x = 0;
  if ((at.y += m) < w->output_height) return at;
  return (winograd_place){at.image + 1, 0, 0};
}

// With a constant `inside` all pixels of the tile are the image's; the others are zeros. What is read beyond a pixel's
// last channel is the next pixel's or the slack behind the tensor, and ends up where nobody looks.
CK_INLINE void winograd_image_tile(const int m, const int inside, const ck_windows *w, const float *pixel,
                                   ptrdiff_t top, ptrdiff_t left, ptrdiff_t channels, const ptrdiff_t *slots,
                                   float *row) {
  const int n = m + 2;
  const ptrdiff_t line = w->width * w->pixel_stride;
  for (ptrdiff_t c = 0; c < channels; c += CK_LANES) {
    vf columns[6][6];
#pragma clang loop unroll(full)
    for (int x = 0; x < n; x++) {
      vf d[6];
#pragma clang loop unroll(full)
      for (int y = 0; y < n; y++) {
        const int here = inside || (top + y >= 0 && top + y < w->height && left + x >= 0 && left + x < w->width);
        d[y] = here ? load(pixel + y * line + x * w->pixel_stride + c) : splat(0);
      }
      winograd_image_line(m, d, columns[x]);
    }
#pragma clang loop unroll(full)
    for (int y = 0; y < n; y++) {
      vf d[6], t[6];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) d[x] = columns[x][y];
      winograd_image_line(m, d, t);
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) store(row + slots[y * n + x] + c, t[x]);
    }
  }
}

CK_INLINE void winograd_image_tiles(const int m, const ck_windows *w, const float *image, ptrdiff_t start,
                                    ptrdiff_t tiles, ptrdiff_t first, ptrdiff_t count, float *transformed) {
  const winograd_layout l = winograd_layout_of(m, w->channels, tiles);
  for (ptrdiff_t block = 0; block < l.blocks; block++) {
    ptrdiff_t slots[CK_WINOGRAD_POSITIONS];
    for (ptrdiff_t p = 0; p < l.positions; p++) slots[p] = winograd_slot(&l, p, block);
    const ptrdiff_t c = block * l.block, channels = least(l.block, w->channels - c);
    winograd_place at = winograd_place_of(m, w, start + first);
    for (ptrdiff_t t = first; t < first + count; t++, at = winograd_next(m, w, at)) {
      const ptrdiff_t top = at.y - w->pad_top, left = at.x - w->pad_left;
      const float *pixel = image + ((at.image * w->height + top) * w->width + left) * w->pixel_stride + c;
      float *row = transformed + t * CK_PACK_STRIDE;
      if (top >= 0 && left >= 0 && top + m + 2 <= w->height && left + m + 2 <= w->width)
        winograd_image_tile(m, 1, w, pixel, top, left, channels, slots, row);
      else winograd_image_tile(m, 0, w, pixel, top, left, channels, slots, row);
    }
  }
}

// Of the block of `tiles` tiles from `start` on, transforms what tiles [first, first + count) see of the image.
static void winograd_image(ptrdiff_t m, const ck_windows *w, const float *image, ptrdiff_t start, ptrdiff_t tiles,
                           ptrdiff_t first, ptrdiff_t count, float *transformed) {
  if (m == 4) winograd_image_tiles(4, w, image, start, tiles, first, count, transformed);
  else winograd_image_tiles(2, w, image, start, tiles, first, count, transformed);
}

// `channels` of the taps' [3][3][tap_stride / CK_PANEL][CK_PANEL] become [positions][channels][CK_PANEL].
CK_INLINE void winograd_kernel_block(const int m, ptrdiff_t channels, const float *taps, ptrdiff_t tap_stride,
                                     float *transformed, ptrdiff_t stride) {
  const int n = m + 2;
  for (ptrdiff_t i = 0; i < channels * CK_PANEL; i += CK_LANES) {
    vf columns[3][6];
#pragma clang loop unroll(full)
    for (int x = 0; x < 3; x++) {
      vf g[3];
#pragma clang loop unroll(full)
      for (int y = 0; y < 3; y++) g[y] = load(taps + (y * 3 + x) * tap_stride + i);
      winograd_kernel_line(m, g, columns[x]);
    }
#pragma clang loop unroll(full)
    for (int y = 0; y < n; y++) {
      const vf g[3] = {columns[0][y], columns[1][y], columns[2][y]};
      vf t[6];
      winograd_kernel_line(m, g, t);
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) store(transformed + (y * n + x) * stride + i, t[x]);
    }
  }
}

CK_INLINE void winograd_kernel_channels(ptrdiff_t m, ptrdiff_t channels, const float *taps, ptrdiff_t tap_stride,
                                        float *transformed, ptrdiff_t stride) {
  if (m == 4) winograd_kernel_block(4, channels, taps, tap_stride, transformed, stride);
  else winograd_kernel_block(2, channels, taps, tap_stride, transformed, stride);
}

// Transforms one panel of a packed kernel, [3][3][channels][CK_PANEL].
static void winograd_kernel(ptrdiff_t m, ptrdiff_t channels, const float *panel, float *transformed) {
  const winograd_layout l = winograd_layout_of(m, channels, 0);
  const ptrdiff_t stride = winograd_kernel_stride(&l);
  for (ptrdiff_t c = 0; c < channels; c += l.block, transformed += l.positions * stride)
    winograd_kernel_channels(m, least(l.block, channels - c), panel + c * CK_PANEL, channels * CK_PANEL, transformed,
                             stride);
}

// The first `height` x `width` pixels of a tile, from its products at positions `stride` apart.
CK_INLINE void winograd_output_tile(const int m, const int whole, const float *products, ptrdiff_t stride,
                                    ptrdiff_t columns, ptrdiff_t height, ptrdiff_t width, float *output,
                                    ptrdiff_t line, ptrdiff_t step, const ck_epilogue *e, const float *bias,
                                    const float *residual) {
  const int n = m + 2;
  // Out of the structure, which the compiler must think that the stores change.
  const float slope = e->slope;
  const vf low = splat(e->low), high = splat(e->high);
  for (ptrdiff_t j = 0; j < columns; j += CK_LANES) {
    const vm part = lanes(columns - j);
    const vf shift = bias ? load_some(whole, bias + j, part) : splat(0);
    vf rows[6][4];
#pragma clang loop unroll(full)
    for (int x = 0; x < n; x++) {
      vf p[6];
#pragma clang loop unroll(full)
      for (int y = 0; y < n; y++) p[y] = load(products + (y * n + x) * stride + j);
      winograd_output_line(m, p, rows[x]);
    }
#pragma clang loop unroll(full)
    for (int y = 0; y < m; y++) {
      if (y >= height) break;
      vf p[6], v[4];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) p[x] = rows[x][y];
      winograd_output_line(m, p, v);
#pragma clang loop unroll(full)
      for (int x = 0; x < m; x++) {
        if (x >= width) break;
        const ptrdiff_t at = y * line + x * step + j;
        vf z = v[x] + shift;
        if (residual) z += load_some(whole, residual + at, part);
        if (slope != 1) z = z < 0 ? z * slope : z;
        store_some(whole, output + at, at_most(at_least(z, low), high), part);
      }
    }
  }
  if (e->activation != CK_LINEAR)
    for (ptrdiff_t y = 0; y < height; y++)
      for (ptrdiff_t x = 0; x < width; x++) {
        float *pixel = output + y * line + x * step;
        activate(e->activation, e->parameters, columns, pixel, pixel);
      }
}

CK_INLINE void winograd_output_tiles(const int m, const ck_windows *w, const float *products, ptrdiff_t stride,
                                     ptrdiff_t tile, ptrdiff_t tiles, ptrdiff_t first, ptrdiff_t columns, float *output,
                                     ptrdiff_t output_stride, const ck_epilogue *e) {
  const ptrdiff_t line = w->output_width * output_stride;
  const float *bias = e->bias ? e->bias + first : 0;
  winograd_place at = winograd_place_of(m, w, tile);
  for (ptrdiff_t t = 0; t < tiles; t++, products += CK_PANEL, at = winograd_next(m, w, at)) {
    const ptrdiff_t height = least(m, w->output_height - at.y), width = least(m, w->output_width - at.x);
    const ptrdiff_t pixel = (at.image * w->output_height + at.y) * line + at.x * output_stride + first;
    const float *residual = e->residual ? e->residual + pixel : 0;
    if (columns % CK_LANES == 0)
      winograd_output_tile(m, 1, products, stride, columns, height, width, output + pixel, line, output_stride, e, bias,
                           residual);
    else
      winograd_output_tile(m, 0, products, stride, columns, height, width, output + pixel, line, output_stride, e, bias,
                           residual);
  }
}

// `columns` channels of output tiles [start, start + tiles), from the transformed image and a kernel in panels; `output`
// starts at the first of these channels. If the kernel is not transformed, each block of it is, into the second-level
// cache, just before it is used: that costs less than reading four times as much from farther away.
static void winograd_product(ptrdiff_t m, const ck_windows *w, const float *image, ptrdiff_t start, ptrdiff_t tiles,
                             const float *kernel, int32_t is_transformed, ptrdiff_t columns, float *output,
                             ptrdiff_t output_stride, const ck_epilogue *e, float *scratch) {
  const winograd_layout l = winograd_layout_of(m, w->channels, tiles);
  const ptrdiff_t kernel_stride = winograd_kernel_stride(&l), stride = odd_lines(tiles * CK_PANEL);
  float *const space = scratch + l.positions * stride;
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL) {
    const ptrdiff_t width = least(CK_PANEL, columns - n);
    for (ptrdiff_t block = 0; block < l.blocks; block++) {
      const ptrdiff_t c = block * l.block, channels = least(l.block, w->channels - c);
      const float *right = space;
      if (is_transformed) {
        right = kernel;
        kernel += l.positions * kernel_stride;
      } else {
        winograd_kernel_channels(m, channels, kernel + c * CK_PANEL, w->channels * CK_PANEL, space, kernel_stride);
      }
      // While a position is multiplied, its kernel's neighbour is fetched.
      for (ptrdiff_t p = 0; p < l.positions; p++)
        multiply_by_rows(tiles, width, channels, image + winograd_slot(&l, p, block), right + p * kernel_stride,
                         kernel_stride, scratch + p * stride, CK_PANEL, block > 0, 0, 0, 0);
    }
    if (!is_transformed) kernel += 9 * w->channels * CK_PANEL;
    if (m == 4) winograd_output_tiles(4, w, scratch, stride, start, tiles, n, width, output, output_stride, e);
    else winograd_output_tiles(2, w, scratch, stride, start, tiles, n, width, output, output_stride, e);
  }
}
