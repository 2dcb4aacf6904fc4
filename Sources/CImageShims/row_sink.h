// Where decoded rows go, one after the other: into a picture, or through the two passes of scaling, which keep only the rows
// that the next target row needs.
#ifndef FINETUNE_ROW_SINK_H
#define FINETUNE_ROW_SINK_H

#include "CImageShims.h"
#include "pixel_kernels.h"

typedef struct ft_row_sink {
  const ft_pixel_kernels *kernels;
  ft_target target;
  uint32_t width, height;
  uint32_t file_channels;  // of the rows that are taken
  uint32_t channels;       // of the rows that are scaled; grey becomes three channels last
  uint32_t next_row;       // of the source
  uint32_t next_target;    // the next row of the target that is to be written
  uint8_t *line;           // a row of the source, with slack; decoders write it here
  uint8_t *gray;           // the same without colours
  void *plan;              // the kernels' plan for the columns
  // Scaled rows (or rows of the source, if rows come first), of which row y is kept at y % kept.
  uint32_t kept;
  size_t kept_stride;  // in bytes
  uint8_t *rows;
  const uint8_t **row_pointers;
  uint8_t *pixels;  // a target row before it becomes floats, with slack
  float *values;    // a grey target row before it is repeated
  uint8_t *memory;
} ft_row_sink;

// 0 if there is not enough memory.
int ft_row_sink_open(
    ft_row_sink *sink, uint32_t width, uint32_t height, uint32_t channels, int32_t instructions, ft_target target);
// Whether row `y` of the source, which has not come yet, is looked at.
int ft_row_sink_needs(const ft_row_sink *sink, uint32_t y);
// Whether the next row is. If not, what is in `line` does not matter.
int ft_row_sink_needs_next(const ft_row_sink *sink);
// Takes the next row of the source from `line`.
void ft_row_sink_take(ft_row_sink *sink);
// Takes row `y`, which has FT_SLACK bytes of slack; the rows since the last one were not needed.
void ft_row_sink_take_row(ft_row_sink *sink, uint32_t y, const uint8_t *row);
void ft_row_sink_close(ft_row_sink *sink);

#endif
