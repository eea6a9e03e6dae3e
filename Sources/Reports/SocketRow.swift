package import SocketTable

/// One socket as a JSON object or as a plain line. Both are on the path that runs a hundred thousand times.
package struct SocketRow: ~Copyable {
  /// The name of a network device by its index.
  private let interfaceName: (UInt32) -> String
  /// The local end as it was written last: on one port it is mostly the same again.
  private var localText = ByteBuffer(capacity: 128)
  private var local: Endpoint?
  /// The text of a JSON object around peer, time left and cookie, and what it was written for.
  private var shape: RowShape?
  private var beforePeer = ByteBuffer()
  private var beforeTime = ByteBuffer()
  private var beforeCookie = ByteBuffer()
  private var afterCookie = ByteBuffer()

  package init(interfaceName: @escaping (UInt32) -> String) { self.interfaceName = interfaceName }

  /// The columns of plain output; new ones come last.
  package static let plainColumns = [
    "state", "family", "local_address", "local_port", "peer_address", "peer_port", "expires_ms", "timer", "uid",
    "inode", "interface",
  ]

  package mutating func appendPlain(_ record: SocketRecord, to buffer: inout ByteBuffer) {
    let tab = UInt8(ascii: "\t")
    buffer.append(literal: record.state.literalName)
    buffer.append(byte: tab)
    buffer.append(literal: record.family == .ipv4 ? "ipv4" : "ipv6")
    buffer.append(byte: tab)
    if local != record.local {
      local = record.local
      localText.removeAll()
      localText.append(record.local.address)
      localText.append(byte: tab)
      localText.append(decimal: record.local.port)
      localText.append(byte: tab)
    }
    buffer.append(localText)
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
  ///
  /// Sockets that differ in nothing but peer, time left and cookie share the text around these; it is kept from row
  /// to row.
  package mutating func appendMembers(
    _ record: SocketRecord, side: MatchedSide, to buffer: inout ByteBuffer
  ) {
    let shape = RowShape(record, side)
    if shape != self.shape {
      self.shape = shape
      writeShape(record, side)
    }
    buffer.append(beforePeer)
    if let peer = record.peer { Self.append(peer, to: &buffer) }
    buffer.append(beforeTime)
    if let timer = record.timer { buffer.append(decimal: timer.expires) }
    buffer.append(beforeCookie)
    if record.cookie != 0 { buffer.append(hexadecimal: record.cookie) }
    buffer.append(afterCookie)
  }

  private mutating func writeShape(_ record: SocketRecord, _ side: MatchedSide) {
    beforePeer.removeAll()
    beforePeer.append(
      literal: record.family == .ipv4
        ? "\"protocol\":\"tcp\",\"family\":\"ipv4\",\"state\":\""
        : "\"protocol\":\"tcp\",\"family\":\"ipv6\",\"state\":\"")
    beforePeer.append(record.state.name)
    beforePeer.append(literal: record.isMinisocket ? "\",\"minisocket\":true," : "\",\"minisocket\":false,")
    beforePeer.append(literal: "\"local\":{\"address\":\"")
    Self.append(record.local, to: &beforePeer)
    beforePeer.append(literal: record.peer == nil ? ",\"peer\":null" : ",\"peer\":{\"address\":\"")

    beforeTime.removeAll()
    beforeTime.append(literal: ",\"side\":\"")
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
    if let uid = record.uid { beforeCookie.append(decimal: uid) } else { beforeCookie.append(literal: "null") }
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
    afterCookie.append(literal: ",\"cgroup\":null,\"reuse_addr\":null,\"reuse_port\":null,\"owners\":null,")
    afterCookie.append(
      literal: record.isMinisocket || record.isOrphan
        ? "\"owners_complete\":null,\"owner_visibility\":\"none\""
        : "\"owners_complete\":null,\"owner_visibility\":\"unknown\"")
  }

  private static func append(_ endpoint: Endpoint, to buffer: inout ByteBuffer) {
    buffer.append(endpoint.address)
    buffer.append(literal: "\",\"port\":")
    buffer.append(decimal: endpoint.port)
    buffer.append(byte: UInt8(ascii: "}"))
  }
}

/// Everything that goes into a row but peer, time left and cookie.
private struct RowShape: Equatable {
  private let record: SocketRecord
  private let side: MatchedSide
  private let hasPeer: Bool
  private let hasCookie: Bool

  init(_ record: SocketRecord, _ side: MatchedSide) {
    hasPeer = record.peer != nil
    hasCookie = record.cookie != 0
    self.side = side
    var record = record
    record.peer = nil
    record.cookie = 0
    record.timer = record.timer.map { SocketRecord.Timer(kind: $0.kind, expires: 0) }
    self.record = record
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
