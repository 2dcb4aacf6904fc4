// Decoding and encoding of PNG and JPEG in memory, and scaling of rows as they are decoded.
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

// Which source pixels make each target pixel of one axis. The source pixels of target pixel i are those from first[i] on,
// taps[i] of them; both ends ascend with i.
typedef struct ft_axis {
  uint32_t count;            // target pixels
  uint32_t stride;           // weights for each of them
  const int32_t *first;      // [count]
  const int32_t *taps;       // [count]
  const float *fractions;    // [count]: a + (b - a) * fraction of one or two pixels; or NULL, and then
  const int32_t *weights;    // [count][stride]: the sum of weight * pixel, 22 bits after the point, rounded to 8 bits
} ft_axis;

// How a picture is scaled; both axes have fractions, or both have weights.
typedef struct ft_scaling {
  ft_axis columns;
  ft_axis rows;
  int32_t rows_first;  // the order of the two passes; it shows only in the rounding of weights
} ft_scaling;

// Where decoded rows go: into `pixels`, or scaled into `values`. Without `pixels` and `scaling` the file is only checked: it is
// read as if to be decoded, and nothing is made of it.
typedef struct ft_target {
  uint32_t channels;          // 1 or 3, wanted whatever the file holds
  uint8_t *pixels;            // height * width * channels, or NULL
  const ft_scaling *scaling;  // where pixels is NULL
  float *values;              // rows.count * columns.count * channels, 0 to 255
} ft_target;

// The vector instructions to use: 0 is the best set that this processor has, 1 the next, and so on. All sets give the same
// bits.
int32_t ft_instruction_set_count(void);
const char *ft_instruction_set_name(int32_t index);

// `message` has room for FT_IMAGE_MESSAGE_SIZE characters, and is written when the result is not FT_IMAGE_OK.

ft_image_status ft_png_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message);
ft_image_status ft_jpeg_read_header(const uint8_t *data, size_t count, ft_image_header *header, char *message);

// Decodes the pixels of the file whose header was read before. When it fails, what is in the target means nothing.
// Alpha is dropped, no gamma is applied, 16-bit samples are reduced to their high byte, as Pillow's convert("RGB").
ft_image_status ft_png_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, int32_t instructions, ft_target target, char *message);

typedef struct ft_jpeg_options {
  // 1 to 8: the picture is decoded at so many eighths of its size, each side rounded up.
  uint32_t eighths;
  // Whether a grey target takes the luminance that the file holds, without looking at its colours.
  int32_t takes_luminance;
  int32_t instructions;
} ft_jpeg_options;

// `header` is that of the file. CMYK and YCCK are taken as inverted (Adobe's convention) and converted as Pillow's
// convert("RGB") converts.
ft_image_status ft_jpeg_read_pixels(
    const uint8_t *data, size_t count, ft_image_header header, ft_jpeg_options options, ft_target target,
    char *message);

// Sends decoded pixels of `header`'s size into a target.
ft_image_status ft_scale_pixels(
    const uint8_t *pixels, ft_image_header header, int32_t instructions, ft_target target, char *message);

ft_image_status ft_png_write(
    const uint8_t *pixels, ft_image_header header, ft_image_buffer *output, char *message);
// `quality` is libjpeg's, 1 to 100; a sample of colour stands for so many pixels across and down.
ft_image_status ft_jpeg_write(
    const uint8_t *pixels, ft_image_header header, int quality, int across, int down, ft_image_buffer *output,
    char *message);

void ft_image_free(uint8_t *bytes);

// The versions of the libraries: libpng's as it is loaded, libjpeg's as it was compiled against. Static texts.
const char *ft_image_png_version(void);
const char *ft_image_jpeg_version(void);

#endif
