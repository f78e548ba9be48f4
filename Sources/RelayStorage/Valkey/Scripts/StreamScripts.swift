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

/// What empties a stream.
enum PurgePrelude {
    static let source = """
        -- Removes keys of a wrong type, which somebody else put there, and all messages with them. Whether there were any.
        local function heal()
          local isDamaged = false
          for key, kind in pairs({[STREAM] = 'stream', [STATE] = 'hash', [TTL] = 'zset'}) do
            local actual = redis.call('TYPE', key).ok
            if actual ~= 'none' and actual ~= kind then
              redis.call('UNLINK', key)
              isDamaged = true
            end
          end
          if isDamaged then redis.call('UNLINK', TTL) end
          return isDamaged
        end

        -- Removes all messages, and what is known of them. To be saved as a new epoch.
        local function empty(s, fresh)
          redis.call('UNLINK', STREAM, TTL, STATE)
          s.snapshot, s.oldest, s.hidden = nil, nil, 0
          s.epoch, s.start, s.trimmed, s.holes, s.count = fresh, s.last, s.last, '', 0
        end

        """
}

/// Removes all messages of a history and begins a new epoch after them. A history that began since then is somebody
/// else's topic already, and stays.
///
/// Arguments: a random id; the epoch and the newest id that were seen before the topic's record was changed (empty
/// for none); and `1` if messages that came since go too. They go at a deletion. At a creation they are the new
/// topic's, and stay.
///
/// A key of the wrong type, which somebody else put there, goes in any case, and all messages with it.
///
/// What frees memory comes first. A server that is full refuses a script at its first write that needs memory, but
/// not after another write.
enum PurgeScript {
    static let script = ValkeyScript(
        StreamPrelude.source + PurgePrelude.source + """
            local isDamaged = heal()
            local s = load()
            if not s then
              s = settle(ARGV[1], '', '')
              if not s then return false end
            elseif not isDamaged and s.epoch ~= ARGV[2] then
              return describe(s, s.last)
            elseif not isDamaged and ARGV[4] ~= '1' and before(ARGV[3], s.last) then
              local ms, seq = split(ARGV[3])
              redis.call('XTRIM', STREAM, 'MINID', '=', join(ms, seq + 1))
              if before(s.trimmed, ARGV[3]) then s.trimmed = ARGV[3] end
              if s.snapshot and not before(s.trimmed, s.snapshot) then forgetSnapshots(s) end
              if s.snapshot then
                s.hidden = redis.call('XLEN', STREAM) - s.count
                noteSnapshots(s)
              else
                s.count = redis.call('XLEN', STREAM)
              end
              return describe(begin(s), s.last)
            end
            empty(s, ARGV[1])
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
