internal import NetlinkCodec
package import SocketTable

/// Writes a socket as a JSON object or as a plain line. There may be a hundred thousand of them, most of which differ only
/// in addresses, time left and cookie. So the text around these is kept and used again as long as the rest, the "shape" of
/// the row, is the same.
package struct SocketRow: ~Copyable {
  /// The name of a network interface by its index.
  private var interfaceName: (UInt32) -> String
  /// The network namespace of the sockets that are written; nil if only one was asked.
  private var namespace: NamespaceIdentity?
  /// The shape of the last JSON object, for which the next five texts were written; nil if there is none to use again.
  private var shape: RowShape?
  private var beforeLocal = ByteBuffer()
  private var beforePeer = ByteBuffer()
  private var beforeTime = ByteBuffer()
  private var beforeCookie = ByteBuffer()
  private var afterCookie = ByteBuffer()
  /// The same for the last plain line.
  private var plainShape: RowShape?
  private var plainBefore = ByteBuffer()
  private var plainAfter = ByteBuffer()

  /// The text with which every JSON object begins and ends.
  private let beginning: String
  private let end: String
  /// Whether owners were looked for. Then a socket without a process is known to have no owners.
  private let looksForOwners: Bool

  package init(
    beginning: String = "{", end: String = "}", looksForOwners: Bool = false,
    interfaceName: @escaping (UInt32) -> String
  ) {
    self.looksForOwners = looksForOwners
    self.beginning = beginning
    self.end = end
    self.interfaceName = interfaceName
  }

  /// The sockets that follow are of this network namespace.
  package mutating func enter(
    _ namespace: NamespaceIdentity, interfaceName: @escaping (UInt32) -> String
  ) {
    if namespace == self.namespace { return }
    self.namespace = namespace
    self.interfaceName = interfaceName
    shape = nil
    plainShape = nil
  }

  /// The columns of plain output. Scripts rely on their places, so new ones come last.
  package static let plainColumns = [
    "state", "family", "local_address", "local_port", "peer_address", "peer_port", "expires_ms", "timer",
    "uid", "inode", "interface", "pid", "command", "namespace_inode", "namespace_name", "namespace_unit",
    "namespace_container", "namespace_pid",
  ]

  /// - Parameter owner: who has it open; nil where nobody has, or nobody looked.
  package mutating func appendPlain(
    _ record: SocketRecord, owner: SocketOwner? = nil, to buffer: inout ByteBuffer
  ) {
    let shape = RowShape(record, .local)
    if shape != plainShape || owner != nil {
      // Such rows are few, and no text is kept for the next.
      plainShape = owner == nil ? shape : nil
      writePlainShape(record, owner)
    }
    buffer.append(plainBefore)
    buffer.append(record.local, between: "\t")
    buffer.append(byte: UInt8(ascii: "\t"))
    if let peer = record.peer {
      buffer.append(peer, between: "\t")
    } else {
      buffer.append(literal: "-\t-")
    }
    buffer.append(byte: UInt8(ascii: "\t"))
    if let timer = record.timer { buffer.append(decimal: timer.expires) }
    buffer.append(plainAfter)
  }

  private mutating func writePlainShape(_ record: SocketRecord, _ owner: SocketOwner?) {
    plainBefore.removeAll()
    plainBefore.append(nameOf: record.state)
    plainBefore.append(literal: record.family == .ipv4 ? "\tipv4\t" : "\tipv6\t")

    plainAfter.removeAll()
    if let timer = record.timer {
      plainAfter.append(byte: UInt8(ascii: "\t"))
      plainAfter.append(literal: timer.kind.name)
    } else {
      plainAfter.append(literal: "-\t-")
    }
    plainAfter.append(byte: UInt8(ascii: "\t"))
    if let uid = record.uid { plainAfter.append(decimal: uid) } else { plainAfter.append(literal: "-") }
    plainAfter.append(byte: UInt8(ascii: "\t"))
    if record.inode != 0 { plainAfter.append(decimal: record.inode) } else { plainAfter.append(literal: "-") }
    plainAfter.append(byte: UInt8(ascii: "\t"))
    plainAfter.append(record.interface == 0 ? "-" : ByteSafety.escaped(interfaceName(record.interface)))
    if let owner {
      plainAfter.append("\t\(owner.pid)\t\(ByteSafety.escaped(owner.command))")
    } else {
      plainAfter.append(literal: "\t-\t-")
    }
    if let namespace {
      let words = [
        "\(namespace.inode)", namespace.name, namespace.unit, namespace.container?.id,
        namespace.pid.map { "\($0)" },
      ]
      for word in words {
        plainAfter.append(byte: UInt8(ascii: "\t"))
        plainAfter.append(word.map(ByteSafety.escaped) ?? "-")
      }
    } else {
      plainAfter.append(literal: "\t-\t-\t-\t-\t-")
    }
    plainAfter.append(byte: UInt8(ascii: "\n"))
  }

  /// Appends a Socket object.
  package mutating func appendObject(
    _ record: SocketRecord, side: MatchedSide, to buffer: inout ByteBuffer
  ) {
    let shape = RowShape(record, side)
    if shape != self.shape {
      self.shape = shape
      writeShape(record, side)
    }
    appendShaped(record, to: &buffer)
  }

  /// Appends a Socket object with details. Such rows are few, and no text is kept for the next.
  package mutating func appendObject(
    _ record: SocketRecord, side: MatchedSide, details: SocketDetails, to buffer: inout ByteBuffer
  ) {
    writeShape(record, side, details)
    appendShaped(record, to: &buffer)
    shape = nil
  }

  private func appendShaped(_ record: SocketRecord, to buffer: inout ByteBuffer) {
    buffer.append(beforeLocal)
    Self.append(record.local, to: &buffer)
    buffer.append(beforePeer)
    if let peer = record.peer { Self.append(peer, to: &buffer) }
    buffer.append(beforeTime)
    if let timer = record.timer { buffer.append(decimal: timer.expires) }
    buffer.append(beforeCookie)
    if record.cookie != 0 { buffer.append(hexadecimal: record.cookie) }
    buffer.append(afterCookie)
  }

  private mutating func writeShape(
    _ record: SocketRecord, _ side: MatchedSide, _ details: SocketDetails? = nil
  ) {
    beforeLocal.removeAll()
    beforeLocal.append(beginning)
    beforeLocal.append(literal: "\"protocol\":\"")
    beforeLocal.append(record.transport.name)
    beforeLocal.append(
      literal: record.family == .ipv4
        ? "\",\"family\":\"ipv4\",\"state\":\"" : "\",\"family\":\"ipv6\",\"state\":\"")
    beforeLocal.append(record.state.name)
    beforeLocal.append(literal: record.isMinisocket ? "\",\"minisocket\":true," : "\",\"minisocket\":false,")
    beforeLocal.append(literal: "\"local\":{\"address\":\"")

    beforePeer.removeAll()
    beforePeer.append(literal: record.peer == nil ? "},\"peer\":null" : "},\"peer\":{\"address\":\"")

    beforeTime.removeAll()
    beforeTime.append(literal: record.peer == nil ? ",\"side\":\"" : "},\"side\":\"")
    beforeTime.append(side.rawValue)
    beforeTime.append(literal: "\",\"interface\":")
    if record.interface == 0 {
      beforeTime.append(literal: "null")
    } else {
      beforeTime.append(jsonString: interfaceName(record.interface))
    }
    beforeCookie.removeAll()
    if let timer = record.timer {
      beforeTime.append(literal: ",\"timer\":{\"kind\":\"")
      beforeTime.append(literal: timer.kind.name)
      beforeTime.append(literal: "\",\"expires_ms\":")
      beforeCookie.append(literal: "},\"uid\":")
    } else {
      beforeTime.append(literal: ",\"timer\":null")
      beforeCookie.append(literal: ",\"uid\":")
    }
    if let uid = record.uid {
      beforeCookie.append(decimal: uid)
    } else {
      beforeCookie.append(literal: "null")
    }
    beforeCookie.append(literal: ",\"inode\":")
    if record.inode != 0 {
      beforeCookie.append(decimal: record.inode)
    } else {
      beforeCookie.append(literal: "null")
    }
    beforeCookie.append(literal: record.cookie == 0 ? ",\"cookie\":null" : ",\"cookie\":\"")

    afterCookie.removeAll()
    afterCookie.append(literal: record.cookie == 0 ? ",\"v6_only\":" : "\",\"v6_only\":")
    // IPV6_V6ONLY does not apply to an IPv4 socket.
    let v6Only = record.family == .ipv4 ? nil : record.v6Only
    afterCookie.append(literal: v6Only.map { $0 ? "true" : "false" } ?? "null")
    if let details {
      SocketDetailsJSON.append(record, details, to: &afterCookie)
    } else if looksForOwners, record.inode == 0 {
      SocketDetailsJSON.append(record, .withoutProcess, to: &afterCookie)
    } else {
      afterCookie.append(literal: ",\"cgroup\":null,\"reuse_addr\":")
      SocketDetailsJSON.append(record.reuseAddress, to: &afterCookie)
      afterCookie.append(literal: ",\"reuse_port\":")
      SocketDetailsJSON.append(record.reusePort, to: &afterCookie)
      afterCookie.append(literal: ",\"owners\":null,")
      afterCookie.append(
        literal: record.isMinisocket || record.isOrphan
          ? "\"owners_complete\":null,\"owner_visibility\":\"none\""
          : "\"owners_complete\":null,\"owner_visibility\":\"unknown\"")
    }
    afterCookie.append(literal: ",\"namespace\":")
    NamespaceJSON.append(namespace, to: &afterCookie)
    afterCookie.append(end)
  }

  private static func append(_ endpoint: Endpoint, to buffer: inout ByteBuffer) {
    buffer.append(endpoint, between: "\",\"port\":")
  }
}

/// Everything in a row except addresses, time left and cookie. It is packed into two numbers because it is compared for each
/// row.
private struct RowShape: Equatable {
  private let kindAndInterface: UInt64
  private let owner: UInt64

  init(_ record: SocketRecord, _ side: MatchedSide) {
    let sideBits: UInt32 =
      switch side {
      case .local: 0
      case .peer: 1
      case .both: 2
      }
    kindAndInterface = UInt64(record.kindBits | sideBits &<< 30) &<< 32 | UInt64(record.interface)
    owner = record.ownerBits
  }
}

extension SocketRecord.Timer.Kind {
  /// The name in JSON and plain output.
  package var name: StaticString {
    switch self {
    case .retransmit: "retransmit"
    case .keepalive: "keepalive"
    case .timeWait: "time-wait"
    case .probe: "probe"
    }
  }
}
