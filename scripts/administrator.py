"""Makes an exam's first administrator, who employs everybody else:
`python -m scripts.administrator STACK EXAM USERNAME`.

Uses the operator's own AWS credentials and prints the initial password, which the first sign-in replaces. Again for the
same name it gives another initial password: the way back in when every administrator has lost theirs.
"""

import secrets
import sys
from datetime import UTC, datetime

import boto3

from songshen.adapters.cognito import CognitoStaff
from songshen.adapters.staffbook import DynamoStaffBook
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.ports import Written

OPERATOR = "operator"
"""Who did it, in the record of changes."""


def found(table: str, pool: str, exam: str, username: str) -> str:
    """The initial password of an administrator who is there from now on. RuntimeError if the name is taken."""
    book = DynamoStaffBook(boto3.client("dynamodb"), table)
    held = book.member(exam, username)
    member = Member(exam, username, StaffRole.ADMIN, version=held.version + 1 if held else 1)
    change = StaffChange(datetime.now(UTC), OPERATOR, username, "password" if held else "created", member.role)
    if book.found(member, change) is not Written.DONE:
        raise RuntimeError(f"The user name {username} belongs to somebody else. Choose another one.")
    accounts = CognitoStaff(boto3.client("cognito-idp"), pool)
    accounts.employ(member)
    accounts.set_disabled(username, False)
    password = secrets.token_urlsafe(15)
    accounts.set_initial_password(username, password)
    return password


def outputs_of(stack: str) -> dict[str, str]:
    """What a stack says of itself."""
    (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}


def main() -> None:
    """Reads the stack's outputs and prints the password."""
    if len(sys.argv) != 4:
        sys.exit("usage: python -m scripts.administrator STACK EXAM USERNAME")
    stack, exam, username = sys.argv[1:]
    outputs = outputs_of(stack)
    password = found(outputs["TableName"], outputs["UserPoolId"], exam, username)
    print(f"{username} may sign in with this initial password, and then chooses another one:\n{password}")


if __name__ == "__main__":
    main()
