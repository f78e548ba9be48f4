#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Certificates, and the TLS of a handshake.

#define DIGEST_SIZE 32
#define PROTOCOLS_MOST 16

struct quic_certificate {
    gnutls_certificate_credentials_t credentials;
    atomic_size_t uses;
};

/// What is spoken, read once. No version before 1.3 can carry QUIC.
static gnutls_priority_t priorities;
static pthread_once_t priorities_once = PTHREAD_ONCE_INIT;

static void read_priorities(void) {
    const char *wanted =
        "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
        "+CHACHA20-POLY1305:+AES-128-CCM:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1";
    if (gnutls_priority_init(&priorities, wanted, NULL) != 0) {
        priorities = NULL;
    }
}

void random_bytes(uint8_t *bytes, size_t size) {
    // Without a source of chance nothing here is safe.
    if (size > 0 && gnutls_rnd(GNUTLS_RND_RANDOM, bytes, size) != 0) {
        abort();
    }
}

// MARK: Certificates

static void say(const char *text, char *problem, size_t size) {
    if (size > 0) {
        strncpy(problem, text, size - 1);
        problem[size - 1] = 0;
    }
}

static quic_certificate *make_credentials(void) {
    quic_certificate *certificate = calloc(1, sizeof *certificate);
    if (certificate == NULL) {
        return NULL;
    }
    atomic_init(&certificate->uses, 1);
    if (gnutls_certificate_allocate_credentials(&certificate->credentials) != 0) {
        free(certificate);
        return NULL;
    }
    return certificate;
}

quic_certificate *quic_certificate_make(
    const uint8_t *chain, size_t chain_size, const uint8_t *key, size_t key_size, char *problem, size_t problem_size) {
    quic_certificate *certificate = make_credentials();
    if (certificate == NULL) {
        say("there is no memory", problem, problem_size);
        return NULL;
    }
    gnutls_datum_t chain_text = {.data = (unsigned char *)chain, .size = (unsigned int)chain_size};
    gnutls_datum_t key_text = {.data = (unsigned char *)key, .size = (unsigned int)key_size};
    int error = gnutls_certificate_set_x509_key_mem(
        certificate->credentials, &chain_text, &key_text, GNUTLS_X509_FMT_PEM);
    if (error < 0) {
        say(gnutls_strerror(error), problem, problem_size);
        quic_certificate_release(certificate);
        return NULL;
    }
    return certificate;
}

void quic_certificate_retain(quic_certificate *certificate) {
    atomic_fetch_add_explicit(&certificate->uses, 1, memory_order_relaxed);
}

void quic_certificate_release(quic_certificate *certificate) {
    if (atomic_fetch_sub_explicit(&certificate->uses, 1, memory_order_acq_rel) == 1) {
        gnutls_certificate_free_credentials(certificate->credentials);
        free(certificate);
    }
}

// MARK: Sessions

static ngtcp2_conn *library_of(ngtcp2_crypto_conn_ref *reference) {
    return ((quic_connection *)reference->user_data)->library;
}

static quic_connection *connection_of(gnutls_session_t session) {
    ngtcp2_crypto_conn_ref *reference = gnutls_session_get_ptr(session);
    return reference->user_data;
}

static bool offer_protocols(gnutls_session_t session, const struct quic_settings *settings, unsigned int flags) {
    gnutls_datum_t names[PROTOCOLS_MOST];
    unsigned int count = 0;
    size_t offset = 0;
    while (offset < settings->protocols_size && count < PROTOCOLS_MOST) {
        unsigned int size = settings->protocols[offset];
        if (size == 0 || offset + 1 + size > settings->protocols_size) {
            return false;
        }
        names[count].data = (unsigned char *)settings->protocols + offset + 1;
        names[count].size = size;
        count += 1;
        offset += 1 + size;
    }
    return count > 0 && gnutls_alpn_set_protocols(session, names, count, flags) == 0;
}

/// Ends a handshake in which no protocol is agreed on, also where the client named none (RFC 9001 section 8.1).
static int client_said_hello(
    gnutls_session_t session, unsigned int type, unsigned when, unsigned int incoming, const gnutls_datum_t *message) {
    (void)type, (void)when, (void)incoming, (void)message;
    gnutls_datum_t name;
    return gnutls_alpn_get_selected_protocol(session, &name) == 0 ? 0 : GNUTLS_E_NO_APPLICATION_PROTOCOL;
}

static int check_server(gnutls_session_t session) {
    quic_connection *connection = connection_of(session);
    unsigned int count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    uint8_t digest[DIGEST_SIZE];
    if (chain == NULL || count == 0 ||
        gnutls_hash_fast(GNUTLS_DIG_SHA256, chain[0].data, chain[0].size, digest) != 0) {
        return GNUTLS_E_CERTIFICATE_ERROR;
    }
    for (size_t index = 0; index < connection->digest_count; index++) {
        if (memcmp(digest, connection->digests + index * DIGEST_SIZE, DIGEST_SIZE) == 0) {
            return 0;
        }
    }
    return connection->digest_count == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static bool begin_session(quic_connection *connection, unsigned int flags) {
    pthread_once(&priorities_once, read_priorities);
    if (priorities == NULL || gnutls_init(&connection->session, flags | GNUTLS_NO_TICKETS) != 0) {
        connection->session = NULL;
        return false;
    }
    connection->reference = (ngtcp2_crypto_conn_ref){.get_conn = library_of, .user_data = connection};
    gnutls_session_set_ptr(connection->session, &connection->reference);
    return gnutls_priority_set(connection->session, priorities) == 0 &&
           gnutls_credentials_set(
               connection->session, GNUTLS_CRD_CERTIFICATE, connection->certificate->credentials) == 0;
}

bool begin_server_session(quic_connection *connection, const struct quic_settings *settings) {
    if (!begin_session(connection, GNUTLS_SERVER)) {
        return false;
    }
    gnutls_handshake_set_hook_function(
        connection->session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST, client_said_hello);
    gnutls_certificate_server_set_request(connection->session, GNUTLS_CERT_IGNORE);
    return ngtcp2_crypto_gnutls_configure_server_session(connection->session) == 0 &&
           offer_protocols(connection->session, settings, GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
}

bool begin_client_session(
    quic_connection *connection, const struct quic_settings *settings, const struct quic_server *server) {
    connection->certificate = make_credentials();
    connection->digests = take_memory(connection, server->digest_count * DIGEST_SIZE);
    if (connection->certificate == NULL || connection->digests == NULL || !begin_session(connection, GNUTLS_CLIENT)) {
        return false;
    }
    if (server->digest_count > 0) {
        memcpy(connection->digests, server->digests, server->digest_count * DIGEST_SIZE);
    }
    connection->digest_count = server->digest_count;
    gnutls_session_set_verify_function(connection->session, check_server);
    if (server->name != NULL &&
        gnutls_server_name_set(connection->session, GNUTLS_NAME_DNS, server->name, strlen(server->name)) != 0) {
        return false;
    }
    return ngtcp2_crypto_gnutls_configure_client_session(connection->session) == 0 &&
           offer_protocols(connection->session, settings, 0);
}

void end_session(quic_connection *connection) {
    if (connection->session != NULL) {
        gnutls_deinit(connection->session);
        connection->session = NULL;
    }
    if (connection->library != NULL) {
        ngtcp2_conn_set_tls_native_handle(connection->library, NULL);
    }
    if (connection->certificate != NULL) {
        quic_certificate_release(connection->certificate);
        connection->certificate = NULL;
    }
    give_memory(connection, connection->digests);
    connection->digests = NULL;
}

#endif
