#include "world.h"

#include "chance.h"
#include "end.h"
#include "frames.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS_MOST 512
static const uint64_t millisecond = 1000000;
static const char protocols[] = "\x02h3\x0epulsar-relay/2";

struct packet {
    uint64_t due;
    bool is_for_server;
    struct quic_address source;
    uint8_t *bytes;
    size_t size;
};

/// Percent each.
struct weather {
    unsigned int loss;
    unsigned int doubling;
    unsigned int change;
    unsigned int cut;
    unsigned int other_port;
    uint64_t jitter;
};

struct world {
    uint64_t now;
    struct end client;
    struct end server;
    struct packet packets[PACKETS_MOST];
    size_t packet_count;
    struct weather weather;
    /// The server's, and the client's.
    struct quic_settings settings;
    struct quic_settings wishes;
    uint8_t reset_secret[QUIC_SECRET_SIZE];
    uint8_t token_secret[QUIC_SECRET_SIZE];
    quic_certificate *certificate;
    struct quic_address here;
    struct quic_address there;
    bool asks_for_proof;
    bool was_accepted;
    /// Who sends what no peer may; NULL: nobody.
    struct end *bad;
    unsigned int badness;
    bool is_bad_from_the_first;
    /// Bytes for the server, and from it, until the client's address is proved.
    uint64_t received;
    uint64_t sent;
    bool is_proved;
    struct totals *totals;
};

// MARK: The network

static struct quic_address address(uint8_t host, uint16_t port) {
    struct quic_address result = {.size = sizeof(struct sockaddr_in)};
    struct sockaddr_in plain = {.sin_family = AF_INET, .sin_port = htons(port)};
    plain.sin_addr.s_addr = htonl(0xC0000200u | host);
    memcpy(result.words, &plain, sizeof plain);
    return result;
}

static void deliver_later(struct world *world, const struct packet *sent) {
    if (world->packet_count == PACKETS_MOST) {
        return;
    }
    struct packet packet = *sent;
    if (chance_percent(world->weather.cut)) {
        packet.size = (size_t)chance_upto(packet.size);
    }
    // As long as it is: whoever reads beyond is seen.
    packet.bytes = malloc(packet.size == 0 ? 1 : packet.size);
    memcpy(packet.bytes, sent->bytes, packet.size);
    while (packet.size > 0 && chance_percent(world->weather.change)) {
        packet.bytes[chance_upto(packet.size - 1)] ^= (uint8_t)(1 + chance_upto(254));
    }
    packet.due = world->now + 5 * millisecond + chance_upto(world->weather.jitter);
    world->packets[world->packet_count++] = packet;
}

static void pass(struct world *world, const struct end *from, uint8_t *bytes, size_t size, const struct quic_path *path) {
    world->totals->packets += 1;
    world->totals->digest = (world->totals->digest ^ size) * 0x100000001B3;
    struct packet packet = {
        .is_for_server = !from->is_server, .source = path->local, .bytes = bytes, .size = size,
    };
    if (packet.is_for_server && chance_percent(world->weather.other_port)) {
        world->here = address(2, (uint16_t)(1024 + chance_upto(9)));
    }
    if (packet.is_for_server && world->weather.other_port > 0) {
        packet.source = world->here;
    }
    if (from->is_server && !world->is_proved) {
        world->sent += size;
        if (world->sent > 3 * world->received) {
            wrong(from, "more than three times as much goes to an address that is not proved");
        }
    }
    if (!chance_percent(world->weather.loss)) {
        deliver_later(world, &packet);
    }
    if (chance_percent(world->weather.doubling)) {
        deliver_later(world, &packet);
    }
}

// MARK: Sending

static void leave(struct world *world, struct end *end) {
    if (end->connection == NULL) {
        return;
    }
    struct quic_end how;
    quic_connection_end(end->connection, &how);
    for (size_t index = 0; index < how.reason_size; index++) {
        world->totals->digest += how.reason[index];
    }
    (void)quic_connection_closing_time(end->connection);
    end_free(end);
}

