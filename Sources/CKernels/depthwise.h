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

#define CK_DEPTHWISE(count, height, width, step)                                                                    \
  depthwise_pixels(count, height, width, step, line_stride, kernel_line, channels, from, kernel, to, e, add)

static void depthwise(const ck_windows *w, const float *image, const float *kernel, float *output, ptrdiff_t line,
                      ptrdiff_t lines, const ck_epilogue *e) {
  const ptrdiff_t channels = w->channels, line_stride = w->width * channels;
  const ptrdiff_t dilated_line = w->dilation_height * line_stride, dilated_pixel = w->dilation_width * channels;
  const ptrdiff_t kernel_line = w->kernel_width * channels;
  ptrdiff_t inner, inner_end;
  inner_columns(w, &inner, &inner_end);
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t top = l % w->output_height * w->stride_height - w->pad_top;
    ptrdiff_t ky, ky_end;
    inner_taps(top, w->dilation_height, w->kernel_height, w->height, &ky, &ky_end);
    const float *base = image + (l / w->output_height * w->height + top + ky * w->dilation_height) * line_stride;
    const float *first_kernel = kernel + ky * kernel_line;
    const int plain = ky == 0 && ky_end == w->kernel_height && w->dilation_height == 1 && w->dilation_width == 1
                      && w->kernel_height == w->kernel_width;
    float *out_line = output + l * w->output_width * channels;
    for (ptrdiff_t x = 0; x < w->output_width;) {
      const ptrdiff_t left = x * w->stride_width - w->pad_left;
      float *to = out_line + x * channels;
      const float *add = e->residual ? e->residual + (to - output) : 0;
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
      if (plain && w->kernel_width == 3 && w->stride_width == 1 && count == 4) CK_DEPTHWISE(4, 3, 3, 1);
      else if (plain && w->kernel_width == 3 && w->stride_width == 2 && count == 4) CK_DEPTHWISE(4, 3, 3, 2);
      else if (plain && w->kernel_width == 5 && w->stride_width == 1 && count == 4) CK_DEPTHWISE(4, 5, 5, 1);
      else if (plain && w->kernel_width == 5 && w->stride_width == 2 && count == 4) CK_DEPTHWISE(4, 5, 5, 2);
      else
        depthwise_any(count, ky_end - ky, w->kernel_width, w->stride_width, dilated_line, dilated_pixel, kernel_line,
                      channels, from, first_kernel, to, e, add);
      x += count;
    }
    if (e->activation != CK_LINEAR)
      activate(e->activation, e->parameters, w->output_width * channels, out_line, out_line);
  }
}

// Lines of the image's gradient: each pixel gathers from the windows that saw it.
static void depthwise_input_gradient(const ck_windows *w, const float *output_gradient, const float *kernel,
                                     float *image_gradient, ptrdiff_t line, ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels;
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t image = l / w->height, iy = l % w->height;
    for (ptrdiff_t ix = 0; ix < w->width; ix++) {
      float *to = image_gradient + (l * w->width + ix) * channels;
      clear(to, channels);
      for (ptrdiff_t ky = 0; ky < w->kernel_height; ky++) {
        const ptrdiff_t ty = iy + w->pad_top - ky * w->dilation_height;
        if (ty < 0 || ty % w->stride_height != 0 || ty / w->stride_height >= w->output_height) continue;
        for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++) {
          const ptrdiff_t tx = ix + w->pad_left - kx * w->dilation_width;
          if (tx < 0 || tx % w->stride_width != 0 || tx / w->stride_width >= w->output_width) continue;
          const float *from =
              output_gradient
              + ((image * w->output_height + ty / w->stride_height) * w->output_width + tx / w->stride_width)
                    * channels;
          const float *k = kernel + (ky * w->kernel_width + kx) * channels;
          for (ptrdiff_t c = 0; c < channels; c += CK_LANES) {
            const vm part = lanes(channels - c);
            store_part(to + c, load_part(from + c, part) * load_part(k + c, part) + load_part(to + c, part), part);
          }
        }
      }
    }
  }
}

