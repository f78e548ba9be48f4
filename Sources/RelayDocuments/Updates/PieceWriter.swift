/// Writes pieces as structs of version 1.
///
/// Keeps the place of the last cut: the parts of one long struct are found in one walk over it, however many they are.
struct PieceWriter {
    private let client: UInt64
    /// Of the entry at `cutEntry`.
    private var cut = TextPlace(offset: 0, units: 0)
    private var cutEntry: StructEntry?

    init(client: UInt64) {
        self.client = client
    }

    /// Writes one piece that joins no other.
    mutating func write(_ piece: Piece, from bytes: Span<UInt8>, into output: inout [UInt8]) {
        guard !piece.isVerbatim else { return output.append(bytes, piece.entry.bytes) }
        guard self.writeHead(piece, from: bytes, into: &output) else {
            return output.append(uint: UInt64(piece.length))
        }
        switch piece.kind {
        case StructInfo.text:
            let part = self.part(of: piece, in: bytes)
            output.append(uint: UInt64(part.size))
            part.write(bytes, into: &output)
        case StructInfo.json, StructInfo.values:
            output.append(uint: UInt64(piece.length))
            output.append(bytes, self.part(of: piece, in: bytes).bytes)
        default:
            output.append(bytes, bytes.checkedHeader(piece.entry).content..<piece.entry.bytes.upperBound)
        }
    }

    /// Writes several pieces as one struct, with the first one's head.
    mutating func write(group: ArraySlice<Piece>, from segments: [[UInt8]], into output: inout [UInt8]) {
        guard let first = group.first else { return }
        let head = segments[first.entry.segment]
        let length = group.reduce(0) { $0 + UInt64($1.length) }
        guard self.writeHead(first, from: head.span, into: &output) else { return output.append(uint: length) }
        guard first.kind == StructInfo.text else {
            output.append(uint: length)
            for piece in group {
                let segment = segments[piece.entry.segment]
                output.append(segment.span, self.part(of: piece, in: segment.span).bytes)
            }
            return
        }
        var parts: [TextPart] = []
        parts.reserveCapacity(group.count)
        for piece in group {
            let segment = segments[piece.entry.segment]
            parts.append(self.part(of: piece, in: segment.span))
        }
        output.append(uint: UInt64(parts.reduce(0) { $0 + $1.size }))
        for (piece, part) in zip(group, parts) {
            let segment = segments[piece.entry.segment]
            part.write(segment.span, into: &output)
        }
    }

    /// Writes all that stands in front of the content.
    ///
    /// - Returns: whether there is a content other than a length.
    private func writeHead(_ piece: Piece, from bytes: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        guard piece.kind != StructInfo.gc else {
            output.append(StructInfo.gc)
            return false
        }
        let header = bytes.checkedHeader(piece.entry)
        if piece.from == 0 {
            output.append(header.info & ~StructInfo.kindMask | piece.kind)
            output.append(bytes, Int(piece.entry.offset) + 1..<header.content)
        } else {
            self.writeInheritedHead(piece, rightOrigin: header.rightOrigin, into: &output)
        }
        return piece.kind != StructInfo.deleted
    }

    /// The right part of a split comes after the left part's last id, and inherits parent and key from it.
    private func writeInheritedHead(_ piece: Piece, rightOrigin: StructID?, into output: inout [UInt8]) {
        let right = rightOrigin == nil ? 0 : StructInfo.rightOrigin
        output.append(StructInfo.leftOrigin | right | piece.kind)
        output.append(uint: self.client)
        output.append(uint: UInt64(piece.clock - 1))
        guard let rightOrigin else { return }
        output.append(uint: rightOrigin.client)
        output.append(uint: UInt64(rightOrigin.clock))
    }

    // MARK: Parts of contents

    /// Where the piece's part of its struct's content is: text, JSON values or values.
    mutating func part(of piece: Piece, in bytes: Span<UInt8>) -> TextPart {
        if self.cutEntry != piece.entry || self.cut.units > Int(piece.from) {
            self.cutEntry = piece.entry
            self.cut = Self.start(of: piece.entry, in: bytes)
        }
        guard piece.kind == StructInfo.text else { return self.elements(of: piece, in: bytes) }
        bytes.walk(&self.cut, to: Int(piece.from))
        var part = TextPart(bytes: self.cut.offset..<self.cut.offset)
        if self.cut.units < Int(piece.from) {
            // In the middle of a pair.
            part.hasHalfInFront = true
            self.cut.offset += 4
            self.cut.units += 2
            part.bytes = self.cut.offset..<self.cut.offset
        }
        guard self.cut.units <= Int(piece.to) else { return part }
        let start = self.cut.offset
        if piece.to == piece.entry.length {
            part.bytes = start..<piece.entry.bytes.upperBound
            return part
        }
        bytes.walk(&self.cut, to: Int(piece.to))
        part.bytes = start..<self.cut.offset
        part.hasHalfBehind = self.cut.units < Int(piece.to)
        return part
    }

    private mutating func elements(of piece: Piece, in bytes: Span<UInt8>) -> TextPart {
        let kind = piece.entry.kind
        bytes.walk(&self.cut, overElements: Int(piece.from) - self.cut.units, kind: kind)
        let start = self.cut.offset
        if piece.to == piece.entry.length { return TextPart(bytes: start..<piece.entry.bytes.upperBound) }
        bytes.walk(&self.cut, overElements: Int(piece.to) - self.cut.units, kind: kind)
        return TextPart(bytes: start..<self.cut.offset)
    }

    /// The first element of the content, behind the content's size.
    private static func start(of entry: StructEntry, in bytes: Span<UInt8>) -> TextPlace {
        var offset = bytes.checkedHeader(entry).content
        _ = try? bytes.uint(at: &offset)
        return TextPlace(offset: offset, units: 0)
    }
}

/// A part of a text's bytes. Where a cut went through a surrogate pair, each side has U+FFFD for its half, so that lengths stay right.
struct TextPart {
    var bytes: Range<Int>
    var hasHalfInFront = false
    var hasHalfBehind = false

    static let half: [UInt8] = [0xEF, 0xBF, 0xBD]

    /// In bytes.
    var size: Int { self.bytes.count + (self.hasHalfInFront ? 3 : 0) + (self.hasHalfBehind ? 3 : 0) }

    func write(_ source: Span<UInt8>, into output: inout [UInt8]) {
        if self.hasHalfInFront { output.append(contentsOf: Self.half) }
        output.append(source, self.bytes)
        if self.hasHalfBehind { output.append(contentsOf: Self.half) }
    }
}
