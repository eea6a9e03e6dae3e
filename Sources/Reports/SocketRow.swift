package import SocketTable

/// One socket as a JSON object or as a plain line. Both are on the path that runs a hundred thousand times.
package struct SocketRow {
  /// The name of a network device by its index.
  private let interfaceName: (UInt32) -> String

  package init(interfaceName: @escaping (UInt32) -> String) { self.interfaceName = interfaceName }

  /// The columns of plain output; new ones come last.
  package static let plainColumns = [
    "state", "family", "local_address", "local_port", "peer_address", "peer_port", "expires_ms", "timer", "uid",
    "inode", "interface",
  ]

  package func appendPlain(_ record: SocketRecord, to buffer: inout ByteBuffer) {
    let tab = UInt8(ascii: "\t")
    buffer.append(literal: record.state.literalName)
    buffer.append(byte: tab)
    buffer.append(literal: record.family == .ipv4 ? "ipv4" : "ipv6")
    buffer.append(byte: tab)
    buffer.append(record.local.address)
    buffer.append(byte: tab)
    buffer.append(decimal: record.local.port)
    buffer.append(byte: tab)
    if let peer = record.peer {
      buffer.append(peer.address)
      buffer.append(byte: tab)
      buffer.append(decimal: peer.port)
    } else {
      buffer.append(literal: "-\t-")
    }
    buffer.append(byte: tab)
    if let timer = record.timer {
      buffer.append(decimal: timer.expires)
      buffer.append(byte: tab)
      buffer.append(literal: timer.kind.name)
    } else {
      buffer.append(literal: "-\t-")
    }
    buffer.append(byte: tab)
    if let uid = record.uid { buffer.append(decimal: uid) } else { buffer.append(literal: "-") }
    buffer.append(byte: tab)
    if record.inode != 0 { buffer.append(decimal: record.inode) } else { buffer.append(literal: "-") }
    buffer.append(byte: tab)
    if record.interface == 0 { buffer.append(literal: "-") } else { buffer.append(interfaceName(record.interface)) }
    buffer.append(byte: UInt8(ascii: "\n"))
  }

  /// The members of a Socket object, without the braces around them.
  package func appendMembers(_ record: SocketRecord, side: MatchedSide, to buffer: inout ByteBuffer) {
    buffer.append(
      literal: record.family == .ipv4
        ? "\"protocol\":\"tcp\",\"family\":\"ipv4\",\"state\":\""
        : "\"protocol\":\"tcp\",\"family\":\"ipv6\",\"state\":\"")
    buffer.append(literal: record.state.literalName)
    buffer.append(
      literal: record.isMinisocket
        ? "\",\"minisocket\":true,\"local\":{\"address\":\"" : "\",\"minisocket\":false,\"local\":{\"address\":\"")
    append(record.local, to: &buffer)
    if let peer = record.peer {
      buffer.append(literal: ",\"peer\":{\"address\":\"")
      append(peer, to: &buffer)
    } else {
      buffer.append(literal: ",\"peer\":null")
    }
    switch side {
    case .local: buffer.append(literal: ",\"side\":\"local\",\"interface\":")
    case .peer: buffer.append(literal: ",\"side\":\"peer\",\"interface\":")
    case .both: buffer.append(literal: ",\"side\":\"both\",\"interface\":")
    }
    if record.interface == 0 {
      buffer.append(literal: "null")
    } else {
      buffer.append(jsonString: interfaceName(record.interface))
    }
    if let timer = record.timer {
      buffer.append(literal: ",\"timer\":{\"kind\":\"")
      buffer.append(literal: timer.kind.name)
      buffer.append(literal: "\",\"expires_ms\":")
      buffer.append(decimal: timer.expires)
      buffer.append(literal: "},\"uid\":")
    } else {
      buffer.append(literal: ",\"timer\":null,\"uid\":")
    }
    if let uid = record.uid { buffer.append(decimal: uid) } else { buffer.append(literal: "null") }
    buffer.append(literal: ",\"inode\":")
    if record.inode != 0 { buffer.append(decimal: record.inode) } else { buffer.append(literal: "null") }
    if record.cookie != 0 {
      buffer.append(literal: ",\"cookie\":\"")
      buffer.append(hexadecimal: record.cookie)
      buffer.append(literal: "\",\"v6_only\":")
    } else {
      buffer.append(literal: ",\"cookie\":null,\"v6_only\":")
    }
    // IPV6_V6ONLY does not apply to an IPv4 socket.
    let v6Only = record.family == .ipv4 ? nil : record.v6Only
    buffer.append(literal: v6Only.map { $0 ? "true" : "false" } ?? "null")
    buffer.append(
      literal: record.isMinisocket || record.isOrphan
        ? ",\"cgroup\":null,\"reuse_addr\":null,\"reuse_port\":null,\"owners\":null,\"owners_complete\":null,\"owner_visibility\":\"none\""
        : ",\"cgroup\":null,\"reuse_addr\":null,\"reuse_port\":null,\"owners\":null,\"owners_complete\":null,\"owner_visibility\":\"unknown\"")
  }

  private func append(_ endpoint: Endpoint, to buffer: inout ByteBuffer) {
    buffer.append(endpoint.address)
    buffer.append(literal: "\",\"port\":")
    buffer.append(decimal: endpoint.port)
    buffer.append(byte: UInt8(ascii: "}"))
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
