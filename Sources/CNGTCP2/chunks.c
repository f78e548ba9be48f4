#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <string.h>

// Bytes that are to be sent, in their order.

/// Pieces below this size are copied, bytes.
static const size_t small = 1024;
/// The room for copies in a list's first chunk, and in each after it, bytes.
static const size_t first_room = 512;
static const size_t next_room = 4096;

static struct chunk *new_chunk(quic_connection *connection, struct chunks *chunks, size_t room) {
    struct chunk *chunk = take_memory(connection, sizeof *chunk + room);
    if (chunk == NULL) {
        return NULL;
    }
    *chunk = (struct chunk){.room = room};
    connection->handed_over += memory_for(sizeof *chunk + room);
    if (chunks->last == NULL) {
        chunks->first = chunk;
    } else {
        chunks->last->next = chunk;
    }
    chunks->last = chunk;
    return chunk;
}

/// What the library was told of stays where it is: a chunk is filled up behind that.
static bool add_copy(quic_connection *connection, struct chunks *chunks, const uint8_t *bytes, size_t size) {
    struct chunk *last = chunks->last;
    if (last == NULL || last->storage != NULL || last->room - last->size < size) {
        size_t room = last == NULL ? first_room : next_room;
        last = new_chunk(connection, chunks, room < size ? size : room);
        if (last == NULL) {
            return false;
        }
        last->bytes = last->copies;
    }
    memcpy(last->copies + last->size, bytes, size);
    last->size += size;
    return true;
}

bool add_chunk(quic_connection *connection, struct chunks *chunks, const uint8_t *bytes, size_t size, void *storage) {
    if (size < small) {
        if (!add_copy(connection, chunks, bytes, size)) {
            return false;
        }
        connection->owner.release(storage);
        return true;
    }
    return add_own_chunk(connection, chunks, bytes, size, storage);
}

bool add_own_chunk(quic_connection *connection, struct chunks *chunks, const uint8_t *bytes, size_t size, void *storage) {
    struct chunk *chunk = new_chunk(connection, chunks, 0);
    if (chunk == NULL) {
        return false;
    }
    chunk->bytes = bytes;
    chunk->size = size;
    chunk->storage = storage;
    connection->held += size;
    connection->handed_over += size;
    return true;
}

static void drop_chunk(quic_connection *connection, struct chunk *chunk) {
    connection->handed_over -= memory_for(sizeof *chunk + chunk->room);
    if (chunk->storage != NULL) {
        connection->held -= chunk->size;
        connection->handed_over -= chunk->size;
        connection->owner.release(chunk->storage);
    }
    give_memory(connection, chunk);
}

void drop_first_chunk(quic_connection *connection, struct chunks *chunks) {
    struct chunk *chunk = chunks->first;
    chunks->first = chunk->next;
    if (chunks->first == NULL) {
        chunks->last = NULL;
    }
    drop_chunk(connection, chunk);
}

uint64_t drop_chunks_behind(quic_connection *connection, struct chunks *chunks, struct chunk *kept) {
    uint64_t count = 0;
    struct chunk *chunk = kept->next;
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        count += chunk->size;
        drop_chunk(connection, chunk);
        chunk = next;
    }
    kept->next = NULL;
    chunks->last = kept;
    return count;
}

void drop_last_chunk(quic_connection *connection, struct chunks *chunks) {
    if (chunks->first == chunks->last) {
        drop_first_chunk(connection, chunks);
        return;
    }
    struct chunk *before = chunks->first;
    while (before->next != chunks->last) {
        before = before->next;
    }
    drop_chunks_behind(connection, chunks, before);
}

void drop_chunks(quic_connection *connection, struct chunks *chunks) {
    while (chunks->first != NULL) {
        drop_first_chunk(connection, chunks);
    }
}

#endif
