internal import Glibc

/// Owns a file descriptor and closes it.
package struct Descriptor: ~Copyable {
  package let number: Int32

  package init(owning number: Int32) { self.number = number }

  deinit { _ = Glibc.close(number) }

  /// Opens for reading, close-on-exec.
  package static func open(_ path: String, flags: Int32 = 0) throws(SystemError) -> Descriptor {
    let number = retryingOnInterrupt { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | flags) }
    guard number >= 0 else { throw .last("open", path) }
    return Descriptor(owning: number)
  }

  /// Reads into `buffer` from `position` on. Returns how many bytes were read; 0 is the end of the file.
  package func read(into buffer: inout [UInt8], at position: Int = 0) throws(SystemError) -> Int {
    let count = retryingOnInterrupt {
      unsafe buffer.withUnsafeMutableBytes { bytes in
        let room = unsafe bytes[position...]
        return unsafe Glibc.read(
          number, UnsafeMutableRawBufferPointer(rebasing: room).baseAddress, room.count)
      }
    }
    guard count >= 0 else { throw .last("read") }
    return count
  }
}

/// A whole small file, as a sysctl. Reading stops once there are `limit` bytes, which the last read can exceed by less than
/// 4 KiB.
package func readFile(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
  let file = try Descriptor.open(path)
  var contents: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while contents.count < limit {
    let count = try file.read(into: &buffer)
    if count == 0 { break }
    contents.append(contentsOf: buffer[..<count])
  }
  return contents
}
