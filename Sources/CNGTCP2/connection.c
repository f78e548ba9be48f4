#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <stdlib.h>
#include <string.h>

// A connection's life: from its first packet to its end.

const char *quic_library_version(void) { return ngtcp2_version(0)->version_str; }

const char *quic_library_absence(void) { return NULL; }

void tell(quic_connection *connection, struct quic_event event) {
    connection->owner.happened(connection->owner.owner, &event);
}

/// The library does not stand a clock that goes back.
static uint64_t forward(quic_connection *connection, uint64_t now) {
    if (now > connection->now) {
        connection->now = now;
    }
    return connection->now;
}

// MARK: Beginning

static ngtcp2_settings library_settings(const struct quic_settings *settings, uint64_t now) {
    ngtcp2_settings result;
    ngtcp2_settings_default(&result);
    result.initial_ts = now;
    result.handshake_timeout = settings->handshake_timeout;
    // All ways take packets of this size (RFC 9000 section 14). To look for longer ones is not safe here: a client that moves back in the midst of it,
    // or of what forbids it, meets an assertion of the library's. With this limit a search is over as it begins, and both are well.
    result.max_tx_udp_payload_size = NGTCP2_MAX_UDP_PAYLOAD_SIZE;
    result.no_pmtud = 0;
    return result;
}

static ngtcp2_transport_params library_parameters(const struct quic_settings *settings) {
    ngtcp2_transport_params result;
    ngtcp2_transport_params_default(&result);
    result.initial_max_stream_data_bidi_local = settings->stream_window;
    result.initial_max_stream_data_bidi_remote = settings->stream_window;
    result.initial_max_stream_data_uni = settings->stream_window;
    result.initial_max_data = settings->connection_window;
    result.initial_max_streams_bidi = settings->bidirectional_streams;
    result.initial_max_streams_uni = settings->unidirectional_streams;
    result.max_idle_timeout = settings->idle_timeout;
    result.max_udp_payload_size = QUIC_PACKET_MOST;
    result.max_datagram_frame_size = settings->datagram_frame;
    // For a way or two that a peer may try, and what each costs in memory.
    result.active_connection_id_limit = 4;
    return result;
}

static quic_connection *make_connection(
    const struct quic_path *path, const struct quic_settings *settings, struct quic_owner owner, uint64_t now) {
    quic_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        return NULL;
    }
    connection->held = sizeof *connection;
    connection->owner = owner;
    connection->now = now;
    connection->peer = path->remote;
    connection->own = path->local;
    // The handshake's.
    connection->seen_ids = 1;
    memcpy(connection->reset_secret, settings->reset_secret, QUIC_SECRET_SIZE);
    memcpy(connection->token_secret, settings->token_secret, QUIC_SECRET_SIZE);
    connection->allocator = make_allocator(connection);
    connection->memory_base = settings->memory_base;
    connection->memory_per_stream = settings->memory_per_stream;
    return connection;
}

static quic_connection *begun(
    quic_connection *connection, const struct quic_settings *settings, bool has_session, int error) {
    if (error != 0 || !has_session) {
        quic_connection_free(connection);
        return NULL;
    }
    ngtcp2_conn_set_tls_native_handle(connection->library, connection->session);
    if (settings->keep_alive > 0) {
        ngtcp2_conn_set_keep_alive_timeout(connection->library, settings->keep_alive);
    }
    return connection;
}

