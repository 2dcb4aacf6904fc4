#include "CImageShims.h"
#include "row_sink.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Everything that changes after setjmp lives here, where longjmp leaves it intact.
typedef struct png_state {
  jmp_buf escape;
  const uint8_t *data;
  size_t count;
  size_t position;
  uint8_t *output;
  size_t output_count;
  size_t output_capacity;
  ft_row_sink sink;
  uint8_t *picture;  // of interlaced rows
  ft_image_status status;
  char warning[FT_IMAGE_MESSAGE_SIZE / 2];
  char *message;
} png_state;

static void on_error(png_structp png, png_const_charp text) {
  png_state *state = png_get_error_ptr(png);
  // libpng explains "Invalid IHDR data" only by the warnings before it.
  const char *why = state->warning[0] ? state->warning : NULL;
  snprintf(state->message, FT_IMAGE_MESSAGE_SIZE, why ? "%.100s (%.120s)" : "%.200s", text, why);
  if (state->status == FT_IMAGE_OK) state->status = FT_IMAGE_CORRUPT;
  longjmp(state->escape, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  png_state *state = png_get_error_ptr(png);
  if (!state->warning[0]) snprintf(state->warning, sizeof state->warning, "%s", text);
}

static png_voidp allocate(png_structp png, png_alloc_size_t size) {
  void *memory = malloc(size);
  png_state *state = png_get_mem_ptr(png);
  if (!memory && size) state->status = FT_IMAGE_OUT_OF_MEMORY;
  return memory;
}

static void release(png_structp png, png_voidp memory) {
  (void)png;
  free(memory);
}

static void on_read(png_structp png, png_bytep bytes, size_t count) {
  png_state *state = png_get_io_ptr(png);
  if (count > state->count - state->position) {
    state->status = FT_IMAGE_TRUNCATED;
    state->warning[0] = 0;
    png_error(png, "the file ends too early");
  }
  memcpy(bytes, state->data + state->position, count);
  state->position += count;
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
  png_state *state = png_get_io_ptr(png);
  if (count > state->output_capacity - state->output_count) {
    size_t capacity = 2 * state->output_capacity + count + 4096;
    uint8_t *grown = realloc(state->output, capacity);
    if (!grown) {
      state->status = FT_IMAGE_OUT_OF_MEMORY;
      png_error(png, "out of memory");
    }
    state->output = grown;
    state->output_capacity = capacity;
  }
  memcpy(state->output + state->output_count, bytes, count);
  state->output_count += count;
}

static void on_flush(png_structp png) { (void)png; }

static void prepare(png_state *state, const uint8_t *data, size_t count, char *message) {
  memset(state, 0, sizeof *state);
  state->data = data;
  state->count = count;
  state->message = message;
  message[0] = 0;
}

static ft_image_status out_of_memory(char *message) {
  snprintf(message, FT_IMAGE_MESSAGE_SIZE, "out of memory");
  return FT_IMAGE_OUT_OF_MEMORY;
}

// Chunks that say nothing about pixels are skipped unread: a broken colour profile or a compressed text of gigabytes
// is nobody's concern here.
static const png_byte skipped_chunks[] = "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0"
                                         "sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";

static png_structp start_reading(png_state *state) {
  png_structp png =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, state, on_error, on_warning, state, allocate, release);
  if (!png) return NULL;
  png_set_read_fn(png, state, on_read);
  png_set_keep_unknown_chunks(
      png, PNG_HANDLE_CHUNK_NEVER, skipped_chunks, (int)(sizeof skipped_chunks / 5));
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  return png;
}

static uint32_t output_channels(int color_type) { return color_type & PNG_COLOR_MASK_COLOR ? 3 : 1; }

