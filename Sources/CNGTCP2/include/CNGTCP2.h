#ifndef CNGTCP2_H
#define CNGTCP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// QUIC version 1 (RFC 9000, 9001, 9002) with DATAGRAM frames (RFC 9221), without sockets and without a clock: packets go in, packets come out, and
// the caller says what time it is. Made of ngtcp2 0.12 and its GnuTLS helper, whose names, changed since, stay behind this header. Where these
// libraries are absent or others, everything here is there and says so, and no connection can be made.
//
// A connection and all that is said of it belong to one thread at a time. Certificates may be shared by threads.

// Libraries

/// The version of ngtcp2 in use; NULL where there is none.
const char *quic_library_version(void);

/// Why there is none, for people; NULL where there is one.
const char *quic_library_absence(void);

// Certificates

typedef struct quic_certificate quic_certificate;

/// Reads a chain and the key of its first certificate, both PEM. Released by `quic_certificate_release`.
///
/// Returns NULL where they can't be read or don't belong together, and says in `problem` why, cut to `problem_size` bytes with a zero at the end.
quic_certificate *quic_certificate_make(
    const uint8_t *chain, size_t chain_size, const uint8_t *key, size_t key_size, char *problem, size_t problem_size);
/// A connection whose handshake is under way keeps the certificate that it began with.
void quic_certificate_release(quic_certificate *certificate);

// Ids, addresses, packets

/// The longest connection id, bytes.
#define QUIC_ID_MOST 20
/// The length of the ids that are given to peers here, bytes.
#define QUIC_ID_SIZE 16
/// Of secrets, bytes.
#define QUIC_SECRET_SIZE 32
/// A buffer of this size takes any packet that is made here, bytes.
#define QUIC_PACKET_MOST 1500

struct quic_id {
    uint8_t bytes[QUIC_ID_MOST];
    /// Bytes.
    uint8_t size;
};

/// `struct sockaddr_in` or `struct sockaddr_in6`, aligned.
struct quic_address {
    uint64_t words[4];
    /// Bytes; 0: none.
    uint32_t size;
};

struct quic_path {
    struct quic_address local;
    struct quic_address remote;
};

/// What a packet is, as far as it shows without keys.
enum quic_packet_kind {
    /// No packet of QUIC.
    QUIC_PACKET_NONE,
    /// Of a connection's own keys, with a short header.
    QUIC_PACKET_SHORT,
    /// The first of a client's.
    QUIC_PACKET_INITIAL,
    /// Another with a long header.
    QUIC_PACKET_LONG,
    /// Of a version that is not spoken.
    QUIC_PACKET_OTHER_VERSION,
};

/// The head of the first packet in a datagram. Points into the datagram.
struct quic_packet {
    enum quic_packet_kind kind;
    uint32_t version;
    /// Whom it is for. In QUIC_PACKET_OTHER_VERSION it may be longer than `QUIC_ID_MOST` in the packet, and is cut here.
    struct quic_id destination;
    struct quic_id source;
    const uint8_t *token;
    size_t token_size;
};

/// Reads the head. Takes anything. A first packet that no server may answer, being too short for one, is no packet.
void quic_packet_read(const uint8_t *bytes, size_t size, struct quic_packet *packet);

/// What a client's token proves.
enum quic_token {
    QUIC_TOKEN_ABSENT,
    /// An answer to a Retry of late: the client is where it says.
    QUIC_TOKEN_RETRY,
    /// Given to it by an earlier connection: it was there then.
    QUIC_TOKEN_EARLIER,
    /// Looks like a Retry's, and is none that is good: to be refused (RFC 9000 section 8.1.3).
    QUIC_TOKEN_WRONG,
    /// Proves nothing.
    QUIC_TOKEN_USELESS,
};

/// - `original`: set for QUIC_TOKEN_RETRY: the id that the client had chosen first.
enum quic_token quic_packet_token(
    const struct quic_packet *packet, const struct quic_address *remote, const uint8_t *secret, uint64_t now,
    struct quic_id *original);

// Answers to packets that are of no connection. Each returns how many bytes it wrote to `bytes`, which takes QUIC_PACKET_MOST; 0: nothing is to be sent.

/// Offers version 1 to a client that speaks another.
size_t quic_write_versions(const uint8_t *received, size_t received_size, uint8_t *bytes);
/// Asks a client to prove its address. `id`: the one that the client's next packet is for.
size_t quic_write_retry(
    const struct quic_packet *packet, const struct quic_address *remote, const struct quic_id *id, const uint8_t *secret,
    uint64_t now, uint8_t *bytes);
