import RelayValkey

/// Stores a batch of one topic, trims, and announces it: all or nothing, and nothing before it is certain that all is.
///
/// | argument | |
/// | --- | --- |
/// | 1 | a random id, should a new epoch begin |
/// | 2, 3 | the epoch's id that the caller knows, empty for none, and its newest id |
/// | 4 | how many messages to keep |
/// | 5 | `1` if the messages are announced with it, else `0`; behind that, of a hot stream, how long it is kept from now on, in milliseconds |
/// | then, for each draft | the kind (a sum of 1 metadata, 2 expiry, 4 audience, 8 mark, 16 sender, 32 compaction key, 64 a binary payload), timestamp, payload, and of metadata, expiry, audience, sender and key those that are there; with a mark its claim's version, total, expiry, and time to live in milliseconds |
///
/// The marks' keys follow the four others in the order of their drafts.
///
/// Answers `ok <bounds>\n` and an id for each draft (`id=timestamp` for a repeat), `superseded`, or `moved <draft> <version>` where
/// a mark's claim has gone elsewhere (see ``ValkeyStore/claim(_:for:)``).
enum AppendScript {
    static let script = ValkeyScript(
        StreamPrelude.source + Self.marks + """
            local s, superseded = settle(ARGV[1], ARGV[2], ARGV[3])
            if superseded then return 'superseded' end

            """ + Self.storing
    )

    /// Finds out which drafts are stored already, and changes nothing. May end the script.
    static let marks = """
        local call = redis.call
        local limit, isAnnounced = tonumber(ARGV[4]), string.byte(ARGV[5]) == 49
        local life = #ARGV[5] > 1 and string.sub(ARGV[5], 2)

        local function isBefore(a, b)
          if #a == #b and string.sub(a, 1, 1) ~= '-' and string.sub(b, 1, 1) ~= '-' then return a < b end
          return tonumber(a) < tonumber(b)
        end

        -- What is stored under a mark and counts at that time: 'id=timestamp', or nil and a tombstone's version.
        local function marked(key, at)
          local value = call('GET', key)
          if not value then return nil, 0 end
          local id, time, total, expiry = string.match(value, '^m (%S+) (%S+) (%S+) (%S+)$')
          if id then
            if isBefore(at, expiry) then return id .. '=' .. time end
            return nil, 0
          end
          local version, ends = string.match(value, '^t (%S+) (%S+)$')
          if version and isBefore(at, ends) then return nil, tonumber(version) end
          return nil, 0
        end

        -- Of drafts whose mark is stored already, by their place: what is answered.
        local firsts = {}
        local at, key, place = 6, 5, 0
        while key <= #KEYS do
          local kind = tonumber(ARGV[at])
          local mark = at + 3
          if kind % 2 >= 1 then mark = mark + 1 end
          if kind % 4 >= 2 then mark = mark + 1 end
          if kind % 8 >= 4 then mark = mark + 1 end
          if kind % 32 >= 16 then mark = mark + 1 end
          if kind % 64 >= 32 then mark = mark + 1 end
          place = place + 1
          if kind % 16 >= 8 then
            local first, version = marked(KEYS[key], ARGV[at + 1])
            if first then
              firsts[place] = first
            elseif version >= tonumber(ARGV[mark]) then
              return 'moved ' .. place - 1 .. ' ' .. version
            end
            key = key + 1
            mark = mark + 4
          end
          at = mark
        end

        """

