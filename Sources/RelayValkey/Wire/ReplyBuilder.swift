import NIOCore

/// Puts one reply together from its values in the order of the wire, and refuses one that grows past the limits.
///
/// Arrays are open until they have all their values. A refusal is final.
struct ReplyBuilder {
    private struct Frame {
        var values: [ValkeyReply]
        var missing: Int
    }

    private let limits: ReplyLimits
    private var open: [Frame] = []
    private var finished: ValkeyReply?
    private var bytes = 0
    private var elements = 0
    /// Why the reply was refused.
    private(set) var refusal: String?

    init(limits: ReplyLimits) {
        self.limits = limits
    }

    /// - Parameter bytes: the length of what the value holds. Asked before the value is made, so that nothing is copied in vain.
    /// - Returns: whether there is room for it.
    mutating func admits(bytes: Int) -> Bool {
        self.elements += 1
        self.bytes += bytes
        if self.bytes > self.limits.maxBytes {
            self.refusal = "a reply of more than \(self.limits.maxBytes) bytes"
        } else if self.elements > self.limits.maxElements {
            self.refusal = "a reply of more than \(self.limits.maxElements) values"
        }
        return self.refusal == nil
    }

    /// Opens an array. `count` comes from the peer: no memory is taken for it beyond a little.
    ///
    /// - Returns: whether there is room for it.
    mutating func beginArray(count: Int) -> Bool {
        guard self.admits(bytes: 0) else { return false }
        guard count <= self.limits.maxElements - self.elements else {
            self.refusal = "an array of \(count) values"
            return false
        }
        guard count > 0 else {
            self.add(.array([]))
            return true
        }
        var values: [ValkeyReply] = []
        values.reserveCapacity(min(count, 64))
        self.open.append(Frame(values: values, missing: count))
        return true
    }

    /// Adds a value, and closes the arrays that it completes.
    mutating func add(_ value: ValkeyReply) {
        guard !self.open.isEmpty else {
            self.finished = value
            return
        }
        let top = self.open.count - 1
        self.open[top].values.append(value)
        self.open[top].missing -= 1
        guard self.open[top].missing == 0 else { return }
        self.add(.array(self.open.removeLast().values))
    }

    /// The reply if it is complete; the next one starts from nothing.
    mutating func take() -> ValkeyReply? {
        guard let reply = self.finished else { return nil }
        self.finished = nil
        self.bytes = 0
        self.elements = 0
        return reply
    }
}
