internal import CLinux
internal import Glibc

/// Lists directories by getdents64(2) into one buffer for all of them, so that the tens of thousands of entries under /proc
/// cost no allocation.
@safe struct DirectoryReader: ~Copyable {
  /// A struct linux_dirent64. The name is valid only during the call that the entry is handed to.
  @safe struct Entry {
    let inode: UInt64
    /// `d_type`, as DT_DIR.
    let type: UInt8
    let name: UnsafePointer<CChar>

    /// The name as a decimal number of at most nine digits; nil if it is none.
    var number: Int32? {
      var value: Int32 = 0
      var position = 0
      while true {
        let byte = unsafe UInt8(bitPattern: name[position])
        if byte == 0 { return position > 0 ? value : nil }
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), position < 9 else { return nil }
        value = value * 10 + Int32(byte - UInt8(ascii: "0"))
        position += 1
      }
    }
  }

  private static let size = 32 * 1024
  private static let fewSize = 2 * 1024
  private let buffer: UnsafeMutableRawPointer

  init() { unsafe buffer = UnsafeMutableRawPointer.allocate(byteCount: Self.size, alignment: 8) }

  deinit { unsafe buffer.deallocate() }

  /// Hands out every entry, "." and ".." too, until `body` returns false. Returns 0, or the errno of getdents64. `body` must
  /// not call this again, as the buffer is shared.
  ///
  /// - Parameter isFewExpected: `body` will not want many entries. Under /proc each one that is read costs the kernel as much
  ///   as a link that is looked up.
  @discardableResult
  func forEach(
    in directory: borrowing Descriptor, isFewExpected: Bool = false, _ body: (Entry) -> Bool
  ) -> Int32 {
    let descriptor = directory.number
    let size = isFewExpected ? Self.fewSize : Self.size
    while true {
      let count = retryingOnInterrupt { unsafe tw_getdents64(descriptor, buffer, size) }
      if count < 0 { return errno }
      if count == 0 { return 0 }
      var position = 0
      // d_ino, d_off, d_reclen, d_type, d_name.
      while position + 19 < count {
        let length = unsafe Int(buffer.load(fromByteOffset: position + 16, as: UInt16.self))
        guard length > 19, position + length <= count else { return 0 }
        let name = unsafe (buffer + (position + 19)).assumingMemoryBound(to: CChar.self)
        let entry = unsafe Entry(
          inode: buffer.load(fromByteOffset: position, as: UInt64.self),
          type: buffer.load(fromByteOffset: position + 18, as: UInt8.self), name: name)
        guard body(entry) else { return 0 }
        position += length
      }
    }
  }
}

extension Descriptor {
  /// openat(2) for reading, close-on-exec; nil with errno.
  static func open(_ path: UnsafePointer<CChar>, below directory: Int32, flags: Int32 = 0) -> Descriptor? {
    let number = retryingOnInterrupt { unsafe openat(directory, path, O_RDONLY | O_CLOEXEC | flags) }
    return number >= 0 ? Descriptor(owning: number) : nil
  }
}
