internal import BPFCodec
internal import NetlinkCodec
package import SocketTable

/// The socket options that sock_diag does not tell, read from the kernel by `TCPIterator`.
extension Investigation {
  /// Adds them to these records of a look, by their cookies. The look must come first: it is what makes the kernel number the
  /// sockets. A socket that has gone since stays without them. Where the kernel does not tell, all do, and
  /// `reuseOptionsRefusal` says why.
  ///
  /// - Parameter filter: of the look.
  package mutating func learnReuseOptions(of records: inout [SocketRecord], _ filter: SocketFilter) {
    reuseOptionsRefusal = nil
    guard !records.isEmpty else { return }
    guard origin == .sockDiag else {
      reuseOptionsRefusal = "/proc/net/tcp has no cookies, by which the kernel tells sockets apart"
      return
    }
    let start = Clock.monotonicNanoseconds
    let ports = filter.side == .local ? filter.ports : Self.localPorts(records)
    var found: [UInt64: TCPIteratorRecord] = [:]
    found.reserveCapacity(records.count)
    do throws(TCPIteratorError) {
      if iterator == nil || iteratorPorts != ports {
        iterator = try TCPIterator(ports: ports.ranges)
        iteratorPorts = ports
      }
      try iterator?.read { found[$0.cookie] = $0 }
    } catch {
      iterator = nil
      reuseOptionsRefusal = error.description
      return
    }
    for index in records.indices {
      guard let known = found[records[index].cookie] else { continue }
      records[index].learn(
        reuseAddress: known.reuseAddress, reusePort: known.reusePort, v6Only: known.v6Only)
    }
    note(.reuseOptions(of: found.count), Clock.monotonicNanoseconds - start)
  }

  /// A range around them all: what it holds besides is not joined with any record.
  private static func localPorts(_ records: [SocketRecord]) -> PortSet {
    var (first, last) = (UInt16.max, UInt16.min)
    for record in records {
      first = min(first, record.localPort)
      last = max(last, record.localPort)
    }
    return PortSet([first...max(first, last)])
  }
}

extension TCPIteratorError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .types(let error) where error.errno == .noSuchFile:
      "this kernel was built without its types (\(error))"
    case .types(let error): "the kernel's types cannot be read (\(error))"
    case .layout(.missing("bpf_iter_tcp")): "this kernel has no iterator over TCP sockets (Linux 5.9 has)"
    case .layout(let error): "the types of this kernel are not as expected (\(error))"
    case .call(let error) where error.errno == .notPermitted:
      "it takes root, or CAP_BPF and CAP_PERFMON, outside of containers (\(error))"
    case .call(let error) where error.call == "bpf": "this kernel refuses the program (\(error))"
    case .call(let error): "its answer broke off (\(error))"
    }
  }
}
