/// How much of each client's work somebody has: client id to the first clock that is missing.
public struct StateVector: Hashable, Sendable {
    /// No client has the clock 0 here.
    public private(set) var clocks: [UInt64: UInt32]

    /// - Parameter clocks: by client id. Clients with clock 0 are left out.
    public init(_ clocks: [UInt64: UInt32] = [:]) {
        self.clocks = clocks.filter { $0.value > 0 }
    }

    /// Reads one that has nothing behind it. Of a client that is listed twice, the last clock counts, as in Yjs.
    ///
    /// - Throws: `truncated`, `trailingBytes`, `numberTooLarge`, `clockTooLarge`.
    public init(_ bytes: Span<UInt8>) throws(DocumentError) {
        var clocks: [UInt64: UInt32] = [:]
        var offset = 0
        for _ in 0..<(try bytes.count(of: 2, at: &offset)) {
            let client = try bytes.uint(at: &offset)
            clocks[client] = try bytes.clock(at: &offset)
        }
        try bytes.expectEnd(at: offset)
        self.init(clocks)
    }

    /// As ``init(_:)-(Span<UInt8>)``.
    public init(_ bytes: [UInt8]) throws(DocumentError) {
        try self.init(bytes.span)
    }

    /// The first clock of the client that is missing: 0 if nothing is there.
    public subscript(client: UInt64) -> UInt32 { self.clocks[client] ?? 0 }

    public var isEmpty: Bool { self.clocks.isEmpty }

    /// Whether somebody with this has all that somebody with `other` has, holes and deletions apart.
    public func covers(_ other: StateVector) -> Bool {
        other.clocks.allSatisfy { self[$0.key] >= $0.value }
    }

    /// Takes the higher clock of each client.
    public mutating func formUnion(_ other: StateVector) {
        self.clocks.merge(other.clocks) { max($0, $1) }
    }

    /// Clients by falling id, as Yjs writes them.
    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        output.append(uint: UInt64(self.clocks.count))
        for (client, clock) in self.clocks.sorted(by: { $0.key > $1.key }) {
            output.append(uint: client)
            output.append(uint: UInt64(clock))
        }
        return output
    }
}
