import Glibc
import TestSupport
import Testing

/// `--like` and `--after-stop` with servers that people run.
@Suite(.needs(.networkNamespaces), .needs(.ipv6))
struct RealServerTests {
  /// Which socket it makes, as it is known of it.
  private func expect(
    _ server: RunningCommand, _ name: String, port: String, addresses: [String], reuse: Bool = true,
    v6Only: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try waitUntil("\(name) listens") {
      try Tool.run("trybind", port, "--like", "\(server.pid)", "-q").exitCode == 1
    }
    for question in [
      ["--like", "\(server.pid)"], ["--after-stop"], ["--like", "\(server.pid)", "--after-stop"],
    ] {
      let result = try Tool.run(["trybind", port, "--json"] + question)
      let target = try result.json["target"]
      #expect(
        target["addresses"] == .array(addresses.map { .string($0) }), "\(result)",
        sourceLocation: sourceLocation)
      #expect(
        target["reuse"].bool == reuse && target["reuse_port"].bool == false, sourceLocation: sourceLocation)
      #expect(
        target["v6_only"].bool == v6Only && target["as_uid"].int == Int(geteuid()),
        sourceLocation: sourceLocation)
      #expect(target["taken_from"]["command"].string == name, sourceLocation: sourceLocation)
      #expect(result.exitCode == (question.contains("--after-stop") ? 0 : 1), sourceLocation: sourceLocation)
    }
  }

  @Test(.needs(.program("python3"))) func python() throws {
    try withNetworkNamespace { _ in
      let server = try Command("/usr/bin/python3", ["-m", "http.server", "8082"]).start()
      try expect(server, "python3", port: "8082", addresses: ["0.0.0.0"])
    }
  }

  @Test(.needs(.program("node"))) func node() throws {
    try withNetworkNamespace { _ in
      let script = "require('http').createServer((q, r) => r.end('x')).listen(8081)"
      let server = try Command("/usr/bin/node", ["-e", script]).start()
      try expect(server, "node", port: "8081", addresses: ["::"])
    }
  }

  /// Its workers are another user's, and have the sockets that root has made.
  @Test(.needs(.server("nginx")), .needs(.otherUsers)) func nginx() throws {
    try withNetworkNamespace { lab in
      // It removes the file with its process id when it ends, so that has to be one of its own.
      let folder = "/tmp/tw-inspect-nginx-\(getpid())"
      try check("mkdir", folder) { mkdir(folder, 0o755) }
      let path = "\(folder)/conf"
      defer {
        for entry in [path, "\(folder)/pid", "\(folder)/temp", folder] where unlink(entry) != 0 {
          rmdir(entry)
        }
      }
      let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
        "\($0)_temp_path \(folder)/temp;"
      }.joined(separator: " ")
      let configuration = """
        daemon off; user nobody nogroup; worker_processes 2; pid \(folder)/pid; error_log stderr;
        http { access_log off; \(temporary) server { listen 80; listen [::]:80; } } events {}
        """
      let file = try check("open", path) { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
      let bytes = Array(configuration.utf8)
      try check("write", path) { write(file, bytes, bytes.count) }
      close(file)
      let server = try Command("/usr/sbin/nginx", ["-c", path, "-p", folder]).start()
      try expect(server, "nginx", port: "80", addresses: ["0.0.0.0", "::"], v6Only: true)
      let workers = String(
        decoding: try readFile("/proc/\(server.pid)/task/\(server.pid)/children"), as: UTF8.self
      )
      .split(separator: " ")
      #expect(workers.count == 2)
      for worker in workers {
        let result = try Tool.run("trybind", "80", "--like", String(worker), "--json")
        #expect(try result.exitCode == 1 && result.json["target"]["as_uid"].int == 0, "\(result)")
        // A worker has changed its user, and is protected from that user since.
        #expect(try Tool.run("trybind", "80", "--like", String(worker), asUser: 65_534).exitCode == 77)
      }
      try server.send(signal: SIGTERM)
      _ = try server.finish()
    }
  }
}
