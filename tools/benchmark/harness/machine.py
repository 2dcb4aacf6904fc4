"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    sets = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if name in flags]
    name = models[0] if models else platform.processor() or platform.machine()
    return f"{name} ({', '.join(sets)}), {os.cpu_count()} cores, {platform.system()} {platform.release()}"
