// A template: windows as packed rows, from images of CK_PACK_SOURCE to rows of CK_PACK_TARGET.

// `vectors` whole vectors for each of `count` rows. What is written beyond the wanted floats is overwritten by the next
// run or lies in the slack at the end of a packed row; what is read beyond them lies in the slack behind every tensor.
CK_INLINE void CK_PACK(pack_run)(const ptrdiff_t vectors, ptrdiff_t count, const CK_PACK_SOURCE *from,
                                 ptrdiff_t from_step, CK_PACK_TARGET *to, ptrdiff_t to_step) {
  for (ptrdiff_t r = 0; r < count; r++, from += from_step, to += to_step)
    for (ptrdiff_t v = 0; v < vectors; v++) CK_PACK_VECTOR(from + v * CK_LANES, to + v * CK_LANES);
}

// Columns [start, end) of `rows` rows of the window matrix, `stride` apart. In NHWC a window's line is one run of
// kernel width x channels floats (unless dilated or grouped: then of one pixel's channels), so packing is copying: run
// by run, and of each run row by row.
static void CK_PACK(pack_rows)(const ck_windows *w, const CK_PACK_SOURCE *image, ptrdiff_t row, ptrdiff_t rows,
                               ptrdiff_t start, ptrdiff_t end, CK_PACK_TARGET *packed, ptrdiff_t stride) {
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
    CK_PACK_TARGET *to = packed + (k - start);
    for (ptrdiff_t rest = rows; rest > 0;) {
      const ptrdiff_t end_x = least(w->output_width, x + rest), iy = y * w->stride_height + down;
      const CK_PACK_SOURCE *line = image + (n * w->height + iy) * w->width * w->pixel_stride;
      rest -= end_x - x;
      while (x < end_x) {
        const ptrdiff_t ix = x * w->stride_width + across;
        if (iy < 0 || iy >= w->height) {
          CK_PACK_CLEAR(to, take);
        } else if (x >= first && x < last) {
          const ptrdiff_t count = least(last, end_x) - x;
          const CK_PACK_SOURCE *from = line + ix * w->pixel_stride + offset;
          switch (divide_up(take, CK_LANES)) {
            case 1: CK_PACK(pack_run)(1, count, from, step, to, stride); break;
            case 2: CK_PACK(pack_run)(2, count, from, step, to, stride); break;
            case 3: CK_PACK(pack_run)(3, count, from, step, to, stride); break;
            case 4: CK_PACK(pack_run)(4, count, from, step, to, stride); break;
            default: CK_PACK(pack_run)(divide_up(take, CK_LANES), count, from, step, to, stride);
          }
          to += count * stride;
          x += count;
          continue;
        } else {
          // Of the run, [low, high) lies inside the image; of that, [from, until) is wanted.
          const ptrdiff_t low = greatest(0, -ix) * w->channels, high = (w->width - ix) * w->channels;
          const ptrdiff_t from = least(greatest(low, offset), offset + take);
          const ptrdiff_t until = greatest(least(high, offset + take), from);
          CK_PACK_CLEAR(to, from - offset);
          if (until > from) CK_PACK_COPY(line + ix * w->pixel_stride + from, to + from - offset, until - from);
          CK_PACK_CLEAR(to + until - offset, offset + take - until);
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

#undef CK_PACK
#undef CK_PACK_SOURCE
#undef CK_PACK_TARGET
#undef CK_PACK_VECTOR
#undef CK_PACK_COPY
#undef CK_PACK_CLEAR
