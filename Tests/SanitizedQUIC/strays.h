#ifndef STRAYS_H
#define STRAYS_H

#include <stdint.h>

/// Reads packets of no connection, whatever they hold, and answers them. No answer may be more than three times as long as its question.
void strays_run(uint64_t seed);

#endif
