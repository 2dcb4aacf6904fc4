#include "row_sink.h"

#include <stdlib.h>
#include <string.h>

static size_t padded(size_t count) { return (count + FT_SLACK + 63) / 64 * 64; }

static uint32_t most_taps(const ft_axis *axis) {
  int32_t most = 1;
  for (uint32_t i = 0; i < axis->count; i++) most = axis->taps[i] > most ? axis->taps[i] : most;
  return (uint32_t)most;
}

int ft_row_sink_open(
    ft_row_sink *sink, uint32_t width, uint32_t height, uint32_t channels, int32_t instructions, ft_target target) {
  memset(sink, 0, sizeof *sink);
  sink->kernels = ft_pixel_kernels_at(instructions);
  sink->target = target;
  sink->width = width;
  sink->height = height;
  sink->file_channels = channels;
  sink->channels = channels < target.channels ? channels : target.channels;
  size_t line = padded((size_t)width * 3);
  size_t gray = padded(width);
  size_t plan = 0, rows = 0, pointers = 0, pixels = 0, values = 0;
  const ft_scaling *scaling = target.pixels ? NULL : target.scaling;
  if (scaling) {
    plan = padded(sink->kernels->lane_plan_size(&scaling->columns, sink->channels));
    size_t scaled = (size_t)scaling->columns.count * sink->channels;
    int isLerp = scaling->rows.weights == NULL;
    sink->kept = most_taps(&scaling->rows);
    sink->kept_stride = padded(
        scaling->rows_first ? (size_t)width * sink->channels : isLerp ? scaled * sizeof(float) : scaled);
    rows = sink->kept * sink->kept_stride;
    pointers = padded(sink->kept * sizeof(uint8_t *));
    pixels = padded(scaling->rows_first ? (size_t)width * sink->channels + scaled : scaled);
    values = padded(scaled * sizeof(float));
  }
  // Rows keep their slack initialised, so that what vectors read beyond a row is at least something.
  size_t size = line + gray + plan + rows + pointers + 2 * pixels + values;
  sink->memory = aligned_alloc(64, size);
  if (!sink->memory) return 0;
  memset(sink->memory, 0, size);
  uint8_t *next = sink->memory;
  sink->line = next, next += line;
  sink->gray = next, next += gray;
  sink->plan = next, next += plan;
  sink->rows = next, next += rows;
  sink->row_pointers = (const uint8_t **)next, next += pointers;
  sink->pixels = next, next += 2 * pixels;
  sink->values = (float *)next;
  if (scaling) sink->kernels->make_lane_plan(&scaling->columns, sink->channels, sink->plan);
  return 1;
}

void ft_row_sink_close(ft_row_sink *sink) {
  free(sink->memory);
  sink->memory = NULL;
}

int ft_row_sink_needs(const ft_row_sink *sink, uint32_t y) {
  if (sink->target.pixels) return 1;
  if (!sink->target.scaling) return 0;
  const ft_axis *rows = &sink->target.scaling->rows;
  uint32_t target = sink->next_target;
  while (target < rows->count && (int64_t)rows->first[target] + rows->taps[target] <= (int64_t)y) target++;
  return target < rows->count && (int64_t)y >= rows->first[target];
}

int ft_row_sink_needs_next(const ft_row_sink *sink) { return ft_row_sink_needs(sink, sink->next_row); }

// Pillow's convert("L"): the luma of ITU-R 601.
static void make_gray(const uint8_t *rgb, size_t width, uint8_t *gray) {
  for (size_t x = 0; x < width; x++) {
    gray[x] = (uint8_t)((19595u * rgb[3 * x] + 38470u * rgb[3 * x + 1] + 7471u * rgb[3 * x + 2] + 0x8000u) >> 16);
  }
}

// Keeps the row at `from` for the rows pass, scaled in width unless rows come first.
static void keep(ft_row_sink *sink, const uint8_t *from, uint8_t *kept) {
  const ft_scaling *scaling = sink->target.scaling;
  const ft_axis *columns = &scaling->columns;
  if (scaling->rows_first) memcpy(kept, from, (size_t)sink->width * sink->channels);
  else if (columns->weights) sink->kernels->weigh_columns(columns, sink->channels, sink->plan, from, kept);
  else sink->kernels->lerp_columns(columns, sink->channels, sink->plan, from, (float *)kept);
}