quic_connection *quic_connection_accept(
    const struct quic_packet *packet, const struct quic_id *id, const struct quic_id *original, bool is_proved,
    const struct quic_path *path, const struct quic_settings *settings, quic_certificate *certificate,
    struct quic_owner owner, uint64_t now) {
    quic_connection *connection = make_connection(path, settings, owner, now);
    if (connection == NULL) {
        return NULL;
    }
    quic_certificate_retain(certificate);
    connection->certificate = certificate;
    ngtcp2_cid client = library_id(&packet->source);
    ngtcp2_cid server = library_id(id);
    ngtcp2_settings library = library_settings(settings, now);
    ngtcp2_transport_params parameters = library_parameters(settings);
    // Each of the client's addresses takes one. As many as the library has room for in any case.
    parameters.active_connection_id_limit = 8;
    if (is_proved) {
        library.token = (ngtcp2_vec){.base = (uint8_t *)packet->token, .len = packet->token_size};
    }
    if (original != NULL) {
        parameters.original_dcid = library_id(original);
        parameters.retry_scid = library_id(&packet->destination);
        parameters.retry_scid_present = 1;
    } else {
        parameters.original_dcid = library_id(&packet->destination);
    }
    int error = ngtcp2_crypto_generate_stateless_reset_token(
        parameters.stateless_reset_token, settings->reset_secret, QUIC_SECRET_SIZE, &server);
    parameters.stateless_reset_token_present = error == 0;
    ngtcp2_path way = peer_path(path);
    ngtcp2_callbacks callbacks = make_callbacks(true);
    error = ngtcp2_conn_server_new(
        &connection->library, &client, &server, &way, packet->version, &callbacks, &library, &parameters,
        &connection->allocator, connection);
    return begun(connection, settings, error == 0 && begin_server_session(connection, settings), error);
}

quic_connection *quic_connection_connect(
    const struct quic_server *server, const struct quic_id *id, const struct quic_path *path,
    const struct quic_settings *settings, struct quic_owner owner, uint64_t now) {
    quic_connection *connection = make_connection(path, settings, owner, now);
    if (connection == NULL) {
        return NULL;
    }
    struct quic_id chosen = {.size = QUIC_ID_SIZE};
    random_bytes(chosen.bytes, chosen.size);
    ngtcp2_cid remote = library_id(&chosen);
    ngtcp2_cid own = library_id(id);
    ngtcp2_settings library = library_settings(settings, now);
    library.token = (ngtcp2_vec){.base = (uint8_t *)server->token, .len = server->token_size};
    ngtcp2_transport_params parameters = library_parameters(settings);
    ngtcp2_path way = library_path(path);
    ngtcp2_callbacks callbacks = make_callbacks(false);
    int error = ngtcp2_conn_client_new(
        &connection->library, &remote, &own, &way, NGTCP2_PROTO_VER_V1, &callbacks, &library, &parameters,
        &connection->allocator, connection);
    return begun(connection, settings, error == 0 && begin_client_session(connection, settings, server), error);
}

void quic_connection_free(quic_connection *connection) {
    ngtcp2_conn_del(connection->library);
    connection->library = NULL;
    remove_streams(connection);
    drop_chunks(connection, &connection->datagrams);
    end_session(connection);
    give_all_memory(connection);
    free(connection);
}

// MARK: Ending

static void end_with(quic_connection *connection, enum quic_end_kind kind, bool is_of_peer, uint64_t code) {
    connection->is_over = true;
    connection->end = (struct quic_end){.kind = kind, .is_of_peer = is_of_peer, .code = code};
}

/// What the peer has said when it closed.
static void end_as_told(quic_connection *connection) {
    ngtcp2_connection_close_error error;
    ngtcp2_conn_get_connection_close_error(connection->library, &error);
    switch (error.type) {
    case NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION:
        end_with(connection, QUIC_END_APPLICATION, true, error.error_code);
        break;
    case NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_TRANSPORT_VERSION_NEGOTIATION:
        end_with(connection, QUIC_END_NO_VERSION, true, 0);
        break;
    case NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_TRANSPORT_IDLE_CLOSE:
        end_with(connection, QUIC_END_IDLE, true, 0);
        break;
    default:
        end_with(connection, QUIC_END_TRANSPORT, true, error.error_code);
        break;
    }
    size_t size = error.reasonlen < sizeof connection->reason ? error.reasonlen : sizeof connection->reason;
    if (size > 0) {
        memcpy(connection->reason, error.reason, size);
    }
    connection->end.reason = connection->reason;
    connection->end.reason_size = size;
}

