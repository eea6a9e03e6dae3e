import FuzzChecks

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProcLines(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  checkProcLines(UnsafeBufferPointer(start: start, count: count).span)
  return 0
}
