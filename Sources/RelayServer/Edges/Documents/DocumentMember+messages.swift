import RelayDocuments

extension DocumentMember {
    /// Takes a message of y-protocols, which all clients speak.
    ///
    /// - Parameter bytes: where the message is.
    /// - Throws: where it can't be read. Nothing has changed then, and an update has no outcome.
    func receive(_ message: DocumentMessage, in bytes: [UInt8]) throws(DocumentError) {
        switch message {
        case .step1(let range): self.answer(try StateVector(bytes.span.extracting(range)))
        case .step2(let range): try self.receive(update: range, in: bytes, isEchoed: false)
        case .update(let range): try self.receive(update: range, in: bytes, isEchoed: true)
        case .awareness(let range): self.receive(try AwarenessUpdate(bytes.span.extracting(range)))
        case .queryAwareness: self.sendPresent()
        // Of other protocols' numbers some are harmless here.
        case .denied, .unknown: break
        }
    }
}
