#include "frames.h"

#include "chance.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <string.h>

#define PAYLOAD_MOST 2048

static unsigned int percent;

void frames_spoil(unsigned int likely) { percent = likely; }

// MARK: Frames

struct page {
    uint8_t *bytes;
    size_t size;
    size_t used;
};

static void put_byte(struct page *page, uint8_t byte) {
    if (page->used < page->size) {
        page->bytes[page->used++] = byte;
    }
}

static void put_number(struct page *page, uint64_t number) {
    // In whichever form holds it, not always the shortest.
    unsigned int form = number < 1 << 6 ? 0 : number < 1 << 14 ? 1 : number < 1 << 30 ? 2 : 3;
    form += (unsigned int)chance_upto(3 - form) * chance_percent(20);
    unsigned int bytes = 1u << form;
    for (unsigned int index = 0; index < bytes; index++) {
        uint8_t byte = (uint8_t)(number >> 8 * (bytes - 1 - index));
        put_byte(page, index == 0 ? (uint8_t)((byte & 0x3F) | form << 6) : byte);
    }
}

static void put_noise(struct page *page, size_t size) {
    for (size_t index = 0; index < size; index++) {
        put_byte(page, (uint8_t)chance_number());
    }
}

/// Small, or at an edge, or anything.
static uint64_t number(void) {
    static const uint64_t edges[] = {
        0x3F, 0x40, 0x3FFF, 0x4000, 0x3FFFFFFF, 0x40000000, 1ull << 60, (1ull << 60) + 1, (1ull << 62) - 1,
    };
    switch (chance_upto(9)) {
    case 0: return edges[chance_upto(sizeof edges / sizeof *edges - 1)];
    case 1: return chance_number() >> 2;
    case 2: return chance_upto(100000);
    default: return chance_upto(20);
    }
}

static void put_numbers(struct page *page, int count) {
    for (int index = 0; index < count; index++) {
        put_number(page, number());
    }
}

static void put_ack(struct page *page) {
    uint64_t ranges = number();
    put_numbers(page, 2);
    put_number(page, ranges);
    put_number(page, number());
    for (uint64_t index = 0; index < ranges && index < 40; index++) {
        put_numbers(page, 2);
    }
    if (chance_percent(20)) {
        put_numbers(page, 3);
    }
}

static void put_good_id(struct page *page, uint64_t sequence, uint64_t retired) {
    put_number(page, sequence);
    put_number(page, retired);
    put_byte(page, 8);
    for (int index = 0; index < 8 + 16; index++) {
        put_byte(page, (uint8_t)(sequence + 100));
    }
}

/// All ids of before are taken back; then some of these come yet, and some come again, as where packets are late.
static void put_late_ids(struct page *page) {
    uint64_t retired = 6 + chance_upto(10);
    put_good_id(page, retired + 1, retired);
    for (uint64_t count = 1 + chance_upto(4); count > 0; count--) {
        put_byte(page, 0x18);
        put_good_id(page, 4 + chance_upto(4), 0);
    }
}

static void put_id(struct page *page) {
    if (chance_percent(50)) {
        put_late_ids(page);
        return;
    }
    put_numbers(page, 2);
    uint8_t size = chance_percent(80) ? (uint8_t)chance_upto(20) : (uint8_t)chance_number();
    put_byte(page, size);
    put_noise(page, (size_t)size + 16);
}

static void put_piece(struct page *page, int numbers) {
    put_numbers(page, numbers);
    size_t size = (size_t)chance_upto(30);
    put_number(page, chance_percent(80) ? size : number());
    put_noise(page, size);
}

static void put_stream(struct page *page, uint8_t kind) {
    put_number(page, number());
    if (kind & 4) {
        put_number(page, number());
    }
    size_t size = (size_t)chance_upto(60);
    if (kind & 2) {
        put_number(page, chance_percent(90) ? size : number());
    }
    put_noise(page, size);
}

/// RFC 9000 section 19, RFC 9221.
static void put_frame(struct page *page) {
    uint8_t kind = chance_percent(95) ? (uint8_t)chance_upto(0x1F) : (uint8_t)chance_number();
    if (chance_percent(20)) {
        kind = chance_percent(50) ? 0x18 : 0x30 + (uint8_t)chance_upto(1);
    }
    put_byte(page, kind);
    switch (kind) {
    case 0x02: case 0x03: put_ack(page); break;
    case 0x04: put_numbers(page, 3); break;
    case 0x05: case 0x11: case 0x15: put_numbers(page, 2); break;
    case 0x06: put_piece(page, 1); break;
    case 0x07: put_piece(page, 0); break;
    case 0x08: case 0x09: case 0x0A: case 0x0B: case 0x0C: case 0x0D: case 0x0E: case 0x0F:
        put_stream(page, kind);
        break;
    case 0x10: case 0x12: case 0x13: case 0x14: case 0x16: case 0x17: case 0x19: put_numbers(page, 1); break;
    case 0x18: put_id(page); break;
    case 0x1A: case 0x1B: put_noise(page, 8); break;
    case 0x1C: put_piece(page, 2); break;
    case 0x1D: put_piece(page, 1); break;
    case 0x31: put_piece(page, 0); break;
    default: break;
    }
}

/// The size stays: the seal's place depends on it.
static void spoil(uint8_t *bytes, size_t size) {
    if (size == 0) {
        return;
    }
    switch (chance_upto(3)) {
    case 0:
        bytes[chance_upto(size - 1)] ^= (uint8_t)(1 << chance_upto(7));
        return;
    case 1:
        // Frames of the peer's own, and others behind them.
        if (size > 40) {
            struct page page = {.bytes = bytes, .size = size, .used = (size_t)chance_upto(size - 1)};
            put_frame(&page);
            memset(bytes + page.used, 0, size - page.used);
            return;
        }
        break;
    default: break;
    }
    struct page page = {.bytes = bytes, .size = size};
    size_t frames = 1 + (size_t)chance_upto(6);
    for (size_t index = 0; index < frames; index++) {
        put_frame(&page);
    }
    memset(bytes + page.used, 0, size - page.used);
}

// MARK: In the place of the library's seal

int __real_ngtcp2_crypto_encrypt_cb(
    uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
    size_t plain_size, const uint8_t *nonce, size_t nonce_size, const uint8_t *around, size_t around_size);
int __wrap_ngtcp2_crypto_encrypt_cb(
    uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
    size_t plain_size, const uint8_t *nonce, size_t nonce_size, const uint8_t *around, size_t around_size);

int __wrap_ngtcp2_crypto_encrypt_cb(
    uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
    size_t plain_size, const uint8_t *nonce, size_t nonce_size, const uint8_t *around, size_t around_size) {
    if (plain_size > PAYLOAD_MOST || !chance_percent(percent)) {
        return __real_ngtcp2_crypto_encrypt_cb(
            dest, aead, context, plain, plain_size, nonce, nonce_size, around, around_size);
    }
    uint8_t payload[PAYLOAD_MOST];
    memcpy(payload, plain, plain_size);
    spoil(payload, plain_size);
    return __real_ngtcp2_crypto_encrypt_cb(
        dest, aead, context, payload, plain_size, nonce, nonce_size, around, around_size);
}
