// Sums, products and maxima of tensors, scaling per channel, and the optimisers' steps.

// y_step 1: element by element; 0: one number y for all.
#define CK_BINARY(kind, expression)                                                                 \
  case kind:                                                                                        \
    if (y_step) {                                                                                   \
      CK_OVER(count, const vf a = load_some(whole, x + i, part), b = load_some(whole, y + i, part); \
              store_some(whole, result + i, expression, part););                                    \
    } else {                                                                                        \
      const vf b = splat(*y);                                                                       \
      CK_OVER(count, const vf a = load_some(whole, x + i, part);                                    \
              store_some(whole, result + i, expression, part););                                    \
    }                                                                                               \
    break;

static void binary(int32_t operation, ptrdiff_t count, const float *x, const float *y, ptrdiff_t y_step,
                   float *result) {
  switch (operation) {
    CK_BINARY(CK_ADD, a + b)
    CK_BINARY(CK_MULTIPLY, a * b)
    CK_BINARY(CK_MAXIMUM, at_least(a, b))
    CK_BINARY(CK_SUBTRACT, a - b)
  }
}

static void scale_and_shift(ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *scale, const float *shift,
                            float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += columns, y += columns)
    CK_OVER(columns, store_some(whole, y + i,
                                load_some(whole, x + i, part) * load_some(whole, scale + i, part)
                                    + load_some(whole, shift + i, part),
                                part););
}

static void add_scaled(ptrdiff_t count, float factor, const float *x, float *y) {
  CK_OVER(count, store_some(whole, y + i, load_some(whole, x + i, part) * factor + load_some(whole, y + i, part),
                            part););
}

static void scale(ptrdiff_t count, float factor, const float *x, float *y) {
  CK_OVER(count, store_some(whole, y + i, load_some(whole, x + i, part) * factor, part););
}

// Without momentum `velocity` is not touched and may be NULL.
static void sgd_update(ptrdiff_t count, const float *gradient, float *velocity, float *weights, float rate,
                       float momentum, int32_t nesterov) {
  if (momentum == 0) {
    CK_OVER(count, const vf step = load_some(whole, gradient + i, part) * rate;
            store_some(whole, weights + i, load_some(whole, weights + i, part) - step, part););
    return;
  }
  CK_OVER(count, const vf step = load_some(whole, gradient + i, part) * rate;
          const vf w = load_some(whole, weights + i, part);
          const vf v = load_some(whole, velocity + i, part) * momentum - step;
          store_some(whole, velocity + i, v, part);
          store_some(whole, weights + i, nesterov ? w + (v * momentum - step) : w + v, part););
}

static void adam_update(ptrdiff_t count, const float *gradient, float *first, float *second, float *weights, float rate,
                        float beta_1, float beta_2, float epsilon) {
  CK_OVER(count, const vf g = load_some(whole, gradient + i, part);
          vf m = load_some(whole, first + i, part);
          vf v = load_some(whole, second + i, part);
          m += (g - m) * (1.0f - beta_1);
          v += (g * g - v) * (1.0f - beta_2);
          store_some(whole, first + i, m, part);
          store_some(whole, second + i, v, part);
          const vf w = load_some(whole, weights + i, part);
          store_some(whole, weights + i, w - m * rate / (square_root(v) + epsilon), part););
}
