internal import CLinux
internal import Glibc

/// Advice to the kernel on memory that is about to be filled, and what becomes of the process where there is none.
package enum Memory {
  /// Where memory runs out the process ends with EX_OSERR and a sentence from now on, and not by SIGABRT without a word.
  package static func explainExhaustion() { tw_explain_aborts() }

  private static let hugePage = 2 << 20
  private static let pageSize = 4096

  /// Reserves room for at least this many elements. Where that is 2 MiB or more, huge pages are asked for (madvise(2),
  /// MADV_HUGEPAGE): a page fault for each 4 KiB of a hundred thousand records takes as long as formatting them. Room that is
  /// not used costs nothing, and a kernel without huge pages ignores the advice.
  static func reserve<Element>(_ count: Int, in array: inout [Element]) {
    let stride = MemoryLayout<Element>.stride
    let needed = count * stride
    guard needed >= hugePage else {
      array.reserveCapacity(count)
      return
    }
    // The kernel aligns a mapping to huge pages if its size is a multiple of theirs. malloc and the array add a little for
    // themselves, and round up to whole pages.
    let mapping = (needed + pageSize + hugePage - 1) / hugePage * hugePage
    array.reserveCapacity((mapping - pageSize / 2) / stride)
    let reserved = array.capacity * stride
    unsafe array.withUnsafeMutableBufferPointer { elements in
      guard let start = UnsafeMutableRawPointer(elements.baseAddress) else { return }
      let first = unsafe start.alignedDown(toMultipleOf: pageSize)
      _ = unsafe madvise(first, (reserved / pageSize + 1) * pageSize, MADV_HUGEPAGE)
    }
  }
}
