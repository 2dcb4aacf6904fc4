// Sums over the rows of a [rows, columns] matrix, per column, from the first row to the last. The callers cut long
// matrices into pieces of a fixed size and add the pieces in a fixed tree.

#define CK_REDUCE(start, ...)                                                             \
  ptrdiff_t c = 0;                                                                        \
  for (; c + 4 * CK_LANES <= columns; c += 4 * CK_LANES) {                                \
    enum { whole = 1 };                                                                   \
    const vm part = lanes(CK_LANES);                                                      \
    (void)part;                                                                           \
    vf sum[4] = {start, start, start, start};                                             \
    for (ptrdiff_t r = 0; r < rows; r++)                                                  \
      for (int j = 0; j < 4; j++) {                                                       \
        const ptrdiff_t i = r * columns + c + j * CK_LANES;                               \
        __VA_ARGS__;                                                                      \
      }                                                                                   \
    for (int j = 0; j < 4; j++) store(result + c + j * CK_LANES, sum[j]);                 \
  }                                                                                       \
  for (; c < columns; c += CK_LANES) {                                                    \
    enum { whole = 0, j = 0 };                                                            \
    const vm part = lanes(columns - c);                                                   \
    vf sum[1] = {start};                                                                  \
    for (ptrdiff_t r = 0; r < rows; r++) {                                                \
      const ptrdiff_t i = r * columns + c;                                                \
      __VA_ARGS__;                                                                        \
    }                                                                                     \
    store_part(result + c, sum[0], part);                                                 \
  }

static void column_sums(ptrdiff_t rows, ptrdiff_t columns, const float *x, float *result) {
  CK_REDUCE(splat(0), sum[j] += load_some(whole, x + i, part))
}

static void column_sums_of_products(ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *y, float *result) {
  CK_REDUCE(splat(0), sum[j] = load_some(whole, x + i, part) * load_some(whole, y + i, part) + sum[j])
}

static void column_maxima(ptrdiff_t rows, ptrdiff_t columns, const float *x, float *result) {
  CK_REDUCE(splat(-INFINITY), sum[j] = at_least(load_some(whole, x + i, part), sum[j]))
}

// Of some vectors of columns the sum of the squared distances from the mean, and that of the distances, in chains of their own.
CK_INLINE void column_distances(const int whole, const int vectors, ptrdiff_t rows, ptrdiff_t columns, const float *x,
                                float *mean, float *squares, vm part) {
  const float count = (float)rows;
  vf m[4], sum[4], rest[4];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) {
    m[j] = load_some(whole, mean + j * CK_LANES, part) / count;
    sum[j] = rest[j] = splat(0);
  }
  for (ptrdiff_t r = 0; r < rows; r++, x += columns) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      const vf d = load_some(whole, x + j * CK_LANES, part) - m[j];
      rest[j] += d;
      sum[j] = d * d + sum[j];
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) {
    store_some(whole, mean + j * CK_LANES, m[j] + rest[j] / count, part);
    store_some(whole, squares + j * CK_LANES, sum[j] - rest[j] * rest[j] / count, part);
  }
}

// The mean, then the sum of the squared distances from it. The distances' own sum, zero but for rounding, corrects
// both.
static void column_moments(ptrdiff_t rows, ptrdiff_t columns, const float *x, float *mean, float *squares) {
  column_sums(rows, columns, x, mean);
  ptrdiff_t c = 0;
  for (; c + 4 * CK_LANES <= columns; c += 4 * CK_LANES)
    column_distances(1, 4, rows, columns, x + c, mean + c, squares + c, lanes(CK_LANES));
  for (; c < columns; c += CK_LANES)
    column_distances(0, 1, rows, columns, x + c, mean + c, squares + c, lanes(columns - c));
}

// Where several rows share the maximum, they share its gradient.
static void column_maxima_gradient(ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *maxima,
                                   const float *output_gradient, float *result) {
  for (ptrdiff_t c = 0; c < columns; c += CK_LANES) {
    const vm part = lanes(columns - c);
    const vf m = load_part(maxima + c, part), zero = splat(0), one = splat(1);
    vf count = zero;
    for (ptrdiff_t r = 0; r < rows; r++) count += load_part(x + r * columns + c, part) == m ? one : zero;
    const vf share = load_part(output_gradient + c, part) / at_least(count, one);
    for (ptrdiff_t r = 0; r < rows; r++)
      store_part(result + r * columns + c, load_part(x + r * columns + c, part) == m ? share : zero, part);
  }
}
