import Glibc

/// A process that holds sockets, from a few lines of Perl: it can take any name, and be in a cgroup or a namespace of
/// its own, which the process of the tests cannot without changing what other tests see.
package struct Perl {
  package var script: String
  /// Come after the script, so that they are part of its command line.
  package var arguments: [String] = []

  /// Says "ready" when `script` has run, and waits until it is killed.
  package init(_ script: String, arguments: [String] = []) {
    self.script = """
      use Socket; $| = 1;
      sub name { open(my $f, ">", "/proc/self/comm"); syswrite($f, $_[0]); }
      sub enter { open(my $f, ">", "$_[0]/cgroup.procs") or die $!; syswrite($f, $$) or die $!; }
      sub server { my ($port, $protocol) = @_; socket(my $s, PF_INET, SOCK_STREAM, $protocol // 0) or die $!;
        bind($s, sockaddr_in($port, INADDR_LOOPBACK)) or die $!; listen($s, 8) or die $!; return $s; }
      $^F = 255; \(script); print "ready\\n"; sleep 60;
      """
    self.arguments = arguments
  }

  package var command: Command { Command("/usr/bin/perl", ["-e", script, "--"] + arguments) }

  package func start() throws -> RunningCommand {
    let running = try command.start()
    try running.waitForOutput(containing: "ready\n")
    return running
  }
}

/// A directory of the cgroup2 hierarchy for one test, where this user may make one.
package struct TestCgroup {
  package let directory: String

  /// The mount point; nil without one that can be written to.
  package static let mount: String? = {
    guard let mounts = try? readFile("/proc/self/mounts") else { return nil }
    for line in String(decoding: mounts, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count > 2, words[2] == "cgroup2", access(String(words[1]), W_OK) == 0 {
        return String(words[1])
      }
    }
    return nil
  }()

  package static let isAvailable: Bool = {
    guard let probe = try? TestCgroup("tw-inspect-probe-\(getpid())") else { return false }
    probe.remove()
    return true
  }()

  package init(_ name: String) throws {
    guard let mount = Self.mount else { throw SystemCallError("mkdir", ENOENT, "no cgroup2") }
    directory = "\(mount)/\(name)"
    try check("mkdir", directory) { mkdir(directory, 0o755) }
  }

  /// Waits until the last process has left it.
  package func remove() {
    for _ in 0..<200 {
      if rmdir(directory) == 0 || errno != EBUSY { return }
      usleep(10_000)
    }
  }
}
