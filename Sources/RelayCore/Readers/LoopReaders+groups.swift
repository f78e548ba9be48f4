import RelayWire

/// Which readers a loop has, topic by topic.
extension LoopReaders {
    /// The loop's group on the topic, and the topic as it is now; nil where the topic has moved.
    func group(of topic: Topic) -> (ReaderGroup, Topic.Look)? {
        if let group = self.groups[ObjectIdentifier(topic)] {
            return topic.standing().map { (group, $0) }
        }
        guard let look = topic.attach(self.loop) else { return nil }
        let group = ReaderGroup(topic: topic, look: look)
        self.groups[ObjectIdentifier(topic)] = group
        return (group, look)
    }

    func releaseIfEmpty(_ group: ReaderGroup) {
        let identifier = ObjectIdentifier(group.topic)
        // Sinks may have replaced an emptied group from inside of what they were told.
        guard group.isEmpty, self.groups[identifier] === group else { return }
        self.groups[identifier] = nil
        group.topic.detach(self.loop)
    }

    /// Takes a reader out of its group.
    ///
    /// - Returns: the group; nil where the reader has ended before.
    func remove(_ reader: Reader) -> ReaderGroup? {
        guard !reader.hasEnded, let group = self.groups[ObjectIdentifier(reader.topic)] else { return nil }
        group.move(reader, to: .ended)
        if let name = reader.presenceName { reader.topic.environment.presence.went(name) }
        return group
    }

    func end(_ reader: Reader, _ reason: ReaderEnd) {
        guard let group = self.remove(reader) else { return }
        self.releaseIfEmpty(group)
        self.sinksToFlush.append(reader.sink)
        reader.sink.readerEnded(reader, reason)
    }

    func endAll(of group: ReaderGroup, _ reason: ReaderEnd) {
        for reader in group.all { self.end(reader, reason) }
    }

    /// Ends those of a group's readers whose topic was deleted or whose leave to read is gone.
    func recheck(_ group: ReaderGroup, _ look: Topic.Look) {
        guard look.accessVersion != group.accessVersion else { return }
        group.accessVersion = look.accessVersion
        for reader in group.all {
            if reader.deletions != look.deletions {
                self.end(reader, .topicDeleted)
            } else {
                self.recheck(reader, access: look.access)
            }
        }
    }

    func recheck(_ reader: Reader, access: TopicAccess) {
        let topic = reader.topic
        guard let principal = reader.principal,
            topic.behavior.decision(on: topic.key.name, access, .read, by: principal) == .allowed
        else { return self.end(reader, .accessLost) }
    }
}
