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
    buffer.append(record.state.name)
    buffer.append(byte: tab)
    buffer.append(record.family.name)
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
      buffer.append("-\t-")
    }
    buffer.append(byte: tab)
    if let timer = record.timer {
      buffer.append(decimal: timer.expires)
      buffer.append(byte: tab)
      buffer.append(timer.kind.name)
    } else {
      buffer.append("-\t-")
    }
    buffer.append(byte: tab)
    if let uid = record.uid { buffer.append(decimal: uid) } else { buffer.append("-") }
    buffer.append(byte: tab)
    if record.inode != 0 { buffer.append(decimal: record.inode) } else { buffer.append("-") }
    buffer.append(byte: tab)
    buffer.append(record.interface == 0 ? "-" : interfaceName(record.interface))
    buffer.append(byte: UInt8(ascii: "\n"))
  }

  /// The members of a Socket object, without the braces around them.
  package func appendMembers(_ record: SocketRecord, side: MatchedSide, to buffer: inout ByteBuffer) {
    buffer.append(
      record.family == .ipv4
        ? "\"protocol\":\"tcp\",\"family\":\"ipv4\",\"state\":\""
        : "\"protocol\":\"tcp\",\"family\":\"ipv6\",\"state\":\"")
    buffer.append(record.state.name)
    buffer.append(
      record.isMinisocket
        ? "\",\"minisocket\":true,\"local\":{\"address\":\"" : "\",\"minisocket\":false,\"local\":{\"address\":\"")
    append(record.local, to: &buffer)
    if let peer = record.peer {
      buffer.append(",\"peer\":{\"address\":\"")
      append(peer, to: &buffer)
    } else {
      buffer.append(",\"peer\":null")
    }
    switch side {
    case .local: buffer.append(",\"side\":\"local\",\"interface\":")
    case .peer: buffer.append(",\"side\":\"peer\",\"interface\":")
    case .both: buffer.append(",\"side\":\"both\",\"interface\":")
    }
    if record.interface == 0 {
      buffer.append("null")
    } else {
      buffer.append(jsonString: interfaceName(record.interface))
    }
    if let timer = record.timer {
      buffer.append(",\"timer\":{\"kind\":\"")
      buffer.append(timer.kind.name)
      buffer.append("\",\"expires_ms\":")
      buffer.append(decimal: timer.expires)
      buffer.append("},\"uid\":")
    } else {
      buffer.append(",\"timer\":null,\"uid\":")
    }
    if let uid = record.uid { buffer.append(decimal: uid) } else { buffer.append("null") }
    buffer.append(",\"inode\":")
    if record.inode != 0 { buffer.append(decimal: record.inode) } else { buffer.append("null") }
    if record.cookie != 0 {
      buffer.append(",\"cookie\":\"")
      buffer.append(hexadecimal: record.cookie)
      buffer.append("\",\"v6_only\":")
    } else {
      buffer.append(",\"cookie\":null,\"v6_only\":")
    }
    // IPV6_V6ONLY does not apply to an IPv4 socket.
    let v6Only = record.family == .ipv4 ? nil : record.v6Only
    buffer.append(v6Only.map { $0 ? "true" : "false" } ?? "null")
    buffer.append(
      record.isMinisocket || record.isOrphan
        ? ",\"cgroup\":null,\"reuse_addr\":null,\"reuse_port\":null,\"owners\":null,\"owners_complete\":null,\"owner_visibility\":\"none\""
        : ",\"cgroup\":null,\"reuse_addr\":null,\"reuse_port\":null,\"owners\":null,\"owners_complete\":null,\"owner_visibility\":\"unknown\"")
  }

  private func append(_ endpoint: Endpoint, to buffer: inout ByteBuffer) {
    buffer.append(endpoint.address)
    buffer.append("\",\"port\":")
    buffer.append(decimal: endpoint.port)
    buffer.append(byte: UInt8(ascii: "}"))
  }
}

extension SocketRecord.Timer.Kind {
  /// The name in JSON and plain output.
  package var name: String {
    switch self {
    case .retransmit: "retransmit"
    case .keepalive: "keepalive"
    case .timeWait: "time-wait"
    case .probe: "probe"
    }
  }
}
