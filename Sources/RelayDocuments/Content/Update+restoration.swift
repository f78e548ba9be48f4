extension Update {
    /// An update after which the document shows what an earlier state of it showed.
    ///
    /// It deletes what was written since and writes again what was deleted since, formatting, embeds, nested types and values under keys
    /// included. What is still there stays what it is, so that what others write meanwhile, or wrote and it does not know, merges with it
    /// as with any edit. Everything else of the document stays, too: an earlier restoration can be taken back the same way.
    ///
    /// What of either state needs something that did not come is neither restored nor deleted.
    ///
    /// - Parameters:
    ///   - earlier: all that the document had then. Contents that it had and that are forgotten now come from here.
    ///   - current: all that it has now.
    ///   - client: writes the update. Best one that wrote nothing before; else it goes on behind what it wrote.
    ///   - limits: of each of the two documents.
    /// - Returns: nil if the document shows just what was shown then. What an earlier restoration wrote again counts as written since, though
    ///   it may read the same.
    /// - Throws: `tooLarge` beyond the limits, `numberTooLarge` for a client above 2^53 - 1, `clockTooLarge` where the client has no room left.
    public static func restoration(
        to earlier: Update,
        from current: Update,
        client: UInt64,
        limits: ContentLimits = ContentLimits()
    ) throws(DocumentError) -> Update? {
        guard client <= DocumentLimits.maxNumber else { throw .numberTooLarge }
        let cuts = StructCuts([earlier, current])
        var restoration = Restoration(
            earlier: try ContentGraph.integrated(earlier, cuts: cuts, limits: limits),
            current: try ContentGraph.integrated(current, cuts: cuts, limits: limits),
            edit: RestoringEdit(client: client, clock: [earlier, current].map { $0.end(of: client) }.max() ?? 0)
        )
        try restoration.run()
        guard let update = try restoration.edit.finish() else { return nil }
        // What was deleted piece by piece comes back as one.
        return Update.merge([update], compaction: Compaction(forgetsDeleted: false))
    }

    /// The first clock of the client that nothing is known of.
    private func end(of client: UInt64) -> UInt32 {
        self.index.structs.elements(of: client).last?.end ?? 0
    }
}