static uint64_t code_of(quic_connection *connection, int error) {
    ngtcp2_connection_close_error inferred;
    ngtcp2_connection_close_error_default(&inferred);
    uint8_t alert = ngtcp2_conn_get_tls_alert(connection->library);
    if ((error == NGTCP2_ERR_CRYPTO || error == NGTCP2_ERR_CALLBACK_FAILURE) && alert != 0) {
        ngtcp2_connection_close_error_set_transport_error_tls_alert(&inferred, alert, NULL, 0);
    } else {
        ngtcp2_connection_close_error_set_transport_error_liberr(&inferred, error, NULL, 0);
    }
    return inferred.error_code;
}

enum quic_outcome fail(quic_connection *connection, int error) {
    switch (error) {
    case NGTCP2_ERR_RETRY:
        end_with(connection, QUIC_END_TRANSPORT, false, NGTCP2_NO_ERROR);
        return QUIC_WANTS_RETRY;
    case NGTCP2_ERR_DRAINING:
        if (connection->was_reset) {
            end_with(connection, QUIC_END_RESET, true, 0);
        } else {
            end_as_told(connection);
        }
        return QUIC_IS_OVER;
    case NGTCP2_ERR_IDLE_CLOSE:
        end_with(connection, QUIC_END_IDLE, false, 0);
        return QUIC_IS_OVER;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        end_with(connection, QUIC_END_HANDSHAKE_TIMEOUT, false, 0);
        return QUIC_IS_OVER;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
        end_with(connection, QUIC_END_NO_VERSION, true, 0);
        return QUIC_IS_OVER;
    case NGTCP2_ERR_DROP_CONN:
        end_with(connection, QUIC_END_TRANSPORT, false, NGTCP2_NO_ERROR);
        return QUIC_IS_OVER;
    default:
        end_with(connection, QUIC_END_TRANSPORT, false, code_of(connection, error));
        return QUIC_MUST_CLOSE;
    }
}

void quic_connection_fail(quic_connection *connection, uint64_t code) {
    end_with(connection, QUIC_END_TRANSPORT, false, code);
}

void quic_connection_end(quic_connection *connection, struct quic_end *end) { *end = connection->end; }

size_t quic_connection_write_close(
    quic_connection *connection, uint64_t code, const uint8_t *reason, size_t reason_size, uint8_t *bytes,
    struct quic_path *path, uint64_t now) {
    ngtcp2_connection_close_error error;
    ngtcp2_connection_close_error_default(&error);
    if (connection->is_over) {
        ngtcp2_connection_close_error_set_transport_error(&error, connection->end.code, NULL, 0);
    } else {
        size_t size = reason_size;
        if (size > sizeof connection->reason) {
            size = sizeof connection->reason;
            // Not within a character of UTF-8.
            while (size > 0 && (reason[size] & 0xC0) == 0x80) {
                size--;
            }
        }
        ngtcp2_connection_close_error_set_application_error(&error, code, reason, size);
        end_with(connection, QUIC_END_APPLICATION, false, code);
    }
    ngtcp2_path_storage way;
    ngtcp2_path_storage_zero(&way);
    ngtcp2_pkt_info info;
    ngtcp2_ssize size = ngtcp2_conn_write_connection_close(
        connection->library, &way.path, &info, bytes, QUIC_PACKET_MOST, &error, forward(connection, now));
    if (size <= 0) {
        return 0;
    }
    read_path(connection, path, &way.path);
    return (size_t)size;
}

// MARK: Packets in

void remember_proved(quic_connection *connection, struct quic_address address) {
    connection->proved[connection->proved_count % PROVED_MOST] = address;
    connection->proved_count += 1;
}

