#include "end.h"

#include "chance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wrong(const struct end *end, const char *what) {
    fprintf(stderr, "wrong at the %s: %s\n", end->name, what);
    abort();
}

void end_begin(struct end *end, const char *name, bool is_server) {
    *end = (struct end){.name = name, .is_server = is_server};
}

// MARK: Ids

void end_add_id(struct end *end, const struct quic_id *id) {
    if (end->id_count == IDS_MOST) {
        wrong(end, "there are more ids than any peer may ask for");
    }
    end->ids[end->id_count++] = *id;
}

static bool same(const struct quic_id *left, const struct quic_id *right) {
    return left->size == right->size && memcmp(left->bytes, right->bytes, left->size) == 0;
}

bool end_has_id(const struct end *end, const struct quic_id *id) {
    for (size_t index = 0; index < end->id_count; index++) {
        if (same(&end->ids[index], id)) {
            return true;
        }
    }
    return false;
}

static void remove_id(struct end *end, const struct quic_id *id) {
    for (size_t index = 0; index < end->id_count; index++) {
        if (same(&end->ids[index], id)) {
            end->ids[index] = end->ids[--end->id_count];
            return;
        }
    }
}

// MARK: What was handed over

struct storage {
    struct end *end;
    size_t size;
    uint8_t bytes[];
};

/// A byte of a stream is told by its place.
static uint8_t byte_at(int64_t id, uint64_t place) { return (uint8_t)(place * 31 + (uint64_t)id * 7); }

static struct storage *lend(struct end *end, size_t size) {
    struct storage *storage = malloc(sizeof *storage + size);
    storage->end = end;
    storage->size = size;
    end->lent += 1;
    return storage;
}

static void release(void *memory) {
    struct storage *storage = memory;
    storage->end->lent -= 1;
    // Whoever reads it from here on reads what is not theirs.
    memset(storage->bytes, 0xEE, storage->size);
    free(storage);
}

// MARK: What is told

struct stream_note *end_stream(struct end *end, int64_t id) {
    for (size_t index = 0; index < end->stream_count; index++) {
        if (end->streams[index].id == id) {
            return &end->streams[index];
        }
    }
    return NULL;
}

static struct stream_note *add_stream(struct end *end, int64_t id, bool is_ours) {
    if (end->stream_count == STREAMS_MOST) {
        // Streams that are closed give way.
        size_t kept = 0;
        for (size_t index = 0; index < end->stream_count; index++) {
            if (!end->streams[index].is_closed) {
                end->streams[kept++] = end->streams[index];
            }
        }
        end->stream_count = kept;
    }
    if (end->stream_count == STREAMS_MOST) {
        wrong(end, "there are more streams than were allowed");
    }
    struct stream_note *note = &end->streams[end->stream_count++];
    *note = (struct stream_note){.id = id, .is_ours = is_ours};
    return note;
}

static struct stream_note *known(struct end *end, const struct quic_event *event) {
    struct stream_note *note = end_stream(end, event->stream);
    if (note == NULL || note->is_closed) {
        wrong(end, "something is told of a stream that is none");
    }
    return note;
}

static void received(struct end *end, const struct quic_event *event) {
    struct stream_note *note = known(end, event);
    if (note->has_ended) {
        wrong(end, "bytes come behind the last");
    }
    for (size_t index = 0; index < event->size; index++) {
        // Read in any case: the memory has to be there.
        if (event->bytes[index] != byte_at(event->stream, note->received + index) && !end->has_bad_peer) {
            wrong(end, "bytes are not those that were sent");
        }
    }
    note->received += event->size;
    note->owed += event->size;
    note->has_ended = event->is_last;
}

static void released(struct end *end, const struct quic_event *event) {
    struct stream_note *note = known(end, event);
    note->released += event->size;
    if (note->released > note->written) {
        wrong(end, "more is released than was written");
    }
}

static void closed(struct end *end, const struct quic_event *event) {
    struct stream_note *note = known(end, event);
    if (note->released != note->written) {
        wrong(end, "a stream is closed, and not all of it released");
    }
    note->is_closed = true;
}

