import Glibc
import TestSupport

/// A server, described once: to `trybind` by its options, and to the kernel by the calls that it makes.
struct Server: Sendable, CustomStringConvertible {
  var port: UInt16 = 9527
  /// None: 0.0.0.0 and [::] are alternatives.
  var addresses: [String] = []
  var reuse = false
  var reusePort = false
  var v6Only = false
  var interface: String?
  var listens = false
  /// Passed on beside what describes the server.
  var more: [String] = []

  /// As after "tw-inspect".
  var arguments: [String] {
    var arguments = ["trybind", "\(port)"]
    for address in addresses { arguments += ["--address", address] }
    if reuse { arguments.append("--reuse") }
    if reusePort { arguments.append("--reuse-port") }
    if v6Only { arguments.append("--v6-only") }
    if let interface { arguments += ["--interface", interface] }
    if listens { arguments.append("--listen") }
    return arguments + more
  }

  var description: String { arguments.joined(separator: " ") }

  var effectiveAddresses: [String] {
    guard addresses.isEmpty else { return addresses }
    if more.contains("-4") { return ["0.0.0.0"] }
    return v6Only || more.contains("-6") ? ["::"] : ["0.0.0.0", "::"]
  }

  /// The same server, when it does start.
  var listening: Server {
    var server = self
    server.listens = true
    return server
  }

  /// What bind(2), or listen(2), really answers it at each address. Several named ones are held together.
  func start() throws -> [KernelAnswer] {
    var held: [TCPSocket] = []
    defer { for socket in held { socket.close() } }
    var answers: [KernelAnswer] = []
    for address in effectiveAddresses {
      var socket: TCPSocket?
      answers.append(try answer(at: address, &socket))
      if let socket, !addresses.isEmpty { held.append(socket) } else { socket?.close() }
    }
    return answers
  }

  private func answer(at address: String, _ held: inout TCPSocket?) throws -> KernelAnswer {
    let family: AddressFamily = address.contains(":") ? .ipv6 : .ipv4
    var answer = KernelAnswer(address: address, bind: "ok", listen: nil)
    do {
      let options = SocketOptions(
        reuseAddress: reuse, reusePort: reusePort, v6Only: family == .ipv6 ? v6Only : nil, device: interface)
      let socket = try TCPSocket(family, options)
      held = socket
      try socket.bind(try SocketAddress(address, port: port))
      if listens {
        answer.listen = "ok"
        try socket.listen()
      }
    } catch let error as SystemCallError {
      let name = errnoName(error.number)
      if error.call == "listen" { answer.listen = name } else { answer.bind = name }
    }
    return answer
  }
}

struct KernelAnswer: Hashable, CustomStringConvertible {
  let address: String
  var bind: String
  var listen: String?

  var isYes: Bool { bind == "ok" && (listen ?? "ok") == "ok" }
  var description: String { "\(address): bind \(bind)\(listen.map { ", listen \($0)" } ?? "")" }
}

func errnoName(_ number: Int32) -> String {
  switch number {
  case EPERM: "EPERM"
  case EACCES: "EACCES"
  case ENODEV: "ENODEV"
  case EINVAL: "EINVAL"
  case EAFNOSUPPORT: "EAFNOSUPPORT"
  case EADDRINUSE: "EADDRINUSE"
  case EADDRNOTAVAIL: "EADDRNOTAVAIL"
  default: "errno \(number)"
  }
}
