// Scaling of rows. Included by each instruction set's file; FT_WORDS is its number of 32-bit lanes.

typedef int32_t s32w __attribute__((ext_vector_type(FT_WORDS)));
typedef float f32w __attribute__((ext_vector_type(FT_WORDS)));
typedef uint8_t u8w __attribute__((ext_vector_type(FT_WORDS)));
typedef uint8_t u8x4 __attribute__((ext_vector_type(4)));
typedef int32_t s32x4 __attribute__((ext_vector_type(4)));
typedef float f32x4 __attribute__((ext_vector_type(4)));

enum { FT_POINT_BITS = 22, FT_HALF = 1 << (FT_POINT_BITS - 1) };

FT_INLINE uint8_t rounded_pixel(int32_t sum) {
  sum >>= FT_POINT_BITS;
  return (uint8_t)(sum > 255 ? 255 : sum);
}

FT_INLINE f32x4 load_pixel(const uint8_t *from) {
  u8x4 pixel;
  memcpy(&pixel, from, sizeof pixel);
  return __builtin_convertvector(pixel, f32x4);
}

// Three channels in four lanes: the fourth is overwritten by the next pixel, or lies in the slack.
static void lerp_pixels(const ft_axis *columns, uint32_t channels, const uint8_t *row, float *out) {
  for (uint32_t x = 0; x < columns->count; x++) {
    const uint8_t *first = row + (size_t)columns->first[x] * channels;
    const uint8_t *last = first + (size_t)(columns->taps[x] - 1) * channels;
    float fraction = columns->fractions[x];
    if (channels == 3) {
      f32x4 a = load_pixel(first);
      f32x4 b = load_pixel(last);
      f32x4 mixed = a + (b - a) * fraction;
      memcpy(out + 3 * x, &mixed, sizeof mixed);
    } else {
      float a = *first, b = *last;
      out[x] = a + (b - a) * fraction;
    }
  }
}

static void weigh_pixels(const ft_axis *columns, uint32_t channels, const uint8_t *row, uint8_t *out) {
  for (uint32_t x = 0; x < columns->count; x++) {
    const uint8_t *first = row + (size_t)columns->first[x] * channels;
    const int32_t *weights = columns->weights + (size_t)x * columns->stride;
    if (channels == 3) {
      s32x4 sum = (s32x4)FT_HALF;
      for (int32_t tap = 0; tap < columns->taps[x]; tap++) {
        u8x4 pixel;
        memcpy(&pixel, first + 3 * tap, sizeof pixel);
        sum += __builtin_convertvector(pixel, s32x4) * weights[tap];
      }
      sum = __builtin_elementwise_min(sum >> FT_POINT_BITS, (s32x4)255);
      u8x4 pixel = __builtin_convertvector(sum, u8x4);
      memcpy(out + 3 * x, &pixel, sizeof pixel);
    } else {
      int32_t sum = FT_HALF;
      for (int32_t tap = 0; tap < columns->taps[x]; tap++) sum += first[tap] * weights[tap];
      out[x] = rounded_pixel(sum);
    }
  }
}

static void lerp_rows(const float *above, const float *below, float fraction, size_t count, float *out) {
  size_t i = 0;
  for (; i + FT_WORDS <= count; i += FT_WORDS) {
    f32w a, b;
    memcpy(&a, above + i, sizeof a);
    memcpy(&b, below + i, sizeof b);
    f32w mixed = a + (b - a) * fraction;
    memcpy(out + i, &mixed, sizeof mixed);
  }
  for (; i < count; i++) out[i] = above[i] + (below[i] - above[i]) * fraction;
}

static void weigh_rows(const uint8_t *const *rows, const int32_t *weights, int32_t taps, size_t count, uint8_t *out) {
  for (size_t i = 0; i < count; i += FT_WORDS) {
    s32w sum = (s32w)FT_HALF;
    for (int32_t tap = 0; tap < taps; tap++) {
      u8w pixels;
      memcpy(&pixels, rows[tap] + i, sizeof pixels);
      sum += __builtin_convertvector(pixels, s32w) * weights[tap];
    }
    sum = __builtin_elementwise_min(sum >> FT_POINT_BITS, (s32w)255);
    u8w pixels = __builtin_convertvector(sum, u8w);
    memcpy(out + i, &pixels, sizeof pixels);
  }
}

static void widen(const uint8_t *row, size_t count, float *out) {
  size_t i = 0;
  for (; i + FT_WORDS <= count; i += FT_WORDS) {
    u8w pixels;
    memcpy(&pixels, row + i, sizeof pixels);
    f32w values = __builtin_convertvector(pixels, f32w);
    memcpy(out + i, &values, sizeof values);
  }
  for (; i < count; i++) out[i] = row[i];
}
