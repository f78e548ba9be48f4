#include "strays.h"

#include "CNGTCP2.h"
#include "chance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_MOST 1600
static const uint64_t now = 100000000000;

struct question {
    uint8_t bytes[QUESTION_MOST];
    size_t size;
};

static void check(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "wrong with strays: %s\n", what);
        abort();
    }
}

static void put(struct question *question, const void *bytes, size_t size) {
    size_t room = QUESTION_MOST - question->size;
    size = size < room ? size : room;
    memcpy(question->bytes + question->size, bytes, size);
    question->size += size;
}

static void put_chance(struct question *question, size_t size) {
    uint8_t bytes[QUESTION_MOST];
    size = size < QUESTION_MOST ? size : QUESTION_MOST;
    chance_bytes(bytes, size);
    put(question, bytes, size);
}

static void put_id(struct question *question) {
    uint8_t size = chance_percent(80) ? (uint8_t)(8 + chance_upto(12)) : (uint8_t)chance_number();
    put(question, &size, 1);
    put_chance(question, size);
}

static void put_token(struct question *question, const uint8_t *token, size_t size) {
    uint8_t length[2] = {(uint8_t)(0x40 | size >> 8), (uint8_t)size};
    put(question, length, sizeof length);
    put(question, token, size);
}

/// A first packet, more or less.
static void make_first(struct question *question, const uint8_t *token, size_t token_size) {
    static const uint8_t versions[][4] = {{0, 0, 0, 1}, {0, 0, 0, 0}, {0xFF, 0, 0, 0x1D}, {0x6B, 0x33, 0x43, 0xCF}};
    question->size = 0;
    uint8_t first = chance_percent(80) ? 0xC0 : (uint8_t)chance_number();
    put(question, &first, 1);
    put(question, versions[chance_percent(70) ? 0 : chance_upto(3)], 4);
    put_id(question);
    put_id(question);
    put_token(question, token, token_size);
    uint8_t length[2] = {0x44, 0x80};
    put(question, length, sizeof length);
    put_chance(question, chance_percent(80) ? 1200 : (size_t)chance_upto(1300));
}

static void spoil(struct question *question) {
    while (chance_percent(40) && question->size > 0) {
        question->bytes[chance_upto(question->size - 1 < 60 ? question->size - 1 : 60)] = (uint8_t)chance_number();
    }
    if (chance_percent(20)) {
        question->size = (size_t)chance_upto(question->size);
    }
}

static void answer(const struct quic_packet *packet, const uint8_t *bytes, size_t size, const uint8_t *secret) {
    uint8_t *room = malloc(QUIC_PACKET_MOST);
    struct quic_address remote = {.words = {2}, .size = 16};
    struct quic_id id = {.size = QUIC_ID_SIZE};
    struct quic_id original;
    chance_bytes(id.bytes, id.size);
    size_t written = quic_write_versions(bytes, size, room);
    check(written <= size, "an offer of versions is longer than its question");
    switch (packet->kind) {
    case QUIC_PACKET_INITIAL:
        (void)quic_packet_token(packet, &remote, secret, now, &original);
        check(quic_write_retry(packet, &remote, &id, secret, now, room) <= 3 * size, "a Retry is too long");
        check(quic_write_refusal(packet, chance_upto(9), room) <= 3 * size, "a refusal is too long");
        break;
    case QUIC_PACKET_SHORT:
        written = quic_write_reset(packet, size, secret, room);
        check(written == 0 || written < size, "a reset is no shorter than its question");
        break;
    default: break;
    }
    free(room);
}

static void ask(const struct question *question, const uint8_t *secret) {
    uint8_t *bytes = malloc(question->size == 0 ? 1 : question->size);
    memcpy(bytes, question->bytes, question->size);
    struct quic_packet packet;
    quic_packet_read(bytes, question->size, &packet);
    check(packet.destination.size <= QUIC_ID_MOST && packet.source.size <= QUIC_ID_MOST, "an id is too long");
    if (packet.kind != QUIC_PACKET_NONE) {
        answer(&packet, bytes, question->size, secret);
    }
    free(bytes);
}

/// A token comes back as it was given, or changed.
static void prove(const struct question *question, const uint8_t *secret) {
    struct quic_packet packet;
    quic_packet_read(question->bytes, question->size, &packet);
    if (packet.kind != QUIC_PACKET_INITIAL) {
        return;
    }
    uint8_t retry[QUIC_PACKET_MOST];
    struct quic_address remote = {.words = {2}, .size = 16};
    struct quic_id id = {.size = QUIC_ID_SIZE};
    chance_bytes(id.bytes, id.size);
    size_t size = quic_write_retry(&packet, &remote, &id, secret, now, retry);
    // Behind the first byte, the version and two ids, and before the seal.
    size_t head = 7 + (size_t)packet.source.size + QUIC_ID_SIZE;
    check(size > head + 16, "there is no Retry");
    size_t token_size = size - head - 16;
    uint8_t *token = malloc(token_size);
    memcpy(token, retry + head, token_size);
    struct quic_packet second = packet;
    second.destination = id;
    second.token = token;
    second.token_size = token_size;
    struct quic_id original;
    check(
        quic_packet_token(&second, &remote, secret, now + 1000, &original) == QUIC_TOKEN_RETRY &&
            original.size == packet.destination.size,
        "a token of a Retry is not known again");
    token[chance_upto(token_size - 1)] ^= 0x55;
    check(quic_packet_token(&second, &remote, secret, now, &original) != QUIC_TOKEN_RETRY, "a changed token is good");
    second.token_size = (size_t)chance_upto(token_size - 1);
    check(quic_packet_token(&second, &remote, secret, now, &original) != QUIC_TOKEN_RETRY, "a cut token is good");
    free(token);
}

void strays_run(uint64_t seed) {
    static const uint8_t kinds[] = {0xB6, 0x36, 0};
    chance_begin(seed);
    uint8_t secret[QUIC_SECRET_SIZE];
    chance_bytes(secret, sizeof secret);
    struct question *question = malloc(sizeof *question);
    for (int index = 0; index < 200; index++) {
        uint8_t token[200];
        size_t size = (size_t)chance_upto(sizeof token);
        chance_bytes(token, sizeof token);
        token[0] = kinds[chance_upto(sizeof kinds - 1)];
        if (chance_percent(80)) {
            make_first(question, token, size);
        } else {
            question->size = 0;
            put_chance(question, (size_t)chance_upto(1500));
        }
        prove(question, secret);
        spoil(question);
        ask(question, secret);
    }
    free(question);
}
