#ifndef CDATAGRAMS_H
#define CDATAGRAMS_H

#include <stddef.h>
#include <stdint.h>

// What Linux has beside the standard's sockets, and the Glibc module does not bring to Swift. No header of the system's sockets is included here:
// their names would be this module's then.

/// The most datagrams of one call of `datagrams_receive`.
#define DATAGRAMS_MOST 32

/// A datagram that was read, or several of one source that the system has put one behind the other.
struct datagram_received {
    /// Of all of them, bytes.
    size_t length;
    /// Of each, bytes; the last may be shorter. As `length` on sockets that don't ask for several.
    size_t part;
    /// `struct sockaddr_in` or `struct sockaddr_in6`.
    uint8_t source[28];
    /// Where it was sent, in network order, on sockets that ask for it.
    uint8_t destination[16];
    /// Of `destination`, bytes: 0, 4 or 16.
    uint8_t destination_size;
};

/// Reads what waits at a socket with recvmmsg(2): the first datagram to `bytes`, each other `size` bytes behind the one before. What is longer is cut.
///
/// Returns how many were read, at most `count` and DATAGRAMS_MOST; -1 with `errno` for none.
int datagrams_receive(int socket, void *bytes, size_t size, struct datagram_received *received, unsigned int count);

/// How a control message tells the size of the datagrams that bytes are cut into, see udp(7).
extern const int datagrams_segment_level;
extern const int datagrams_segment_type;

#endif
