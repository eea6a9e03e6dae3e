import Foundation
import FuzzChecks
import Testing

/// What the fuzzer kept, once more: every place in the decoders that it has reached. A trap ends the whole test run.
@Suite struct FuzzCorpusTests {
  private static func corpus(_ name: String) throws -> [[UInt8]] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let directory = tests.appending(path: "Fuzz/Corpus/\(name)")
    let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
    return try files.map { Array(try Data(contentsOf: $0)) }
  }

  @Test func datagrams() throws {
    let corpus = try Self.corpus("DatagramFuzz")
    #expect(corpus.count > 20)
    for datagram in corpus { checkDatagram(datagram.span.bytes) }
  }

  @Test func procLines() throws {
    let corpus = try Self.corpus("ProcLineFuzz")
    #expect(corpus.count > 20)
    for lines in corpus { checkProcLines(lines.span) }
  }
}
