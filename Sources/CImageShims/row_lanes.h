// Columns scaled sixteen lanes at a time: one load brings the bytes that sixteen neighbouring results need, and one permutation
// puts each where it belongs. That reaches 64 bytes far; where a row shrinks so much that sixteen results need more, pixels are
// taken one by one.

// Sixteen results.
typedef struct lane_group {
  int32_t base;  // the byte of the row that is loaded first
  int32_t unused[15];
  int32_t first[16];  // the bytes, counted from there, of the first tap
  int32_t last[16];   // and of the last
  float fractions[16];
} lane_group;

struct ft_lane_plan {
  int32_t isUsable;
  int32_t taps;  // the most of any pixel
  size_t groups;
  lane_group *group;
  int32_t *weights;  // [groups][taps][16]
};

FT_INLINE size_t group_count(const ft_axis *columns, uint32_t channels) {
  return ((size_t)columns->count * channels + 15) / 16;
}

FT_INLINE int32_t most_taps(const ft_axis *columns) {
  int32_t most = 1;
  for (uint32_t x = 0; x < columns->count; x++) most = columns->taps[x] > most ? columns->taps[x] : most;
  return most;
}

static size_t lane_plan_size(const ft_axis *columns, uint32_t channels) {
  size_t groups = group_count(columns, channels);
  size_t weights = columns->weights ? groups * (size_t)most_taps(columns) * 64 : 0;
  return 64 + groups * sizeof(lane_group) + weights;
}

// `memory` lies on a cache line.
static void make_lane_plan(const ft_axis *columns, uint32_t channels, void *memory) {
  ft_lane_plan *plan = memory;
  plan->isUsable = 1;
  plan->taps = most_taps(columns);
  plan->groups = group_count(columns, channels);
  plan->group = (lane_group *)((uint8_t *)memory + 64);
  plan->weights = (int32_t *)(plan->group + plan->groups);
  uint32_t x = 0, channel = 0;
  for (size_t g = 0; g < plan->groups; g++) {
    lane_group *group = &plan->group[g];
    group->base = columns->first[x] * (int32_t)channels;
    for (int lane = 0; lane < 16; lane++) {
      // Lanes beyond the last result repeat it.
      int32_t first = columns->first[x] * (int32_t)channels + (int32_t)channel - group->base;
      group->first[lane] = first;
      group->last[lane] = first + (columns->taps[x] - 1) * (int32_t)channels;
      if (group->last[lane] > 63) plan->isUsable = 0;
      if (columns->weights) {
        int32_t *weights = plan->weights + g * (size_t)plan->taps * 16 + lane;
        for (int32_t tap = 0; tap < plan->taps; tap++) {
          weights[16 * tap] = tap < columns->taps[x] ? columns->weights[(size_t)x * columns->stride + (size_t)tap] : 0;
        }
      } else {
        group->fractions[lane] = columns->fractions[x];
      }
      if (x + 1 < columns->count || channel + 1 < channels) {
        if (++channel == channels) channel = 0, x++;
      }
    }
  }
}

// The bytes at `places` of 64, each in a lane of its own.
FT_INLINE __m512i gathered(__m512i bytes, __m512i places) {
  return _mm512_maskz_permutexvar_epi8(0x1111111111111111, places, bytes);
}

static void lerp_columns(const ft_axis *columns, uint32_t channels, const void *memory, const uint8_t *row, float *out) {
  const ft_lane_plan *plan = memory;
  if (!plan->isUsable) {
    lerp_pixels(columns, channels, row, out);
    return;
  }
  for (size_t g = 0; g < plan->groups; g++) {
    const lane_group *group = &plan->group[g];
    __m512i bytes = _mm512_loadu_si512(row + group->base);
    __m512 a = _mm512_cvtepi32_ps(gathered(bytes, _mm512_loadu_si512(group->first)));
    __m512 b = _mm512_cvtepi32_ps(gathered(bytes, _mm512_loadu_si512(group->last)));
    _mm512_storeu_ps(out + 16 * g, a + (b - a) * _mm512_loadu_ps(group->fractions));
  }
}

static void weigh_columns(
    const ft_axis *columns, uint32_t channels, const void *memory, const uint8_t *row, uint8_t *out) {
  const ft_lane_plan *plan = memory;
  if (!plan->isUsable) {
    weigh_pixels(columns, channels, row, out);
    return;
  }
  __m512i step = _mm512_set1_epi32((int)channels);
  for (size_t g = 0; g < plan->groups; g++) {
    const lane_group *group = &plan->group[g];
    const int32_t *weights = plan->weights + g * (size_t)plan->taps * 16;
    __m512i bytes = _mm512_loadu_si512(row + group->base);
    __m512i places = _mm512_loadu_si512(group->first);
    __m512i sum = _mm512_set1_epi32(FT_HALF);
    // Taps that a pixel lacks have the weight 0, so it does not matter what they find.
    for (int32_t tap = 0; tap < plan->taps; tap++) {
      __m512i product = _mm512_mullo_epi32(gathered(bytes, places), _mm512_loadu_si512(weights + 16 * tap));
      sum = _mm512_add_epi32(sum, product);
      places = _mm512_add_epi32(places, step);
    }
    sum = _mm512_min_epi32(_mm512_srai_epi32(sum, FT_POINT_BITS), _mm512_set1_epi32(255));
    _mm_storeu_si128((__m128i *)(out + 16 * g), _mm512_cvtepi32_epi8(sum));
  }
}
