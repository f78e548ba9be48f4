/// Reads an update of version 2 and writes the same of version 1, which is all that the rest of the library knows.
///
/// A few bytes of version 2 may stand for endless structs: what is written is bounded, and with it time and memory.
struct Version2Reader {
    private var keyClocks: DifferenceColumnReader
    private var clients: NumberColumnReader
    private var leftClocks: DifferenceColumnReader
    private var rightClocks: DifferenceColumnReader
    private var infos: ByteColumnReader
    private var texts: TextColumnReader
    private var parents: ByteColumnReader
    private var types: NumberColumnReader
    private var lengths: NumberColumnReader
    /// Keys that were read, encoded as strings of version 1.
    private var keys: [[UInt8]] = []
    /// Where the rest, that has no column, goes on.
    private var offset: Int
    private let maxBytes: Int
    private var output: [UInt8] = []

    private init(_ bytes: Span<UInt8>, maxBytes: Int) throws(DocumentError) {
        var offset = 0
        guard try bytes.uint(at: &offset) == 0 else { throw .malformed }
        self.keyClocks = DifferenceColumnReader(try bytes.block(at: &offset))
        self.clients = NumberColumnReader(try bytes.block(at: &offset))
        self.leftClocks = DifferenceColumnReader(try bytes.block(at: &offset))
        self.rightClocks = DifferenceColumnReader(try bytes.block(at: &offset))
        self.infos = ByteColumnReader(try bytes.block(at: &offset))
        self.texts = try TextColumnReader(bytes, try bytes.block(at: &offset))
        self.parents = ByteColumnReader(try bytes.block(at: &offset))
        self.types = NumberColumnReader(try bytes.block(at: &offset))
        self.lengths = NumberColumnReader(try bytes.block(at: &offset))
        self.offset = offset
        self.maxBytes = maxBytes
    }

    /// - Parameter maxBytes: how large the update of version 1 may be.
    static func version1(_ bytes: Span<UInt8>, maxBytes: Int) throws(DocumentError) -> [UInt8] {
        var reader = try Version2Reader(bytes, maxBytes: maxBytes)
        let sections = try bytes.uint(at: &reader.offset)
        reader.output.append(uint: sections)
        for _ in 0..<sections { try reader.section(bytes) }
        try reader.deletes(bytes)
        try bytes.expectEnd(at: reader.offset)
        return reader.output
    }

    private func checkSize() throws(DocumentError) {
        guard self.output.count <= self.maxBytes else { throw .tooLarge }
    }

    // MARK: Structs

    private mutating func section(_ bytes: Span<UInt8>) throws(DocumentError) {
        let count = try bytes.uint(at: &self.offset)
        self.output.append(uint: count)
        self.output.append(uint: try self.clients.next(bytes))
        self.output.append(uint: UInt64(try bytes.clock(at: &self.offset)))
        for _ in 0..<count {
            try self.structure(bytes)
            try self.checkSize()
        }
        try self.checkSize()
    }

    private mutating func structure(_ bytes: Span<UInt8>) throws(DocumentError) {
        let info = try self.infos.next(bytes)
        self.output.append(info)
        switch info & StructInfo.kindMask {
        case StructInfo.gc: self.output.append(uint: UInt64(try self.lengths.nextClock(bytes)))
        case StructInfo.skip: self.output.append(uint: UInt64(try bytes.clock(at: &self.offset)))
        case let kind:
            try self.head(info, bytes)
            try self.content(kind, bytes)
        }
    }

    private mutating func head(_ info: UInt8, _ bytes: Span<UInt8>) throws(DocumentError) {
        let hasLeft = info & StructInfo.leftOrigin != 0
        let hasRight = info & StructInfo.rightOrigin != 0
        if hasLeft { try self.leftID(bytes) }
        if hasRight {
            self.output.append(uint: try self.clients.next(bytes))
            self.output.append(uint: UInt64(try self.rightClocks.nextClock(bytes)))
        }
        guard !hasLeft, !hasRight else { return }
        let isRoot = try self.parents.next(bytes)
        guard isRoot <= 1 else { throw .malformed }
        self.output.append(isRoot)
        if isRoot == 1 { try self.text(bytes) } else { try self.leftID(bytes) }
        if info & StructInfo.key != 0 { try self.text(bytes) }
    }

