import RelayValkey

/// Key: the deadlines. Arguments: times and names, in pairs.
enum SetDeadlinesScript {
    static let script = ValkeyScript(
        """
        for i = 1, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
        return 1
        """
    )
}

/// The same for those whose names have none.
enum AddDeadlinesScript {
    static let script = ValkeyScript(
        """
        for i = 1, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'NX', ARGV[i], ARGV[i + 1]) end
        return 1
        """
    )
}

/// Key: the deadlines. Arguments: names.
enum RemoveDeadlinesScript {
    static let script = ValkeyScript(
        """
        for i = 1, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
        return 1
        """
    )
}

/// What is due, the earliest first. It is due again at another time: whoever has it now may die of it. Key: the deadlines.
///
/// Arguments: the time, how many at most, and that other time. Answers names and times, in pairs.
enum DueDeadlinesScript {
    static let script = ValkeyScript(
        """
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
        for i = 1, #due, 2 do redis.call('ZADD', KEYS[1], ARGV[3], due[i]) end
        return due
        """
    )
}
