#include "support.h"

#ifndef CNGTCP2_PRESENT
#include "CNGTCP2.h"

#include <string.h>

// Without the libraries: no certificate can be read, so no connection can be made, and nothing of connections is ever called.

const char *quic_library_version(void) { return NULL; }

const char *quic_library_absence(void) { return CNGTCP2_ABSENCE; }

quic_certificate *quic_certificate_make(
    const uint8_t *chain, size_t chain_size, const uint8_t *key, size_t key_size, char *problem, size_t problem_size) {
    (void)chain, (void)chain_size, (void)key, (void)key_size;
    if (problem_size > 0) {
        strncpy(problem, CNGTCP2_ABSENCE, problem_size - 1);
        problem[problem_size - 1] = 0;
    }
    return NULL;
}

void quic_certificate_release(quic_certificate *certificate) { (void)certificate; }

void quic_packet_read(const uint8_t *bytes, size_t size, struct quic_packet *packet) {
    (void)bytes, (void)size;
    *packet = (struct quic_packet){.kind = QUIC_PACKET_NONE};
}

enum quic_token quic_packet_token(
    const struct quic_packet *packet, const struct quic_address *remote, const uint8_t *secret, uint64_t now,
    struct quic_id *original) {
    (void)packet, (void)remote, (void)secret, (void)now, (void)original;
    return QUIC_TOKEN_ABSENT;
}

size_t quic_write_versions(const uint8_t *received, size_t received_size, uint8_t *bytes) {
    (void)received, (void)received_size, (void)bytes;
    return 0;
}

size_t quic_write_retry(
    const struct quic_packet *packet, const struct quic_address *remote, const struct quic_id *id, const uint8_t *secret,
    uint64_t now, uint8_t *bytes) {
    (void)packet, (void)remote, (void)id, (void)secret, (void)now, (void)bytes;
    return 0;
}

size_t quic_write_refusal(const struct quic_packet *packet, uint64_t code, uint8_t *bytes) {
    (void)packet, (void)code, (void)bytes;
    return 0;
}

size_t quic_write_reset(const struct quic_packet *packet, size_t received_size, const uint8_t *secret, uint8_t *bytes) {
    (void)packet, (void)received_size, (void)secret, (void)bytes;
    return 0;
}

quic_connection *quic_connection_accept(
    const struct quic_packet *packet, const struct quic_id *id, const struct quic_id *original, bool is_proved,
    const struct quic_path *path, const struct quic_settings *settings, quic_certificate *certificate,
    struct quic_owner owner, uint64_t now) {
    (void)packet, (void)id, (void)original, (void)is_proved, (void)path, (void)settings, (void)certificate;
    (void)owner, (void)now;
    return NULL;
}

quic_connection *quic_connection_connect(
    const struct quic_server *server, const struct quic_id *id, const struct quic_path *path,
    const struct quic_settings *settings, struct quic_owner owner, uint64_t now) {
    (void)server, (void)id, (void)path, (void)settings, (void)owner, (void)now;
    return NULL;
}

void quic_connection_free(quic_connection *connection) { (void)connection; }

enum quic_outcome quic_connection_receive(
    quic_connection *connection, const struct quic_path *path, const uint8_t *bytes, size_t size, uint64_t now) {
    (void)connection, (void)path, (void)bytes, (void)size, (void)now;
    return QUIC_IS_OVER;
}

ptrdiff_t quic_connection_write(quic_connection *connection, uint8_t *bytes, struct quic_path *path, uint64_t now) {
    (void)connection, (void)bytes, (void)path, (void)now;
    return 0;
}

void quic_connection_sent(quic_connection *connection, uint64_t now) { (void)connection, (void)now; }

size_t quic_connection_quantum(quic_connection *connection) {
    (void)connection;
    return 0;
}

uint64_t quic_connection_expiry(quic_connection *connection) {
    (void)connection;
    return UINT64_MAX;
}

enum quic_outcome quic_connection_expire(quic_connection *connection, uint64_t now) {
    (void)connection, (void)now;
    return QUIC_IS_OVER;
}

size_t quic_connection_write_close(
    quic_connection *connection, uint64_t code, const uint8_t *reason, size_t reason_size, uint8_t *bytes,
    struct quic_path *path, uint64_t now) {
    (void)connection, (void)code, (void)reason, (void)reason_size, (void)bytes, (void)path, (void)now;
    return 0;
}

void quic_connection_fail(quic_connection *connection, uint64_t code) { (void)connection, (void)code; }

void quic_connection_end(quic_connection *connection, struct quic_end *end) {
    (void)connection;
    *end = (struct quic_end){.kind = QUIC_END_TRANSPORT};
}

size_t quic_connection_memory(const quic_connection *connection) {
    (void)connection;
    return 0;
}

size_t quic_connection_largest_datagram(quic_connection *connection) {
    (void)connection;
    return 0;
}

uint64_t quic_connection_closing_time(quic_connection *connection) {
    (void)connection;
    return 0;
}

void quic_connection_send_datagram(quic_connection *connection, const uint8_t *bytes, size_t size, void *storage) {
    (void)connection, (void)bytes, (void)size, (void)storage;
}

size_t quic_connection_waiting_datagrams(const quic_connection *connection) {
    (void)connection;
    return 0;
}

bool quic_connection_update_keys(quic_connection *connection, uint64_t now) {
    (void)connection, (void)now;
    return false;
}

bool quic_connection_migrate(quic_connection *connection, const struct quic_path *path, uint64_t now) {
    (void)connection, (void)path, (void)now;
    return false;
}

int64_t quic_stream_open(quic_connection *connection, bool is_bidirectional) {
    (void)connection, (void)is_bidirectional;
    return -1;
}

bool quic_stream_write(
    quic_connection *connection, int64_t stream, const uint8_t *bytes, size_t size, bool is_last, void *storage) {
    (void)connection, (void)stream, (void)bytes, (void)size, (void)is_last, (void)storage;
    return false;
}

void quic_stream_grant(quic_connection *connection, int64_t stream, uint64_t count) {
    (void)connection, (void)stream, (void)count;
}

void quic_connection_grant(quic_connection *connection, uint64_t count) { (void)connection, (void)count; }

void quic_stream_reset(quic_connection *connection, int64_t stream, uint64_t code) {
    (void)connection, (void)stream, (void)code;
}

void quic_stream_stop(quic_connection *connection, int64_t stream, uint64_t code) {
    (void)connection, (void)stream, (void)code;
}

#endif
