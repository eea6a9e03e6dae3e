import Testing

@testable import BPFCodec

@Suite struct TCPIteratorLayoutTests {
  @Test(arguments: [true, false]) func bothWaysToWriteBitfields(hasSizes: Bool) throws {
    let layout = try FakeKernelTypes(hasBitfieldSizes: hasSizes).layout
    #expect(layout.meta == 0 && layout.socket == 8)
    #expect(layout.port == BTFField(bitOffset: 112, width: 16))
    #expect(layout.state == BTFField(bitOffset: 144, width: 8))
    #expect(layout.reuseAddress == BTFField(bitOffset: 152, width: 4))
    #expect(layout.reusePort == BTFField(bitOffset: 156, width: 1))
    #expect(layout.v6Only == BTFField(bitOffset: 157, width: 1))
    #expect(layout.cookie == BTFField(bitOffset: 704, width: 64))
    #expect(layout.v6Only.byteOffset == 19 && layout.v6Only.shift == 5)
  }

  /// Without sizes of bitfields the integer type tells how far into it the bits begin, too.
  @Test func integersThatBeginWithinThemselves() throws {
    var file = BTFBuilder()
    let bit = file.integer("", bytes: 1, bits: 1, at: 5)
    let holder = file.structure("s", hasSizes: false, [.init(name: "flag", type: bit, offset: 8)])
    let read = try BTFFile(file.bytes)
    #expect(try read.field("flag", of: try read[holder]) == BTFField(bitOffset: 13, width: 1))
  }

  @Test func anotherKernelsOffsets() throws {
    let moved = try FakeKernelTypes(prefix: 64, swapsParameters: true).layout
    #expect(moved.meta == 8 && moved.socket == 0)
    #expect(moved.port.byteOffset == 22 && moved.cookie.byteOffset == 96)
  }

  @Test(arguments: [
    (FakeKernelTypes(lacks: ["bpf_iter_tcp"]), BTFError.missing("bpf_iter_tcp")),
    (FakeKernelTypes(lacks: ["skc_reuse"]), .missing("skc_reuse")),
    (FakeKernelTypes(lacks: ["skc_reuseport"]), .missing("skc_reuseport")),
    (FakeKernelTypes(lacks: ["skc_ipv6only"]), .missing("skc_ipv6only")),
    (FakeKernelTypes(lacks: ["skc_cookie"]), .missing("skc_cookie")),
    (FakeKernelTypes(portBytes: 4), .unexpectedLayout("skc_num")),
    // It would begin in the byte before.
    (FakeKernelTypes(prefix: 3), .unexpectedLayout("skc_num")),
    (FakeKernelTypes(reuseBits: 9), .unexpectedLayout("skc_reuse")),
    // Further than an instruction reaches.
    (FakeKernelTypes(prefix: 0x4_0000), .unexpectedLayout("skc_num")),
  ])
  func anUnknownLayoutIsRefused(kernel: FakeKernelTypes, error: BTFError) {
    #expect(throws: error) { try kernel.layout }
  }
}

@Suite struct TCPIteratorProgramTests {
  /// Runs the program over a made-up socket, as far as its instructions go.
  private struct Machine {
    var output: [[UInt8]] = []
    var steps = 0