/// Refuses a connection, with an error of the transport.
size_t quic_write_refusal(const struct quic_packet *packet, uint64_t code, uint8_t *bytes);
/// Tells a peer that its connection is not known. Shorter than what it answers, so that two such answers can't go on for ever.
size_t quic_write_reset(const struct quic_packet *packet, size_t received_size, const uint8_t *secret, uint8_t *bytes);

// Connections

typedef struct quic_connection quic_connection;

/// What is offered to the peer. Durations are nanoseconds.
struct quic_settings {
    /// Names of protocols, each with its length in front (RFC 7301), the preferred first.
    const uint8_t *protocols;
    size_t protocols_size;
    uint64_t idle_timeout;
    /// 0: none.
    uint64_t keep_alive;
    uint64_t handshake_timeout;
    uint64_t stream_window;
    uint64_t connection_window;
    uint64_t bidirectional_streams;
    uint64_t unidirectional_streams;
    uint64_t datagram_frame;
    /// What may be held for a connection, bytes, without what the owner has handed over. Beyond it the connection ends.
    size_t memory_base;
    /// The same for each of its streams, more.
    size_t memory_per_stream;
    /// Where the tokens of stateless resets come from, QUIC_SECRET_SIZE bytes.
    const uint8_t *reset_secret;
    /// Where those come from that prove addresses.
    const uint8_t *token_secret;
};

enum quic_event_kind {
    /// `bytes`: the protocol's name.
    QUIC_EVENT_HANDSHAKE_DONE,
    /// The peer has opened `stream`.
    QUIC_EVENT_STREAM_OPENED,
    /// `bytes` have come on `stream`; `is_last`: nothing comes behind them.
    QUIC_EVENT_STREAM_DATA,
    /// `size` bytes written to `stream` are not needed any more.
    QUIC_EVENT_STREAM_RELEASED,
    /// The peer has given up its direction, with `code`.
    QUIC_EVENT_STREAM_RESET,
    /// The peer wants no more of our direction.
    QUIC_EVENT_STREAM_STOPPED,
    /// Both directions are done. `has_code`: one of the sides has given `code`.
    QUIC_EVENT_STREAM_CLOSED,
    /// More streams can be opened.
    QUIC_EVENT_STREAMS_ALLOWED,
    QUIC_EVENT_DATAGRAM,
    /// The peer is at `remote` now, and has proved that it is there.
    QUIC_EVENT_MOVED,
    /// `id` holds an id of chance, which the owner may change. Packets for it are the connection's from now on.
    QUIC_EVENT_ID_MADE,
    /// `id` is not used any more.
    QUIC_EVENT_ID_RETIRED,
    /// `bytes` prove the client's address to the server the next time.
    QUIC_EVENT_TOKEN,
};

/// Something that has happened. Good for the time of the call.
struct quic_event {
    enum quic_event_kind kind;
    bool is_last;
    bool has_code;
    int64_t stream;
    uint64_t code;
    const uint8_t *bytes;
    size_t size;
    struct quic_id *id;
    const struct quic_address *remote;
};

/// Whom a connection tells. It calls from within the functions below that take `now`, and from `quic_connection_free` and those on streams; nothing of the
/// connection may be called from there.
struct quic_owner {
    void *owner;
    void (*happened)(void *owner, const struct quic_event *event);
    /// Gives back what was handed over with bytes.
    void (*release)(void *storage);
};

/// Takes a client's first packet, which then has to be given to `quic_connection_receive`. `id`: the connection's own.
///
/// - `original`: what `quic_packet_token` told of a Retry; NULL where there was none.
/// - `is_proved`: whether the client's token was good.
///
/// Returns NULL without memory.
quic_connection *quic_connection_accept(
    const struct quic_packet *packet, const struct quic_id *id, const struct quic_id *original, bool is_proved,
    const struct quic_path *path, const struct quic_settings *settings, quic_certificate *certificate,
    struct quic_owner owner, uint64_t now);

/// What a client knows of the server that it wants.
struct quic_server {
    /// Its name, in TLS (SNI); NULL: none.
    const char *name;
    /// SHA-256 digests of the certificates that it may have, 32 bytes each.
    const uint8_t *digests;
    /// How many. With 0 any certificate is taken.
    size_t digest_count;
    /// Of an earlier connection, see QUIC_EVENT_TOKEN.
    const uint8_t *token;
    size_t token_size;
};

quic_connection *quic_connection_connect(
    const struct quic_server *server, const struct quic_id *id, const struct quic_path *path,
    const struct quic_settings *settings, struct quic_owner owner, uint64_t now);

/// Releases all that was handed over, and tells nothing to the peer.
void quic_connection_free(quic_connection *connection);

