public import NIOCore

extension RequestError {
    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    /// Writes the body of a 422 answer: `{"detail": [...]}`.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) { self.put(into: &$0) }
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"detail":["#)
        switch self {
        case .malformedJSON(let offset, let message):
            sink.put(#"{"type":"json_invalid","loc":["body","#)
            sink.put(count: offset)
            sink.put(#"],"msg":"JSON decode error","input":{},"ctx":{"error":"#)
            sink.put(text: message)
            sink.put("}}")
        case .invalid(let issues):
            sink.putList(issues) { $0.put(into: &$1) }
        }
        sink.put("]}")
    }
}

extension ValidationIssue {
    func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"type":"#)
        sink.put(text: self.type)
        sink.put(#","loc":["#)
        sink.putList(self.location) { step, sink in
            switch step {
            case .name(let name): sink.put(text: name)
            case .index(let index): sink.put(count: index)
            }
        }
        sink.put(#"],"msg":"#)
        sink.put(text: self.message)
        if let input = self.input {
            sink.put(#","input":"#)
            sink.put(json: input)
        }
        sink.put("}")
    }
}
