import RelayValkey

/// Keys: version, changes, topics, public topics, the topic, its owner's topics. Arguments: the topic's key, `1` if public, how many
/// topics the owner may have, and all together, fields and values. Answers 1 if it was created, 0 if there was one, -1 and -2 if the owner has,
/// or there are, as many as may be.
enum CreateTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
            if redis.call('SCARD', KEYS[6]) >= tonumber(ARGV[3]) then return -1 end
            if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[4]) then return -2 end
            redis.call('HSET', KEYS[5], unpack(ARGV, 5))
            redis.call('ZADD', KEYS[3], 0, ARGV[1])
            redis.call('SADD', KEYS[6], ARGV[1])
            if ARGV[2] == '1' then redis.call('SADD', KEYS[4], ARGV[1]) end
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, public topics, the topic. Arguments: the topic's key, fields and values.
enum UpdateTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
            if #ARGV == 1 then return 1 end
            redis.call('HSET', KEYS[4], unpack(ARGV, 2))
            if redis.call('HGET', KEYS[4], 'public') == '1' then redis.call('SADD', KEYS[3], ARGV[1])
            else redis.call('SREM', KEYS[3], ARGV[1]) end
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, topics, public topics, the topic, its grants. Arguments: the topic's key, and the prefixes of what users own
/// and are granted. What frees memory comes first, so that a server that is full does it.
enum DeleteTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            local owner = redis.call('HGET', KEYS[5], 'owner')
            if not owner then return 0 end
            redis.call('DEL', KEYS[5])
            for _, user in ipairs(redis.call('HKEYS', KEYS[6])) do redis.call('SREM', ARGV[3] .. user, ARGV[1]) end
            redis.call('DEL', KEYS[6])
            redis.call('ZREM', KEYS[3], ARGV[1])
            redis.call('SREM', KEYS[4], ARGV[1])
            redis.call('SREM', ARGV[2] .. owner, ARGV[1])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, the topic, its grants, the user's granted topics. Arguments: the topic's key, the user, the date, how many
/// grants the topic may have. Answers 1 if it was added, 0 if there was one or the topic is gone, -1 if there are as many as may be.
enum AddGrantScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
            if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return 0 end
            if redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[4]) then return -1 end
            redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
            redis.call('SADD', KEYS[5], ARGV[1])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, the topic's grants, the user's granted topics. Arguments: the topic's key, the user.
enum RemoveGrantScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('HDEL', KEYS[3], ARGV[2]) == 0 then return 0 end
            redis.call('SREM', KEYS[4], ARGV[1])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Topics' records with their grants, of one instant. Keys: for each topic, itself and its grants.
enum ReadTopicsScript {
    static let script = ValkeyScript(
        """
        local answer = {}
        for i = 1, #KEYS do answer[i] = redis.call('HGETALL', KEYS[i]) end
        return answer
        """
    )
}