    /// Stores the rest in the stream `s`, which is nil for a new one, and ends the script.
    static let storing = """
        -- Takes out the message of that key, as one whose time is over.
        local function replace(s, key, id, expiry)
          local old = call('HGET', STATE, key)
          if old and call('XDEL', STREAM, old) == 1 then
            s.count = s.count - 1
            if before(s.expired, old) then s.expired = old; call('HSET', STATE, 'expired', old) end
          end
          if old then call('HDEL', STATE, 'r:' .. old) end
          -- What goes by itself takes its key along.
          if expiry then call('HSET', STATE, key, id, 'r:' .. id, key) else call('HSET', STATE, key, id) end
        end

        local isNew = not s
        s = s or history(ARGV[1], '0-0', '0-0')
        local previous, trimmedBefore = s.last, s.trimmed
        local ms, seq = split(s.last)
        local ids, heads, bodies, here, stored, parts = {}, {}, {}, {}, 0, 0
        -- The start of ids of this millisecond; the end of the line about a payload of that length and nothing else.
        local base, tail, length

        at, key, place = 6, 5, 0
        while at <= #ARGV do
          local kind, time, payload = ARGV[at], ARGV[at + 1], ARGV[at + 2]
          local metadata, expiry, audience, sender, compacted, isBinary, mark, first
          at = at + 3
          place = place + 1
          if kind ~= '0' then
            kind = tonumber(kind)
            if kind % 2 >= 1 then metadata = ARGV[at]; at = at + 1 end
            if kind % 4 >= 2 then expiry = ARGV[at]; at = at + 1 end
            if kind % 8 >= 4 then audience = ARGV[at]; at = at + 1 end
            if kind % 32 >= 16 then sender = ARGV[at]; at = at + 1 end
            if kind % 64 >= 32 then compacted = 'k:' .. ARGV[at]; at = at + 1 end
              isBinary = kind >= 64
            if kind % 16 >= 8 then
              mark = KEYS[key]
              first = firsts[place] or here[mark]
              key = key + 1
              at = at + 4
            end
          end
          if first then
            ids[place] = first
          else
            -- Text is a number to arithmetic; without calls, of which a message has enough.
            local now = time / 1000
            now = now - now % 1
            if now < 0 then now = 0 elseif now > MAX_SEQUENCE then now = MAX_SEQUENCE end
            if now > ms then ms, seq, base = now, 0, nil
            elseif seq < MAX_SEQUENCE then seq = seq + 1
            else ms, seq, base = ms + 1, 0, nil end
            base = base or string.format('%.0f-', ms)
            -- Fourteen digits are what Lua writes of a number.
            local id = base .. (seq < 1e14 and seq or string.format('%.0f', seq))
            ids[place] = id
            s.last = id
            stored = stored + 1
            if kind == '0' then
              call('XADD', STREAM, id, 'p', payload, 't', time)
            else
              local fields = {'p', payload, 't', time}
              if metadata then fields[#fields + 1] = 'm'; fields[#fields + 1] = metadata end
              if expiry then fields[#fields + 1] = 'x'; fields[#fields + 1] = expiry end
              if audience then fields[#fields + 1] = 'a'; fields[#fields + 1] = audience end
              if sender then fields[#fields + 1] = 's'; fields[#fields + 1] = sender end
              if isBinary then fields[#fields + 1] = 'b'; fields[#fields + 1] = '1' end
              call('XADD', STREAM, id, unpack(fields))
              if expiry then call('ZADD', TTL, expiry, id) end
              if compacted then replace(s, compacted, id, expiry) end
            end
            if mark then
              call('SET', mark, 'm ' .. id .. ' ' .. time .. ' ' .. ARGV[at - 3] .. ' ' .. ARGV[at - 2], 'PX', ARGV[at - 1])
              here[mark] = id .. '=' .. time
            end
            if isAnnounced then
              if metadata or expiry or audience or sender or isBinary then
                heads[stored] = id .. ' ' .. time .. ' ' .. (expiry or '-') .. (isBinary and ' b' or ' ') .. #payload
                  .. ' ' .. (metadata and #metadata or '-') .. ' ' .. (audience and #audience or sender and '' or '-')
                  .. (sender and '+' .. #sender or '') .. '\\n'
              else
                if length ~= #payload then
                  length = #payload
                  tail = ' - ' .. length .. ' - -\\n'
                end
                heads[stored] = id .. ' ' .. time .. tail
              end
              parts = parts + 1
              bodies[parts] = payload
              if metadata then parts = parts + 1; bodies[parts] = metadata end
              if audience then parts = parts + 1; bodies[parts] = audience end
              if sender then parts = parts + 1; bodies[parts] = sender end
            end
          end
        end

        s.count = s.count + stored
        -- All but one are trimmed unread; of the last only the id is wanted, but its content comes along.
        if s.count > limit then
          if s.count + s.hidden > limit + 1 then call('XTRIM', STREAM, 'MAXLEN', '=', limit + 1) end
          s.trimmed = call('XRANGE', STREAM, '-', '+', 'COUNT', 1)[1][1]
          call('XDEL', STREAM, s.trimmed)
          s.count = limit
          forgetSnapshots(s)
          if s.holes ~= '' then dig(s); call('HSET', STATE, 'holes', s.holes) end
        end
        local position = describe(s, previous)
        if stored > 0 or s.trimmed ~= trimmedBefore then
          local wasHot = s.isHot
          s.isHot = life and true or nil
          if isNew then
            save(s)
          else
            call('HSET', STATE, 'last', s.last, 'trimmed', s.trimmed, 'count', s.isHot and -1 or s.count)
          end
          if life then
            call('PEXPIRE', STREAM, life)
            call('PEXPIRE', TTL, life)
          elseif wasHot then
            call('PERSIST', STREAM)
            call('PERSIST', TTL)
          end
          call('SPUBLISH', NEWS, position .. ' ' .. #heads .. '\\n' .. table.concat(heads) .. table.concat(bodies))
        elseif isNew then
          s.epoch = '0'
          position = describe(s, previous)
        end
        return 'ok ' .. position .. '\\n' .. table.concat(ids, ' ')
        """
}
