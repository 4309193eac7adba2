"""AWS unit prices in us-east-1, US dollars, as the price list of September 2026 has them; no free tier counted."""

from typing import Final

LAMBDA_GB_S: Final = 0.0000133334
"""arm64."""
LAMBDA_REQUEST: Final = 0.20e-6
HTTP_API_REQUEST: Final = 1.00e-6
DYNAMODB_WRITE_UNIT: Final = 0.625e-6
DYNAMODB_READ_UNIT: Final = 0.125e-6
SQS_REQUEST: Final = 0.40e-6
EVENTBRIDGE_EVENT: Final = 1.00e-6
S3_PUT: Final = 0.005e-3
S3_GET: Final = 0.0004e-3
SECRETS_MANAGER_CALL: Final = 0.05 / 10_000
LOG_GB: Final = 0.50
STEP_FUNCTIONS_TRANSITION: Final = 25e-6
"""Of a standard workflow."""
SECRET_MONTH: Final = 0.40
ALARM_METRIC_MONTH: Final = 0.10
"""Of standard resolution."""
