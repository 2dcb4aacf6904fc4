// What every processor can run that clang compiles for: 4 lanes of its vector extension (SSE2, NEON).
#include <math.h>
#include "CKernels.h"

#define CK_LANES 4
#define CK_TILE_ROWS 6
#include "bodies.h"

#define CK_TABLE ck_kernels_portable
#define CK_NAME "portable"
#include "table.h"
