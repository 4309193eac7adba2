"""APIMart, Kling v3 Omni: images, images with roles, and videos."""

from __future__ import annotations

from tests.conformance.apimart import accepted, refused, without
from tests.conformance.apimart_v3_omni.bodies import (
    ARRIVES,
    BASE,
    CLIP,
    FEATURE,
    FRAMES,
    LEAST,
    PHOTO,
    REFERENCE,
    SECOND,
)  # fmt: skip

TURNS = {"prompt": "<<<image_1>>> turns"}
FRAMED = without(ARRIVES, "aspect_ratio")
"""With a first frame, whose shape the video has."""
WITH_FEATURE = without(ARRIVES, "audio")
EDITED = without(ARRIVES, "audio", "duration", "aspect_ratio")
"""An edit is as long and as wide as its video."""

IMAGES = [
    accepted(
        "7 images",
        "Image URL array; the page states no number, Kling's own is 7 without a video",
        LEAST | TURNS | {"image_urls": [PHOTO] * 7},
        ARRIVES | TURNS | {"image_urls": [PHOTO] * 7},
    ),
    refused(
        "a blank prompt before images",
        "Positive text prompt; <<<image_1>>> is put in front of one that there is",
        LEAST | {"prompt": " \n", "image_urls": [PHOTO]},
        "prompt",
    ),
    refused("8 images", "Kling's own limit is 7", LEAST | TURNS | {"image_urls": [PHOTO] * 8}, "image_urls"),
    refused("images that are no list", "Image URL array", LEAST | {"image_urls": PHOTO}, "image_urls"),
    accepted("an empty list of images", "Image URL array", LEAST | {"image_urls": []}, ARRIVES),
    accepted(
        "a later image alone",
        "if the prompt does not contain any <<<image_N>>> reference: it contains one",
        LEAST | {"prompt": "the cat of <<<image_2>>>", "image_urls": [PHOTO, SECOND]},
        ARRIVES | {"prompt": "the cat of <<<image_2>>>", "image_urls": [PHOTO, SECOND]},
    ),
    refused(
        "an image beyond the last",
        "N starts from 1",
        LEAST | {"prompt": "<<<image_2>>>", "image_urls": [PHOTO]},
        "prompt",
    ),
    refused("image 0", "N starts from 1", LEAST | {"prompt": "<<<image_0>>>", "image_urls": [PHOTO]}, "prompt"),
    refused("an image of none", "references the 1st image in the image_urls array", LEAST | TURNS, "prompt"),
    refused(
        "both lists of images",
        "image_urls and image_with_roles are mutually exclusive",
        LEAST | {"image_urls": [PHOTO], "image_with_roles": FRAMES},
        "image_with_roles",
    ),
]

ROLES = [
    accepted(
        "a first frame",
        "first_frame: first frame",
        LEAST | {"image_with_roles": FRAMES[:1]},
        FRAMED | {"image_with_roles": FRAMES[:1]},
    ),
    accepted(
        "both frames",
        "last_frame: last frame",
        LEAST | {"image_with_roles": FRAMES},
        FRAMED | {"image_with_roles": FRAMES},
    ),
    accepted(
        "both frames, the last one first",
        "Role-based image array: it arrives as it is given",
        LEAST | {"image_with_roles": [FRAMES[1], FRAMES[0]]},
        FRAMED | {"image_with_roles": [FRAMES[1], FRAMES[0]]},
    ),
    accepted(
        "a reference image beside a first frame",
        "reference: reference image",
        LEAST | {"prompt": "<<<image_1>>> meets <<<image_2>>>", "image_with_roles": [FRAMES[0], REFERENCE]},
        FRAMED | {"prompt": "<<<image_1>>> meets <<<image_2>>>", "image_with_roles": [FRAMES[0], REFERENCE]},
    ),
    accepted(
        "the one reference image behind a first frame",
        "<<<image_N>>> is not said to count the frames, nor not to: the prompt and the order arrive as they are given",
        LEAST | {"prompt": "the cat of <<<image_1>>>", "image_with_roles": [FRAMES[0], REFERENCE]},
        FRAMED | {"prompt": "the cat of <<<image_1>>>", "image_with_roles": [FRAMES[0], REFERENCE]},
    ),
    accepted(
        "reference images alone",
        "reference: reference image, which is what image_urls has; the prefix is promised of image_urls alone",
        LEAST | {"prompt": "the cat of <<<image_1>>>", "image_with_roles": [REFERENCE]},
        ARRIVES | {"prompt": "the cat of <<<image_1>>>", "image_urls": [SECOND]},
    ),
    accepted(
        "an aspect ratio beside frames",
        "Video aspect ratio",
        LEAST | {"image_with_roles": FRAMES, "aspect_ratio": "1:1"},
        ARRIVES | {"image_with_roles": FRAMES, "aspect_ratio": "1:1"},
    ),
    refused(
        "a last frame alone",
        "Last-frame-only input (last_frame without first frame) is invalid",
        LEAST | {"image_with_roles": [REFERENCE, FRAMES[1]]},
        "image_with_roles[1].role",
    ),
    refused(
        "two first frames",
        "first_frame: first frame",
        LEAST | {"image_with_roles": [FRAMES[0], FRAMES[0]]},
        "image_with_roles[1].role",
    ),
    refused(
        "another role",
        "first_frame, last_frame, reference",
        LEAST | {"image_with_roles": [{"url": PHOTO, "role": "end_frame"}]},
        "image_with_roles[0].role",
    ),
    refused(
        "no role",
        "Each item format: url, role",
        LEAST | {"image_with_roles": [{"url": PHOTO}]},
        "image_with_roles[0].role",
    ),
    refused(
        "a role of nothing",
        "Each item format: url, role",
        LEAST | {"image_with_roles": [{"role": "reference"}]},
        "image_with_roles[0].url",
    ),
    refused(
        "a text among the roles",
        "Each item format: url, role",
        LEAST | {"image_with_roles": [PHOTO]},
        "image_with_roles[0]",
    ),
    refused(
        "8 images with roles",
        "Kling's own limit is 7",
        LEAST | {"image_with_roles": [*FRAMES, *[REFERENCE] * 6]},
        "image_with_roles",
    ),
]

