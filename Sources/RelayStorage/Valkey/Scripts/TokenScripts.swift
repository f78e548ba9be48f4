import RelayValkey

/// Stores the first token of a chain, if the user is there and still has the password of that generation.
///
/// Keys: the token, its user's tokens, its chain, all tokens, the user. Arguments: jti, expiry, the generation, fields and values. Answers
/// whether it was done.
enum InsertTokenScript {
    static let script = ValkeyScript(
        """
        if redis.call('EXISTS', KEYS[5]) == 0 then return 0 end
        if (redis.call('HGET', KEYS[5], 'generation') or '0') ~= ARGV[3] then return 0 end
        redis.call('HSET', KEYS[1], unpack(ARGV, 4))
        redis.call('SADD', KEYS[2], ARGV[1])
        redis.call('SADD', KEYS[3], ARGV[1])
        redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1])
        return 1
        """
    )
}

/// Exchanges a token, if it and its successor are as they were when that was decided. A token's `version` grows with each change.
///
/// Keys: the presented token, the successor that it has or itself, the new successor, the user's tokens, the chain, all tokens.
/// Arguments: the versions of the first two, the time, the new successor's jti and expiry, `1` if the successor that it has is to be
/// revoked, when the token was first exchanged, and the new successor's fields and values. Answers whether it was done.
enum RotateTokenScript {
    static let script = ValkeyScript(
        """
        if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
        if redis.call('HGET', KEYS[2], 'version') ~= ARGV[2] then return 0 end
        redis.call('HSET', KEYS[1], 'rotated', ARGV[7], 'used', ARGV[3], 'successor', ARGV[4])
        redis.call('HINCRBY', KEYS[1], 'version', 1)
        if ARGV[6] == '1' then
          redis.call('HSET', KEYS[2], 'revoked', ARGV[3])
          redis.call('HINCRBY', KEYS[2], 'version', 1)
        end
        redis.call('HSET', KEYS[3], unpack(ARGV, 8))
        redis.call('SADD', KEYS[4], ARGV[4])
        redis.call('SADD', KEYS[5], ARGV[4])
        redis.call('ZADD', KEYS[6], ARGV[5], ARGV[4])
        return 1
        """
    )
}

/// Revokes a chain. Keys: the chain, a token. Arguments: the time, the tokens' prefix, and the version that the token must have (empty:
/// any). Answers whether it was done.
enum RevokeChainScript {
    static let script = ValkeyScript(
        """
        if ARGV[3] ~= '' and redis.call('HGET', KEYS[2], 'version') ~= ARGV[3] then return 0 end
        for _, jti in ipairs(redis.call('SMEMBERS', KEYS[1])) do
          local key = ARGV[2] .. jti
          if redis.call('EXISTS', key) == 1 and redis.call('HSETNX', key, 'revoked', ARGV[1]) == 1 then
            redis.call('HINCRBY', key, 'version', 1)
          end
        end
        return 1
        """
    )
}

/// Revokes a live token. Key: the token. Argument: the time. Answers whether it was live.
enum RevokeTokenScript {
    static let script = ValkeyScript(
        """
        local t = redis.call('HMGET', KEYS[1], 'expires', 'rotated', 'revoked')
        if not t[1] or t[2] or t[3] or tonumber(ARGV[1]) >= tonumber(t[1]) then return 0 end
        redis.call('HSET', KEYS[1], 'revoked', ARGV[1])
        redis.call('HINCRBY', KEYS[1], 'version', 1)
        return 1
        """
    )
}

/// Forgets up to 512 tokens that expired before a time. Key: all tokens. Arguments: the time, the prefixes of tokens, users' tokens and
/// chains. Answers how many.
enum SweepTokensScript {
    static let script = ValkeyScript(
        """
        local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, 512)
        for _, jti in ipairs(expired) do
          local t = redis.call('HMGET', ARGV[2] .. jti, 'user', 'chain')
          redis.call('DEL', ARGV[2] .. jti)
          if t[1] then redis.call('SREM', ARGV[3] .. t[1], jti) end
          if t[2] then redis.call('SREM', ARGV[4] .. t[2], jti) end
          redis.call('ZREM', KEYS[1], jti)
        end
        return #expired
        """
    )
}

/// Keys: version, changes, denied tokens. Arguments: jti, expiry.
enum DenyTokenScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            redis.call('ZADD', KEYS[3], 'GT', ARGV[2], ARGV[1])
            changed('token ' .. ARGV[3] .. ' ' .. ARGV[1])
            return 1
            """
    )
}