// `lines` x `taps` neighbouring taps at once, over `count` windows; the output's gradient is loaded once.
CK_INLINE void depthwise_taps(const int lines, const int taps, ptrdiff_t step, ptrdiff_t dilated_line,
                              ptrdiff_t dilated_pixel, ptrdiff_t kernel_line, ptrdiff_t channels, ptrdiff_t count,
                              const float *in, const float *gradient, float *result) {
  CK_OVER(channels, vf sum[3][5];
          _Pragma("clang loop unroll(full)") for (int l = 0; l < lines; l++)
          _Pragma("clang loop unroll(full)") for (int k = 0; k < taps; k++)
            sum[l][k] = load_some(whole, result + l * kernel_line + k * channels + i, part);
          const float *from = in + i;
          const float *g = gradient + i;
          for (ptrdiff_t x = 0; x < count; x++, from += step * channels, g += channels) {
            const vf d = load_some(whole, g, part);
            __builtin_prefetch(from + (lines - 1) * dilated_line + CK_AHEAD * channels);
            _Pragma("clang loop unroll(full)") for (int l = 0; l < lines; l++)
            _Pragma("clang loop unroll(full)") for (int k = 0; k < taps; k++)
              sum[l][k] = load_some(whole, from + l * dilated_line + k * dilated_pixel, part) * d + sum[l][k];
          }
          _Pragma("clang loop unroll(full)") for (int l = 0; l < lines; l++)
          _Pragma("clang loop unroll(full)") for (int k = 0; k < taps; k++)
            store_some(whole, result + l * kernel_line + k * channels + i, sum[l][k], part););
}

// Adds the share of output lines [line, line + lines) to `result`.
static void depthwise_kernel_gradient(const ck_windows *w, const float *image, const float *output_gradient,
                                      float *result, ptrdiff_t line, ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels, step = w->stride_width;
  const ptrdiff_t dilated_pixel = w->dilation_width * channels, kernel_line = w->kernel_width * channels;
  const ptrdiff_t dilated_line = w->dilation_height * w->width * channels;
  ptrdiff_t inner, inner_end;
  inner_columns(w, &inner, &inner_end);
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t top = l % w->output_height * w->stride_height - w->pad_top;
    const float *gradient = output_gradient + l * w->output_width * channels;
    ptrdiff_t ky, ky_end;
    inner_taps(top, w->dilation_height, w->kernel_height, w->height, &ky, &ky_end);
    while (ky < ky_end) {
      const int together = w->kernel_width == 3 && ky_end - ky == 3 ? 3 : 1;
      const float *in_line =
          image + (l / w->output_height * w->height + top + ky * w->dilation_height) * w->width * channels;
      float *to = result + ky * kernel_line;
      for (ptrdiff_t x = 0; x < w->output_width; x++) {
        const ptrdiff_t left = x * step - w->pad_left;
        if (x >= inner && x < inner_end) {
          const float *from = in_line + left * channels, *g = gradient + x * channels;
          const ptrdiff_t count = inner_end - x;
          if (together == 3)
            depthwise_taps(3, 3, step, dilated_line, dilated_pixel, kernel_line, channels, count, from, g, to);
          else if (w->kernel_width == 3)
            depthwise_taps(1, 3, step, dilated_line, dilated_pixel, kernel_line, channels, count, from, g, to);
          else if (w->kernel_width == 5)
            depthwise_taps(1, 5, step, dilated_line, dilated_pixel, kernel_line, channels, count, from, g, to);
          else
            for (ptrdiff_t kx = 0; kx < w->kernel_width; kx++)
              depthwise_taps(1, 1, step, dilated_line, dilated_pixel, kernel_line, channels, count,
                             from + kx * dilated_pixel, g, to + kx * channels);
          x = inner_end - 1;
          continue;
        }
        ptrdiff_t kx, kx_end;
        inner_taps(left, w->dilation_width, w->kernel_width, w->width, &kx, &kx_end);
        for (; kx < kx_end; kx++)
          for (int k = 0; k < together; k++)
            depthwise_taps(1, 1, 0, 0, 0, 0, channels, 1,
                           in_line + k * dilated_line + (left + kx * w->dilation_width) * channels,
                           gradient + x * channels, to + k * kernel_line + kx * channels);
      }
      ky += together;
    }
  }
}