static void spoil(const struct world *world, const struct end *end) {
    bool is_time = world->is_bad_from_the_first || (world->client.is_open && world->server.is_open);
    frames_spoil(end == world->bad && is_time ? world->badness : 0);
}

static void close_end(struct world *world, struct end *end) {
    uint8_t *bytes = malloc(QUIC_PACKET_MOST);
    uint8_t reason[400];
    size_t reason_size = (size_t)chance_upto(sizeof reason);
    chance_bytes(reason, reason_size);
    struct quic_path path;
    spoil(world, end);
    size_t size = quic_connection_write_close(
        end->connection, chance_upto(500), reason, reason_size, bytes, &path, world->now);
    if (size > 0) {
        pass(world, end, bytes, size, &path);
    }
    free(bytes);
    end->is_over = true;
}

static void follow(struct world *world, struct end *end, enum quic_outcome outcome) {
    switch (outcome) {
    case QUIC_GOES_ON: return;
    case QUIC_MUST_CLOSE: close_end(world, end); break;
    case QUIC_IS_OVER:
    case QUIC_WANTS_RETRY: end->is_over = true; break;
    }
    leave(world, end);
}

static void write_all(struct world *world, struct end *end) {
    if (end->connection == NULL) {
        return;
    }
    uint8_t *bytes = malloc(QUIC_PACKET_MOST);
    size_t left = quic_connection_quantum(end->connection);
    bool has_written = false;
    for (;;) {
        struct quic_path path;
        spoil(world, end);
        ptrdiff_t size = quic_connection_write(end->connection, bytes, &path, world->now);
        if (size < 0) {
            follow(world, end, QUIC_MUST_CLOSE);
            break;
        }
        if (size > 0) {
            has_written = true;
            pass(world, end, bytes, (size_t)size, &path);
        }
        if (size == 0 || (size_t)size >= left) {
            break;
        }
        left -= (size_t)size;
    }
    if (has_written && end->connection != NULL) {
        quic_connection_sent(end->connection, world->now);
    }
    free(bytes);
}

// MARK: Receiving

static struct quic_path path_to(const struct world *world, const struct end *end, const struct packet *packet) {
    struct quic_path path = {.local = end->is_server ? world->there : world->here, .remote = packet->source};
    return path;
}

static void receive(struct world *world, struct end *end, const struct packet *packet) {
    struct quic_path path = path_to(world, end, packet);
    if (end->is_server) {
        world->received += packet->size;
    }
    enum quic_outcome outcome = quic_connection_receive(
        end->connection, &path, packet->bytes, packet->size, world->now);
    size_t memory = quic_connection_memory(end->connection);
    if (memory > world->totals->most_memory) {
        world->totals->most_memory = memory;
    }
    world->is_proved = world->is_proved || world->server.is_open;
    follow(world, end, outcome);
}

static void ask_for_proof(struct world *world, const struct quic_packet *head, const struct packet *packet) {
    uint8_t *bytes = malloc(QUIC_PACKET_MOST);
    struct quic_id id = {.size = QUIC_ID_SIZE};
    chance_bytes(id.bytes, id.size);
    size_t size = quic_write_retry(head, &packet->source, &id, world->token_secret, world->now, bytes);
    struct quic_path path = path_to(world, &world->server, packet);
    world->received += packet->size;
    if (size > 0) {
        pass(world, &world->server, bytes, size, &path);
    }
    free(bytes);
}

static void take_in(struct world *world, const struct quic_packet *head, const struct packet *packet) {
    struct quic_id original = {.size = 0};
    enum quic_token token = quic_packet_token(head, &packet->source, world->token_secret, world->now, &original);
    if (token == QUIC_TOKEN_WRONG) {
        return;
    }
    if (world->asks_for_proof && token != QUIC_TOKEN_RETRY) {
        ask_for_proof(world, head, packet);
        return;
    }
    struct quic_id id = {.size = QUIC_ID_SIZE};
    chance_bytes(id.bytes, id.size);
    struct quic_path path = path_to(world, &world->server, packet);
    bool is_proved = token == QUIC_TOKEN_RETRY;
    world->server.connection = quic_connection_accept(
        head, &id, is_proved ? &original : NULL, is_proved, &path, &world->settings, world->certificate,
        end_owner(&world->server), world->now);
    if (world->server.connection == NULL) {
        return;
    }
    world->was_accepted = true;
    world->is_proved = is_proved;
    end_add_id(&world->server, &id);
    end_add_id(&world->server, &head->destination);
    receive(world, &world->server, packet);
}

