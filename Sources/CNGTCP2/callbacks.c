#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <string.h>

// What the library tells of, on its way to the owner.

static const int alert_unexpected_message = 10;

// MARK: Streams

static int stream_opened(ngtcp2_conn *library, int64_t id, void *owner) {
    (void)library;
    quic_connection *connection = owner;
    if (add_stream(connection, id) == NULL) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    tell(connection, (struct quic_event){.kind = QUIC_EVENT_STREAM_OPENED, .stream = id});
    return 0;
}

static int stream_received(
    ngtcp2_conn *library, uint32_t flags, int64_t id, uint64_t offset, const uint8_t *bytes, size_t size, void *owner,
    void *user_data) {
    (void)library, (void)offset, (void)user_data;
    quic_connection *connection = owner;
    if (find_stream(connection, id) == NULL) {
        return 0;
    }
    bool is_last = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    tell(connection, (struct quic_event){
        .kind = QUIC_EVENT_STREAM_DATA, .stream = id, .bytes = bytes, .size = size, .is_last = is_last,
    });
    if (is_last) {
        close_incoming(connection, id, false, 0);
    }
    return 0;
}

static int stream_acknowledged(
    ngtcp2_conn *library, int64_t id, uint64_t offset, uint64_t size, void *owner, void *user_data) {
    (void)library, (void)offset, (void)user_data;
    quic_connection *connection = owner;
    struct stream *stream = find_stream(connection, id);
    if (stream != NULL) {
        acknowledge(connection, stream, size);
    }
    return 0;
}

static int stream_was_reset(
    ngtcp2_conn *library, int64_t id, uint64_t final_size, uint64_t code, void *owner, void *user_data) {
    (void)library, (void)final_size, (void)user_data;
    quic_connection *connection = owner;
    // A stream that was never seen is opened and reset in one, and the library knows it no more.
    if (find_stream(connection, id) != NULL) {
        tell(connection, (struct quic_event){.kind = QUIC_EVENT_STREAM_RESET, .stream = id, .code = code});
        close_incoming(connection, id, true, code);
    }
    return 0;
}

