#include "jpeg_planes.h"
#include "jpeg_state.h"
#include "row_sink.h"

#include <stdlib.h>
#include <string.h>

ft_image_status ft_jpeg_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message) {
  ft_jpeg_state state;
  struct jpeg_decompress_struct info;
  memset(&info, 0, sizeof info);
  info.err = ft_jpeg_prepare(&state, message);
  if (setjmp(state.escape)) {
    jpeg_destroy_decompress(&info);
    return state.status;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, data, count);
  jpeg_read_header(&info, TRUE);
  header->width = info.image_width;
  header->height = info.image_height;
  header->channels = ft_jpeg_channels(&info);
  int components = info.num_components;
  jpeg_destroy_decompress(&info);
  if (header->channels == 0) {
    snprintf(message, FT_IMAGE_MESSAGE_SIZE, "%d colour components", components);
    return FT_IMAGE_UNSUPPORTED;
  }
  return FT_IMAGE_OK;
}

// a * b / 255, rounded, as Pillow's MULDIV255.
static inline unsigned multiply_255(unsigned a, unsigned b) {
  unsigned product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Adobe stores 255 - ink: with the inks inverted back, red = (255 - K) - C * (255 - K) / 255, and so on.
static void convert_inverted_cmyk(const uint8_t *inks, uint8_t *pixels, size_t width) {
  for (size_t x = 0; x < width; x++) {
    unsigned light = inks[4 * x + 3];
    for (size_t c = 0; c < 3; c++) pixels[3 * x + c] = (uint8_t)(light - multiply_255(255 - inks[4 * x + c], light));
  }
}

static uint32_t scaled(uint32_t side, uint32_t eighths) { return (uint32_t)(((uint64_t)side * eighths + 7) / 8); }

// What reading keeps beyond a longjmp: it is closed by the caller.
typedef struct jpeg_reading {
  ft_row_sink sink;
  ft_planes planes;
  uint8_t *colors;
} jpeg_reading;

static void read_mixed(jpeg_reading *reading, struct jpeg_decompress_struct *info) {
  ft_row_sink *sink = &reading->sink;
  JSAMPARRAY inks = NULL;
  if (info->out_color_space == JCS_CMYK) {
    inks = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, info->output_width * 4, 1);
  }
  while (info->output_scanline < info->output_height) {
    JSAMPROW rows[1] = {inks ? inks[0] : sink->line};
    if (jpeg_read_scanlines(info, rows, 1) != 1) break;  // a source in memory never lets one wait
    if (inks) convert_inverted_cmyk(inks[0], sink->line, info->output_width);
    ft_row_sink_take(sink);
  }
}

// The same rows from planes: of them only those are mixed that the sink looks at.
static ft_image_status read_planes(jpeg_reading *reading, struct jpeg_decompress_struct *info, char *message) {
  // Vectors that are stored and at once loaded from another place wait for each other: rows are scaled some rows later.
  enum { LINES = 4 };
  ft_row_sink *sink = &reading->sink;
  ft_planes *planes = &reading->planes;
  uint32_t width = info->output_width, height = info->output_height;
  size_t line = ((size_t)width * 3 + FT_COLOR_SLACK + 63) / 64 * 64;
  size_t sums = (2 * ft_color_sum_count(width) * sizeof(uint16_t) + 63) / 64 * 64;
  if (!ft_planes_open(planes, info)) return ft_out_of_memory(message);
  reading->colors = aligned_alloc(64, LINES * line + sums);
  if (!reading->colors) return ft_out_of_memory(message);
  memset(reading->colors, 0, LINES * line + sums);
  ft_color_rows rows = {
      .halves_columns = planes->plane[1].width < planes->plane[0].width,
      .halves_rows = planes->plane[1].height_at_once < planes->plane[0].height_at_once};
  uint32_t next = 0;
  while (info->output_scanline < height) {
    if (!ft_planes_read(planes, info)) break;
    // A row between two rows of colours waits for the second.
    uint32_t known = ft_plane_known(planes, 0);
    uint32_t ready = rows.halves_rows && known < height ? known - 1 : known;
    while (next < ready) {
      uint32_t count = 0, made[LINES];
      for (; next < ready && count < LINES; next++) {
        if (!ft_row_sink_needs(sink, next)) continue;
        int64_t near = rows.halves_rows ? next / 2 : next;
        rows.luma = ft_plane_row(planes, 0, next);
        for (int k = 0; k < 2; k++) {
          rows.nearer[k] = ft_plane_row(planes, k + 1, near);
          rows.farther[k] = ft_plane_row(planes, k + 1, next % 2 ? near + 1 : near - 1);
        }
        sink->kernels->color_row(
            &rows, width, (uint16_t *)(reading->colors + LINES * line), reading->colors + count * line);
        made[count++] = next;
      }
      for (uint32_t i = 0; i < count; i++) ft_row_sink_take_row(sink, made[i], reading->colors + i * line);
    }
  }
  return FT_IMAGE_OK;
}

