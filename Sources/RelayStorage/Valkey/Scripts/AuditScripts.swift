import RelayValkey

/// Adds records to the audit log; of those that are too many, the oldest go. Key: all records. Arguments: how many are kept, and the records.
enum AddAuditScript {
    static let script = ValkeyScript(
        """
        for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'NX', 0, ARGV[i]) end
        redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[1]) - 1)
        return 1
        """
    )
}
