#include "CImageShims.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)

const char *ft_image_png_version(void) { return png_get_libpng_ver(NULL); }

const char *ft_image_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return "libjpeg-turbo " TEXT_OF(LIBJPEG_TURBO_VERSION) " as " TEXT_OF(JPEG_LIB_VERSION);
#else
  return "libjpeg " TEXT_OF(JPEG_LIB_VERSION);
#endif
}
