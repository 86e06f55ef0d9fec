#define MODULE avx512
#define HAS_INSTRUCTIONS (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma"))
#include "module.h"
