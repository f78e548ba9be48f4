import RelayValkey

/// Stores a part of a stream as it was elsewhere: all or nothing. Tells nobody.
///
/// | argument | |
/// | --- | --- |
/// | 1, 2, 3 | the epoch's id, its start, and its holes as the state has them |
/// | 4 | the newest id that the stream must have in that epoch; `0-0` for a stream that there must not be |
/// | 5, 6 | the newest id that was trimmed, and the newest id given out |
/// | then, for each message | the kind (as for an append, 128 for a snapshot), id, timestamp, payload, and of metadata, expiry, audience and sender those that are there |
///
/// Answers whether it was done, and the bounds.
enum ImportScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s = load()
            if s and s.epoch ~= ARGV[1] and s.count == 0 and s.last == '0-0' then s = nil end
            if s and (s.epoch ~= ARGV[1] or s.last ~= ARGV[4]) then return {0, describe(s, s.last)} end
            if not s and ARGV[4] ~= '0-0' then return {0, false} end
            s = s or history(ARGV[1], '0-0', '0-0')
            s.start, s.holes, s.trimmed = ARGV[2], ARGV[3], ARGV[5]

            local at = 7
            while at <= #ARGV do
              local kind, id, fields = tonumber(ARGV[at]), ARGV[at + 1], {'p', ARGV[at + 3], 't', ARGV[at + 2]}
              local payload, isBinary, isSnapshot = ARGV[at + 3], kind % 128 >= 64, kind >= 128
              at = at + 4
              local function take(bit, name)
                if kind % (2 * bit) < bit then return nil end
                fields[#fields + 1] = name
                fields[#fields + 1] = ARGV[at]
                at = at + 1
                return ARGV[at - 1]
              end
              take(1, 'm')
              local expiry = take(2, 'x')
              take(4, 'a')
              take(16, 's')
              if isBinary then fields[#fields + 1] = 'b'; fields[#fields + 1] = '1' end
              if isSnapshot then fields[2] = '' end
              redis.call('XADD', STREAM, id, unpack(fields))
              if expiry then redis.call('ZADD', TTL, expiry, id) end
              if isSnapshot then
                redis.call('HSET', STATE, 's:' .. id, payload, 'f:' .. id, isBinary and 1 or 0)
                if s.snapshot then redis.call('HSET', STATE, 'n:' .. s.snapshot, id) else s.oldest = id end
                s.snapshot, s.hidden, s.count = id, s.hidden + s.count, 1
              else
                s.count = s.count + 1
              end
            end
            s.last = ARGV[6]
            save(s)
            if s.snapshot then noteSnapshots(s) end
            return {1, describe(s, s.last)}
            """
    )
}
