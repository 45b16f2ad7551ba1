"""The account store: Cognito mints the tokens. Reached from `sign_in` and `staff`, and at the end from `deadlines`."""

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from songshen.domain.errors import Code, Refused
from songshen.domain.people import Member, StaffRole, roles_of
from songshen.ports import Tokens

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

SHORTEST = 12
"""Characters of a password, as the pool's policy has it."""
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
        if tokens and "candidate" in tokens.roles and person.items() <= claims_of(tokens.id_token).items():
            return tokens, False
        self._activate(username, password, person)
        tokens = self._initiate("ADMIN_USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=password)
        if tokens is None or "candidate" not in tokens.roles:
            raise RuntimeError(
                "the account store does not accept the account it has just made, or it is somebody else's"
            )
        return tokens, True

    def _activate(self, username: str, password: str, person: dict[str, str]) -> None:
        """Makes the account, finishes what an earlier activation left undone, or moves it to another exam."""
        attributes: list[AttributeTypeTypeDef] = [{"Name": name, "Value": value} for name, value in person.items()]
        try:
            self._client.admin_create_user(
                UserPoolId=self._pool, Username=username, MessageAction="SUPPRESS", UserAttributes=attributes
            )
        except self._client.exceptions.UsernameExistsException:
            # Whoever had the name before has a session that would be renewed with what is written now.
            self.sign_out(username)
            self._client.admin_update_user_attributes(
                UserPoolId=self._pool, Username=username, UserAttributes=attributes
            )
        self._client.admin_set_user_password(
            UserPoolId=self._pool, Username=username, Password=password, Permanent=True
        )

    def sign_in_staff(self, username: str, password: str, new_password: str = "") -> Tokens | None:
        made = self._ask("ADMIN_USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=password)
        if made and made.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
            if not new_password:
                raise Refused(Code.NEW_PASSWORD_REQUIRED)
            if len(new_password) < SHORTEST or new_password == password:
                raise Refused(Code.WEAK_PASSWORD)
            made = self._client.admin_respond_to_auth_challenge(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                ChallengeName="NEW_PASSWORD_REQUIRED",
                ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": new_password},
                Session=made["Session"],
            )
        return _tokens(made)

    def refresh(self, refresh_token: str) -> Tokens | None:
        return self._initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh_token)

    def sign_out(self, username: str) -> None:
        self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)

    def _initiate(self, flow: Any, **parameters: str) -> Tokens | None:
        return _tokens(self._ask(flow, **parameters), parameters.get("REFRESH_TOKEN", ""))

    def _ask(self, flow: Any, **parameters: str) -> Any:
        """What the store answers; None if it does not accept what it was given."""
        try:
            return self._client.admin_initiate_auth(
                UserPoolId=self._pool,
                ClientId=self._client_id,
                AuthFlow=flow,
                AuthParameters=parameters,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _WRONG:
                return None
            raise

    def _derived_password(self, username: str) -> str:
        digest = hmac.new(self._secret, username.encode(), hashlib.sha256).hexdigest()
        return f"Aa1!{digest}"


class CognitoCandidates:
    """`ports.CandidateAccounts`."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool: str) -> None:
        self._client = client
        self._pool = pool

    def remove(self, username: str) -> None:
        with suppress(self._client.exceptions.UserNotFoundException):
            self._client.admin_delete_user(UserPoolId=self._pool, Username=username)


class CognitoStaff:
    """`ports.StaffAccounts`."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool: str) -> None:
        self._client = client
        self._pool = pool

    def employ(self, member: Member) -> None:
        # Without a registration number nobody is a candidate, whatever the groups are meanwhile.
        places = {"exam": member.exam, "area": member.area, "site": member.site, "registration_no": ""}
        # A blank value takes the attribute away.
        attributes: list[AttributeTypeTypeDef] = [
            {"Name": f"custom:{name}", "Value": value} for name, value in places.items()
        ]
        given = [one for one in attributes if one["Value"]]
        try:
            self._client.admin_create_user(
                UserPoolId=self._pool, Username=member.username, MessageAction="SUPPRESS", UserAttributes=given
            )
        except self._client.exceptions.UsernameExistsException:
            self.end_sessions(member.username)
            self._client.admin_update_user_attributes(
                UserPoolId=self._pool, Username=member.username, UserAttributes=attributes
            )
        for role in StaffRole:
            if role != member.role:
                self._client.admin_remove_user_from_group(
                    UserPoolId=self._pool, Username=member.username, GroupName=role
                )
        self._client.admin_add_user_to_group(UserPoolId=self._pool, Username=member.username, GroupName=member.role)

    def set_initial_password(self, username: str, password: str) -> None:
        self._client.admin_set_user_password(
            UserPoolId=self._pool, Username=username, Password=password, Permanent=False
        )

    def is_new(self, username: str) -> bool:
        try:
            found = self._client.admin_get_user(UserPoolId=self._pool, Username=username)
        except self._client.exceptions.UserNotFoundException:
            return True
        return found["UserStatus"] == "FORCE_CHANGE_PASSWORD"

    def end_sessions(self, username: str) -> None:
        self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)

    def set_disabled(self, username: str, disabled: bool) -> None:
        if disabled:
            self._client.admin_disable_user(UserPoolId=self._pool, Username=username)
        else:
            self._client.admin_enable_user(UserPoolId=self._pool, Username=username)


def _tokens(made: Any, refresh_token: str = "") -> Tokens | None:
    """The tokens in an answer; None if there are none, as in a challenge."""
    result = made.get("AuthenticationResult") if made else None
    if result is None:
        return None
    refresh = result.get("RefreshToken") or refresh_token
    claims = claims_of(result["IdToken"])
    person = (claims.get(f"custom:{name}", "") for name in ("exam", "registration_no"))
    return Tokens(result["IdToken"], refresh, result["ExpiresIn"], roles_of(claims.get("cognito:groups", ()), *person))


def claims_of(id_token: str) -> dict[str, Any]:
    """What an ID token says. It comes from the account store itself, so it is not verified again."""
    payload = id_token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
