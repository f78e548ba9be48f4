#include "chance.h"

#include <gnutls/crypto.h>

static uint64_t state;
/// The libraries' own, so that what they take moves nothing else.
static uint64_t state_of_libraries;

/// SplitMix64.
static uint64_t next(uint64_t *state) {
    *state += 0x9E3779B97F4A7C15;
    uint64_t mixed = *state;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
}

static void fill(uint64_t *state, uint8_t *bytes, size_t size) {
    for (size_t index = 0; index < size; index++) {
        bytes[index] = (uint8_t)next(state);
    }
}

void chance_begin(uint64_t seed) {
    state = seed;
    state_of_libraries = ~seed;
}

uint64_t chance_number(void) { return next(&state); }

uint64_t chance_upto(uint64_t most) { return most == UINT64_MAX ? chance_number() : chance_number() % (most + 1); }

bool chance_percent(unsigned int percent) { return chance_number() % 100 < percent; }

void chance_bytes(uint8_t *bytes, size_t size) { fill(&state, bytes, size); }

// In the place of the TLS library's, where it is asked from here.

int __wrap_gnutls_rnd(gnutls_rnd_level_t level, void *bytes, size_t size);

int __wrap_gnutls_rnd(gnutls_rnd_level_t level, void *bytes, size_t size) {
    (void)level;
    fill(&state_of_libraries, bytes, size);
    return 0;
}
