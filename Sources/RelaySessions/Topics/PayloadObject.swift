import NIOCore
import RelayWire

/// A JSON object that is written member by member, in the order of the calls.
struct PayloadObject {
    private var json = ByteBuffer(string: "{")

    private mutating func begin(_ name: StaticString) {
        if self.json.writerIndex > 1 { self.json.writeStaticString(",") }
        self.json.writeStaticString("\"")
        self.json.writeStaticString(name)
        self.json.writeStaticString("\":")
    }

    /// - Parameter text: nil for null.
    mutating func add(_ name: StaticString, _ text: String?) {
        self.begin(name)
        if let text { self.json.writeJSONString(text) } else { self.json.writeStaticString("null") }
    }

    mutating func add(_ name: StaticString, _ number: Int64) {
        self.begin(name)
        self.json.writeString(String(number))
    }

    mutating func add(_ name: StaticString, _ texts: [String]) {
        self.begin(name)
        self.json.writeStaticString("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { self.json.writeStaticString(",") }
            self.json.writeJSONString(text)
        }
        self.json.writeStaticString("]")
    }

    /// - Parameter objects: each writes the members of one.
    mutating func add(_ name: StaticString, _ objects: [(inout PayloadObject) -> Void]) {
        self.begin(name)
        self.json.writeStaticString("[")
        for (index, write) in objects.enumerated() {
            if index > 0 { self.json.writeStaticString(",") }
            var object = PayloadObject()
            write(&object)
            self.json.writeImmutableBuffer(object.finish())
        }
        self.json.writeStaticString("]")
    }

    /// - Parameter json: JSON text, taken as it is; none for null.
    mutating func addJSON(_ name: StaticString, _ json: [UInt8]) {
        self.begin(name)
        if json.isEmpty { self.json.writeStaticString("null") } else { self.json.writeBytes(json) }
    }

    consuming func finish() -> ByteBuffer {
        self.json.writeStaticString("}")
        return self.json
    }
}
