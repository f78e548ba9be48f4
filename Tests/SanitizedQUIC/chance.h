#ifndef CHANCE_H
#define CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All that is left to chance comes from one seed, but for the keys of TLS: a run with the same seed does the same.

void chance_begin(uint64_t seed);
uint64_t chance_number(void);
/// 0 up to `most`, which is among them.
uint64_t chance_upto(uint64_t most);
bool chance_percent(unsigned int percent);
void chance_bytes(uint8_t *bytes, size_t size);

#endif
