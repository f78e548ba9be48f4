import RelayDocuments

/// What one client of Yjs sends as it types into a document's text: each update has the next letters, right behind its own last ones. That
/// is what Yjs itself makes of it, wherever others type meanwhile.
struct DocumentWriter: Sendable {
    /// At least 1.
    let client: UInt32
    /// How many letters it has written.
    private(set) var clock: UInt32 = 0

    init(client: UInt32) {
        self.client = client
    }

    /// - Parameter letters: ASCII, at least one.
    /// - Returns: an update with one struct.
    mutating func type(_ letters: String) -> [UInt8] {
        var update: [UInt8] = [1, 1]
        update.append(uint: UInt64(self.client))
        update.append(uint: UInt64(self.clock))
        if self.clock == 0 {
            // Text, the first thing in the shared type "t".
            update += [0x04, 1, 1, UInt8(ascii: "t")]
        } else {
            // Text, behind a letter.
            update.append(0x84)
            update.append(uint: UInt64(self.client))
            update.append(uint: UInt64(self.clock - 1))
        }
        let bytes = Array(letters.utf8)
        update.append(uint: UInt64(bytes.count))
        // Nothing is deleted.
        update += bytes + [0]
        self.clock += UInt32(bytes.count)
        return update
    }
}
