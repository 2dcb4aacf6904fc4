#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// e to the `x` in double precision, from the C library.
func exponential(_ x: Double) -> Double { exp(x) }
