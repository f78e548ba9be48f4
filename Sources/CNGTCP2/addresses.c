#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <string.h>

// Addresses and ids, between the library's form and ours.

static ngtcp2_addr library_address(const struct quic_address *address) {
    ngtcp2_addr result = {
        .addr = (ngtcp2_sockaddr *)address->words,
        .addrlen = (ngtcp2_socklen)address->size,
    };
    return result;
}

ngtcp2_path library_path(const struct quic_path *path) {
    ngtcp2_path result = {
        .local = library_address(&path->local),
        .remote = library_address(&path->remote),
        .user_data = NULL,
    };
    return result;
}

ngtcp2_path peer_path(const struct quic_path *path) {
    ngtcp2_path result = {
        .local = library_address(&path->remote),
        .remote = library_address(&path->remote),
        .user_data = NULL,
    };
    return result;
}

struct quic_address read_address(const ngtcp2_addr *address) {
    struct quic_address result = {.size = 0};
    if (address->addrlen > 0 && address->addrlen <= sizeof result.words) {
        memcpy(result.words, address->addr, address->addrlen);
        result.size = (uint32_t)address->addrlen;
    }
    return result;
}

void read_path(const quic_connection *connection, struct quic_path *path, const ngtcp2_path *library) {
    path->local = ngtcp2_conn_is_server(connection->library) ? connection->own : read_address(&library->local);
    path->remote = read_address(&library->remote);
}

bool same_address(const struct quic_address *left, const struct quic_address *right) {
    return left->size == right->size && memcmp(left->words, right->words, left->size) == 0;
}

ngtcp2_cid library_id(const struct quic_id *id) {
    ngtcp2_cid result;
    ngtcp2_cid_init(&result, id->bytes, id->size <= QUIC_ID_MOST ? id->size : QUIC_ID_MOST);
    return result;
}

struct quic_id read_id(const ngtcp2_cid *id) {
    struct quic_id result = {.size = (uint8_t)id->datalen};
    memcpy(result.bytes, id->data, id->datalen);
    return result;
}

#endif
