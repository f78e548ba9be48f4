import CHiredis
import NIOCore

/// Parses the bytes of one connection into replies. The one place that touches hiredis' reader, and its pointers.
///
/// Owned by the channel handler that feeds it, and used on its event loop only. After an error it is of no more use.
@safe final class ReplyReader {
    /// A line (a status, an error, a number, a length) that is longer than this is nonsense.
    static let maxLineBytes = 65_536
    /// hiredis gives its buffer back when it is empty and larger than this.
    private static let keptBufferBytes = 1 << 20

    private let limits: ReplyLimits
    private let builder: Box
    private let reader: UnsafeMutablePointer<redisReader>

    init(limits: ReplyLimits) {
        self.limits = limits
        self.builder = Box(ReplyBuilder(limits: limits))
        guard let reader = unsafe redisReaderCreateWithFunctions(Self.functions) else {
            preconditionFailure("out of memory")
        }
        unsafe self.reader = reader
        unsafe self.reader.pointee.maxbuf = Self.keptBufferBytes
        unsafe self.reader.pointee.privdata = Unmanaged.passUnretained(self.builder).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(self.reader)
    }

    /// Whether bytes are left of which no reply has come.
    var hasPartialReply: Bool {
        unsafe self.unreadBytes > 0 || self.reader.pointee.ridx > 0 || relay_redis_pending_type(self.reader) >= 0
    }

    private var unreadBytes: Int {
        unsafe self.reader.pointee.len - self.reader.pointee.pos
    }

    /// Takes the bytes over. Every reply in them has to be taken by `next` before more are fed.
    func feed(_ bytes: ByteBuffer) throws(ValkeyError) {
        let code = unsafe bytes.withUnsafeReadableBytes { bytes in
            unsafe redisReaderFeed(self.reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard code == REDIS_OK else { throw self.violation() }
    }

    /// - Returns: the next complete reply, or nil if more bytes are needed.
    /// - Throws: `protocolViolation`; the connection is to be closed.
    func next() throws(ValkeyError) -> ValkeyReply? {
        guard unsafe redisReaderGetReply(self.reader, nil) == REDIS_OK else { throw self.violation() }
        if let reply = self.builder.value.take() { return reply }
        try self.checkPendingItem()
        return nil
    }

    /// An item may be as long as its header says: a header that says too much is refused before what it announces is read.
    private func checkPendingItem() throws(ValkeyError) {
        let unread = self.unreadBytes
        guard unread > 0 else { return }
        guard unsafe relay_redis_pending_type(self.reader) == REDIS_REPLY_STRING else {
            guard unread <= Self.maxLineBytes else { throw .protocolViolation("a line without an end") }
            return
        }
        guard let length = self.announcedLength() else {
            guard unread <= 32 else { throw .protocolViolation("a length without an end") }
            return
        }
        guard length <= self.limits.maxBytes else { throw .protocolViolation("a string of \(length) bytes") }
    }

    /// The number before the next line end, where hiredis stands. It has refused what is no number.
    private func announcedLength() -> Int? {
        var length = 0
        for offset in 0..<min(self.unreadBytes, 21) {
            let byte = unsafe UInt8(bitPattern: self.reader.pointee.buf[self.reader.pointee.pos + offset])
            if byte == UInt8(ascii: "\r") { return length }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflows) = length.multipliedReportingOverflow(by: 10)
            guard !overflows, product < .max - 9 else { return .max }
            length = product + Int(byte - UInt8(ascii: "0"))
        }
        return nil
    }

    private func violation() -> ValkeyError {
        if let refusal = self.builder.value.refusal { return .protocolViolation(refusal) }
        let text = unsafe withUnsafePointer(to: &self.reader.pointee.errstr) { tuple in
            unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 128) { unsafe String(cString: $0) }
        }
        return .protocolViolation(text)
    }
}

extension ReplyReader {
    /// What hiredis' callbacks find the builder by.
    private final class Box {
        var value: ReplyBuilder

        init(_ value: ReplyBuilder) {
            self.value = value
        }
    }

    /// hiredis asks for an object for each value, and takes null for "out of memory". The builder keeps the values
    /// itself. The object only says that all is well: it is the address of the builder, which hiredis never reads.
    nonisolated(unsafe) private static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        unsafe functions.initialize(
            to: redisReplyObjectFunctions(
                createString: { unsafe ReplyReader.string($0, $1, $2) },
                createArray: { task, count in
                    unsafe ReplyReader.object(task) { $0.beginArray(count: Int(count)) }
                },
                createInteger: { task, value in
                    unsafe ReplyReader.object(task) { $0.admit(.integer(value)) }
                },
                createNil: { task in unsafe ReplyReader.object(task) { $0.admit(.null) } },
                freeObject: { _ in }
            )
        )
        return unsafe functions
    }()

    private static func string(
        _ task: UnsafePointer<redisReadTask>?,
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int
    ) -> UnsafeMutableRawPointer? {
        guard let task = unsafe task else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        let type = unsafe task.pointee.type
        return unsafe self.object(task) { builder in
            guard builder.admits(bytes: bytes.count) else { return false }
            switch type {
            case REDIS_REPLY_STATUS: unsafe builder.add(.status(String(decoding: bytes, as: UTF8.self)))
            case REDIS_REPLY_ERROR:
                unsafe builder.add(.error(ValkeyServerError(line: String(decoding: bytes, as: UTF8.self))))
            default: unsafe builder.add(.string(ByteBuffer(bytes: bytes)))
            }
            return true
        }
    }

    private static func object(
        _ task: UnsafePointer<redisReadTask>?,
        _ body: (inout ReplyBuilder) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let address = unsafe task?.pointee.privdata else { return nil }
        let box = unsafe Unmanaged<Box>.fromOpaque(address).takeUnretainedValue()
        return body(&box.value) ? unsafe address : nil
    }
}

extension ReplyBuilder {
    fileprivate mutating func admit(_ value: ValkeyReply) -> Bool {
        guard self.admits(bytes: 0) else { return false }
        self.add(value)
        return true
    }
}
