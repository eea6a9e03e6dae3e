@testable import BPFCodec

/// BTF, type by type.
struct BTFBuilder {
  /// A member of a structure.
  struct Member {
    var name: String
    var type: UInt32
    /// In bits, as it stands in the file.
    var offset: UInt32
    /// Written beside the offset where the structure has sizes of bitfields.
    var bits: UInt32 = 0
  }

  private(set) var types: [UInt8] = []
  private(set) var strings: [UInt8] = [0]
  private(set) var count: UInt32 = 0

  static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

  mutating func string(_ text: String) -> UInt32 {
    guard !text.isEmpty else { return 0 }
    defer { strings += Array(text.utf8) + [0] }
    return UInt32(strings.count)
  }

  @discardableResult
  mutating func add(
    _ kind: UInt32, _ sizeOrType: UInt32 = 0, named name: String = "", count parts: UInt32 = 0,
    hasSizes: Bool = false, trailer: [UInt32] = []
  ) -> UInt32 {
    let info = kind << 24 | parts | (hasSizes ? 1 << 31 : 0)
    for value in [string(name), info, sizeOrType] + trailer { types += Self.number(value) }
    count += 1
    return count
  }

  mutating func integer(_ name: String, bytes: UInt32, bits: UInt32? = nil, at offset: UInt32 = 0) -> UInt32 {
    add(1, bytes, named: name, trailer: [offset << 16 | (bits ?? bytes * 8)])
  }

  mutating func pointer(to type: UInt32) -> UInt32 { add(2, type) }

  mutating func structure(
    _ name: String, isUnion: Bool = false, bytes: UInt32 = 64, hasSizes: Bool = true, _ members: [Member]
  ) -> UInt32 {
    var trailer: [UInt32] = []
    for member in members {
      trailer += [
        string(member.name), member.type, hasSizes ? member.bits << 24 | member.offset : member.offset,
      ]
    }
    return add(
      isUnion ? 5 : 4, bytes, named: name, count: UInt32(members.count), hasSizes: hasSizes, trailer: trailer)
  }

  mutating func prototype(_ parameters: [(String, UInt32)]) -> UInt32 {
    var trailer: [UInt32] = []
    for (name, type) in parameters { trailer += [string(name), type] }
    return add(13, count: UInt32(parameters.count), trailer: trailer)
  }

  func header(typesLength: UInt32? = nil, stringsLength: UInt32? = nil) -> [UInt8] {
    let length = UInt32(types.count)
    return [0x9f, 0xeb, 1, 0] + Self.number(24) + Self.number(0) + Self.number(typesLength ?? length)
      + Self.number(length) + Self.number(stringsLength ?? UInt32(strings.count))
  }

  var bytes: [UInt8] { header() + types + strings }
}

/// What the iterator needs of a kernel, and how it can differ from one to the next.
struct FakeKernelTypes {
  var hasBitfieldSizes = true
  var prefix: UInt32 = 0
  var portType = "unsigned short"
  var portBytes: UInt32 = 2
  var lacks: Set<String> = []
  var reuseBits: UInt32 = 4
  var swapsParameters = false

  var bytes: [UInt8] {
    var file = BTFBuilder()
    let byte = file.integer("unsigned char", bytes: 1)
    let port = file.integer(portType, bytes: portBytes)
    let long = file.integer("long long", bytes: 8)
    let volatileByte = file.add(9, byte)
    let counter = file.structure("", bytes: 8, [.init(name: "counter", type: long, offset: 0)])
    let atomic = file.add(8, counter, named: "atomic64_t")
    let seqFile = file.add(7, named: "seq_file")
    let seqPointer = file.pointer(to: seqFile)
    let meta = file.structure("bpf_iter_meta", [.init(name: "seq", type: seqPointer, offset: 0)])

    func bits(_ size: UInt32) -> UInt32 {
      hasBitfieldSizes ? byte : file.integer("", bytes: 1, bits: size)
    }
    let pair = file.structure(
      "", [.init(name: "skc_dport", type: port, offset: 0), .init(name: "skc_num", type: port, offset: 16)])
    let ports = file.structure("", isUnion: true, [.init(name: "", type: pair, offset: 0)])
    let (four, one) = (bits(reuseBits), bits(1))
    let sizes: (UInt32, UInt32) = hasBitfieldSizes ? (reuseBits, 1) : (0, 0)
    var members: [BTFBuilder.Member] = [
      .init(name: "", type: ports, offset: prefix + 96),
      .init(name: "skc_state", type: volatileByte, offset: prefix + 144),
      .init(name: "skc_reuse", type: four, offset: prefix + 152, bits: sizes.0),
      .init(name: "skc_reuseport", type: one, offset: prefix + 156, bits: sizes.1),
      .init(name: "skc_ipv6only", type: one, offset: prefix + 157, bits: sizes.1),
      .init(name: "skc_cookie", type: atomic, offset: prefix + 704),
    ]
    members.removeAll { lacks.contains($0.name) }
    let common = file.structure("sock_common", hasSizes: hasBitfieldSizes, members)
    var parameters = [("meta", file.pointer(to: meta)), ("sk_common", file.pointer(to: common))]
    if swapsParameters { parameters.swapAt(0, 1) }
    let prototype = file.prototype(parameters)
    if !lacks.contains("bpf_iter_tcp") { file.add(12, prototype, named: "bpf_iter_tcp") }
    return file.bytes
  }

  var layout: TCPIteratorLayout {
    get throws(BTFError) { try TCPIteratorLayout(try BTFFile(bytes)) }
  }
}
