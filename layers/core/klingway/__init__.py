"""The part of Klingway that runs in AWS Lambda."""

from typing import Final

VERSION: Final = "0.1.0"
