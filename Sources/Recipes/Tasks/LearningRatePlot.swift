internal import Foundation
internal import Images
internal import Training

/// The loss over the learning rate: each batch a dot, the running average a line, the suggested rate a mark.
struct LearningRatePlot {
  let search: LearningRateSearch

  private static let size = (width: 720.0, height: 440.0)
  private static let frame = (left: 70.0, right: 20.0, top: 44.0, bottom: 52.0)
  private typealias Colour = (red: UInt8, green: UInt8, blue: UInt8)
  private static let ink: Colour = (60, 60, 60)
  private static let faint: Colour = (225, 225, 225)
  private static let dots: Colour = (160, 190, 220)
  private static let curve: Colour = (30, 90, 160)
  private static let mark: Colour = (200, 60, 40)

  init(_ search: LearningRateSearch) { self.search = search }

  private var points: [LearningRateCurve.Point] { search.curve.points }

  /// Exponents of ten from the lowest to the highest rate.
  private var exponents: ClosedRange<Double> {
    let low = log10(points.first?.rate ?? 1e-7)
    return low...max(low + 1, log10(points.last?.rate ?? 1))
  }

  /// From below the least to a little above the first loss; what explodes beyond is cut off.
  private var losses: ClosedRange<Double> {
    let least = points.map(\.smoothed).min() ?? 0
    let first = points.first?.smoothed ?? 1
    let span = max(first - least, 0.05 * max(abs(first), 1e-6))
    return (least - 0.1 * span)...(first + 0.6 * span)
  }

  private func x(_ rate: Double) -> Double {
    let share = (log10(rate) - exponents.lowerBound) / (exponents.upperBound - exponents.lowerBound)
    return Self.frame.left + share * (Self.size.width - Self.frame.left - Self.frame.right)
  }

  private func y(_ loss: Double) -> Double {
    let share = (loss - losses.lowerBound) / (losses.upperBound - losses.lowerBound)
    let height = Self.size.height - Self.frame.top - Self.frame.bottom
    return Self.frame.top + (1 - min(max(share, 0), 1)) * height
  }

  /// Powers of ten within the axis.
  private var decades: [Int] {
    let first = Int(exponents.lowerBound.rounded(.up))
    return Array(first...max(first, Int(exponents.upperBound.rounded(.down))))
  }

  /// Five losses, evenly spread.
  private var levels: [Double] {
    (0...4).map { losses.lowerBound + Double($0) / 4 * (losses.upperBound - losses.lowerBound) }
  }

  private var title: String {
    guard let rate = search.curve.suggestion else { return "\(search.phase): the loss does not fall at any rate" }
    return "\(search.phase): suggested learning rate \(Self.text(rate))"
  }

  static func text(_ rate: Double) -> String { String(format: "%.1e", rate) }

  private static func level(_ loss: Double) -> String { String(format: abs(loss) < 100 ? "%.3f" : "%.0f", loss) }

  // MARK: - As a picture

  var image: PixelImage {
    var canvas = Canvas(width: Int(Self.size.width), height: Int(Self.size.height), fill: 255)
    func colour(_ colour: Colour) -> (UInt8, UInt8, UInt8) { (colour.red, colour.green, colour.blue) }
    let (left, right) = (Self.frame.left, Self.size.width - Self.frame.right)
    let (top, bottom) = (Self.frame.top, Self.size.height - Self.frame.bottom)
    canvas.write(title, x: Int(left), y: 16, scale: 2, ink: 60)
    for decade in decades {
      let x = x(pow(10, Double(decade)))
      canvas.line(from: (x, top), to: (x, bottom), colour: colour(Self.faint))
      canvas.write("1E\(decade)", x: Int(x) - 12, y: Int(bottom) + 8, scale: 1, ink: 60)
    }
    for level in levels {
      canvas.line(from: (left, y(level)), to: (right, y(level)), colour: colour(Self.faint))
      canvas.write(Self.level(level), x: 8, y: Int(y(level)) - 3, scale: 1, ink: 60)
    }
    canvas.line(from: (left, bottom), to: (right, bottom), colour: colour(Self.ink))
    canvas.line(from: (left, top), to: (left, bottom), colour: colour(Self.ink))
    canvas.write("learning rate", x: Int((left + right) / 2) - 80, y: Int(bottom) + 26, scale: 2, ink: 60)
    canvas.write("loss", x: 8, y: Int(top) - 16, scale: 1, ink: 60)
    for point in points { canvas.dot(x: x(point.rate), y: y(point.loss), size: 4, colour: colour(Self.dots)) }
    for (from, to) in zip(points, points.dropFirst()) {
      canvas.line(
        from: (x(from.rate), y(from.smoothed)), to: (x(to.rate), y(to.smoothed)), thickness: 3,
        colour: colour(Self.curve))
    }
    if let rate = search.curve.suggestion {
      canvas.line(from: (x(rate), top), to: (x(rate), bottom), thickness: 2, colour: colour(Self.mark))
    }
    return canvas.image
  }

  // MARK: - As SVG

  var svg: String {
    func place(_ number: Double) -> String { String(format: "%.1f", number) }
    func colour(_ colour: Colour) -> String { "rgb(\(colour.red),\(colour.green),\(colour.blue))" }
    func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ stroke: Colour, _ width: Int = 1) -> String {
      "<line x1=\"\(place(x1))\" y1=\"\(place(y1))\" x2=\"\(place(x2))\" y2=\"\(place(y2))\" "
        + "stroke=\"\(colour(stroke))\" stroke-width=\"\(width)\"/>"
    }
    func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String, size: Int = 12) -> String {
      let safe = text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
      return "<text x=\"\(place(x))\" y=\"\(place(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\" "
        + "fill=\"\(colour(Self.ink))\">\(safe)</text>"
    }
    let (left, right) = (Self.frame.left, Self.size.width - Self.frame.right)
    let (top, bottom) = (Self.frame.top, Self.size.height - Self.frame.bottom)
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.size.width)) \(Int(Self.size.height))\" "
        + "font-family=\"sans-serif\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>", text(title, left, 26, "start", size: 16),
    ]
    for decade in decades {
      let x = x(pow(10, Double(decade)))
      parts += [line(x, top, x, bottom, Self.faint), text("1e\(decade)", x, bottom + 18, "middle")]
    }
    for level in levels {
      parts += [
        line(left, y(level), right, y(level), Self.faint), text(Self.level(level), left - 6, y(level) + 4, "end"),
      ]
    }
    parts += [line(left, bottom, right, bottom, Self.ink), line(left, top, left, bottom, Self.ink)]
    parts += [text("learning rate", (left + right) / 2, bottom + 40, "middle"), text("loss", left, top - 6, "middle")]
    for point in points {
      parts.append(
        "<circle cx=\"\(place(x(point.rate)))\" cy=\"\(place(y(point.loss)))\" r=\"2\" fill=\"\(colour(Self.dots))\"/>")
    }
    let curve = points.map { "\(place(x($0.rate))),\(place(y($0.smoothed)))" }.joined(separator: " ")
    parts.append("<polyline points=\"\(curve)\" fill=\"none\" stroke=\"\(colour(Self.curve))\" stroke-width=\"2.5\"/>")
    if let rate = search.curve.suggestion { parts.append(line(x(rate), top, x(rate), bottom, Self.mark, 2)) }
    return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
  }
}
