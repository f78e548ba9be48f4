extension StringProtocol {
    /// With ASCII's capital letters as small ones, and all else as it is.
    ///
    /// Protocols' tokens, host names and schemes are compared so: by Unicode's rules the Kelvin sign is a `k`, and a token that no proxy
    /// takes for `websocket` would be one here.
    public var lowercasedASCII: String {
        String(decoding: self.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Whether it is `token` but for the case of ASCII letters.
    ///
    /// - Parameter token: in small letters.
    public func isToken(_ token: String) -> Bool {
        self.utf8.elementsEqual(token.utf8) { ((0x41...0x5A).contains($0) ? $0 | 0x20 : $0) == $1 }
    }
}
