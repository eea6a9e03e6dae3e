import Foundation
import FuzzChecks
import Testing

/// What the fuzzer kept, once more: every place in the reader of the kernel's types that it has reached. A trap ends the whole test
/// run.
@Suite struct FuzzCorpusTests {
  @Test func kernelTypes() throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let directory = tests.appending(path: "Fuzz/Corpus/KernelTypesFuzz")
    let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
    #expect(files.count > 20)
    for file in files { checkKernelTypes(Array(try Data(contentsOf: file))) }
  }
}
