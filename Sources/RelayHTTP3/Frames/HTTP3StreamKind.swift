/// What a stream in one direction begins with (RFC 9114 section 6.2, RFC 9204 section 4.2).
public enum HTTP3StreamKind {
    public static let control: UInt64 = 0x00
    public static let push: UInt64 = 0x01
    public static let encoder: UInt64 = 0x02
    public static let decoder: UInt64 = 0x03
    public static let webTransport: UInt64 = 0x54
}
