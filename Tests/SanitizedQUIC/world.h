#ifndef WORLD_H
#define WORLD_H

#include "CNGTCP2.h"

// A client and a server that talk in memory, over a network that loses, doubles, reorders, cuts and changes what passes. Time is a number.

struct totals {
    uint64_t runs;
    /// Of these, those in which both sides had done their handshake.
    uint64_t opened;
    uint64_t packets;
    /// Times that a client had another address.
    uint64_t moves;
    uint64_t most_memory;
    /// Of all packets' sizes: differs where two runs do.
    uint64_t digest;
};

/// Runs the one conversation that a seed stands for, up to its end at whatever moment.
void world_run(uint64_t seed, quic_certificate *certificate, struct totals *totals);

#endif
