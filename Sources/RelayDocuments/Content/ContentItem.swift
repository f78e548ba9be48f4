/// A struct, or a part of one, in the lists of a document. Others are meant by their places in ``ContentGraph/items``, -1 where there is none.
struct ContentItem: Sendable {
    /// Which client's it is: the row in the update.
    let row: Int32
    let clock: UInt32
    let length: UInt32
    /// Of its content in the update's bytes. Of texts and lists of values the part that is its own, without a count.
    var offset: UInt32 = 0
    var size: UInt32 = 0
    let kind: UInt8
    private var flags: Flags = []

    /// What stood left and right of it when it was written.
    var origin: Int32 = -1
    var rightOrigin: Int32 = -1
    /// What holds the type that it lies in, where no origin says so.
    var holder: Int32 = -1

    /// Its neighbours.
    var left: Int32 = -1
    var right: Int32 = -1
    /// The type that it lies in, and under which key: places in ``ContentGraph``.
    var parent: Int32 = -1
    var entry: Int32 = -1
    /// The type that it holds.
    var type: Int32 = -1

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let integrated = Flags(rawValue: 1)
        static let forgotten = Flags(rawValue: 2)
        static let deleted = Flags(rawValue: 4)
        static let orphan = Flags(rawValue: 8)
        static let halfInFront = Flags(rawValue: 16)
        static let halfBehind = Flags(rawValue: 32)
    }

    init(row: Int32, piece: Piece) {
        self.row = row
        self.clock = piece.clock
        self.length = piece.length
        self.kind = piece.kind
    }

    /// The first clock behind it.
    var end: UInt32 { self.clock + self.length }

    /// Whether all that it needs was there.
    var isIntegrated: Bool {
        get { self.flags.contains(.integrated) }
        set { self.set(.integrated, newValue) }
    }

    /// Whether nothing but its clocks is left: it was deleted with what it lay in.
    var isForgotten: Bool {
        get { self.flags.contains(.forgotten) }
        set { self.set(.forgotten, newValue) }
    }

    var isDeleted: Bool {
        get { self.flags.contains(.deleted) }
        set { self.set(.deleted, newValue) }
    }

    /// Whether it needs something that the update has not.
    var isOrphan: Bool {
        get { self.flags.contains(.orphan) }
        set { self.set(.orphan, newValue) }
    }

    /// Whether it lies in a list, where others are seen.
    var isVisible: Bool { self.flags.isDisjoint(with: [.deleted, .forgotten]) && self.kind != StructInfo.deleted }

    /// Where its content is.
    var content: TextPart {
        get {
            var part = TextPart(bytes: Int(self.offset)..<Int(self.offset) + Int(self.size))
            part.hasHalfInFront = self.flags.contains(.halfInFront)
            part.hasHalfBehind = self.flags.contains(.halfBehind)
            return part
        }
        set {
            self.offset = UInt32(newValue.bytes.lowerBound)
            self.size = UInt32(newValue.bytes.count)
            self.set(.halfInFront, newValue.hasHalfInFront)
            self.set(.halfBehind, newValue.hasHalfBehind)
        }
    }

    private mutating func set(_ flag: Flags, _ isSet: Bool) {
        if isSet { self.flags.insert(flag) } else { self.flags.remove(flag) }
    }
}
