import RelayValkey

/// One step of a sweep of one stream: what expired first, and then what is too old.
///
/// Arguments: the time, the milliseconds from which on messages are kept (empty: all are), a random id, and the milliseconds from which
/// on what is superseded is kept (empty: none is). Answers the bounds (false for none), whether age took some, and whether there may be more to
/// do. A step takes at most 512 messages, or a mebibyte of what is too old.
enum SweepScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s, lost = settle(ARGV[3], '', '')
            if not s then return {false, 0, 0} end
            -- Of a compacted stream: the keys whose newest messages these were.
            local function forgetKeys(ids)
              local names, gone = {}, {}
              for i, id in ipairs(ids) do names[i] = 'r:' .. id end
              for i, key in ipairs(redis.call('HMGET', STATE, unpack(names))) do
                if key then
                  gone[#gone + 1] = names[i]
                  if redis.call('HGET', STATE, key) == ids[i] then gone[#gone + 1] = key end
                end
              end
              if #gone > 0 then redis.call('HDEL', STATE, unpack(gone)) end
            end

            local now, cutoff = ARGV[1], tonumber(ARGV[2])
            local more, aged, changed = 0, 0, false

            local expired = redis.call('ZRANGEBYSCORE', TTL, '-inf', now, 'LIMIT', 0, 512)
            if #expired > 0 then
              redis.call('ZREM', TTL, unpack(expired))
              if s.isHot then forgetKeys(expired) end
              if not s.snapshot then s.count = s.count - redis.call('XDEL', STREAM, unpack(expired)) end
              for _, id in ipairs(expired) do
                if s.snapshot and redis.call('XDEL', STREAM, id) == 1 then
                  if before(id, s.snapshot) then s.hidden = s.hidden - 1 else s.count = s.count - 1 end
                end
                if before(s.expired, id) then s.expired = id end
              end
              changed, more = true, 1
            else
              -- Ids of messages that were trimmed before they expired: the more of them, the surer they are drawn.
              local listed = redis.call('ZCARD', TTL)
              if listed > 2 * s.count + 512 then
                local trimmed = {}
                for _, id in ipairs(redis.call('ZRANDMEMBER', TTL, 512)) do
                  if not before(s.trimmed, id) then redis.call('ZREM', TTL, id); trimmed[#trimmed + 1] = id end
                end
                if s.isHot and #trimmed > 0 then forgetKeys(trimmed) end
                more = 1
              end
            end

            if more == 0 and cutoff and s.count > 1 then
              local newest = redis.call('XREVRANGE', STREAM, '+', '-', 'COUNT', 1)[1][1]
              local looked, content, chunk, last = 0, 0, 1, nil
              while looked < 512 and content < 1048576 do
                local some = redis.call('XRANGE', STREAM, last and '(' .. last or s.snapshot or '-', '(' .. newest, 'COUNT', chunk)
                local done = #some < chunk
                for i = 1, #some do
                  if split(some[i][1]) >= cutoff then done = true; break end
                  last = some[i][1]
                  looked = looked + 1
                  for j = 2, #some[i][2], 2 do content = content + #some[i][2][j] + 8 end
                end
                if done then break end
                chunk = math.max(1, math.min(64, math.floor(65536 * looked / content)))
              end
              if last then
                local ms, seq = split(last)
                s.count = s.count + s.hidden - redis.call('XTRIM', STREAM, 'MINID', '=', join(ms, seq + 1))
                forgetSnapshots(s)
                s.trimmed = last
                aged, changed, more = 1, true, 1
              end
            end

            if s.hidden > 0 and forgetSuperseded(s, tonumber(ARGV[4]) or math.huge) then changed = true end
            if changed then
              dig(s)
              save(s)
              if s.snapshot then noteSnapshots(s) end
              if aged == 1 then announce(s, s.last) end
            end
            return {describe(s, s.last), aged, more}
            """
    )
}
