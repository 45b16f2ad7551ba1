"""SMS by SNS."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from songshen.ports import SmsFailed

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient
    from types_boto3_sns.type_defs import MessageAttributeValueTypeDef

# What no further try can change; all else is raised as it is, for the workflow to retry.
_FINAL = {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "OptedOut", "ValidationException"}


class SnsSms:
    """`ports.Sms`. What may succeed later is raised as the service raised it."""

    def __init__(self, client: "SNSClient") -> None:
        self._client = client

    def send(self, phone: str, text: str) -> None:
        kind: MessageAttributeValueTypeDef = {"DataType": "String", "StringValue": "Transactional"}
        try:
            self._client.publish(PhoneNumber=phone, Message=text, MessageAttributes={"AWS.SNS.SMS.SMSType": kind})
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _FINAL:
                raise SmsFailed(code) from error
            raise
