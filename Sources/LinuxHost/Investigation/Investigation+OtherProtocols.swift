package import Diagnosis
internal import NetlinkCodec
package import SocketTable

extension Investigation {
  /// The UDP sockets that have the ports, and whose they are. Nil where they could not be listed for sure: an answer about TCP
  /// does not depend on them.
  ///
  /// - Parameters:
  ///   - deadline: see `OwnerSearch.details`.
  ///   - known: of an earlier look. If the sockets are the same, nobody is looked for again.
  package mutating func otherProtocols(
    on ports: PortSet, _ family: SocketFilter.Family = .any, until deadline: Int64? = nil,
    known: OtherProtocols? = nil
  ) -> OtherProtocols? {
    let start = Clock.monotonicNanoseconds
    let filter = SocketFilter(transport: .udp, ports: ports, states: .states(.all), family: family)
    guard let records = source.bystanders(filter) else { return nil }
    noteStep(.look(origin, filter), since: start)
    if let known, known.records == records { return known }
    guard !records.isEmpty else { return OtherProtocols([]) }
    return OtherProtocols(
      records,
      details(
        of: Array(records.prefix(OtherProtocols.searched)), .first, until: deadline, .none))
  }

  /// The same for a server's port.
  mutating func otherProtocols(for question: BindQuestion, known: OtherProtocols? = nil) -> OtherProtocols? {
    let target = question.target
    guard question.looksAtOtherProtocols, target.transport == .tcp, target.port != 0 else { return nil }
    return otherProtocols(on: PortSet(target.port), until: question.ownersDeadline, known: known)
  }
}
