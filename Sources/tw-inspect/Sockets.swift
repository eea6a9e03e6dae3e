import LinuxHost
import NetlinkCodec
import Reports
import SocketTable

/// What every command does with a source and with standard output.
enum Sockets {
  static func open(_ common: CommonOptions) throws(Failure) -> SocketSource {
    do throws(SourceError) {
      return try SocketSource(common.source)
    } catch {
      throw .source(error)
    }
  }

  static func write(_ text: String) throws(Failure) {
    var buffer = ByteBuffer(capacity: text.utf8.count)
    buffer.append(text)
    try write(buffer)
  }

  /// Says on standard error that netlink was not used, and, with --verbose, what was asked.
  static func report(
    _ source: borrowing SocketSource, _ common: CommonOptions, since start: Int64, filter: SocketFilter
  ) {
    let look = source.look(isComplete: true)
    if look.origin == .procNet, !common.quiet {
      let why = source.fallbackReason.map { " (\($0))" } ?? ""
      StandardOutput.complain(
        "tw-inspect: read from /proc/net/tcp\(why), which does not show sockets that are bound and do not listen, IPV6_V6ONLY, cgroups or devices"
      )
    }
    guard common.verbose else { return }
    let microseconds = (Clock.monotonicNanoseconds - start) / 1000
    let asked: String
    switch look.origin {
    case .sockDiag:
      let request = filter.request
      let narrowed =
        request.sourcePort != 0
        ? "source port \(request.sourcePort)"
        : request.bytecode.isEmpty ? "no filter" : "\(request.bytecode.count) bytes of filter"
      asked = "sock_diag TCPDIAG_GETSOCK, states 0x\(String(filter.states.mask.rawValue, radix: 16)), \(narrowed)"
    case .procNet: asked = "/proc/net/tcp and /proc/net/tcp6"
    }
    StandardOutput.complain("tw-inspect: \(asked): \(microseconds) us")
  }

  static func write(_ buffer: borrowing ByteBuffer) throws(Failure) {
    do throws(SystemError) {
      try StandardOutput.write(buffer.span)
    } catch {
      throw .output(error)
    }
  }
}

/// Rows on their way out, written when about 64 KiB have come together.
struct RowOutput: ~Copyable {
  private static let flushAt = 60 * 1024
  private var buffer = ByteBuffer(capacity: 64 * 1024)
  private var failure: SystemError?

  mutating func append(_ body: (inout ByteBuffer) -> Void) {
    guard failure == nil else { return }
    body(&buffer)
    if buffer.count >= Self.flushAt { flush() }
  }

  private mutating func flush() {
    guard failure == nil else { return }
    do throws(SystemError) {
      try StandardOutput.write(buffer.span)
    } catch {
      failure = error
    }
    buffer.removeAll()
  }

  /// Writes the rest.
  /// - Throws: what went wrong with any row.
  mutating func finish() throws(Failure) {
    flush()
    if let failure { throw .output(failure) }
  }
}

extension Envelope {
  static func current(_ command: String) -> Envelope {
    let host = HostIdentity.current()
    return Envelope(
      command: command, toolVersion: Version.number, observedAtMilliseconds: Clock.wallMilliseconds,
      hostname: host.hostname, kernel: host.kernel, networkNamespace: host.networkNamespace,
      effectiveUserID: host.effectiveUserID)
  }
}

enum Version {
  static let number = "0.1.0"
}
