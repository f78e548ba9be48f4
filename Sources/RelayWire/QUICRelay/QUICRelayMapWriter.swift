import NIOCore

/// Writes a map of MessagePack whose members are counted as they are put.
struct QUICRelayMapWriter {
    private var members = ByteBuffer()
    private var count = 0

    /// All of it.
    var map: ByteBuffer {
        var map = ByteBuffer()
        self.write(into: &map)
        return map
    }

    private func write(into buffer: inout ByteBuffer) {
        buffer.pack(mapOf: self.count)
        buffer.writeImmutableBuffer(self.members)
    }

    private mutating func begin(_ name: String) {
        self.count += 1
        self.members.pack(text: name)
    }

    mutating func put(_ name: String, _ text: String) {
        self.begin(name)
        self.members.pack(text: text)
    }

    mutating func put(_ name: String, _ number: UInt64) {
        self.begin(name)
        self.members.pack(number)
    }

    mutating func put(_ name: String, _ number: Int64) {
        self.begin(name)
        self.members.pack(number)
    }

    mutating func put(_ name: String, binary: ByteBuffer) {
        self.begin(name)
        self.members.pack(binary: binary)
    }

    mutating func put(_ name: String, _ map: QUICRelayMapWriter) {
        self.begin(name)
        map.write(into: &self.members)
    }

    mutating func put(_ name: String, _ maps: [QUICRelayMapWriter]) {
        self.begin(name)
        self.members.pack(arrayOf: maps.count)
        for map in maps { map.write(into: &self.members) }
    }
}
