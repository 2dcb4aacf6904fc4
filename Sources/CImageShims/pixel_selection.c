#include "pixel_kernels.h"

extern const ft_pixel_kernels ft_pixels_avx512, ft_pixels_avx2, ft_pixels_portable;

static int32_t collect(const ft_pixel_kernels *sets[3]) {
  int32_t count = 0;
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi"))
    sets[count++] = &ft_pixels_avx512;
  if (__builtin_cpu_supports("avx2")) sets[count++] = &ft_pixels_avx2;
#endif
  sets[count++] = &ft_pixels_portable;
  return count;
}

int32_t ft_instruction_set_count(void) {
  const ft_pixel_kernels *sets[3];
  return collect(sets);
}

const ft_pixel_kernels *ft_pixel_kernels_at(int32_t index) {
  const ft_pixel_kernels *sets[3];
  int32_t count = collect(sets);
  return sets[index < 0 ? 0 : index < count ? index : count - 1];
}

const char *ft_instruction_set_name(int32_t index) { return ft_pixel_kernels_at(index)->name; }
