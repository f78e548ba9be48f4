#define _GNU_SOURCE
#include "CDatagrams.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

const int datagrams_segment_level = IPPROTO_UDP;
const int datagrams_segment_type = UDP_SEGMENT;

/// Control messages: the destination of either family, and the size of datagrams that were put together.
union control {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

static void read_controls(struct datagram_received *received, struct msghdr *head) {
    received->destination_size = 0;
    received->part = received->length;
    for (struct cmsghdr *message = CMSG_FIRSTHDR(head); message != NULL; message = CMSG_NXTHDR(head, message)) {
        if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(message), sizeof info);
            memcpy(received->destination, &info.ipi_addr, sizeof info.ipi_addr);
            received->destination_size = sizeof info.ipi_addr;
        } else if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(message), sizeof info);
            memcpy(received->destination, &info.ipi6_addr, sizeof info.ipi6_addr);
            received->destination_size = sizeof info.ipi6_addr;
        } else if (message->cmsg_level == IPPROTO_UDP && message->cmsg_type == UDP_GRO) {
            int part;
            memcpy(&part, CMSG_DATA(message), sizeof part);
            received->part = part > 0 ? (size_t)part : received->length;
        }
    }
}

int datagrams_receive(int socket, void *bytes, size_t size, struct datagram_received *received, unsigned int count) {
    struct mmsghdr heads[DATAGRAMS_MOST];
    struct iovec parts[DATAGRAMS_MOST];
    union control controls[DATAGRAMS_MOST];
    if (count > DATAGRAMS_MOST) {
        count = DATAGRAMS_MOST;
    }
    for (unsigned int index = 0; index < count; index++) {
        parts[index] = (struct iovec){.iov_base = (uint8_t *)bytes + index * size, .iov_len = size};
        heads[index].msg_hdr = (struct msghdr){
            .msg_name = received[index].source,
            .msg_namelen = sizeof received[index].source,
            .msg_iov = &parts[index],
            .msg_iovlen = 1,
            .msg_control = &controls[index],
            .msg_controllen = sizeof controls[index],
        };
    }
    int taken = recvmmsg(socket, heads, count, MSG_DONTWAIT, NULL);
    for (int index = 0; index < taken; index++) {
        received[index].length = heads[index].msg_len;
        read_controls(&received[index], &heads[index].msg_hdr);
    }
    return taken;
}
