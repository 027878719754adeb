"""deploy/kubernetes: what the published schemas take, and what the service needs of a cluster."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from app.environment import read_settings
from app.settings import options

BASE: Final = Path(__file__).parents[2] / "deploy" / "kubernetes"
KUSTOMIZATION: Final[dict[str, Any]] = yaml.safe_load((BASE / "kustomization.yaml").read_text())
SECRET: Final = {"SECRET_KEY": "s" * 32, "DATABASE_URL": "postgresql://images@db/images"}
OF_OTHERS: Final = ("AWS_",)
STOPPING: Final = 20
"""Seconds for requests in flight and the job in hand, after the drain."""


def resources() -> list[dict[str, Any]]:
    return [one for name in KUSTOMIZATION["resources"] for one in yaml.safe_load_all((BASE / name).read_text())]


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in resources() if one["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    return {
        name: one["spec"]["template"]["spec"] for kind in ("Deployment", "Job") for name, one in named(kind).items()
    }


def environ(pod: dict[str, Any]) -> dict[str, str]:
    """As the container gets it, of the config map, the secret and its own."""
    [container] = pod["containers"]
    own = {one["name"]: one["value"] for one in container.get("env", [])}
    [settings] = named("ConfigMap").values()
    return settings["data"] | SECRET | own


def test_every_file_is_part_of_the_base() -> None:
    """Nothing lies there that is not applied."""
    assert {*KUSTOMIZATION["resources"], "kustomization.yaml"} == {path.name for path in BASE.iterdir()}
    assert KUSTOMIZATION["images"] == [
        {"name": "product-images", "newName": "product-images", "newTag": version("product-images")}
    ]


def test_the_schemas_take_it() -> None:
    """Those that Kubernetes publishes, with no unknown member; also of a version that is old by now."""
    files = [str(BASE / name) for name in KUSTOMIZATION["resources"]]
    for published in ("1.30", "1.37"):
        check = [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", published, *files]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["web", "worker", "migration"])
def test_a_pod_starts_with_these_settings(name: str) -> None:
    """Each variable is an option; web and worker are two things, and listen where they are asked for their health."""
    pod = pods()[name]
    told = environ(pod)
    known = {option.name.upper() for option in options()}
    assert [one for one in told if one not in known and not one.startswith(OF_OTHERS)] == []
    settings = read_settings(told)
    assert not settings.embedded
    ports = {port["name"]: port["containerPort"] for one in pod["containers"] for port in one.get("ports", [])}
    assert ports == {"web": {"http": settings.port}, "worker": {"http": settings.worker_port}}.get(name, {})
    assert settings.run_worker is (name != "web")


@pytest.mark.parametrize("name", ["web", "worker", "migration"])
def test_a_pod_has_no_rights(name: str) -> None:
    """It is nobody, on a tree that is read-only but for what the program writes to."""
    pod = pods()[name]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_deployment_loses_no_request(name: str) -> None:
    """It may take its time to stop; a new pod is ready before an old one goes; nodes are emptied one by one."""
    deployment, budget = named("Deployment")[name], named("PodDisruptionBudget")[name]
    pod = deployment["spec"]["template"]["spec"]
    settings = read_settings(environ(pod))
    assert pod["terminationGracePeriodSeconds"] > settings.drain_seconds + STOPPING
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["spec"]["maxUnavailable"] == 1
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for selector in (deployment["spec"]["selector"], budget["spec"]["selector"]):
        assert selector["matchLabels"].items() <= labels.items()
    [container] = pod["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert {container[f"{when}Probe"]["httpGet"]["path"] for when in ("startup", "readiness")} == {"/health/ready"}


def test_the_service_finds_the_web_pods() -> None:
    """By the port's name and by a label that they have, and the worker has not."""
    service = named("Service")["web"]["spec"]
    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in named("Deployment").items()}
    chosen = [name for name, those in labels.items() if service["selector"].items() <= those.items()]
    assert chosen == ["web"]
    assert [port["targetPort"] for port in service["ports"]] == ["http"]
