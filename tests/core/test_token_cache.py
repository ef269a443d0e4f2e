"""What a worker remembers: so many tokens and no more, of one epoch, for many threads."""

import random
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator

import pytest

from webapp.core.claims import AccessClaims
from webapp.core.models import User
from webapp.core.token_cache import CachedToken, TokenCache


def cached(token: str, kid: str = "key") -> CachedToken:
    claims = AccessClaims("ada", token, 0, "browser", "user", "ada@example.com", "id", 0, 300)
    return CachedToken(User("ada", "ada@example.com", "Ada", "user"), claims, kid)


def remember(memory: TokenCache, *tokens: str, epoch: int = 1) -> None:
    for token in tokens:
        memory.put(token, cached(token), epoch)


def recalled(memory: TokenCache, *tokens: str, epoch: int = 1) -> list[str]:
    return [token for token in tokens if memory.get(token, epoch)]


@pytest.fixture
def memory() -> TokenCache:
    return TokenCache(3)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """They take turns as often as they can, so that a missing lock shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_a_token_is_cached_as_it_was_verified(memory: TokenCache) -> None:
    known = cached("a")
    memory.put("a", known, 1)
    assert memory.get("a", 1) is known
    assert memory.get("b", 1) is None


def test_the_one_that_was_not_asked_for_the_longest_is_forgotten_first(memory: TokenCache) -> None:
    remember(memory, "a", "b", "c")
    memory.get("a", 1)
    remember(memory, "d")
    assert recalled(memory, "a", "b", "c", "d") == ["a", "c", "d"]


def test_however_many_come_it_keeps_its_size() -> None:
    memory, tokens = TokenCache(100), [str(number) for number in range(5000)]
    remember(memory, *tokens)
    assert recalled(memory, *tokens) == tokens[-100:]


def test_the_same_token_again_takes_no_other_place(memory: TokenCache) -> None:
    remember(memory, "a", "b", "c", "c", "c")
    assert recalled(memory, "a", "b", "c") == ["a", "b", "c"]


def test_a_memory_of_no_size_remembers_nothing() -> None:
    memory = TokenCache(0)
    remember(memory, "a")
    assert recalled(memory, "a") == []


def test_in_another_epoch_nothing_is_recalled(memory: TokenCache) -> None:
    remember(memory, "a", epoch=1)
    assert recalled(memory, "a", epoch=2) == []
    assert recalled(memory, "a", epoch=-1) == []


def test_another_epoch_begins_empty(memory: TokenCache) -> None:
    remember(memory, "a", epoch=1)
    remember(memory, "b", epoch=2)
    assert recalled(memory, "a", "b", epoch=2) == ["b"]
    assert recalled(memory, "a", "b", epoch=1) == []


def test_an_answer_from_before_a_new_epoch_is_not_remembered(memory: TokenCache) -> None:
    remember(memory, "new", epoch=2)
    remember(memory, "late", epoch=1)
    assert recalled(memory, "new", "late", epoch=2) == ["new"]
    assert recalled(memory, "new", "late", epoch=1) == []


def test_while_something_may_be_missed_nothing_is_remembered(memory: TokenCache) -> None:
    remember(memory, "a", epoch=-1)
    assert recalled(memory, "a", epoch=-1) == []


class Interrupted(OrderedDict[str, CachedToken]):
    """Between finding a token and using it, another thread comes along."""

    def __init__(self, meanwhile: threading.Thread) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def get(self, token: str, default: CachedToken | None = None) -> CachedToken | None:
        found = super().get(token, default)
        if not self._meanwhile.ident:
            self._meanwhile.start()
            self._meanwhile.join(0.05)  # as long as it may go on, if it is not held up
        return found


def test_what_is_being_recalled_is_not_thrown_out_meanwhile() -> None:
    memory = TokenCache(1)
    memory._tokens = Interrupted(threading.Thread(target=remember, args=(memory, "b")))
    remember(memory, "a")
    assert recalled(memory, "a") == ["a"]
    memory._tokens._meanwhile.join()
    assert recalled(memory, "a", "b") == ["b"]


@pytest.mark.usefixtures("hasty_threads")
def test_many_threads_get_no_other_token_no_older_epoch_and_no_error() -> None:
    memory, wrong, tokens = TokenCache(1), [], ["a", "b"]

    def use(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for step in range(3000):
                token, epoch = dice.choice(tokens), step // 1000
                memory.put(token, cached(token, kid=str(epoch)), epoch)
                asked = dice.choice(tokens)
                found = memory.get(asked, epoch)
                if found and (found.claims.sid, found.kid) != (asked, str(epoch)):
                    wrong.append(f"{asked} in epoch {epoch}: {found}")
        except Exception as error:
            wrong.append(repr(error))

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(recalled(memory, *tokens, epoch=2)) == 1
