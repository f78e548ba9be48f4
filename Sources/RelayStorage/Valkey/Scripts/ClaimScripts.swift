import RelayValkey

/// Says which topic each index of an idempotency key goes to; who comes first decides. Key: the claims.
///
/// Arguments: the topic, a time to live in milliseconds, and the indexes. Answers for each the claim's version and topic.
enum ClaimScript {
    static let script = ValkeyScript(
        """
        local answer = {}
        for i = 3, #ARGV do
          local claim = redis.call('HGET', KEYS[1], ARGV[i])
          if not claim then
            claim = '1 ' .. ARGV[1]
            redis.call('HSET', KEYS[1], ARGV[i], claim)
          end
          answer[#answer + 1] = claim
        end
        if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return answer
        """
    )
}

/// Gives a claim to another topic, or a new version, if it is as the caller knows it. Key: the claims.
///
/// Arguments: the index, the claim that is there, the one to put in its place, and a time to live in milliseconds.
enum ClaimMoveScript {
    static let script = ValkeyScript(
        """
        if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
        if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
        return 1
        """
    )
}

/// What was stored under a mark; if nothing, nothing of the claim's version will be from now on. Key: the mark.
///
/// Arguments: the time, the claim's version, the tombstone's end, and its time to live in milliseconds.
enum MarkScript {
    static let script = ValkeyScript(
        """
        local value = redis.call('GET', KEYS[1])
        local version = tonumber(ARGV[2])
        if value then
          local expiry = string.match(value, '^m %S+ %S+ %S+ (%S+)$')
          if expiry and tonumber(ARGV[1]) < tonumber(expiry) then return value end
          local dead = string.match(value, '^t (%S+)')
          if dead then version = math.max(version, tonumber(dead)) end
        end
        redis.call('SET', KEYS[1], 't ' .. version .. ' ' .. ARGV[3], 'PX', ARGV[4])
        return false
        """
    )
}

/// What is stored under a mark, or false. Key: the mark.
enum PeekScript {
    static let script = ValkeyScript("return redis.call('GET', KEYS[1])")
}
