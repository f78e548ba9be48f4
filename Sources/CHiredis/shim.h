#include <hiredis/hiredis.h>
#include <hiredis/read.h>

/* The type of the item that the reader is in the middle of (REDIS_REPLY_*), or -1 where its first byte is not there yet. */
static inline int relay_redis_pending_type(const redisReader *reader) {
    return reader->ridx < 0 ? -1 : reader->rstack[reader->ridx].type;
}
