#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

// The streams that the library knows: what is to be sent on them, and whose turn it is.

/// How many streams of the peer's in one direction a connection sees, all in all.
static const size_t most_lingering = 16384;

// MARK: The table

static struct stream **bucket(const quic_connection *connection, int64_t id) {
    // The lowest two bits say of which kind a stream is.
    size_t number = (size_t)((uint64_t)id >> 2 ^ (uint64_t)id << 4);
    return &connection->streams.buckets[number & (connection->streams.size - 1)];
}

struct stream *find_stream(const quic_connection *connection, int64_t id) {
    if (connection->streams.size == 0) {
        return NULL;
    }
    struct stream *stream = *bucket(connection, id);
    while (stream != NULL && stream->id != id) {
        stream = stream->next_of_bucket;
    }
    return stream;
}

void each_stream(quic_connection *connection, void (*body)(quic_connection *connection, struct stream *stream)) {
    for (size_t index = 0; index < connection->streams.size; index++) {
        struct stream *stream = connection->streams.buckets[index];
        while (stream != NULL) {
            struct stream *next = stream->next_of_bucket;
            body(connection, stream);
            stream = next;
        }
    }
}

static bool grow_table(quic_connection *connection) {
    struct stream_table before = connection->streams;
    size_t size = before.size == 0 ? 4 : before.size * 2;
    struct stream **buckets = take_memory(connection, size * sizeof *buckets);
    if (buckets == NULL) {
        return false;
    }
    for (size_t index = 0; index < size; index++) {
        buckets[index] = NULL;
    }
    connection->streams.buckets = buckets;
    connection->streams.size = size;
    for (size_t index = 0; index < before.size; index++) {
        struct stream *stream = before.buckets[index];
        while (stream != NULL) {
            struct stream *next = stream->next_of_bucket;
            struct stream **place = bucket(connection, stream->id);
            stream->next_of_bucket = *place;
            *place = stream;
            stream = next;
        }
    }
    give_memory(connection, before.buckets);
    return true;
}

struct stream *add_stream(quic_connection *connection, int64_t id) {
    if (connection->streams.count >= connection->streams.size && !grow_table(connection)) {
        return NULL;
    }
    struct stream *stream = take_memory(connection, sizeof *stream);
    if (stream == NULL) {
        return NULL;
    }
    struct stream **place = bucket(connection, id);
    *stream = (struct stream){.id = id, .next_of_bucket = *place};
    *place = stream;
    connection->streams.count += 1;
    return stream;
}

static void clear_block(quic_connection *connection, struct stream *stream) {
    if (stream->is_blocked) {
        stream->is_blocked = false;
        connection->blocked -= 1;
    }
}

void remove_stream(quic_connection *connection, struct stream *stream) {
    take_from_ring(connection, stream);
    clear_block(connection, stream);
    drop_chunks(connection, &stream->chunks);
    struct stream **place = bucket(connection, stream->id);
    while (*place != stream) {
        place = &(*place)->next_of_bucket;
    }
    *place = stream->next_of_bucket;
    connection->streams.count -= 1;
    give_memory(connection, stream);
}

void remove_streams(quic_connection *connection) {
    each_stream(connection, remove_stream);
    give_memory(connection, connection->streams.buckets);
    connection->streams = (struct stream_table){.buckets = NULL};
}

// MARK: Whose turn it is

void put_in_ring(quic_connection *connection, struct stream *stream) {
    bool has_something = stream->unsent != NULL || (stream->has_last && !stream->last_is_sent) || stream->is_looked_at;
    if (stream->is_ready || stream->is_blocked || stream->is_shut || !has_something) {
        return;
    }
    stream->is_ready = true;
    struct stream *first = connection->ready;
    if (first == NULL) {
        stream->next_ready = stream;
        stream->previous_ready = stream;
        connection->ready = stream;
        return;
    }
    stream->next_ready = first;
    stream->previous_ready = first->previous_ready;
    first->previous_ready->next_ready = stream;
    first->previous_ready = stream;
}

void block(quic_connection *connection, struct stream *stream) {
    take_from_ring(connection, stream);
    if (!stream->is_blocked) {
        stream->is_blocked = true;
        connection->blocked += 1;
    }
}

void take_from_ring(quic_connection *connection, struct stream *stream) {
    if (!stream->is_ready) {
        return;
    }
    stream->is_ready = false;
    if (stream->next_ready == stream) {
        connection->ready = NULL;
        return;
    }
    stream->previous_ready->next_ready = stream->next_ready;
    stream->next_ready->previous_ready = stream->previous_ready;
    if (connection->ready == stream) {
        connection->ready = stream->next_ready;
    }
}

void unblock(quic_connection *connection, struct stream *stream) {
    clear_block(connection, stream);
    put_in_ring(connection, stream);
}

// MARK: What they hold

static void tell_released(quic_connection *connection, struct stream *stream, uint64_t count) {
    if (count > 0) {
        tell(connection, (struct quic_event){
            .kind = QUIC_EVENT_STREAM_RELEASED, .stream = stream->id, .size = (size_t)count,
        });
    }
}

