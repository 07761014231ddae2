"""Which ONNX Runtime execution provider was asked for, and which one runs."""

from __future__ import annotations

import onnxruntime

from ..errors import ConfigError
from .engines import engine_options

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Fastest first: ``auto`` takes the first that starts."""
MOST_THREADS = 64
GOLDEN_TOLERANCE = {"cpu": 1e-5, "cuda": 2e-3, "tensorrt": 2e-2}
"""Largest golden error: float32 sums on the CPU; TF32 and FP16 round to 10 bits."""


def make_session(
    model: bytes, provider: str, threads: int = 1
) -> tuple[onnxruntime.InferenceSession, str]:
    """Return a session and the name of the provider that runs it; a named one never falls back.

    Args:
        model: the ONNX file's bytes.
        provider: 'cpu', 'cuda', 'tensorrt', or 'auto' for the fastest that starts here: one
            that is compiled in but lacks its libraries is passed over.
        threads: CPU threads of one step.

    Raises:
        ConfigError: the provider is unknown, not installed, or did not start, or there are too
            many threads.
    """
    if not 1 <= threads <= MOST_THREADS:
        raise ConfigError(f"threads: expected 1 to {MOST_THREADS}, found {threads}")
    if provider == "auto":
        return _fastest(model, threads)
    installed = onnxruntime.get_available_providers()
    if provider not in PROVIDERS:
        raise ConfigError(f"unknown provider '{provider}': expected auto, {', '.join(PROVIDERS)}")
    if PROVIDERS[provider] not in installed:
        here = ", ".join(n for n, p in PROVIDERS.items() if p in installed)
        raise ConfigError(f"provider '{provider}' is not installed; here is: {here}")
    session = _start(model, provider, threads)
    running = session.get_providers()[0]
    if running != PROVIDERS[provider]:
        raise ConfigError(
            f"provider '{provider}' did not start, {running} would run instead; "
            "check its libraries or ask for provider 'cpu'"
        )
    return session, provider


def _fastest(model: bytes, threads: int) -> tuple[onnxruntime.InferenceSession, str]:
    installed = onnxruntime.get_available_providers()
    for name, provider in PROVIDERS.items():
        if name == "cpu" or provider not in installed:
            continue
        try:
            session = _start(model, name, threads)
        except Exception:  # compiled in, but its libraries are not on this machine
            continue
        if session.get_providers()[0] == provider:
            return session, name
    return _start(model, "cpu", threads), "cpu"


def _start(model: bytes, name: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    installed = onnxruntime.get_available_providers()
    chain = [p for p in list(PROVIDERS.values())[list(PROVIDERS).index(name) :] if p in installed]
    tensorrt = PROVIDERS["tensorrt"]
    of_each = [engine_options(model) if p == tensorrt else {} for p in chain]
    return onnxruntime.InferenceSession(model, options, providers=chain, provider_options=of_each)
