// Batch normalisation together with what stands behind it, a residual and an activation, in as few passes over memory as can
// be. Rows are pixels and columns channels; four rows go together, so that numbers per channel are loaded for all of them.

enum { CK_NORMALIZED_ROWS = 4 };

// y = activation(x * scale + bias + residual), the last three by the epilogue.
static void normalize(ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *scale, const ck_epilogue *e,
                      float *y) {
  const float *residual = e->residual;
  for (ptrdiff_t r = 0; r < rows; r++, x += columns, y += columns) {
    if (residual) {
      CK_OVER(columns, vf z = load_some(whole, x + i, part) * load_some(whole, scale + i, part)
                              + load_some(whole, e->bias + i, part);
              z += load_some(whole, residual + i, part); store_some(whole, y + i, finish(z, e), part););
      residual += columns;
    } else {
      CK_OVER(columns, const vf z = load_some(whole, x + i, part) * load_some(whole, scale + i, part)
                                    + load_some(whole, e->bias + i, part);
              store_some(whole, y + i, finish(z, e), part););
    }
    if (e->activation != CK_LINEAR) activate(e->activation, e->parameters, columns, y, y);
  }
}

// The gradient in front of an activation, from the one behind it and the activation's input. Of a ReLU that begins at 0 the
// output will do as well.
CK_INLINE vf in_front_of(const int kind, vf gradient, vf z, const float *p) {
  switch (kind) {
    case CK_LINEAR: return gradient;
    case CK_RELU: return z >= p[0] ? splat(0) : (z > 0 ? gradient : gradient * p[1]);
    default: return gradient * slope_of(kind, z, z, p);
  }
}

// Adds `count` rows to the sums. With `activated` that is the activation's input or output, without it x * scale + shift.
CK_INLINE void normalization_sums_of(const int kind, const int count, ptrdiff_t columns, const ck_normalization *n,
                                     const float *gradient, const float *activated, const float *x, float *sums,
                                     float *products, const float *factor, float *result) {
  const vf zero = splat(0), one = splat(1);
  CK_OVER(columns, {
    const vf scale = x ? load_some(whole, n->scale + i, part) : zero;
    const vf shift = x ? load_some(whole, n->shift + i, part) : zero;
    const vf inverse = products ? load_some(whole, n->inverse + i, part) : zero;
    const vf offset = products ? load_some(whole, n->offset + i, part) : zero;
    const vf times = factor ? load_some(whole, factor + i, part) : one;
    vf sum = sums ? load_some(whole, sums + i, part) : zero;
    vf product = products ? load_some(whole, products + i, part) : zero;
    _Pragma("clang loop unroll(full)") for (int k = 0; k < count; k++) {
      const ptrdiff_t at = k * columns + i;
      const vf value = x ? load_some(whole, x + at, part) : zero;
      vf z = value * scale + shift;
      if (activated) z = load_some(whole, activated + at, part);
      const vf g = in_front_of(kind, load_some(whole, gradient + at, part), z, n->parameters);
      if (result) store_some(whole, result + at, g * times, part);
      sum += g;
      const vf normalized = value * inverse + offset;
      product = g * normalized + product;
    }
    if (sums) store_some(whole, sums + i, sum, part);
    if (products) store_some(whole, products + i, product, part);
  });
}

#define CK_NORMALIZED(kind, function, ...)                                                \
  case kind:                                                                              \
    for (; r + CK_NORMALIZED_ROWS <= rows; r += CK_NORMALIZED_ROWS)                       \
      function(kind, CK_NORMALIZED_ROWS, __VA_ARGS__);                                    \
    for (; r < rows; r++) function(kind, 1, __VA_ARGS__);                                 \
    break;

// The activations whose gradient is taken in the same pass.
#define CK_NORMALIZED_KINDS(function, ...)                                                              \
  CK_NORMALIZED(CK_LINEAR, function, __VA_ARGS__) CK_NORMALIZED(CK_RELU, function, __VA_ARGS__)         \
  CK_NORMALIZED(CK_SWISH, function, __VA_ARGS__) CK_NORMALIZED(CK_HARD_SWISH, function, __VA_ARGS__)

#define CK_ROW(p) ((p) ? (p) + r * columns : 0)

// Per channel the sums of g and of g * (x * inverse + offset), where g is `gradient` taken back through the activation; g,
// or g * factor, goes to `result`. Of `activated` and `x` one may be NULL, and so may `sums`, `products`, `factor` and `result`,
// which may also be `gradient`.
static void normalization_sums(ptrdiff_t rows, ptrdiff_t columns, const ck_normalization *n, const float *gradient,
                               const float *activated, const float *x, float *sums, float *products,
                               const float *factor, float *result) {
  if (sums) clear(sums, columns);
  if (products) clear(products, columns);
  ptrdiff_t r = 0;
  switch (n->activation) {
    CK_NORMALIZED_KINDS(normalization_sums_of, columns, n, gradient + r * columns, CK_ROW(activated), CK_ROW(x), sums,
                        products, factor, CK_ROW(result))
  }
}

CK_INLINE void normalization_gradient_of(const int kind, const int count, ptrdiff_t columns, const ck_normalization *n,
                                         const float *gradient, const float *x, const float *factor,
                                         const float *constant, const float *slope, float *result) {
  CK_OVER(columns, {
    const vf scale = load_some(whole, n->scale + i, part), shift = load_some(whole, n->shift + i, part);
    const vf inverse = load_some(whole, n->inverse + i, part), offset = load_some(whole, n->offset + i, part);
    const vf times = load_some(whole, factor + i, part), plus = load_some(whole, constant + i, part);
    const vf tilt = load_some(whole, slope + i, part);
    _Pragma("clang loop unroll(full)") for (int k = 0; k < count; k++) {
      const ptrdiff_t at = k * columns + i;
      const vf value = load_some(whole, x + at, part);
      const vf z = value * scale + shift;
      const vf g = in_front_of(kind, load_some(whole, gradient + at, part), z, n->parameters);
      const vf own = g * times + plus;
      const vf normalized = value * inverse + offset;
      const vf other = normalized * tilt;
      store_some(whole, result + at, own + other, part);
    }
  });
}

// (g * factor + constant) + (x * inverse + offset) * slope, with g as above; `result` may be `gradient`.
static void normalization_gradient(ptrdiff_t rows, ptrdiff_t columns, const ck_normalization *n, const float *gradient,
                                   const float *x, const float *factor, const float *constant, const float *slope,
                                   float *result) {
  ptrdiff_t r = 0;
  switch (n->activation) {
    CK_NORMALIZED_KINDS(normalization_gradient_of, columns, n, gradient + r * columns, x + r * columns, factor,
                        constant, slope, result + r * columns)
  }
}
