"""The account store: Cognito mints the tokens. Reached from `sign_in` only."""

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from songshen.ports import Tokens

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

_WRONG = {"NotAuthorizedException", "UserNotFoundException", "UserNotConfirmedException"}


class CognitoAccounts:
    """`ports.Accounts`. A candidate's password in the store is derived, and known to nobody."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool: str, client_id: str, secret: bytes) -> None:
        self._client = client
        self._pool = pool
        self._client_id = client_id
        self._secret = secret

    def sign_in_candidate(self, username: str, exam: str, registration_no: str) -> tuple[Tokens, bool]:
        person = {"custom:exam": exam, "custom:registration_no": registration_no}
        password = self._derived_password(username)
        tokens = self._initiate("ADMIN_USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=password)
        if tokens and "candidate" in tokens.groups and person.items() <= claims_of(tokens.id_token).items():
            return tokens, False
        self._activate(username, password, person)
        tokens = self._initiate("ADMIN_USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=password)
        if tokens is None:
            raise RuntimeError("the account store does not accept the account it has just made")
        return tokens, True

    def _activate(self, username: str, password: str, person: dict[str, str]) -> None:
        """Makes the account, finishes what an earlier activation left undone, or moves it to another exam."""
        attributes: list[AttributeTypeTypeDef] = [{"Name": name, "Value": value} for name, value in person.items()]
        try:
            self._client.admin_create_user(
                UserPoolId=self._pool, Username=username, MessageAction="SUPPRESS", UserAttributes=attributes
            )
        except self._client.exceptions.UsernameExistsException:
            self._client.admin_update_user_attributes(
                UserPoolId=self._pool, Username=username, UserAttributes=attributes
            )
        self._client.admin_set_user_password(
            UserPoolId=self._pool, Username=username, Password=password, Permanent=True
        )
        self._client.admin_add_user_to_group(UserPoolId=self._pool, Username=username, GroupName="candidate")

    def sign_in_staff(self, username: str, password: str) -> Tokens | None:
        return self._initiate("ADMIN_USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=password)

    def refresh(self, refresh_token: str) -> Tokens | None:
        return self._initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh_token)

    def sign_out(self, username: str) -> None:
        self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)

    def _initiate(self, flow: Any, **parameters: str) -> Tokens | None:
        try:
            made: Any = self._client.admin_initiate_auth(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                AuthFlow=flow,
                AuthParameters=parameters,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _WRONG:
                return None
            raise
        result = made.get("AuthenticationResult")
        if result is None:
            return None  # a challenge: the account's password has still to be set
        refresh = result.get("RefreshToken") or parameters.get("REFRESH_TOKEN", "")
        groups = tuple(claims_of(result["IdToken"]).get("cognito:groups", ()))
        return Tokens(result["IdToken"], refresh, result["ExpiresIn"], groups)

    def _derived_password(self, username: str) -> str:
        digest = hmac.new(self._secret, username.encode(), hashlib.sha256).hexdigest()
        return f"Aa1!{digest}"


def claims_of(id_token: str) -> dict[str, Any]:
    """What an ID token says. It comes from the account store itself, so it is not verified again."""
    payload = id_token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
