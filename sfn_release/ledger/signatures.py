"""Whether commits and tags of a ledger have a good signature of an allowed principal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from sfn_release.errors import ConfigError, SfnReleaseError
from sfn_release.ledger.git import Git
from sfn_release.ledger.git.scratch_repository import scratch_repository
from sfn_release.ledger.git.signature_checks import Keyring, keyring
from sfn_release.ledger.git.signature_words import SignatureCheck, signature_in
from sfn_release.ledger.layout import TAGS, Layout
from sfn_release.ledger.signed_trailer import misplaced_signature
from sfn_release.ledger.trusted_signers import ProtectedBranch, TrustedSigners

SignatureStatus = Literal[
    "good", "unsigned", "bad", "unknown_key", "expired", "revoked", "unverifiable"
]
_NO_TAG = b"another object"
_PAGE = 20  # commits whose signatures are checked together
_AT_ONCE = 200  # tags in one command; a command line has a maximal length


@dataclass(frozen=True)
class SignatureVerdict:
    """The verdict on the signature of one commit or tag.

    *principal* is the signer's name in the file of allowed signers, and *key* the fingerprint.
    *why* explains every status but ``good``, in one line. ``unverifiable`` means that the signature
    can't be checked here: there is no file of allowed signers, or a program is missing. A *pinned*
    commit is part of the project's ``unsigned_history``: its id vouches for it.
    """

    status: SignatureStatus
    principal: str = ""
    key: str = ""
    why: str = ""
    pinned: bool = False

    @property
    def good(self) -> bool:
        """Whether an allowed principal made the signature."""
        return self.status == "good"

    @property
    def accepted(self) -> bool:
        """Whether the signature is good, or isn't needed."""
        return self.good or self.pinned

    @property
    def text(self) -> str:
        """The verdict in words: ``signed by alice@example.com (SHA256:…)``."""
        if self.good:
            return f"signed by {self.principal} ({self.key})"
        words = _WORDS[self.status]
        words = f"{words}: {self.why}" if self.why else words
        return f"{words} (accepted by unsigned_history)" if self.pinned else words


_WORDS: Mapping[SignatureStatus, str] = {
    "good": "signed",
    "unsigned": "not signed",
    "bad": "the signature is bad",
    "unknown_key": "signed with a key that isn't allowed",
    "expired": "signed outside the period of its key",
    "revoked": "signed with a revoked key",
    "unverifiable": "the signature can't be checked",
}


