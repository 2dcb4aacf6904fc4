// Columns scaled pixel by pixel, for sets that have no permutation of bytes.

static size_t lane_plan_size(const ft_axis *columns, uint32_t channels) { return (void)columns, (void)channels, 0; }

static void make_lane_plan(const ft_axis *columns, uint32_t channels, void *plan) {
  (void)columns, (void)channels, (void)plan;
}

static void lerp_columns(const ft_axis *columns, uint32_t channels, const void *plan, const uint8_t *row, float *out) {
  (void)plan;
  if (channels == 3) lerp_pixels(columns, 3, row, out);
  else lerp_pixels(columns, 1, row, out);
}

static void weigh_columns(
    const ft_axis *columns, uint32_t channels, const void *plan, const uint8_t *row, uint8_t *out) {
  (void)plan;
  if (channels == 3) weigh_pixels(columns, 3, row, out);
  else weigh_pixels(columns, 1, row, out);
}
