#ifndef CNGTCP2_CONNECTION_H
#define CNGTCP2_CONNECTION_H

#include "CNGTCP2.h"

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

// What the parts of a connection know of each other, and nobody else: their names are no other library's affair.
#pragma GCC visibility push(hidden)

/// Of how many addresses that a peer was at it is known that it was there.
#define PROVED_MOST 4

/// Bytes that were handed over, of a stream or of a datagram.
struct chunk {
    struct chunk *next;
    const uint8_t *bytes;
    size_t size;
    /// Whose the bytes are; NULL: they are copies, in `copies`.
    void *storage;
    /// Of `copies`, bytes.
    size_t room;
    uint8_t copies[];
};

struct chunks {
    struct chunk *first;
    struct chunk *last;
};

/// Our direction of a stream, while the library knows the stream.
struct stream {
    int64_t id;
    /// In the same bucket of the table.
    struct stream *next_of_bucket;
    /// In the ring of those that have something to send.
    struct stream *next_ready;
    struct stream *previous_ready;
    /// Not acknowledged, or not sent.
    struct chunks chunks;
    /// The first that is not sent whole; NULL: all are.
    struct chunk *unsent;
    /// Of it, bytes that are sent.
    size_t unsent_offset;
    /// Of the first of all, bytes that are acknowledged.
    size_t acknowledged;
    /// Written and not acknowledged, bytes.
    uint64_t held;
    /// That, when the stream was last looked at.
    uint64_t held_before;
    bool has_last;
    bool last_is_sent;
    /// Nothing can be written any more.
    bool is_shut;
    /// The peer's credit for it is used up.
    bool is_blocked;
    bool is_ready;
    /// The library is asked whether the peer has stopped it.
    bool is_looked_at;
    /// The peer's direction is not read any more.
    bool is_deaf;
};

struct stream_table {
    struct stream **buckets;
    /// A power of two, or 0.
    size_t size;
    size_t count;
};

struct piece;

struct quic_connection {
    ngtcp2_conn *library;
    ngtcp2_crypto_conn_ref reference;
    ngtcp2_mem allocator;
    struct quic_owner owner;
    /// By the library and here, bytes.
    size_t held;
    /// Of these, those that the owner has handed over, and what was taken to keep them.
    size_t handed_over;
    /// The most of all else, bytes.
    size_t memory_base;
    size_t memory_per_stream;
    /// What was taken, see memory.c.
    struct piece *pieces;
    /// The latest time that was told. The library takes none that is earlier.
    uint64_t now;

    /// A server's ends with its handshake.
    gnutls_session_t session;
    quic_certificate *certificate;
    uint8_t *digests;
    size_t digest_count;

    struct stream_table streams;
    /// The next to be sent of; the others follow in a ring.
    struct stream *ready;
    /// Those that wait for the peer's credit.
    size_t blocked;
    /// Those that are closed here, and in the library never.
    size_t lingering;
    struct chunks datagrams;
    size_t datagram_bytes;
    /// When those streams were last looked at that may have been stopped, and when closely.
    uint64_t looked;
    uint64_t looked_closely;
    /// Since they were looked at.
    bool has_received;

    /// Where the peer was last told to be.
    struct quic_address peer;
    /// Where it has proved to be, the latest in the place that `proved_count` tells.
    struct quic_address proved[PROVED_MOST];
    size_t proved_count;
    uint8_t reset_secret[QUIC_SECRET_SIZE];
    uint8_t token_secret[QUIC_SECRET_SIZE];

    /// Both sides know that the handshake is done.
    bool is_confirmed;
    bool was_reset;
    bool is_over;
    /// Ours, on all ways: see `peer_path`.
    struct quic_address own;
    /// Which of the peer's ids have come, see ids.c: the number of the latest, and of each before it one bit.
    uint64_t latest_id;
    uint64_t seen_ids;
    struct quic_end end;
    uint8_t reason[256];
};

// connection.c

void tell(quic_connection *connection, struct quic_event event);
void remember_proved(quic_connection *connection, struct quic_address address);
/// Keeps what the library's error means. Returns what is due.
enum quic_outcome fail(quic_connection *connection, int error);

// memory.c

/// What a piece takes in all, bytes.
size_t memory_for(size_t size);
void *take_memory(quic_connection *connection, size_t size);
void give_memory(quic_connection *connection, void *memory);
/// What nobody has given back.
void give_all_memory(quic_connection *connection);
ngtcp2_mem make_allocator(quic_connection *connection);