/// Tells where the peer is, once it has proved it. A path that is only tried is not where it is, and it may go back to where it was.
static void look_where_peer_is(quic_connection *connection) {
    struct quic_address now = read_address(&ngtcp2_conn_get_path(connection->library)->remote);
    if (same_address(&now, &connection->peer)) {
        return;
    }
    for (size_t index = 0; index < PROVED_MOST; index++) {
        if (same_address(&now, &connection->proved[index])) {
            connection->peer = now;
            tell(connection, (struct quic_event){.kind = QUIC_EVENT_MOVED, .remote = &connection->peer});
            return;
        }
    }
}

/// What comes out of order is kept in large pieces, and credit is no bound of it: a peer may leave a gap behind each byte.
static bool is_within_memory(const quic_connection *connection) {
    // What the library keeps of streams that it should have closed.
    const size_t lingering = 512;
    size_t most = connection->memory_base + connection->streams.count * connection->memory_per_stream +
                  connection->lingering * lingering;
    size_t own = connection->held - connection->handed_over;
    if (own <= most) {
        return true;
    }
    // Packets under way are remembered, however little each holds.
    ngtcp2_conn_stat library;
    ngtcp2_conn_get_conn_stat(connection->library, &library);
    return own <= most + 8 * (size_t)library.bytes_in_flight;
}

enum quic_outcome quic_connection_receive(
    quic_connection *connection, const struct quic_path *path, const uint8_t *bytes, size_t size, uint64_t now) {
    bool is_server = ngtcp2_conn_is_server(connection->library);
    ngtcp2_path way = is_server ? peer_path(path) : library_path(path);
    ngtcp2_pkt_info info = {.ecn = NGTCP2_ECN_NOT_ECT};
    connection->has_received = true;
    receiving = connection;
    int error = ngtcp2_conn_read_pkt(connection->library, &way, &info, bytes, size, forward(connection, now));
    receiving = NULL;
    if (error != 0) {
        return fail(connection, error);
    }
    if (!is_within_memory(connection)) {
        return fail(connection, NGTCP2_ERR_INTERNAL);
    }
    // A server says nothing in TLS behind its handshake, and its session takes more memory than all the rest.
    if (is_server && connection->session != NULL && ngtcp2_conn_get_handshake_completed(connection->library)) {
        end_session(connection);
        connection->is_confirmed = true;
        remember_proved(connection, connection->peer);
    }
    look_where_peer_is(connection);
    return QUIC_GOES_ON;
}

// MARK: Time

uint64_t quic_connection_expiry(quic_connection *connection) {
    uint64_t library = ngtcp2_conn_get_expiry(connection->library);
    uint64_t look = next_look(connection);
    return look < library ? look : library;
}

enum quic_outcome quic_connection_expire(quic_connection *connection, uint64_t now) {
    int error = ngtcp2_conn_handle_expiry(connection->library, forward(connection, now));
    if (error != 0) {
        return fail(connection, error);
    }
    look_where_peer_is(connection);
    return QUIC_GOES_ON;
}

uint64_t quic_connection_closing_time(quic_connection *connection) {
    // A peer may feign any round trip.
    const uint64_t most = 10 * NGTCP2_SECONDS;
    uint64_t time = 3 * ngtcp2_conn_get_pto(connection->library);
    return time < most ? time : most;
}

// MARK: What it is like

size_t quic_connection_memory(const quic_connection *connection) { return connection->held; }

size_t quic_connection_waiting_datagrams(const quic_connection *connection) { return connection->datagram_bytes; }

bool quic_connection_update_keys(quic_connection *connection, uint64_t now) {
    // The library does not stand to be asked before.
    return connection->is_confirmed && !connection->is_over &&
           ngtcp2_conn_initiate_key_update(connection->library, forward(connection, now)) == 0;
}

bool quic_connection_migrate(quic_connection *connection, const struct quic_path *path, uint64_t now) {
    ngtcp2_path way = library_path(path);
    return connection->is_confirmed && !connection->is_over && !ngtcp2_conn_is_server(connection->library) &&
           ngtcp2_conn_initiate_migration(connection->library, &way, forward(connection, now)) == 0;
}

#endif
