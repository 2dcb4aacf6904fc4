// Colours from brightness and two differences. Included by each instruction set's file.
//
// Bit for bit what libjpeg-turbo computes: its smooth enlargement of colours, and products with 16 bits after the point.

enum { FT_HALVES = 2 * FT_WORDS };  // 16-bit lanes of a vector

typedef int16_t s16h __attribute__((ext_vector_type(2 * FT_WORDS)));
typedef uint16_t u16h __attribute__((ext_vector_type(2 * FT_WORDS)));
typedef int32_t s32h __attribute__((ext_vector_type(2 * FT_WORDS)));
typedef uint8_t u8h __attribute__((ext_vector_type(2 * FT_WORDS)));
typedef uint8_t u8b __attribute__((ext_vector_type(4 * FT_WORDS)));

// Places of a shuffle of two vectors of `n` elements: first of red and green, then of those and blue, so that the three lie
// pixel by pixel in three vectors, of which this is number `v`.
#define FT_PAIR(n, v, i) \
  (((v) * (n) + (i)) % 3 == 0 ? ((v) * (n) + (i)) / 3 : ((v) * (n) + (i)) % 3 == 1 ? (n) + ((v) * (n) + (i)) / 3 : 0)
#define FT_THIRD(n, v, i) (((v) * (n) + (i)) % 3 == 2 ? (n) + ((v) * (n) + (i)) / 3 : (i))
#define FT_PLACES_4(f, n, v, i) f(n, v, i), f(n, v, (i) + 1), f(n, v, (i) + 2), f(n, v, (i) + 3)
#define FT_PLACES_8(f, n, v, i) FT_PLACES_4(f, n, v, i), FT_PLACES_4(f, n, v, (i) + 4)
#define FT_PLACES_16(f, n, v, i) FT_PLACES_8(f, n, v, i), FT_PLACES_8(f, n, v, (i) + 8)
#define FT_PLACES_32(f, n, v, i) FT_PLACES_16(f, n, v, i), FT_PLACES_16(f, n, v, (i) + 16)
#define FT_PLACES_64(f, n, v, i) FT_PLACES_32(f, n, v, i), FT_PLACES_32(f, n, v, (i) + 32)
#if FT_WORDS == 16
#define FT_PLACES(f, v) FT_PLACES_64(f, 64, v, 0)
#elif FT_WORDS == 8
#define FT_PLACES(f, v) FT_PLACES_32(f, 32, v, 0)
#else
#define FT_PLACES(f, v) FT_PLACES_16(f, 16, v, 0)
#endif
#define FT_WOVEN(r, g, b, v) \
  __builtin_shufflevector(__builtin_shufflevector(r, g, FT_PLACES(FT_PAIR, v)), b, FT_PLACES(FT_THIRD, v))

typedef struct color_lanes {
  u16h red, green, blue;
} color_lanes;

FT_INLINE s16h high_product(s16h a, int16_t factor) {
  return __builtin_convertvector((__builtin_convertvector(a, s32h) * factor) >> 16, s16h);
}

FT_INLINE u16h within_byte(s16h a) {
  return (u16h)__builtin_elementwise_max(__builtin_elementwise_min(a, (s16h)255), (s16h)0);
}

// y + 1.402 cr, y - 0.34414 cb - 0.71414 cr, y + 1.772 cb, each product rounded to a whole number, those of green together.
FT_INLINE color_lanes mixed(u16h luma, u16h blueness, u16h redness) {
  s16h y = (s16h)luma, cb = (s16h)blueness - (s16h)128, cr = (s16h)redness - (s16h)128;
  // 1.402 = 1 + 26345 / 65536; twice the number, then half of the product, rounds as adding a half does.
  s16h red = cr + ((high_product(cr + cr, 26345) + (s16h)1) >> 1);
  s16h blue = cb + cb + ((high_product(cb + cb, -14942) + (s16h)1) >> 1);
  s32h products = __builtin_convertvector(cb, s32h) * -22554 + __builtin_convertvector(cr, s32h) * 18734;
  s16h green = __builtin_convertvector((products + 32768) >> 16, s16h) - cr;
  return (color_lanes){within_byte(y + red), within_byte(y + green), within_byte(y + blue)};
}

