// What the matrix product reads: weights in panels, windows as rows.

enum { CK_PANEL = 2 * CK_LANES };

// Four by four floats.
CK_INLINE void transpose(const float *from, ptrdiff_t from_stride, float *to, ptrdiff_t to_stride) {
  typedef float v4 __attribute__((ext_vector_type(4)));
  typedef float v4_unaligned __attribute__((ext_vector_type(4), aligned(4)));
  const v4 a = *(const v4_unaligned *)from, b = *(const v4_unaligned *)(from + from_stride);
  const v4 c = *(const v4_unaligned *)(from + 2 * from_stride), d = *(const v4_unaligned *)(from + 3 * from_stride);
  const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const v4 ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(v4_unaligned *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(v4_unaligned *)(to + to_stride) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(v4_unaligned *)(to + 2 * to_stride) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
  *(v4_unaligned *)(to + 3 * to_stride) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
}

// panels[n / CK_PANEL][k][CK_PANEL], filled up with zeros. `source(k, n) = source[k * row_stride + n * column_stride]`.
static void pack_panels(const float *source, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,
                        ptrdiff_t columns, float *panels, ptrdiff_t panel_stride) {
  for (ptrdiff_t n = 0; n < columns; n += CK_PANEL, panels += panel_stride) {
    const ptrdiff_t width = least(CK_PANEL, columns - n);
    const float *from = source + n * column_stride;
    if (column_stride == 1 && width == CK_PANEL) {
      for (ptrdiff_t k = 0; k < rows; k++, from += row_stride) {
        store(panels + k * CK_PANEL, load(from));
        store(panels + k * CK_PANEL + CK_LANES, load(from + CK_LANES));
      }
    } else if (column_stride == 1) {
      const vm first = lanes(width), second = lanes(greatest(0, width - CK_LANES));
      for (ptrdiff_t k = 0; k < rows; k++, from += row_stride) {
        store(panels + k * CK_PANEL, load_part(from, first));
        store(panels + k * CK_PANEL + CK_LANES, load_part(from + CK_LANES, second));
      }
    } else {
      ptrdiff_t k = 0, j = 0;
      if (width < CK_PANEL) clear(panels, rows * CK_PANEL);
      if (row_stride == 1)
        for (; k + 4 <= rows; k += 4)
          for (j = 0; j + 4 <= width; j += 4)
            transpose(from + j * column_stride + k, column_stride, panels + k * CK_PANEL + j, CK_PANEL);
      // What is left: the last columns of the rows done, and the last rows.
      for (ptrdiff_t row = 0; row < rows; row++)
        for (ptrdiff_t column = row < k ? j : 0; column < width; column++)
          panels[row * CK_PANEL + column] = from[column * column_stride + row * row_stride];
    }
  }
}

#define CK_PACK(name) name
#define CK_PACK_SOURCE float
#define CK_PACK_TARGET float
#define CK_PACK_VECTOR(from, to) store(to, load(from))
#define CK_PACK_COPY(from, to, count) copy(to, from, count)
#define CK_PACK_CLEAR(to, count) clear(to, count)
#include "pack_windows.h"
