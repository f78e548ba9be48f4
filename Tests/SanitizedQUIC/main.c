#include "chance.h"
#include "strays.h"
#include "world.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// sanitized-quic FIRST COUNT: runs so many conversations, and as many rounds of packets that belong to none. It ends at the first thing that is
// wrong, and says before of which seed that is.

static void need(int error) {
    if (error < 0) {
        fprintf(stderr, "no certificate: %s\n", gnutls_strerror(error));
        exit(2);
    }
}

static quic_certificate *make_certificate(void) {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t key_text, text;
    chance_begin(1);
    need(gnutls_x509_privkey_init(&key));
    need(gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0));
    need(gnutls_x509_crt_init(&certificate));
    need(gnutls_x509_crt_set_version(certificate, 3));
    need(gnutls_x509_crt_set_serial(certificate, "\1", 1));
    need(gnutls_x509_crt_set_activation_time(certificate, 1700000000));
    need(gnutls_x509_crt_set_expiration_time(certificate, 4000000000));
    need(gnutls_x509_crt_set_dn(certificate, "CN=localhost", NULL));
    need(gnutls_x509_crt_set_key(certificate, key));
    need(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA512, 0));
    need(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text));
    need(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, 0, &key_text));
    char problem[200];
    quic_certificate *result = quic_certificate_make(
        text.data, text.size, key_text.data, key_text.size, problem, sizeof problem);
    if (result == NULL) {
        fprintf(stderr, "no certificate: %s\n", problem);
        exit(2);
    }
    gnutls_free(text.data);
    gnutls_free(key_text.data);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
    return result;
}

static uint64_t current;

/// Called by the sanitizers, and where something is found to be wrong.
static void say_seed(void) { fprintf(stderr, "seed %" PRIu64 "\n", current); }

void __sanitizer_set_death_callback(void (*callback)(void));

int main(int count, char **words) {
    uint64_t first = count > 1 ? strtoull(words[1], NULL, 10) : 0;
    uint64_t runs = count > 2 ? strtoull(words[2], NULL, 10) : 100;
    __sanitizer_set_death_callback(say_seed);
    struct totals totals = {.digest = 0xCBF29CE484222325};
    quic_certificate *certificate = make_certificate();
    for (current = first; current < first + runs; current++) {
        strays_run(current);
        world_run(current, certificate, &totals);
    }
    quic_certificate_release(certificate);
    printf(
        "%" PRIu64 " conversations, %" PRIu64 " of them open, %" PRIu64 " packets, %" PRIu64 " moves, at most %" PRIu64
        " bytes held; digest %016" PRIx64 "\n",
        totals.runs, totals.opened, totals.packets, totals.moves, totals.most_memory, totals.digest);
    return 0;
}

/// An assertion of the library's is told as anything else.
const char *__asan_default_options(void);

const char *__asan_default_options(void) { return "handle_abort=1"; }