FT_INLINE void store_colors(color_lanes even, color_lanes odd, uint8_t *rgb) {
  u8b r = (u8b)(even.red | odd.red << 8), g = (u8b)(even.green | odd.green << 8), b = (u8b)(even.blue | odd.blue << 8);
  u8b woven[3] = {FT_WOVEN(r, g, b, 0), FT_WOVEN(r, g, b, 1), FT_WOVEN(r, g, b, 2)};
  memcpy(rgb, woven, sizeof woven);
}

FT_INLINE u16h load_pairs(const uint8_t *from) {
  u16h pairs;
  memcpy(&pairs, from, sizeof pairs);
  return pairs;
}

FT_INLINE u16h load_sums(const uint16_t *from) {
  u16h sums;
  memcpy(&sums, from, sizeof sums);
  return sums;
}

// Columns of colours between the rows, three quarters of the nearer and a quarter of the farther, times four; with the
// columns at the edges repeated. `sums` begins with the one at the left.
FT_INLINE void sum_rows(const uint8_t *nearer, const uint8_t *farther, int isBetween, uint32_t count, uint16_t *sums) {
  for (uint32_t i = 0; i < count; i += FT_HALVES) {
    u8h near_bytes, far_bytes;
    memcpy(&near_bytes, nearer + i, sizeof near_bytes);
    u16h sum = __builtin_convertvector(near_bytes, u16h);
    if (isBetween) {
      memcpy(&far_bytes, farther + i, sizeof far_bytes);
      sum = sum * (uint16_t)3 + __builtin_convertvector(far_bytes, u16h);
    }
    memcpy(sums + 1 + i, &sum, sizeof sum);
  }
  sums[0] = sums[1];
  sums[1 + count] = sums[count];
}

static void color_row(const ft_color_rows *rows, uint32_t width, uint16_t *sums, uint8_t *rgb) {
  if (!rows->halves_columns) {
    for (uint32_t x = 0; x < width; x += 2 * FT_HALVES) {
      u16h y = load_pairs(rows->luma + x), cb = load_pairs(rows->nearer[0] + x), cr = load_pairs(rows->nearer[1] + x);
      store_colors(mixed(y & 255, cb & 255, cr & 255), mixed(y >> 8, cb >> 8, cr >> 8), rgb + 3 * (size_t)x);
    }
    return;
  }
  uint32_t count = (width + 1) / 2;
  uint16_t *blues = sums, *reds = sums + ft_color_sum_count(width);
  sum_rows(rows->nearer[0], rows->farther[0], rows->halves_rows, count, blues);
  sum_rows(rows->nearer[1], rows->farther[1], rows->halves_rows, count, reds);
  // Halves are rounded down at one pixel and up at the next.
  uint16_t even = rows->halves_rows ? 8 : 1, odd = rows->halves_rows ? 7 : 2, bits = rows->halves_rows ? 4 : 2;
  for (uint32_t i = 0; i < count; i += FT_HALVES) {
    u16h y = load_pairs(rows->luma + 2 * i);
    u16h cb = load_sums(blues + i + 1) * (uint16_t)3, cr = load_sums(reds + i + 1) * (uint16_t)3;
    u16h cb_even = (cb + load_sums(blues + i) + even) >> bits, cb_odd = (cb + load_sums(blues + i + 2) + odd) >> bits;
    u16h cr_even = (cr + load_sums(reds + i) + even) >> bits, cr_odd = (cr + load_sums(reds + i + 2) + odd) >> bits;
    store_colors(mixed(y & 255, cb_even, cr_even), mixed(y >> 8, cb_odd, cr_odd), rgb + 6 * (size_t)i);
  }
}
