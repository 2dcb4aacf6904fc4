#include "jpeg_state.h"

#include <stdlib.h>
#include <string.h>

// The compressor and its output together, so that nothing in the function's own frame changes after setjmp.
typedef struct jpeg_writing {
  ft_jpeg_state state;
  struct jpeg_compress_struct info;
  unsigned char *bytes;
  unsigned long count;
} jpeg_writing;

ft_image_status ft_jpeg_write(
    const uint8_t *pixels, ft_image_header header, int quality, int across, int down, ft_image_buffer *output,
    char *message) {
  jpeg_writing writing;
  memset(&writing, 0, sizeof writing);
  struct jpeg_compress_struct *info = &writing.info;
  info->err = ft_jpeg_prepare(&writing.state, message);
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
  if (header.channels == 3) {
    info->comp_info[0].h_samp_factor = across;
    info->comp_info[0].v_samp_factor = down;
  }
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
