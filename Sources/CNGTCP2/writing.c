#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

// Packets out: datagrams first, since they don't wait well, then the streams in turn.

/// The most pieces of a stream in one packet.
#define PIECES_MOST 16
/// How often streams are looked at that the peer may have stopped, and how often closely.
static const uint64_t look_interval = 50 * NGTCP2_MILLISECONDS;
static const uint64_t close_look_interval = 250 * NGTCP2_MILLISECONDS;
/// What a datagram takes beside its bytes, bytes.
static const size_t datagram_overhead = 64;
/// Of a packet with a short header, beside ids and frames: its first byte, the longest number, the seal.
static const size_t short_overhead = 1 + 4 + 16;

/// A packet that is being made.
struct sheet {
    ngtcp2_path_storage way;
    ngtcp2_pkt_info info;
    uint8_t *bytes;
    uint64_t now;
};

/// What came of an attempt to put something into the packet.
enum progress {
    /// The packet takes more.
    GOES_ON,
    /// It is complete, and its size known.
    COMPLETE,
};

// MARK: Datagrams

size_t quic_connection_largest_datagram(quic_connection *connection) {
    const ngtcp2_transport_params *remote = ngtcp2_conn_get_remote_transport_params(connection->library);
    if (remote == NULL || remote->max_datagram_frame_size == 0) {
        return 0;
    }
    // The frame's type and its length.
    const uint64_t head = 3;
    uint64_t packet = ngtcp2_conn_get_path_max_tx_udp_payload_size(connection->library);
    uint64_t around = short_overhead + ngtcp2_conn_get_dcid(connection->library)->datalen + head;
    uint64_t here = packet > around ? packet - around : 0;
    uint64_t there = remote->max_datagram_frame_size > head ? remote->max_datagram_frame_size - head : 0;
    return (size_t)(here < there ? here : there);
}

void quic_connection_send_datagram(
    quic_connection *connection, const uint8_t *bytes, size_t size, void *storage) {
    if (add_own_chunk(connection, &connection->datagrams, bytes, size, storage)) {
        connection->datagram_bytes += size + datagram_overhead;
    } else {
        connection->owner.release(storage);
    }
}

static void drop_datagram(quic_connection *connection) {
    connection->datagram_bytes -= connection->datagrams.first->size + datagram_overhead;
    drop_first_chunk(connection, &connection->datagrams);
}

static enum progress put_datagram(quic_connection *connection, struct sheet *sheet, ptrdiff_t *size) {
    struct chunk *first = connection->datagrams.first;
    // The way may have become narrower since it was handed over. It would wait for ever.
    if (first->size > quic_connection_largest_datagram(connection)) {
        drop_datagram(connection);
        return GOES_ON;
    }
    ngtcp2_vec piece = {.base = (uint8_t *)first->bytes, .len = first->size};
    // The library takes no piece without bytes.
    size_t count = first->size > 0 ? 1 : 0;
    int is_accepted = 0;
    ngtcp2_ssize written = ngtcp2_conn_writev_datagram(
        connection->library, &sheet->way.path, &sheet->info, sheet->bytes, QUIC_PACKET_MOST, &is_accepted,
        NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0, &piece, count, sheet->now);
    // A packet may go out without it: then it is in the next.
    if (is_accepted) {
        drop_datagram(connection);
    }
    switch (written) {
    case NGTCP2_ERR_WRITE_MORE:
        return GOES_ON;
    case NGTCP2_ERR_INVALID_STATE:
    case NGTCP2_ERR_INVALID_ARGUMENT:
        drop_datagram(connection);
        return GOES_ON;
    default:
        *size = written;
        return COMPLETE;
    }
}

// MARK: Streams

static size_t gather(const struct stream *stream, ngtcp2_vec *pieces, bool *is_all) {
    size_t count = 0;
    size_t offset = stream->unsent_offset;
    struct chunk *chunk = stream->unsent;
    while (chunk != NULL && count < PIECES_MOST) {
        pieces[count] = (ngtcp2_vec){.base = (uint8_t *)chunk->bytes + offset, .len = chunk->size - offset};
        count += 1;
        offset = 0;
        chunk = chunk->next;
    }
    *is_all = chunk == NULL;
    return count;
}

static void advance(quic_connection *connection, struct stream *stream, size_t count, bool was_last) {
    stream->unsent_offset += count;
    while (stream->unsent != NULL && stream->unsent_offset >= stream->unsent->size) {
        stream->unsent_offset -= stream->unsent->size;
        stream->unsent = stream->unsent->next;
    }
    if (stream->unsent == NULL) {
        stream->last_is_sent = stream->last_is_sent || was_last;
        if (stream->last_is_sent || !stream->has_last) {
            take_from_ring(connection, stream);
        }
    }
}

static void stopped(quic_connection *connection, struct stream *stream) {
    shut_stream(connection, stream);
    tell(connection, (struct quic_event){.kind = QUIC_EVENT_STREAM_STOPPED, .stream = stream->id});
}

