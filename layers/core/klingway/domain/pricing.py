"""What a request costs at a provider, from the published prices of its profile."""

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.job import Price
from klingway.domain.request import AnyRequest


def price_of(request: AnyRequest, profile: ProviderProfile) -> Price | None:
    """Return the price of a request; None where it is unknown: none published, or of what nobody knows the length or number."""
    model = profile.models_of(request.kind).get(request.asked_model)
    prices = None if model is None else model.prices
    units = request.billed_units
    if prices is None or units is None:
        return None
    rate = next((rate for rate in prices.rates if rate.fits(request)), None)
    return None if rate is None else Price(rate.per_unit * units, prices.currency, prices.source)
