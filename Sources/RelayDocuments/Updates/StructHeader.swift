/// The id of one clock of one client.
struct StructID: Hashable, Sendable {
    let client: UInt64
    let clock: UInt32
}

/// What an Item has in front of its content.
struct StructHeader: Sendable {
    let info: UInt8
    let leftOrigin: StructID?
    let rightOrigin: StructID?
    /// Where the content begins.
    let content: Int
}

extension Span<UInt8> {
    func id(at offset: inout Int) throws(DocumentError) -> StructID {
        let client = try self.uint(at: &offset)
        return StructID(client: client, clock: try self.clock(at: &offset))
    }

    /// Reads an Item up to its content.
    ///
    /// - Parameter offset: of the struct's first byte; then of its content.
    @inline(__always)
    func header(at offset: inout Int) throws(DocumentError) -> StructHeader {
        let info = try self.byte(at: &offset)
        let left = info & StructInfo.leftOrigin != 0 ? try self.id(at: &offset) : nil
        let right = info & StructInfo.rightOrigin != 0 ? try self.id(at: &offset) : nil
        if left == nil, right == nil { try self.skipParent(hasKey: info & StructInfo.key != 0, at: &offset) }
        return StructHeader(info: info, leftOrigin: left, rightOrigin: right, content: offset)
    }

    private func skipParent(hasKey: Bool, at offset: inout Int) throws(DocumentError) {
        switch try self.uint(at: &offset) {
        case 0: _ = try self.id(at: &offset)
        case 1: _ = try self.text(at: &offset)
        default: throw .malformed
        }
        if hasKey { _ = try self.text(at: &offset) }
    }

    /// The header of a struct that was checked when it was read.
    func checkedHeader(_ entry: StructEntry) -> StructHeader {
        var offset = Int(entry.offset)
        guard let header = try? self.header(at: &offset) else {
            preconditionFailure("a struct that was read can't be read again")
        }
        return header
    }
}
