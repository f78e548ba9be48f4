import RelayValkey

/// Counts a request, if the window has room. The window is the key's own life, by the server's clock.
///
/// Keys: the count. Arguments: the limit, the window in milliseconds. Answers -1 if it was counted, else how long the window lasts.
enum AdmitScript {
    static let script = ValkeyScript(
        """
        local count = tonumber(redis.call('GET', KEYS[1]) or '0')
        if count >= tonumber(ARGV[1]) then return math.max(1, redis.call('PTTL', KEYS[1])) end
        if redis.call('INCR', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return -1
        """
    )
}
