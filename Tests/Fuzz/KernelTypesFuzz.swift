import FuzzChecks

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzKernelTypes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  checkKernelTypes(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