static void happened(void *owner, const struct quic_event *event) {
    struct end *end = owner;
    switch (event->kind) {
    case QUIC_EVENT_HANDSHAKE_DONE: end->is_open = true; break;
    case QUIC_EVENT_STREAM_OPENED:
        if (end_stream(end, event->stream) != NULL) {
            wrong(end, "a stream is opened twice");
        }
        add_stream(end, event->stream, false);
        break;
    case QUIC_EVENT_STREAM_DATA: received(end, event); break;
    case QUIC_EVENT_STREAM_RELEASED: released(end, event); break;
    case QUIC_EVENT_STREAM_RESET:
    case QUIC_EVENT_STREAM_STOPPED: known(end, event); break;
    case QUIC_EVENT_STREAM_CLOSED: closed(end, event); break;
    case QUIC_EVENT_DATAGRAM:
        for (size_t index = 0; index < event->size; index++) {
            end->seen ^= event->bytes[index];
        }
        break;
    case QUIC_EVENT_MOVED: end->moves += 1; break;
    case QUIC_EVENT_ID_MADE: end_add_id(end, event->id); break;
    case QUIC_EVENT_ID_RETIRED: remove_id(end, event->id); break;
    case QUIC_EVENT_TOKEN:
        end->token_size = event->size <= sizeof end->token ? event->size : 0;
        memcpy(end->token, event->bytes, end->token_size);
        break;
    case QUIC_EVENT_STREAMS_ALLOWED: break;
    }
}

struct quic_owner end_owner(struct end *end) {
    return (struct quic_owner){.owner = end, .happened = happened, .release = release};
}

// MARK: What is done

static struct stream_note *any_stream(struct end *end) {
    return end->stream_count == 0 ? NULL : &end->streams[chance_upto(end->stream_count - 1)];
}

static void write_stream(struct end *end, struct stream_note *note) {
    size_t size = (size_t)(chance_percent(50) ? chance_upto(60) : chance_upto(6000));
    struct storage *storage = lend(end, size);
    for (size_t index = 0; index < size; index++) {
        storage->bytes[index] = byte_at(note->id, note->written + index);
    }
    bool is_last = chance_percent(15);
    // It may be released, and told, before the call is over.
    note->written += size;
    if (!quic_stream_write(end->connection, note->id, storage->bytes, size, is_last, storage)) {
        note->written -= size;
        release(storage);
    }
}

static void grant(struct end *end, struct stream_note *note) {
    uint64_t count = chance_upto(note->owed);
    note->owed -= count;
    if (note->is_closed) {
        quic_connection_grant(end->connection, count);
    } else {
        quic_stream_grant(end->connection, note->id, count);
    }
}

static void send_datagram(struct end *end) {
    size_t most = quic_connection_largest_datagram(end->connection);
    size_t size = (size_t)chance_upto(chance_percent(80) ? 40 : most + 10);
    if (quic_connection_waiting_datagrams(end->connection) > 20000) {
        return;
    }
    struct storage *storage = lend(end, size);
    chance_bytes(storage->bytes, size);
    quic_connection_send_datagram(end->connection, storage->bytes, size, storage);
}

/// A stream that may be there or not.
static void write_to_nobody(struct end *end) {
    struct storage *storage = lend(end, 0);
    if (!quic_stream_write(end->connection, (int64_t)chance_upto(5000), storage->bytes, 0, true, storage)) {
        release(storage);
    }
}

static void act_on_stream(struct end *end, struct stream_note *note) {
    switch (chance_upto(9)) {
    case 0: quic_stream_reset(end->connection, note->id, chance_upto(9)); break;
    case 1: quic_stream_stop(end->connection, note->id, chance_upto(9)); break;
    case 2: case 3: case 4: grant(end, note); break;
    default: write_stream(end, note); break;
    }
}

void end_act(struct end *end, uint64_t now) {
    if (end->connection == NULL || end->is_over || !end->is_open) {
        return;
    }
    struct stream_note *note = any_stream(end);
    end->actions += 1;
    switch (chance_upto(19)) {
    case 0: case 1: case 2: {
        int64_t id = quic_stream_open(end->connection, chance_percent(70));
        if (id >= 0) {
            add_stream(end, id, true);
        }
        break;
    }
    case 3: case 4: send_datagram(end); break;
    case 5:
        if (chance_percent(20)) {
            quic_connection_update_keys(end->connection, now);
        }
        break;
    case 6: write_to_nobody(end); break;
    default:
        if (note != NULL) {
            act_on_stream(end, note);
        }
        break;
    }
}

void end_free(struct end *end) {
    if (end->connection != NULL) {
        quic_connection_free(end->connection);
        end->connection = NULL;
    }
    if (end->lent != 0) {
        wrong(end, "what was handed over is not given back");
    }
}
