import Glibc

/// The process's limit of open files, which the servers that it starts inherit.
enum OpenFiles {
    /// Raises the limit as far as an ordinary user may.
    ///
    /// - Returns: the limit from now on.
    static func raiseLimit() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
