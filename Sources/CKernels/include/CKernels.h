/// The C side of the engine: one table of kernels per instruction set.
///
/// Nothing here allocates, starts a thread, keeps state or checks a shape: the Swift module `Kernels` does.
/// All numbers are float, all images NHWC. README.md beside the sources explains each family.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
  CK_PACK_STRIDE = 528,  // floats from row to row of a packed block: no power of two, so rows spread over the L1 sets
  CK_BLOCK_DEPTH = 512,  // the deepest block that is packed at once
  CK_BLOCK_ROWS = 112,   // the most rows `convolution_rows` takes
  CK_STRIP_ROWS = 28,    // rows packed at once where the weights stay in the second cache
  CK_RESIDENT_WEIGHTS = 1 << 17,  // floats of weights that do
  CK_GRADIENT_ROWS = 192,         // the most rows of the image matrix packed at once for a kernel gradient
  CK_GRADIENT_COLUMNS = 256,      // columns of the output gradient packed at once
  CK_DIRECT_STRIDE = 512,  // floats from pixel to pixel up to which a kernel gradient reads a matrix where it lies
  CK_DIRECT_DEPTH = 192,   // rows of the result up to which packing the output gradient costs more than it saves
  CK_WINOGRAD_DEPTH = 128,  // the most channels Winograd's kernels multiply at once, in equal blocks of whole sixteens
  CK_SCRATCH = 2 * CK_BLOCK_ROWS * CK_PACK_STRIDE,  // floats of scratch `convolution_rows` needs
  CK_PRODUCT_SCRATCH = (CK_BLOCK_ROWS + 32) * CK_PACK_STRIDE,  // of `product_rows`
  CK_GRADIENT_SCRATCH = CK_GRADIENT_ROWS * (CK_PACK_STRIDE + CK_GRADIENT_COLUMNS),
};

/// How windows lie over a batch of images: the rows of the matrix that a convolution multiplies, or a pool's windows.
typedef struct {
  ptrdiff_t height, width;
  ptrdiff_t pixel_stride;  // floats from pixel to pixel
  ptrdiff_t channels;      // of these, the ones a window sees: fewer than pixel_stride in a grouped convolution
  ptrdiff_t kernel_height, kernel_width;
  ptrdiff_t stride_height, stride_width;
  ptrdiff_t dilation_height, dilation_width;
  ptrdiff_t pad_top, pad_left;  // may be negative
  ptrdiff_t output_height, output_width;
} ck_windows;

enum ck_activation {
  CK_LINEAR,
  CK_RELU,          // parameters: maximum, negative slope, threshold
  CK_LEAKY_RELU,    // slope
  CK_SIGMOID,
  CK_TANH,
  CK_SWISH,
  CK_GELU,
  CK_GELU_TANH,
  CK_ELU,           // alpha
  CK_SELU,
  CK_SOFTPLUS,
  CK_SOFTSIGN,
  CK_HARD_SIGMOID,          // relu6(x + 3) / 6
  CK_HARD_SIGMOID_KERAS_2,  // clip(0.2 x + 0.5, 0, 1)
  CK_HARD_SWISH,
  CK_EXPONENTIAL,
  CK_MISH,
};

/// What happens to an output while it is still in registers: `activation(x + bias + residual)`.
typedef struct {
  const float *bias;      // a number per column, or NULL
  const float *residual;  // laid out as the output, or NULL
  float low, high;        // clamp; -inf and inf leave it alone
  float slope;            // of the negative side; 1 leaves it alone
  int32_t activation;     // applied to the finished tile instead of clamp and slope unless CK_LINEAR
  float parameters[3];
} ck_epilogue;

/// What training knows of a batch normalisation and the activation behind it, a number per channel each.
typedef struct {
  const float *scale, *shift;     // what is activated: x * scale + shift
  const float *inverse, *offset;  // the normalised number: x * inverse + offset
  int32_t activation;             // CK_LINEAR, CK_RELU with a threshold of 0, CK_SWISH or CK_HARD_SWISH
  float parameters[3];
} ck_normalization;

