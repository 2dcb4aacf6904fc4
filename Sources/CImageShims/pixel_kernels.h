// The kernels of one instruction set. All sets give the same bits: integers throughout, and products of floats that are
// rounded before they are added.
#ifndef FINETUNE_PIXEL_KERNELS_H
#define FINETUNE_PIXEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CImageShims.h"

// Rows that kernels read have so many bytes of slack behind them.
enum { FT_SLACK = 128 };
// Rows of colours that color_row writes.
enum { FT_COLOR_SLACK = 256 };

// What a row of pixels is made of: a row of brightness, and of each difference (blue, red) the rows nearest to it.
typedef struct ft_color_rows {
  const uint8_t *luma;
  const uint8_t *nearer[2];
  const uint8_t *farther[2];  // where halves_rows
  int halves_columns;         // differences have half the columns, the last of an odd number for itself
  int halves_rows;            // and half the rows
} ft_color_rows;

// How many sums of one colour color_row keeps for a row; it needs twice as many.
static inline size_t ft_color_sum_count(uint32_t width) { return (size_t)width / 2 + FT_SLACK; }

// What one instruction set has worked out about an axis: which bytes of a row go into which lane. See row_scaling.h.
typedef struct ft_lane_plan ft_lane_plan;

typedef struct ft_pixel_kernels {
  const char *name;

  // Bytes for the lane plan of an axis and a number of channels; 0 where this set needs none.
  size_t (*lane_plan_size)(const ft_axis *columns, uint32_t channels);
  void (*make_lane_plan)(const ft_axis *columns, uint32_t channels, void *plan);
  // A row scaled to the target's width. `row` has FT_SLACK bytes of slack behind it, the output room for as much.
  void (*lerp_columns)(const ft_axis *columns, uint32_t channels, const void *plan, const uint8_t *row, float *out);
  void (*weigh_columns)(const ft_axis *columns, uint32_t channels, const void *plan, const uint8_t *row, uint8_t *out);
  // Rows into one.
  void (*lerp_rows)(const float *above, const float *below, float fraction, size_t count, float *out);
  void (*weigh_rows)(const uint8_t *const *rows, const int32_t *weights, int32_t taps, size_t count, uint8_t *out);
  void (*widen)(const uint8_t *row, size_t count, float *out);

  // A row of colours, as libjpeg-turbo makes it of the same rows with smooth enlargement.
  void (*color_row)(const ft_color_rows *rows, uint32_t width, uint16_t *sums, uint8_t *rgb);
} ft_pixel_kernels;

const ft_pixel_kernels *ft_pixel_kernels_at(int32_t index);

#endif
