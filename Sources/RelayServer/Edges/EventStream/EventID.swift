import NIOCore
import RelayCore
import RelayWire

/// The id of a stream's next event, as the text that is sent: `<cursor>`, or every topic's, `a:<cursor>,b:<cursor>`.
///
/// A delivery changes one topic's cursor in place. So it does not format the cursors of the others again, however many there are.
struct EventID {
    private var text = ByteBuffer()
    /// Where each topic's cursor lies in the text.
    private var places: [Range<Int>] = []

    /// All topics at the beginning of their streams, to be set one by one.
    init(_ topics: [TopicName]) {
        for topic in topics {
            if !self.places.isEmpty { self.text.writeStaticString(",") }
            if topics.count > 1 {
                self.text.writeString(topic.rawValue)
                self.text.writeStaticString(":")
            }
            let start = self.text.writerIndex
            self.text.writeMessageID(.zero)
            self.places.append(start..<self.text.writerIndex)
        }
    }

    var bytes: ByteBuffer { self.text }

    /// Sets the cursor of the topic at `index`.
    ///
    /// - Parameter epoch: told with the cursor; nil tells none.
    /// - Returns: how many bytes were written. Those of the other topics are moved where the cursor is longer or shorter than the one before
    ///   it, and untouched else.
    @discardableResult
    mutating func set(_ index: Int, _ id: MessageID, epoch: UInt64?) -> Int {
        let place = self.places[index]
        let size = id.textSize + (epoch == nil ? 0 : Self.epochSize)
        guard size != place.count else {
            let end = self.text.writerIndex
            self.text.moveWriterIndex(to: place.lowerBound)
            self.writeCursor(id, epoch)
            self.text.moveWriterIndex(to: end)
            return size
        }
        let rest = self.text.getBytes(at: place.upperBound, length: self.text.writerIndex - place.upperBound) ?? []
        self.text.moveWriterIndex(to: place.lowerBound)
        self.writeCursor(id, epoch)
        self.text.writeBytes(rest)
        self.places[index] = place.lowerBound..<place.lowerBound + size
        let shift = size - place.count
        for later in self.places.indices[(index + 1)...] {
            let place = self.places[later]
            self.places[later] = place.lowerBound + shift..<place.upperBound + shift
        }
        return size + rest.count
    }

    /// 16 digits and the `@`.
    private static let epochSize = 17

    private mutating func writeCursor(_ id: MessageID, _ epoch: UInt64?) {
        if let epoch {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: epoch >> UInt64(shift)) & 0xF
                self.text.writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
            self.text.writeStaticString("@")
        }
        self.text.writeMessageID(id)
    }
}
