// Depthwise convolution: every channel has a window of its own, [kernel height, kernel width, channels].

// Window positions [first, end) of a line that lie wholly inside the image.
CK_INLINE void inner_columns(const ck_windows *w, ptrdiff_t *first, ptrdiff_t *end) {
  const ptrdiff_t reach = w->width - 1 - (w->kernel_width - 1) * w->dilation_width + w->pad_left;
  *first = least(w->output_width, w->pad_left > 0 ? divide_up(w->pad_left, w->stride_width) : 0);
  *end = reach < 0 ? *first : greatest(*first, least(w->output_width, reach / w->stride_width + 1));
}

// Taps [first, end) of `taps` at `start`, `dilation` apart, that lie in [0, size).
CK_INLINE void inner_taps(ptrdiff_t start, ptrdiff_t dilation, ptrdiff_t taps, ptrdiff_t size, ptrdiff_t *first,
                          ptrdiff_t *end) {
  *first = start >= 0 ? 0 : least(taps, divide_up(-start, dilation));
  *end = start >= size ? *first : greatest(*first, least(taps, (size - 1 - start) / dilation + 1));
}

enum { CK_AHEAD = 8 };  // pixels

// `count` neighbouring outputs of CK_LANES channels, or of the first of these. With constant arguments the loops unroll,
// and the pixels that neighbours share are loaded once. A window's last lines are new to the caches: they are asked for
// ahead, for the processor's own prefetching does not see a stream in this pattern.
CK_INLINE void depthwise_lanes(const int count, const int height, const int width, const ptrdiff_t step,
                               const int whole, vm part, ptrdiff_t line, ptrdiff_t kernel_line, ptrdiff_t channels,
                               const float *in, const float *kernel, float *out, const ck_epilogue *e,
                               const float *bias, const float *residual) {
  vf sum[4];
#pragma clang loop unroll(full)
  for (int j = 0; j < count * step; j++)
#pragma clang loop unroll(full)
    for (int new = 0; new < step; new++)
      __builtin_prefetch(in + (height - 1 - new) * line + (width + CK_AHEAD + j) * channels);
#pragma clang loop unroll(full)
  for (int j = 0; j < count; j++) sum[j] = splat(0);
#pragma clang loop unroll(full)
  for (int ky = 0; ky < height; ky++)
#pragma clang loop unroll(full)
    for (int kx = 0; kx < width; kx++) {
      const float *weights = kernel + ky * kernel_line + kx * channels;
      const vf k = load_some(whole, weights, part);
#pragma clang loop unroll(full)
      for (int j = 0; j < count; j++) {
        const float *from = in + ky * line + (j * step + kx) * channels;
        sum[j] = load_some(whole, from, part) * k + sum[j];
      }
    }
#pragma clang loop unroll(full)
  for (int j = 0; j < count; j++) {
    vf v = sum[j];
    if (bias) v += load_part(bias, part);
    if (residual) v += load_part(residual + j * channels, part);
    store_some(whole, out + j * channels, finish(v, e), part);
  }
}

CK_INLINE void depthwise_pixels(const int count, const int height, const int width, const ptrdiff_t step,
                                ptrdiff_t line, ptrdiff_t kernel_line, ptrdiff_t channels, const float *in,
                                const float *kernel, float *out, const ck_epilogue *e, const float *residual) {
  ptrdiff_t c = 0;
  for (; c + CK_LANES <= channels; c += CK_LANES)
    depthwise_lanes(count, height, width, step, 1, lanes(CK_LANES), line, kernel_line, channels, in + c, kernel + c,
                    out + c, e, e->bias ? e->bias + c : 0, residual ? residual + c : 0);
  if (c < channels)
    depthwise_lanes(count, height, width, step, 0, lanes(channels - c), line, kernel_line, channels, in + c, kernel + c,
                    out + c, e, e->bias ? e->bias + c : 0, residual ? residual + c : 0);
}

