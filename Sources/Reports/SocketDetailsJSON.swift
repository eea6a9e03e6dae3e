internal import SocketTable

/// Writes those members of a Socket object that do not come from its record.
enum SocketDetailsJSON {
  static func append(_ record: SocketRecord, _ details: SocketDetails, to buffer: inout ByteBuffer) {
    buffer.append(literal: ",\"cgroup\":")
    append(details.cgroup?.text, to: &buffer)
    buffer.append(literal: ",\"reuse_addr\":")
    append(record.reuseAddress ?? details.reuseAddress, to: &buffer)
    buffer.append(literal: ",\"reuse_port\":")
    append(record.reusePort ?? details.reusePort, to: &buffer)
    buffer.append(literal: ",\"owners\":")
    if let owners = details.owners {
      buffer.append(literal: "[")
      for (index, owner) in owners.enumerated() {
        if index > 0 { buffer.append(literal: ",") }
        append(owner, to: &buffer)
      }
      buffer.append(literal: "]")
    } else {
      buffer.append(literal: "null")
    }
    buffer.append(literal: ",\"owners_complete\":")
    append(details.isOwnersComplete, to: &buffer)
    buffer.append(literal: ",\"owner_visibility\":")
    append(details.visibility.rawValue, to: &buffer)
  }

  static func append(_ owner: SocketOwner, to buffer: inout ByteBuffer) {
    buffer.append(literal: "{\"pid\":")
    buffer.append(decimal: UInt32(bitPattern: owner.pid))
    buffer.append(literal: ",\"command\":")
    append(owner.command, to: &buffer)
    buffer.append(literal: ",\"fd\":")
    if let descriptor = owner.descriptor {
      buffer.append(decimal: UInt32(bitPattern: descriptor))
    } else {
      buffer.append(literal: "null")
    }
    buffer.append(literal: ",\"user\":")
    append(owner.user ?? owner.uid.map { String($0) }, to: &buffer)
    buffer.append(literal: ",\"unit\":")
    append(owner.unit, to: &buffer)
    buffer.append(literal: ",\"container\":")
    append(owner.container?.id, to: &buffer)
    buffer.append(literal: ",\"started_at\":")
    append(owner.startedAt.map { Timestamp.rfc3339(milliseconds: $0) }, to: &buffer)
    buffer.append(literal: "}")
  }

  fileprivate static func append(_ text: String?, to buffer: inout ByteBuffer) {
    if let text { buffer.append(jsonString: text) } else { buffer.append(literal: "null") }
  }

  static func append(_ value: Bool?, to buffer: inout ByteBuffer) {
    buffer.append(literal: value.map { $0 ? "true" : "false" } ?? "null")
  }
}

/// Writes the member `namespace` of a Socket object.
enum NamespaceJSON {
  static func append(_ namespace: NamespaceIdentity?, to buffer: inout ByteBuffer) {
    guard let namespace else { return buffer.append(literal: "null") }
    buffer.append(literal: "{\"inode\":")
    buffer.append("\(namespace.inode)")
    buffer.append(literal: ",\"name\":")
    SocketDetailsJSON.append(namespace.name, to: &buffer)
    buffer.append(literal: ",\"unit\":")
    SocketDetailsJSON.append(namespace.unit, to: &buffer)
    buffer.append(literal: ",\"container\":")
    SocketDetailsJSON.append(namespace.container?.id, to: &buffer)
    buffer.append(literal: ",\"pid\":")
    buffer.append(namespace.pid.map { "\($0)" } ?? "null")
    buffer.append(literal: "}")
  }
}
