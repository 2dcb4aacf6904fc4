#pragma once

/// Runs `rounds` rounds of independent products of pairs of bfloat16 numbers; gives the floating-point operations that were
/// done, 0 where the processor has no such instruction.
double probe_bfloat16(long rounds);

/// Runs `rounds` integer multiplications each of which waits for the last; gives the clock cycles that takes on x86-64, 0
/// elsewhere.
double probe_clock(long rounds);
