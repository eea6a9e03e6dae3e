package import BPFCodec
internal import CLinux
internal import Glibc
internal import NetlinkCodec

/// The kernel's iterator over the TCP sockets of a network namespace (`iter/tcp`, Linux 5.9 and later), which shows what sock_diag
/// does not: the options of each, of minisockets too. It is read by a BPF program, so root may use it, or who has CAP_BPF and
/// CAP_PERFMON. Nothing stays in the kernel when it is closed.
package struct TCPIterator: ~Copyable {
  /// Keeps the program, which is loaded once for many readings: each load is written to the audit log.
  private let link: Descriptor

  /// Much more than the kernel hands out at a time (32 KiB).
  private static let bufferLength = 64 << 10
  /// The largest kernels' types take some 10 MB.
  private static let typesLimit = 64 << 20
  /// read(2) gives up after a million sockets of which none matches (MAX_ITER_OBJECTS), and goes on where it is called again.
  private static let fruitlessReads = 1_000

  /// - Parameter ports: the local ports of the sockets to read.
  /// - Throws: where this kernel cannot do it, or it is not permitted.
  package init(ports: [ClosedRange<UInt16>]) throws(TCPIteratorError) {
    let layout = try Self.layout()
    let instructions = TCPIteratorProgram.instructions(layout, ports: ports).map(\.word)
    let program = try Self.descriptor("BPF_PROG_LOAD") {
      unsafe tw_bpf_load_iterator(
        instructions, UInt32(instructions.count), TCPIteratorProgram.license, layout.function)
    }
    link = try Self.descriptor("BPF_LINK_CREATE") { tw_bpf_attach_iterator(program.number) }
  }

  private static func layout() throws(TCPIteratorError) -> TCPIteratorLayout {
    let types: [UInt8]
    do throws(SystemError) {
      types = try readTypes()
    } catch {
      throw .types(error)
    }
    do throws(BTFError) {
      return try TCPIteratorLayout(try BTFFile(types))
    } catch {
      throw .layout(error)
    }
  }

  /// Whole, into memory that is reserved once: they are some megabytes, and come 4 KiB at a time.
  private static func readTypes() throws(SystemError) -> [UInt8] {
    let path = "/sys/kernel/btf/vmlinux"
    let file = try Descriptor.open(path)
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else { throw .last("fstat", path) }
    let size = min(max(Int(status.st_size), 0), typesLimit)
    var types: [UInt8] = []
    Memory.reserve(size, in: &types)
    types.append(contentsOf: repeatElement(0, count: size))
    var length = 0
    while length < size {
      let count = try file.read(into: &types, at: length)
      if count == 0 { break }
      length += count
    }
    types.removeLast(size - length)
    return types
  }

  private static func descriptor(
    _ command: String, _ call: () -> Int32
  ) throws(TCPIteratorError) -> Descriptor {
    let number = retryingOnInterrupt(call)
    guard number >= 0 else { throw .call(.last("bpf", command)) }
    return Descriptor(owning: number)
  }

  /// Hands out each socket of the calling thread's network namespace that matches, if its cookie has been asked for since it was
  /// made: by a look at sock_diag.
  package func read(_ body: (TCPIteratorRecord) -> Void) throws(TCPIteratorError) {
    let output = try Self.descriptor("BPF_ITER_CREATE") { tw_bpf_open_iterator(link.number) }
    var buffer = [UInt8](repeating: 0, count: Self.bufferLength)
    var (kept, fruitless) = (0, 0)
    while true {
      let count: Int
      do throws(SystemError) {
        count = try output.read(into: &buffer, at: kept)
      } catch {
        fruitless += 1
        guard error.errno == .tryAgain, fruitless < Self.fruitlessReads else { throw .call(error) }
        continue
      }
      if count == 0 { return }
      let length = kept + count
      let whole = length - length % TCPIteratorRecord.byteCount
      for offset in stride(from: 0, to: whole, by: TCPIteratorRecord.byteCount) {
        if let record = unsafe TCPIteratorRecord(buffer.span.bytes, at: offset) { body(record) }
      }
      kept = length - whole
      for index in 0..<kept { buffer[index] = buffer[whole + index] }
    }
  }
}

/// Why the iterator cannot be read.
package enum TCPIteratorError: Error, Hashable, Sendable {
  /// The kernel's types: it was built without them (CONFIG_DEBUG_INFO_BTF), or they are hidden.
  case types(SystemError)
  /// They are there, and not as this program knows them.
  case layout(BTFError)
  /// bpf(2), or read(2) of the iterator.
  case call(SystemError)
}
