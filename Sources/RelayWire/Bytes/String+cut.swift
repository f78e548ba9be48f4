extension String {
    /// For what may have so many bytes and no more.
    ///
    /// - Parameter bytes: of UTF-8, 0 or more.
    /// - Returns: at most as many, ended where one of its scalars ends.
    public func cut(to bytes: Int) -> String {
        guard self.utf8.count > bytes else { return self }
        var end = self.utf8.index(self.startIndex, offsetBy: bytes)
        while end > self.startIndex, end.samePosition(in: self.unicodeScalars) == nil {
            end = self.utf8.index(before: end)
        }
        return String(self[..<end])
    }
}
