#define MODULE avx2
#define HAS_INSTRUCTIONS (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#include "module.h"
