"""What AWS asks for, in dollars, us-east-1, without free tiers unless said: as remembered in November 2026, and **not
compared with the services' pages**, which each figure names. Whoever decides by the sums compares them first.
"""

from typing import NamedTuple

REGION = "us-east-1"
AS_OF = "2026-11"


class Price(NamedTuple):
    """Dollars for each unit."""

    dollars: float
    unit: str
    source: str


MILLION = 1_000_000
GB = 1_000_000_000

WRITE = Price(0.625 / MILLION, "write request unit, on demand", "aws.amazon.com/dynamodb/pricing/on-demand")
READ = Price(0.125 / MILLION, "read request unit, on demand", WRITE.source)
TABLE_GB = Price(0.25, "GB and month", WRITE.source)
BACKUP_GB = Price(0.20, "GB and month, point-in-time recovery", WRITE.source)
WARM_WRITE = Price(
    0.00065, "write unit per second more, once", "aws.amazon.com/dynamodb/pricing/on-demand, warm throughput"
)
WARM_READ = Price(0.00013, "read unit per second more, once", WARM_WRITE.source)
REQUEST = Price(0.20 / MILLION, "invocation", "aws.amazon.com/lambda/pricing, arm64")
COMPUTE = Price(0.0000133334, "GB-second", REQUEST.source)
READY = Price(0.0000033334, "GB-second kept ready", REQUEST.source)
READY_COMPUTE = Price(0.0000077778, "GB-second at work in what is kept ready", REQUEST.source)
PUT = Price(0.005 / 1000, "PUT or POST", "aws.amazon.com/s3/pricing, Standard")
GET = Price(0.0004 / 1000, "GET", PUT.source)
STORED_GB = Price(0.023, "GB and month", PUT.source)
TRANSITION = Price(0.025 / 1000, "state transition", "aws.amazon.com/step-functions/pricing, Standard")
HTTP_API = Price(1.00 / MILLION, "call of up to 512 KB", "aws.amazon.com/api-gateway/pricing, HTTP APIs")
REST_API = Price(3.50 / MILLION, "call", "aws.amazon.com/api-gateway/pricing, REST APIs")
ACTIVE_USER = Price(0.0046, "user a month, Lite, 100,001 to 1,000,000", "aws.amazon.com/cognito/pricing")
DISTRIBUTED = Price(0.012 / 10_000, "HTTPS request, Asia", "aws.amazon.com/cloudfront/pricing")
DELIVERED_GB = Price(0.12, "GB to Asia, first 10 TB", DISTRIBUTED.source)
OUT_GB = Price(0.09, "GB from S3 or the API to the internet, first 10 TB", "aws.amazon.com/ec2/pricing/on-demand")
LOGGED_GB = Price(0.50, "GB of logs taken in", "aws.amazon.com/cloudwatch/pricing")
SMS = Price(
    0.03,
    "SMS of one part to a number in China",
    "aws.amazon.com/sns/sms-pricing lists it by country; taken high, because carriers change it without notice",
)
