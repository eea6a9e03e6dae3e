import BPFCodec
import LinuxHost
import SocketTable

/// The kernel's iterator for every port, made once for all tests: to read the kernel's types takes a debug build a tenth of a second,
/// and in an emulator many.
final class SharedIterator: Sendable {
  private let iterator: TCPIterator

  private init() throws { iterator = try TCPIterator(ports: [0...UInt16.max]) }

  private static let shared = Result { try SharedIterator() }

  /// The records of a look in the calling thread's network namespace, with what the kernel tells besides.
  static func learned(_ records: [SocketRecord]) throws -> [SocketRecord] {
    var records = records
    try shared.get().iterator.read { known in
      guard let index = records.firstIndex(where: { $0.cookie == known.cookie }) else { return }
      records[index].learn(
        reuseAddress: known.reuseAddress, reusePort: known.reusePort, v6Only: known.v6Only)
    }
    return records
  }
}
