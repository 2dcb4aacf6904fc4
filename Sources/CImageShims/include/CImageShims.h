// Decoding and encoding of PNG and JPEG in memory.
//
// libpng and libjpeg report errors through longjmp, which must not cross a Swift frame: these functions own every
// setjmp, never call back, keep no state between calls, and return a status with a message.
#ifndef FINETUNE_IMAGE_SHIMS_H
#define FINETUNE_IMAGE_SHIMS_H

#include <stddef.h>
#include <stdint.h>

typedef enum ft_image_status {
  FT_IMAGE_OK = 0,
  FT_IMAGE_CORRUPT = 1,
  FT_IMAGE_TRUNCATED = 2,
  FT_IMAGE_UNSUPPORTED = 3,
  FT_IMAGE_OUT_OF_MEMORY = 4
} ft_image_status;

enum { FT_IMAGE_MESSAGE_SIZE = 256 };

// What the pixels of a file will be: 8 bits each, 1 channel (grey) or 3 (red, green, blue), whatever the file holds.
typedef struct ft_image_header {
  uint32_t width;
  uint32_t height;
  uint32_t channels;
} ft_image_header;

// Bytes that an encoder made; give `bytes` to ft_image_free.
typedef struct ft_image_buffer {
  uint8_t *bytes;
  size_t count;
} ft_image_buffer;

// `message` has room for FT_IMAGE_MESSAGE_SIZE characters, and is written when the result is not FT_IMAGE_OK.

ft_image_status ft_png_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message);
ft_image_status ft_jpeg_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message);

// Fills `pixels`, which has room for exactly height * width * channels bytes of the header read before.
// Alpha is dropped, no gamma is applied, 16-bit samples are reduced to their high byte, as Pillow's convert("RGB").
ft_image_status ft_png_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, uint8_t *pixels, char *message);
// CMYK and YCCK are taken as inverted (Adobe's convention) and converted as Pillow's convert("RGB") converts.
ft_image_status ft_jpeg_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, uint8_t *pixels, char *message);

ft_image_status ft_png_write(
    const uint8_t *pixels, ft_image_header header, ft_image_buffer *output, char *message);
// `quality` is libjpeg's, 1 to 100.
ft_image_status ft_jpeg_write(
    const uint8_t *pixels, ft_image_header header, int quality, ft_image_buffer *output, char *message);

void ft_image_free(uint8_t *bytes);

// The versions of the libraries: libpng's as it is loaded, libjpeg's as it was compiled against. Static texts.
const char *ft_image_png_version(void);
const char *ft_image_jpeg_version(void);

#endif
