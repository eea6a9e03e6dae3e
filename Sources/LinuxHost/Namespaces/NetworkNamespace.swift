internal import CLinux
package import Diagnosis
internal import Glibc
internal import NetlinkCodec

/// A network namespace other than one's own, as it is named on the command line.
package enum NetworkNamespace: Sendable {
  /// The name of a file in /run/netns, where `ip netns` keeps it.
  case named(String)
  case path(String)
  /// The one that a process is in.
  case process(Int32)

  package static let directory = "/run/netns"

  /// `pid:N`, a path, which has a "/" in it, or a name. Nil if the text can be none of them.
  package init?(_ text: String) {
    if text.hasPrefix("pid:") {
      let digits = text.dropFirst("pid:".count)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let pid = Int32(digits),
        pid > 0
      else { return nil }
      self = .process(pid)
    } else if text.contains("/") {
      self = .path(text)
    } else {
      guard !text.isEmpty, text != ".", text != "..", text.utf8.count < 256 else { return nil }
      self = .named(text)
    }
  }

  /// The text that `init(_:)` takes.
  package var typed: String {
    switch self {
    case .named(let name): name
    case .path(let path): path
    case .process(let pid): "pid:\(pid)"
    }
  }

  package var path: String {
    switch self {
    case .named(let name): "\(Self.directory)/\(name)"
    case .path(let path): path
    case .process(let pid): "/proc/\(pid)/ns/net"
    }
  }

  package var reference: NamespaceReference {
    switch self {
    case .named(let name): .named(name)
    case .path(let path): .path(path)
    case .process(let pid): .process(pid)
    }
  }

  /// Whether /proc/PID/net can be read; false for a name and a path. Everybody who sees the process may read it, and ns/net
  /// only who may trace the process.
  package var hasReadableTables: Bool {
    guard case .process(let pid) = self else { return false }
    return unsafe access("/proc/\(pid)/net/tcp", R_OK) == 0
  }

  package enum EntryError: Error, Sendable {
    /// There is nothing by this name, or it is no network namespace.
    case noSuch(SystemError)
    case notPermitted(SystemError)
    case system(SystemError)
  }

  /// Moves the calling thread, the program's only one, into this namespace for good: sockets that are opened from now on are
  /// there, and so is what /proc/thread-self/net and /proc/sys/net show.
  package func enter() throws(EntryError) {
    let file: Descriptor
    do throws(SystemError) {
      // Without O_NONBLOCK a path that is a pipe would keep the program waiting.
      file = try Descriptor.open(path, flags: O_NONBLOCK)
    } catch {
      switch error.errno {
      case .accessDenied, .notPermitted: throw .notPermitted(error)
      case .noSuchFile, .notDirectory, .noSuchProcess, .tooManyLinks, .nameTooLong, .noSuchAddressOrDevice:
        throw .noSuch(error)
      default: throw error.errno.isExhaustion ? .system(error) : .noSuch(error)
      }
    }
    var (own, other) = (stat(), stat())
    if unsafe stat("/proc/thread-self/ns/net", &own) == 0, unsafe fstat(file.number, &other) == 0,
      own.st_ino == other.st_ino, own.st_dev == other.st_dev
    {
      // It is our own: setns(2) would ask for a privilege that is not needed.
      return
    }
    guard tw_setns(file.number, CLONE_NEWNET) != 0 else { return }
    let error = SystemError.last("setns", path)
    switch error.errno {
    case .notPermitted: throw .notPermitted(error)
    case .invalidArgument, .badDescriptor: throw .noSuch(error)
    default: throw .system(error)
    }
  }
}