static void arrive(struct world *world, const struct packet *packet) {
    struct end *end = packet->is_for_server ? &world->server : &world->client;
    struct quic_packet head;
    quic_packet_read(packet->bytes, packet->size, &head);
    bool is_known = end->connection != NULL && end_has_id(end, &head.destination);
    // What looks like a reset may be for a client's one connection.
    bool may_be_reset = end->connection != NULL && !end->is_server && head.kind == QUIC_PACKET_SHORT;
    if (head.kind == QUIC_PACKET_NONE) {
        return;
    }
    if (is_known || may_be_reset) {
        receive(world, end, packet);
    } else if (end->is_server && head.kind == QUIC_PACKET_INITIAL && !world->was_accepted) {
        take_in(world, &head, packet);
    } else if (end->is_server && head.kind == QUIC_PACKET_SHORT && chance_percent(50)) {
        uint8_t *bytes = malloc(QUIC_PACKET_MOST);
        size_t size = quic_write_reset(&head, packet->size, world->reset_secret, bytes);
        struct quic_path path = path_to(world, end, packet);
        world->received += packet->size;
        if (size > 0) {
            pass(world, end, bytes, size, &path);
        }
        free(bytes);
    }
}

static void deliver_due(struct world *world) {
    size_t index = 0;
    while (index < world->packet_count) {
        if (world->packets[index].due > world->now) {
            index += 1;
            continue;
        }
        struct packet packet = world->packets[index];
        world->packets[index] = world->packets[--world->packet_count];
        arrive(world, &packet);
        free(packet.bytes);
    }
}

// MARK: Time

static uint64_t expiry(const struct end *end) {
    return end->connection == NULL ? UINT64_MAX : quic_connection_expiry(end->connection);
}

static void expire(struct world *world, struct end *end) {
    if (expiry(end) <= world->now) {
        follow(world, end, quic_connection_expire(end->connection, world->now));
    }
}

/// Whichever comes first: a packet, a side's time, or somebody who wants something.
static void let_time_pass(struct world *world) {
    uint64_t next = world->now + chance_upto(chance_percent(95) ? 20 * millisecond : 2000 * millisecond);
    for (size_t index = 0; index < world->packet_count; index++) {
        next = world->packets[index].due < next ? world->packets[index].due : next;
    }
    uint64_t client = expiry(&world->client);
    uint64_t server = expiry(&world->server);
    next = client < next ? client : next;
    next = server < next ? server : next;
    world->now = next > world->now ? next : world->now + 1000;
}

// MARK: A conversation

static void begin(struct world *world, uint64_t seed) {
    chance_bytes(world->reset_secret, sizeof world->reset_secret);
    chance_bytes(world->token_secret, sizeof world->token_secret);
    world->now = 100000 * millisecond;
    world->here = address(2, 1024);
    world->there = address(1, 4433);
    world->asks_for_proof = chance_percent(30);
    world->settings = (struct quic_settings){
        .protocols = (const uint8_t *)protocols,
        .protocols_size = sizeof protocols - 1,
        .idle_timeout = 30000 * millisecond,
        .keep_alive = chance_percent(50) ? 10000 * millisecond : 0,
        .handshake_timeout = 10000 * millisecond,
        .stream_window = 1 + chance_upto(20000),
        .connection_window = 1 + chance_upto(60000),
        .bidirectional_streams = chance_upto(20),
        .unidirectional_streams = chance_upto(20),
        .datagram_frame = chance_percent(80) ? 1200 : 0,
        .memory_base = 512 << 10,
        .memory_per_stream = 32 << 10,
        .reset_secret = world->reset_secret,
        .token_secret = world->token_secret,
    };
    if (chance_percent(60)) {
        world->weather = (struct weather){
            .loss = (unsigned int)chance_upto(15),
            .doubling = (unsigned int)chance_upto(10),
            .change = (unsigned int)chance_upto(10),
            .cut = (unsigned int)chance_upto(5),
            .other_port = (unsigned int)chance_upto(2),
            .jitter = chance_upto(40 * millisecond),
        };
    }
    // Two of three have a peer that is no good.
    if (seed % 3 != 0) {
        world->bad = seed % 3 == 1 ? &world->client : &world->server;
        world->badness = 1 + (unsigned int)chance_upto(40);
        world->is_bad_from_the_first = chance_percent(15);
    }
}

