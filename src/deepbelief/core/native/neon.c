#define MODULE neon
#define HAS_INSTRUCTIONS 1 /* as each 64-bit ARM processor has them */
#include "module.h"