// The same with nothing known at compile time.
static void depthwise_any(int count, ptrdiff_t height, ptrdiff_t width, ptrdiff_t step, ptrdiff_t dilated_line,
                          ptrdiff_t dilated_pixel, ptrdiff_t kernel_line, ptrdiff_t channels, const float *in,
                          const float *kernel, float *out, const ck_epilogue *e, const float *residual) {
  for (ptrdiff_t c = 0; c < channels; c += CK_LANES) {
    const vm part = lanes(channels - c);
    const vf shift = e->bias ? load_part(e->bias + c, part) : splat(0);
    for (int j = 0; j < count; j++) {
      vf sum = splat(0);
      for (ptrdiff_t ky = 0; ky < height; ky++)
        for (ptrdiff_t kx = 0; kx < width; kx++)
          sum = load_part(in + ky * dilated_line + kx * dilated_pixel + j * step * channels + c, part)
                    * load_part(kernel + ky * kernel_line + kx * channels + c, part)
                + sum;
      vf v = sum + shift;
      if (residual) v += load_part(residual + j * channels + c, part);
      store_part(out + j * channels + c, finish(v, e), part);
    }
  }
}

// Pixels that lie beyond the border, and how many channels are taken at once for their sake.
enum { CK_CHANNELS = 512 };
static const float zeros[CK_CHANNELS + CK_LANES];

// `rows` x `count` outputs of a 3x3 window, for CK_LANES channels or the first of these. Every pixel is loaded once and
// used for all the windows it is in; the nine weights stay in registers. `at` holds the addresses of the pixels, or is NULL
// where they lie evenly from `in` on. A window's new lines are not in the first cache: they are asked for ahead, for the
// processor's own prefetching does not see a stream in this pattern.
CK_INLINE void depthwise_3x3(const int rows, const int count, const int step, const int whole, vm part,
                             const float *const *at, ptrdiff_t c, const float *in, ptrdiff_t line, ptrdiff_t channels,
                             const float *kernel, float *out, ptrdiff_t out_line, const ck_epilogue *e,
                             const float *residual) {
  const int height = (rows - 1) * step + 3, width = (count - 1) * step + 3;
  vf sum[2][4], weight[3][3];
#define CK_OUTPUTS                                                  \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) \
  _Pragma("clang loop unroll(full)") for (int j = 0; j < count; j++)
  if (!at) {
#pragma clang loop unroll(full)
    for (int y = height - rows * step; y < height; y++)
#pragma clang loop unroll(full)
      for (int x = 0; x < count * step; x++) __builtin_prefetch(in + y * line + (width + CK_AHEAD + x) * channels + c);
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < 9; k++) weight[k / 3][k % 3] = load_some(whole, kernel + k * channels + c, part);
  CK_OUTPUTS sum[i][j] = splat(0);
#pragma clang loop unroll(full)
  for (int y = 0; y < height; y++)
#pragma clang loop unroll(full)
    for (int x = 0; x < width; x++) {
      const vf pixel = load_some(whole, (at ? at[y * width + x] : in + y * line + x * channels) + c, part);
      CK_OUTPUTS {
        const int ky = y - i * step, kx = x - j * step;
        if (ky >= 0 && ky < 3 && kx >= 0 && kx < 3) sum[i][j] = pixel * weight[ky][kx] + sum[i][j];
      }
    }
  if (e->bias) {
    const vf shift = load_some(whole, e->bias + c, part);
    CK_OUTPUTS sum[i][j] += shift;
  }
  if (residual) CK_OUTPUTS sum[i][j] += load_some(whole, residual + i * out_line + j * channels + c, part);
  if (e->slope != 1) CK_OUTPUTS sum[i][j] = sum[i][j] < 0 ? sum[i][j] * e->slope : sum[i][j];
  if (e->low != -INFINITY) CK_OUTPUTS sum[i][j] = at_least(sum[i][j], splat(e->low));
  if (e->high != INFINITY) CK_OUTPUTS sum[i][j] = at_most(sum[i][j], splat(e->high));
  CK_OUTPUTS store_some(whole, out + i * out_line + j * channels + c, sum[i][j], part);
#undef CK_OUTPUTS
}

