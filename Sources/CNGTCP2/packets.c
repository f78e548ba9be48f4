#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <string.h>

// Heads of packets, tokens, and answers that need no connection.

/// What a token of a Retry is good for. A client answers it at once.
static const uint64_t retry_lifetime = 10 * NGTCP2_SECONDS;
/// What a token of an earlier connection is good for.
static const uint64_t earlier_lifetime = 3600 * NGTCP2_SECONDS;

// MARK: Heads

static struct quic_id cut_id(const uint8_t *bytes, size_t size) {
    struct quic_id id = {.size = (uint8_t)(size < QUIC_ID_MOST ? size : QUIC_ID_MOST)};
    if (id.size > 0) {
        memcpy(id.bytes, bytes, id.size);
    }
    return id;
}

static void read_first_packet(const uint8_t *bytes, size_t size, struct quic_packet *packet) {
    ngtcp2_pkt_hd head;
    packet->kind = QUIC_PACKET_LONG;
    // The library lets shorter ids pass behind any token (RFC 9000 section 7.2).
    bool is_long_enough = packet->destination.size >= NGTCP2_MIN_INITIAL_DCIDLEN;
    if (is_long_enough && ngtcp2_accept(&head, bytes, size) == 0) {
        packet->kind = QUIC_PACKET_INITIAL;
        packet->token = head.token.base;
        packet->token_size = head.token.len;
    }
}

void quic_packet_read(const uint8_t *bytes, size_t size, struct quic_packet *packet) {
    *packet = (struct quic_packet){.kind = QUIC_PACKET_NONE};
    ngtcp2_version_cid head;
    int error = size == 0 ? NGTCP2_ERR_INVALID_ARGUMENT
                          : ngtcp2_pkt_decode_version_cid(&head, bytes, size, QUIC_ID_SIZE);
    if (error != 0 && error != NGTCP2_ERR_VERSION_NEGOTIATION) {
        return;
    }
    packet->version = head.version;
    packet->destination = cut_id(head.dcid, head.dcidlen);
    packet->source = cut_id(head.scid, head.scidlen);
    if (error == NGTCP2_ERR_VERSION_NEGOTIATION) {
        packet->kind = QUIC_PACKET_OTHER_VERSION;
    } else if ((bytes[0] & 0x80) == 0) {
        packet->kind = QUIC_PACKET_SHORT;
    } else if (head.version == 0) {
        // An offer of versions, which only a client gets.
        packet->kind = QUIC_PACKET_LONG;
    } else if (head.version != NGTCP2_PROTO_VER_V1) {
        // The library knows drafts, too.
        packet->kind = QUIC_PACKET_OTHER_VERSION;
    } else {
        read_first_packet(bytes, size, packet);
    }
}

// MARK: Tokens

enum quic_token quic_packet_token(
    const struct quic_packet *packet, const struct quic_address *remote, const uint8_t *secret, uint64_t now,
    struct quic_id *original) {
    if (packet->token_size == 0) {
        return QUIC_TOKEN_ABSENT;
    }
    const ngtcp2_sockaddr *address = (const ngtcp2_sockaddr *)remote->words;
    ngtcp2_socklen size = (ngtcp2_socklen)remote->size;
    if (packet->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY) {
        ngtcp2_cid first;
        ngtcp2_cid destination = library_id(&packet->destination);
        int error = ngtcp2_crypto_verify_retry_token(
            &first, packet->token, packet->token_size, secret, QUIC_SECRET_SIZE, packet->version, address, size,
            &destination, retry_lifetime, now);
        if (error != 0) {
            return QUIC_TOKEN_WRONG;
        }
        *original = read_id(&first);
        return QUIC_TOKEN_RETRY;
    }
    if (packet->token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR) {
        return QUIC_TOKEN_USELESS;
    }
    int error = ngtcp2_crypto_verify_regular_token(
        packet->token, packet->token_size, secret, QUIC_SECRET_SIZE, address, size, earlier_lifetime, now);
    return error == 0 ? QUIC_TOKEN_EARLIER : QUIC_TOKEN_USELESS;
}

// MARK: Answers

static size_t written(ngtcp2_ssize size) { return size > 0 ? (size_t)size : 0; }

size_t quic_write_versions(const uint8_t *received, size_t received_size, uint8_t *bytes) {
    ngtcp2_version_cid head;
    int error = received_size == 0 ? NGTCP2_ERR_INVALID_ARGUMENT
                                   : ngtcp2_pkt_decode_version_cid(&head, received, received_size, QUIC_ID_SIZE);
    if (error != 0 && error != NGTCP2_ERR_VERSION_NEGOTIATION) {
        return 0;
    }
    // A shorter one no client has sent as its first, and the answer could be longer (RFC 9000 section 14.1).
    if (received_size < NGTCP2_MAX_UDP_PAYLOAD_SIZE || (received[0] & 0x80) == 0) {
        return 0;
    }
    uint8_t unused;
    uint32_t version = NGTCP2_PROTO_VER_V1;
    random_bytes(&unused, 1);
    return written(ngtcp2_pkt_write_version_negotiation(
        bytes, QUIC_PACKET_MOST, unused, head.scid, head.scidlen, head.dcid, head.dcidlen, &version, 1));
}

size_t quic_write_retry(
    const struct quic_packet *packet, const struct quic_address *remote, const struct quic_id *id, const uint8_t *secret,
    uint64_t now, uint8_t *bytes) {
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN];
    ngtcp2_cid first = library_id(&packet->destination);
    ngtcp2_cid client = library_id(&packet->source);
    ngtcp2_cid next = library_id(id);
    ngtcp2_ssize size = ngtcp2_crypto_generate_retry_token(
        token, secret, QUIC_SECRET_SIZE, packet->version, (const ngtcp2_sockaddr *)remote->words,
        (ngtcp2_socklen)remote->size, &next, &first, now);
    if (size <= 0) {
        return 0;
    }
    return written(ngtcp2_crypto_write_retry(
        bytes, QUIC_PACKET_MOST, packet->version, &client, &next, &first, token, (size_t)size));
}

size_t quic_write_refusal(const struct quic_packet *packet, uint64_t code, uint8_t *bytes) {
    ngtcp2_cid server = library_id(&packet->destination);
    ngtcp2_cid client = library_id(&packet->source);
    return written(ngtcp2_crypto_write_connection_close(
        bytes, QUIC_PACKET_MOST, packet->version, &client, &server, code, NULL, 0));
}

size_t quic_write_reset(const struct quic_packet *packet, size_t received_size, const uint8_t *secret, uint8_t *bytes) {
    // The shortest that looks like a packet of a connection, and the longest that is of use.
    const size_t shortest = 21;
    const size_t longest = 43;
    if (received_size <= shortest) {
        return 0;
    }
    size_t size = received_size - 1 < longest ? received_size - 1 : longest;
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
    uint8_t chance[64];
    ngtcp2_cid id = library_id(&packet->destination);
    if (ngtcp2_crypto_generate_stateless_reset_token(token, secret, QUIC_SECRET_SIZE, &id) != 0) {
        return 0;
    }
    random_bytes(chance, sizeof chance);
    return written(ngtcp2_pkt_write_stateless_reset(bytes, size, token, chance, size - sizeof token));
}

#endif
