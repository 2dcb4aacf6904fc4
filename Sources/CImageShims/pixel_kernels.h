// The kernels of one instruction set. All sets give the same bits: integers throughout, and products of floats that are
// rounded before they are added.
#ifndef FINETUNE_PIXEL_KERNELS_H
#define FINETUNE_PIXEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CImageShims.h"

// Rows that kernels read have so many bytes of slack behind them.
enum { FT_SLACK = 128 };

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
} ft_pixel_kernels;

const ft_pixel_kernels *ft_pixel_kernels_at(int32_t index);

#endif
