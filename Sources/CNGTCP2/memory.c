#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <stdlib.h>
#include <string.h>

// What the library and the shim take for a connection is counted, and in a list: the library forgets a piece here and there, where a peer's frames
// are wrong.

struct piece {
    struct piece *next;
    struct piece *previous;
    size_t size;
    /// Whether it is a room. Of a size that keeps what follows aligned for anything.
    size_t is_room;
};

size_t memory_for(size_t size) { return sizeof(struct piece) + size; }

static void enter(quic_connection *connection, struct piece *piece, size_t size, bool is_room) {
    piece->size = size;
    piece->is_room = is_room;
    piece->previous = NULL;
    piece->next = connection->pieces;
    if (piece->next != NULL) {
        piece->next->previous = piece;
    }
    connection->pieces = piece;
    connection->held += memory_for(size);
}

static void leave(quic_connection *connection, struct piece *piece) {
    if (piece->next != NULL) {
        piece->next->previous = piece->previous;
    }
    if (piece->previous != NULL) {
        piece->previous->next = piece->next;
    } else {
        connection->pieces = piece->next;
    }
    connection->held -= memory_for(piece->size);
}

void *take_memory(quic_connection *connection, size_t size) {
    struct piece *piece = size > SIZE_MAX - sizeof *piece ? NULL : malloc(sizeof *piece + size);
    if (piece == NULL) {
        return NULL;
    }
    enter(connection, piece, size, false);
    return piece + 1;
}

void give_memory(quic_connection *connection, void *memory) {
    if (memory == NULL) {
        return;
    }
    struct piece *piece = (struct piece *)memory - 1;
    leave(connection, piece);
    if (piece->is_room) {
        give_room(piece, memory_for(piece->size));
    } else {
        free(piece);
    }
}

void give_all_memory(quic_connection *connection) {
    while (connection->pieces != NULL) {
        give_memory(connection, connection->pieces + 1);
    }
}

/// Of what is that large, the most are pools, of which little is written to.
static void *library_malloc(size_t size, void *owner) {
    if (size > SIZE_MAX - sizeof(struct piece) || !fits_room(memory_for(size))) {
        return take_memory(owner, size);
    }
    struct piece *piece = take_room(memory_for(size));
    if (piece == NULL) {
        return NULL;
    }
    enter(owner, piece, size, true);
    return piece + 1;
}

static void library_free(void *memory, void *connection) { give_memory(connection, memory); }

static void *library_calloc(size_t count, size_t size, void *connection) {
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *memory = take_memory(connection, count * size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    return memory;
}

static void *library_realloc(void *memory, size_t size, void *owner) {
    if (memory == NULL) {
        return take_memory(owner, size);
    }
    void *moved = take_memory(owner, size);
    if (moved == NULL) {
        return NULL;
    }
    size_t before = ((struct piece *)memory - 1)->size;
    memcpy(moved, memory, before < size ? before : size);
    give_memory(owner, memory);
    return moved;
}

ngtcp2_mem make_allocator(quic_connection *connection) {
    ngtcp2_mem allocator = {
        .user_data = connection,
        .malloc = library_malloc,
        .free = library_free,
        .calloc = library_calloc,
        .realloc = library_realloc,
    };
    return allocator;
}

#endif
