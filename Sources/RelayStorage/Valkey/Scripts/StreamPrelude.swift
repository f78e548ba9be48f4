/// What the scripts of a topic's stream share. Each has the keys stream, state, ttl and news first, in this order.
///
/// Numbers of Lua are doubles. Ids' milliseconds fit, and sequence numbers end before 2^53. Moments in microseconds
/// may be anything, so they stay text wherever they are only kept. No script asks the server for the time.
///
/// The state's fields: `epoch` and `start`; `last`; `trimmed`; `count`, which shows whether somebody removed messages
/// behind the relay's back, and is -1 for a hot stream, whose messages go all at once by the server's clock: that is a
/// trimming; `holes`, at most four, each as `,<after>,<through>`; `expired`, the newest id that
/// went by its `ttl` or was replaced; and of a compacted stream `k:<key>`, the newest id of each key, and `r:<id>`, of a message with a
/// `ttl`, that name.
///
/// An entry can't be replaced, so a snapshot is in the state: `s:<id>` its payload, `f:<id>` its format, and `n:<id>` the id of the next
/// one. Timestamp and sender are those of the entry. `snap` has the ids of the newest and the oldest snapshot, and how many entries lie before
/// the newest. Those do not count.
enum StreamPrelude {
    static let source = """
        local STREAM, STATE, TTL, NEWS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
        local MAX_SEQUENCE = 9007199254740990

        local function split(id)
          local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
          return tonumber(ms), tonumber(seq)
        end

        local function join(ms, seq)
          return string.format('%.0f-%.0f', ms, seq)
        end

        local function before(a, b)
          if a == b then return false end
          local ams, aseq = split(a)
          local bms, bseq = split(b)
          return ams < bms or (ams == bms and aseq < bseq)
        end

        -- '<epoch><holes> <start> <previous> <last> <trimmed> <count>'
        local function describe(s, previous)
          return s.epoch .. s.holes .. ' ' .. s.start .. ' ' .. previous .. ' ' .. s.last .. ' ' .. s.trimmed .. ' ' .. s.count
        end

        local function noteSnapshots(s)
          redis.call('HSET', STATE, 'snap', s.snapshot .. ' ' .. s.oldest .. ' ' .. s.hidden)
        end

        -- Takes the oldest snapshot out of the state. The id of the next, if there is one.
        local function forgetOldest(s)
          local following = redis.call('HGET', STATE, 'n:' .. s.oldest)
          redis.call('HDEL', STATE, 's:' .. s.oldest, 'f:' .. s.oldest, 'n:' .. s.oldest)
          s.oldest = following
        end

        -- What they stand for is gone, and they are.
        local function forgetSnapshots(s)
          if not s.snapshot then return end
          while s.oldest do forgetOldest(s) end
          redis.call('HDEL', STATE, 'snap')
          s.snapshot, s.hidden = nil, 0
        end

        -- Removes what lies before the newest snapshot whose id has fewer milliseconds. Whether there was something.
        local function forgetSuperseded(s, milliseconds)
          local base, id = nil, s.oldest
          while id and split(id) < milliseconds do
            base, id = id, redis.call('HGET', STATE, 'n:' .. id)
          end
          if not base or s.hidden == 0 then return false end
          local gone = redis.call('XTRIM', STREAM, 'MINID', '=', base)
          while s.oldest ~= base do forgetOldest(s) end
          s.hidden = s.hidden - gone
          return gone > 0
        end

        local function save(s)
          redis.call('HSET', STATE, 'epoch', s.epoch, 'start', s.start, 'last', s.last, 'trimmed', s.trimmed,
            'count', s.isHot and -1 or s.count, 'holes', s.holes, 'expired', s.expired)
        end

        -- Forgets the holes that lie in what is trimmed, and adds one between these two ids, if given. It lies behind all others. Of
        -- more than four the two oldest become one, with what lies between.
        local function dig(s, from, through)
          local ends = {}
          for after, last in string.gmatch(s.holes, ',([^,]+),([^,]+)') do
            if before(s.trimmed, last) then ends[#ends + 1] = after; ends[#ends + 1] = last end
          end
          if from and #ends > 0 and not before(ends[#ends], from) then
            ends[#ends] = through
          elseif from then
            ends[#ends + 1] = from
            ends[#ends + 1] = through
            if #ends > 8 then table.remove(ends, 2); table.remove(ends, 2) end
          end
          s.holes = #ends > 0 and ',' .. table.concat(ends, ',') or ''
        end

        -- Whether a message that was stored is gone for no reason.
        local function isLost(s, id)
          if not before(s.trimmed, id) or not before(s.expired, id) then return false end
          if s.snapshot and not before(s.snapshot, id) then return false end
          if #redis.call('XRANGE', STREAM, id, id) > 0 then return false end
          for _, last in string.gmatch(s.holes, ',([^,]+),([^,]+)') do
            if last == id then return false end
          end
          return true
        end

        -- The newest message up to an id, or what was trimmed last.
        local function survivor(s, id)
          local found = redis.call('XREVRANGE', STREAM, id, '-', 'COUNT', 1)[1]
          return found and before(s.trimmed, found[1]) and found[1] or s.trimmed
        end

        -- Without messages: the receivers see by epoch, previous and trimmed what they have to do.
        local function announce(s, previous)
          redis.call('SPUBLISH', NEWS, describe(s, previous) .. ' 0\\n')
        end

        -- Nil where nothing is known of the stream.
        local function load()
          local f = redis.call('HMGET', STATE, 'epoch', 'start', 'last', 'trimmed', 'count', 'holes', 'expired', 'snap')
          if not f[1] then return nil end
          local s = {epoch = f[1], start = f[2], last = f[3], trimmed = f[4], kept = tonumber(f[5]),
            holes = f[6] or '', expired = f[7] or '0-0', count = redis.call('XLEN', STREAM), hidden = 0}
          if f[8] then
            local newest, oldest, hidden = string.match(f[8], '^(%d+%-%d+) (%d+%-%d+) (%d+)$')
            s.snapshot, s.oldest, s.hidden = newest, oldest, math.min(s.count, tonumber(hidden) or 0)
            s.count = s.count - s.hidden
          end
          if s.kept and s.kept < 0 then
            s.isHot = true
            if s.count == 0 then s.trimmed = s.last end
          end
          return s
        end

        -- Of a stream of which nothing is known.
        local function history(epoch, last, trimmed)
          return {epoch = epoch, start = '0-0', last = last, trimmed = trimmed, holes = '', expired = '0-0', count = 0, hidden = 0}
        end

        local function begin(s)
          save(s)
          announce(s, s.last)
          return s
        end

        -- The stream as it is, once it is settled whether it still is the one that was known: nil for none at all, and whether
        -- what the caller knew ('' for nothing) is superseded. A history with a hole goes on as a new epoch.
        local function settle(fresh, known, knownLast)
          local s = load()
          if not s then
            if redis.call('EXISTS', STREAM) == 1 then
              local info = redis.call('XINFO', 'STREAM', STREAM)
              local last = '0-0'
              for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then last = info[i + 1] end
              end
              local s = history(fresh, last, '0-0')
              s.count = redis.call('XLEN', STREAM)
              if known ~= '' and before(last, knownLast) then
                dig(s, last, knownLast)
                s.last = knownLast
              end
              return begin(s), known ~= ''
            end
            if known == '' then return nil, false end
            return begin(history(fresh, knownLast, knownLast)), true
          end
          if s.count == 0 and s.kept > 0 then
            s.start = s.last
            if known == s.epoch and before(s.last, knownLast) then s.last = knownLast end
            s.epoch, s.trimmed, s.holes = fresh, s.last, ''
            forgetSnapshots(s)
            return begin(s), known ~= ''
          end
          if known == '' then return s, false end
          if known ~= s.epoch then return s, true end
          if before(s.last, knownLast) then
            dig(s, s.last, knownLast)
            s.epoch, s.start, s.last = fresh, s.last, knownLast
            return begin(s), true
          end
          -- Who knew less has stored more since. Where the loss began can't be told, so nobody goes back.
          if knownLast ~= s.last and isLost(s, knownLast) then
            dig(s, survivor(s, knownLast), knownLast)
            s.epoch, s.start = fresh, s.last
            return begin(s), true
          end
          return s, false
        end

        """
}
