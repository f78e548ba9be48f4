#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <string.h>

// Ids that the peer gives (RFC 9000 section 19.15). The library ends the process where one comes again that it has given up and whose end the peer
// has not acknowledged: a packet that is late, or a peer that wants just that. So what comes again never comes to the library. It says nothing new.
//
// That is only to be seen once a packet is unsealed, so all of its frames are walked over here.

_Thread_local quic_connection *receiving = NULL;

/// Numbers below the latest by so many are taken for seen. A peer has not so many ids at a time.
static const uint64_t remembered = 64;

static bool is_new_id(quic_connection *connection, uint64_t number) {
    if (number > connection->latest_id) {
        uint64_t step = number - connection->latest_id;
        connection->seen_ids = (step < remembered ? connection->seen_ids << step : 0) | 1;
        connection->latest_id = number;
        return true;
    }
    uint64_t age = connection->latest_id - number;
    if (age >= remembered || (connection->seen_ids >> age & 1) != 0) {
        return false;
    }
    connection->seen_ids |= (uint64_t)1 << age;
    return true;
}

/// A server may bring the number 1 with an address that it prefers, in the handshake.
static bool came_with_address(const quic_connection *connection, uint64_t number) {
    const ngtcp2_transport_params *remote = ngtcp2_conn_get_remote_transport_params(connection->library);
    return number == 1 && remote != NULL && remote->preferred_address_present;
}

// MARK: Frames

struct walk {
    uint8_t *place;
    uint8_t *end;
};

static bool skip(struct walk *walk, uint64_t count) {
    if (count > (uint64_t)(walk->end - walk->place)) {
        return false;
    }
    walk->place += count;
    return true;
}

static bool read_number(struct walk *walk, uint64_t *number) {
    if (walk->place == walk->end) {
        return false;
    }
    const uint8_t *bytes = walk->place;
    size_t size = (size_t)1 << (*bytes >> 6);
    if (!skip(walk, size)) {
        return false;
    }
    *number = *bytes & 0x3F;
    for (size_t index = 1; index < size; index++) {
        *number = *number << 8 | bytes[index];
    }
    return true;
}

static bool skip_numbers(struct walk *walk, uint64_t count) {
    uint64_t unused;
    while (count > 0 && read_number(walk, &unused)) {
        count -= 1;
    }
    return count == 0;
}

/// Numbers, then a length, and so many bytes.
static bool skip_piece(struct walk *walk, uint64_t numbers) {
    uint64_t size;
    return skip_numbers(walk, numbers) && read_number(walk, &size) && skip(walk, size);
}

static bool skip_acknowledgement(struct walk *walk, bool has_counts) {
    uint64_t ranges;
    return skip_numbers(walk, 2) && read_number(walk, &ranges) && skip_numbers(walk, 1) &&
           // Each takes two bytes at least.
           ranges <= (uint64_t)(walk->end - walk->place) / 2 && skip_numbers(walk, 2 * ranges + (has_counts ? 3 : 0));
}

static bool skip_stream(struct walk *walk, uint8_t kind) {
    uint64_t numbers = (kind & 0x04) != 0 ? 2 : 1;
    if ((kind & 0x02) != 0) {
        return skip_piece(walk, numbers);
    }
    return skip_numbers(walk, numbers) && skip(walk, (uint64_t)(walk->end - walk->place));
}

/// One that came before becomes a PING, which has to be acknowledged as well, and padding.
static bool walk_over_id(struct walk *walk, quic_connection *connection) {
    const uint64_t token_size = 16;
    uint8_t *start = walk->place - 1;
    uint64_t number;
    if (!read_number(walk, &number) || !skip_numbers(walk, 1) || walk->place == walk->end ||
        !skip(walk, 1 + (uint64_t)*walk->place + token_size)) {
        return false;
    }
    if (came_with_address(connection, number) || !is_new_id(connection, number)) {
        memset(start, 0, (size_t)(walk->place - start));
        *start = 0x01;
    }
    return true;
}

/// Returns false where the packet ends, or can't be read further: neither does the library then.
static bool walk_over_frame(struct walk *walk, quic_connection *connection) {
    if (walk->place == walk->end) {
        return false;
    }
    uint8_t kind = *walk->place;
    walk->place += 1;
    switch (kind) {
    case 0x00: case 0x01: case 0x1E: return true;
    case 0x02: case 0x03: return skip_acknowledgement(walk, kind == 0x03);
    case 0x04: return skip_numbers(walk, 3);
    case 0x05: case 0x11: case 0x15: return skip_numbers(walk, 2);
    case 0x06: return skip_piece(walk, 1);
    case 0x07: return skip_piece(walk, 0);
    case 0x08: case 0x09: case 0x0A: case 0x0B: case 0x0C: case 0x0D: case 0x0E: case 0x0F:
        return skip_stream(walk, kind);
    case 0x10: case 0x12: case 0x13: case 0x14: case 0x16: case 0x17: case 0x19: return skip_numbers(walk, 1);
    case 0x18: return walk_over_id(walk, connection);
    case 0x1A: case 0x1B: return skip(walk, 8);
    case 0x1C: return skip_piece(walk, 2);
    case 0x1D: return skip_piece(walk, 1);
    case 0x31: return skip_piece(walk, 0);
    // 0x30 reaches to the end, and all else is none.
    default: return false;
    }
}

int unseal(
    uint8_t *plain, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context, const uint8_t *sealed,
    size_t sealed_size, const uint8_t *nonce, size_t nonce_size, const uint8_t *head, size_t head_size) {
    int error = ngtcp2_crypto_decrypt_cb(
        plain, aead, context, sealed, sealed_size, nonce, nonce_size, head, head_size);
    // Only packets with a short header may bring ids here.
    bool has_short_head = head_size > 0 && (head[0] & 0x80) == 0;
    if (error == 0 && has_short_head && receiving != NULL && sealed_size > aead->max_overhead) {
        struct walk walk = {.place = plain, .end = plain + sealed_size - aead->max_overhead};
        while (walk_over_frame(&walk, receiving)) {
        }
    }
    return error;
}

#endif
