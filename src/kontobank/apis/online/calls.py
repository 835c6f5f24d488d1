"""One request to the online service while it is answered."""

from dataclasses import dataclass, field

from kontobank.apis.online.visits import Visit
from kontobank.faults import Fault
from kontobank.mask import Mask


@dataclass
class Call:
    """What is asked for, where and by whom; the log's columns are filled in as they get known."""

    endpoint: str
    place: str
    country: str
    mask: Mask
    visit: Visit | None = None
    form: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    account: str | None = None
    page: int = 1
    is_hostile: bool = False
    fault: Fault | None = None

    @property
    def where(self) -> tuple[str, str, Mask]:
        """What every page needs to know."""
        return self.place, self.country, self.mask
