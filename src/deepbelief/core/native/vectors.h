/* SIMD vectors of the widest kind that the processor has, and functions of them. */
#ifndef DEEPBELIEF_VECTORS_H
#define DEEPBELIEF_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#else
#include <arm_neon.h>
#endif

#if defined __AVX512F__
#define LANES 16
#elif defined __AVX2__
#define LANES 8
#else
#define LANES 4 /* NEON */
#endif

typedef ptrdiff_t Index;

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Vectors at any address (unaligned), which may alias memory of any type. */
typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t uvec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

ALWAYS_INLINE vec load(const float *from)
{
    return *(const vec *)from;
}

/* A mask of the first `count` lanes. Memory of the other lanes is neither read nor written. */
#if LANES == 16
typedef __mmask16 Mask;

ALWAYS_INLINE Mask first_lanes(Index count)
{
    return (Mask)(count >= LANES ? 0xFFFF : (1u << count) - 1);
}

ALWAYS_INLINE vec load_lanes(const float *from, Mask lanes)
{
    return (vec)_mm512_maskz_loadu_ps(lanes, from);
}

ALWAYS_INLINE void store_lanes(float *to, Mask lanes, vec x)
{
    _mm512_mask_storeu_ps(to, lanes, (__m512)x);
}
#elif LANES == 8
typedef __m256i Mask;

ALWAYS_INLINE Mask first_lanes(Index count)
{
    __m256i limit = _mm256_set1_epi32(count >= LANES ? LANES : (int)count);
    return _mm256_cmpgt_epi32(limit, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

ALWAYS_INLINE vec load_lanes(const float *from, Mask lanes)
{
    return (vec)_mm256_maskload_ps(from, lanes);
}

ALWAYS_INLINE void store_lanes(float *to, Mask lanes, vec x)
{
    _mm256_maskstore_ps(to, lanes, (__m256)x);
}
#else
typedef Index Mask; /* NEON has no masks: the number of lanes takes their place */

ALWAYS_INLINE Mask first_lanes(Index count)
{
    return count < 0 ? 0 : count < LANES ? count : LANES;
}

ALWAYS_INLINE vec load_lanes(const float *from, Mask lanes)
{
    vec x = {0};
    for (Index lane = 0; lane < lanes; lane++)
        x[lane] = from[lane];
    return x;
}

ALWAYS_INLINE void store_lanes(float *to, Mask lanes, vec x)
{
    for (Index lane = 0; lane < lanes; lane++)
        to[lane] = x[lane];
}
#endif

/* The register that controls the arithmetic of this thread, such as whether subnormal numbers are taken for 0. */
#ifdef __x86_64__
typedef unsigned Control;

ALWAYS_INLINE Control control(void)
{
    return _mm_getcsr();
}

ALWAYS_INLINE void set_control(Control value)
{
    _mm_setcsr(value);
}
#else
typedef uint64_t Control;

ALWAYS_INLINE Control control(void)
{
    Control value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

ALWAYS_INLINE void set_control(Control value)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(value));
}
#endif

ALWAYS_INLINE vec load_some(const float *from, Index count)
{
    return count >= LANES ? load(from) : load_lanes(from, first_lanes(count));
}

ALWAYS_INLINE void store_some(float *to, Index count, vec x)
{
    if (count >= LANES)
        *(vec *)to = x;
    else
        store_lanes(to, first_lanes(count), x);
}

ALWAYS_INLINE vec root(vec x)
{
#if LANES == 16
    return (vec)_mm512_sqrt_ps((__m512)x);
#elif LANES == 8
    return (vec)_mm256_sqrt_ps((__m256)x);
#else
    return (vec)vsqrtq_f32((float32x4_t)x);
#endif
}

ALWAYS_INLINE vec choose(ivec where, vec yes, vec no)
{
    return (vec)((where & (ivec)yes) | (~where & (ivec)no));
}

/* exp(x). Write x = n ln(2) + r with a whole number n and |r| <= ln(2) / 2. Then exp(x) = 2^n exp(r). Eight terms of
   the series give exp(r) with a relative error of 5e-9. |x| above 80 is taken for 80, so no result overflows or becomes
   subnormal. NaN stays NaN. */
ALWAYS_INLINE vec exponential(vec x)
{
    const vec zero = {0}, limit = zero + 80.0f;
    const vec whole = zero + 12582912.0f; /* 1.5 * 2^23: a sum with this number is rounded to a whole number */
    vec y = choose(x > limit, limit, x);
    y = choose(y < -limit, -limit, y);
    vec shifted = y * 1.44269504f + whole;
    vec n = shifted - whole;
    vec r = y - n * 0.693359375f + n * 2.12194440e-4f; /* ln(2) in two parts: n times the first one is exact */
    vec series = r * (1 / 5040.0f) + 1 / 720.0f;
    series = series * r + 1 / 120.0f;
    series = series * r + 1 / 24.0f;
    series = series * r + 1 / 6.0f;
    series = series * r + 0.5f;
    series = series * r + 1.0f;
    series = series * r + 1.0f;
    return (vec)(((ivec)shifted << 23) + 0x3F800000) * series;
}

ALWAYS_INLINE vec logistic(vec x)
{
    return 1.0f / (1.0f + exponential(-x));
}

/* 1 if u < p, and otherwise 0. The number u in [0, 1) is made of the upper 23 of 32 random bits. */
ALWAYS_INLINE vec drawn(uvec bits, vec p)
{
    const vec zero = {0}, one = zero + 1.0f;
    vec u = (vec)((bits >> 9) | 0x3F800000) - one;
    return choose(u < p, one, zero);
}

#endif
