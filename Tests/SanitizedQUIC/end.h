#ifndef END_H
#define END_H

#include "CNGTCP2.h"

#include <stdbool.h>

// One side of a connection, with all that its owner has to know: what it is told of is checked, and what it hands over is counted.

#define STREAMS_MOST 256
#define IDS_MOST 64

struct stream_note {
    int64_t id;
    /// Bytes that were taken from us, and those that are told to be released.
    uint64_t written;
    uint64_t released;
    uint64_t received;
    uint64_t owed;
    bool is_ours;
    bool has_ended;
    bool is_stopped;
    bool is_closed;
};

struct end {
    quic_connection *connection;
    const char *name;
    bool is_server;
    bool is_open;
    /// Nothing more may be asked of the connection but its end.
    bool is_over;
    /// Its peer sends what no peer may: bytes of streams are anything.
    bool has_bad_peer;
    struct stream_note streams[STREAMS_MOST];
    size_t stream_count;
    struct quic_id ids[IDS_MOST];
    size_t id_count;
    /// Handed over, and not given back.
    size_t lent;
    uint64_t actions;
    uint64_t moves;
    /// Of all datagrams' bytes.
    uint8_t seen;
    uint8_t token[256];
    size_t token_size;
};

void end_begin(struct end *end, const char *name, bool is_server);
struct quic_owner end_owner(struct end *end);
void end_add_id(struct end *end, const struct quic_id *id);
bool end_has_id(const struct end *end, const struct quic_id *id);
struct stream_note *end_stream(struct end *end, int64_t id);
/// Does something that an owner may do at any time.
void end_act(struct end *end, uint64_t now);
void end_free(struct end *end);

/// Ends the run.
__attribute__((noreturn)) void wrong(const struct end *end, const char *what);

#endif