// The same for channels [c, end).
CK_INLINE void depthwise_3x3_channels(const int rows, const int count, const int step, const float *const *at,
                                      ptrdiff_t c, ptrdiff_t end, const float *in, ptrdiff_t line, ptrdiff_t channels,
                                      const float *kernel, float *out, ptrdiff_t out_line, const ck_epilogue *e,
                                      const float *residual) {
  for (; c + CK_LANES <= end; c += CK_LANES)
    depthwise_3x3(rows, count, step, 1, lanes(CK_LANES), at, c, in, line, channels, kernel, out, out_line, e, residual);
  if (c < end)
    depthwise_3x3(rows, count, step, 0, lanes(end - c), at, c, in, line, channels, kernel, out, out_line, e, residual);
}

// `rows` x `count` outputs from (y, x) on whose windows may reach over the border of `image`, channels [first, end).
CK_INLINE void depthwise_border(const int rows, const int count, const int step, ptrdiff_t first, ptrdiff_t end,
                                const ck_windows *w, const float *image, ptrdiff_t y, ptrdiff_t x, const float *kernel,
                                float *out, const ck_epilogue *e, const float *residual) {
  const int height = (rows - 1) * step + 3, width = (count - 1) * step + 3;
  const ptrdiff_t top = y * step - w->pad_top, left = x * step - w->pad_left, channels = w->channels;
  const float *at[5 * 9];
  for (int i = 0; i < height; i++)
    for (int j = 0; j < width; j++) {
      const ptrdiff_t iy = top + i, ix = left + j;
      const int is_inside = iy >= 0 && iy < w->height && ix >= 0 && ix < w->width;
      at[i * width + j] = is_inside ? image + (iy * w->width + ix) * channels + first : zeros;
    }
  ck_epilogue shifted = *e;
  if (e->bias) shifted.bias += first;
  depthwise_3x3_channels(rows, count, step, at, 0, end - first, 0, 0, channels, kernel + first, out + first,
                         w->output_width * channels, &shifted, residual ? residual + first : 0);
}

// `rows` lines of outputs of a 3x3 window, from line y of an image on.
CK_INLINE void depthwise_3x3_lines(const int rows, const int step, const ck_windows *w, const float *image, ptrdiff_t y,
                                   const float *kernel, float *out, const ck_epilogue *e, const float *residual) {
  const ptrdiff_t channels = w->channels, line = w->width * channels, top = y * step - w->pad_top;
  const int is_inside = top >= 0 && top + (rows - 1) * step + 3 <= w->height;
  for (ptrdiff_t c = 0; c < channels; c += CK_CHANNELS) {
    const ptrdiff_t end = least(channels, c + CK_CHANNELS);
    for (ptrdiff_t x = 0; x < w->output_width; x += 4) {
      const ptrdiff_t left = x * step - w->pad_left;
      float *to = out + x * channels;
      const float *add = residual ? residual + x * channels : 0;
      switch (least(4, w->output_width - x)) {
        case 1: depthwise_border(rows, 1, step, c, end, w, image, y, x, kernel, to, e, add); break;
        case 2: depthwise_border(rows, 2, step, c, end, w, image, y, x, kernel, to, e, add); break;
        case 3: depthwise_border(rows, 3, step, c, end, w, image, y, x, kernel, to, e, add); break;
        default:
          if (is_inside && left >= 0 && left + 3 * step + 3 <= w->width)
            depthwise_3x3_channels(rows, 4, step, 0, c, end, image + top * line + left * channels, line, channels,
                                   kernel, to, w->output_width * channels, e, add);
          else
            depthwise_border(rows, 4, step, c, end, w, image, y, x, kernel, to, e, add);
      }
    }
  }
}

#define CK_DEPTHWISE(count, height, width, step)                                                                    \
  depthwise_pixels(count, height, width, step, line_stride, kernel_line, channels, from, kernel, to, e, add)