/// Where the rows of a product go: row (y, x) of the windows to pixel (y * step + offset) of the output.
typedef struct {
  ptrdiff_t height, width;        // of the output
  ptrdiff_t step_height, step_width, offset_height, offset_width;
} ck_scatter;

enum ck_binary { CK_ADD, CK_MULTIPLY, CK_MAXIMUM, CK_SUBTRACT };

/// The optimisers' rules that `update` knows; updates.h says which numbers each takes.
enum ck_rule {
  CK_AVERAGED_MOMENTUM,
  CK_AMSGRAD,
  CK_NADAM,
  CK_ADAMAX,
  CK_ADADELTA,
  CK_ADAGRAD,
  CK_RMSPROP,
  CK_LION,
  CK_LAMB_DIRECTION,
  CK_RUNNING_AVERAGE,
};

/// Every kernel: result, name, parameters. The list makes the table and fills it.
#define CK_KERNELS(K)                                                                                                  \
  /* Matrix product and convolution */                                                                                 \
  K(void, pack_panels, (const float *source, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,            \
                        ptrdiff_t columns,                                                                             \
                        float *panels, ptrdiff_t panel_stride))                                                        \
  K(void, convolution_rows, (const ck_windows *windows, const float *image, const float *panels, ptrdiff_t columns,    \
                             ptrdiff_t row, ptrdiff_t rows, float *output, ptrdiff_t output_stride,                    \
                             const ck_scatter *scatter, const ck_epilogue *epilogue, float *scratch))                  \
  K(void, product_rows, (ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *b,           \
                         ptrdiff_t row_stride, ptrdiff_t column_stride, float *output, ptrdiff_t output_stride,        \
                         const ck_epilogue *epilogue, float *scratch))                                                 \
  K(void, kernel_gradient, (const ck_windows *windows, const float *image, const float *output_gradient,               \
                            ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,               \
                            ptrdiff_t depth_start,                                                                     \
                            ptrdiff_t depth_end, float *result, ptrdiff_t result_stride, float *scratch))              \
  /* The same of bfloat16 numbers, the weights' in pairs: [columns / panel][rows / 2][panel][2] */                      \
  K(void, pack_panels_bfloat16, (const float *source, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,   \
                                 ptrdiff_t columns, uint32_t *panels))                                                 \
  K(void, convolution_rows_bfloat16, (const ck_windows *windows, const float *image, const uint32_t *panels,           \
                                      ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows, float *output,                 \
                                      ptrdiff_t output_stride, const ck_scatter *scatter,                              \
                                      const ck_epilogue *epilogue, float *scratch))                                    \
  K(void, product_rows_bfloat16, (ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *b,  \
                                  ptrdiff_t row_stride, ptrdiff_t column_stride, float *output,                        \
                                  ptrdiff_t output_stride, const ck_epilogue *epilogue, float *scratch))               \
  K(void, kernel_gradient_bfloat16, (const ck_windows *windows, const float *image, const float *output_gradient,      \
                                     ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,      \
                                     ptrdiff_t depth_start, ptrdiff_t depth_end, float *result,                        \
                                     ptrdiff_t result_stride, float *scratch))                                         \
  /* Winograd's convolutions of tiles of m x m outputs, m 4 or 2. A block is `tiles` tiles from `start` on. */             \
  K(ptrdiff_t, winograd_image_size, (ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles))                                \
  K(ptrdiff_t, winograd_kernel_size, (ptrdiff_t m, ptrdiff_t channels))                                                \
  K(ptrdiff_t, winograd_scratch_size, (ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles))                              \
  K(void, winograd_image, (ptrdiff_t m, const ck_windows *windows, const float *image, ptrdiff_t start,                \
                           ptrdiff_t tiles, ptrdiff_t first, ptrdiff_t count, float *transformed))                     \
  K(void, winograd_kernel, (ptrdiff_t m, ptrdiff_t channels, const float *panel, float *transformed))                  \
  K(void, winograd_product, (ptrdiff_t m, const ck_windows *windows, const float *image, ptrdiff_t start,              \
                             ptrdiff_t tiles, const float *kernel, int32_t is_transformed, ptrdiff_t columns,          \
                             float *output, ptrdiff_t output_stride, const ck_epilogue *epilogue, float *scratch))     \
  K(ptrdiff_t, winograd_output_gradient_size, (ptrdiff_t m, ptrdiff_t tiles))                                          \
  K(ptrdiff_t, winograd_sums_size, (ptrdiff_t m, ptrdiff_t channels))                                                  \
  K(void, winograd_output_gradient, (ptrdiff_t m, const ck_windows *windows, const float *gradient,                    \
                                     ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t start, ptrdiff_t tiles,   \
                                     ptrdiff_t first, ptrdiff_t count, float *transformed))                            \
  K(void, winograd_kernel_products, (ptrdiff_t m, ptrdiff_t channels, ptrdiff_t tiles, const float *image,             \
                                     ptrdiff_t channel, ptrdiff_t count, const float *gradient, ptrdiff_t columns,     \
                                     int32_t accumulates, float *sums))                                                \
  K(void, winograd_kernel_gradient, (ptrdiff_t m, ptrdiff_t channels, const float *sums, ptrdiff_t columns,            \
                                     float *result, ptrdiff_t tap_stride, ptrdiff_t result_stride))                    \
  /* Depthwise */                                                                                                      \
  K(void, depthwise, (const ck_windows *windows, const float *image, const float *kernel, float *output,               \
                      ptrdiff_t line, ptrdiff_t lines, const ck_epilogue *epilogue))                                   \
  K(void, depthwise_input_gradient, (const ck_windows *windows, const float *output_gradient, const float *kernel,     \
                                     float *image_gradient, ptrdiff_t line, ptrdiff_t lines))                          \
  K(void, depthwise_kernel_gradient, (const ck_windows *windows, const float *image, const float *output_gradient,     \
                                      float *result, ptrdiff_t line, ptrdiff_t lines))                                 \
  /* Pooling */                                                                                                        \
  K(void, maximum_pool, (const ck_windows *windows, const float *image, float *output, int32_t *indices,               \
                         ptrdiff_t line,                                                                               \
                         ptrdiff_t lines))                                                                             \
  K(void, maximum_pool_gradient, (const ck_windows *windows, const float *output_gradient, const int32_t *indices,     \
                                  float *image_gradient, ptrdiff_t line, ptrdiff_t lines))                             \
  K(void, average_pool, (const ck_windows *windows, const float *image, float *output, ptrdiff_t line,                 \
                         ptrdiff_t lines))                                                                             \
  K(void, average_pool_gradient, (const ck_windows *windows, const float *output_gradient, float *image_gradient,      \
                                  ptrdiff_t line, ptrdiff_t lines))                                                    \
  /* Element-wise */                                                                                                   \
  K(void, activate, (int32_t activation, const float *parameters, ptrdiff_t count, const float *x, float *y))          \
  K(void, activation_gradient, (int32_t activation, const float *parameters, ptrdiff_t count,                          \
                                const float *output_gradient, const float *x, const float *y, float *result))          \
  K(void, softmax, (ptrdiff_t rows, ptrdiff_t columns, const float *x, float *y))                                      \
  K(void, softmax_gradient, (ptrdiff_t rows, ptrdiff_t columns, const float *output_gradient, const float *y,          \
                             float *result))                                                                           \
  K(void, binary, (int32_t operation, ptrdiff_t count, const float *x, const float *y, ptrdiff_t y_step,               \
                   float *result))                                                                                     \
  K(void, scale_and_shift, (ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *scale, const float *shift, \
                            float *y))                                                                                 \
  K(void, add_scaled, (ptrdiff_t count, float factor, const float *x, float *y))                                       \
  K(void, scale, (ptrdiff_t count, float factor, const float *x, float *y))                                            \
  /* Reductions */                                                                                                     \
  K(void, column_sums, (ptrdiff_t rows, ptrdiff_t columns, const float *x, float *result))                             \
  K(void, column_sums_of_products, (ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *y, float *result)) \
  K(void, column_moments, (ptrdiff_t rows, ptrdiff_t columns, const float *x, float *mean, float *squares))            \
  K(void, column_maxima, (ptrdiff_t rows, ptrdiff_t columns, const float *x, float *result))                           \
  K(void, column_maxima_gradient, (ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *maxima,             \
                                   const float *output_gradient, float *result))                                       \
  /* Batch normalisation in training */                                                                                \
  K(void, normalize, (ptrdiff_t rows, ptrdiff_t columns, const float *x, const float *scale,                           \
                      const ck_epilogue *epilogue, float *y))                                                          \
  K(void, normalization_sums, (ptrdiff_t rows, ptrdiff_t columns, const ck_normalization *n, const float *gradient,    \
                               const float *activated, const float *x, float *sums, float *products,                   \
                               const float *factor, float *result))                                                    \
  K(void, normalization_gradient, (ptrdiff_t rows, ptrdiff_t columns, const ck_normalization *n,                       \
                                   const float *gradient, const float *x, const float *factor, const float *constant,  \
                                   const float *slope, float *result))                                                 \
  /* Normalisation of rows */                                                                                          \
  K(void, normalize_rows, (ptrdiff_t rows, ptrdiff_t columns, float epsilon, const float *x, float *normalized,        \
                           float *inverse_deviations))                                                                 \
  K(void, normalize_rows_gradient, (ptrdiff_t rows, ptrdiff_t columns, const float *output_gradient,                   \
                                    const float *normalized, const float *inverse_deviations, float *result))          \
  /* Optimisers */                                                                                                     \
  K(void, sgd_update, (ptrdiff_t count, const float *gradient, float *velocity, float *weights, float rate,            \
                       float momentum, int32_t nesterov))                                                              \
  K(void, adam_update, (ptrdiff_t count, const float *gradient, float *first, float *second, float *weights,           \
                        float rate,                                                                                    \
                        float beta_1, float beta_2, float epsilon))                                                    \
  K(void, update, (int32_t rule, ptrdiff_t count, const float *gradient, float *weights, float *const *state,          \
                   const float *numbers))                                                                              \
  /* Measurement */                                                                                                    \
  K(float, peak, (ptrdiff_t rounds)) \
  K(float, cycles, (ptrdiff_t rounds))

