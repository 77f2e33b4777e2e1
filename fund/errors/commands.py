"""Refusals of commands as such: their ids, their state, their second person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fund.errors import FaultyInput, FundError, RuleRefusal, WrongUsage
from fund.language import N_


class TransitionNotAllowed(RuleRefusal, codes={"state": "{kind}", "allowed": "{kind}"}):
    message = N_("{command} is not possible for {ref}: it is {state}, it must be {allowed}")
    hint = N_("{look}")


class CommandConflict(RuleRefusal):
    """The command id was used before by the same person, with other content."""

    message = N_("the command id {command_id} was used before for other content ({name})")
    hint = N_("use a new --command-id for a new command")


class UnknownCommand(WrongUsage):
    message = N_("`{typed}` does not exist")
    hint = N_("{suggestion}")


class UnknownRef(FaultyInput, codes={"kind": "word"}):
    message = N_("there is no {kind} {ref}")
    hint = N_("{suggestion}")


class UnknownWord(WrongUsage):
    message = N_('"{word}" cannot be chosen here; the words are {known}')
    hint = N_("{suggestion}")


class UnknownState(UnknownWord, codes={"kind": "word"}):
    message = N_('"{word}" is not a state ({kind}); states are {known}')


class UnknownFact(UnknownWord):
    message = N_('"{word}" is not a kind of fact')


class AmbiguousName(WrongUsage):
    message = N_('"{name}" can be: {choices}')
    hint = N_("write which one is meant: {ids}")


class UnprintableText(FaultyInput, codes={"field": "typed"}):
    """A text holds characters that steer a screen or cannot be seen; line breaks and tabs are no such characters."""

    message = N_("{field} holds {character}, a character that nobody can see: {excerpt}")
    hint = N_("write the text again without it")


class WordTooLong(FaultyInput, codes={"field": "typed"}):
    message = N_("{field} has {length} characters, at most {limit} are kept")
    hint = N_("choose a shorter one")


class VersionConflict(RuleRefusal):
    message = N_("{ref} was changed meanwhile: you read version {expected}, it is at {found}")
    hint = N_("look again, then repeat: {look}")


class PendingNotOpen(RuleRefusal, codes={"state": "pending"}):
    message = N_("{ref} does not wait for a confirmation: it is {state}")
    hint = N_("fund inbox")


class PendingChanged(RuleRefusal):
    message = N_(
        "{ref} cannot be confirmed: what would happen now ({found}) differs from what {maker} was shown ({shown})"
    )
    hint = N_("fund decline {ref} --reason changed")


class PreviewChanged(FundError):
    message = N_(
        "{command} changed nothing: what would happen now ({found}) differs from what you were shown ({shown})"
    )
    hint = N_("look again with --dry-run, then repeat the command")


class NotAllPossible(RuleRefusal):
    """Of several confirmations that were given as one, some are refused; so none of them happened."""

    message = N_("{command} changed nothing: {number} of {count} cannot be carried out")
    hint = N_("{next}")

    def __str__(self) -> str:
        """One line for each that is refused, with its own refusal."""
        return "\n".join(
            [super().__str__(), *(f"{each['ref']}: {self._refusal(each)}" for each in self.details["refused"])]
        )

    def _refusal(self, each: Mapping[str, Any]) -> str:
        problem = FundError.every().get(each["code"], FundError)(**each["details"])
        problem.names = self.names
        return str(problem)


class ReasonMissing(FaultyInput):
    message = N_("{command} asks for a reason")
    hint = N_("add --reason TEXT")
