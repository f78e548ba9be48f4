import RelayValkey

/// Puts a snapshot in the place of a message, and removes what is superseded for too long.
///
/// | argument | |
/// | --- | --- |
/// | 1 | a random id, should a new epoch begin |
/// | 2, 3 | the epoch's id that the caller knows, and its newest id |
/// | 4, 5, 6 | the snapshot's id, format and payload |
/// | 7 | the milliseconds from which on what is superseded is kept; empty: none is |
///
/// Answers the bounds, or false where nothing was stored. The first write needs memory.
enum PutSnapshotScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s, superseded = settle(ARGV[1], ARGV[2], ARGV[3])
            local id = ARGV[4]
            if not s or superseded or s.isHot or s.epoch ~= ARGV[2] then return false end
            if not before(s.trimmed, id) or s.snapshot and not before(s.snapshot, id) then return false end
            if #redis.call('XRANGE', STREAM, id, id) == 0 then return false end

            redis.call('HSET', STATE, 's:' .. id, ARGV[6], 'f:' .. id, ARGV[5])
            redis.call('ZREM', TTL, id)
            if s.snapshot then redis.call('HSET', STATE, 'n:' .. s.snapshot, id) else s.oldest = id end
            s.snapshot = id

            -- The entries behind it are counted: they are few, as a rule.
            local behind, content, chunk, last = 0, 0, 1, id
            while true do
              local some = redis.call('XRANGE', STREAM, '(' .. last, '+', 'COUNT', chunk)
              behind = behind + #some
              if #some < chunk then break end
              last = some[#some][1]
              for i = 1, #some do
                for j = 2, #some[i][2], 2 do content = content + #some[i][2][j] + 8 end
              end
              chunk = math.max(1, math.min(128, math.floor(65536 * behind / content)))
            end
            s.hidden = redis.call('XLEN', STREAM) - behind - 1
            s.count = behind + 1
            forgetSuperseded(s, tonumber(ARGV[7]) or math.huge)
            save(s)
            noteSnapshots(s)
            return describe(s, s.last)
            """
    )
}
