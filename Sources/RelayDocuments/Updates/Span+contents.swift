extension Span<UInt8> {
    /// Passes over an Item's content, and checks it.
    ///
    /// - Returns: how many clocks it covers. 0 for the empty texts of old documents.
    @inline(__always)
    func skipContent(kind: UInt8, at offset: inout Int) throws(DocumentError) -> UInt32 {
        switch kind {
        case StructInfo.text: return UInt32(try self.text(at: &offset).units)
        case StructInfo.deleted: return try self.clock(at: &offset)
        case StructInfo.values: return try self.skipValues(at: &offset)
        case StructInfo.json: return try self.skipJSONValues(at: &offset)
        default:
            try self.skipSingle(kind: kind, at: &offset)
            return 1
        }
    }

    private func skipSingle(kind: UInt8, at offset: inout Int) throws(DocumentError) {
        switch kind {
        case StructInfo.binary: _ = try self.block(at: &offset)
        case StructInfo.embed: _ = try self.json(at: &offset)
        case StructInfo.format:
            _ = try self.text(at: &offset)
            _ = try self.json(at: &offset)
        case StructInfo.type: try self.skipType(at: &offset)
        case StructInfo.subdocument:
            _ = try self.text(at: &offset)
            try self.skipOptions(at: &offset)
        default: throw .unknownContent(info: kind)
        }
    }

    /// A subdocument's. Yjs looks into them, and throws where there are none.
    private func skipOptions(at offset: inout Int) throws(DocumentError) {
        guard offset < self.count else { throw .truncated }
        let tag = self.loadByte(offset)
        guard tag != ValueTag.null, tag != ValueTag.undefined else { throw .malformed }
        try self.skipValue(at: &offset)
    }

    private func skipValues(at offset: inout Int) throws(DocumentError) -> UInt32 {
        let count = try self.count(of: 1, at: &offset)
        for _ in 0..<count { try self.skipValue(at: &offset) }
        return UInt32(count)
    }

    private func skipJSONValues(at offset: inout Int) throws(DocumentError) -> UInt32 {
        let count = try self.count(of: 1, at: &offset)
        for _ in 0..<count {
            let (bytes, _) = try self.text(at: &offset)
            if !self.isSame(bytes, as: Self.undefined) { try JSONCheck.check(self, bytes) }
        }
        return UInt32(count)
    }

    private func skipType(at offset: inout Int) throws(DocumentError) {
        let type = try self.uint(at: &offset)
        switch type {
        case StructInfo.SharedType.element, StructInfo.SharedType.hook: _ = try self.text(at: &offset)
        case StructInfo.SharedType.ofYjs: return
        case StructInfo.SharedType.weakLink: try self.skipWeakLink(at: &offset)
        case StructInfo.SharedType.document, StructInfo.SharedType.undefined: return
        default: throw .unknownType(type)
        }
    }

    /// The kind of a shared type, where it is none of Yjs'.
    ///
    /// - Parameter start: of an Item with a shared type.
    func foreignType(ofStructAt start: Int) throws(DocumentError) -> UInt64? {
        var offset = start
        _ = try self.header(at: &offset)
        let type = try self.uint(at: &offset)
        return StructInfo.SharedType.ofYjs.contains(type) ? nil : type
    }

    /// Only Yrs has them.
    private func skipWeakLink(at offset: inout Int) throws(DocumentError) {
        let flags = try self.byte(at: &offset)
        let (isQuote, isStartUnbounded, isEndUnbounded) = (flags & 1 != 0, flags & 8 != 0, flags & 16 != 0)
        let isRoot = flags & 32 != 0
        if isStartUnbounded, isRoot { _ = try self.text(at: &offset) } else { try self.skipID(at: &offset) }
        if isEndUnbounded {
            if isRoot { _ = try self.text(at: &offset) } else { try self.skipID(at: &offset) }
        } else if isQuote {
            try self.skipID(at: &offset)
        }
    }

    private func skipID(at offset: inout Int) throws(DocumentError) {
        _ = try self.uint(at: &offset)
        _ = try self.clock(at: &offset)
    }

    /// Moves over elements of a content that was checked: of JSON values or of `any`.
    func walk(_ place: inout TextPlace, overElements count: Int, kind: UInt8) {
        for _ in 0..<count {
            if kind == StructInfo.json {
                _ = try? self.block(at: &place.offset)
            } else {
                try? self.skipValue(at: &place.offset)
            }
        }
        place.units += count
    }
}
