internal import CLinux
package import Diagnosis
internal import Glibc
internal import NetlinkCodec

/// A network namespace other than one's own, as it is named on the command line.
package enum NetworkNamespace: Sendable {
  /// As `ip netns` keeps it, under /run/netns.
  case named(String)
  case path(String)
  /// That of a process.
  case process(Int32)

  package static let directory = "/run/netns"

  /// `pid:N`, a path with a "/" in it, or a name. Nil if it can be none of them.
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

  /// As it is typed.
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

  /// /proc/PID/net is there for everybody whom hidepid leaves the process, also where ns/net is not.
  package var hasReadableTables: Bool {
    guard case .process(let pid) = self else { return false }
    return unsafe access("/proc/\(pid)/net/tcp", R_OK) == 0
  }

  package enum EntryError: Error, Sendable {
    /// There is none by this name, or what is there is no network namespace.
    case noSuch(SystemError)
    case notPermitted(SystemError)
    case system(SystemError)
  }

  /// Puts the calling thread into it, for good: sockets that are opened from now on are there, and so is what
  /// /proc/thread-self/net and /proc/sys/net show. The program has one thread.
  package func enter() throws(EntryError) {
    let file: Descriptor
    do throws(SystemError) {
      // Not to wait where it turns out to be a pipe.
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
      // Nothing to be permitted.
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