// A line of outputs for any window.
static void depthwise_line(const ck_windows *w, const float *image, const float *kernel, float *out, ptrdiff_t y,
                           const ck_epilogue *e, const float *residual) {
  const ptrdiff_t channels = w->channels, line_stride = w->width * channels;
  const ptrdiff_t dilated_line = w->dilation_height * line_stride, dilated_pixel = w->dilation_width * channels;
  const ptrdiff_t kernel_line = w->kernel_width * channels;
  ptrdiff_t inner, inner_end;
  inner_columns(w, &inner, &inner_end);
  const ptrdiff_t top = y * w->stride_height - w->pad_top;
  ptrdiff_t ky, ky_end;
  inner_taps(top, w->dilation_height, w->kernel_height, w->height, &ky, &ky_end);
  const float *base = image + (top + ky * w->dilation_height) * line_stride;
  const float *first_kernel = kernel + ky * kernel_line;
  const int plain = ky == 0 && ky_end == w->kernel_height && w->dilation_height == 1 && w->dilation_width == 1
                    && w->kernel_height == w->kernel_width;
  for (ptrdiff_t x = 0; x < w->output_width;) {
    const ptrdiff_t left = x * w->stride_width - w->pad_left;
    float *to = out + x * channels;
    const float *add = residual ? residual + x * channels : 0;
    if (x < inner || x >= inner_end) {
      ptrdiff_t kx, kx_end;
      inner_taps(left, w->dilation_width, w->kernel_width, w->width, &kx, &kx_end);
      depthwise_any(1, ky_end - ky, kx_end - kx, 0, dilated_line, dilated_pixel, kernel_line, channels,
                    base + (left + kx * w->dilation_width) * channels, first_kernel + kx * channels, to, e, add);
      x++;
      continue;
    }
    const float *from = base + left * channels;
    const int count = inner_end - x >= 4 ? 4 : 1;
    if (plain && w->kernel_width == 5 && w->stride_width == 1 && count == 4) CK_DEPTHWISE(4, 5, 5, 1);
    else if (plain && w->kernel_width == 5 && w->stride_width == 2 && count == 4) CK_DEPTHWISE(4, 5, 5, 2);
    else
      depthwise_any(count, ky_end - ky, w->kernel_width, w->stride_width, dilated_line, dilated_pixel, kernel_line,
                    channels, from, first_kernel, to, e, add);
    x += count;
  }
}

static void depthwise(const ck_windows *w, const float *images, const float *kernel, float *output, ptrdiff_t line,
                      ptrdiff_t lines, const ck_epilogue *e) {
  const ptrdiff_t step = w->stride_height, out_line = w->output_width * w->channels;
  const int is_3x3 = w->kernel_height == 3 && w->kernel_width == 3 && w->dilation_height == 1 && w->dilation_width == 1
                     && step == w->stride_width && step <= 2;
  for (ptrdiff_t l = line; l < line + lines;) {
    const ptrdiff_t y = l % w->output_height;
    const float *image = images + l / w->output_height * w->height * w->width * w->channels;
    float *out = output + l * out_line;
    const float *add = e->residual ? e->residual + l * out_line : 0;
    const int rows = is_3x3 && y + 1 < w->output_height && l + 1 < line + lines ? 2 : 1;
    if (is_3x3 && step == 1 && rows == 2) depthwise_3x3_lines(2, 1, w, image, y, kernel, out, e, add);
    else if (is_3x3 && step == 1) depthwise_3x3_lines(1, 1, w, image, y, kernel, out, e, add);
    else if (is_3x3 && rows == 2) depthwise_3x3_lines(2, 2, w, image, y, kernel, out, e, add);
    else if (is_3x3) depthwise_3x3_lines(1, 2, w, image, y, kernel, out, e, add);
    else depthwise_line(w, image, kernel, out, y, e, add);
    if (e->activation != CK_LINEAR) activate(e->activation, e->parameters, rows * out_line, out, out);
    l += rows;
  }
}