static int stream_closed(
    ngtcp2_conn *library, uint32_t flags, int64_t id, uint64_t code, void *owner, void *user_data) {
    (void)user_data;
    quic_connection *connection = owner;
    if (is_of_peer(connection, id) && ngtcp2_is_bidi_stream(id)) {
        ngtcp2_conn_extend_max_streams_bidi(library, 1);
    }
    struct stream *stream = find_stream(connection, id);
    if (stream != NULL) {
        close_stream(connection, stream, (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0, code);
    }
    return 0;
}

static int stream_credit(ngtcp2_conn *library, int64_t id, uint64_t most, void *owner, void *user_data) {
    (void)library, (void)most, (void)user_data;
    quic_connection *connection = owner;
    struct stream *stream = find_stream(connection, id);
    if (stream != NULL) {
        unblock(connection, stream);
    }
    return 0;
}

static int streams_allowed(ngtcp2_conn *library, uint64_t most, void *owner) {
    (void)library, (void)most;
    tell(owner, (struct quic_event){.kind = QUIC_EVENT_STREAMS_ALLOWED});
    return 0;
}

static int datagram_received(ngtcp2_conn *library, uint32_t flags, const uint8_t *bytes, size_t size, void *owner) {
    (void)library, (void)flags;
    tell(owner, (struct quic_event){.kind = QUIC_EVENT_DATAGRAM, .bytes = bytes, .size = size});
    return 0;
}

// MARK: The handshake

static int crypto_received(
    ngtcp2_conn *library, ngtcp2_crypto_level level, uint64_t offset, const uint8_t *bytes, size_t size, void *owner) {
    quic_connection *connection = owner;
    if (connection->session == NULL) {
        // A client has nothing to say in TLS after its handshake (RFC 9001 section 6 forbids the one thing that there is).
        ngtcp2_conn_set_tls_alert(library, alert_unexpected_message);
        return NGTCP2_ERR_CRYPTO;
    }
    return ngtcp2_crypto_recv_crypto_data_cb(library, level, offset, bytes, size, owner);
}

static void offer_token(quic_connection *connection) {
    uint8_t token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
    const ngtcp2_path *path = ngtcp2_conn_get_path(connection->library);
    ngtcp2_ssize size = ngtcp2_crypto_generate_regular_token(
        token, connection->token_secret, QUIC_SECRET_SIZE, path->remote.addr, path->remote.addrlen, connection->now);
    // Without one the client proves its address again the next time.
    if (size > 0) {
        ngtcp2_conn_submit_new_token(connection->library, token, (size_t)size);
    }
}

static int handshake_done(ngtcp2_conn *library, void *owner) {
    quic_connection *connection = owner;
    gnutls_datum_t name = {.data = NULL, .size = 0};
    // The client has no hook for a server that chose nothing.
    if (gnutls_alpn_get_selected_protocol(connection->session, &name) != 0) {
        ngtcp2_conn_set_tls_alert(library, GNUTLS_A_NO_APPLICATION_PROTOCOL);
        return NGTCP2_ERR_CRYPTO;
    }
    if (ngtcp2_conn_is_server(library)) {
        offer_token(connection);
    }
    tell(connection, (struct quic_event){.kind = QUIC_EVENT_HANDSHAKE_DONE, .bytes = name.data, .size = name.size});
    return 0;
}

/// Only a client is told, see `quic_connection_receive`.
static int handshake_confirmed(ngtcp2_conn *library, void *owner) {
    (void)library;
    ((quic_connection *)owner)->is_confirmed = true;
    return 0;
}

static int token_received(ngtcp2_conn *library, const ngtcp2_vec *token, void *owner) {
    (void)library;
    tell(owner, (struct quic_event){.kind = QUIC_EVENT_TOKEN, .bytes = token->base, .size = token->len});
    return 0;
}

static int reset_received(ngtcp2_conn *library, const ngtcp2_pkt_stateless_reset *reset, void *owner) {
    (void)library, (void)reset;
    ((quic_connection *)owner)->was_reset = true;
    return 0;
}

// MARK: Ids and paths

static int make_id(ngtcp2_conn *library, ngtcp2_cid *id, uint8_t *token, size_t size, void *owner) {
    (void)library;
    quic_connection *connection = owner;
    struct quic_id made = {.size = (uint8_t)size};
    random_bytes(made.bytes, size);
    tell(connection, (struct quic_event){.kind = QUIC_EVENT_ID_MADE, .id = &made});
    *id = library_id(&made);
    int error = ngtcp2_crypto_generate_stateless_reset_token(token, connection->reset_secret, QUIC_SECRET_SIZE, id);
    return error == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int retire_id(ngtcp2_conn *library, const ngtcp2_cid *id, void *owner) {
    (void)library;
    struct quic_id retired = read_id(id);
    tell(owner, (struct quic_event){.kind = QUIC_EVENT_ID_RETIRED, .id = &retired});
    return 0;
}

static int path_looked_at(
    ngtcp2_conn *library, uint32_t flags, const ngtcp2_path *path, ngtcp2_path_validation_result result, void *owner) {
    (void)library, (void)flags;
    if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS) {
        remember_proved(owner, read_address(&path->remote));
    }
    return 0;
}

static void chance(uint8_t *bytes, size_t size, const ngtcp2_rand_ctx *context) {
    (void)context;
    random_bytes(bytes, size);
}

// MARK: All of them

ngtcp2_callbacks make_callbacks(bool is_server) {
    ngtcp2_callbacks callbacks = {
        .client_initial = is_server ? NULL : ngtcp2_crypto_client_initial_cb,
        .recv_client_initial = is_server ? ngtcp2_crypto_recv_client_initial_cb : NULL,
        .recv_crypto_data = crypto_received,
        .handshake_completed = handshake_done,
        .encrypt = ngtcp2_crypto_encrypt_cb,
        .decrypt = unseal,
        .hp_mask = ngtcp2_crypto_hp_mask_cb,
        .recv_stream_data = stream_received,
        .acked_stream_data_offset = stream_acknowledged,
        .stream_open = stream_opened,
        .stream_close = stream_closed,
        .recv_stateless_reset = reset_received,
        .recv_retry = is_server ? NULL : ngtcp2_crypto_recv_retry_cb,
        .extend_max_local_streams_bidi = streams_allowed,
        .extend_max_local_streams_uni = streams_allowed,
        .rand = chance,
        .get_new_connection_id = make_id,
        .remove_connection_id = retire_id,
        .update_key = ngtcp2_crypto_update_key_cb,
        .path_validation = path_looked_at,
        .stream_reset = stream_was_reset,
        .extend_max_stream_data = stream_credit,
        .handshake_confirmed = handshake_confirmed,
        .recv_new_token = is_server ? NULL : token_received,
        .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
        .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
        .recv_datagram = datagram_received,
        .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
        .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
    };
    return callbacks;
}

#endif
