import BPFCodec

/// A kernel's types (BTF): an error, or a layout from which a program can be made; never a trap, never a read beyond the end.
package func checkKernelTypes(_ bytes: [UInt8]) {
  do throws(BTFError) {
    let file = try BTFFile(bytes)
    // A type takes 12 bytes, after a header of 24.
    precondition(file.typeCount <= max(bytes.count - 24, 0) / 12, "\(file.typeCount) types")
    let layout = try TCPIteratorLayout(file)
    precondition((1...UInt32(file.typeCount)).contains(layout.function))
    let code = TCPIteratorProgram.instructions(layout, ports: [80...90, 9527...9527])
    precondition(code.count < 64)
  } catch {
    precondition(!error.description.isEmpty)
  }
}
