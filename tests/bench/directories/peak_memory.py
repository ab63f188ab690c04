"""What a process says of its memory."""

from pathlib import Path


def memory(pid: int | str, name: str) -> float:
    """Read a line of a process's memory, such as `VmRSS`. Units: MiB. Source: proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def forget_peak(pid: int | str) -> float:
    """Let the peak start at what a process uses now, and return that. Units: MiB. Source: proc(5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return memory(pid, "VmRSS")
