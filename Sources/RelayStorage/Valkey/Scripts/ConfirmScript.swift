import RelayValkey

/// Looks whether marked messages are stored, and writes their marks again as they are. The messages were written
/// before the marks. So a wait for replicas or the disk behind this script covers the messages too.
///
/// Keys: the marks, of one topic. Arguments: the messages' ids. Answers 1, or 0 where one is not there.
enum ConfirmScript {
    static let script = ValkeyScript(
        """
        local values = {}
        for i = 1, #KEYS do
          local value = redis.call('GET', KEYS[i])
          if not value or string.match(value, '^m (%S+) ') ~= ARGV[i] then return 0 end
          values[i] = value
        end
        for i = 1, #KEYS do redis.call('SET', KEYS[i], values[i], 'KEEPTTL') end
        return 1
        """
    )
}
