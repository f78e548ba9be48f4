/// The first two bytes of a message: a method of 12 bits with the class's two bits between them (RFC 8489, 5).
public struct STUNMessageType: Hashable, Sendable {
    public enum Class: UInt8, CaseIterable, Sendable {
        case request = 0
        case indication = 1
        case success = 2
        case error = 3
    }

    /// `0x000` to `0xFFF`. Not every number has a meaning.
    public struct Method: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt16

        /// Bits above the twelfth are dropped.
        public init(rawValue: UInt16) { self.rawValue = rawValue & 0xFFF }

        /// RFC 8489.
        public static let binding = Method(rawValue: 0x001)
        /// RFC 8656, like those that follow.
        public static let allocate = Method(rawValue: 0x003)
        public static let refresh = Method(rawValue: 0x004)
        public static let send = Method(rawValue: 0x006)
        public static let data = Method(rawValue: 0x007)
        public static let createPermission = Method(rawValue: 0x008)
        public static let channelBind = Method(rawValue: 0x009)
    }

    public let method: Method
    public let `class`: Class

    public init(_ method: Method, _ class: Class) {
        self.method = method
        self.class = `class`
    }

    /// - Returns: nil where one of the two first bits is set: no message of STUN begins so.
    public init?(rawValue: UInt16) {
        guard rawValue & 0xC000 == 0 else { return nil }
        self.method = Method(rawValue: rawValue & 0x000F | (rawValue & 0x00E0) >> 1 | (rawValue & 0x3E00) >> 2)
        switch (rawValue & 0x0100 != 0, rawValue & 0x0010 != 0) {
        case (false, false): self.class = .request
        case (false, true): self.class = .indication
        case (true, false): self.class = .success
        case (true, true): self.class = .error
        }
    }

    public var rawValue: UInt16 {
        let method = self.method.rawValue
        let bits = UInt16(self.class.rawValue)
        let spread = method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2
        return spread | (bits & 1) << 4 | (bits & 2) << 7
    }
}