static enum progress put_stream(
    quic_connection *connection, struct stream *stream, struct sheet *sheet, ptrdiff_t *size) {
    ngtcp2_vec pieces[PIECES_MOST];
    bool is_all;
    size_t count = gather(stream, pieces, &is_all);
    bool is_last = is_all && stream->has_last;
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE | (is_last ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0);
    size_t offered = 0;
    for (size_t index = 0; index < count; index++) {
        offered += pieces[index].len;
    }
    ngtcp2_ssize taken = -1;
    ngtcp2_ssize written = ngtcp2_conn_writev_stream(
        connection->library, &sheet->way.path, &sheet->info, sheet->bytes, QUIC_PACKET_MOST, &taken, flags, stream->id,
        pieces, count, sheet->now);
    stream->is_looked_at = false;
    if (taken >= 0) {
        advance(connection, stream, (size_t)taken, is_last && (size_t)taken == offered);
    }
    switch (written) {
    case NGTCP2_ERR_WRITE_MORE:
        return GOES_ON;
    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        block(connection, stream);
        return GOES_ON;
    case NGTCP2_ERR_STREAM_SHUT_WR:
    case NGTCP2_ERR_STREAM_NOT_FOUND:
        stopped(connection, stream);
        return GOES_ON;
    default:
        // The next packet begins with another stream.
        if (taken > 0 && connection->ready == stream) {
            connection->ready = stream->next_ready;
        }
        *size = written;
        return COMPLETE;
    }
}

/// The library tells of a stop only where it is asked to send. So it is asked for what waits for credit.
static void look_at_blocked(quic_connection *connection, struct stream *stream) {
    if (stream->is_blocked) {
        unblock(connection, stream);
    }
}

/// The same where all is sent and nothing has moved for a while: for an empty piece.
static void look_at_sent(quic_connection *connection, struct stream *stream) {
    bool has_moved = stream->held != stream->held_before;
    stream->held_before = stream->held;
    if (stream->held == 0 || has_moved || stream->is_shut || stream->last_is_sent || stream->is_ready) {
        return;
    }
    stream->is_looked_at = stream->unsent == NULL;
    put_in_ring(connection, stream);
}

uint64_t next_look(const quic_connection *connection) {
    return connection->has_received && connection->blocked > 0 ? connection->looked + look_interval : UINT64_MAX;
}

static void look_for_stops(quic_connection *connection) {
    if (!connection->has_received || connection->now - connection->looked < look_interval) {
        return;
    }
    connection->has_received = false;
    connection->looked = connection->now;
    if (connection->blocked > 0) {
        each_stream(connection, look_at_blocked);
    }
    if (connection->now - connection->looked_closely >= close_look_interval) {
        connection->looked_closely = connection->now;
        each_stream(connection, look_at_sent);
    }
}

/// Whose turn it is. Without credit for the connection: only one that has nothing but its end to send.
static struct stream *next_stream(const quic_connection *connection) {
    struct stream *first = connection->ready;
    if (first == NULL || ngtcp2_conn_get_max_data_left(connection->library) > 0) {
        return first;
    }
    struct stream *stream = first;
    while (stream->unsent != NULL) {
        stream = stream->next_ready;
        if (stream == first) {
            return NULL;
        }
    }
    return stream;
}

// MARK: Packets

ptrdiff_t quic_connection_write(quic_connection *connection, uint8_t *bytes, struct quic_path *path, uint64_t now) {
    if (now > connection->now) {
        connection->now = now;
    }
    look_for_stops(connection);
    struct sheet sheet = {.bytes = bytes, .now = connection->now};
    ngtcp2_path_storage_zero(&sheet.way);
    ptrdiff_t size = 0;
    enum progress progress = GOES_ON;
    while (progress == GOES_ON) {
        struct stream *stream = next_stream(connection);
        if (connection->datagrams.first != NULL) {
            progress = put_datagram(connection, &sheet, &size);
        } else if (stream != NULL) {
            progress = put_stream(connection, stream, &sheet, &size);
        } else {
            size = ngtcp2_conn_writev_stream(
                connection->library, &sheet.way.path, &sheet.info, bytes, QUIC_PACKET_MOST, NULL,
                NGTCP2_WRITE_STREAM_FLAG_NONE, -1, NULL, 0, connection->now);
            progress = COMPLETE;
        }
    }
    if (size < 0) {
        fail(connection, (int)size);
        return -1;
    }
    read_path(connection, path, &sheet.way.path);
    return size;
}

void quic_connection_sent(quic_connection *connection, uint64_t now) {
    ngtcp2_conn_update_pkt_tx_time(connection->library, now > connection->now ? now : connection->now);
}

size_t quic_connection_quantum(quic_connection *connection) {
    return ngtcp2_conn_get_send_quantum(connection->library);
}

#endif
