import RelayValkey

/// Stores a batch of one topic, trims, and announces it: all or nothing, and nothing before it is certain that all is.
///
/// | argument | |
/// | --- | --- |
/// | 1 | a random id, should a new epoch begin |
/// | 2, 3 | the epoch's id that the caller knows, empty for none, and its newest id |
/// | 4 | how many messages to keep |
/// | 5 | the batch's bytes above which the messages are not announced with it |
/// | then, for each draft | the kind (a sum of 1 metadata, 2 expiry, 4 audience, 8 mark), timestamp, payload, and of metadata, expiry and audience those that are there; with a mark its claim's version, total, expiry, and time to live in milliseconds |
///
/// The marks' keys follow the four others in the order of their drafts.
///
/// Answers `ok <bounds>\n` and an id for each draft (`id=timestamp` for a repeat), `superseded`, or `moved <draft> <version>` where
/// a mark's claim has gone elsewhere (see ``ValkeyStore/claim(_:for:)``).
enum AppendScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local limit, announced = tonumber(ARGV[4]), tonumber(ARGV[5])

            local function isBefore(a, b)
              if #a == #b and string.sub(a, 1, 1) ~= '-' and string.sub(b, 1, 1) ~= '-' then return a < b end
              return tonumber(a) < tonumber(b)
            end

            -- What is stored under a mark and counts at that time: id and timestamp, or nil and a tombstone's version.
            local function marked(key, at)
              local value = redis.call('GET', key)
              if not value then return nil, 0 end
              local id, time, total, expiry = string.match(value, '^m (%S+) (%S+) (%S+) (%S+)$')
              if id then
                if isBefore(at, expiry) then return id, time end
                return nil, 0
              end
              local version, ends = string.match(value, '^t (%S+) (%S+)$')
              if version and isBefore(at, ends) then return nil, tonumber(version) end
              return nil, 0
            end

            local drafts, at, key, size = {}, 6, 5, 0
            while at <= #ARGV do
              local kind = tonumber(ARGV[at])
              local d = {time = ARGV[at + 1], payload = ARGV[at + 2]}
              at = at + 3
              if kind ~= 0 then
                if kind % 2 >= 1 then d.metadata = ARGV[at]; at = at + 1; size = size + #d.metadata end
                if kind % 4 >= 2 then d.expiry = ARGV[at]; at = at + 1 end
                if kind % 8 >= 4 then d.audience = ARGV[at]; at = at + 1 end
                if kind >= 8 then
                  d.key, d.total, d.ends, d.ttl = KEYS[key], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
                  local id, other = marked(d.key, d.time)
                  if id then
                    d.first, d.firstTime = id, other
                  elseif other >= tonumber(ARGV[at]) then
                    return 'moved ' .. #drafts .. ' ' .. other
                  end
                  at = at + 4
                  key = key + 1
                end
              end
              size = size + #d.payload
              drafts[#drafts + 1] = d
            end

            local s, superseded = settle(ARGV[1], ARGV[2], ARGV[3])
            if superseded then return 'superseded' end
            s = s or {epoch = ARGV[1], start = '0-0', last = '0-0', trimmed = '0-0', count = 0, isNew = true}
            local previous, trimmedBefore = s.last, s.trimmed
            local ms, seq = split(s.last)
            local ids, news, bodies, here, stored = {}, {}, {}, {}, 0

            for i = 1, #drafts do
              local d = drafts[i]
              local first, firstTime = d.first, d.firstTime
              if not first and d.key and here[d.key] then first, firstTime = here[d.key][1], here[d.key][2] end
              if first then
                ids[i] = first .. '=' .. firstTime
              else
                local now = math.min(math.max(0, math.floor(tonumber(d.time) / 1000)), MAX_SEQUENCE)
                if now > ms then ms, seq = now, 0
                elseif seq < MAX_SEQUENCE then seq = seq + 1
                else ms, seq = ms + 1, 0 end
                local id = join(ms, seq)
                ids[i] = id
                if not d.metadata and not d.expiry and not d.audience then
                  redis.call('XADD', STREAM, id, 'p', d.payload, 't', d.time)
                else
                  local fields = {'p', d.payload, 't', d.time}
                  if d.metadata then fields[#fields + 1] = 'm'; fields[#fields + 1] = d.metadata end
                  if d.expiry then fields[#fields + 1] = 'x'; fields[#fields + 1] = d.expiry end
                  if d.audience then fields[#fields + 1] = 'a'; fields[#fields + 1] = d.audience end
                  redis.call('XADD', STREAM, id, unpack(fields))
                  if d.expiry then redis.call('ZADD', TTL, d.expiry, id) end
                end
                if d.key then
                  redis.call('SET', d.key, 'm ' .. id .. ' ' .. d.time .. ' ' .. d.total .. ' ' .. d.ends, 'PX', d.ttl)
                  here[d.key] = {id, d.time}
                end
                stored = stored + 1
                if size <= announced then
                  news[#news + 1] = id .. ' ' .. d.time .. ' ' .. (d.expiry or '-') .. ' ' .. #d.payload
                    .. ' ' .. (d.metadata and #d.metadata or '-') .. ' ' .. (d.audience and #d.audience or '-') .. '\\n'
                  bodies[#bodies + 1] = d.payload
                  if d.metadata then bodies[#bodies + 1] = d.metadata end
                  if d.audience then bodies[#bodies + 1] = d.audience end
                end
              end
            end

            s.last = join(ms, seq)
            s.count = s.count + stored
            -- All but one are trimmed unread; of the last only the id is wanted, but its content comes along.
            if s.count > limit then
              if s.count > limit + 1 then redis.call('XTRIM', STREAM, 'MAXLEN', '=', limit + 1) end
              s.trimmed = redis.call('XRANGE', STREAM, '-', '+', 'COUNT', 1)[1][1]
              redis.call('XDEL', STREAM, s.trimmed)
              s.count = limit
            end
            if stored > 0 or s.trimmed ~= trimmedBefore then
              save(s)
              redis.call('SPUBLISH', NEWS, describe(s, previous) .. ' ' .. #news .. '\\n'
                .. table.concat(news) .. table.concat(bodies))
            elseif s.isNew then
              s.epoch = '0'
            end
            return 'ok ' .. describe(s, previous) .. '\\n' .. table.concat(ids, ' ')
            """
    )
}
