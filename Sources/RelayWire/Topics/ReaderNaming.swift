/// Which names a named reader may have. The one place where the rule is written.
public enum ReaderNaming {
    /// In bytes.
    public static let maximumLength = 64

    /// 1 to 64 of `A-Z a-z 0-9 _ -`, with at least one letter or digit: as topics' names, so that a path's segment needs no escapes.
    public static func allows(_ name: String) -> Bool {
        name.utf8.count <= Self.maximumLength && TopicNaming.plain.allows(name)
    }
}
