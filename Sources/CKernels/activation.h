// Activations and their gradients. A new one is a case in each of the two functions.

CK_INLINE vf relu6(vf x) { return at_most(at_least(x, splat(0)), splat(6)); }

CK_INLINE vf activated(const int32_t activation, vf x, const float *p) {
  switch (activation) {
    case CK_RELU: {
      const vf v = x < p[2] ? (x - p[2]) * p[1] : x;
      return at_most(v, splat(p[0]));
    }
    case CK_LEAKY_RELU: return x < 0 ? x * p[0] : x;
    case CK_SIGMOID: return logistic(x);
    case CK_TANH: return hyperbolic_tangent(x);
    case CK_SWISH: return x * logistic(x);
    case CK_GELU: return 0.5f * x * (1.0f + error_function(x * 0.70710678118654752f));
    case CK_GELU_TANH:
      return 0.5f * x * (1.0f + hyperbolic_tangent(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case CK_ELU: return x > 0 ? x : p[0] * exponential_minus_one(at_most(x, splat(0)));
    case CK_SELU:
      return 1.05070098735548049f * (x > 0 ? x : 1.67326324235437728f * exponential_minus_one(at_most(x, splat(0))));
    case CK_SOFTPLUS: return soft_plus(x);
    case CK_SOFTSIGN: return x / (1.0f + magnitude(x));
    case CK_HARD_SIGMOID: return relu6(x + 3.0f) * (1.0f / 6.0f);
    case CK_HARD_SIGMOID_KERAS_2: return at_most(at_least(0.2f * x + 0.5f, splat(0)), splat(1));
    case CK_HARD_SWISH: return x * relu6(x + 3.0f) * (1.0f / 6.0f);
    case CK_EXPONENTIAL: return exponential(x);
    case CK_MISH: {  // tanh(log(1 + e)) = (e^2 + 2e) / (e^2 + 2e + 2)
      const vf e = exponential(at_most(x, splat(20)));
      const vf n = e * (e + 2.0f);
      return x * (n / (n + 2.0f));
    }
    default: return x;
  }
}

// The derivative, from the input x and the output y; README.md lists which of the two each needs.
CK_INLINE vf slope_of(const int32_t activation, vf x, vf y, const float *p) {
  const vf zero = splat(0), one = splat(1);
  switch (activation) {
    // With threshold 0 the output tells the branch, and is what the caller passes as both.
    case CK_RELU: return p[2] == 0 ? (y >= p[0] ? zero : (y > 0 ? one : splat(p[1])))
                                   : (x >= p[0] ? zero : (x > p[2] ? one : splat(p[1])));
    case CK_LEAKY_RELU: return x > 0 ? one : splat(p[0]);
    case CK_SIGMOID: return y * (1.0f - y);
    case CK_TANH: return 1.0f - y * y;
    case CK_SWISH: {
      const vf s = logistic(x);
      return s * (1.0f + x * (1.0f - s));
    }
    case CK_GELU:
      return 0.5f * (1.0f + error_function(x * 0.70710678118654752f))
             + x * 0.39894228040143268f * exponential(-0.5f * x * x);
    case CK_GELU_TANH: {
      const vf t = hyperbolic_tangent(0.79788456080286536f * (x + 0.044715f * x * x * x));
      return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.79788456080286536f * (1.0f + 0.134145f * x * x);
    }
    case CK_ELU: return x > 0 ? one : p[0] * exponential(at_most(x, zero));
    case CK_SELU: return 1.05070098735548049f * (x > 0 ? one : 1.67326324235437728f * exponential(at_most(x, zero)));
    case CK_SOFTPLUS: return logistic(x);
    case CK_SOFTSIGN: {
      const vf d = 1.0f + magnitude(x);
      return 1.0f / (d * d);
    }
    case CK_HARD_SIGMOID: return x > -3 ? (x < 3 ? splat(1.0f / 6.0f) : zero) : zero;
    case CK_HARD_SIGMOID_KERAS_2: return x > -2.5f ? (x < 2.5f ? splat(0.2f) : zero) : zero;
    case CK_HARD_SWISH: return x > -3 ? (x < 3 ? x * (1.0f / 3.0f) + 0.5f : one) : zero;
    case CK_EXPONENTIAL: return y;
    case CK_MISH: {
      const vf e = exponential(at_most(x, splat(20)));
      const vf n = e * (e + 2.0f), t = n / (n + 2.0f);
      return t + x * (1.0f - t * t) * logistic(x);
    }
    default: return one;
  }
}

#define CK_ACTIVATIONS(K)                                                                                          \
  K(CK_LINEAR) K(CK_RELU) K(CK_LEAKY_RELU) K(CK_SIGMOID) K(CK_TANH) K(CK_SWISH) K(CK_GELU) K(CK_GELU_TANH)         \
  K(CK_ELU) K(CK_SELU) K(CK_SOFTPLUS) K(CK_SOFTSIGN) K(CK_HARD_SIGMOID) K(CK_HARD_SIGMOID_KERAS_2) K(CK_HARD_SWISH) \
  K(CK_EXPONENTIAL) K(CK_MISH)

#define CK_ACTIVATE(kind)                                                                                   \
  case kind:                                                                                                \
    for (ptrdiff_t i = 0; i < whole; i += CK_LANES) store(y + i, activated(kind, load(x + i), parameters));   \
    if (whole < count)                                                                                      \
      store_part(y + whole, activated(kind, load_part(x + whole, part), parameters), part);                 \
    break;

static void activate(int32_t activation, const float *parameters, ptrdiff_t count, const float *x, float *y) {
  const ptrdiff_t whole = count / CK_LANES * CK_LANES;
  const vm part = lanes(count - whole);
  switch (activation) { CK_ACTIVATIONS(CK_ACTIVATE) }
}

#define CK_ACTIVATE_BACK(kind)                                                                                      \
  case kind:                                                                                                        \
    for (ptrdiff_t i = 0; i < whole; i += CK_LANES)                                                                   \
      store(result + i, load(output_gradient + i) * slope_of(kind, load(x + i), load(y + i), parameters));          \
    if (whole < count)                                                                                              \
      store_part(result + whole,                                                                                    \
                 load_part(output_gradient + whole, part)                                                           \
                     * slope_of(kind, load_part(x + whole, part), load_part(y + whole, part), parameters), part);   \
    break;

static void activation_gradient(int32_t activation, const float *parameters, ptrdiff_t count,
                                const float *output_gradient, const float *x, const float *y, float *result) {
  const ptrdiff_t whole = count / CK_LANES * CK_LANES;
  const vm part = lanes(count - whole);
  switch (activation) { CK_ACTIVATIONS(CK_ACTIVATE_BACK) }
}

static void softmax(ptrdiff_t rows, ptrdiff_t columns, const float *x, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += columns, y += columns) {
    float highest = x[0];
    for (ptrdiff_t c = 1; c < columns; c++) highest = x[c] > highest ? x[c] : highest;
    vf sums = splat(0);
    for (ptrdiff_t c = 0; c < columns; c += CK_LANES) {
      const vm part = lanes(columns - c);
      store_part(y + c, exponential(load_part(x + c, part) - highest), part);
      sums += load_part(y + c, part);
    }
    const vf factor = splat(1.0f / sum_of_lanes(sums));
    for (ptrdiff_t c = 0; c < columns; c += CK_LANES) {
      const vm part = lanes(columns - c);
      store_part(y + c, load_part(y + c, part) * factor, part);
    }
  }
}

static void softmax_gradient(ptrdiff_t rows, ptrdiff_t columns, const float *output_gradient, const float *y,
                             float *result) {
  for (ptrdiff_t r = 0; r < rows; r++, output_gradient += columns, y += columns, result += columns) {
    vf sums = splat(0);
    for (ptrdiff_t c = 0; c < columns; c += CK_LANES) {
      const vm part = lanes(columns - c);
      sums += load_part(output_gradient + c, part) * load_part(y + c, part);
    }
    const vf mean = splat(sum_of_lanes(sums));
    for (ptrdiff_t c = 0; c < columns; c += CK_LANES) {
      const vm part = lanes(columns - c);
      store_part(result + c, load_part(y + c, part) * (load_part(output_gradient + c, part) - mean), part);
    }
  }
}
