import FuzzChecks

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDatagram(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  checkDatagram(UnsafeRawBufferPointer(start: start, count: count).bytes)
  return 0
}