// rooms.c

/// Whether a block of this size, in bytes, may be a room.
bool fits_room(size_t size);
/// NULL without memory. What is in it is of chance.
void *take_room(size_t size);
/// `size`: as it was taken.
void give_room(void *block, size_t size);

// writing.c

/// When streams are to be looked at that wait for credit; UINT64_MAX: not at all.
uint64_t next_look(const quic_connection *connection);

// chunks.c

/// Small pieces are copied, one behind the other, since to keep each would take many times their size.
///
/// Returns false without memory; then nothing is handed over.
bool add_chunk(quic_connection *connection, struct chunks *chunks, const uint8_t *bytes, size_t size, void *storage);
/// The same without copies: each piece is a chunk.
bool add_own_chunk(quic_connection *connection, struct chunks *chunks, const uint8_t *bytes, size_t size, void *storage);
void drop_first_chunk(quic_connection *connection, struct chunks *chunks);
/// Returns how many bytes these had.
uint64_t drop_chunks_behind(quic_connection *connection, struct chunks *chunks, struct chunk *kept);
void drop_last_chunk(quic_connection *connection, struct chunks *chunks);
void drop_chunks(quic_connection *connection, struct chunks *chunks);

// streams.c

struct stream *find_stream(const quic_connection *connection, int64_t id);
struct stream *add_stream(quic_connection *connection, int64_t id);
void remove_stream(quic_connection *connection, struct stream *stream);
void remove_streams(quic_connection *connection);
void acknowledge(quic_connection *connection, struct stream *stream, uint64_t count);
/// Nothing new of it goes to the peer any more: gives back what was not sent.
void shut_stream(quic_connection *connection, struct stream *stream);
/// The library knows it no more: gives back all that it holds.
void finish_stream(quic_connection *connection, struct stream *stream);
/// It waits for the peer's credit.
void block(quic_connection *connection, struct stream *stream);
void unblock(quic_connection *connection, struct stream *stream);
void take_from_ring(quic_connection *connection, struct stream *stream);
void put_in_ring(quic_connection *connection, struct stream *stream);
bool is_of_peer(const quic_connection *connection, int64_t id);
/// Gives back all, and tells the owner.
void close_stream(quic_connection *connection, struct stream *stream, bool has_code, uint64_t code);
/// The same for a stream that goes from the peer to here, where it is one: the library never closes such a stream, and forgets it with the connection.
void close_incoming(quic_connection *connection, int64_t id, bool has_code, uint64_t code);
void each_stream(quic_connection *connection, void (*body)(quic_connection *connection, struct stream *stream));

// callbacks.c

ngtcp2_callbacks make_callbacks(bool is_server);

// tls.c

bool begin_server_session(quic_connection *connection, const struct quic_settings *settings);
bool begin_client_session(
    quic_connection *connection, const struct quic_settings *settings, const struct quic_server *server);
void end_session(quic_connection *connection);
void quic_certificate_retain(quic_certificate *certificate);
/// Waits for a thread's or the process' first use of the TLS library.
void random_bytes(uint8_t *bytes, size_t size);

// ids.c

/// As the library's own, for the connection that `receiving` holds.
int unseal(
    uint8_t *plain, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context, const uint8_t *sealed,
    size_t sealed_size, const uint8_t *nonce, size_t nonce_size, const uint8_t *head, size_t head_size);
/// Whose packet is being read on this thread.
extern _Thread_local quic_connection *receiving;

// addresses.c

ngtcp2_path library_path(const struct quic_path *path);
/// As a server tells the library of a way.
///
/// To a new address of the peer's the library sends with the id of the old one where our address is the same, as where a NAT has changed the
/// peer's. When the peer moves again, the library gives up that id for the one and then for the other, and ends the process at the second. So
/// each address of the peer's has another one of ours for it, and then an id of its own: the peer's address itself.
ngtcp2_path peer_path(const struct quic_path *path);
void read_path(const quic_connection *connection, struct quic_path *path, const ngtcp2_path *library);
struct quic_address read_address(const ngtcp2_addr *address);
bool same_address(const struct quic_address *left, const struct quic_address *right);
ngtcp2_cid library_id(const struct quic_id *id);
struct quic_id read_id(const ngtcp2_cid *id);

#pragma GCC visibility pop

#endif
