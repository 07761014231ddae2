"""Which ONNX Runtime execution provider was asked for, and which one runs."""

from __future__ import annotations

from typing import Any

import onnxruntime

from .errors import ConfigError

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
GOLDEN_TOLERANCE = {"cpu": 1e-5, "cuda": 2e-3, "tensorrt": 2e-2}
"""Largest golden error: float32 sums on the CPU; TF32 and FP16 round to 10 bits."""


def make_session(model: bytes, provider: str, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return a session that runs on ``provider``; never silently on another.

    Args:
        model: the ONNX file's bytes.
        provider: 'cpu', 'cuda', 'tensorrt', or 'auto' for the fastest that is installed.
        threads: CPU threads of one step.

    Raises:
        ConfigError: the provider is unknown, not installed, or did not start.
    """
    name = resolve(provider)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    chain: list[Any] = [PROVIDERS[name]]
    if name == "tensorrt":
        chain.append(PROVIDERS["cuda"])
    if name != "cpu":
        chain.append(PROVIDERS["cpu"])
    session = onnxruntime.InferenceSession(model, options, providers=chain)
    running = session.get_providers()[0]
    if running != PROVIDERS[name]:
        raise ConfigError(
            f"provider '{name}' did not start, {running} would run instead; "
            "check its libraries or ask for provider 'cpu'"
        )
    return session


def resolve(provider: str) -> str:
    """Return the provider that 'auto' means here, or the one asked for if it is installed."""
    installed = onnxruntime.get_available_providers()
    if provider == "auto":
        return next(n for n in ("tensorrt", "cuda", "cpu") if PROVIDERS[n] in installed)
    if provider not in PROVIDERS:
        raise ConfigError(f"unknown provider '{provider}': expected auto, {', '.join(PROVIDERS)}")
    if PROVIDERS[provider] not in installed:
        here = ", ".join(n for n, p in PROVIDERS.items() if p in installed)
        raise ConfigError(f"provider '{provider}' is not installed; here is: {here}")
    return provider
