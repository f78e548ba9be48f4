// Which of these modules owns the fields of `stat` and of its moments depends on what the compiler sees first.
import CoreFoundation
import Foundation
import Glibc
import SwiftOverlayShims

/// What tells that a file is another than it was: a new one in its place, or one that was written to.
struct FileMark: Hashable, Sendable {
    let device: UInt
    let inode: UInt
    let bytes: Int
    /// When it was written to, and the rest of that second.
    let seconds: Int
    let nanoseconds: Int

    init(device: UInt, inode: UInt, bytes: Int, seconds: Int, nanoseconds: Int) {
        self.device = device
        self.inode = inode
        self.bytes = bytes
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Of the file that a path leads to, through links; nil where there is none.
    init?(_ path: String) {
        var info = stat()
        guard unsafe stat(path, &info) == 0 else { return nil }
        self.init(
            device: UInt(info.st_dev),
            inode: UInt(info.st_ino),
            bytes: Int(info.st_size),
            seconds: info.st_mtim.tv_sec,
            nanoseconds: info.st_mtim.tv_nsec
        )
    }
}

/// Says when files are to be read again: once for each change, when they are the same at two looks. So a certificate and its key may be
/// written one after the other.
struct FileWatch: Sendable {
    /// As they were when they were last read.
    private var read: [FileMark?]
    /// As they were at the last look, where that is something else.
    private var changing: [FileMark?]?

    init(_ marks: [FileMark?]) {
        self.read = marks
    }

    /// - Parameter marks: nil for a file that is not there.
    /// - Returns: whether to read them now.
    mutating func looked(_ marks: [FileMark?]) -> Bool {
        guard marks != self.read else {
            self.changing = nil
            return false
        }
        guard marks == self.changing else {
            self.changing = marks
            return false
        }
        self.read = marks
        self.changing = nil
        return true
    }
}