void acknowledge(quic_connection *connection, struct stream *stream, uint64_t count) {
    if (count > stream->held) {
        count = stream->held;
    }
    stream->held -= count;
    uint64_t left = count;
    while (left > 0 && stream->chunks.first != NULL) {
        size_t rest = stream->chunks.first->size - stream->acknowledged;
        if (left < rest) {
            stream->acknowledged += (size_t)left;
            break;
        }
        left -= rest;
        stream->acknowledged = 0;
        drop_first_chunk(connection, &stream->chunks);
    }
    tell_released(connection, stream, count);
}

void shut_stream(quic_connection *connection, struct stream *stream) {
    take_from_ring(connection, stream);
    clear_block(connection, stream);
    stream->is_shut = true;
    struct chunk *from = stream->unsent;
    if (from == NULL) {
        return;
    }
    // What was sent stays: the library may send it again, after a reset, too.
    uint64_t count = from->size - stream->unsent_offset + drop_chunks_behind(connection, &stream->chunks, from);
    if (stream->unsent_offset == 0) {
        drop_last_chunk(connection, &stream->chunks);
    }
    stream->unsent = NULL;
    stream->held -= count;
    tell_released(connection, stream, count);
}

void finish_stream(quic_connection *connection, struct stream *stream) {
    tell_released(connection, stream, stream->held);
    remove_stream(connection, stream);
}

// MARK: Closing

bool is_of_peer(const quic_connection *connection, int64_t id) {
    return (id & 1) != (ngtcp2_conn_is_server(connection->library) ? 1 : 0);
}

void close_stream(quic_connection *connection, struct stream *stream, bool has_code, uint64_t code) {
    int64_t id = stream->id;
    finish_stream(connection, stream);
    tell(connection, (struct quic_event){
        .kind = QUIC_EVENT_STREAM_CLOSED, .stream = id, .has_code = has_code, .code = has_code ? code : 0,
    });
}

void close_incoming(quic_connection *connection, int64_t id, bool has_code, uint64_t code) {
    struct stream *stream = find_stream(connection, id);
    if (stream == NULL || ngtcp2_is_bidi_stream(id) || !is_of_peer(connection, id)) {
        return;
    }
    close_stream(connection, stream, has_code, code);
    // Its memory there is gone for as long as the connection lasts. So there is an end to the credit.
    connection->lingering += 1;
    if (connection->lingering < most_lingering) {
        ngtcp2_conn_extend_max_streams_uni(connection->library, 1);
    }
}

// MARK: What is asked for

bool quic_stream_write(
    quic_connection *connection, int64_t id, const uint8_t *bytes, size_t size, bool is_last, void *storage) {
    struct stream *stream = find_stream(connection, id);
    bool is_incoming = !ngtcp2_is_bidi_stream(id) && is_of_peer(connection, id);
    if (stream == NULL || stream->is_shut || stream->has_last || is_incoming) {
        return false;
    }
    if (size > 0) {
        struct chunk *last = stream->chunks.last;
        size_t before = last == NULL ? 0 : last->size;
        if (!add_chunk(connection, &stream->chunks, bytes, size, storage)) {
            return false;
        }
        stream->held += size;
        if (stream->unsent == NULL) {
            stream->unsent = stream->chunks.last;
            stream->unsent_offset = stream->unsent == last ? before : 0;
        }
    } else {
        connection->owner.release(storage);
    }
    stream->has_last = is_last;
    put_in_ring(connection, stream);
    return true;
}

int64_t quic_stream_open(quic_connection *connection, bool is_bidirectional) {
    int64_t id = -1;
    int error = is_bidirectional ? ngtcp2_conn_open_bidi_stream(connection->library, &id, NULL)
                                 : ngtcp2_conn_open_uni_stream(connection->library, &id, NULL);
    if (error != 0) {
        return -1;
    }
    if (add_stream(connection, id) == NULL) {
        ngtcp2_conn_shutdown_stream(connection->library, id, 0);
        return -1;
    }
    return id;
}

void quic_connection_grant(quic_connection *connection, uint64_t count) {
    ngtcp2_conn_extend_max_offset(connection->library, count);
}

void quic_stream_grant(quic_connection *connection, int64_t id, uint64_t count) {
    struct stream *stream = find_stream(connection, id);
    if (stream != NULL && !stream->is_deaf) {
        ngtcp2_conn_extend_max_stream_offset(connection->library, id, count);
    }
    quic_connection_grant(connection, count);
}

void quic_stream_reset(quic_connection *connection, int64_t id, uint64_t code) {
    struct stream *stream = find_stream(connection, id);
    if (stream == NULL || stream->is_shut) {
        return;
    }
    if (ngtcp2_conn_shutdown_stream_write(connection->library, id, code) == 0) {
        shut_stream(connection, stream);
    }
}

void quic_stream_stop(quic_connection *connection, int64_t id, uint64_t code) {
    struct stream *stream = find_stream(connection, id);
    if (stream == NULL || stream->is_deaf) {
        return;
    }
    stream->is_deaf = ngtcp2_conn_shutdown_stream_read(connection->library, id, code) == 0;
    if (stream->is_deaf) {
        // Nothing is told of it any more, not even its end.
        close_incoming(connection, id, true, code);
    }
}

#endif
