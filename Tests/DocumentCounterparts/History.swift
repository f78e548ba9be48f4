import RelayDocuments

/// What `histories.mjs` writes of one history: bytes in hex.
struct History: Decodable {
    let seed: Int
    /// Whether text was cut inside surrogate pairs, about which Yjs and Yrs disagree.
    let cutsPairs: Bool
    /// In the order in which they came to the server.
    let updates: [String]
    /// The same as version 2.
    let second: [String]
    /// The whole document.
    let state: String
    let stateSecond: String
    let stateVector: String
    let merged: String
    /// What a replica had that knew only a part, and its state vector.
    let partial: String
    let partialVector: String

    /// Read and checked.
    var parsed: [Update] { get throws { try self.updates.map { try Update(bytes($0)) } } }
}

func bytes(_ hex: String) throws -> [UInt8] {
    let digits = Array(hex.utf8)
    return try stride(from: 0, to: digits.count, by: 2).map { place in
        guard let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) else {
            throw Counterpart.Failure(text: "not hex")
        }
        return byte
    }
}

func hex(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
        if byte < 16 { text += "0" }
        text += String(byte, radix: 16)
    }
    return text
}
