public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore: StreamTransferStore {
    /// Server by server, as each of them finds them. A place is a server's number and where its scan goes on.
    public func streams(after place: String?, limit: Int) async throws(StoreError) -> StreamListing {
        let parts = (place ?? "0:0").split(separator: ":")
        guard parts.count == 2, let number = Int(parts[0]), UInt64(parts[1]) != nil else {
            throw StoreError(.corrupt, "'\(place ?? "")' is no place")
        }
        let nodes = self.server.masters
        guard nodes.indices.contains(number) else { return StreamListing(entries: [], next: nil) }
        let (cursor, keys) = try await self.scan(nodes[number], from: String(parts[1]))
        var entries: [StreamListing.Entry] = []
        for (key, count) in zip(keys, try await self.storedCounts(of: keys)) {
            entries.append(StreamListing.Entry(key: key, isHot: count == "-1"))
        }
        if cursor != "0" { return StreamListing(entries: entries, next: "\(number):\(cursor)") }
        return StreamListing(entries: entries, next: number + 1 < nodes.count ? "\(number + 1):0" : nil)
    }

    /// What their states say of it, which may be out of date: see `StreamPrelude`.
    private func storedCounts(of keys: [TopicKey]) async throws(StoreError) -> [String?] {
        var counts: [String?] = []
        for key in keys { counts.append(try await self.send("HGET", self.layout.stream(key).state, "count").text) }
        return counts
    }

    public func importStream(_ part: StreamPart) async throws(StoreError) -> StreamImportOutcome {
        let result = await withCheckedContinuation { continuation in
            self.runDurably(
                ImportScript.script,
                keys: self.layout.stream(part.topic).all,
                part.arguments,
                until: self.goal(nil)
            ) { continuation.resume(returning: $0) }
        }
        guard let parts = try result.get().array, parts.count == 2 else { throw .unexpected("to an import") }
        let bounds = try StreamReply.bounds(parts[1])
        return parts[0].integer == 1 ? .stored(bounds) : .unexpected(bounds)
    }
}

extension StreamPart {
    fileprivate var arguments: [ValkeyArgument] {
        let holes = self.epoch.holes.map { ",\($0.after),\($0.through)" }.joined()
        var arguments: [ValkeyArgument] = [
            .init(self.epoch.text), .init(self.epoch.start.description), .init(holes), .init(self.after.description),
            .init(self.trimmedThrough.description), .init(self.last.description),
        ]
        for message in self.messages { arguments += message.arguments }
        return arguments
    }
}

extension Message {
    fileprivate var arguments: [ValkeyArgument] {
        let audience = self.audience.storedText
        let kind =
            (self.metadata == nil ? 0 : 1) + (self.expiresAt == nil ? 0 : 2) + (audience == nil ? 0 : 4)
            + (self.sender == nil ? 0 : 16) + (self.format == .binary ? 64 : 0) + (self.isSnapshot ? 128 : 0)
        var arguments: [ValkeyArgument] = [
            .init(kind), .init(self.id.description), .init(self.timestamp.microseconds), .init(self.payload),
        ]
        if let metadata { arguments.append(.init(metadata)) }
        if let expiresAt { arguments.append(.init(expiresAt.microseconds)) }
        if let audience { arguments.append(.init(audience)) }
        if let sender { arguments.append(.init(sender)) }
        return arguments
    }
}
