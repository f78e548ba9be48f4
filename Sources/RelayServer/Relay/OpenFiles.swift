import Glibc

/// The process's limit of open files: every connection is one.
enum OpenFiles {
    /// Raises the soft limit, as far as the hard limit allows.
    ///
    /// - Parameter wanted: how many files the process may have to open.
    /// - Returns: the limit now in force.
    static func raiseLimit(to wanted: Int) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let wanted = rlim_t(wanted)
        guard limit.rlim_cur < wanted else { return Int(clamping: limit.rlim_cur) }
        let before = limit.rlim_cur
        limit.rlim_cur = min(wanted, limit.rlim_max)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return Int(clamping: before)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
