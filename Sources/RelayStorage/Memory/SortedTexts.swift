/// A set of texts in the order of their bytes, of which a page costs the same however many there are.
///
/// Kept in chunks, so that a text that comes or goes moves few others.
struct SortedTexts {
    private static let chunkLimit = 1_024

    /// None is empty, and all of one come before all of the next.
    private var chunks: [[String]] = []

    var isEmpty: Bool { self.chunks.isEmpty }

    mutating func insert(_ text: String) {
        guard !self.chunks.isEmpty else { return self.chunks = [[text]] }
        let chunk = min(self.firstChunk(endingAt: text), self.chunks.count - 1)
        let place = self.chunks[chunk].place(of: text)
        guard !self.chunks[chunk].has(text, at: place) else { return }
        self.chunks[chunk].insert(text, at: place)
        guard self.chunks[chunk].count > Self.chunkLimit else { return }
        let half = Self.chunkLimit / 2
        self.chunks.insert(Array(self.chunks[chunk][half...]), at: chunk + 1)
        self.chunks[chunk].removeSubrange(half...)
    }

    mutating func remove(_ text: String) {
        let chunk = self.firstChunk(endingAt: text)
        guard chunk < self.chunks.count else { return }
        let place = self.chunks[chunk].place(of: text)
        guard self.chunks[chunk].has(text, at: place) else { return }
        self.chunks[chunk].remove(at: place)
        if self.chunks[chunk].isEmpty { self.chunks.remove(at: chunk) }
    }

    /// - Parameters:
    ///   - limit: how many at most; none for 0 or less.
    ///   - start: those up to and including this text are left out.
    ///   - end: this text and those after it are left out.
    func page(_ limit: Int, after start: String? = nil, before end: String? = nil) -> [String] {
        var page: [String] = []
        var chunk = start.map { self.firstChunk(endingAt: $0) } ?? 0
        var place = 0
        if let start, chunk < self.chunks.count {
            place = self.chunks[chunk].place(of: start)
            if self.chunks[chunk].has(start, at: place) { place += 1 }
        }
        while chunk < self.chunks.count, page.count < limit {
            for text in self.chunks[chunk][place...].prefix(limit - page.count) {
                if let end, !text.precedesInBytes(end) { return page }
                page.append(text)
            }
            (chunk, place) = (chunk + 1, 0)
        }
        return page
    }

    /// The first chunk whose last text does not come before `text`; their count where there is none.
    private func firstChunk(endingAt text: String) -> Int {
        self.chunks.partition { $0[$0.count - 1].precedesInBytes(text) }
    }
}

extension [String] {
    /// The place of the first that does not come before `text`.
    fileprivate func place(of text: String) -> Int { self.partition { $0.precedesInBytes(text) } }

    /// - Parameter place: of ``place(of:)``.
    fileprivate func has(_ text: String, at place: Int) -> Bool {
        place < self.count && !text.precedesInBytes(self[place])
    }
}

extension Array {
    /// How many come first for which it is so. It must be so for none after them.
    fileprivate func partition(_ isFirst: (Element) -> Bool) -> Int {
        var (low, high) = (0, self.count)
        while low < high {
            let middle = low + (high - low) / 2
            if isFirst(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
