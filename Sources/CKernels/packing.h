// What the matrix product reads: weights in panels, windows as rows.

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
static void pack_panels(const float *source, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,
                        ptrdiff_t columns, float *panels, ptrdiff_t panel_stride) {
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL, panels += panel_stride) {
    const ptrdiff_t width = least(CK_PANEL, columns - n);
    const float *from = source + n * column_stride;
    if (column_stride == 1 && width == CK_PANEL) {
      for (ptrdiff_t k = 0; k < rows; k++, from += row_stride) {
        store(panels + k * CK_PANEL, load(from));
        store(panels + k * CK_PANEL + CK_LANES, load(from + CK_LANES));
      }
    } else if (column_stride == 1) {
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

// `vectors` whole vectors for each of `count` rows. What is written beyond the wanted floats is overwritten by the next
// run or lies in the slack at the end of a packed row; what is read beyond them lies in the slack behind every tensor.
CK_INLINE void pack_run(const ptrdiff_t vectors, ptrdiff_t count, const float *from, ptrdiff_t from_step, float *to,
                        ptrdiff_t to_step) {
  for (ptrdiff_t r = 0; r < count; r++, from += from_step, to += to_step)
    for (ptrdiff_t v = 0; v < vectors; v++) store(to + v * CK_LANES, load(from + v * CK_LANES));
}

// Columns [start, end) of `rows` rows of the window matrix, `stride` apart. In NHWC a window's line is one run of
// kernel width x channels floats (unless dilated or grouped: then of one pixel's channels), so packing is copying: run
// by run, and of each run row by row.
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
