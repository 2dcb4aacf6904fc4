#include "jpeg_planes.h"

#include <stdlib.h>
#include <string.h>

#if JPEG_LIB_VERSION >= 70
#define FT_TRANSFORM_SIZE(component) (component)->DCT_v_scaled_size
#define FT_LEAST_TRANSFORM_SIZE(info) (info)->min_DCT_v_scaled_size
#else
#define FT_TRANSFORM_SIZE(component) (component)->DCT_scaled_size
#define FT_LEAST_TRANSFORM_SIZE(info) (info)->min_DCT_scaled_size
#endif

enum { MOST_ROWS_AT_ONCE = 32 };

int ft_planes_suit(struct jpeg_decompress_struct *info) {
  if (info->num_components != 3 || info->jpeg_color_space != JCS_YCbCr || info->CCIR601_sampling) return 0;
  const jpeg_component_info *luma = &info->comp_info[0];
  int across = luma->h_samp_factor, down = luma->v_samp_factor;
  int isUsual = (across == 1 && down == 1) || (across == 2 && down == 1) || (across == 2 && down == 2);
  jpeg_calc_output_dimensions(info);
  for (int k = 1; k < 3; k++) {
    const jpeg_component_info *chroma = &info->comp_info[k];
    isUsual = isUsual && chroma->h_samp_factor == 1 && chroma->v_samp_factor == 1;
    // Smaller colours of one or two columns, or of a picture that is not decoded in full, libjpeg may enlarge in other ways.
    int isWhole = chroma->downsampled_width == luma->downsampled_width
        && chroma->downsampled_height == luma->downsampled_height;
    isUsual = isUsual && (isWhole || (FT_LEAST_TRANSFORM_SIZE(info) == DCTSIZE && chroma->downsampled_width > 2));
  }
  return isUsual;
}

int ft_planes_open(ft_planes *planes, const struct jpeg_decompress_struct *info) {
  memset(planes, 0, sizeof *planes);
  size_t offsets[3], size = 0;
  for (int k = 0; k < 3; k++) {
    const jpeg_component_info *component = &info->comp_info[k];
    ft_plane *plane = &planes->plane[k];
    plane->width = component->downsampled_width;
    plane->height = component->downsampled_height;
    plane->height_at_once = (uint32_t)(component->v_samp_factor * FT_TRANSFORM_SIZE(component));
    // Whole blocks are written.
    size_t written = (size_t)component->width_in_blocks * (size_t)FT_TRANSFORM_SIZE(component);
    plane->stride = (written + FT_SLACK + 63) / 64 * 64;
    offsets[k] = size;
    size += plane->stride * 2 * plane->height_at_once;
    if (plane->height_at_once > MOST_ROWS_AT_ONCE) return 0;  // four rows of blocks of eight: more there is not
  }
  // Set, so that what vectors read beyond a row is at least something.
  planes->memory = aligned_alloc(64, size);
  if (!planes->memory) return 0;
  memset(planes->memory, 0, size);
  for (int k = 0; k < 3; k++) planes->plane[k].rows = planes->memory + offsets[k];
  return 1;
}

void ft_planes_close(ft_planes *planes) {
  free(planes->memory);
  planes->memory = NULL;
}

int ft_planes_read(ft_planes *planes, struct jpeg_decompress_struct *info) {
  JSAMPROW rows[3][MOST_ROWS_AT_ONCE];
  JSAMPARRAY arrays[3];
  for (int k = 0; k < 3; k++) {
    ft_plane *plane = &planes->plane[k];
    uint8_t *first = plane->rows + planes->groups % 2 * plane->height_at_once * plane->stride;
    for (uint32_t i = 0; i < plane->height_at_once; i++) rows[k][i] = first + i * plane->stride;
    arrays[k] = rows[k];
  }
  JDIMENSION lines = (JDIMENSION)(info->max_v_samp_factor * FT_LEAST_TRANSFORM_SIZE(info));
  if (jpeg_read_raw_data(info, arrays, lines) != lines) return 0;  // a source in memory never lets one wait
  planes->groups++;
  return 1;
}

uint32_t ft_plane_known(const ft_planes *planes, int plane) {
  uint64_t known = (uint64_t)planes->groups * planes->plane[plane].height_at_once;
  return known < planes->plane[plane].height ? (uint32_t)known : planes->plane[plane].height;
}

const uint8_t *ft_plane_row(const ft_planes *planes, int plane, int64_t y) {
  const ft_plane *found = &planes->plane[plane];
  uint32_t row = y < 0 ? 0 : y >= found->height ? found->height - 1 : (uint32_t)y;
  return found->rows + row % (2 * found->height_at_once) * found->stride;
}