    private mutating func leftID(_ bytes: Span<UInt8>) throws(DocumentError) {
        self.output.append(uint: try self.clients.next(bytes))
        self.output.append(uint: UInt64(try self.leftClocks.nextClock(bytes)))
    }

    private mutating func text(_ bytes: Span<UInt8>) throws(DocumentError) {
        try self.texts.next(bytes, into: &self.output)
    }

    // MARK: Contents

    private mutating func content(_ kind: UInt8, _ bytes: Span<UInt8>) throws(DocumentError) {
        switch kind {
        case StructInfo.deleted: self.output.append(uint: UInt64(try self.lengths.nextClock(bytes)))
        case StructInfo.json:
            for _ in 0..<(try self.count(bytes)) {
                try self.text(bytes)
                try self.checkSize()
            }
        case StructInfo.binary: self.output.append(block: bytes, try bytes.block(at: &self.offset))
        case StructInfo.text: try self.text(bytes)
        case StructInfo.embed: try self.json(bytes)
        case StructInfo.format:
            try self.key(bytes)
            try self.json(bytes)
        case StructInfo.type: try self.type(bytes)
        case StructInfo.values:
            for _ in 0..<(try self.count(bytes)) { try self.value(bytes) }
        case StructInfo.subdocument:
            try self.text(bytes)
            try self.value(bytes)
        default: throw .unknownContent(info: kind)
        }
    }

    private mutating func count(_ bytes: Span<UInt8>) throws(DocumentError) -> UInt64 {
        let count = try self.lengths.next(bytes)
        self.output.append(uint: count)
        return count
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(DocumentError) {
        let start = self.offset
        try bytes.skipValue(at: &self.offset)
        self.output.append(bytes, start..<self.offset)
    }

    /// What is JSON text in version 1 is a value in version 2.
    private mutating func json(_ bytes: Span<UInt8>) throws(DocumentError) {
        self.output.append(block: try ValueJSON.json(bytes, at: &self.offset))
    }

    private mutating func key(_ bytes: Span<UInt8>) throws(DocumentError) {
        let number = Int(try self.keyClocks.nextClock(bytes))
        if number >= self.keys.count {
            var key: [UInt8] = []
            try self.texts.next(bytes, into: &key)
            self.keys.append(key)
            self.output.append(contentsOf: key)
        } else {
            self.output.append(contentsOf: self.keys[number])
        }
    }

    private mutating func type(_ bytes: Span<UInt8>) throws(DocumentError) {
        let type = try self.types.next(bytes)
        self.output.append(uint: type)
        switch type {
        case StructInfo.SharedType.element, StructInfo.SharedType.hook: try self.key(bytes)
        case StructInfo.SharedType.ofYjs: return
        // What only Yrs knows is no content for a document, see `UpdateIndex.checkTypes`.
        default: throw .unknownType(type)
        }
    }

    // MARK: Deletions

    private mutating func deletes(_ bytes: Span<UInt8>) throws(DocumentError) {
        let clients = try bytes.count(of: 2, at: &self.offset)
        self.output.append(uint: UInt64(clients))
        for _ in 0..<clients {
            self.output.append(uint: try bytes.uint(at: &self.offset))
            let ranges = try bytes.count(of: 2, at: &self.offset)
            self.output.append(uint: UInt64(ranges))
            var clock: UInt64 = 0
            for _ in 0..<ranges {
                clock += try bytes.uint(at: &self.offset)
                let length = try bytes.uint(at: &self.offset) + 1
                guard clock <= UInt32.max, length <= UInt32.max else { throw .clockTooLarge }
                self.output.append(uint: clock)
                self.output.append(uint: length)
                clock += length
            }
        }
        try self.checkSize()
    }
}
