internal import CImageShims
import Tensors

/// The bytes of a PNG or JPEG whose header has been read and checked, though not a pixel of it.
struct EncodedImage {
  private enum Kind {
    case png
    case jpeg
    case lossless(LosslessJPEG)
  }

  let name: String
  private let bytes: [UInt8]
  private let kind: Kind
  /// Width, height and channels as they are stored.
  private let header: ft_image_header
  private let orientation: EXIFOrientation

  /// - Parameter name: stands for the file in errors.
  init(
    _ bytes: [UInt8], name: String, limits: DecodingLimits, orientation policy: ImageDecoder.OrientationPolicy
  ) throws(ImageError) {
    self.name = name
    self.bytes = bytes
    switch ImageFormat(bytes) {
    case .other(let words): throw ImageError(bytes.isEmpty ? .truncated : .unrecognized, path: name, words)
    case .png:
      kind = .png
      orientation = policy == .applied ? EXIFOrientation(png: bytes) : .up
    case .jpeg:
      kind = LosslessJPEG(bytes).map(Kind.lossless) ?? .jpeg
      orientation = policy == .applied ? EXIFOrientation(jpeg: bytes) : .up
    }
    if case .lossless(let lossless) = kind {
      header = try lossless.checkedHeader(name: name, limits: limits)
      return
    }
    var header = ft_image_header()
    let isPNG = if case .png = kind { true } else { false }
    try unsafe ImageDecoder.check(name, isPNG ? "PNG" : "JPEG") { message in
      unsafe bytes.withUnsafeBufferPointer { source in
        unsafe isPNG
          ? ft_png_read_header(source.baseAddress, source.count, &header, message)
          : ft_jpeg_read_header(source.baseAddress, source.count, &header, message)
      }
    }
    try limits.check(width: Int(header.width), height: Int(header.height), name: name)
    guard ColorMode(channelCount: Int(header.channels)) != nil, header.width > 0, header.height > 0 else {
      throw ImageError(
        .corrupt, path: name, "a \(isPNG ? "PNG" : "JPEG") of \(header.width)×\(header.height) pixels")
    }
    self.header = header
  }

  private var storedSize: Size { Size(Int(header.height), Int(header.width)) }

  /// The size as the eye should see it.
  var size: Size { orientation.turned(storedSize) }

  /// Whether grey is all that it holds.
  var isGrey: Bool { header.channels == 1 }

