import LinuxHost
import NetlinkCodec
import Reports
import SocketTable

/// What every command does with a source and with standard output.
enum Sockets {
  static func open(_ common: CommonSettings) throws(Failure) -> SocketSource {
    if let tables = common.tables { return SocketSource(tablesOf: tables.pid, reason: tables.reason) }
    do throws(SourceError) {
      return try SocketSource(common.source)
    } catch {
      throw .source(error)
    }
  }

  /// Everything that matches, collected whole.
  static func snapshot(_ source: inout SocketSource, _ filter: SocketFilter) throws(Failure) -> Snapshot {
    do throws(SourceError) {
      return try source.snapshot(filter)
    } catch {
      throw .source(error)
    }
  }

  static func write(_ text: String) throws(Failure) {
    var buffer = ByteBuffer(capacity: text.utf8.count)
    buffer.append(text)
    let output = Output()
    output.write(&buffer)
    try output.check()
  }

  /// Says on standard error that netlink was not used, and, with --verbose, what was asked.
  static func report(
    _ source: borrowing SocketSource, _ common: CommonSettings, since start: Int64, filter: SocketFilter
  ) {
    if source.origin == .procNet, !common.quiet {
      let why = source.fallbackReason.map { " (\($0))" } ?? ""
      StandardOutput.complain(
        """
        tw-inspect: read from /proc/\(common.tables.map { "\($0.pid)/" } ?? "")net/tcp\(why), which does not show sockets that are bound and do not \
        listen, IPV6_V6ONLY, cgroups or devices
        """
      )
    }
    guard common.verbose else { return }
    let microseconds = (Clock.monotonicNanoseconds - start) / 1000
    let asked: String
    switch source.origin {
    case .sockDiag:
      let request = filter.request
      let narrowed =
        request.sourcePort != 0
        ? "source port \(request.sourcePort)"
        : request.bytecode.isEmpty ? "no filter" : "\(request.bytecode.count) bytes of filter"
      asked =
        "sock_diag TCPDIAG_GETSOCK, states 0x\(String(filter.states.mask.rawValue, radix: 16)), \(narrowed)"
    case .procNet: asked = "/proc/net/tcp and /proc/net/tcp6"
    }
    StandardOutput.complain("tw-inspect: \(asked): \(microseconds) us")
  }
}
