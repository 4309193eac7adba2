"""What a media file says of itself, read from its container by MediaInfo."""

from typing import BinaryIO

from pymediainfo import MediaInfo

from klingway.use_cases.ports import Measured

_NOTHING = Measured(duration_s=None, width=None, height=None)


def measure(file: BinaryIO) -> Measured:
    """Return a film's or picture's length and size; nothing where the file is neither."""
    tracks = MediaInfo.parse(file).tracks
    is_truncated = any(track.istruncated == "Yes" for track in tracks if track.track_type == "General")
    for track in tracks:
        if track.track_type in {"Video", "Image"}:
            milliseconds = track.duration
            return Measured(
                duration_s=None if milliseconds is None else round(float(milliseconds) / 1000, 3),
                width=track.width,
                height=track.height,
                is_truncated=is_truncated,
            )
    return _NOTHING
