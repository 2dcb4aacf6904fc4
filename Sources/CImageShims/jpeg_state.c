#include "jpeg_state.h"

#include <string.h>

#include <jerror.h>

// A progressive file may repeat its scans without end, each as costly as the picture is large.
enum { MAXIMUM_SCANS = 500 };

static void fail(j_common_ptr info, ft_image_status status) {
  ft_jpeg_state *state = (ft_jpeg_state *)info->err;
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
    ft_jpeg_state *state = (ft_jpeg_state *)info->err;
    snprintf(state->message, FT_IMAGE_MESSAGE_SIZE, "more than %d scans", MAXIMUM_SCANS);
    state->status = FT_IMAGE_CORRUPT;
    longjmp(state->escape, 1);
  }
}

struct jpeg_error_mgr *ft_jpeg_prepare(ft_jpeg_state *state, char *message) {
  memset(state, 0, sizeof *state);
  jpeg_std_error(&state->errors);
  state->errors.error_exit = on_error;
  state->errors.emit_message = on_message;
  state->errors.output_message = on_output;
  state->progress.progress_monitor = on_progress;
  state->message = message;
  return &state->errors;
}

ft_image_status ft_out_of_memory(char *message) {
  snprintf(message, FT_IMAGE_MESSAGE_SIZE, "out of memory");
  return FT_IMAGE_OUT_OF_MEMORY;
}

uint32_t ft_jpeg_channels(const struct jpeg_decompress_struct *info) {
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
