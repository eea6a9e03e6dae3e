package import Diagnosis

/// Where a question is asked: by which source, in which network namespace.
package struct Place: Sendable {
  package var source: SocketSource.Choice
  /// Nil is this process's own.
  package var namespace: NetworkNamespace?

  package init(source: SocketSource.Choice = .auto, namespace: NetworkNamespace? = nil) {
    self.source = source
    self.namespace = namespace
  }

  /// Enters the network namespace for good, for what needs no look at sockets.
  package func enter() throws(InvestigationError) {
    guard let namespace else { return }
    do throws(NetworkNamespace.EntryError) {
      try namespace.enter()
    } catch {
      throw .namespace(error, namespace)
    }
  }

  /// The namespace as an advised command has to name it; nil is this process's own.
  package var reference: NamespaceReference? { namespace?.reference }
}

/// Why an investigation ended without an answer.
package enum InvestigationError: Error, Sendable {
  case source(SourceError)
  /// Something failed that has nothing to do with the question.
  case system(SystemError)
  case namespace(NetworkNamespace.EntryError, NetworkNamespace)
  /// This process may not become the user that was named.
  case user(SystemError)
  /// A trial that listens with SO_REUSEPORT would take connections from what listens on the port.
  case wouldTakeConnections(port: UInt16)
  /// The server that was named cannot be taken for a description.
  case server(ServerError, ServerReference)
}

extension InvestigationError {
  static func ofSource<Result: ~Copyable>(
    _ body: () throws(SourceError) -> Result
  ) throws(InvestigationError) -> Result {
    do throws(SourceError) {
      return try body()
    } catch {
      throw .source(error)
    }
  }
}