  /// All pixels, turned up.
  func decoded(
    to mode: ColorMode, eighths: Int = 8, using options: DecodingOptions = DecodingOptions()
  ) throws(ImageError) -> PixelImage {
    let image: PixelImage
    if case .lossless(let lossless) = kind {
      image = try lossless.decoded(name: name).converted(to: mode)
    } else {
      let width = (Int(header.width) * eighths + 7) / 8
      let height = (Int(header.height) * eighths + 7) / 8
      let count = width * height * mode.channelCount
      var failure: ImageError?
      let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        let target = unsafe ft_target(
          channels: UInt32(mode.channelCount), pixels: buffer.baseAddress, scaling: nil, values: nil)
        do throws(ImageError) {
          try unsafe read(into: target, eighths: eighths, options)
          initialized = count
        } catch {
          // Some may still be uninitialised, and none is kept.
          failure = error
        }
      }
      if let failure { throw failure }
      image = PixelImage(width: width, height: height, mode: mode, pixels: pixels)
    }
    return image.turnedUp(from: orientation)
  }

  /// Writes the picture, scaled, to `target`, which has room for exactly what `resizing` gives. Its rows are scaled as they are
  /// decoded.
  @unsafe func write(
    _ resizing: Resizing, mode: ColorMode, into target: UnsafeMutableBufferPointer<Float>,
    using options: DecodingOptions = DecodingOptions()
  ) throws(ImageError) {
    precondition(
      target.count == resizing.size.height * resizing.size.width * mode.channelCount,
      "\(target.count) elements for \(resizing.size)")
    if isLossless {
      unsafe resizing.write(try decoded(to: mode, using: options), into: target, with: options.instructions)
      return
    }
    let eighths = eighths(for: resizing, options)
    let stored = Size((storedSize.height * eighths + 7) / 8, (storedSize.width * eighths + 7) / 8)
    let tables = resizing.tables(of: orientation.turned(stored))
    if orientation == .up {
      try unsafe read(into: target, scaledBy: tables, mode, eighths: eighths, options)
    } else if let turned = tables.stored(in: orientation, stored) {
      let scaled = try values(turned, mode, eighths: eighths, options)
      unsafe scaled.withUnsafeBufferPointer {
        unsafe orientation.turn(
          $0, of: orientation.turned(resizing.size), channels: mode.channelCount, into: target)
      }
    } else {
      let selection = PixelSelection(tables)
      let selected = selection.stored(in: orientation, stored)
      let pixels = try values(selected, mode, eighths: eighths, options).map { UInt8($0) }
      let size = selected.size
      let image = PixelImage(width: size.width, height: size.height, mode: mode, pixels: pixels)
      unsafe image.turnedUp(from: orientation).write(
        scaledBy: selection.tables, into: target, with: options.instructions)
    }
  }

  /// Runs the decoder in C, and scales what it gives.
  @unsafe private func read(
    into target: UnsafeMutableBufferPointer<Float>, scaledBy tables: ScalingTables, _ mode: ColorMode, eighths: Int,
    _ options: DecodingOptions
  ) throws(ImageError) {
    let outcome = unsafe tables.withTarget(mode: mode, target) { shim in
      Result { () throws(ImageError) in try unsafe read(into: shim, eighths: eighths, options) }
    }
    try outcome.get()
  }

  /// What tables make of the picture as it is stored.
  private func values(
    _ tables: ScalingTables, _ mode: ColorMode, eighths: Int, _ options: DecodingOptions
  ) throws(ImageError) -> [Float] {
    var values = [Float](repeating: 0, count: tables.size.height * tables.size.width * mode.channelCount)
    let outcome = unsafe values.withUnsafeMutableBufferPointer { buffer in
      Result { () throws(ImageError) in
        try unsafe read(into: buffer, scaledBy: tables, mode, eighths: eighths, options)
      }
    }
    try outcome.get()
    return values
  }

  /// Throws what `write` would throw: decodes the file in the same way, to its end, and drops the rows.
  func check(_ resizing: Resizing, mode: ColorMode, using options: DecodingOptions) throws(ImageError) {
    if case .lossless(let lossless) = kind {
      _ = try lossless.decoded(name: name)
    } else {
      try unsafe read(
        into: ft_target(channels: UInt32(mode.channelCount), pixels: nil, scaling: nil, values: nil),
        eighths: eighths(for: resizing, options), options)
    }
  }

  /// At how many eighths of its size the picture is decoded for a target.
  private func eighths(for resizing: Resizing, _ options: DecodingOptions) -> Int {
    if case .jpeg = kind, options.decoding == .scaled { resizing.eighths(of: size) } else { 8 }
  }

  private var isLossless: Bool { if case .lossless = kind { true } else { false } }

  /// Runs the decoder in C. Its target has room for what it asks for at so many eighths of the header's size.
  @unsafe private func read(
    into target: ft_target, eighths: Int, _ options: DecodingOptions
  ) throws(ImageError) {
    let isPNG = if case .png = kind { true } else { false }
    let jpeg = ft_jpeg_options(
      eighths: UInt32(eighths), takes_luminance: options.decoding == .scaled ? 1 : 0,
      instructions: options.instructions.index)
    try unsafe ImageDecoder.check(name, isPNG ? "PNG" : "JPEG") { message in
      unsafe bytes.withUnsafeBufferPointer { source in
        unsafe isPNG
          ? ft_png_read_pixels(
            source.baseAddress, source.count, header, options.instructions.index, target, message)
          : ft_jpeg_read_pixels(source.baseAddress, source.count, header, jpeg, target, message)
      }
    }
  }
}