// Writes target row `y`, of which all rows are kept.
static void emit(ft_row_sink *sink, uint32_t y) {
  const ft_scaling *scaling = sink->target.scaling;
  const ft_axis *rows = &scaling->rows;
  size_t count = (size_t)scaling->columns.count * sink->channels;
  int repeats = sink->target.channels != sink->channels;
  float *row = sink->target.values + y * (size_t)scaling->columns.count * sink->target.channels;
  float *out = repeats ? sink->values : row;
  for (int32_t tap = 0; tap < rows->taps[y]; tap++) {
    sink->row_pointers[tap] = sink->rows + (uint32_t)(rows->first[y] + tap) % sink->kept * sink->kept_stride;
  }
  const uint8_t *const *kept = sink->row_pointers;
  if (!rows->weights) {
    sink->kernels->lerp_rows(
        (const float *)kept[0], (const float *)kept[rows->taps[y] - 1], rows->fractions[y], count, out);
  } else {
    const int32_t *weights = rows->weights + (size_t)y * rows->stride;
    uint8_t *pixels = sink->pixels;
    if (scaling->rows_first) {
      size_t wide = (size_t)sink->width * sink->channels;
      uint8_t *line = sink->pixels + padded(scaling->columns.count * (size_t)sink->channels);
      sink->kernels->weigh_rows(kept, weights, rows->taps[y], wide, line);
      sink->kernels->weigh_columns(&scaling->columns, sink->channels, sink->plan, line, pixels);
    } else {
      sink->kernels->weigh_rows(kept, weights, rows->taps[y], count, pixels);
    }
    sink->kernels->widen(pixels, count, out);
  }
  if (repeats) {
    for (size_t x = 0; x < count; x++) row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = out[x];
  }
}

void ft_row_sink_take(ft_row_sink *sink) { ft_row_sink_take_row(sink, sink->next_row, sink->line); }

void ft_row_sink_take_row(ft_row_sink *sink, uint32_t y, const uint8_t *row) {
  sink->next_row = y + 1;
  if (y >= sink->height || !ft_row_sink_needs(sink, y)) return;
  if (sink->channels != sink->file_channels) {
    make_gray(row, sink->width, sink->gray);
    row = sink->gray;
  }
  if (sink->target.pixels) {
    uint8_t *to = sink->target.pixels + y * (size_t)sink->width * sink->target.channels;
    if (sink->target.channels == sink->channels) {
      memcpy(to, row, (size_t)sink->width * sink->channels);
    } else {
      for (size_t x = 0; x < sink->width; x++) to[3 * x] = to[3 * x + 1] = to[3 * x + 2] = row[x];
    }
    return;
  }
  keep(sink, row, sink->rows + y % sink->kept * sink->kept_stride);
  const ft_axis *rows = &sink->target.scaling->rows;
  while (sink->next_target < rows->count
         && (int64_t)rows->first[sink->next_target] + rows->taps[sink->next_target] == (int64_t)y + 1) {
    emit(sink, sink->next_target);
    sink->next_target++;
  }
}

ft_image_status ft_scale_pixels(
    const uint8_t *pixels, ft_image_header header, int32_t instructions, ft_target target, char *message) {
  ft_row_sink sink;
  if (!ft_row_sink_open(&sink, header.width, header.height, header.channels, instructions, target)) {
    message[0] = 0;
    return FT_IMAGE_OUT_OF_MEMORY;
  }
  size_t stride = (size_t)header.width * header.channels;
  for (uint32_t y = 0; y < header.height; y++) {
    if (ft_row_sink_needs_next(&sink)) memcpy(sink.line, pixels + y * stride, stride);
    ft_row_sink_take(&sink);
  }
  ft_row_sink_close(&sink);
  return FT_IMAGE_OK;
}
