#include "CImageShims.h"
#include "row_sink.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// libjpeg's header needs FILE and size_t declared before it.
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

// A progressive file may repeat its scans without end, each as costly as the picture is large.
enum { MAXIMUM_SCANS = 500 };

typedef struct jpeg_state {
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  ft_image_status status;
  char *message;
} jpeg_state;

static void fail(j_common_ptr info, ft_image_status status) {
  jpeg_state *state = (jpeg_state *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(state->message, FT_IMAGE_MESSAGE_SIZE, "%s", text);
  state->status = status;
  longjmp(state->escape, 1);
}

static void on_error(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
      fail(info, FT_IMAGE_OUT_OF_MEMORY);
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
      fail(info, FT_IMAGE_UNSUPPORTED);
    case JERR_INPUT_EMPTY:
      fail(info, FT_IMAGE_TRUNCATED);
    default:
      fail(info, FT_IMAGE_CORRUPT);
  }
}

// Warnings about damaged data are tolerated, as Pillow tolerates them; a file that ends early is not.
static void on_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) fail(info, FT_IMAGE_TRUNCATED);
}

static void on_output(j_common_ptr info) { (void)info; }

static void on_progress(j_common_ptr info) {
  if (((j_decompress_ptr)info)->input_scan_number > MAXIMUM_SCANS) {
    jpeg_state *state = (jpeg_state *)info->err;
    snprintf(state->message, FT_IMAGE_MESSAGE_SIZE, "more than %d scans", MAXIMUM_SCANS);
    state->status = FT_IMAGE_CORRUPT;
    longjmp(state->escape, 1);
  }
}

static struct jpeg_error_mgr *prepare(jpeg_state *state, char *message) {
  memset(state, 0, sizeof *state);
  jpeg_std_error(&state->errors);
  state->errors.error_exit = on_error;
  state->errors.emit_message = on_message;
  state->errors.output_message = on_output;
  state->progress.progress_monitor = on_progress;
  state->message = message;
  return &state->errors;
}

static uint32_t output_channels(const struct jpeg_decompress_struct *info) {
  switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE:
      return 1;
    case JCS_RGB:
    case JCS_YCbCr:
    case JCS_CMYK:
    case JCS_YCCK:
      return 3;
    default:
      return 0;
  }
}

ft_image_status ft_jpeg_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message) {
  jpeg_state state;
  struct jpeg_decompress_struct info;
  memset(&info, 0, sizeof info);
  info.err = prepare(&state, message);
  if (setjmp(state.escape)) {
    jpeg_destroy_decompress(&info);
    return state.status;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, data, count);
  jpeg_read_header(&info, TRUE);
  header->width = info.image_width;
  header->height = info.image_height;
  header->channels = output_channels(&info);
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

static ft_image_status out_of_memory(char *message) {
  snprintf(message, FT_IMAGE_MESSAGE_SIZE, "out of memory");
  return FT_IMAGE_OUT_OF_MEMORY;
}

static uint32_t scaled(uint32_t side, uint32_t eighths) { return (uint32_t)(((uint64_t)side * eighths + 7) / 8); }

// `sink` is opened once the picture's colours are known, and is closed by the caller, which longjmp leaves alone.
static ft_image_status read_rows(
    const uint8_t *data, size_t count, ft_image_header header, ft_jpeg_options options, ft_target target,
    ft_row_sink *sink, char *message) {
  jpeg_state state;
  struct jpeg_decompress_struct info;
  memset(&info, 0, sizeof info);
  info.err = prepare(&state, message);
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
  info.out_color_space = isCMYK ? JCS_CMYK : isGray ? JCS_GRAYSCALE : JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  info.do_fancy_upsampling = TRUE;
  info.scale_num = options.eighths;
  info.scale_denom = 8;
  jpeg_start_decompress(&info);
  if (info.image_width != header.width || info.image_height != header.height ||
      output_channels(&info) != header.channels) {
    snprintf(message, FT_IMAGE_MESSAGE_SIZE, "the header changed between two readings");
    jpeg_destroy_decompress(&info);
    return FT_IMAGE_CORRUPT;
  }
  if (info.output_width != scaled(header.width, options.eighths) ||
      info.output_height != scaled(header.height, options.eighths)) {
    snprintf(message, FT_IMAGE_MESSAGE_SIZE, "this libjpeg does not decode at %u eighths", options.eighths);
    jpeg_destroy_decompress(&info);
    return FT_IMAGE_UNSUPPORTED;
  }
  if (!ft_row_sink_open(
          sink, info.output_width, info.output_height, isGray ? 1 : 3, options.instructions, target)) {
    jpeg_destroy_decompress(&info);
    return out_of_memory(message);
  }
  JSAMPARRAY inks = NULL;
  if (isCMYK) {
    inks = info.mem->alloc_sarray((j_common_ptr)&info, JPOOL_IMAGE, info.output_width * 4, 1);
  }
  while (info.output_scanline < info.output_height) {
    JSAMPROW rows[1] = {isCMYK ? inks[0] : sink->line};
    if (jpeg_read_scanlines(&info, rows, 1) != 1) break;  // a source in memory never lets one wait
    if (isCMYK) convert_inverted_cmyk(inks[0], sink->line, info.output_width);
    ft_row_sink_take(sink);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return FT_IMAGE_OK;
}

ft_image_status ft_jpeg_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, ft_jpeg_options options, ft_target target,
    char *message) {
  ft_row_sink sink;
  memset(&sink, 0, sizeof sink);
  ft_image_status status = read_rows(data, count, header, options, target, &sink, message);
  ft_row_sink_close(&sink);
  return status;
}

// The compressor and its output together, so that nothing in the function's own frame changes after setjmp.
typedef struct jpeg_writing {
  jpeg_state state;
  struct jpeg_compress_struct info;
  unsigned char *bytes;
  unsigned long count;
} jpeg_writing;

ft_image_status ft_jpeg_write(
    const uint8_t *pixels, ft_image_header header, int quality, ft_image_buffer *output, char *message) {
  jpeg_writing writing;
  memset(&writing, 0, sizeof writing);
  struct jpeg_compress_struct *info = &writing.info;
  info->err = prepare(&writing.state, message);
  if (setjmp(writing.state.escape)) {
    jpeg_destroy_compress(&writing.info);
    free(writing.bytes);
    return writing.state.status;
  }
  jpeg_create_compress(info);
  jpeg_mem_dest(info, &writing.bytes, &writing.count);
  info->image_width = header.width;
  info->image_height = header.height;
  info->input_components = (int)header.channels;
  info->in_color_space = header.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  info->dct_method = JDCT_ISLOW;
  jpeg_start_compress(info, TRUE);
  size_t stride = (size_t)header.width * header.channels;
  while (info->next_scanline < info->image_height) {
    JSAMPROW rows[1] = {(JSAMPROW)(pixels + info->next_scanline * stride)};
    jpeg_write_scanlines(info, rows, 1);
  }
  jpeg_finish_compress(info);
  jpeg_destroy_compress(info);
  output->bytes = writing.bytes;
  output->count = writing.count;
  return FT_IMAGE_OK;
}
