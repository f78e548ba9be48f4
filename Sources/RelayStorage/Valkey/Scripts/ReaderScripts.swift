import RelayValkey

/// How a named reader is stored: below its topic, a hash field of its user and its name, with a blank between. The value is its epoch, id,
/// and the moments of its making and its last use, with blanks between. A set of the user's and a sorted set of all by their last use name it too.
///
/// All lie in the control slot, with topics and users: so a reader goes in one step with either. A topic whose name is a path lies elsewhere.
enum ReaderPrelude {
    static let source = """
        local function forgetReader(topic, user, name, readers, ofUser, uses)
          redis.call('HDEL', readers .. topic, user .. ' ' .. name)
          redis.call('SREM', ofUser .. user, topic .. ' ' .. name)
          redis.call('ZREM', uses, topic .. ' ' .. user .. ' ' .. name)
        end

        local function forgetReadersOf(topic, readers, ofUser, uses)
          for _, field in ipairs(redis.pcall('HKEYS', readers .. topic)) do
            local user, name = string.match(field, '^(%S+) (%S+)$')
            if user then forgetReader(topic, user, name, readers, ofUser, uses) end
          end
          redis.call('DEL', readers .. topic)
        end

        """
}

/// Keys: the topic, its readers, the user's readers, all by their use. Arguments: topic, user, name, value, the moment of use, how many the
/// topic may have, and the user, and `1` where the topic lies in another slot and has been looked for before. Answers `created`,
/// `topicMissing`, `ofTopic`, `ofUser`, or the value of the one that is there.
enum CreateReaderScript {
    static let script = ValkeyScript(
        """
        local field = ARGV[2] .. ' ' .. ARGV[3]
        local known = redis.call('HGET', KEYS[2], field)
        if known then return known end
        if ARGV[8] == '0' and redis.call('EXISTS', KEYS[1]) == 0 then return 'topicMissing' end
        if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[6]) then return 'ofTopic' end
        if redis.call('SCARD', KEYS[3]) >= tonumber(ARGV[7]) then return 'ofUser' end
        redis.call('HSET', KEYS[2], field, ARGV[4])
        redis.call('SADD', KEYS[3], ARGV[1] .. ' ' .. ARGV[3])
        redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1] .. ' ' .. field)
        return 'created'
        """
    )
}

/// Keys: all readers by their use; of each move the topic's readers. Arguments, of each move: topic, user, name, epoch, id, the moment, and
/// `1` if the reader may go back. Answers each reader's value then; empty for one that is gone.
enum MoveReadersScript {
    static let script = ValkeyScript(
        """
        local function isBefore(a, b)
          local ams, aseq = string.match(a, '^(%d+)%-(%d+)$')
          local bms, bseq = string.match(b, '^(%d+)%-(%d+)$')
          ams, aseq, bms, bseq = tonumber(ams), tonumber(aseq), tonumber(bms), tonumber(bseq)
          return ams < bms or (ams == bms and aseq < bseq)
        end
        local answer = {}
        for i = 2, #KEYS do
          local at = 7 * (i - 2)
          local field = ARGV[at + 2] .. ' ' .. ARGV[at + 3]
          local known = redis.call('HGET', KEYS[i], field)
          local epoch, id, made = string.match(known or '', '^(%x+) (%d+%-%d+) (%-?%d+) %-?%d+$')
          answer[i - 1] = ''
          if epoch then
            if ARGV[at + 7] == '1' or epoch ~= ARGV[at + 4] or isBefore(id, ARGV[at + 5]) then
              epoch, id = ARGV[at + 4], ARGV[at + 5]
            end
            local value = epoch .. ' ' .. id .. ' ' .. made .. ' ' .. ARGV[at + 6]
            redis.call('HSET', KEYS[i], field, value)
            redis.call('ZADD', KEYS[1], ARGV[at + 6], ARGV[at + 1] .. ' ' .. field)
            answer[i - 1] = value
          end
        end
        return answer
        """
    )
}

/// Keys: a fence. Arguments: topic, user, name, the prefixes of topics' and of users' readers, all by their use. Answers whether there was one.
enum DeleteReaderScript {
    static let script = ValkeyScript(
        ReaderPrelude.source + """
            local isThere = redis.call('HEXISTS', ARGV[4] .. ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
            forgetReader(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
            return isThere
            """
    )
}

/// Keys: a fence, all readers by their use. Arguments: the moment since which a reader has to be used to stay, how many are deleted at most,
/// the prefixes of topics' and of users' readers. Answers how many were deleted.
enum SweepReadersScript {
    static let script = ValkeyScript(
        ReaderPrelude.source + """
            local idle = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
            for _, member in ipairs(idle) do
              local topic, user, name = string.match(member, '^(%S+) (%S+) (%S+)$')
              if topic then forgetReader(topic, user, name, ARGV[3], ARGV[4], KEYS[2]) end
              redis.call('ZREM', KEYS[2], member)
            end
            return #idle
            """
    )
}
