/// What the scripts of the control slot share. Each has the keys version and changes first; those that change nothing others must
/// know of go without it.
///
/// Keys that depend on what is stored (a user's topics, a chain's tokens) can't be told beforehand. They are made of prefixes handed
/// in as arguments, and lie in the same slot since all prefixes have its hash tag. Such a script names ``KeyLayout/fence``, which is
/// the second key of most.
enum ControlPrelude {
    static let source = """
        local function changed(what)
          local version = redis.call('INCR', KEYS[1])
          redis.call('SPUBLISH', KEYS[2], string.format('%.0f ', version) .. what)
        end

        """
}
