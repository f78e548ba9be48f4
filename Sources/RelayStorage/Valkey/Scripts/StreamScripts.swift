import RelayValkey

/// Settles where a stream stands, as an append does. Arguments: a random id, and the known epoch and newest id.
enum PositionScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s = settle(ARGV[1], ARGV[2], ARGV[3])
            if not s then return false end
            return describe(s, s.last)
            """
    )
}

/// Where a stream stands, changing nothing.
enum BoundsScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s = load()
            if not s then return false end
            return describe(s, s.last)
            """
    )
}

/// Takes all messages and begins a new epoch after them. Argument: a random id.
///
/// What frees memory comes first, so that a server that is full does it: one that refuses a script for want of memory does so at the
/// first write that needs some, unless another came before it.
enum PurgeScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s = load()
            if not s then
              s = settle(ARGV[1], '', '')
              if not s then return false end
            end
            redis.call('UNLINK', STREAM, TTL)
            s.epoch, s.start, s.trimmed, s.count = ARGV[1], s.last, s.last, 0
            return describe(begin(s), s.last)
            """
    )
}

/// Forgets a stream of which nothing is left. Argument: the milliseconds that its newest id has to be older than.
enum ForgetScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s = load()
            if not s or s.count > 0 or split(s.last) >= tonumber(ARGV[1]) then return 0 end
            return redis.call('UNLINK', STATE, STREAM, TTL)
            """
    )
}
