// The matrix product, and every convolution as one: windows are packed into rows, weights into panels.

enum { CK_PANEL = 2 * CK_LANES };

// Four by four floats.
CK_INLINE void transpose(const float *from, ptrdiff_t from_stride, float *to, ptrdiff_t to_stride) {
  typedef float v4 __attribute__((ext_vector_type(4)));
  typedef float v4_unaligned __attribute__((ext_vector_type(4), aligned(4)));
  const v4 a = *(const v4_unaligned *)from, b = *(const v4_unaligned *)(from + from_stride);
  const v4 c = *(const v4_unaligned *)(from + 2 * from_stride), d = *(const v4_unaligned *)(from + 3 * from_stride);
  const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const v4 ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(v4_unaligned *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(v4_unaligned *)(to + to_stride) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(v4_unaligned *)(to + 2 * to_stride) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
  *(v4_unaligned *)(to + 3 * to_stride) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
}

// panels[n / CK_PANEL][k][CK_PANEL], filled up with zeros. `source(k, n) = source[k * row_stride + n * column_stride]`.
static void pack_panels(const float *source, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows, ptrdiff_t columns,
                        float *panels, ptrdiff_t panel_stride) {
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL, panels += panel_stride) {
    const ptrdiff_t width = least(CK_PANEL, columns - n);
    const float *from = source + n * column_stride;
    if (column_stride == 1) {
      const vm first = lanes(width), second = lanes(greatest(0, width - CK_LANES));
      for (ptrdiff_t k = 0; k < rows; k++, from += row_stride) {
        store(panels + k * CK_PANEL, load_part(from, first));
        store(panels + k * CK_PANEL + CK_LANES, load_part(from + CK_LANES, second));
      }
    } else {
      ptrdiff_t k = 0, j = 0;
      if (width < CK_PANEL) clear(panels, rows * CK_PANEL);
      if (row_stride == 1)
        for (; k + 4 <= rows; k += 4)
          for (j = 0; j + 4 <= width; j += 4)
            transpose(from + j * column_stride + k, column_stride, panels + k * CK_PANEL + j, CK_PANEL);
      // What is left: the last columns of the rows done, and the last rows.
      for (ptrdiff_t row = 0; row < rows; row++)
        for (ptrdiff_t column = row < k ? j : 0; column < width; column++)
          panels[row * CK_PANEL + column] = from[column * column_stride + row * row_stride];
    }
  }
}

