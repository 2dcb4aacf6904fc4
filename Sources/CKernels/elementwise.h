// Sums, products and maxima of tensors, and scaling per channel.

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
