"""What a request costs at a provider, from the published prices of its profile."""

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.job import Price
from klingway.domain.request import DEFAULT_MODE, DEFAULT_MODEL, VideoRequest


def price_of(request: VideoRequest, profile: ProviderProfile) -> Price | None:
    """Return the price of a request; None where it is unknown: no price published, or an edit of unknown length."""
    model = profile.models.get(request.model or DEFAULT_MODEL)
    prices = None if model is None else model.prices
    duration_s = request.asked_duration_s
    if prices is None or duration_s is None:
        return None
    for rate in prices.rates:
        if (
            rate.mode == (request.mode or DEFAULT_MODE)
            and rate.sound in {None, bool(request.sound)}
            and rate.video in {None, request.video is not None}
        ):
            return Price(rate.per_second * duration_s, prices.currency, prices.source)
    return None
