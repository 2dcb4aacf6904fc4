// The two gradients of a depthwise convolution.

// The gradient of 2 x 8 pixels of an image under 3x3 windows of stride 2, for CK_LANES channels or the first of these. Of
// each 2 x 2 pixels the first is in four windows, its neighbours in two each, the last in one: nine taps in all. `at` holds
// the addresses of 2 x 5 output gradients; of the pixels those in [top, bottom) x [left, right) are written.
CK_INLINE void depthwise_gradient_2(const int whole, vm part, const float *const *at, ptrdiff_t c, const float *kernel,
                                    ptrdiff_t channels, float *to, ptrdiff_t line, const int everywhere, ptrdiff_t top,
                                    ptrdiff_t bottom, ptrdiff_t left, ptrdiff_t right) {
  vf gradient[2][5], weight[3][3];
#pragma clang loop unroll(full)
  for (int k = 0; k < 9; k++) weight[k / 3][k % 3] = load_some(whole, kernel + k * channels + c, part);
#pragma clang loop unroll(full)
  for (int i = 0; i < 10; i++) gradient[i / 5][i % 5] = load_some(whole, at[i] + c, part);
#pragma clang loop unroll(full)
  for (int y = 0; y < 2; y++)
#pragma clang loop unroll(full)
    for (int x = 0; x < 8; x++) {
      vf sum = splat(0);
      if (everywhere) __builtin_prefetch(to + y * line + (x + CK_AHEAD) * channels + c, 1);
      // The window one up and left has its last tap here, an even number of pixels from its first.
#pragma clang loop unroll(full)
      for (int ky = y; ky < 3; ky += 2)
#pragma clang loop unroll(full)
        for (int kx = x % 2; kx < 3; kx += 2) sum = gradient[1 - ky / 2][x / 2 + 1 - kx / 2] * weight[ky][kx] + sum;
      if (everywhere || (y >= top && y < bottom && x >= left && x < right))
        store_some(whole, to + y * line + x * channels + c, sum, part);
    }
}

// Lines [from, until), one or two of them, of the gradient of one image under 3x3 windows of stride 2. Line `y`, the first
// or the one before it, is the one that the windows' first taps reach.
static void depthwise_gradient_2_lines(const ck_windows *w, const float *output_gradient, const float *kernel,
                                       float *image_gradient, ptrdiff_t y, ptrdiff_t from, ptrdiff_t until) {
  const ptrdiff_t channels = w->channels, line = w->width * channels, oy = (y + w->pad_top) / 2;
  const ptrdiff_t shift = w->pad_left & 1;
  for (ptrdiff_t c = 0; c < channels; c += CK_CHANNELS) {
    const ptrdiff_t end = least(CK_CHANNELS, channels - c);
    for (ptrdiff_t x = -shift; x < w->width; x += 8) {
      const ptrdiff_t ox = (x + w->pad_left) / 2;
      const float *at[10];
      for (int i = 0; i < 2; i++)
        for (int j = 0; j < 5; j++) {
          const ptrdiff_t gy = oy - 1 + i, gx = ox - 1 + j;
          const int is_inside = gy >= 0 && gy < w->output_height && gx >= 0 && gx < w->output_width;
          at[i * 5 + j] = is_inside ? output_gradient + (gy * w->output_width + gx) * channels + c : zeros;
        }
      float *to = image_gradient + y * line + x * channels + c;
      const float *taps = kernel + c;
      const int everywhere = from == y && until == y + 2 && x >= 0 && x + 8 <= w->width;
      ptrdiff_t k = 0;
      if (everywhere)
        for (; k + CK_LANES <= end; k += CK_LANES)
          depthwise_gradient_2(1, lanes(CK_LANES), at, k, taps, channels, to, line, 1, 0, 2, 0, 8);
      for (; k < end; k += CK_LANES)
        depthwise_gradient_2(0, lanes(end - k), at, k, taps, channels, to, line, 0, from - y, until - y, -x,
                             w->width - x);
    }
  }
}

// Lines of the image's gradient: each pixel gathers from the windows that saw it.
static void depthwise_input_gradient(const ck_windows *w, const float *output_gradient, const float *kernel,
                                     float *image_gradient, ptrdiff_t line, ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels;
  const int is_3x3_of_2 = w->kernel_height == 3 && w->kernel_width == 3 && w->stride_height == 2
                          && w->stride_width == 2 && w->dilation_height == 1 && w->dilation_width == 1;
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t image = l / w->height, iy = l % w->height;
    if (is_3x3_of_2) {
      const ptrdiff_t y = iy - ((iy + w->pad_top) & 1), until = least(least(y + 2, w->height), iy + line + lines - l);
      depthwise_gradient_2_lines(w, output_gradient + image * w->output_height * w->output_width * channels, kernel,
                                 image_gradient + image * w->height * w->width * channels, y, iy, until);
      l += until - iy - 1;
      continue;
    }
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