SNOW = {"prompt": "snow falls on <<<video_1>>>"}
VIDEOS = [
    accepted(
        "a base video",
        "base: video to be edited; no: do not keep",
        LEAST | SNOW | {"video_list": [BASE]},
        EDITED | SNOW | {"video_list": [BASE]},
    ),
    accepted(
        "a video of which nothing is said",
        "base: video to be edited (default); no: do not keep (default)",
        LEAST | SNOW | {"video_list": [{"video_url": CLIP}]},
        EDITED | SNOW | {"video_list": [BASE]},
    ),
    accepted(
        "a base video with its sound",
        "yes: keep original sound",
        LEAST | SNOW | {"video_list": [BASE | {"keep_original_sound": "yes"}]},
        EDITED | SNOW | {"video_list": [BASE | {"keep_original_sound": "yes"}]},
    ),
    accepted(
        "a feature video",
        "feature: feature reference video",
        LEAST | SNOW | {"video_list": [FEATURE], "duration": 8},
        WITH_FEATURE | SNOW | {"video_list": [FEATURE], "duration": 8},
    ),
    refused("2 videos", "supports at most 1 video", LEAST | {"video_list": [FEATURE, FEATURE]}, "video_list"),
    refused(
        "another use",
        "base, feature",
        LEAST | {"video_list": [BASE | {"refer_type": "edit"}]},
        "video_list[0].refer_type",
    ),
    refused(
        "sound to keep that is true",
        "no, yes",
        LEAST | {"video_list": [BASE | {"keep_original_sound": True}]},
        "video_list[0].keep_original_sound",
    ),
    refused(
        "a video of no address",
        "Reference video list (URL-based)",
        LEAST | {"video_list": [without(BASE, "video_url")]},
        "video_list[0].video_url",
    ),
    refused("a video that is not there", "the page has no such syntax; clients send it", LEAST | SNOW, "prompt"),
    accepted(
        "audio with a video",
        "When video_list is present, audio is ignored",
        LEAST | {"video_list": [FEATURE], "audio": True},
        WITH_FEATURE | {"video_list": [FEATURE]},
        "audio",
    ),
    accepted(
        "no audio with a video",
        "When video_list is present, audio is ignored",
        LEAST | {"video_list": [FEATURE], "audio": False},
        WITH_FEATURE | {"video_list": [FEATURE]},
        "audio",
    ),
    accepted(
        "a duration with a base video",
        "the page is silent; Kling ignores it: the video's own length is kept",
        LEAST | {"video_list": [BASE], "duration": 10},
        EDITED | {"video_list": [BASE]},
        "duration",
    ),
    accepted(
        "an aspect ratio with a base video",
        "Video aspect ratio",
        LEAST | {"video_list": [BASE], "aspect_ratio": "9:16"},
        EDITED | {"video_list": [BASE], "aspect_ratio": "9:16"},
    ),
    refused(
        "frames with a base video",
        "when video_list.refer_type=base (or omitted), start/end frames are not allowed",
        LEAST | {"video_list": [BASE], "image_with_roles": FRAMES},
        "image_with_roles[0].role",
        "image_with_roles[1].role",
    ),
    refused(
        "a first frame with a video of which nothing is said",
        "when video_list.refer_type=base (or omitted), start/end frames are not allowed",
        LEAST | {"video_list": [{"video_url": CLIP}], "image_with_roles": [REFERENCE, FRAMES[0]]},
        "image_with_roles[1].role",
    ),
    accepted(
        "a first frame with a feature video",
        "start/end frames are not allowed with base: they are with feature",
        LEAST | {"video_list": [FEATURE], "image_with_roles": FRAMES},
        without(WITH_FEATURE, "aspect_ratio") | {"video_list": [FEATURE], "image_with_roles": FRAMES},
    ),
    accepted(
        "images with a base video",
        "Image URL array; the page states no number, Kling's own is 4 with a video",
        LEAST | TURNS | {"video_list": [BASE], "image_urls": [PHOTO] * 4},
        EDITED | TURNS | {"video_list": [BASE], "image_urls": [PHOTO] * 4},
    ),
    refused(
        "5 images with a video",
        "Kling's own limit is 4 with a video",
        LEAST | TURNS | {"video_list": [FEATURE], "image_urls": [PHOTO] * 5},
        "image_urls",
    ),
    accepted(
        "a reference image with roles and a base video",
        "start/end frames are not allowed: a reference image is none",
        LEAST | {"video_list": [BASE], "prompt": "<<<image_1>>>", "image_with_roles": [REFERENCE]},
        EDITED | {"video_list": [BASE], "prompt": "<<<image_1>>>", "image_urls": [SECOND]},
    ),
]

INPUTS = [*IMAGES, *ROLES, *VIDEOS]
