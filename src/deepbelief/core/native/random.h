/* The words of NumPy's PCG64DXSM, in order. */
#ifndef DEEPBELIEF_RANDOM_H
#define DEEPBELIEF_RANDOM_H

#include "vectors.h"

#define MULTIPLIER 0xDA942042E4DD58B5ULL
#define PLACES 4 /* of the sequence, drawn at together: a word waits for the one before it, not for those elsewhere */

typedef unsigned __int128 Wide;

/* The generator's next state, and the word that it gives on the way there: O'Neill 2014, with the output DXSM. */
ALWAYS_INLINE uint64_t next_word(Wide *state, Wide increment)
{
    uint64_t high = (uint64_t)(*state >> 64), low = (uint64_t)*state | 1;
    high ^= high >> 32;
    high *= MULTIPLIER;
    high ^= high >> 48;
    *state = *state * MULTIPLIER + increment;
    return high * low;
}

/* The state `steps` words on: a step is x -> a x + c, and so is any number of them, found by doubling (Brown 1994). */
static Wide advanced(Wide state, Wide increment, uint64_t steps)
{
    Wide a = MULTIPLIER, c = increment;
    for (; steps; steps >>= 1) {
        if (steps & 1)
            state = state * a + c;
        c += c * a;
        a *= a;
    }
    return state;
}

static void random_words(Wide state, Wide increment, uint64_t *out, Index count)
{
    Index each = count / PLACES;
    Wide states[PLACES];
    for (Index p = 0; p < PLACES; p++)
        states[p] = advanced(state, increment, (uint64_t)(p * each));
    for (Index i = 0; i < each; i++)
        for (Index p = 0; p < PLACES; p++)
            out[p * each + i] = next_word(&states[p], increment);
    for (Index i = PLACES * each; i < count; i++)
        out[i] = next_word(&states[PLACES - 1], increment);
}

#endif