enum quic_outcome {
    QUIC_GOES_ON,
    /// There was an error that the peer has to be told of: `quic_connection_write_close` writes it. Then it is over.
    QUIC_MUST_CLOSE,
    /// It is over, and nothing more is to be sent.
    QUIC_IS_OVER,
    /// A server can't go on from this first packet, and may ask for a better one by a Retry. Then it is over.
    QUIC_WANTS_RETRY,
};

/// A datagram has come.
enum quic_outcome quic_connection_receive(
    quic_connection *connection, const struct quic_path *path, const uint8_t *bytes, size_t size, uint64_t now);

/// Writes a packet that is to be sent.
///
/// - `bytes`: takes QUIC_PACKET_MOST.
/// - `path`: set to where it goes.
///
/// Returns its size; 0 where nothing is to be sent now; -1 where an error ends the connection as with QUIC_MUST_CLOSE.
ptrdiff_t quic_connection_write(quic_connection *connection, uint8_t *bytes, struct quic_path *path, uint64_t now);

/// What was written since the last time has been sent.
void quic_connection_sent(quic_connection *connection, uint64_t now);

/// How much to write at a time, bytes.
size_t quic_connection_quantum(quic_connection *connection);

/// When `quic_connection_expire` has to be called; UINT64_MAX: not at all.
uint64_t quic_connection_expiry(quic_connection *connection);

/// That time has come. Writing is due afterwards.
enum quic_outcome quic_connection_expire(quic_connection *connection, uint64_t now);

/// Writes the packet that tells the peer of the end: of the error where there was one, else of the application's, whose reason is cut to 256 bytes.
/// As `quic_connection_write`, never -1.
size_t quic_connection_write_close(
    quic_connection *connection, uint64_t code, const uint8_t *reason, size_t reason_size, uint8_t *bytes,
    struct quic_path *path, uint64_t now);

/// Ends it with an error of the transport, which `quic_connection_write_close` tells the peer of.
void quic_connection_fail(quic_connection *connection, uint64_t code);

enum quic_end_kind {
    QUIC_END_TRANSPORT,
    QUIC_END_APPLICATION,
    QUIC_END_IDLE,
    QUIC_END_HANDSHAKE_TIMEOUT,
    QUIC_END_RESET,
    QUIC_END_NO_VERSION,
};

/// Why it is over.
struct quic_end {
    enum quic_end_kind kind;
    bool is_of_peer;
    uint64_t code;
    /// Good for as long as the connection.
    const uint8_t *reason;
    size_t reason_size;
};

void quic_connection_end(quic_connection *connection, struct quic_end *end);

/// Held for the connection, bytes, with what was handed over and is not released.
size_t quic_connection_memory(const quic_connection *connection);
/// The longest datagram that can be sent now, bytes; 0: none can.
size_t quic_connection_largest_datagram(quic_connection *connection);
/// How long the peer may take after the connection's end until all of its packets have come, nanoseconds; 10 seconds at most.
uint64_t quic_connection_closing_time(quic_connection *connection);

/// Hands over bytes to be sent as a datagram: `storage` is released when they are sent or dropped.
void quic_connection_send_datagram(
    quic_connection *connection, const uint8_t *bytes, size_t size, void *storage);
/// Datagrams that wait, bytes, with 64 more for each.
size_t quic_connection_waiting_datagrams(const quic_connection *connection);

/// Goes on with new keys (RFC 9001 section 6). Returns whether it can now.
bool quic_connection_update_keys(quic_connection *connection, uint64_t now);
/// Goes on from another address of the client's, once that is found to work. Returns whether it can now.
bool quic_connection_migrate(quic_connection *connection, const struct quic_path *path, uint64_t now);

// Streams

/// Opens one. Returns its id; -1 where the peer allows none now.
int64_t quic_stream_open(quic_connection *connection, bool is_bidirectional);

/// Hands over bytes to be sent: they stay where they are until they are acknowledged or given up, then `storage` is released.
///
/// Returns whether they are taken: not after the last, after a reset or a stop, or by a stream that is not there.
bool quic_stream_write(
    quic_connection *connection, int64_t stream, const uint8_t *bytes, size_t size, bool is_last, void *storage);

/// Lets the peer send as many bytes more, on the stream and on the connection.
void quic_stream_grant(quic_connection *connection, int64_t stream, uint64_t count);
/// The same on the connection alone.
void quic_connection_grant(quic_connection *connection, uint64_t count);

/// Gives up our direction.
void quic_stream_reset(quic_connection *connection, int64_t stream, uint64_t code);
/// Wants no more of the peer's direction. No data are told of any more.
void quic_stream_stop(quic_connection *connection, int64_t stream, uint64_t code);

#endif