// rows x CK_PANEL of the result, `vectors` of its vectors alive. `a(i, p)` is a[i * CK_PACK_STRIDE + p], or with
// `by_depth` a[p * a_stride + i]. Every output is one chain of multiply-adds over p, whatever `rows` is: that
// is why the batch and the split over threads cannot show in a result.
CK_INLINE void multiply_tile(const int rows, const int vectors, const int by_depth, const int whole, ptrdiff_t depth, const float *a, ptrdiff_t a_stride,
                             const float *b, float *c, ptrdiff_t c_stride, ptrdiff_t columns, int accumulates,
                             const ck_epilogue *e, const float *bias, const float *residual) {
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

// `vectors` whole vectors for each of `count` rows. What is written beyond the wanted floats is overwritten by the next
// run or lies in the slack at the end of a packed row; what is read beyond them lies in the slack behind every tensor.
CK_INLINE void pack_run(const ptrdiff_t vectors, ptrdiff_t count, const float *from, ptrdiff_t from_step, float *to,
                        ptrdiff_t to_step) {
  for (ptrdiff_t r = 0; r < count; r++, from += from_step, to += to_step)
    for (ptrdiff_t v = 0; v < vectors; v++) store(to + v * CK_LANES, load(from + v * CK_LANES));
}

// Columns [start, end) of `rows` rows of the window matrix, `stride` apart. In NHWC a window's line is one run of kernel
// width x channels floats (unless dilated or grouped: then of one pixel's channels), so packing is copying: run by run,
// and of each run row by row.
static void pack_rows(const ck_windows *w, const float *image, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t start,
                      ptrdiff_t end, float *packed, ptrdiff_t stride) {
  const int joined = w->dilation_width == 1 && w->channels == w->pixel_stride;
  const ptrdiff_t taps = joined ? w->kernel_width : 1, length = taps * w->channels;
  const ptrdiff_t runs = joined ? 1 : w->kernel_width;  // in a line of the window
  const ptrdiff_t step = w->stride_width * w->pixel_stride;
  for (ptrdiff_t k = start; k < end;) {
    const ptrdiff_t run = k / length, offset = k % length, take = least(length - offset, end - k);
    const ptrdiff_t down = run / runs * w->dilation_height - w->pad_top;
    const ptrdiff_t across = run % runs * w->dilation_width - w->pad_left;
    // Windows [first, last) of a line have the whole run inside the image.
    const ptrdiff_t room = w->width - taps - across;
    const ptrdiff_t first = across < 0 ? divide_up(-across, w->stride_width) : 0;
    const ptrdiff_t last = room < 0 ? 0 : room / w->stride_width + 1;
    ptrdiff_t x = row % w->output_width, y = row / w->output_width % w->output_height;
    ptrdiff_t n = row / w->output_width / w->output_height;
    float *to = packed + (k - start);
    for (ptrdiff_t rest = rows; rest > 0;) {
      const ptrdiff_t end_x = least(w->output_width, x + rest), iy = y * w->stride_height + down;
      const float *line = image + (n * w->height + iy) * w->width * w->pixel_stride;
      rest -= end_x - x;
      while (x < end_x) {
        const ptrdiff_t ix = x * w->stride_width + across;
        if (iy < 0 || iy >= w->height) {
          clear(to, take);
        } else if (x >= first && x < last) {
          const ptrdiff_t count = least(last, end_x) - x;
          const float *from = line + ix * w->pixel_stride + offset;
          switch (divide_up(take, CK_LANES)) {
            case 1: pack_run(1, count, from, step, to, stride); break;
            case 2: pack_run(2, count, from, step, to, stride); break;
            case 3: pack_run(3, count, from, step, to, stride); break;
            case 4: pack_run(4, count, from, step, to, stride); break;
            default: pack_run(divide_up(take, CK_LANES), count, from, step, to, stride);
          }
          to += count * stride;
          x += count;
          continue;
        } else {
          // Of the run, [low, high) lies inside the image; of that, [from, until) is wanted.
          const ptrdiff_t low = greatest(0, -ix) * w->channels, high = (w->width - ix) * w->channels;
          const ptrdiff_t from = least(greatest(low, offset), offset + take);
          const ptrdiff_t until = greatest(least(high, offset + take), from);
          clear(to, from - offset);
          if (until > from) copy(to + from - offset, line + ix * w->pixel_stride + from, until - from);
          clear(to + until - offset, offset + take - until);
        }
        to += stride;
        x++;
      }
      x = 0;
      if (++y == w->output_height) y = 0, n++;
    }
    k += take;
  }
}

static void activate(int32_t activation, const float *parameters, ptrdiff_t count, const float *x, float *y);

// Rows [row, row + rows) of the window matrix times packed weights, at most CK_BLOCK_ROWS of them. `output` is the
// whole output, from the first column of this call on. With `scatter` the rows go to scattered pixels.
static void convolution_rows(const ck_windows *w, const float *image, const float *panels, ptrdiff_t columns, ptrdiff_t row,
                             ptrdiff_t rows, float *output, ptrdiff_t output_stride, const ck_scatter *scatter,
                             const ck_epilogue *e, float *scratch) {
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
                            ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t depth_start,
                            ptrdiff_t depth_end, float *result, ptrdiff_t result_stride, float *scratch) {
  float *panels = scratch + CK_GRADIENT_ROWS * CK_PACK_STRIDE;
  // Rows as close as can be, and never a power of two apart.
  const ptrdiff_t stride = divide_up(depth_end - depth_start, 16) * 16 + 16;
  for (ptrdiff_t r = 0; r < rows; r += CK_GRADIENT_ROWS) {
    const ptrdiff_t d = least(CK_GRADIENT_ROWS, rows - r);
    pack_rows(w, image, row + r, d, depth_start, depth_end, scratch, stride);
    for (ptrdiff_t n = 0; n < columns; n += CK_GRADIENT_COLUMNS) {
      const ptrdiff_t width = least(CK_GRADIENT_COLUMNS, columns - n);
      pack_panels(output_gradient + (row + r) * gradient_stride + n, gradient_stride, 1, d, width, panels, d * CK_PANEL);
      multiply_by_depth(depth_end - depth_start, width, d, scratch, stride, panels, d * CK_PANEL,
                        result + depth_start * result_stride + n, result_stride);
    }
  }
}

// A chain-free loop of multiply-adds: what the processor could do at most, to be printed beside every measurement.
enum { CK_PEAK_CHAINS = CK_TILE_ROWS > 6 ? 24 : 12 };
#ifdef __x86_64__
#define CK_REGISTER "x"
#else
#define CK_REGISTER "w"
#endif
static float peak(ptrdiff_t rounds) {
  vf sum[CK_PEAK_CHAINS];
  vf left = splat(1.0f), right = splat(1e-9f);
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = splat((float)i);
  for (ptrdiff_t r = 0; r < rounds; r++) {
    __asm__ volatile("" : "+" CK_REGISTER(left), "+" CK_REGISTER(right));
#pragma clang loop unroll(full)
    for (int i = 0; i < CK_PEAK_CHAINS; i++) sum[i] = left * right + sum[i];
  }
  vf total = splat(0);
#pragma clang loop unroll(full)
  for (int i = 0; i < CK_PEAK_CHAINS; i++) total += sum[i];
  return sum_of_lanes(total);
}
