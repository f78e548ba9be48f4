import RelayValkey

/// Stores what waits for somebody. What has expired is gone by the server's clock, or doesn't count.
///
/// Keys: the record, its alias, all of its kind. Arguments: id, expiry, the time, the limit, the milliseconds that it is kept, `1` if it has an
/// alias, fields and values. Answers 1 if it was stored, 0 where it is taken, -1 where there are too many.
enum InsertPendingScript {
    static let script = ValkeyScript(
        """
        redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[3])
        if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[4]) then return -1 end
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        if ARGV[6] == '1' and not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[5]) then return 0 end
        redis.call('HSET', KEYS[1], unpack(ARGV, 7))
        redis.call('PEXPIRE', KEYS[1], ARGV[5])
        redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
        return 1
        """
    )
}

/// Gives what waits another value. Key: the record. Arguments: the value that it must have, and the other. Answers whether it was done.
enum ReplacePendingScript {
    static let script = ValkeyScript(
        """
        if redis.call('HGET', KEYS[1], 'value') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'value', ARGV[2])
        return 1
        """
    )
}

/// Takes out what waits. Keys: the record, its alias, all of its kind. Arguments: the value that it must have, the id. Answers whether it was
/// done.
enum TakePendingScript {
    static let script = ValkeyScript(
        """
        if redis.call('HGET', KEYS[1], 'value') ~= ARGV[1] then return 0 end
        redis.call('DEL', KEYS[1], KEYS[2])
        redis.call('ZREM', KEYS[3], ARGV[2])
        return 1
        """
    )
}
