import RelayWire
import Testing

@testable import RelayServer

/// What a test asks again and again, since `#expect` changes no value.
private final class Looking<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}

extension Looking where Value == FileWatch {
    func looked(_ marks: [FileMark?]) -> Bool { self.value.looked(marks) }
}

extension Looking where Value == CertificateSchedule {
    func looked(_ marks: [FileMark?], at now: Timestamp) -> Bool { self.value.looked(marks, at: now) }
}

@Suite("When a certificate is read or made again")
struct CertificateScheduleTests {
    private static let noon = Timestamp(microseconds: 1_800_000_000_000_000)

    private static func mark(_ inode: UInt, bytes: Int = 10) -> FileMark {
        FileMark(device: 1, inode: inode, bytes: bytes, seconds: 7, nanoseconds: 8)
    }

    private static func facts(isSelfSigned: Bool, goodFor seconds: Int64 = 90 * 86_400) -> CertificateFacts {
        CertificateFacts(
            fingerprint: "00",
            notBefore: self.noon,
            notAfter: self.noon.adding(seconds: seconds),
            ownFile: nil,
            isSelfSigned: isSelfSigned
        )
    }

    @Test("Files that stay as they are are not read again")
    func unchanged() {
        let watch = Looking(FileWatch([Self.mark(1), Self.mark(2)]))
        for _ in 0..<3 { #expect(!watch.looked([Self.mark(1), Self.mark(2)])) }
    }

    @Test("A change is read once, when two looks have found the same")
    func change() {
        let watch = Looking(FileWatch([Self.mark(1), Self.mark(2)]))
        #expect(!watch.looked([Self.mark(3), Self.mark(2)]))
        // The key has followed its certificate.
        #expect(!watch.looked([Self.mark(3), Self.mark(4)]))
        #expect(watch.looked([Self.mark(3), Self.mark(4)]))
        #expect(!watch.looked([Self.mark(3), Self.mark(4)]))
    }

    @Test("What is changed back before it was read is no change")
    func back() {
        let watch = Looking(FileWatch([Self.mark(1)]))
        #expect(!watch.looked([Self.mark(2)]))
        #expect(!watch.looked([Self.mark(1)]))
        #expect(!watch.looked([Self.mark(2)]))
        #expect(watch.looked([Self.mark(2)]))
    }

    @Test("A file that goes, and one that comes, are changes")
    func vanished() {
        let watch = Looking(FileWatch([Self.mark(1)]))
        #expect(!watch.looked([nil]))
        #expect(watch.looked([nil]))
        #expect(!watch.looked([nil]))
        #expect(!watch.looked([Self.mark(1)]))
        #expect(watch.looked([Self.mark(1)]))
    }

    @Test(
        "Whatever is another about a file is a change",
        arguments: [
            FileMark(device: 2, inode: 1, bytes: 10, seconds: 7, nanoseconds: 8),
            FileMark(device: 1, inode: 2, bytes: 10, seconds: 7, nanoseconds: 8),
            FileMark(device: 1, inode: 1, bytes: 11, seconds: 7, nanoseconds: 8),
            FileMark(device: 1, inode: 1, bytes: 10, seconds: 6, nanoseconds: 8),
            FileMark(device: 1, inode: 1, bytes: 10, seconds: 7, nanoseconds: 9),
        ]
    )
    func differences(_ other: FileMark) {
        let watch = Looking(FileWatch([Self.mark(1)]))
        #expect(!watch.looked([other]))
        #expect(watch.looked([other]))
    }

    @Test("The relay's own certificate is made anew thirty days before its end, and tried again after an hour")
    func renewal() {
        let schedule = Looking(CertificateSchedule([], Self.facts(isSelfSigned: true)))
        let due = Self.noon.adding(seconds: 60 * 86_400)
        #expect(!schedule.looked([], at: due.adding(seconds: -1)))
        #expect(schedule.looked([], at: due))
        // It could not be made.
        #expect(!schedule.looked([], at: due.adding(seconds: 3_599)))
        #expect(schedule.looked([], at: due.adding(seconds: 3_600)))
        schedule.value.loaded(Self.facts(isSelfSigned: true, goodFor: 150 * 86_400))
        #expect(!schedule.looked([], at: due.adding(seconds: 7_200)))
    }

    @Test("Somebody else's certificate is not made anew")
    func others() {
        let schedule = Looking(CertificateSchedule([Self.mark(1)], Self.facts(isSelfSigned: false)))
        #expect(!schedule.looked([Self.mark(1)], at: Self.noon.adding(seconds: 1_000 * 86_400)))
    }
}
