/// Which relayed ports are in use, and which is next: at random, so that nobody knows where the next allocation will be.
struct RelayedPorts {
    let range: ClosedRange<UInt16>
    private var used: Set<UInt16> = []

    init(_ range: ClosedRange<UInt16>) {
        self.range = range
    }

    /// - Parameter isEven: whether the client wants an even number.
    /// - Returns: nil where all are in use.
    mutating func take(isEven: Bool, using random: inout some RandomNumberGenerator) -> UInt16? {
        guard self.used.count < self.range.count else { return nil }
        let start = UInt16.random(in: self.range, using: &random)
        for port in [start...self.range.upperBound, self.range.lowerBound...start].joined()
        where !self.used.contains(port) && (!isEven || port.isMultiple(of: 2)) {
            self.used.insert(port)
            return port
        }
        return nil
    }

    mutating func give(_ port: UInt16) { self.used.remove(port) }
}
