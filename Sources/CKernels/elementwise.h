// Sums, products and maxima of tensors, scaling per channel, and the optimisers' steps.

// y_step 1: element by element; 0: one number y for all.
#define CK_BINARY(kind, expression)                                                                       \
  case kind:                                                                                              \
    for (ptrdiff_t i = 0; i < count; i += CK_LANES) {                                                       \
      const vm part = lanes(count - i);                                                                   \
      const vf a = load_part(x + i, part), b = y_step ? load_part(y + i, part) : splat(*y);               \
      store_part(result + i, expression, part);                                                           \
    }                                                                                                     \
    break;

static void binary(int32_t operation, ptrdiff_t count, const float *x, const float *y, ptrdiff_t y_step, float *result) {
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
    for (ptrdiff_t c = 0; c < columns; c += CK_LANES) {
      const vm part = lanes(columns - c);
      store_part(y + c, load_part(x + c, part) * load_part(scale + c, part) + load_part(shift + c, part), part);
    }
}

static void add_scaled(ptrdiff_t count, float factor, const float *x, float *y) {
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vm part = lanes(count - i);
    store_part(y + i, load_part(x + i, part) * factor + load_part(y + i, part), part);
  }
}

static void scale(ptrdiff_t count, float factor, const float *x, float *y) {
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vm part = lanes(count - i);
    store_part(y + i, load_part(x + i, part) * factor, part);
  }
}

// Without momentum `velocity` is not touched and may be NULL.
static void sgd_update(ptrdiff_t count, const float *gradient, float *velocity, float *weights, float rate,
                       float momentum, int32_t nesterov) {
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vm part = lanes(count - i);
    const vf step = load_part(gradient + i, part) * rate, w = load_part(weights + i, part);
    if (momentum == 0) {
      store_part(weights + i, w - step, part);
    } else {
      const vf v = load_part(velocity + i, part) * momentum - step;
      store_part(velocity + i, v, part);
      store_part(weights + i, nesterov ? w + (v * momentum - step) : w + v, part);
    }
  }
}

static void adam_update(ptrdiff_t count, const float *gradient, float *first, float *second, float *weights, float rate,
                        float beta_1, float beta_2, float epsilon) {
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vm part = lanes(count - i);
    const vf g = load_part(gradient + i, part);
    vf m = load_part(first + i, part), v = load_part(second + i, part);
    m += (g - m) * (1.0f - beta_1);
    v += (g * g - v) * (1.0f - beta_2);
    store_part(first + i, m, part);
    store_part(second + i, v, part);
    store_part(weights + i, load_part(weights + i, part) - m * rate / (square_root(v) + epsilon), part);
  }
}
