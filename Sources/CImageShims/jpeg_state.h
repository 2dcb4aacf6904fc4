// What reading and writing of JPEG share: errors, which libjpeg reports through longjmp.
#ifndef FINETUNE_JPEG_STATE_H
#define FINETUNE_JPEG_STATE_H

#include <setjmp.h>
// libjpeg's header needs FILE and size_t declared before it.
#include <stdio.h>

#include <jpeglib.h>

#include "CImageShims.h"

typedef struct ft_jpeg_state {
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  ft_image_status status;
  char *message;
} ft_jpeg_state;

// What libjpeg is to call when something is wrong: it then jumps to `escape`, with the status and the message written.
struct jpeg_error_mgr *ft_jpeg_prepare(ft_jpeg_state *state, char *message);

// FT_IMAGE_OUT_OF_MEMORY, with its message.
ft_image_status ft_out_of_memory(char *message);

// 1, 3, or 0 where the colours are of a kind that cannot be read.
uint32_t ft_jpeg_channels(const struct jpeg_decompress_struct *info);

#endif