@dataclass(frozen=True)
class Signatures:
    """The signatures of a ledger's commits and tags.

    *read_branch* returns the protected branch with the allowed signers; it is called once, when a
    signature is checked. Verdicts are kept while the process lives.
    """

    git: Git
    layout: Layout
    read_branch: Callable[[], ProtectedBranch]
    _known: dict[str, tuple[SignatureVerdict, str]] = field(default_factory=dict, compare=False)
    """The verdict on each object, and the text of the object."""

    @cached_property
    def trusted(self) -> TrustedSigners | SfnReleaseError:
        """The allowed signers, or the error that says why there are none."""
        try:
            branch = self.protected
            return branch.signers() if isinstance(branch, ProtectedBranch) else branch
        except SfnReleaseError as error:
            return error

    @cached_property
    def protected(self) -> ProtectedBranch | SfnReleaseError:
        """The protected branch, or the error that says why it can't be read."""
        try:
            return self.read_branch()
        except SfnReleaseError as error:
            return error

    def signed(self, object_ids: Iterable[str]) -> bool:
        """Return whether one of these objects is signed, by anyone."""
        contents = self.git.objects.contents([*object_ids])
        return any(content is not None and signature_in(content) for content in contents)

    def of(self, object_id: str) -> SignatureVerdict:
        """Return the verdict on a commit or tag that this clone has."""
        return self.of_all([object_id])[object_id]

    def of_all(self, object_ids: Iterable[str], *, ref: str = "") -> dict[str, SignatureVerdict]:
        """Return the verdicts on commits or tags that this clone has.

        With a *ref*, a commit that was signed for another branch of the ledger is ``bad``.
        """
        asked = list(dict.fromkeys(object_ids))
        self._learn([object_id for object_id in asked if object_id not in self._known])
        verdicts = {}
        for object_id in asked:
            verdict, text = self._known[object_id]
            wrong = misplaced_signature(self.layout, ref, text) if ref and verdict.good else None
            if wrong is not None:
                verdict = replace(verdict, status="bad", why=wrong)
            if not verdict.good and object_id in self.pinned:
                verdict = replace(verdict, pinned=True)
            verdicts[object_id] = verdict
        return verdicts

    def good_before(self, commit: str, *, ref: str) -> str | None:
        """Return the newest commit below *commit* on *ref* with a good signature, None for none."""
        below = [older for older, _ in self.git.history.log(commit)][1:]
        for start in range(0, len(below), _PAGE):
            page = below[start : start + _PAGE]
            verdicts = self.of_all(page, ref=ref)
            good = next((older for older in page if verdicts[older].good), None)
            if good is not None:
                return good
        return None

    def of_tags(self, tags: Mapping[str, str]) -> dict[str, SignatureVerdict]:
        """Return the verdicts on *tags* (``{full ref: object id}``), also on the remote's.

        A tag whose object has another name is ``bad``, and a lightweight one ``unsigned``. Raises
        NotReachedError when a tag's object is on the remote alone, which isn't reached.
        """
        contents = self.git.objects.contents([*tags.values()])
        here = {
            ref: tag
            for (ref, tag), content in zip(tags.items(), contents, strict=True)
            if content is not None
        }
        self._learn([tag for tag in here.values() if tag not in self._known])
        self._learn_remote({ref: tag for ref, tag in tags.items() if tag not in self._known})
        return {ref: _named(*self._known[tag], ref.removeprefix(TAGS)) for ref, tag in tags.items()}

    def trial(self) -> SignatureVerdict:
        """Return the verdict on a trial signature with your own key; raises SigningError.

        Without allowed signers, it is ``unverifiable``.
        """
        from sfn_release.ledger.git.trial_signature import trial_signature

        def check(verify: Callable[[Keyring], SignatureCheck]) -> SignatureCheck:
            if not isinstance(self.trusted, TrustedSigners):
                return SignatureCheck("unverifiable", why=self.trusted.message)
            try:
                with keyring(self.git.repository, self.trusted.keys) as keys:
                    return verify(keys)
            except ConfigError as unreadable:
                return SignatureCheck("unverifiable", why=unreadable.message)

        found = trial_signature(self.git.repository, check)
        return SignatureVerdict(found.result, found.principal, found.key, found.why)

    @cached_property
    def pinned(self) -> frozenset[str]:
        """The commits up to which no signature is needed."""
        if not isinstance(self.trusted, TrustedSigners) or not self.trusted.unsigned_history:
            return frozenset()
        return frozenset(self.git.history.ancestors(self.trusted.unsigned_history))

    def _learn(self, object_ids: list[str]) -> None:
        """Check objects of this clone."""
        contents = self.git.objects.contents(object_ids)
        pairs = [
            (object_id, content or b"")
            for object_id, content in zip(object_ids, contents, strict=True)
        ]
        self._check(pairs, lambda keys: keys)

    def _learn_remote(self, tags: Mapping[str, str]) -> None:
        """Check tags whose objects only the remote has."""
        remote = self.layout.remote
        refs = sorted(tags)
        for start in range(0, len(refs) if remote else 0, _AT_ONCE):
            page = refs[start : start + _AT_ONCE]
            with scratch_repository(self.git.repository) as scratch:
                refspecs = [f"+{ref}:refs/asked/{number}" for number, ref in enumerate(page)]
                scratch.fetch(remote or "", refspecs, depth=1)
                pairs = [(tags[ref], scratch.run("cat-file", "tag", tags[ref])) for ref in page]
                self._check(
                    [(tag, _NO_TAG if found.returncode else found.stdout) for tag, found in pairs],
                    lambda keys: keys.inside(scratch.folder),
                )
        for ref in refs if remote is None else ():
            self._known[tags[ref]] = (SignatureVerdict("unsigned", why="it is missing"), "")

    def _check(
        self, contents: list[tuple[str, bytes]], placed: Callable[[Keyring], Keyring]
    ) -> None:
        """Check the signatures of objects, whose contents are given."""
        texts = {object_id: content.decode("utf-8", "replace") for object_id, content in contents}
        signed = [(object_id, content) for object_id, content in contents if signature_in(content)]
        for object_id in texts.keys() - dict(signed).keys():
            self._known[object_id] = (SignatureVerdict("unsigned"), texts[object_id])
        if not signed:
            return
        checks = self._checks(signed, placed)
        for (object_id, _), check in zip(signed, checks, strict=True):
            verdict = SignatureVerdict(check.result, check.principal, check.key, check.why)
            self._known[object_id] = (verdict, texts[object_id])

    def _checks(
        self, signed: list[tuple[str, bytes]], placed: Callable[[Keyring], Keyring]
    ) -> list[SignatureCheck]:
        error = self.trusted
        if isinstance(error, TrustedSigners):
            try:
                with keyring(self.git.repository, error.keys) as keys:
                    return placed(keys).check_all(signed)
            except ConfigError as unreadable:
                error = unreadable
        return [SignatureCheck("unverifiable", why=error.message)] * len(signed)


def _named(verdict: SignatureVerdict, text: str, name: str) -> SignatureVerdict:
    """Return the verdict on a tag that stands under *name*."""
    headers = text.partition("\n\n")[0].split("\n")
    if not text.startswith("object "):
        return SignatureVerdict("unsigned", why="it is a lightweight tag" if text else "")
    if verdict.good and f"tag {name}" not in headers:
        own = next((line[4:] for line in headers if line.startswith("tag ")), "")
        return replace(verdict, status="bad", why=f"it was signed as the tag {own}")
    return verdict
