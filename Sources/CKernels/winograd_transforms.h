// The one-dimensional transforms of Winograd's convolutions with three taps, m outputs from m + 2 inputs:
// y = At [(G g) * (Bt d)] (Lavin and Gray, https://arxiv.org/abs/1509.09308). `m` is a constant 4 or 2 wherever these
// are called.
//
// F(2, 3) interpolates at 0, ±1 and infinity, F(4, 3) at 0, ±√½, ±√2 and infinity: the usual ±1 and ±2 round four
// times worse. The squares of these are as simple: ½ · 2 = 1 and ½ + 2 = 2.5.

#define CK_ROOT_HALF 0.70710678118654752f
#define CK_ROOT_TWO 1.41421356237309505f

// Bt d: a line of the image.
CK_INLINE void winograd_image_line(const int m, const vf *d, vf *t) {
  if (m == 2) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
    return;
  }
  const vf even = d[4] - 2.0f * d[2], odd = d[3] - 2.0f * d[1];
  const vf even_far = d[4] - 0.5f * d[2], odd_far = d[3] - 0.5f * d[1];
  t[0] = d[0] + d[4] - 2.5f * d[2];
  t[1] = even + CK_ROOT_HALF * odd;
  t[2] = even - CK_ROOT_HALF * odd;
  t[3] = even_far + CK_ROOT_TWO * odd_far;
  t[4] = even_far - CK_ROOT_TWO * odd_far;
  t[5] = d[1] + d[5] - 2.5f * d[3];
}

// G g: a line of the kernel.
CK_INLINE void winograd_kernel_line(const int m, const vf *g, vf *t) {
  t[0] = g[0];
  if (m == 2) {
    const vf even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = g[2];
    return;
  }
  const vf even = (-2.0f / 3.0f) * g[0] - (1.0f / 3.0f) * g[2], odd = (-2.0f / 3.0f * CK_ROOT_HALF) * g[1];
  const vf even_far = (1.0f / 6.0f) * g[0] + (1.0f / 3.0f) * g[2], odd_far = (1.0f / 6.0f * CK_ROOT_TWO) * g[1];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = even_far + odd_far;
  t[4] = even_far - odd_far;
  t[5] = g[2];
}

// At p: a line of the output.
CK_INLINE void winograd_output_line(const int m, const vf *p, vf *y) {
  const vf sum = p[1] + p[2], difference = p[1] - p[2];
  if (m == 2) {
    y[0] = p[0] + sum;
    y[1] = difference - p[3];
    return;
  }
  const vf sum_far = p[3] + p[4], difference_far = p[3] - p[4];
  y[0] = p[0] + sum + sum_far;
  y[1] = CK_ROOT_HALF * difference + CK_ROOT_TWO * difference_far;
  y[2] = 0.5f * sum + 2.0f * sum_far;
  y[3] = (0.5f * CK_ROOT_HALF) * difference + (2.0f * CK_ROOT_TWO) * difference_far + p[5];
}

// A d: a line of the output's gradient, m numbers become m + 2.
CK_INLINE void winograd_output_gradient_line(const int m, const vf *d, vf *t) {
  t[0] = d[0];
  if (m == 2) {
    t[1] = d[0] + d[1];
    t[2] = d[0] - d[1];
    t[3] = -d[1];
    return;
  }
  const vf even = d[0] + 0.5f * d[2], odd = d[1] + 0.5f * d[3];
  const vf even_far = d[0] + 2.0f * d[2], odd_far = d[1] + 2.0f * d[3];
  t[1] = even + CK_ROOT_HALF * odd;
  t[2] = even - CK_ROOT_HALF * odd;
  t[3] = even_far + CK_ROOT_TWO * odd_far;
  t[4] = even_far - CK_ROOT_TWO * odd_far;
  t[5] = d[3];
}

// Gt u: a line of the kernel's gradient, m + 2 numbers become 3.
CK_INLINE void winograd_kernel_gradient_line(const int m, const vf *u, vf *g) {
  const vf sum = u[1] + u[2], difference = u[1] - u[2];
  if (m == 2) {
    g[0] = u[0] + 0.5f * sum;
    g[1] = 0.5f * difference;
    g[2] = u[3] + 0.5f * sum;
    return;
  }
  const vf sum_far = u[3] + u[4], difference_far = u[3] - u[4];
  g[0] = u[0] + (-2.0f / 3.0f) * sum + (1.0f / 6.0f) * sum_far;
  g[1] = (-2.0f / 3.0f * CK_ROOT_HALF) * difference + (1.0f / 6.0f * CK_ROOT_TWO) * difference_far;
  g[2] = u[5] + (1.0f / 3.0f) * (sum_far - sum);
}
