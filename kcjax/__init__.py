"""kcjax: universal information extraction with schemas as code, on JAX."""

__version__ = "0.1.0"
__all__ = ["Extractor"]


def __getattr__(name: str):
    """`from kcjax import Extractor`, without loading JAX for those who only read schemas."""
    if name == "Extractor":
        from kcjax.extract.extractor import Extractor

        return Extractor
    raise AttributeError(f"module 'kcjax' has no attribute {name!r}")
