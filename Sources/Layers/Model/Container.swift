/// The graph of a model, or of a model inside a model, as Keras describes it: members and who calls whom.
///
/// The containers of a `Model` are the single truth of its graph. The flat list of nodes that is executed follows from them,
/// and files are written from them, so that nested models come out as they went in.
public struct Container: Sendable, Hashable {
  /// Keras' class: how the file describes the graph.
  public enum Kind: Sendable, Hashable { case sequential, functional }

  /// A layer, an input or a nested model, and the calls made to it.
  public struct Member: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
      /// An input of this container: the shape of one sample, nil where an extent is open.
      case input(shape: [Int?])
      /// A layer: index into `Model.instances`.
      case layer(Int)
      /// A nested model: index into `Model.containers`.
      case container(Int)
    }

    /// Unique in the container.
    public var name: String
    public var content: Content
    /// For each call, where its inputs come from. One call for an input, with none; more than one for a shared layer.
    public var calls: [[Reference]]

    public init(name: String, content: Content, calls: [[Reference]]) {
      self.name = name
      self.content = content
      self.calls = calls
    }
  }

  /// One output of one call of a member: Keras' `[layer, node index, tensor index]`.
  public struct Reference: Sendable, Hashable {
    public var member: Int
    public var call: Int
    public var output: Int

    public init(member: Int, call: Int = 0, output: Int = 0) {
      self.member = member
      self.call = call
      self.output = output
    }
  }

  public var name: String
  public var kind: Kind
  /// In Keras' order of layers. The inputs of a sequential model stand first.
  public var members: [Member]
  public var inputs: [Reference]
  public var outputs: [Reference]

  /// Whether every member is called once, on the one before it, and the last one's output is that of the model.
  var isChain: Bool {
    guard inputs == [Reference(member: 0)], outputs == [Reference(member: members.count - 1)] else { return false }
    return members.indices.dropFirst().allSatisfy { members[$0].calls == [[Reference(member: $0 - 1)]] }
  }

  public init(name: String, kind: Kind, members: [Member], inputs: [Reference], outputs: [Reference]) {
    self.name = name
    self.kind = kind
    self.members = members
    self.inputs = inputs
    self.outputs = outputs
  }
}
