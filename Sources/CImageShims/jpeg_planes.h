// A JPEG's brightness and its two differences of colour as the file holds them: decoded, and not yet brought to one size.
//
// libjpeg's own way to pixels enlarges and mixes the colours of every row, of which scaling then reads some. From the planes only
// those are mixed.
#ifndef FINETUNE_JPEG_PLANES_H
#define FINETUNE_JPEG_PLANES_H

#include "jpeg_state.h"
#include "row_sink.h"

typedef struct ft_plane {
  uint32_t width, height;   // samples
  uint32_t height_at_once;  // rows that come together
  size_t stride;
  uint8_t *rows;  // row y is at y % (2 * height_at_once), so that those before are still there when the next have come
} ft_plane;

// Brightness, blueness, redness.
typedef struct ft_planes {
  ft_plane plane[3];
  uint32_t groups;  // of rows that have come
  uint8_t *memory;
} ft_planes;

// Whether color_row makes of the planes what libjpeg makes of them, of a file whose header has been read, at the scale that has
// been set: YCbCr with colours of the brightness' size, or in full size of half its width, or of half its width and height.
int ft_planes_suit(struct jpeg_decompress_struct *info);

// Makes room for what jpeg_read_raw_data gives once decompression has begun; 0 if there is not enough memory.
int ft_planes_open(ft_planes *planes, const struct jpeg_decompress_struct *info);
void ft_planes_close(ft_planes *planes);

// Decodes the next rows of each plane; 0 if there are none.
int ft_planes_read(ft_planes *planes, struct jpeg_decompress_struct *info);
// How many rows of a plane are known.
uint32_t ft_plane_known(const ft_planes *planes, int plane);
// A row that has come, with FT_SLACK bytes of slack; of rows beyond the picture's edge, the one at the edge.
const uint8_t *ft_plane_row(const ft_planes *planes, int plane, int64_t y);

#endif
