"""The settings page: the properties as they are, as they are being changed, and saved.

Owns the draft and what is wrong with it. What the command line has set for this run can't be
changed here, and nothing can while a session is under way: whoever is connected shall not
loosen anything. Writes the file through a callable that is handed in; knows no widgets.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from common.errors import SettingsError
from target_app import sentences
from target_app.properties import (
    PROPERTIES,
    Property,
    PropertySources,
    TargetProperties,
    with_value,
)

SaveProperties = Callable[[TargetProperties], None]
"""Write the file. Raises SettingsError."""


@dataclass(frozen=True, slots=True)
class SettingsState:
    """All that the page shows. `problems` has a sentence by property name."""

    draft: TargetProperties
    stored: TargetProperties
    locked_names: frozenset[str] = frozenset()
    is_locked: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def can_save(self) -> bool:
        """Whether there is something to save, all of it right."""
        return not self.is_locked and not self.problems and self.draft != self.stored

    def value(self, known: Property) -> object:
        """What the control of that property shows."""
        return getattr(self.draft, known.field)


class SettingsViewModel(QObject):
    """The settings page as one value, `state`."""

    state_changed = Signal()
    saved = Signal(object)
    """The new PropertySources, once they are written."""

    def __init__(self, sources: PropertySources, save: SaveProperties) -> None:
        super().__init__()
        self._sources = sources
        self._save = save
        self.state = self._fresh(is_locked=False)

    def change(self, known: Property, value: object) -> None:
        """A control has been changed."""
        if self.state.is_locked or known.name in self.state.locked_names:
            return
        problems = {name: text for name, text in self.state.problems.items() if name != known.name}
        draft = self.state.draft
        try:
            draft = with_value(draft, known, value)
        except SettingsError as error:
            problems[known.name] = error.problem
        self._set(replace(self.state, draft=draft, problems=problems, message=""))

    def save(self) -> None:
        """Write the draft and tell the program."""
        if not self.state.can_save:
            return
        stored = self._without_overrides(self.state.draft)
        try:
            self._save(stored)
        except SettingsError as error:
            message = sentences.SETTINGS_NOT_WRITTEN.format(problem=error.problem)
            self._set(replace(self.state, message=message))
            return
        self._sources = self._sources.with_stored(stored)
        self._set(replace(self._fresh(is_locked=False), message=sentences.SETTINGS_SAVED))
        self.saved.emit(self._sources)

    def discard(self) -> None:
        """Forget what was changed and not saved."""
        self._set(self._fresh(self.state.is_locked))

    def set_in_session(self, is_in_session: bool) -> None:
        """Lock the page while somebody is connected, and forget a draft made before."""
        if is_in_session != self.state.is_locked:
            self._set(self._fresh(is_in_session))

    def _without_overrides(self, draft: TargetProperties) -> TargetProperties:
        stored = draft
        for known in PROPERTIES:
            if self._sources.is_overridden(known):
                stored = with_value(stored, known, getattr(self._sources.stored, known.field))
        return stored

    def _fresh(self, is_locked: bool) -> SettingsState:
        effective = self._sources.effective
        locked = frozenset(known.name for known in PROPERTIES if self._sources.is_overridden(known))
        message = sentences.SETTINGS_LOCKED_IN_SESSION if is_locked else ""
        return SettingsState(effective, effective, locked, is_locked, {}, message)

    def _set(self, state: SettingsState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()
