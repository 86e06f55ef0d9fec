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

/* A mask of the first `count` lanes; the memory of the other lanes is not accessed. */
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
typedef Index Mask; /* NEON has no masks, so the lanes are counted */

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

/* The control register of this thread's arithmetic: among others, whether subnormal numbers count as 0. */
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

/* exp(x). With n whole and |r| <= ln(2) / 2, exp(n ln(2) + r) = 2^n exp(r), and eight terms of the series leave 5e-9 of
   exp(r). Beyond |x| = 80 nothing changes any more, so nothing overflows or becomes subnormal. NaN stays NaN. */
ALWAYS_INLINE vec exponential(vec x)
{
    const vec zero = {0}, limit = zero + 80.0f;
    const vec whole = zero + 12582912.0f; /* 1.5 * 2^23: what is added to it keeps no fraction */
    vec y = choose(x > limit, limit, x);
    y = choose(y < -limit, -limit, y);
    vec shifted = y * 1.44269504f + whole;
    vec n = shifted - whole;
    vec r = y - n * 0.693359375f + n * 2.12194440e-4f; /* ln(2) in two parts, so that n times the first one is exact */
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

/* 1 where u < p and 0 elsewhere; the fraction u in [0, 1) is made of the upper 23 of 32 random bits. */
ALWAYS_INLINE vec drawn(uvec bits, vec p)
{
    const vec zero = {0}, one = zero + 1.0f;
    vec u = (vec)((bits >> 9) | 0x3F800000) - one;
    return choose(u < p, one, zero);
}

#endif
