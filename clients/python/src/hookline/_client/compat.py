"""Typing of later Pythons. Pydantic, and so FastAPI, takes a `TypedDict` of `typing` from Python 3.12 on only."""

import sys

if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict, Unpack
else:
    from typing_extensions import NotRequired, TypedDict, Unpack

__all__ = ["NotRequired", "TypedDict", "Unpack"]
