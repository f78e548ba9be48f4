import RelayValkey

/// Defines `dropWebhooks(all, own, prefix)`, which drops those of one user. `own` are the ids of the user's.
enum WebhookPrelude {
    static let source = """
        local function dropWebhooks(all, own, prefix)
          for _, id in ipairs(redis.call('ZRANGE', own, 0, -1)) do
            redis.call('DEL', prefix .. id)
            redis.call('ZREM', all, id)
          end
          redis.call('DEL', own)
        end

        """
}

/// Stores a webhook, if its user is there, and has room.
///
/// Keys: the webhook, all webhooks, its user's webhooks, the user. Arguments: id, how many the user may have, how many there may be, fields and
/// values. Answers 1 if it was done, 0 for no user, -1 where the user has no room, -2 where nobody has.
enum InsertWebhookScript {
    static let script = ValkeyScript(
        """
        if redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
        if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[2]) then return -1 end
        if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return -2 end
        redis.call('HSET', KEYS[1], unpack(ARGV, 4))
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
        redis.call('ZADD', KEYS[3], 0, ARGV[1])
        return 1
        """
    )
}

/// Puts fields into a webhook, if it has that revision. Keys: the webhook. Arguments: the revision, fields and values. Answers whether it had.
enum ChangeWebhookScript {
    static let script = ValkeyScript(
        """
        if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], unpack(ARGV, 2))
        return 1
        """
    )
}

/// Removes a webhook. Keys: all webhooks, the fence. Arguments: the prefixes of webhooks and of users' webhooks, id. Answers whether there was
/// one.
enum RemoveWebhookScript {
    static let script = ValkeyScript(
        """
        local user = redis.call('HGET', ARGV[1] .. ARGV[3], 'user')
        redis.call('DEL', ARGV[1] .. ARGV[3])
        redis.call('ZREM', KEYS[1], ARGV[3])
        if not user then return 0 end
        redis.call('ZREM', ARGV[2] .. user, ARGV[3])
        return 1
        """
    )
}

/// Takes leases, or renews them, by the server's clock. Keys: the leases. Arguments: the holder, milliseconds. Answers for each whether the
/// holder has it.
enum LeaseWebhooksScript {
    static let script = ValkeyScript(
        """
        local had = {}
        for place, key in ipairs(KEYS) do
          local holder = redis.call('GET', key)
          had[place] = 0
          if not holder or holder == ARGV[1] then
            redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
            had[place] = 1
          end
        end
        return had
        """
    )
}

/// Gives leases back. Keys: the leases. Arguments: the holder.
enum ReleaseWebhooksScript {
    static let script = ValkeyScript(
        """
        for _, key in ipairs(KEYS) do
          if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
        end
        return 1
        """
    )
}

/// Keeps what a relay says of the readers of a webhook's topics. Key: what relays say of them. Arguments: the relay, milliseconds, the word.
enum TellWebhookReadersScript {
    static let script = ValkeyScript(
        """
        local now = redis.call('TIME')
        local last = now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[2]
        redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', last) .. ARGV[3])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return 1
        """
    )
}

/// What relays say of the readers of a webhook's topics, as far as that is still good. Key: what they say.
enum WebhookReadersScript {
    static let script = ValkeyScript(
        """
        local now = redis.call('TIME')
        local moment = now[1] * 1000 + math.floor(now[2] / 1000)
        local words = {}
        local all = redis.call('HGETALL', KEYS[1])
        for place = 2, #all, 2 do
          local last, word = string.match(all[place], '^(%d+) (.*)$')
          if last and tonumber(last) > moment then
            words[#words + 1] = word
          else
            redis.call('HDEL', KEYS[1], all[place - 1])
          end
        end
        return words
        """
    )
}