ft_image_status ft_png_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message) {
  png_state state;
  prepare(&state, data, count, message);
  png_structp png = NULL;
  png_infop info = NULL;
  if (setjmp(state.escape)) return state.status;  // while starting: libpng has released what it had
  png = start_reading(&state);
  if (!png) return out_of_memory(message);
  info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return out_of_memory(message);
  }
  png_structp started = png;
  png_infop started_info = info;
  if (setjmp(state.escape)) {
    png_destroy_read_struct(&started, &started_info, NULL);
    return state.status;
  }
  png_read_info(png, info);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->channels = output_channels(png_get_color_type(png, info));
  png_destroy_read_struct(&started, &started_info, NULL);
  return FT_IMAGE_OK;
}

ft_image_status ft_png_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, int32_t instructions, ft_target target, char *message) {
  png_state state;
  prepare(&state, data, count, message);
  if (setjmp(state.escape)) return state.status;
  png_structp png = start_reading(&state);
  if (!png) return out_of_memory(message);
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return out_of_memory(message);
  }
  png_structp started = png;
  png_infop started_info = info;
  if (setjmp(state.escape)) {
    png_destroy_read_struct(&started, &started_info, NULL);
    ft_row_sink_close(&state.sink);
    free(state.picture);
    return state.status;
  }
  png_read_info(png, info);
  int color_type = png_get_color_type(png, info);
  if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color_type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);

  size_t stride = (size_t)header.width * header.channels;
  if (png_get_image_width(png, info) != header.width || png_get_image_height(png, info) != header.height ||
      png_get_rowbytes(png, info) != stride) {
    png_destroy_read_struct(&started, &started_info, NULL);
    snprintf(message, FT_IMAGE_MESSAGE_SIZE, "the header changed between two readings");
    return FT_IMAGE_CORRUPT;
  }
  // An interlaced picture is whole only after its last pass.
  if (passes > 1) state.picture = malloc(stride * header.height);
  if ((passes > 1 && !state.picture)
      || !ft_row_sink_open(&state.sink, header.width, header.height, header.channels, instructions, target)) {
    png_destroy_read_struct(&started, &started_info, NULL);
    free(state.picture);
    return out_of_memory(message);
  }
  for (int pass = 1; pass < passes; pass++) {
    for (uint32_t y = 0; y < header.height; y++) png_read_row(png, state.picture + y * stride, NULL);
  }
  for (uint32_t y = 0; y < header.height; y++) {
    if (state.picture) {
      png_read_row(png, state.picture + y * stride, NULL);
      memcpy(state.sink.line, state.picture + y * stride, stride);
    } else {
      png_read_row(png, state.sink.line, NULL);
    }
    ft_row_sink_take(&state.sink);
  }
  png_read_end(png, NULL);  // here a wrong checksum of the last data chunk shows
  png_destroy_read_struct(&started, &started_info, NULL);
  ft_row_sink_close(&state.sink);
  free(state.picture);
  return FT_IMAGE_OK;
}

ft_image_status ft_png_write(
    const uint8_t *pixels, ft_image_header header, ft_image_buffer *output, char *message) {
  png_state state;
  prepare(&state, NULL, 0, message);
  if (setjmp(state.escape)) return state.status;
  png_structp png =
      png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning, &state, allocate, release);
  if (!png) return out_of_memory(message);
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    return out_of_memory(message);
  }
  png_structp started = png;
  png_infop started_info = info;
  if (setjmp(state.escape)) {
    png_destroy_write_struct(&started, &started_info);
    free(state.output);
    return state.status;
  }
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_write_fn(png, &state, on_write, on_flush);
  int color_type = header.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  png_set_IHDR(
      png, info, header.width, header.height, 8, color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  size_t stride = (size_t)header.width * header.channels;
  for (uint32_t y = 0; y < header.height; y++) png_write_row(png, pixels + y * stride);
  png_write_end(png, NULL);
  png_destroy_write_struct(&started, &started_info);
  output->bytes = state.output;
  output->count = state.output_count;
  return FT_IMAGE_OK;
}

void ft_image_free(uint8_t *bytes) { free(bytes); }