static ft_image_status read_rows(
    const uint8_t *data, size_t count, ft_image_header header, ft_jpeg_options options, ft_target target,
    jpeg_reading *reading, char *message) {
  ft_jpeg_state state;
  struct jpeg_decompress_struct info;
  memset(&info, 0, sizeof info);
  info.err = ft_jpeg_prepare(&state, message);
  if (setjmp(state.escape)) {
    jpeg_destroy_decompress(&info);
    return state.status;
  }
  jpeg_create_decompress(&info);
  info.progress = &state.progress;
  jpeg_mem_src(&info, data, count);
  jpeg_read_header(&info, TRUE);
  int isCMYK = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  int isGray = header.channels == 1
      || (options.takes_luminance && target.channels == 1 && info.jpeg_color_space == JCS_YCbCr);
  info.scale_num = options.eighths;
  info.scale_denom = 8;
  // Of a picture that is kept whole every pixel is mixed, which libjpeg does as well.
  int isPlanes = !isGray && !target.pixels && ft_planes_suit(&info);
  info.out_color_space = isCMYK ? JCS_CMYK : isGray ? JCS_GRAYSCALE : isPlanes ? JCS_YCbCr : JCS_RGB;
  info.raw_data_out = isPlanes ? TRUE : FALSE;
  info.dct_method = JDCT_ISLOW;
  info.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&info);
  ft_image_status status = FT_IMAGE_OK;
  if (info.image_width != header.width || info.image_height != header.height ||
      ft_jpeg_channels(&info) != header.channels) {
    snprintf(message, FT_IMAGE_MESSAGE_SIZE, "the header changed between two readings");
    status = FT_IMAGE_CORRUPT;
  } else if (info.output_width != scaled(header.width, options.eighths) ||
      info.output_height != scaled(header.height, options.eighths)) {
    snprintf(message, FT_IMAGE_MESSAGE_SIZE, "this libjpeg does not decode at %u eighths", options.eighths);
    status = FT_IMAGE_UNSUPPORTED;
  } else if (!ft_row_sink_open(
          &reading->sink, info.output_width, info.output_height, isGray ? 1 : 3, options.instructions, target)) {
    status = ft_out_of_memory(message);
  } else if (isPlanes) {
    status = read_planes(reading, &info, message);
  } else {
    read_mixed(reading, &info);
  }
  if (status == FT_IMAGE_OK) jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return status;
}

ft_image_status ft_jpeg_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, ft_jpeg_options options, ft_target target,
    char *message) {
  jpeg_reading reading;
  memset(&reading, 0, sizeof reading);
  ft_image_status status = read_rows(data, count, header, options, target, &reading, message);
  ft_row_sink_close(&reading.sink);
  ft_planes_close(&reading.planes);
  free(reading.colors);
  return status;
}
