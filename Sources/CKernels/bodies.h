// Every kernel, for the instruction set that CK_LANES, CK_TILE_ROWS and the attributes in force describe.
#include "lanes.h"
#include "transcendental.h"
#include "activation.h"
#include "matrix.h"
#include "depthwise.h"
#include "pooling.h"
#include "elementwise.h"
#include "reductions.h"
