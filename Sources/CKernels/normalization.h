// Rows brought to mean 0 and variance 1: two passes over a row while it is in cache, the mean first.

static void normalize_rows(ptrdiff_t rows, ptrdiff_t columns, float epsilon, const float *x, float *normalized,
                           float *inverse_deviations) {
  const float count = (float)columns;
  for (ptrdiff_t r = 0; r < rows; r++, x += columns, normalized += columns) {
    vf sums = splat(0);
    CK_OVER(columns, sums += load_some(whole, x + i, part););
    const float mean = sum_of_lanes(sums) / count;
    vf squares = splat(0);
    CK_OVER(columns, {
      const vf d = load_some(whole, x + i, part) - mean;
      store_some(whole, normalized + i, d, part);
      const vf kept = whole ? d : load_part(normalized + i, part);  // lanes past the row stay out of the sum
      squares = kept * kept + squares;
    });
    const float inverse = 1.0f / __builtin_sqrtf(sum_of_lanes(squares) / count + epsilon);
    CK_OVER(columns, store_some(whole, normalized + i, load_some(whole, normalized + i, part) * inverse, part););
    inverse_deviations[r] = inverse;
  }
}

// dx = (dy - mean(dy) - y * mean(dy * y)) / deviation
static void normalize_rows_gradient(ptrdiff_t rows, ptrdiff_t columns, const float *output_gradient,
                                    const float *normalized, const float *inverse_deviations, float *result) {
  const float count = (float)columns;
  for (ptrdiff_t r = 0; r < rows; r++, output_gradient += columns, normalized += columns, result += columns) {
    vf sums = splat(0), products = splat(0);
    CK_OVER(columns, {
      const vf g = load_some(whole, output_gradient + i, part);
      sums += g;
      products = g * load_some(whole, normalized + i, part) + products;
    });
    const float mean = sum_of_lanes(sums) / count, slope = sum_of_lanes(products) / count;
    const float inverse = inverse_deviations[r];
    CK_OVER(columns, {
      const vf g = load_some(whole, output_gradient + i, part);
      store_some(whole, result + i, (g - mean - load_some(whole, normalized + i, part) * slope) * inverse, part);
    });
  }
}
