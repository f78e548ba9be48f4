import RelayCore
import RelayWire
import Testing

@testable import RelayEditing

@Suite("How far a document has read, and when it is compacted")
struct DocumentLogTests {
    private var log = DocumentLog()
    private var settings = DocumentSettings()

    init() {
        self.settings.compactionUpdates = 5
        self.settings.compactionBytes = 100
    }

    private mutating func take(_ numbers: ClosedRange<UInt64>, bytes: Int = 1, isSnapshot: Bool = false) {
        let messages = numbers.map { Message.update($0, [UInt8](repeating: 0, count: bytes), isSnapshot: isSnapshot) }
        self.log.take(messages, in: 7)
    }

    @Test("It is due by number, and by bytes where there are more than the snapshot has")
    mutating func due() {
        self.take(1...4)
        #expect(!self.log.isDue(self.settings))
        self.take(5...5)
        #expect(self.log.isDue(self.settings))
        self.log.compacted(to: 300, from: self.log)
        #expect(!self.log.isDue(self.settings))
        self.take(6...7, bytes: 120)
        #expect(!self.log.isDue(self.settings), "the snapshot is larger")
        self.take(8...8, bytes: 100)
        #expect(self.log.isDue(self.settings))
    }

    @Test("One large update alone is as good as a snapshot")
    mutating func single() {
        self.take(1...1, bytes: 1_000)
        #expect(!self.log.isDue(self.settings))
    }

    @Test("What came while a snapshot was made counts on")
    mutating func meanwhile() {
        self.take(1...5, bytes: 10)
        let earlier = self.log
        self.take(6...8, bytes: 10)
        self.log.compacted(to: 20, from: earlier)
        #expect(self.log.updates == 3)
        #expect(self.log.bytes == 50)
        #expect(self.log.cursor == .inEpoch(7, after: MessageID(milliseconds: 8, sequence: 0)))
    }

    @Test("A snapshot that failed is tried again once as much has come")
    mutating func failed() {
        self.take(1...5)
        self.log.gaveUp(at: self.log)
        self.take(6...9)
        #expect(!self.log.isDue(self.settings))
        self.take(10...10)
        #expect(self.log.isDue(self.settings))
        self.log.compacted(to: 5, from: self.log)
        self.take(11...14)
        #expect(!self.log.isDue(self.settings))
    }

    @Test("A snapshot that is read stands for all before it")
    mutating func read() {
        self.take(1...4)
        self.take(5...5, bytes: 50, isSnapshot: true)
        #expect(self.log.updates == 0)
        #expect(self.log.bytes == 50)
    }

    @Test("At the end a handful is not worth it")
    mutating func atEnd() {
        self.settings.compactionUpdates = 1_000
        self.take(1...10)
        #expect(!self.log.isWorthwhileAtEnd(self.settings))
        self.take(11...11)
        #expect(self.log.isWorthwhileAtEnd(self.settings))
    }
}
