#ifndef CNGTCP2_SUPPORT_H
#define CNGTCP2_SUPPORT_H

// Whether the libraries are there that this is written for. ngtcp2 changed its names in 0.13 and again in 1.0.

#if defined(__has_include)
#if __has_include(<ngtcp2/ngtcp2.h>) && __has_include(<ngtcp2/ngtcp2_crypto_gnutls.h>) && __has_include(<gnutls/gnutls.h>)
#include <ngtcp2/version.h>
#if NGTCP2_VERSION_NUM >= 0x000c00 && NGTCP2_VERSION_NUM < 0x000d00
#define CNGTCP2_PRESENT 1
#else
#define CNGTCP2_ABSENCE "built with ngtcp2 " NGTCP2_VERSION ", and only 0.12 is spoken to"
#endif
#endif
#endif

#ifndef CNGTCP2_ABSENCE
#define CNGTCP2_ABSENCE "built without libngtcp2 and its GnuTLS helper"
#endif

#endif
