import RelayValkey

/// Reads a page, together with the bounds of the same instant.
///
/// | argument | |
/// | --- | --- |
/// | 1 | `XRANGE` or `XREVRANGE` |
/// | 2, 3 | its ends; both empty for the bounds alone |
/// | 4, 5 | the most messages and bytes, these as ``RelayCore/Message/memoryCost`` counts |
/// | 6 | the time, for expiry |
/// | 7, 8 | how many entries and bytes to look at, at most: a long read is done in several, so as not to hold up the server |
///
/// A ninth argument asks for what is superseded, too.
///
/// Answers the bounds (false for none), the entries, and `end`, `more`, or the id at which it left off, to be gone on from.
enum ReadScript {
    static let script = ValkeyScript(
        StreamPrelude.source + """
            local s = load()
            if not s then return {false, {}, 'end'} end
            local bounds = describe(s, s.last)
            if ARGV[2] == '' then return {bounds, {}, 'end'} end
            local command, from, to = ARGV[1], ARGV[2], ARGV[3]
            local first = not ARGV[9] and s.snapshot
            if first and command == 'XRANGE' then
              local after = string.sub(from, 2)
              if before(after, first) and (to == '+' or before(after, to)) then
                from = first
                -- It stands for all of a stretch that ends before it.
                if to ~= '+' and before(to, first) then to = first end
              end
            elseif first then
              to = first
            end

            -- With the snapshot that has the entry's place, if there is one.
            local function current(entry)
              local id = entry[1]
              local format = redis.call('HGET', STATE, 'f:' .. id)
              if not format then return entry end
              local payload, fields = redis.call('HGET', STATE, 's:' .. id), {'z', '1'}
              if payload then fields[3] = 'p'; fields[4] = payload end
              if format == '1' then fields[#fields + 1] = 'b'; fields[#fields + 1] = '1' end
              for j = 1, #entry[2], 2 do
                local name = entry[2][j]
                if name == 't' or name == 's' then fields[#fields + 1] = name; fields[#fields + 1] = entry[2][j + 1] end
              end
              return {id, fields}
            end

            local messages, bytes, now = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
            local entries, seen = tonumber(ARGV[7]), tonumber(ARGV[8])
            local page, cost, looked, content, chunk = {}, 0, 0, 0, math.min(8, messages + 1)
            while true do
              local some = redis.call(command, STREAM, from, to, 'COUNT', chunk)
              for i = 1, #some do
                local entry = some[i]
                if s.snapshot and not before(s.snapshot, entry[1]) then entry = current(entry) end
                local f, size, expired = entry[2], 256, false
                for j = 1, #f, 2 do
                  if f[j] == 'x' then expired = (tonumber(f[j + 1]) or math.huge) <= now
                  elseif f[j] == 'p' or f[j] == 'm' then size = size + #f[j + 1] end
                end
                looked = looked + 1
                content = content + size
                if not expired then
                  if #page > 0 and (#page >= messages or cost >= bytes) then return {bounds, page, 'more'} end
                  page[#page + 1] = entry
                  cost = cost + size
                end
              end
              if #some < chunk then return {bounds, page, 'end'} end
              local id = some[#some][1]
              if looked >= entries or content >= seen then return {bounds, page, id} end
              from = '(' .. id
              -- As many as go into 64 KiB, going by those seen so far, but no more than what the page may still want.
              chunk = math.max(1, math.min(128, math.floor(65536 * looked / content), messages - #page + 1))
            end
            """
    )
}
