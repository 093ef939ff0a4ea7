"""One contract for every store."""

from tests.contracts.store_bursts import BurstsContract
from tests.contracts.store_dialogue import DialogueContract
from tests.contracts.store_inbox import InboxContract
from tests.contracts.store_kept import KeptContract
from tests.contracts.store_move import MoveContract
from tests.contracts.store_reasons import ReasonsContract
from tests.contracts.store_recent import RecentContract
from tests.contracts.store_secrets import SecretsContract


class StoreContract(
    InboxContract,
    DialogueContract,
    SecretsContract,
    MoveContract,
    ReasonsContract,
    RecentContract,
    BurstsContract,
    KeptContract,
):
    """Inherit it, say what a `world` is, and the store is held to all of it."""