#define CK_FIELD(result, name, parameters) result(*name) parameters;

typedef struct {
  const char *name;
  ptrdiff_t panel_columns;  // columns in a panel of packed weights
  ptrdiff_t tile_rows;      // rows the micro-kernel multiplies at once
  ptrdiff_t peak_operations;  // floating-point operations in a round of `peak`
  CK_KERNELS(CK_FIELD)
  /// `convolution_rows_bfloat16` by AVX512_BF16, or NULL in the other sets. See `ck_bfloat16`.
  void (*convolution_rows_dots)(const ck_windows *windows, const float *image, const uint32_t *panels,
                                ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows, float *output,
                                ptrdiff_t output_stride, const ck_scatter *scatter, const ck_epilogue *epilogue,
                                float *scratch);
  /// `product_rows_bfloat16` by the same.
  void (*product_rows_dots)(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, const float *b,
                            ptrdiff_t row_stride, ptrdiff_t column_stride, float *output, ptrdiff_t output_stride,
                            const ck_epilogue *epilogue, float *scratch);
  /// `kernel_gradient_bfloat16` by the same.
  void (*kernel_gradient_dots)(const ck_windows *windows, const float *image, const float *output_gradient,
                               ptrdiff_t gradient_stride, ptrdiff_t columns, ptrdiff_t row, ptrdiff_t rows,
                               ptrdiff_t depth_start, ptrdiff_t depth_end, float *result, ptrdiff_t result_stride,
                               float *scratch);
  /// `peak` of its instruction, of twice as many operations a round; NULL in the other sets.
  float (*peak_dots)(ptrdiff_t rounds);
} ck_kernels;

enum ck_bfloat16_support {
  CK_NO_BFLOAT16,
  CK_SLOW_DOTS,  // AVX512_BF16, but multiplying as floats is faster
  CK_FAST_DOTS,
};

/// What this processor has for bfloat16 numbers.
int32_t ck_bfloat16(void);

/// The kernel sets this processor can run, best first, and NULL after the last.
const ck_kernels *ck_kernels_at(ptrdiff_t index);

#endif