    /// - Parameter socket: the bytes of `struct sock_common`; nil for the iterator's last call.
    mutating func run(_ code: [BPFInstruction], socket: [UInt8]?) {
      // Addresses: 0x1000 the context, 0x2000 meta, 0x3000 the seq_file, 0x4000 the socket, 0x9000 the stack's end.
      var stack = [UInt8](repeating: 0xee, count: 512)
      var registers = [Int](repeating: -1, count: 11)
      registers[1] = 0x1000
      registers[10] = 0x9000
      func read(_ address: Int, _ size: Int) -> Int {
        switch address {
        case 0x1000: return 0x2000
        case 0x1008: return socket == nil ? 0 : 0x4000
        case 0x2000: return 0x3000
        default:
          let start = address - 0x4000
          guard let socket, start >= 0, start + size <= socket.count else { fatalError("\(address)") }
          return socket[start..<(start + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
      }
      var next = 0
      while code.indices.contains(next) {
        steps += 1
        let one = code[next]
        next += 1
        let (to, from) = (Int(one.destination.rawValue), Int(one.source.rawValue))
        let size = [0x08: 2, 0x10: 1, 0x18: 8, 0x00: 4][Int(one.opcode & 0x18)] ?? 0
        switch one.opcode {
        case 0x69, 0x71, 0x79: registers[to] = read(registers[from] + Int(one.offset), size)
        case 0x6a, 0x6b, 0x73, 0x7b:
          let value = one.opcode == 0x6a ? Int(one.immediate) : registers[from]
          for index in 0..<size {
            stack[512 + Int(one.offset) + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
          }
        case 0x07: registers[to] += Int(one.immediate)
        case 0x57: registers[to] &= Int(one.immediate)
        case 0x77: registers[to] >>= Int(one.immediate)
        case 0xb7: registers[to] = Int(one.immediate)
        case 0xbf: registers[to] = registers[from]
        case 0x05: next += Int(one.offset)
        case 0x15: if registers[to] == Int(one.immediate) { next += Int(one.offset) }
        case 0xa5: if registers[to] < Int(one.immediate) { next += Int(one.offset) }
        case 0xb5: if registers[to] <= Int(one.immediate) { next += Int(one.offset) }
        case 0x85:
          #expect(one.immediate == 127 && registers[1] == 0x3000)
          let start = registers[2] - 0x9000 + 512
          output.append(Array(stack[start..<(start + registers[3])]))
        case 0x95:
          #expect(registers[0] == 0)
          return
        default: fatalError("opcode \(one.opcode)")
        }
      }
      fatalError("it runs out of its end")
    }
  }

  private func socket(port: UInt16, state: UInt8 = 10, flags: UInt8 = 0, cookie: UInt64 = 0x1122) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: 136)
    bytes[14] = UInt8(port & 0xff)
    bytes[15] = UInt8(port >> 8)
    bytes[18] = state
    bytes[19] = flags
    for index in 0..<8 { bytes[88 + index] = UInt8(truncatingIfNeeded: cookie >> (8 * index)) }
    return bytes
  }

  private func records(_ sockets: [[UInt8]?], ports: [ClosedRange<UInt16>]) throws -> [TCPIteratorRecord] {
    let code = TCPIteratorProgram.instructions(try FakeKernelTypes().layout, ports: ports)
    var machine = Machine()
    for socket in sockets { machine.run(code, socket: socket) }
    return machine.output.compactMap { TCPIteratorRecord($0.span.bytes, at: 0) }
  }

  @Test func everyFlag() throws {
    for reuse in 0...2 as ClosedRange<UInt8> {
      for bits in 0..<8 as Range<UInt8> {
        // skc_net_refcnt, the last of the bits, is not read.
        let flags = reuse | (bits & 1) << 4 | (bits >> 1 & 1) << 5 | (bits >> 2) << 6
        let read = try records([socket(port: 9527, flags: flags, cookie: .max)], ports: [9527...9527])
        #expect(
          read == [
            TCPIteratorRecord(
              cookie: .max, port: 9527, state: 10, reuseAddress: reuse != 0, reusePort: bits & 1 != 0,
              v6Only: bits & 2 != 0)
          ])
      }
    }
  }

  @Test func whatIsPassedOver() throws {
    let sockets: [[UInt8]?] = [
      nil, socket(port: 9526), socket(port: 9528), socket(port: 9527, state: 12),
      socket(port: 9527, cookie: 0), socket(port: 9527, state: 6, cookie: 7),
    ]
    #expect(try records(sockets, ports: [9527...9527]).map(\.cookie) == [7])
  }

  private static let rangesToAsk: [[ClosedRange<UInt16>]] = {
    let many = (0..<64).map { (number: Int) in UInt16(number * 1000)...UInt16(number * 1000 + 9) }
    return [[0...UInt16.max], [9527...9527], [1...2, 4...4, 9000...9600], [], many]
  }()

  @Test(arguments: rangesToAsk)
  func exactlyThePortsAskedFor(ranges: [ClosedRange<UInt16>]) throws {
    var edges: Set<UInt16> = [0, 80, .max]
    for range in ranges {
      for edge in [range.lowerBound, range.upperBound] { edges.formUnion([edge &- 1, edge, edge &+ 1]) }
    }
    let ports = edges.sorted()
    let read = try records(ports.map { socket(port: $0) }, ports: ranges)
    #expect(read.map(\.port) == ports.filter { port in ranges.contains { $0.contains(port) } })
  }

  /// More ranges than an instruction can jump over: none is left out.
  @Test func veryManyRanges() throws {
    let ranges = (0..<20_000).map { (number: Int) in UInt16(number * 3 + 5)...UInt16(number * 3 + 6) }
    let code = TCPIteratorProgram.instructions(try FakeKernelTypes().layout, ports: ranges)
    #expect(code.count < 4096)
    let asked: [UInt16] = [4, 5, 60_003, 60_004]
    let read = try records(asked.map { socket(port: $0) }, ports: ranges)
    #expect(read.map(\.port) == [5, 60_003])
  }

  @Test func recordsAreReadWhole() {
    let bytes = [UInt8](repeating: 1, count: 31)
    #expect(TCPIteratorRecord(bytes.span.bytes, at: 15) != nil)
    for offset in [16, -1, .max] { #expect(TCPIteratorRecord(bytes.span.bytes, at: offset) == nil) }
  }

  @Test func encoding() {
    #expect(BPFInstruction.call(127).word == 0x7f_0000_0085)
    #expect(BPFInstruction.load(.half, .r2, .r7, 14).word == 0x0000_0000_000e_7269)
    #expect(BPFInstruction.alter(.add, .r2, -16).word == 0xffff_fff0_0000_0207)
    #expect(BPFInstruction.store(.double, .r1, at: -16).word == 0x0000_0000_fff0_1a7b)
  }
}
