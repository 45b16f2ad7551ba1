"""Deploy to AWS: `make deploy STACK=songshen REGION=ap-southeast-1`, with your own credentials.

The same template and the same pages as on the emulator. `sam deploy` shows what will change and
asks; further template parameters are given in samconfig.toml, environment `production`.
"""

import os
import subprocess
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts.audit import audit
from scripts.building import ROOT, SAM, CommandError, build_pages, sam_build, sam_environment, step
from scripts.local import outputs
from scripts.publish import Destination, publish

BUILD = ROOT / ".local" / "production"
PROCESSOR = "arm64"  # the template's default: parameters given here would replace those of samconfig.toml


def _sam_build() -> bool:
    sam_build(BUILD, PROCESSOR)
    return True


def _audited() -> bool:
    if not os.environ.get("SONGSHEN_UNAUDITED"):  # where OSV cannot be reached, after `make audit` elsewhere
        audit()
    return True


def destination(found: dict[str, str], region: str) -> Destination:
    """Where the pages go, from the stack's outputs; S3 is reached by either of its names."""

    def bucket(name: str) -> tuple[str, str]:
        return f"https://{name}.s3.{region}.amazonaws.com", f"https://{name}.s3.amazonaws.com"

    return Destination(
        bucket=found["WebBucket"],
        distribution=found["DistributionId"],
        connect=(*bucket(found["InboxBucket"]), *bucket(found["RostersBucket"])),
        images=bucket(found["MaterialsBucket"]),
    )


def deploy(stack: str, region: str) -> int:
    """Build, deploy, publish; 1 if `sam deploy` failed or was declined."""
    boto3.setup_default_session(region_name=region)
    account = boto3.client("sts").get_caller_identity()["Account"]
    print(f"deploying {stack} to account {account}, {region}", file=sys.stderr)
    step("known vulnerabilities", _audited)
    step("pages", build_pages)
    step("functions", _sam_build)
    settings = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "production"]
    options = [*settings, "--template-file", str(BUILD / "template.yaml")]
    named = ["--stack-name", stack, "--region", region]
    command = [str(SAM / "sam"), "deploy", *options, *named]
    if subprocess.run(command, cwd=ROOT, env=sam_environment(), check=False).returncode:
        return 1
    found = outputs(stack)
    published = publish(destination(found, region))
    pages = f"https://{found['DistributionDomain']}"
    print(f"{published} files published\n  {pages}/\n  {pages}/review/index.html")
    return 0


def main() -> int:
    """The command line: stack name and Region."""
    match sys.argv[1:]:
        case [stack, region] if stack and region:
            try:
                return deploy(stack, region)
            except (CommandError, BotoCoreError, ClientError) as error:
                print(f"\n{error}", file=sys.stderr)
                return 1
        case _:
            print("make deploy STACK=<name> REGION=<AWS Region>", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
