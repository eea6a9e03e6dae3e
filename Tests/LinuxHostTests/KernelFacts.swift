import Glibc
import LinuxHost
import NetlinkCodec
import SocketTable
import TestSupport
import Testing

/// What the explanations say of the kernel, each shown on the one that runs. Where it fails, the kernel is
/// right: the explanation is to be changed.
@Suite(.needs(.networkNamespaces))
enum KernelFacts {}

typealias LabOptions = TestSupport.SocketOptions

extension LabOptions {
  static let withReuseAddress = LabOptions(reuseAddress: true)
  static let withReusePort = LabOptions(reusePort: true)
  static let withBoth = LabOptions(reuseAddress: true, reusePort: true)

  func owned(by owner: uid_t) -> LabOptions {
    var options = self
    options.owner = owner
    return options
  }
}

/// What bind(2) said, or listen(2) after it.
struct BindAnswer: Equatable, CustomStringConvertible {
  let call: String
  let number: Int32

  static let ok = BindAnswer(call: "bind", number: 0)
  static let inUse = BindAnswer(call: "bind", number: EADDRINUSE)
  static let inUseByListen = BindAnswer(call: "listen", number: EADDRINUSE)

  static func refused(_ number: Int32) -> BindAnswer { BindAnswer(call: "bind", number: number) }

  var description: String { number == 0 ? "ok" : "\(call): \(String(cString: strerror(number)))" }
}

/// A new socket, closed at once.
func answer(
  _ address: String, _ port: UInt16, _ options: LabOptions = .none, listens: Bool = false
) throws -> BindAnswer {
  let address = try TestSupport.SocketAddress(address, port: port)
  let socket = try TCPSocket(address.family, options)
  do throws(SystemCallError) {
    try socket.bind(address)
    if listens { try socket.listen() }
    return .ok
  } catch {
    return BindAnswer(call: error.call, number: error.number)
  }
}

/// The sockets on a port as the product sees them.
func records(onPort port: UInt16) throws -> [SocketRecord] {
  var source = try SocketSource(.netlink)
  return try source.snapshot(SocketFilter(ports: PortSet(port), states: .states(.all))).records
}

/// The only one there.
func record(onPort port: UInt16) throws -> SocketRecord {
  let found = try records(onPort: port)
  try #require(found.count == 1, "\(found.map(\.summary))")
  return found[0]
}

/// What the kernel sends for one TCPDIAG_GETSOCK request, before anything is filtered or interpreted.
func rawDump(states: StateSet, sourcePort: UInt16 = 0) throws -> [InetDiagMessage] {
  var socket = try NetlinkSocket()
  try socket.send(
    DatagramRequest(
      type: MessageType.tcpDiagGetSock, flags: DatagramRequest.dumpFlags, sequence: 1,
      body: InetDiagRequest(states: states.rawValue, sourcePort: sourcePort).body))
  var messages: [InetDiagMessage] = []
  var assembler = DumpAssembler(sequence: 1, portID: socket.portID)
  var buffer = [UInt8](repeating: 0, count: 32 * 1024)
  while assembler.progress == .receiving {
    let count = try socket.receive(into: &buffer).count
    try assembler.consume(buffer.span.bytes.extracting(..<count)) { messages.append(copy $0) }
  }
  try #require(assembler.progress == .finished)
  return messages
}
