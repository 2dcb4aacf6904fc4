// The optimisers' steps, each in one pass over gradient, weights and what the optimiser remembers. Formulas are Keras';
// what is the same for all numbers of a tensor comes in from outside.

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

// The numbers that an optimiser remembers, and its constants.
#define CK_STATE(k) load_some(whole, state[k] + i, part)
#define CK_KEEP(k, v) store_some(whole, state[k] + i, v, part)
#define CK_RULE(kind, ...)                                       \
  case kind:                                                     \
    CK_OVER(count, const vf g = load_some(whole, gradient + i, part); \
            vf w = load_some(whole, weights + i, part);          \
            __VA_ARGS__                                          \
            store_some(whole, weights + i, w, part););           \
    break;

static void update(int32_t rule, ptrdiff_t count, const float *gradient, float *weights, float *const *state,
                   const float *n) {
  switch (rule) {
    // rate, beta, nesterov
    CK_RULE(CK_AVERAGED_MOMENTUM, const vf share = g * (1.0f - n[1]);
            const vf v = CK_STATE(0) * n[1] + share;
            CK_KEEP(0, v);
            w -= (n[2] != 0 ? v * n[1] + share : v) * n[0];)
    // rate, 1 - beta_1, 1 - beta_2, epsilon
    CK_RULE(CK_AMSGRAD, vf m = CK_STATE(0); vf v = CK_STATE(1);
            m += (g - m) * n[1];
            v += (g * g - v) * n[2];
            const vf most = at_least(CK_STATE(2), v);
            CK_KEEP(0, m); CK_KEEP(1, v); CK_KEEP(2, most);
            w -= m * n[0] / (square_root(most) + n[3]);)
    // factor of the momentum, factor of the gradient, 1 - beta_1, 1 - beta_2, correction of the velocity, epsilon
    CK_RULE(CK_NADAM, vf m = CK_STATE(0); vf v = CK_STATE(1);
            m += (g - m) * n[2];
            v += (g * g - v) * n[3];
            CK_KEEP(0, m); CK_KEEP(1, v);
            w -= (m * n[0] + g * n[1]) / (square_root(v * n[4]) + n[5]);)
    // rate, 1 - beta_1, beta_2, epsilon
    CK_RULE(CK_ADAMAX, vf m = CK_STATE(0);
            m += (g - m) * n[1];
            const vf u = at_least(magnitude(g), CK_STATE(1) * n[2]);
            CK_KEEP(0, m); CK_KEEP(1, u);
            w -= m * n[0] / (u + n[3]);)
    // rate, rho, epsilon
    CK_RULE(CK_ADADELTA, const vf a = CK_STATE(0) * n[1] + g * g * (1.0f - n[1]);
            const vf d = CK_STATE(1);
            const vf move = square_root(d + n[2]) * g / square_root(a + n[2]);
            CK_KEEP(0, a); CK_KEEP(1, d * n[1] + move * move * (1.0f - n[1]));
            w -= move * n[0];)
    // rate, epsilon
    CK_RULE(CK_ADAGRAD, const vf a = CK_STATE(0) + g * g;
            CK_KEEP(0, a);
            w -= g * n[0] / square_root(a + n[1]);)
    // rate, rho, epsilon, momentum; the places of momentum and of the average gradient may be NULL
    CK_RULE(CK_RMSPROP, const vf v = CK_STATE(0) * n[1] + g * g * (1.0f - n[1]);
            CK_KEEP(0, v);
            vf size = v + n[2];
            if (state[2]) {
              const vf mean = CK_STATE(2) * n[1] + g * (1.0f - n[1]);
              CK_KEEP(2, mean);
              size = v - mean * mean + n[2];
            }
            vf move = g * n[0] / square_root(size);
            if (state[1]) {
              move += CK_STATE(1) * n[3];
              CK_KEEP(1, move);
            }
            w -= move;)
    // rate, beta_1, beta_2; the sign of a NaN is NaN
    CK_RULE(CK_LION, const vf m = CK_STATE(0); const vf c = m * n[1] + g * (1.0f - n[1]);
            const vf zero = c * 0.0f, one = splat(1);
            CK_KEEP(0, m * n[2] + g * (1.0f - n[2]));
            w -= (c > 0 ? one : c < 0 ? -one : zero) * n[0];)
    // 1 - beta_1, 1 - beta_2, correction of the momentum, of the velocity, epsilon; `weights` is where the direction goes
    CK_RULE(CK_LAMB_DIRECTION, vf m = CK_STATE(0); vf v = CK_STATE(1);
            m += (g - m) * n[0];
            v += (g * g - v) * n[1];
            CK_KEEP(0, m); CK_KEEP(1, v);
            w = m * n[2] / (square_root(v * n[3]) + n[4]);)
    // momentum: a running average of `gradient`
    CK_RULE(CK_RUNNING_AVERAGE, w = w * n[0] + g * (1.0f - n[0]);)
  }
}
