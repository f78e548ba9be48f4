import NIOCore

/// Takes what a server sends on a subscriber's connection apart into replies, to leave out those that carry news.
struct NewsFilter {
    private var waiting = ByteBuffer()

    /// - Returns: the complete replies, without news where these are lost.
    mutating func passed(_ bytes: ByteBuffer, losesNews: Bool) -> ByteBuffer {
        self.waiting.writeImmutableBuffer(bytes)
        var passed = ByteBuffer()
        while let end = self.replyEnd(from: self.waiting.readerIndex),
            let reply = self.waiting.readSlice(length: end - self.waiting.readerIndex)
        {
            let isNews = String(buffer: reply).hasPrefix("*3\r\n$8\r\nsmessage\r\n")
            if !isNews || !losesNews { passed.writeImmutableBuffer(reply) }
        }
        self.waiting.discardReadBytes()
        return passed
    }

    /// Nil where the reply isn't complete.
    private func replyEnd(from start: Int) -> Int? {
        guard let (line, end) = self.line(from: start), let kind = line.first else { return nil }
        let count = Int(line.dropFirst()) ?? 0
        switch kind {
        case "$":
            guard count >= 0 else { return end }
            return end + count + 2 <= self.waiting.writerIndex ? end + count + 2 : nil
        case "*":
            var next = end
            for _ in 0..<max(0, count) {
                guard let end = self.replyEnd(from: next) else { return nil }
                next = end
            }
            return next
        default:
            return end
        }
    }

    private func line(from start: Int) -> (text: String, end: Int)? {
        let length = self.waiting.writerIndex - start
        guard length > 0, let view = self.waiting.viewBytes(at: start, length: length),
            let newline = view.firstIndex(of: UInt8(ascii: "\n")), newline > view.startIndex
        else { return nil }
        return (String(decoding: view[..<(newline - 1)], as: UTF8.self), newline + 1)
    }
}
