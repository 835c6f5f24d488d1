"""The composition root: the only place that knows every part."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kontobank import login, switchboard
from kontobank.access.approvals import Approvals
from kontobank.access.consents import Consents
from kontobank.access.journal import Journal
from kontobank.access.ledger import Ledger
from kontobank.access.registry import Registry
from kontobank.apis import berlin_group, czech_standard, obie, online
from kontobank.apis.parts import Parts
from kontobank.apis.polish_api import Face
from kontobank.app.outage import OutageDoor
from kontobank.app.recorder import Recorder
from kontobank.clock import Clock
from kontobank.faults import FaultPlan, Plan
from kontobank.login.steps import Desk
from kontobank.outages import Outages
from kontobank.quirks import Packs
from kontobank.servercert import ServerCertificates
from kontobank.signing import Seals, Signer
from kontobank.story import page
from kontobank.story.acts import Stage
from kontobank.story.told import story_of
from kontobank.transcript import Transcript

DEFAULT_SEED = 1
FACE_PATH = "/polish-api/{place}/{version}/{area}/{version_again}/{endpoint}"


def create_app(
    seed: int = DEFAULT_SEED,
    data_dir: Path = Path("kontobank-data"),
    clock: Clock | None = None,
    latency_ms: int = 0,
    public_url: str | None = None,
    certificates: ServerCertificates | None = None,
    fault_plan: Plan | None = None,
    transcript: Transcript | None = None,
    told: str = "",
) -> Starlette:
    """A bank with no consents yet; its key is in `data_dir`, made there if need be.

    Args:
        seed: the same seed shows the same people, numbers and ids.
        data_dir: the folder of the bank's seal.
        clock: the bank's time; the real one when None.
        latency_ms: how much longer every call of the interface takes.
        public_url: the address browsers reach the bank at; the request's own when None.
        certificates: what the bank shows over TLS, for the switchboard to change.
        fault_plan: how the bank fails from its start, and after each reset.
        transcript: where exchanges are written down; one that nobody started when None.
        told: the name of the story its page tells, if any.
    """
    clock = clock or Clock()
    transcript = transcript or Transcript(clock)
    consents, faults = Consents(seed, clock), FaultPlan(latency_ms, fault_plan)
    parts = Parts(
        seed=seed,
        clock=clock,
        registry=Registry(seed, clock),
        consents=consents,
        approvals=Approvals(seed, clock, consents, faults.sign_in_fault),
        ledger=Ledger(),
        journal=Journal(),
        faults=faults,
        packs=Packs(),
        signer=Signer(data_dir),
        seals=Seals(),
        public_url=public_url.rstrip("/") if public_url else None,
    )
    outages = Outages()
    stage = _stage(parts, outages, told)
    site = online.Site(parts)
    czech = czech_standard.Site(parts)
    obie_face = obie.Face(parts)
    controls = _controls(parts, outages, transcript, (site, czech, obie_face, stage))
    stage.start_anew = controls.start_anew
    return Starlette(
        middleware=_doors(transcript, outages),
        routes=[
            Route(FACE_PATH, Face(parts)),
            *berlin_group.routes(parts),
            *login.routes(parts.registry, Desk(seed, clock, faults), parts.approvals),
            *obie_face.routes(),
            *site.routes(),
            *czech.routes(),
            *switchboard.routes(controls),
            *page.routes(stage),
            *_small_routes(parts),
            *_certificate_routes(certificates),
        ],
    )


def _doors(transcript: Transcript, outages: Outages) -> list[Middleware]:
    """What every call passes, outermost first."""
    recorder = Middleware(Recorder, transcript=transcript)
    return [recorder, Middleware(OutageDoor, outages=outages)]


def _controls(
    parts: Parts,
    outages: Outages,
    transcript: Transcript,
    others: tuple[switchboard.Resettable, ...],
) -> switchboard.Controls:
    """What the switchboard moves."""
    return switchboard.Controls(
        parts.seed,
        parts.clock,
        parts.registry,
        parts.consents,
        parts.approvals,
        parts.ledger,
        parts.journal,
        parts.faults,
        parts.seals,
        outages,
        transcript,
        parts.packs,
        others,
    )


def _stage(parts: Parts, outages: Outages, told: str) -> Stage:
    """What the page of the bank's world shows and moves."""
    return Stage(
        parts.seed,
        parts.clock,
        parts.registry,
        parts.consents,
        parts.journal,
        parts.faults,
        outages,
        parts.packs,
        story_of(told) if told else None,
    )


def _small_routes(parts: Parts) -> list[Route]:
    async def jwks(_request: Request) -> Response:
        return JSONResponse(parts.signer.jwks)

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "now": parts.clock.now().isoformat()})

    return [
        Route("/keys/jwks.json", jwks, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
    ]


def _certificate_routes(certificates: ServerCertificates | None) -> list[Route]:
    async def show(request: Request) -> Response:
        """The bank shows another certificate over TLS, and cuts what is connected."""
        if certificates is None:
            return JSONResponse({"error": "the bank serves no TLS; start it with --tls"}, 404)
        try:
            certificates.show(str((await request.json()).get("kind")))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse({"shown": certificates.shown})

    return [Route("/switchboard/certificate", show, methods=["POST"])]
