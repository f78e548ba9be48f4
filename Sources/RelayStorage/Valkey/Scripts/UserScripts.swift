import RelayValkey

/// Keys: version, changes, usernames, users, active users, the user, identities. Arguments: id, name, `1` if active, the identity or empty,
/// fields and values.
enum CreateUserScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if ARGV[4] ~= '' and redis.call('HEXISTS', KEYS[7], ARGV[4]) == 1 then return 0 end
            if redis.call('EXISTS', KEYS[6]) == 1 or redis.call('HSETNX', KEYS[3], ARGV[2], ARGV[1]) == 0 then return 0 end
            if ARGV[4] ~= '' then redis.call('HSET', KEYS[7], ARGV[4], ARGV[1]) end
            redis.call('HSET', KEYS[6], unpack(ARGV, 5))
            redis.call('SADD', KEYS[4], ARGV[1])
            if ARGV[3] == '1' then redis.call('SADD', KEYS[5], ARGV[1]) end
            changed('user ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, active users, the user, all tokens, the user's tokens, all service tokens, their ends, the user's service tokens.
/// Arguments: id, `1` or `0` for active or not or empty, a field to remove or empty, `1` for a new password, the prefixes of tokens, chains,
/// service tokens and users' service tokens, the generation that the user must have or empty, fields and values to set. Answers the user as it
/// is then; false where there is none of that generation.
///
/// A new password counts up the generation, and the tokens that were obtained by the old one go with it.
enum UpdateUserScript {
    static let script = ValkeyScript(
        ControlPrelude.source + UserServiceTokensPrelude.source + """
            if redis.call('EXISTS', KEYS[4]) == 0 then return false end
            if ARGV[9] ~= '' and (redis.call('HGET', KEYS[4], 'generation') or '0') ~= ARGV[9] then return false end
            if ARGV[4] == '1' then
              dropServiceTokens(KEYS[7], KEYS[8], KEYS[9], ARGV[7], ARGV[8])
              for _, jti in ipairs(redis.call('SMEMBERS', KEYS[6])) do
                local chain = redis.call('HGET', ARGV[5] .. jti, 'chain')
                redis.call('DEL', ARGV[5] .. jti)
                if chain then redis.call('SREM', ARGV[6] .. chain, jti) end
                redis.call('ZREM', KEYS[5], jti)
              end
              redis.call('DEL', KEYS[6])
              redis.call('HINCRBY', KEYS[4], 'generation', 1)
            end
            if #ARGV > 9 then redis.call('HSET', KEYS[4], unpack(ARGV, 10)) end
            if ARGV[3] ~= '' then redis.call('HDEL', KEYS[4], ARGV[3]) end
            if ARGV[2] == '1' then redis.call('SADD', KEYS[3], ARGV[1])
            elseif ARGV[2] == '0' then redis.call('SREM', KEYS[3], ARGV[1]) end
            if #ARGV > 9 or ARGV[3] ~= '' then changed('user ' .. ARGV[1]) end
            return redis.call('HGETALL', KEYS[4])
            """
    )
}

/// Stores another hash of the same password. Key: the user. Arguments: the hash that it must have, and the other. Answers whether it was done.
enum ReplacePasswordHashScript {
    static let script = ValkeyScript(
        """
        if redis.call('HGET', KEYS[1], 'password') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'password', ARGV[2])
        return 1
        """
    )
}

/// Keys: version, changes, users, active users, usernames, tokens, the user, its granted topics, its tokens, its named readers, all readers by
/// their use, all service tokens, their ends, the user's service tokens, identities, all webhooks, the user's webhooks. Arguments: id, and the
/// prefixes of grants, tokens, chains, topics' readers, users' readers, service tokens, users' service tokens and webhooks. Answers the keys of
/// the topics on which it had a grant; false where there is no such user.
///
/// What frees memory comes first, so that a server that is full does it.
enum DeleteUserScript {
    static let script = ValkeyScript(
        ControlPrelude.source + ReaderPrelude.source + UserServiceTokensPrelude.source + WebhookPrelude.source + """
            local name = redis.call('HGET', KEYS[7], 'name')
            if not name then return false end
            local issuer, subject = redis.call('HGET', KEYS[7], 'issuer'), redis.call('HGET', KEYS[7], 'subject')
            if issuer and subject then redis.call('HDEL', KEYS[15], #issuer .. ':' .. issuer .. subject) end
            redis.call('DEL', KEYS[7])
            redis.call('HDEL', KEYS[5], name)
            redis.call('SREM', KEYS[3], ARGV[1])
            redis.call('SREM', KEYS[4], ARGV[1])
            local topics = redis.call('SMEMBERS', KEYS[8])
            for _, topic in ipairs(topics) do redis.call('HDEL', ARGV[2] .. topic, ARGV[1]) end
            for _, jti in ipairs(redis.call('SMEMBERS', KEYS[9])) do
              local chain = redis.call('HGET', ARGV[3] .. jti, 'chain')
              redis.call('DEL', ARGV[3] .. jti)
              if chain then redis.call('SREM', ARGV[4] .. chain, jti) end
              redis.call('ZREM', KEYS[6], jti)
            end
            for _, member in ipairs(redis.call('SMEMBERS', KEYS[10])) do
              local topic, reader = string.match(member, '^(%S+) (%S+)$')
              if topic then forgetReader(topic, ARGV[1], reader, ARGV[5], ARGV[6], KEYS[11]) end
            end
            redis.call('DEL', KEYS[8], KEYS[9], KEYS[10])
            dropServiceTokens(KEYS[12], KEYS[13], KEYS[14], ARGV[7], ARGV[8])
            dropWebhooks(KEYS[16], KEYS[17], ARGV[9])
            changed('user ' .. ARGV[1])
            for _, topic in ipairs(topics) do changed('topic ' .. topic) end
            return topics
            """
    )
}
