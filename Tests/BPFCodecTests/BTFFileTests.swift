import Testing

@testable import BPFCodec

@Suite struct BTFFileTests {
  private func error(_ bytes: [UInt8]) -> BTFError? {
    do throws(BTFError) {
      _ = try BTFFile(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func indexesEveryKind() throws {
    var file = BTFBuilder()
    // The kinds of linux/btf.h with what follows each, for two parts where it has any.
    let trailers: [UInt32: Int] = [
      1: 1, 2: 0, 3: 3, 4: 6, 5: 6, 6: 4, 7: 0, 8: 0, 9: 0, 10: 0, 11: 0, 12: 0, 13: 4, 14: 1, 15: 6, 16: 0,
      17: 1, 18: 0, 19: 6,
    ]
    for (kind, words) in trailers.sorted(by: { $0.key < $1.key }) {
      file.add(kind, named: "kind\(kind)", count: 2, trailer: Array(repeating: 0, count: words))
    }
    let read = try BTFFile(file.bytes)
    #expect(read.typeCount == 19)
    for number in 1...19 as ClosedRange<UInt32> { #expect(try read[number].kind.rawValue == UInt8(number)) }
  }

  @Test func whatIsNoBTF() {
    var good = BTFBuilder()
    _ = good.integer("int", bytes: 4)
    let bytes = good.bytes
    #expect(error(bytes) == nil)
    #expect(error([]) == .notBTF)
    #expect(error(Array(bytes.prefix(23))) == .notBTF)
    var turned = bytes
    turned.swapAt(0, 1)
    #expect(error(turned) == .notBTF, "of the other byte order")
    var later = bytes
    later[2] = 2
    #expect(error(later) == .notBTF)
    var shortHeader = bytes
    shortHeader[4] = 8
    #expect(error(shortHeader) == .notBTF)
  }

  /// Wherever it is cut, it is an error or as good as whole.
  @Test func whereverItIsCut() {
    let bytes = FakeKernelTypes().bytes
    for length in 0..<bytes.count { #expect(error(Array(bytes.prefix(length))) != nil, "\(length)") }
  }

  @Test func lengthsThatLie() {
    var file = BTFBuilder()
    _ = file.integer("int", bytes: 4)
    let (types, strings) = (UInt32(file.types.count), UInt32(file.strings.count))
    let whole = file.types + file.strings
    for length in [types + 1, .max, .max - 23, types + strings + 1] {
      #expect(error(file.header(typesLength: length) + whole) != nil, "\(length)")
    }
    for length in [strings + 1, .max] { #expect(error(file.header(stringsLength: length) + whole) != nil) }
    // A structure of more members than there are.
    var members = BTFBuilder()
    members.add(4, 8, named: "many", count: 0xffff)
    #expect(error(members.bytes) == .truncated(offset: members.bytes.count - members.strings.count))
    var unknown = BTFBuilder()
    unknown.add(20)
    #expect(error(unknown.bytes) == .unknownKind(20))
  }

  @Test func names() throws {
    var file = BTFBuilder()
    file.add(12, 0, named: "bpf_iter")
    file.add(12, 0, named: "bpf_iter_tcp_")
    file.add(7, 0, named: "bpf_iter_tcp")
    let wanted = file.add(12, 0, named: "bpf_iter_tcp")
    file.add(12, 0, named: "")
    let read = try BTFFile(file.bytes)
    #expect(try read.function(named: "bpf_iter_tcp") == wanted)
    #expect(throws: BTFError.missing("bpf_iter_udp")) { try read.function(named: "bpf_iter_udp") }
    // The last string lacks its end.
    var cut = file.bytes
    cut[cut.count - 1] = 0x41
    #expect(throws: BTFError.missing("bpf_iter_tcp")) {
      try BTFFile(cut).function(named: "bpf_iter_tcp")
    }
  }

  /// typedef -> const -> typedef: without a limit it would be followed for ever.
  @Test func cycles() throws {
    var file = BTFBuilder()
    let ring = file.add(8, 2, named: "a")
    file.add(10, 3)
    file.add(8, 1, named: "c")
    let itself = file.add(18, 4, named: "tag")
    let member = BTFBuilder.Member(name: "", type: 5, offset: 8)
    // A structure within itself, in many places: the paths through it are more than can be walked.
    let nested = file.structure("", Array(repeating: member, count: 2000))
    let pointer = file.pointer(to: ring)
    let nowhere = file.pointer(to: 4_000_000)
    let read = try BTFFile(file.bytes)
    for type in [ring, itself] { #expect(throws: BTFError.endless) { try read.resolved(type) } }
    #expect(throws: BTFError.endless) { try read.field("x", of: try read[nested]) }
    #expect(throws: BTFError.endless) { try read.pointee(of: pointer) }
    #expect(throws: BTFError.badReference(4_000_000)) { try read.pointee(of: nowhere) }
    #expect(throws: BTFError.badReference(0)) { try read[0] }
  }

  @Test func widestStructuresAreBounded() throws {
    var file = BTFBuilder()
    let int = file.integer("int", bytes: 4)
    let inner = file.structure("", Array(repeating: .init(name: "a", type: int, offset: 0), count: 5000))
    let outer = file.structure("o", Array(repeating: .init(name: "", type: inner, offset: 0), count: 60_000))
    let read = try BTFFile(file.bytes)
    #expect(throws: BTFError.endless) { try read.field("b", of: try read[outer]) }
    #expect(throws: BTFError.missing("b")) { try read.field("b", of: try read[inner]) }
  }

  /// As long as a real kernel's: each type costs a few bytes and one step.
  @Test func manyTypes() throws {
    var file = BTFBuilder()
    for number in 0..<150_000 as Range<UInt32> { file.add(2, number) }
    let last = file.add(12, 0, named: "bpf_iter_tcp")
    #expect(try BTFFile(file.bytes).function(named: "bpf_iter_tcp") == last)
  }
}
