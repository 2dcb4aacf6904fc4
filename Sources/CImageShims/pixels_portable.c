// What every processor can run that clang compiles for.
#include <stdlib.h>
#include <string.h>

#include "pixel_kernels.h"

#define FT_INLINE static inline __attribute__((always_inline, unused))
#define FT_WORDS 4
// A product that is added without being rounded would differ from one set to the next.
#pragma STDC FP_CONTRACT OFF

#include "row_scaling.h"
#include "color_rows.h"
#include "row_pixels.h"

#define FT_TABLE ft_pixels_portable
#define FT_NAME "portable"
#include "pixel_table.h"