/// What a client says of itself may be as large as can be written.
static void wish(struct world *world) {
    world->wishes = world->settings;
    if (chance_percent(70)) {
        return;
    }
    world->wishes.idle_timeout = chance_percent(50) ? 0 : chance_number() >> 2;
    world->wishes.stream_window = chance_number() >> 3;
    world->wishes.connection_window = chance_number() >> 3;
    world->wishes.bidirectional_streams = chance_upto((uint64_t)1 << 60);
    world->wishes.unidirectional_streams = chance_upto((uint64_t)1 << 60);
    world->wishes.datagram_frame = chance_upto(70000);
}

static bool call(struct world *world) {
    // Some clients want no id in what comes for them.
    struct quic_id id = {.size = chance_percent(20) ? 0 : QUIC_ID_SIZE};
    wish(world);
    chance_bytes(id.bytes, id.size);
    struct quic_server wanted = {.name = "localhost"};
    struct quic_path path = {.local = world->here, .remote = world->there};
    world->client.connection = quic_connection_connect(
        &wanted, &id, &path, &world->wishes, end_owner(&world->client), world->now);
    if (world->client.connection == NULL) {
        return false;
    }
    end_add_id(&world->client, &id);
    return true;
}

static void act(struct world *world) {
    struct end *end = chance_percent(50) ? &world->client : &world->server;
    end_act(end, world->now);
    if (end == &world->client && end->is_open && end->connection != NULL && chance_percent(1)) {
        struct quic_path path = {.local = address(2, (uint16_t)(2000 + chance_upto(9))), .remote = world->there};
        if (quic_connection_migrate(end->connection, &path, world->now)) {
            world->here = path.local;
        }
    }
    // An owner may be tired of it at once.
    bool is_tired = end->is_open && end->actions < 2 ? chance_percent(2) : chance_percent(1) && chance_percent(20);
    if (is_tired && end->connection != NULL) {
        close_end(world, end);
        leave(world, end);
    }
}

void world_run(uint64_t seed, quic_certificate *certificate, struct totals *totals) {
    struct world *world = calloc(1, sizeof *world);
    world->totals = totals;
    world->certificate = certificate;
    chance_begin(seed);
    end_begin(&world->client, "client", false);
    end_begin(&world->server, "server", true);
    begin(world, seed);
    world->client.has_bad_peer = world->bad == &world->server;
    world->server.has_bad_peer = world->bad == &world->client;
    // The end comes at any moment.
    uint64_t steps = chance_percent(20) ? chance_upto(40) : chance_upto(800);
    if (call(world)) {
        for (uint64_t step = 0; step < steps; step++) {
            if (world->client.connection == NULL && world->server.connection == NULL) {
                break;
            }
            act(world);
            write_all(world, &world->client);
            write_all(world, &world->server);
            let_time_pass(world);
            deliver_due(world);
            expire(world, &world->client);
            expire(world, &world->server);
        }
    }
    totals->runs += 1;
    totals->opened += world->client.is_open && world->server.is_open;
    totals->moves += world->server.moves;
    leave(world, &world->client);
    leave(world, &world->server);
    for (size_t index = 0; index < world->packet_count; index++) {
        free(world->packets[index].bytes);
    }
    free(world);
}
