// Pooling. A maximum's index is its tap, ky * kernel width + kx; the first of equals wins, as in TensorFlow.

static void maximum_pool(const ck_windows *w, const float *image, float *output, int32_t *indices, ptrdiff_t line,
                         ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels;
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t top = l % w->output_height * w->stride_height - w->pad_top;
    ptrdiff_t ky0, ky1;
    inner_taps(top, w->dilation_height, w->kernel_height, w->height, &ky0, &ky1);
    for (ptrdiff_t x = 0; x < w->output_width; x++) {
      const ptrdiff_t left = x * w->stride_width - w->pad_left, at = (l * w->output_width + x) * channels;
      ptrdiff_t kx0, kx1;
      inner_taps(left, w->dilation_width, w->kernel_width, w->width, &kx0, &kx1);
      CK_OVER(channels, vf best = splat(-INFINITY);
              vi index = (vi)(int32_t)(ky0 * w->kernel_width + kx0);
              for (ptrdiff_t ky = ky0; ky < ky1; ky++) {
                const ptrdiff_t row = l / w->output_height * w->height + top + ky * w->dilation_height;
                const float *from = image + (row * w->width + left) * channels + i;
                for (ptrdiff_t kx = kx0; kx < kx1; kx++) {
                  const float *pixel = from + kx * w->dilation_width * channels;
                  __builtin_prefetch(pixel + CK_AHEAD * channels);
                  const vf v = load_some(whole, pixel, part);
                  const vi better = (v > best) | (v != v);  // a NaN is kept
                  index = better ? (vi)(int32_t)(ky * w->kernel_width + kx) : index;
                  best = better ? v : best;
                }
              }
              store_some(whole, output + at + i, best, part);
              if (indices) store_some(whole, (float *)indices + at + i, (vf)index, part););
    }
  }
}

// Windows along one dimension that see position `i`: [first, end), and the tap of each is i + pad - window * stride.
CK_INLINE void windows_over(ptrdiff_t i, ptrdiff_t pad, ptrdiff_t kernel, ptrdiff_t dilation, ptrdiff_t stride,
                            ptrdiff_t count, ptrdiff_t *first, ptrdiff_t *end) {
  const ptrdiff_t reach = i + pad - (kernel - 1) * dilation;
  *first = reach <= 0 ? 0 : divide_up(reach, stride);
  *end = i + pad < 0 ? 0 : least(count, (i + pad) / stride + 1);
}

static void maximum_pool_gradient(const ck_windows *w, const float *output_gradient, const int32_t *indices,
                                  float *image_gradient, ptrdiff_t line, ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels;
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t image = l / w->height, iy = l % w->height;
    ptrdiff_t y0, y1;
    windows_over(iy, w->pad_top, w->kernel_height, w->dilation_height, w->stride_height, w->output_height, &y0, &y1);
    for (ptrdiff_t ix = 0; ix < w->width; ix++) {
      ptrdiff_t x0, x1;
      windows_over(ix, w->pad_left, w->kernel_width, w->dilation_width, w->stride_width, w->output_width, &x0, &x1);
      CK_OVER(channels, vf sum = splat(0);
              for (ptrdiff_t y = y0; y < y1; y++) {
                const ptrdiff_t ky = iy + w->pad_top - y * w->stride_height;
                if (ky % w->dilation_height != 0) continue;
                for (ptrdiff_t x = x0; x < x1; x++) {
                  const ptrdiff_t kx = ix + w->pad_left - x * w->stride_width;
                  if (kx % w->dilation_width != 0) continue;
                  const ptrdiff_t at = ((image * w->output_height + y) * w->output_width + x) * channels + i;
                  const int32_t tap = (int32_t)(ky / w->dilation_height * w->kernel_width + kx / w->dilation_width);
                  const vi taps = (vi)load_some(whole, (const float *)indices + at, part);
                  sum += taps == tap ? load_some(whole, output_gradient + at, part) : splat(0);
                }
              }
              store_some(whole, image_gradient + (l * w->width + ix) * channels + i, sum, part););
    }
  }
}

static void average_pool(const ck_windows *w, const float *image, float *output, ptrdiff_t line, ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels;
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t top = l % w->output_height * w->stride_height - w->pad_top;
    ptrdiff_t ky0, ky1;
    inner_taps(top, w->dilation_height, w->kernel_height, w->height, &ky0, &ky1);
    for (ptrdiff_t x = 0; x < w->output_width; x++) {
      const ptrdiff_t left = x * w->stride_width - w->pad_left;
      ptrdiff_t kx0, kx1;
      inner_taps(left, w->dilation_width, w->kernel_width, w->width, &kx0, &kx1);
      const float count = (float)((ky1 - ky0) * (kx1 - kx0));
      CK_OVER(channels, vf sum = splat(0);
              for (ptrdiff_t ky = ky0; ky < ky1; ky++) {
                const ptrdiff_t row = l / w->output_height * w->height + top + ky * w->dilation_height;
                const float *from = image + (row * w->width + left) * channels + i;
                for (ptrdiff_t kx = kx0; kx < kx1; kx++)
                  sum += load_some(whole, from + kx * w->dilation_width * channels, part);
              }
              store_some(whole, output + (l * w->output_width + x) * channels + i, sum / count, part););
    }
  }
}

static void average_pool_gradient(const ck_windows *w, const float *output_gradient, float *image_gradient,
                                  ptrdiff_t line, ptrdiff_t lines) {
  const ptrdiff_t channels = w->channels;
  for (ptrdiff_t l = line; l < line + lines; l++) {
    const ptrdiff_t image = l / w->height, iy = l % w->height;
    ptrdiff_t y0, y1;
    windows_over(iy, w->pad_top, w->kernel_height, w->dilation_height, w->stride_height, w->output_height, &y0, &y1);
    for (ptrdiff_t ix = 0; ix < w->width; ix++) {
      ptrdiff_t x0, x1;
      windows_over(ix, w->pad_left, w->kernel_width, w->dilation_width, w->stride_width, w->output_width, &x0, &x1);
      float *to = image_gradient + (l * w->width + ix) * channels;
      clear(to, channels);
      for (ptrdiff_t y = y0; y < y1; y++) {
        const ptrdiff_t top = y * w->stride_height - w->pad_top;
        ptrdiff_t ky0, ky1;
        inner_taps(top, w->dilation_height, w->kernel_height, w->height, &ky0, &ky1);
        if ((iy - top) % w->dilation_height != 0) continue;
        for (ptrdiff_t x = x0; x < x1; x++) {
          const ptrdiff_t left = x * w->stride_width - w->pad_left;
          ptrdiff_t kx0, kx1;
          inner_taps(left, w->dilation_width, w->kernel_width, w->width, &kx0, &kx1);
          if ((ix - left) % w->dilation_width != 0) continue;
          const float count = (float)((ky1 - ky0) * (kx1 - kx0));
          const float *from = output_gradient + ((image * w->output_height + y) * w->output_width + x) * channels;
          for (ptrdiff_t c = 0; c < channels; c += CK_LANES) {
            const vm part = lanes(channels - c);
            store_part(to + c, load_part(to + c, part) + load_part(from + c, part) / count, part);
          }
        }
      }
    }
  }
}
