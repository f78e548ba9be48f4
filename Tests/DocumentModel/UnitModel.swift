/// What an update says about each single clock: the plainest reading of the format, to judge the library by.
///
/// Every struct is cut into parts of one clock. So two updates with the same effect have the same model, however their structs are cut.
/// Reads only what is well-formed, and traps at anything else.
public struct UnitModel: Hashable, Sendable {
    public struct ID: Hashable, Sendable, Comparable {
        public let client: UInt64
        public let clock: UInt64

        public init(client: UInt64, clock: UInt64) {
            self.client = client
            self.clock = clock
        }

        public static func < (left: ID, right: ID) -> Bool {
            (left.client, left.clock) < (right.client, right.clock)
        }
    }

    public struct Unit: Hashable, Sendable {
        /// Left and right origin, or parent and key.
        public var place: String
        /// The content number, and the content of this clock alone.
        public var content: String
    }

    public var units: [ID: Unit] = [:]
    public var deleted: Set<ID> = []
    /// Structs in the order in which they stand, Skips included: info byte and length.
    public private(set) var structs: [(info: UInt8, length: UInt64)] = []

    public init(_ bytes: [UInt8]) {
        var reader = UnitReader(bytes)
        for _ in 0..<reader.uint() { self.readSection(&reader) }
        for _ in 0..<reader.uint() {
            let client = reader.uint()
            for _ in 0..<reader.uint() {
                let clock = reader.uint()
                for offset in 0..<reader.uint() { self.deleted.insert(ID(client: client, clock: clock + offset)) }
            }
        }
        precondition(reader.isAtEnd, "bytes behind an update")
    }

    public static func == (left: UnitModel, right: UnitModel) -> Bool {
        left.units == right.units && left.deleted == right.deleted
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.deleted)
    }

    /// For each client the end of the gapless clocks from 0.
    public var stateVector: [UInt64: UInt32] {
        var vector: [UInt64: UInt32] = [:]
        for client in Set(self.units.keys.map(\.client)) {
            var clock: UInt64 = 0
            while self.units[ID(client: client, clock: clock)] != nil { clock += 1 }
            if clock > 0 { vector[client] = UInt32(clock) }
        }
        return vector
    }

    /// What of it lies at or above a state vector, with all deletions.
    public func above(_ vector: [UInt64: UInt32]) -> UnitModel {
        var model = self
        model.units = self.units.filter { $0.key.clock >= UInt64(vector[$0.key.client] ?? 0) }
        return model
    }

    /// With the contents of deleted clocks forgotten.
    public var forgetful: UnitModel {
        var model = self
        for id in self.deleted where model.units[id].map({ $0.content != "gc" }) ?? false {
            model.units[id]?.content = "deleted"
        }
        return model
    }

    /// Takes what it has not.
    public mutating func formUnion(_ other: UnitModel) {
        self.units.merge(other.units) { mine, _ in mine }
        self.deleted.formUnion(other.deleted)
    }

    // MARK: Structs

    private mutating func readSection(_ reader: inout UnitReader) {
        let count = reader.uint()
        let client = reader.uint()
        var clock = reader.uint()
        for _ in 0..<count {
            let info = reader.byte()
            let units: [Unit]
            if info == 0 {
                units = Array(repeating: Unit(place: "", content: "gc"), count: Int(reader.uint()))
            } else if info == 10 {
                let length = reader.uint()
                self.structs.append((info, length))
                clock += length
                continue
            } else {
                units = reader.item(info, client: client, clock: clock)
            }
            self.structs.append((info, UInt64(units.count)))
            for (offset, unit) in units.enumerated() {
                let id = ID(client: client, clock: clock + UInt64(offset))
                if self.units[id] == nil { self.units[id] = unit }
            }
            clock += UInt64(units.count)
        }
    }
}
