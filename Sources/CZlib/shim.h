#include <zlib.h>

/* inflateInit2 is a macro, which Swift does not see. */
static inline int relay_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

/* Compresses with gzip in one call. Gives the length of what came out, or 0 where there was not enough room. */
static inline unsigned relay_gzip(const unsigned char *input, unsigned length, unsigned char *output, unsigned room) {
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (unsigned char *)input;
    stream.avail_in = length;
    stream.next_out = output;
    stream.avail_out = room;
    unsigned made = deflate(&stream, Z_FINISH) == Z_STREAM_END ? room - stream.avail_out : 0;
    deflateEnd(&stream);
    return made;
}
