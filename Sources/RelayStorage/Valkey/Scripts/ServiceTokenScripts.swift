import RelayValkey

/// What scripts that drop service tokens share. A token's hash names its user and its place in the lists.
enum ServiceTokenPrelude {
    /// Defines `dropServiceToken(all, ends, prefix, ofUser, id)`, which answers whether there was one. `prefix` is before a token's id,
    /// `ofUser` before the id of a user whose tokens are listed.
    static let source = """
        local function dropServiceToken(all, ends, prefix, ofUser, id)
          local t = redis.call('HMGET', prefix .. id, 'user', 'place')
          redis.call('DEL', prefix .. id)
          redis.call('ZREM', ends, id)
          if not t[1] or not t[2] then return 0 end
          redis.call('ZREM', all, t[2])
          redis.call('ZREM', ofUser .. t[1], t[2])
          return 1
        end

        """
}

/// Defines `dropServiceTokens(all, ends, own, prefix, ofUser)`, which drops those of one user. `own` are the user's tokens.
enum UserServiceTokensPrelude {
    static let source =
        ServiceTokenPrelude.source + """
            local function dropServiceTokens(all, ends, own, prefix, ofUser)
              for _, place in ipairs(redis.call('ZRANGE', own, 0, -1)) do
                dropServiceToken(all, ends, prefix, ofUser, string.sub(place, 21))
                redis.call('ZREM', all, place)
              end
              redis.call('DEL', own)
            end

            """
}

/// Stores a token, if its user has the password of that generation, and room.
///
/// Keys: the token, all tokens, its user's tokens, the ends, the user. Arguments: id, place, expiry, the generation, how many may be,
/// fields and values. Answers 1 if it was done, 0 for another generation or no user, -1 where there is no room.
enum InsertServiceTokenScript {
    static let script = ValkeyScript(
        """
        if redis.call('EXISTS', KEYS[5]) == 0 then return 0 end
        if (redis.call('HGET', KEYS[5], 'generation') or '0') ~= ARGV[4] then return 0 end
        if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[5]) then return -1 end
        redis.call('HSET', KEYS[1], 'place', ARGV[2], unpack(ARGV, 6))
        redis.call('ZADD', KEYS[2], 0, ARGV[2])
        redis.call('ZADD', KEYS[3], 0, ARGV[2])
        redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
        return 1
        """
    )
}

/// Removes a token. Keys: all tokens, the ends, the fence. Arguments: the prefixes of tokens and of users' tokens, id. Answers whether there
/// was one.
enum RemoveServiceTokenScript {
    static let script = ValkeyScript(
        ServiceTokenPrelude.source + """
            return dropServiceToken(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
            """
    )
}

/// Forgets up to 512 tokens that have expired by a time. Keys and arguments: as of ``RemoveServiceTokenScript``, with the time instead of the
/// id. Answers how many.
enum SweepServiceTokensScript {
    static let script = ValkeyScript(
        ServiceTokenPrelude.source + """
            local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3], 'LIMIT', 0, 512)
            for _, id in ipairs(expired) do dropServiceToken(KEYS[1], KEYS[2], ARGV[1], ARGV[2], id) end
            return #expired
            """
    )
}
